import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { DType } from "@tenfold/core";
import { View } from "@tenfold/core/backend";
import { bothOf, device, upload } from "./convolution/testing.ts";

const NAMES = ["sum", "mean", "prod", "max", "min", "norm"] as const;
type Name = (typeof NAMES)[number];

/** Positive numbers around 1, so that products stay in range. */
function numbersOf(size: number): number[] {
  return Array.from(
    { length: size },
    (_, i) => 1 + ((i * 7919) % 201 - 100) / 4096,
  );
}

function holds(
  name: Name | "variance",
  shape: readonly number[],
  dims: readonly number[],
  dtype: DType = "float32",
  view: (whole: View) => View = (whole) => whole,
): void {
  const size = shape.reduce((n, extent) => n * extent, 1);
  const numbers = numbersOf(size)
    .map((x, i) => dtype === "int32" ? (i * 7919) % 31 - 15 : x);
  const x = upload(numbers, shape, dtype, view);
  const shared = { dims, keepDim: false };
  const op = name === "variance"
    ? { name, ...shared, correction: 1 } as const
    : { name, ...shared } as const;
  const [[found], [expected]] = bothOf(op, [x]);
  assertEquals(found!.length, expected!.length);
  const epsilon = dtype === "float64" ? 1e-12 : dtype === "float16" ? 1e-3 : 0;
  found!.forEach((got, i) => {
    const want = expected![i]!;
    // Products round once for each factor.
    const most = epsilon || (name === "prod" ? 1e-4 : 2e-6);
    assert(
      Object.is(got, want) || Math.abs(got - want) <= most * Math.abs(want),
      `${name} of ${dtype} [${shape}] over ${dims}: ${i} is ${got}, not ${want}`,
    );
  });
}

/** Around vectors, groups of four and eight, and what is kept at a time. */
const WIDTHS = [1, 4, 5, 15, 17, 32, 63, 1025];
/** Around the rows of a block. */
const HEIGHTS = [0, 1, 32, 33, 70];

describe("reductions across rows", () => {
  for (const name of NAMES) {
    it(`${name}: every width and height`, () => {
      for (const width of WIDTHS) holds(name, [33, width], [0]);
      for (const height of HEIGHTS) {
        if (height === 0 && (name === "max" || name === "min")) continue;
        if (height === 0 && name === "mean") continue;
        holds(name, [height, 37], [0]);
        holds(name, [3, height, 21], [1]);
      }
    });
  }

  it("over two dims with one between them, and of views", () => {
    for (const name of [...NAMES, "variance"] as const) {
      holds(name, [5, 6, 7, 37], [0, 2]);
      holds(name, [37, 6, 7, 40], [0, 2]);
      holds(name, [3, 2, 70, 9], [0, 2]);
      // The first 35 columns of 40.
      holds(
        name,
        [50, 40],
        [0],
        "float32",
        ({ strides, offset }) => new View([50, 35], strides, offset + 3),
      );
      // Every second row.
      holds(
        name,
        [50, 40],
        [0],
        "float32",
        ({ strides, offset }) =>
          new View([25, 40], [2 * strides[0]!, 1], offset),
      );
    }
  });

  it("of other dtypes", () => {
    for (const dtype of ["float64", "float16", "int32", "bool"] as const) {
      for (const name of ["sum", "max", "min"] as const) {
        for (const width of [7, 33, 1100]) holds(name, [70, width], [0], dtype);
      }
    }
    for (const width of [7, 33]) {
      holds("variance", [70, width], [0], "float64");
      holds("norm", [70, width], [0], "float64");
    }
  });
});

describe("reductions to few results", () => {
  for (const name of [...NAMES, "variance"] as const) {
    it(`${name}: divided by what is reduced`, () => {
      if (name === "prod") {
        // The last factors alone are in range.
        holds(name, [2, 40_001], [1], "float64");
        return;
      }
      holds(name, [70_001], [0]);
      holds(name, [3, 40_003], [1]);
      holds(name, [9001, 9], [0]);
      holds(name, [300, 250], [0]);
      holds(name, [37, 60, 3, 17], [0, 2]);
      holds(name, [70_001], [0], "float64");
    });
  }
});

describe("the largest and smallest float32", () => {
  const among = (special: readonly number[], at: number, height: number) => {
    const width = 21;
    const column = Array.from(
      { length: height },
      (_, i) =>
        Math.fround(special[(i - at + height) % height] ?? special.at(-1)!),
    );
    const data = Array.from(
      { length: height * width },
      (_, i) => column[Math.floor(i / width)]!,
    );
    for (
      const [dims, strides] of [[[0], [width, 1]], [[1], [1, width]]] as const
    ) {
      const shape = dims[0] === 0 ? [height, width] : [width, height];
      for (const name of ["max", "min"] as const) {
        const x = upload(
          data,
          [height, width],
          "float32",
          ({ offset }) => new View(shape, strides, offset),
        );
        const [y] = device.apply({ name, dims, keepDim: false }, [x]);
        const found = [...device.readSync(y!)];
        y!.release();
        x.release();
        const want = Math[name](...column);
        for (const got of found) {
          assert(
            Object.is(got, want),
            `${name} of [${special}], first at ${at} of ${height}: ${got}`,
          );
        }
      }
      // The same along rows that are contiguous.
      for (const name of ["max", "min"] as const) {
        const x = upload(column, [1, height]);
        const [y] = device.apply({ name, dims: [1], keepDim: false }, [x]);
        const [got] = device.readSync(y!);
        y!.release();
        x.release();
        assert(Object.is(got, Math[name](...column)), `${name} along: ${got}`);
      }
    }
  };
  /** NaN with a sign, as 0 / 0 makes it on x86-64. */
  const minusNan = new Float32Array(Uint32Array.of(0xffc00000).buffer)[0]!;

  it("knows NaN, infinities and the sign of zeros", () => {
    for (const height of [1, 5, 40]) {
      for (const at of [0, 1, height - 1]) {
        for (
          const special of [
            [0, -0],
            [-0, -0],
            [-0, 0, 0],
            [-0, -1],
            [0, 1],
            [-0, 1],
            [NaN, 1],
            [NaN, -1],
            [minusNan, -1],
            [minusNan, 1],
            [NaN, -Infinity],
            [NaN, Infinity],
            [Infinity, -Infinity],
            [-Infinity, -Infinity],
            [Infinity, Infinity],
            [-3, -2],
            [1e-45, 0],
            [-1e-45, -0],
          ]
        ) among(special, at, height);
      }
    }
  });
});
