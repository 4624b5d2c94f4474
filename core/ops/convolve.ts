/**
 * Convolutions and their gradients.
 *
 * @module
 */
import { ShapeError, showShape } from "../errors.ts";
import type { Meta } from "../op.ts";
import type { Shape } from "../shape.ts";
import {
  byInput,
  byReduction,
  byRoutine,
  byWeight,
  forward,
  type Place,
} from "./convolve_kernels.ts";
import { free, type Gradient, saving } from "./gradient.ts";
import type { Division, Family, Primitive } from "./primitive.ts";
import { checkOneDType } from "./product.ts";
import { planeOf, windowCount, type WindowParams } from "./window.ts";

/**
 * Cross-correlation of x `[n, c, h, w]` with a weight `[o, c / groups, kh, kw]`
 * and a bias `[o]`, if there is one: `[n, o, oh, ow]`.
 *
 * @example A convolution that keeps the extents, for kernels of 3
 * ```ts
 * import type { Conv2dOp } from "@tenfold/core/backend";
 *
 * const op: Conv2dOp = {
 *   name: "conv2d",
 *   stride: [1, 1],
 *   padding: [1, 1],
 *   dilation: [1, 1],
 *   groups: 1,
 * };
 * ```
 */
export interface Conv2dOp extends WindowParams {
  /** Marks the primitive. */
  readonly name: "conv2d";
  /** Parts of the channels that are convolved apart. */
  readonly groups: number;
}

/**
 * The gradient of a convolution by its input: from `[n, o, oh, ow]` and the
 * weight to `[n, c, h, w]`, with `size` as height and width.
 *
 * @example The gradient by an image of 8 by 8
 * ```ts
 * import type { Conv2dInputOp } from "@tenfold/core/backend";
 *
 * const op: Conv2dInputOp = {
 *   name: "conv2dInput",
 *   stride: [1, 1],
 *   padding: [1, 1],
 *   dilation: [1, 1],
 *   groups: 1,
 *   size: [8, 8],
 * };
 * ```
 */
export interface Conv2dInputOp extends WindowParams {
  /** Marks the primitive. */
  readonly name: "conv2dInput";
  /** Parts of the channels that are convolved apart. */
  readonly groups: number;
  /** Height and width of the result. */
  readonly size: readonly [number, number];
}

/**
 * The gradient of a convolution by its weight: from x `[n, c, h, w]` and
 * `[n, o, oh, ow]` to `[o, c / groups, kh, kw]`, with `size` as kh and kw.
 *
 * @example The gradient by kernels of 3 by 3
 * ```ts
 * import type { Conv2dWeightOp } from "@tenfold/core/backend";
 *
 * const op: Conv2dWeightOp = {
 *   name: "conv2dWeight",
 *   stride: [1, 1],
 *   padding: [1, 1],
 *   dilation: [1, 1],
 *   groups: 1,
 *   size: [3, 3],
 * };
 * ```
 */
export interface Conv2dWeightOp extends WindowParams {
  /** Marks the primitive. */
  readonly name: "conv2dWeight";
  /** Parts of the channels that are convolved apart. */
  readonly groups: number;
  /** Height and width of the kernel. */
  readonly size: readonly [number, number];
}

function convolved(
  op: Conv2dOp | Conv2dInputOp | Conv2dWeightOp,
  shape: Shape,
  kernel: readonly [number, number],
): [number, number] {
  const [height, width] = [shape[2]!, shape[3]!];
  const out: [number, number] = [
    windowCount(op, 0, height, kernel[0]),
    windowCount(op, 1, width, kernel[1]),
  ];
  if (out[0] < 1 || out[1] < 1 || kernel[0] < 1 || kernel[1] < 1) {
    throw new ShapeError(
      `Cannot convolve an input of ${height}x${width}, padded by ${
        showShape(op.padding)
      }, with a kernel of ${kernel[0]}x${kernel[1]} and dilation ${
        showShape(op.dilation)
      } as the kernel does not fit`,
    );
  }
  return out;
}

/** Refuses shapes of other than 4 dims and channels that do not match. */
function checkChannels(
  op: { readonly groups: number },
  x: Shape,
  w: Shape,
  out: Shape,
): void {
  const groups = op.groups;
  for (const shape of [x, w, out]) {
    if (shape.length !== 4) {
      throw new ShapeError(
        `Cannot convolve as inputs and weights must have 4 dims ([n, channels, height, width] and [out, in / groups, height, width]): got ${
          showShape(shape)
        }`,
      );
    }
  }
  const [channels, outputs] = [x[1]!, w[0]!];
  if (channels % groups !== 0 || outputs % groups !== 0) {
    throw new ShapeError(
      `Cannot convolve in ${groups} groups as they must divide the channels: got ${channels} in and ${outputs} out`,
    );
  }
  if (w[1] !== channels / groups || out[1] !== outputs || out[0] !== x[0]) {
    throw new ShapeError(
      `Cannot convolve as the channels do not match: got input ${
        showShape(x)
      } and weight ${showShape(w)} in ${groups} groups`,
    );
  }
}

function checkPlane(
  op: Conv2dInputOp | Conv2dWeightOp,
  x: Shape,
  kernel: readonly [number, number],
  out: Shape,
): void {
  const [height, width] = convolved(op, x, kernel);
  if (height === out[2] && width === out[3]) return;
  throw new ShapeError(
    `Cannot take the gradient of a convolution as the output is ${height}x${width}: got a gradient of ${
      out[2]
    }x${out[3]}`,
  );
}

type ConvolutionOp = Conv2dOp | Conv2dInputOp | Conv2dWeightOp;

const convolution = <O extends ConvolutionOp>(
  infer: (op: O, inputs: readonly Meta[]) => Shape,
  place: Place<O>,
  [samples, channels]: readonly [Division, Division],
  gradient: Gradient<O>,
): Primitive<O> => ({
  routine: "conv2d",
  divisions: ({ groups }) => groups === 1 ? [samples, channels] : [samples],
  infer(op, inputs) {
    checkOneDType(op.name, inputs);
    return [{ shape: infer(op, inputs), dtype: inputs[0]!.dtype }];
  },
  lower: (op, inputs, run, [result]) =>
    place(op, inputs, run, result!, byRoutine),
  decompose: (op, inputs, run, [result]) =>
    place(op, inputs, run, result!, byReduction)!,
  gradient,
});

/** Every convolution. */
export const convolutions = (): Family<ConvolutionOp> => ({
  conv2d: convolution(
    (op, [x, w, bias]) => {
      const kernel = [w!.shape[2]!, w!.shape[3]!] as const;
      const [n, o] = [x!.shape[0]!, w!.shape[0]!];
      checkChannels(op, x!.shape, w!.shape, [n, o, 1, 1]);
      if (bias && (bias.shape.length !== 1 || bias.shape[0] !== o)) {
        throw new ShapeError(
          `Cannot add a bias of shape ${
            showShape(bias.shape)
          } to ${o} output channels`,
        );
      }
      return [n, o, ...convolved(op, x!.shape, kernel)];
    },
    forward,
    [
      { inputs: [0, null, null], results: 0 },
      { inputs: [null, 0, 0], results: 1 },
    ],
    [
      saving([1], (g, c) => {
        const size = planeOf(c.input(0).shape);
        return c.apply({ ...c.op, name: "conv2dInput", size }, [
          g,
          c.operand(1),
        ]);
      }),
      saving([0], (g, c) => {
        const size = planeOf(c.input(1).shape);
        return c.apply({ ...c.op, name: "conv2dWeight", size }, [
          c.operand(0),
          g,
        ]);
      }),
      free((g) => g.sum([0, 2, 3])),
    ],
  ),
  conv2dInput: convolution(
    (op, [g, w]) => {
      const shape = [g!.shape[0]!, w!.shape[1]! * op.groups, ...op.size];
      checkChannels(op, shape, w!.shape, g!.shape);
      checkPlane(op, shape, [w!.shape[2]!, w!.shape[3]!], g!.shape);
      return shape;
    },
    byInput,
    [
      { inputs: [0, null], results: 0 },
      { inputs: [null, 1], results: 1 },
    ],
    [
      saving(
        [1],
        (g, c) => c.apply({ ...c.op, name: "conv2d" }, [g, c.operand(1)]),
      ),
      saving([0], (g, c) => {
        const size = planeOf(c.input(1).shape);
        return c.apply({ ...c.op, name: "conv2dWeight", size }, [
          g,
          c.operand(0),
        ]);
      }),
    ],
  ),
  conv2dWeight: convolution(
    (op, [x, g]) => {
      const shape = [g!.shape[1]!, x!.shape[1]! / op.groups, ...op.size];
      checkChannels(op, x!.shape, shape, g!.shape);
      checkPlane(op, x!.shape, op.size, g!.shape);
      return shape;
    },
    byWeight,
    [
      { inputs: [0, 0], results: "sum" },
      { inputs: [null, 1], results: 0 },
    ],
    [
      saving([1], (g, c) => {
        const size = planeOf(c.input(0).shape);
        return c.apply({ ...c.op, name: "conv2dInput", size }, [
          c.operand(1),
          g,
        ]);
      }),
      saving(
        [0],
        (g, c) => c.apply({ ...c.op, name: "conv2d" }, [c.operand(0), g]),
      ),
    ],
  ),
});
