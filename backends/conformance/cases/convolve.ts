/**
 * Cases of convolutions and pooling.
 *
 * @module
 */
import type { Shape } from "@tenfold/core";
import type {
  Conv2dInputOp,
  Conv2dOp,
  Conv2dWeightOp,
  MaxPool2dOp,
  WindowParams,
} from "@tenfold/core/backend";
import { ALL_LAYOUTS, type Layout } from "../layout.ts";
import { anything, common } from "../values.ts";
import { type CaseRow, operand } from "./case.ts";

/** One convolution: its numbers, and the shapes that go with them. */
interface Setting extends WindowParams {
  readonly groups: number;
  readonly x: Shape;
  readonly w: Shape;
  readonly out: Shape;
}

type Pair = readonly [number, number];

const windowCount = (
  extent: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation: number,
): number =>
  Math.floor((extent + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;

function setting(
  [n, c, h, w]: readonly [number, number, number, number],
  outputs: number,
  kernel: Pair,
  stride: Pair = [1, 1],
  padding: Pair = [0, 0],
  dilation: Pair = [1, 1],
  groups = 1,
): Setting {
  const along = (axis: 0 | 1) =>
    windowCount(
      axis === 0 ? h : w,
      kernel[axis],
      stride[axis],
      padding[axis],
      dilation[axis],
    );
  return {
    stride,
    padding,
    dilation,
    groups,
    x: [n, c, h, w],
    w: [outputs, c / groups, ...kernel],
    out: [n, outputs, along(0), along(1)],
  };
}

const SETTINGS: readonly Setting[] = [
  setting([1, 1, 1, 1], 1, [1, 1]),
  setting([2, 3, 7, 5], 4, [3, 3]),
  setting([2, 1, 7, 7], 3, [3, 3], [1, 1], [1, 1]),
  setting([1, 2, 9, 8], 5, [3, 2], [2, 3]),
  setting([1, 2, 9, 8], 5, [3, 2], [2, 3], [1, 2]),
  setting([2, 2, 9, 9], 3, [3, 3], [1, 1], [2, 2], [2, 2]),
  setting([1, 4, 6, 7], 6, [3, 3], [1, 1], [1, 1], [1, 1], 2),
  setting([2, 3, 5, 5], 6, [2, 2], [2, 1], [0, 1], [1, 2], 3),
  setting([1, 2, 4, 4], 2, [1, 1], [2, 2], [3, 3]),
  setting([1, 1, 3, 17], 1, [3, 17]),
  setting([3, 5, 6, 6], 17, [3, 3], [1, 1], [1, 1]),
  setting([0, 2, 5, 5], 3, [3, 3]),
  setting([2, 0, 5, 5], 3, [3, 3]),
  setting([2, 2, 5, 5], 0, [3, 3]),
  setting([1, 17, 6, 5], 9, [3, 3], [1, 1], [1, 1]),
];

const DTYPES = ["float32", "float64"] as const;

const rotated = (l: number): Layout => ALL_LAYOUTS[l % ALL_LAYOUTS.length]!;

const paramsOf = ({ stride, padding, dilation, groups }: Setting) => ({
  stride,
  padding,
  dilation,
  groups,
});

const planeOf = (shape: Shape): Pair => [shape[2]!, shape[3]!];

/** The cases of `conv2d`. */
export const conv2dRow: CaseRow<Conv2dOp> = {
  dtypes: DTYPES,
  *cases(dtype) {
    for (const each of SETTINGS) {
      for (let l = 0; l < ALL_LAYOUTS.length; l++) {
        const inputs = [
          operand(each.x, dtype, rotated(l), common),
          operand(each.w, dtype, rotated(l + 2), common),
        ];
        if (l % 2 === 0) {
          inputs.push(operand([each.w[0]!], dtype, rotated(l + 4), common));
        }
        yield { op: { name: "conv2d", ...paramsOf(each) }, inputs };
      }
    }
  },
};

/** The cases of its gradient by the input. */
export const conv2dInputRow: CaseRow<Conv2dInputOp> = {
  dtypes: DTYPES,
  *cases(dtype) {
    for (const each of SETTINGS) {
      for (let l = 0; l < ALL_LAYOUTS.length; l++) {
        yield {
          op: {
            name: "conv2dInput",
            ...paramsOf(each),
            size: planeOf(each.x),
          },
          inputs: [
            operand(each.out, dtype, rotated(l), common),
            operand(each.w, dtype, rotated(l + 3), common),
          ],
        };
      }
    }
  },
};

/** The cases of its gradient by the weight. */
export const conv2dWeightRow: CaseRow<Conv2dWeightOp> = {
  dtypes: DTYPES,
  *cases(dtype) {
    for (const each of SETTINGS) {
      for (let l = 0; l < ALL_LAYOUTS.length; l++) {
        yield {
          op: {
            name: "conv2dWeight",
            ...paramsOf(each),
            size: planeOf(each.w),
          },
          inputs: [
            operand(each.x, dtype, rotated(l), common),
            operand(each.out, dtype, rotated(l + 3), common),
          ],
        };
      }
    }
  },
};

/** Shape, window, stride, padding, dilation, ceil. */
const POOLS: readonly (readonly [Shape, Pair, Pair, Pair, Pair, boolean])[] = [
  [[1, 1, 1], [1, 1], [1, 1], [0, 0], [1, 1], false],
  [[2, 4, 4], [2, 2], [2, 2], [0, 0], [1, 1], false],
  [[2, 3, 7, 5], [2, 2], [2, 2], [0, 0], [1, 1], false],
  [[2, 3, 7, 5], [2, 2], [2, 2], [0, 0], [1, 1], true],
  [[2, 3, 7, 5], [3, 2], [2, 1], [1, 1], [1, 1], false],
  [[2, 3, 7, 5], [3, 3], [2, 2], [1, 1], [1, 1], true],
  [[1, 2, 9, 9], [3, 3], [1, 2], [1, 0], [2, 3], false],
  [[0, 3, 4, 4], [2, 2], [2, 2], [0, 0], [1, 1], false],
  [[33, 1, 6, 6], [2, 3], [2, 3], [0, 0], [1, 1], false],
];

/** The cases of `maxPool2d`. */
export const maxPool2dRow: CaseRow<MaxPool2dOp> = {
  dtypes: DTYPES,
  *cases(dtype) {
    for (const [shape, size, stride, padding, dilation, ceil] of POOLS) {
      for (const layout of ALL_LAYOUTS) {
        for (const draw of [common, anything]) {
          yield {
            op: { name: "maxPool2d", size, stride, padding, dilation, ceil },
            inputs: [operand(shape, dtype, layout, draw)],
          };
        }
      }
    }
  },
};
