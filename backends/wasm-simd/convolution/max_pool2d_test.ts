import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { DType } from "@tenfold/core";
import type { MaxPool2dOp, View } from "@tenfold/core/backend";
import { bothOf, upload } from "./testing.ts";

type Pair = readonly [number, number];

const op = (
  size: Pair,
  stride: Pair = size,
  padding: Pair = [0, 0],
  dilation: Pair = [1, 1],
  ceil = false,
): MaxPool2dOp => ({
  name: "maxPool2d",
  size,
  stride,
  padding,
  dilation,
  ceil,
});

const OPS: readonly MaxPool2dOp[] = [
  op([2, 2]),
  op([2, 2], [2, 2], [1, 1]),
  op([2, 2], [2, 2], [0, 0], [1, 1], true),
  op([3, 3], [1, 1], [1, 1]),
  op([3, 3], [2, 2], [1, 1]),
  op([1, 2], [1, 3]),
  op([2, 3], [3, 1], [1, 1], [2, 3]),
  op([4, 1]),
];

const SHAPES: readonly (readonly number[])[] = [
  [3, 8, 8],
  [2, 9, 15],
  [2, 11, 23],
];

/** Few different values, so that many are equal. */
function values(count: number, special: readonly number[]): number[] {
  return Array.from({ length: count }, (_, i) => {
    const draw = (i * 7919 + 13) % 101;
    return draw < special.length ? special[draw]! : draw % 9 - 4;
  });
}

function check(
  op: MaxPool2dOp,
  shape: readonly number[],
  dtype: DType,
  data: readonly number[],
  view?: (whole: View) => View,
): void {
  const [found, expected] = bothOf(op, [upload(data, shape, dtype, view)]);
  assertEquals(found, expected);
}

describe("maxPool2d", () => {
  it("takes the first of the largest elements of each window", () => {
    for (const each of OPS) {
      for (const shape of SHAPES) {
        const data = values(shape.reduce((a, b) => a * b), []);
        for (const dtype of ["float32", "float64", "int32"] as const) {
          check(each, shape, dtype, data);
        }
      }
    }
  });

  it("prefers NaN, and finds infinities", () => {
    const special = [NaN, Infinity, -Infinity, -0, NaN];
    for (const each of OPS) {
      check(each, [2, 11, 23], "float32", values(2 * 11 * 23, special));
      check(each, [1, 9, 13], "float32", Array(9 * 13).fill(-Infinity));
      check(each, [1, 9, 13], "float32", Array(9 * 13).fill(NaN));
    }
  });

  it("reads views of any layout in place", () => {
    const data = values(2 * 22 * 24, [NaN]);
    for (const each of OPS) {
      for (
        const view of [
          (x: View) => x.permute([0, 2, 1]),
          (x: View) => x.slice(2, 23, 24, -1),
          (x: View) => x.slice(2, 1, 22, 1),
          (x: View) => x.slice(1, 0, 11, 2),
        ]
      ) check(each, [2, 22, 24], "float32", data, view);
    }
  });
});
