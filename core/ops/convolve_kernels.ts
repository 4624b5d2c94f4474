/**
 * One contraction serves a convolution and both of its gradients, with other
 * extents in the same places: how each lies along its loop.
 *
 * @module
 */
import type { Launcher } from "../lower/launcher.ts";
import { castProgram, copyInto, denseOf, filled } from "../lower/parts.ts";
import type { Meta } from "../op.ts";
import type { Value } from "../value.ts";
import { View } from "../view.ts";
import { float32Precision } from "../precision.ts";
import type { Conv2dInputOp, Conv2dOp, Conv2dWeightOp } from "./convolve.ts";
import { meetsNone, phasesOf } from "./convolve_phases.ts";
import { contraction } from "./product.ts";

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

/** By the routine, where the backend has it. */
export const byRoutine: Contract = (out, loop, operands, run) =>
  run.routine(
    "conv2d",
    loop,
    1,
    [out, ...operands],
    [
      [...out.view.strides, 0, 0, 0],
      ...operands.map(({ view }) => view.strides),
    ],
    { loose: float32Precision() === "high" ? 1 : 0 },
  );

/** By a reduction, which every backend has. */
export const byReduction: Contract = (out, loop, operands, run) => {
  const program = contraction(out.dtype, operands.length);
  const sums = run.reduce(program, loop, SUMMED, operands);
  run.mapInto(castProgram(out.dtype, out.dtype), [out], [sums]);
  sums.release();
  return true;
};

/** How a convolution lies along the loop: its operands, and its result. */
export type Place<O> = (
  op: O,
  inputs: readonly Value[],
  run: Launcher,
  result: Meta,
  contract: Contract,
) => Value | null;

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

/** A convolution. */
export const forward: Place<Conv2dOp> = (op, inputs, run, result, contract) => {
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
 * The gradient by the input where the kernel covers all of it, so that each
 * element of the kernel meets one of the result: a product, without the zeros
 * around one position. Null where it does not.
 */
const byWholeInput: Place<Conv2dInputOp> = (
  op,
  inputs,
  run,
  result,
  contract,
) => {
  const [g, w] = inputs as [Value, Value];
  const [n, c, height, width] = result.shape as [
    number,
    number,
    number,
    number,
  ];
  const [o, channels, kh, kw] = w.shape as [number, number, number, number];
  const [wo, wc, wh, ww] = w.view.strides as [number, number, number, number];
  const covers = g.shape[2] === 1 && g.shape[3] === 1 && kh === height &&
    kw === width && op.padding.every((p) => p === 0) &&
    op.dilation.every((d) => d === 1);
  // Elements of a filter that lie as those of the result do.
  if (!covers || ww !== 1 || wh !== kw || wc !== kh * kw) return null;
  const outputs = o / op.groups;
  const rows = channels * wc;
  const loop = [n, op.groups, rows, 1, 1, outputs, 1, 1];
  const [gn, gc] = g.view.strides as [number, number];
  const operands = [
    along(g, loop, [gn, outputs * gc, 0, 0, 0, gc, 0, 0]),
    along(w, loop, [0, outputs * wo, 1, 0, 0, wo, 0, 0]),
  ];
  const strides = [c * wc, rows, 1, 1, 1];
  return contracted(result, loop, operands, strides, contract, run);
};

/**
 * Its gradient by the input: for each phase of rows and columns, a convolution with the taps of the
 * flipped kernel that meet it.
 */
export const byInput: Place<Conv2dInputOp> = (
  op,
  inputs,
  run,
  result,
  contract,
) => {
  const whole = byWholeInput(op, inputs, run, result, contract);
  if (whole !== null) return whole;
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

/** Its gradient by the weight: a sum over the batch and all windows. */
export const byWeight: Place<Conv2dWeightOp> = (
  op,
  inputs,
  run,
  result,
  contract,
) => {
  const [x, g] = inputs as [Value, Value];
  const { shape } = result;
  const [o, channels, kh, kw] = shape as [number, number, number, number];
  const { groups, stride, dilation } = op;
  const outputs = o / groups;
  const [n, , oh, ow] = g.shape as [number, number, number, number];
  const source = padded(x, op.padding, run);
  const [sn, sc, sh, sw] = source.view.strides;
  // Kernels take dense planes; the gradient of a sum repeats one element.
  const dense = denseOf(g, run);
  const [gn, gc, gh, gw] = dense.view.strides;
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
    along(dense, loop, [0, outputs * gc!, gc!, 0, 0, gn!, gh!, gw!]),
  ];
  source.release();
  dense.release();
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
