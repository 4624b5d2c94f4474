import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { DType } from "@tenfold/core";
import { numbers, operand, positions } from "../testing.ts";
import { runRoutine } from "./testing.ts";

interface Case {
  readonly plane: readonly [number, number];
  readonly size: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly padding: readonly [number, number];
  /** Rows and columns of the result. */
  readonly out: readonly [number, number];
}

const CASES: readonly Case[] = [
  {
    plane: [4, 6],
    size: [2, 2],
    stride: [2, 2],
    dilation: [1, 1],
    padding: [0, 0],
    out: [2, 3],
  },
  {
    plane: [5, 5],
    size: [3, 3],
    stride: [1, 1],
    dilation: [1, 1],
    padding: [1, 1],
    out: [5, 5],
  },
  {
    plane: [5, 7],
    size: [3, 2],
    stride: [2, 3],
    dilation: [2, 3],
    padding: [1, 1],
    out: [2, 2],
  },
  // Windows that end outside, as when the number of windows is rounded up.
  {
    plane: [5, 5],
    size: [2, 2],
    stride: [2, 2],
    dilation: [1, 1],
    padding: [0, 0],
    out: [3, 3],
  },
];

/** Values and positions by the definition. */
function pooled(one: Case, planes: readonly (readonly number[])[]) {
  const [h, w] = one.plane;
  const values: number[] = [];
  const indices: number[] = [];
  for (const plane of planes) {
    for (const [y, x] of positions(one.out)) {
      let best = -1;
      for (const [i, j] of positions(one.size)) {
        const row = y! * one.stride[0] + i! * one.dilation[0] - one.padding[0];
        const column = x! * one.stride[1] + j! * one.dilation[1] -
          one.padding[1];
        if (row < 0 || row >= h || column < 0 || column >= w) continue;
        const value = plane[row * w + column]!;
        const top = plane[best]!;
        if (best < 0 || value > top || (value !== value && top === top)) {
          best = row * w + column;
        }
      }
      values.push(plane[best]!);
      indices.push(best);
    }
  }
  return [values, indices];
}

function check(
  one: Case,
  dtype: DType,
  planes: readonly (readonly number[])[],
): void {
  const [h, w] = one.plane;
  const { stride, dilation, padding } = one;
  const loop = [planes.length, ...one.out, ...one.size];
  // Rows are further apart than they are wide.
  const pitch = w + 2;
  const data = new Array(planes.length * h * pitch).fill(5);
  planes.forEach((plane, p) =>
    plane.forEach((value, i) => {
      data[(p * h + Math.floor(i / w)) * pitch + i % w] = value;
    })
  );
  const x = {
    dtype,
    data,
    offset: -padding[0] * pitch - padding[1],
    strides: [
      h * pitch,
      stride[0] * pitch,
      stride[1],
      dilation[0] * pitch,
      dilation[1],
    ],
  };
  const [rows, columns] = one.out;
  const strides = [rows * columns, columns, 1, 0, 0];
  const found = runRoutine(
    "maxPool2d",
    loop,
    [operand(dtype, loop, strides, 8), operand("int32", loop, strides, 9)],
    [x],
    [h, w, ...stride, ...dilation, ...padding],
  );
  assertEquals(found, pooled(one, planes));
}

describe("maxPool2d", () => {
  it("finds the largest of each window and where it is", () => {
    for (const one of CASES) {
      const size = one.plane[0] * one.plane[1];
      for (const dtype of ["int32", "float32", "float64"] as const) {
        check(one, dtype, [1, 2, 3].map((seed) => numbers(dtype, size, seed)));
      }
    }
  });

  it("takes the first of equal elements, and NaN before all", () => {
    const [one] = CASES;
    check(one!, "float32", [
      new Array(24).fill(0),
      new Array(24).fill(-Infinity),
      Array.from({ length: 24 }, (_, i) => i % 5 === 1 ? NaN : i),
    ]);
  });
});
