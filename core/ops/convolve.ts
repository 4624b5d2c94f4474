/**
 * Convolutions: one contraction serves a convolution and both of its gradients,
 * with other extents in the same places.
 *
 * @module
 */
import { ShapeError, showShape } from "../errors.ts";
import type { Launcher } from "../lower/launcher.ts";
import { castProgram, copyInto, filled } from "../lower/parts.ts";
import type { Meta } from "../op.ts";
import type { Shape } from "../shape.ts";
import type { Value } from "../value.ts";
import { View } from "../view.ts";
import { free, type Gradient, saving } from "./gradient.ts";
import type { Family, Primitive } from "./primitive.ts";
import { checkOneDType, contraction } from "./product.ts";
import { meetsNone, phasesOf } from "./convolve_phases.ts";
import { planeOf, windowCount, type WindowParams } from "./window.ts";

/**
 * Cross-correlation of x `[n, c, h, w]` with a weight `[o, c / groups, kh, kw]`
 * and a bias `[o]`, if there is one: `[n, o, oh, ow]`.
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

/** The dims of the contraction that stay; the other three are summed. */
const KEPT = 5;
const SUMMED: readonly number[] = [5, 6, 7];

/**
 * Contracts along `[b, g, m, y, x | c, i, j]` into `out`, which lies along the
 * kept dims as the operands along all; false where the backend cannot.
 */
type Contract = (
  out: Value,
  loop: readonly number[],
  operands: readonly Value[],
  run: Launcher,
) => boolean;

const byRoutine: Contract = (out, loop, operands, run) =>
  run.routine(
    "conv2d",
    loop,
    1,
    [out, ...operands],
    [
      [...out.view.strides, 0, 0, 0],
      ...operands.map(({ view }) => view.strides),
    ],
    {},
  );

const byReduction: Contract = (out, loop, operands, run) => {
  const program = contraction(out.dtype, operands.length);
  const sums = run.reduce(program, loop, SUMMED, operands);
  run.mapInto(castProgram(out.dtype, out.dtype), [out], [sums]);
  sums.release();
  return true;
};

/** How a convolution lies along the loop: its operands, and its result. */
type Place<O> = (
  op: O,
  inputs: readonly Value[],
  run: Launcher,
  result: Meta,
  contract: Contract,
) => Value | null;

const convolution = <O extends ConvolutionOp>(
  infer: (op: O, inputs: readonly Meta[]) => Shape,
  place: Place<O>,
  gradient: Gradient<O>,
): Primitive<O> => ({
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

/** A view of a value along the loop. */
function along(
  x: Value,
  loop: readonly number[],
  strides: readonly number[],
  offset: number = x.view.offset,
): Value {
  return x.alias(new View(loop, strides, offset));
}

/**
 * Contracts operands, which it takes over, into a part of `out`: from an
 * element on, by strides along the kept dims.
 */
function contractInto(
  out: Value,
  loop: readonly number[],
  operands: readonly Value[],
  strides: readonly number[],
  offset: number,
  contract: Contract,
  run: Launcher,
): boolean {
  const target = along(out, loop.slice(0, KEPT), strides, offset);
  const done = out.view.size === 0 || contract(target, loop, operands, run);
  for (const value of [target, ...operands]) value.release();
  return done;
}

/** `x` in planes of zeros of another size, from a place on; owned. */
function framed(
  x: Value,
  place: readonly [number, number],
  size: readonly [number, number],
  run: Launcher,
): Value {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  if (h === size[0] && w === size[1]) return x.alias();
  const canvas = filled([n, c, ...size], 0, x.dtype, run);
  copyInto(
    canvas,
    canvas.view.slice(2, place[0], h, 1).slice(3, place[1], w, 1),
    x,
    run,
  );
  return canvas;
}

/** `x` with its last two dims padded by zeros; owned. */
function padded(
  x: Value,
  [height, width]: readonly [number, number],
  run: Launcher,
): Value {
  const [, , h, w] = x.shape as [number, number, number, number];
  return framed(x, [height, width], [h + 2 * height, w + 2 * width], run);
}

/** The contraction of a whole result, whose operands it takes over. */
function contracted(
  { shape, dtype }: Meta,
  loop: readonly number[],
  operands: readonly Value[],
  strides: readonly number[],
  contract: Contract,
  run: Launcher,
): Value | null {
  const out = run.allocate(shape, dtype);
  const { offset } = out.view;
  if (contractInto(out, loop, operands, strides, offset, contract, run)) {
    return out;
  }
  out.release();
  return null;
}

const forward: Place<Conv2dOp> = (op, inputs, run, result, contract) => {
  const [x, w, bias] = inputs;
  const [n, o, oh, ow] = result.shape as [number, number, number, number];
  const { groups, stride, dilation } = op;
  const outputs = o / groups;
  const [, channels, kh, kw] = w!.shape;
  const source = padded(x!, op.padding, run);
  const [sn, sc, sh, sw] = source.view.strides;
  const [wo, wc, wh, ww] = w!.view.strides;
  const loop = [n, groups, outputs, oh, ow, channels!, kh!, kw!];
  const operands = [
    along(source, loop, [
      sn!,
      channels! * sc!,
      0,
      stride[0] * sh!,
      stride[1] * sw!,
      sc!,
      dilation[0] * sh!,
      dilation[1] * sw!,
    ]),
    along(w!, loop, [0, outputs * wo!, wo!, 0, 0, wc!, wh!, ww!]),
  ];
  source.release();
  if (bias) {
    const b = bias.view.strides[0]!;
    operands.push(along(bias, loop, [0, outputs * b, b, 0, 0, 0, 0, 0]));
  }
  const plane = oh * ow;
  const strides = [o * plane, outputs * plane, plane, ow, 1];
  return contracted(result, loop, operands, strides, contract, run);
};

/**
 * For each phase of rows and columns, a convolution with the taps of the
 * flipped kernel that meet it.
 */
const byInput: Place<Conv2dInputOp> = (op, inputs, run, result, contract) => {
  const [g, w] = inputs as [Value, Value];
  const { shape, dtype } = result;
  const [n, c, height, width] = shape as [number, number, number, number];
  const { groups, stride } = op;
  const [o, channels, kh, kw] = w.shape as [number, number, number, number];
  const outputs = o / groups;
  const down = phasesOf(op, 0, height, kh, g.shape[2]!);
  const right = phasesOf(op, 1, width, kw, g.shape[3]!);
  const canvas = framed(
    g,
    [down.place, right.place],
    [down.length, right.length],
    run,
  );
  const [zn, zc, zh, zw] = canvas.view.strides as number[];
  const [wo, wc, wh, ww] = w.view.strides as number[];
  const plane = height * width;
  const strides = [
    c * plane,
    channels * plane,
    plane,
    stride[0] * width,
    stride[1],
  ];
  // Where the stride exceeds the kernel, some rows or columns meet no tap.
  const out = down.all.some(meetsNone) || right.all.some(meetsNone)
    ? filled(shape, 0, dtype, run)
    : run.allocate(shape, dtype);
  let done = true;
  for (const y of down.all) {
    for (const x of right.all) {
      if (!done || meetsNone(y) || meetsNone(x)) continue;
      const loop = [
        n,
        groups,
        channels,
        y.rows,
        x.rows,
        outputs,
        y.taps,
        x.taps,
      ];
      const operands = [
        along(
          canvas,
          loop,
          [
            zn!,
            outputs * zc!,
            0,
            zh!,
            zw!,
            zc!,
            down.rowStep * zh!,
            right.rowStep * zw!,
          ],
          canvas.view.offset + (down.place + y.start) * zh! +
            (right.place + x.start) * zw!,
        ),
        along(
          w,
          loop,
          [
            0,
            outputs * wo!,
            wc!,
            0,
            0,
            wo!,
            -down.tapStep * wh!,
            -right.tapStep * ww!,
          ],
          w.view.offset + y.last * wh! + x.last * ww!,
        ),
      ];
      const at = out.view.offset + y.first * width + x.first;
      done = contractInto(out, loop, operands, strides, at, contract, run);
    }
  }
  canvas.release();
  if (done) return out;
  out.release();
  return null;
};

/** A sum over the batch and all windows. */
const byWeight: Place<Conv2dWeightOp> = (op, inputs, run, result, contract) => {
  const [x, g] = inputs as [Value, Value];
  const { shape } = result;
  const [o, channels, kh, kw] = shape as [number, number, number, number];
  const { groups, stride, dilation } = op;
  const outputs = o / groups;
  const [n, , oh, ow] = g.shape as [number, number, number, number];
  const source = padded(x, op.padding, run);
  const [sn, sc, sh, sw] = source.view.strides;
  const [gn, gc, gh, gw] = g.view.strides;
  const loop = [channels, groups, outputs, kh, kw, n, oh, ow];
  const operands = [
    along(source, loop, [
      sc!,
      channels * sc!,
      0,
      dilation[0] * sh!,
      dilation[1] * sw!,
      sn!,
      stride[0] * sh!,
      stride[1] * sw!,
    ]),
    along(g, loop, [0, outputs * gc!, gc!, 0, 0, gn!, gh!, gw!]),
  ];
  source.release();
  const kernel = kh * kw;
  const strides = [
    kernel,
    outputs * channels * kernel,
    channels * kernel,
    kw,
    1,
  ];
  return contracted(result, loop, operands, strides, contract, run);
};

/** Every convolution. */
export const CONVOLVE: Family<ConvolutionOp> = {
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
      saving([1], (g, c) => {
        const size = planeOf(c.input(0).shape);
        return c.apply({ ...c.op, name: "conv2dInput", size }, [g, c.t(1)]);
      }),
      saving([0], (g, c) => {
        const size = planeOf(c.input(1).shape);
        return c.apply({ ...c.op, name: "conv2dWeight", size }, [c.t(0), g]);
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
      saving([1], (g, c) => c.apply({ ...c.op, name: "conv2d" }, [g, c.t(1)])),
      saving([0], (g, c) => {
        const size = planeOf(c.input(1).shape);
        return c.apply({ ...c.op, name: "conv2dWeight", size }, [g, c.t(0)]);
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
      saving([1], (g, c) => {
        const size = planeOf(c.input(0).shape);
        return c.apply({ ...c.op, name: "conv2dInput", size }, [c.t(1), g]);
      }),
      saving([0], (g, c) => c.apply({ ...c.op, name: "conv2d" }, [c.t(0), g])),
    ],
  ),
};
