import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { DType } from "@tenfold/core";
import {
  address,
  assertClose,
  numbers,
  type Operand,
  operand,
  positions,
} from "../testing.ts";
import { runRoutine } from "./testing.ts";

/** The product by its definition, and each result's sum of magnitudes. */
function product(
  shape: readonly number[],
  [a, b, bias]: readonly Operand[],
): number[] {
  const k = shape.at(-1)!;
  return positions(shape.slice(0, -1)).map((place) => {
    let sum = 0;
    for (let i = 0; i < k; i++) {
      const at = [...place, i];
      const [x, y] = [a!.data[address(a!, at)]!, b!.data[address(b!, at)]!];
      sum = a!.dtype === "int32" ? (sum + Math.imul(x, y)) | 0 : sum + x * y;
    }
    const added = bias ? bias.data[address(bias, [...place, 0])]! : 0;
    return a!.dtype === "int32" ? (sum + added) | 0 : sum + added;
  });
}

/** Numbers without cancellation, so that errors are relative. */
function positive(
  dtype: DType,
  shape: readonly number[],
  strides: readonly number[],
  seed: number,
): Operand {
  const made = operand(dtype, shape, strides, seed);
  return dtype === "int32"
    ? made
    : { ...made, data: made.data.map((x) => Math.abs(x) + 0.5) };
}

function check(
  dtype: DType,
  shape: readonly number[],
  operands: readonly Operand[],
): void {
  const results = shape.slice(0, -1);
  const dense = results.map((_, d) =>
    results.slice(d + 1).reduce((a, b) => a * b, 1)
  );
  const out = operand(dtype, shape, [...dense, 0], 9);
  const [found] = runRoutine("matmul", shape, [out], operands);
  assertClose(found!, product(shape, operands), dtype);
}

/** Vectors, sizes below and beside those of a tile. */
const SMALL = [
  [1, 1, 1],
  [1, 5, 3],
  [5, 1, 3],
  [2, 2, 2],
  [3, 4, 5],
  [4, 2, 7],
  [7, 3, 1],
  [9, 11, 6],
] as const;

/** Sizes beyond those of a block, in each dim. */
const LARGE = [
  [70, 5, 13],
  [5, 300, 8],
  [3, 5, 600],
  [1, 3000, 2],
  [2, 1, 601],
] as const;

describe("matmul", () => {
  it("multiplies whatever the strides of the operands are", () => {
    for (const [m, n, k] of SMALL) {
      for (const dtype of ["float32", "float64", "int32"] as const) {
        for (const a of [[k, 0, 1], [1, 0, m], [2 * k, 0, -2], [0, 0, 1]]) {
          for (const b of [[0, 1, n], [0, k, 1], [0, -1, 2 * n], [0, 1, 0]]) {
            check(dtype, [m, n, k], [
              positive(dtype, [m, n, k], a, 1),
              positive(dtype, [m, n, k], b, 2),
            ]);
          }
        }
      }
    }
  });

  it("goes on where a block ends", () => {
    for (const [m, n, k] of LARGE) {
      for (const dtype of ["float32", "int32"] as const) {
        for (const [a, b] of [[[k, 0, 1], [0, 1, n]], [[1, 0, m], [0, k, 1]]]) {
          check(dtype, [m, n, k], [
            positive(dtype, [m, n, k], a!, 1),
            positive(dtype, [m, n, k], b!, 2),
            positive(dtype, [m, n, k], [0, 1, 0], 3),
          ]);
        }
      }
    }
  });

  it("adds a bias that lies along rows, columns or both", () => {
    for (const [m, n, k] of SMALL) {
      for (
        const bias of [[0, 1, 0], [1, 0, 0], [n, 1, 0], [0, 0, 0], [1, m, 0]]
      ) {
        for (const dtype of ["float32", "int32"] as const) {
          check(dtype, [m, n, k], [
            positive(dtype, [m, n, k], [k, 0, 1], 1),
            positive(dtype, [m, n, k], [0, 1, n], 2),
            positive(dtype, [m, n, k], bias, 3),
          ]);
        }
      }
    }
  });

  it("multiplies batches, one operand of which may be broadcast", () => {
    const [m, n, k] = [5, 3, 4];
    const shape = [2, 3, m, n, k];
    const batches = [[3 * m * k, m * k], [0, m * k], [m * k, 0], [0, 0]];
    for (
      const [x, y] of batches.flatMap((p) =>
        batches.map((q) => [p, q] as const)
      )
    ) {
      check("float32", shape, [
        positive("float32", shape, [...x, k, 0, 1], 1),
        positive("float32", shape, [...y.map((s) => s * 2), 0, 1, n], 2),
        positive("float32", shape, [0, n, 0, 1, 0], 3),
      ]);
    }
  });

  it("wraps integers", () => {
    const a = operand("int32", [1, 1, 2], [2, 0, 1], 1, [65536, 2147483647]);
    const b = operand("int32", [1, 1, 2], [0, 1, 1], 1, [65536, 2]);
    const out = operand("int32", [1, 1, 2], [1, 1, 0], 1);
    assertEquals(runRoutine("matmul", [1, 1, 2], [out], [a, b])[0]![0], -2);
  });

  it("lets NaN and infinities through to their own rows alone", () => {
    const shape = [3, 2, 2];
    const a = operand("float32", shape, [2, 0, 1], 1);
    const data = a.data.slice();
    data[a.offset] = NaN;
    data[a.offset + 5] = Infinity;
    const b = {
      ...operand("float32", shape, [0, 1, 2], 2),
      data: numbers("float32", 20, 2).map((x) => Math.abs(x) + 1),
    };
    check("float32", shape, [{ ...a, data }, b]);
  });
});
