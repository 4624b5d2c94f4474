/**
 * One contraction serves a convolution and both of its gradients, with other
 * extents in the same places: how each lies along its loop.
 *
 * @module
 */
import type { Launcher } from "../lower/launcher.ts";
import { castProgram, copyInto, filled } from "../lower/parts.ts";
import type { Meta } from "../op.ts";
import type { Value } from "../value.ts";
import { View } from "../view.ts";
import { float32Precision } from "../precision.ts";
import type { Conv2dInputOp, Conv2dOp, Conv2dWeightOp } from "./convolve.ts";
import { phasesOf } from "./convolve_phases.ts";
import { contraction } from "./product.ts";
import type { WindowParams } from "./window.ts";

/** The dims of the contraction that stay; the other three are summed. */
const KEPT = 5;
const SUMMED: readonly number[] = [5, 6, 7];

/** A number of rows, and one of columns. */
type Sides = readonly [number, number];

/** A part of a convolution. */
interface Part {
  /** The loop. */
  readonly loop: readonly number[];
  /** The row and column of the planes that it begins with, if not the first. */
  readonly start?: Sides;
  /** Strides of x along the loop, by those of its dims. */
  readonly strides: (strides: readonly number[]) => number[];
  /** The other operands: their strides, and where they begin if not at first. */
  readonly others: readonly (readonly [
    value: Value,
    strides: readonly number[],
    skipped?: number,
  ])[];
  /** Strides of the result along the kept dims, and the first element. */
  readonly out: readonly number[];
  readonly first?: number;
}

/** How a convolution lies along its loops. */
interface Placed {
  /** The first operand, which is surrounded by zeros. */
  readonly x: Value;
  /** Where it begins among them, and their planes. */
  readonly place: Sides;
  readonly size: Sides;
  /** What is contracted. */
  readonly parts: readonly Part[];
  /** Whether parts leave elements of the result out; those are 0. */
  readonly gaps?: boolean;
}

/** Places a convolution. */
export type Place<O> = (
  op: O,
  inputs: readonly Value[],
  result: Meta,
) => Placed;

/** A view of a value along the loop, from some element on. */
function along(
  x: Value,
  loop: readonly number[],
  strides: readonly number[],
  skipped = 0,
): Value {
  return x.alias(new View(loop, strides, x.view.offset + skipped));
}

/** `x` in planes of zeros of another size, from a place on; owned. */
function framed(
  x: Value,
  [top, left]: Sides,
  size: Sides,
  run: Launcher,
): Value {
  const [n, c] = x.shape;
  const canvas = filled([n!, c!, ...size], 0, x.dtype, run);
  const place = new View(x.shape, canvas.view.strides, top * size[1] + left);
  copyInto(canvas, place, x, run);
  return canvas;
}

/**
 * Contracts all parts of a convolution along `[b, g, m, y, x | c, i, j]`; zeros
 * are written out where the backend does not read beyond planes.
 *
 * @param byRoutine Whether the routine does it, or a reduction, which every backend
 * has.
 * @returns The result; null where there is no routine.
 */
export function convolve(
  { x, place, size, parts, gaps }: Placed,
  { shape, dtype }: Meta,
  byRoutine: boolean,
  run: Launcher,
): Value | null {
  const loose = Number(float32Precision() === "high");
  const whole = x.shape[2] === size[0] && x.shape[3] === size[1];
  const beyond = byRoutine && !whole &&
    parts.every(({ loop, strides, others }) =>
      run.backend.reaches?.(
        loop,
        strides(x.view.strides),
        others[0]![1],
        loose,
      )
    );
  const source = whole || beyond ? x.alias() : framed(x, place, size, run);
  const { shape: [, , height, width], strides: steps } = source.view;
  const out = gaps ? filled(shape, 0, dtype, run) : run.allocate(shape, dtype);
  const shift = beyond ? place : [0, 0] as const;
  let done = true;
  for (
    const { loop, start = [0, 0], strides, others, out: kept, first } of parts
  ) {
    const above = shift[0] - start[0];
    const before = shift[1] - start[1];
    const target = along(out, loop.slice(0, KEPT), kept, first);
    const operands = [
      along(
        source,
        loop,
        strides(steps),
        -above * steps[2]! - before * steps[3]!,
      ),
      ...others.map(([value, strides, skipped]) =>
        along(value, loop, strides, skipped)
      ),
    ];
    if (!byRoutine) {
      const program = contraction(dtype, operands.length);
      const sums = run.reduce(program, loop, SUMMED, operands);
      run.mapInto(castProgram(dtype, dtype), [target], [sums]);
      sums.release();
    } else if (done && out.view.size > 0) {
      done = run.routine(
        "conv2d",
        loop,
        1,
        [target, ...operands],
        [
          [...kept, 0, 0, 0],
          ...operands.map(({ view }) => view.strides),
        ],
        { loose, above, before, height: height!, width: width! },
      );
    }
    for (const value of [target, ...operands]) value.release();
  }
  source.release();
  if (done) return out;
  out.release();
  return null;
}

/** A convolution of one part, with x padded. */
const around = (
  { padding: [top, left] }: WindowParams,
  x: Value,
  part: Part,
): Placed => ({
  x,
  place: [top, left],
  size: [x.shape[2]! + 2 * top, x.shape[3]! + 2 * left],
  parts: [part],
});

/** A convolution. */
export const forward: Place<Conv2dOp> = (op, [x, w, bias], result) => {
  const [n, o, oh, ow] = result.shape as [number, number, number, number];
  const { groups, stride, dilation } = op;
  const outputs = o / groups;
  const [, channels, kh, kw] = w!.shape;
  const [wo, wc, wh, ww] = w!.view.strides;
  const others: [Value, number[]][] = [
    [w!, [0, outputs * wo!, wo!, 0, 0, wc!, wh!, ww!]],
  ];
  if (bias) {
    const b = bias.view.strides[0]!;
    others.push([bias, [0, outputs * b, b, 0, 0, 0, 0, 0]]);
  }
  const plane = oh * ow;
  const part: Part = {
    loop: [n, groups, outputs, oh, ow, channels!, kh!, kw!],
    strides: ([sn, sc, sh, sw]) => [
      sn!,
      channels! * sc!,
      0,
      stride[0] * sh!,
      stride[1] * sw!,
      sc!,
      dilation[0] * sh!,
      dilation[1] * sw!,
    ],
    others,
    out: [o * plane, outputs * plane, plane, ow, 1],
  };
  return around(op, x!, part);
};

/**
 * The gradient by the input where the kernel covers all of it, so that each
 * element of the kernel meets one of the result: a product, without the zeros
 * around one position. Null where it does not.
 */
function byWholeInput(
  op: Conv2dInputOp,
  g: Value,
  w: Value,
  result: Meta,
): Placed | null {
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
  const part: Part = {
    loop: [n, op.groups, rows, 1, 1, outputs, 1, 1],
    strides: ([gn, gc]) => [gn!, outputs * gc!, 0, 0, 0, gc!, 0, 0],
    others: [[w, [0, outputs * wo, 1, 0, 0, wo, 0, 0]]],
    out: [c * wc, rows, 1, 1, 1],
  };
  return around(op, g, part);
}

/**
 * Its gradient by the input: for each phase of rows and columns, a convolution
 * with the taps of the flipped kernel that meet it.
 */
export const byInput: Place<Conv2dInputOp> = (op, inputs, result) => {
  const [g, w] = inputs as [Value, Value];
  const whole = byWholeInput(op, g, w, result);
  if (whole !== null) return whole;
  const [n, c, height, width] = result.shape as [
    number,
    number,
    number,
    number,
  ];
  const { groups, stride } = op;
  const [o, channels, kh, kw] = w.shape as [number, number, number, number];
  const outputs = o / groups;
  const down = phasesOf(op, 0, height, kh, g.shape[2]!);
  const right = phasesOf(op, 1, width, kw, g.shape[3]!);
  const [wo, wc, wh, ww] = w.view.strides as number[];
  const plane = height * width;
  const out = [
    c * plane,
    channels * plane,
    plane,
    stride[0] * width,
    stride[1],
  ];
  const parts: Part[] = [];
  for (const y of down.all) {
    for (const x of right.all) {
      if (y.taps * x.taps === 0) continue;
      parts.push({
        loop: [n, groups, channels, y.rows, x.rows, outputs, y.taps, x.taps],
        start: [down.place + y.start, right.place + x.start],
        strides: ([gn, gc, gh, gw]) => [
          gn!,
          outputs * gc!,
          0,
          gh!,
          gw!,
          gc!,
          down.rowStep * gh!,
          right.rowStep * gw!,
        ],
        others: [[
          w,
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
          y.last * wh! + x.last * ww!,
        ]],
        out,
        first: y.first * width + x.first,
      });
    }
  }
  return {
    x: g,
    place: [down.place, right.place],
    size: [down.length, right.length],
    parts,
    // Where the stride exceeds the kernel, some rows or columns meet no tap.
    gaps: parts.length < down.all.length * right.all.length,
  };
};

/** Its gradient by the weight: a sum over the batch and all windows. */
export const byWeight: Place<Conv2dWeightOp> = (op, inputs, { shape }) => {
  const [x, g] = inputs as [Value, Value];
  const [o, channels, kh, kw] = shape as [number, number, number, number];
  const { groups, stride, dilation } = op;
  const outputs = o / groups;
  const [n, , oh, ow] = g.shape as [number, number, number, number];
  const [gn, gc, gh, gw] = g.view.strides;
  const kernel = kh * kw;
  const part: Part = {
    loop: [channels, groups, outputs, kh, kw, n, oh, ow],
    strides: ([sn, sc, sh, sw]) => [
      sc!,
      channels * sc!,
      0,
      dilation[0] * sh!,
      dilation[1] * sw!,
      sn!,
      stride[0] * sh!,
      stride[1] * sw!,
    ],
    others: [[g, [0, outputs * gc!, gc!, 0, 0, gn!, gh!, gw!]]],
    out: [kernel, outputs * channels * kernel, channels * kernel, kw, 1],
  };
  return around(op, x, part);
};
