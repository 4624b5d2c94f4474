import { describe, it } from "@std/testing/bdd";
import type { DType } from "@tenfold/core";
import {
  address,
  assertClose,
  type Operand,
  operand,
  positions,
} from "../testing.ts";
import { runRoutine } from "./testing.ts";

/** The extents of `[b, g, m, y, x, c, i, j]` and the strides of the windows. */
interface Case {
  readonly loop: readonly number[];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
}

const CASES: readonly Case[] = [
  { loop: [1, 1, 1, 1, 1, 1, 1, 1], stride: [1, 1], dilation: [1, 1] },
  { loop: [2, 1, 3, 5, 6, 2, 3, 3], stride: [1, 1], dilation: [1, 1] },
  { loop: [1, 1, 5, 3, 4, 3, 2, 3], stride: [2, 1], dilation: [1, 2] },
  { loop: [2, 3, 2, 4, 3, 2, 3, 1], stride: [1, 3], dilation: [2, 1] },
  { loop: [1, 6, 1, 7, 7, 1, 3, 3], stride: [2, 2], dilation: [1, 1] },
  { loop: [1, 1, 2, 20, 20, 40, 3, 3], stride: [1, 1], dilation: [1, 1] },
];

/** An operand without signs, so that sums keep their digits. */
function positive(
  dtype: DType,
  loop: readonly number[],
  strides: readonly number[],
  seed: number,
): Operand {
  const made = operand(dtype, loop, strides, seed);
  return { ...made, data: made.data.map((x) => Math.abs(x) + 0.5) };
}

function inputStrides({ loop, stride, dilation }: Case): number[] {
  const [, g, , y, x, c, i, j] = loop as readonly [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const w = (x - 1) * stride[1] + (j - 1) * dilation[1] + 1;
  const h = (y - 1) * stride[0] + (i - 1) * dilation[0] + 1;
  return [
    g * c * h * w,
    c * h * w,
    0,
    stride[0] * w,
    stride[1],
    h * w,
    dilation[0] * w,
    dilation[1],
  ];
}

function check(
  one: Case,
  dtype: DType,
  filterSign: 1 | -1,
  bias: boolean,
): void {
  const { loop } = one;
  const [b, g, m, y, x, c, i, j] = loop as readonly [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const plane = y * x;
  const taps = c * i * j;
  const out = operand(dtype, loop, [
    g * m * plane,
    m * plane,
    plane,
    x,
    1,
    0,
    0,
    0,
  ], 9);
  const operands = [
    positive(dtype, loop, inputStrides(one), 1),
    positive(
      dtype,
      loop,
      [0, m * taps, taps, 0, 0, i * j, filterSign * j, filterSign],
      2,
    ),
    ...bias ? [positive(dtype, loop, [0, m, 1, 0, 0, 0, 0, 0], 3)] : [],
  ];
  const expected = positions([b, g, m, y, x]).map((place) => {
    let sum = bias
      ? operands[2]!.data[address(operands[2]!, [...place, 0, 0, 0])]!
      : 0;
    for (const tap of positions([c, i, j])) {
      const at = [...place, ...tap];
      sum += operands[0]!.data[address(operands[0]!, at)]! *
        operands[1]!.data[address(operands[1]!, at)]!;
    }
    return sum;
  });
  const [found] = runRoutine("conv2d", loop, [out], operands);
  assertClose(found!, expected, dtype);
}

describe("conv2d", () => {
  it("sums products over windows, with strides, dilation and groups", () => {
    for (const one of CASES) {
      for (const dtype of ["float32", "float64"] as const) {
        for (const bias of [false, true]) check(one, dtype, 1, bias);
      }
    }
  });

  it("takes a filter of negative strides, as in its gradient", () => {
    for (const one of CASES) check(one, "float64", -1, false);
  });
});
