import { assert } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { device, upload } from "../convolution/testing.ts";

/** Around what is worked on at once: a vector, four of them, a block. */
const LENGTHS = [1, 3, 4, 15, 16, 17, 64, 511, 512, 513, 1100];

/** Rows side by side. */
const SIDE = 64 + 16 + 7;

/** Rows by what a softmax has to do for them. */
const ROWS: Record<string, (i: number, n: number) => number> = {
  "moderate numbers": (i) => (i * 7919) % 201 / 10 - 10,
  "numbers at the end of what needs no maximum": (i) =>
    i % 3 === 0 ? 43.5 : -43.5,
  "numbers beyond it": (i) => i % 5 === 0 ? 43.75 : i % 7 - 43.75,
  "one large number at the end": (i, n) => i === n - 1 ? 1000 : i % 3,
  "far below 0": (i) => i % 9 - 1000,
  "all the same": () => -3,
  "hidden at the end": (i, n) => i > n / 3 ? -Infinity : i % 4,
  "hidden at the beginning": (i, n) => i < n / 3 ? -Infinity : i % 4,
  "hidden by a large number": (i) => i % 2 === 0 ? -1e9 : i % 6,
  "hidden as a whole": () => -Infinity,
  "NaN at the beginning": (i) => i === 0 ? NaN : i % 4,
  "NaN at the end": (i, n) => i === n - 1 ? NaN : i % 4,
  "an infinity": (i, n) => i === n >> 1 ? Infinity : i % 4,
};

function exactly(row: readonly number[], logarithm: boolean): number[] {
  const top = Math.max(...row);
  const sum = row.reduce((sum, x) => sum + Math.exp(x - top), 0);
  return row.map((x) =>
    logarithm ? x - top - Math.log(sum) : Math.exp(x - top) / sum
  );
}

for (const name of ["softmax", "logSoftmax"] as const) {
  const softmaxOf = (numbers: number[], shape: number[], dim: number) => {
    const x = upload(numbers, shape);
    const [y] = device.apply({ name, dim }, [x]);
    const found = [...device.readSync(y!)] as number[];
    y!.release();
    x.release();
    return found;
  };
  const holds = (rows: number[][], found: number[], which: string) => {
    const expected = rows.flatMap((each) =>
      exactly(each.map(Math.fround), name === "logSoftmax")
    );
    expected.forEach((exact, i) => {
      const got = found[i]!;
      const right = Object.is(got, exact) || got === exact ||
        Math.abs(got - exact) <= 2e-6 * Math.abs(exact) + 1e-37 ||
        name === "logSoftmax" && Math.abs(got - exact) <= 4e-7;
      assert(right, `${which}: ${i} is ${got}, not ${exact}`);
    });
  };
  describe(`${name} on wasm-simd`, () => {
    for (const [kind, value] of Object.entries(ROWS)) {
      it(`is right in rows: ${kind}`, () => {
        for (const n of LENGTHS) {
          // The rows beside it are of other kinds.
          const row = Array.from({ length: n }, (_, i) => value(i, n));
          const plain = row.map((_, i) => i % 3);
          const rows = [plain, row, plain];
          holds(rows, softmaxOf(rows.flat(), [3, n], 1), `${n} along`);
          // Side by side: 16 vectors of them, four, and what is left over.
          const many = Array.from(
            { length: SIDE },
            (_, i) => [6, 63, 70, 85].includes(i) ? row : plain,
          );
          const across = Array.from(
            { length: SIDE * n },
            (_, i) => many[i % SIDE]![Math.floor(i / SIDE)]!,
          );
          const transposed = softmaxOf(across, [n, SIDE], 0);
          const found = many.flatMap((row, r) =>
            row.map((_, i) => transposed[i * SIDE + r]!)
          );
          holds(many, found, `${n} across`);
        }
      });
    }
  });
}
