import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { memory, setBackend, type Tensor, tensor, tidy } from "@tenfold/core";
import { wasmSimd } from "../mod.ts";

/** The first of the best, or of NaN. */
function positionOf(row: readonly number[], sign: number): number {
  const none = row.findIndex(Number.isNaN);
  if (none >= 0) return none;
  return row.reduce(
    (best, value, i) => sign * value > sign * row[best]! ? i : best,
    0,
  );
}

/** Rows of a length: ties, and something special at every position. */
function rowsOf(length: number, special: number): number[][] {
  return Array.from(
    { length: 64 + 16 + 7 },
    (_, r) =>
      Array.from(
        { length },
        (_, i) =>
          i === (r * 5) % length || i === (r * 11) % length
            ? special
            : (i * 7 + r) % 4 - 2,
      ),
  );
}

describe("argmax and argmin", () => {
  it("find the first of the best, or NaN, in vectors", async () => {
    await setBackend(wasmSimd({ threads: 1 }));
    const before = memory().bytes;
    const specials = [NaN, Infinity, -Infinity, 3, -3, -0];
    for (const dtype of ["float32", "float64", "int32"] as const) {
      for (
        const special of dtype === "int32" ? [3, -3, -(2 ** 31)] : specials
      ) {
        for (const length of [1, 2, 3, 4, 5, 15, 16, 17, 19, 23, 64, 67, 130]) {
          const rows = rowsOf(length, special);
          await tidy(async () => {
            const given = tensor(rows, { dtype });
            const expected = [1, -1].map((sign) =>
              rows.map((row) => positionOf(row, sign))
            );
            const found = async (x: Tensor, dim: number) => [
              await x.argmax(dim).toArray(),
              await x.argmin(dim).toArray(),
            ];
            const across = given.t().contiguous();
            assertEquals(await found(given, 1), expected);
            assertEquals(await found(given.t(), 0), expected);
            assertEquals(await found(across, 0), expected);
            assertEquals(await found(across.t(), 1), expected);
            assertEquals(await found(given.flip(1).flip(1), 1), expected);
          });
        }
      }
    }
    assertEquals(memory().bytes, before);
  });
});
