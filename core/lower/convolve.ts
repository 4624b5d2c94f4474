/**
 * Convolutions and pooling: one contraction serves a convolution and both of
 * its gradients, with other extents in the same places.
 *
 * @module
 */
import type { DType } from "../dtype.ts";
import { accumulator, arg, call } from "../expr.ts";
import { INFER } from "../infer.ts";
import type {
  Conv2dInputOp,
  Conv2dOp,
  Conv2dWeightOp,
  MaxPool2dOp,
  Meta,
  WindowParams,
} from "../op.ts";
import { DeviceError } from "../errors.ts";
import type { Value } from "../value.ts";
import { View } from "../view.ts";
import { lowerFull } from "./create.ts";
import { castProgram } from "./elementwise.ts";
import { collapse } from "./geometry.ts";
import type { Launcher } from "./launcher.ts";
import { memoize, ReduceProgram } from "./program.ts";

/** Height and width of something. */
type Pair = readonly [number, number];

/** Loop dims of the contraction that are kept, and that are summed. */
const KEPT = 5;
const SUMMED: readonly number[] = [5, 6, 7];

const contraction: (dtype: DType, bias: number) => ReduceProgram = memoize(
  (dtype, bias) => {
    const type = dtype as DType;
    const sum = accumulator(type);
    return new ReduceProgram(
      bias ? [type, type, type] : [type, type],
      call("mul", arg(0, type), arg(1, type)),
      "sum",
      bias ? call("add", sum, arg(2, type)) : sum,
      0,
    );
  },
);

/**
 * Contracts along `[b, g, m, y, x | c, i, j]`; operands are aliases whose views
 * lie along that loop. The result has the strides given along the kept dims.
 */
function contract(
  loop: readonly number[],
  operands: readonly Value[],
  shape: readonly number[],
  outStrides: readonly number[],
  run: Launcher,
): Value {
  const { dtype } = operands[0]!;
  const out = run.allocate(shape, dtype);
  const done = out.view.size === 0 || run.routine(
    "conv2d",
    loop,
    1,
    [out, ...operands],
    [[...outStrides, 0, 0, 0], ...operands.map(({ view }) => view.strides)],
  );
  if (done) return out;
  const program = contraction(dtype, operands.length === 3 ? 1 : 0);
  const folded = run.reduce(program, loop, SUMMED, operands);
  const target = out.alias(
    new View(loop.slice(0, KEPT), outStrides, out.view.offset),
  );
  run.mapInto(castProgram(dtype, dtype), [target], [folded]);
  target.release();
  folded.release();
  return out;
}

/** A view of a value along the loop. */
function along(
  x: Value,
  loop: readonly number[],
  strides: readonly number[],
  offset: number = x.view.offset,
): Value {
  return x.alias(new View(loop, strides, offset));
}

/** `x` with its last two dims padded by zeros; owned by the caller. */
function padded(x: Value, padding: Pair, run: Launcher): Value {
  if (padding[0] === 0 && padding[1] === 0) return x.alias();
  const [n, c, h, w] = x.shape;
  const shape = [n!, c!, h! + 2 * padding[0], w! + 2 * padding[1]];
  return placed(
    x,
    shape,
    (view) => view.slice(2, padding[0], h!, 1).slice(3, padding[1], w!, 1),
    run,
  );
}

/** Zeros of `shape` in which the view that `window` shows holds `x`. */
function placed(
  x: Value,
  shape: readonly number[],
  window: (view: View) => View,
  run: Launcher,
): Value {
  const canvas = lowerFull(
    { name: "full", shape, value: 0, dtype: x.dtype },
    run,
  );
  const target = canvas.alias(window(canvas.view));
  run.mapInto(castProgram(x.dtype, x.dtype), [target], [x]);
  target.release();
  return canvas;
}

/** Releases when the work is done, or has failed. */
function releasing<T>(values: readonly Value[], work: () => T): T {
  try {
    return work();
  } finally {
    for (const value of values) value.release();
  }
}

/** Lowers a convolution to the contraction. */
export function lowerConv2d(
  op: Conv2dOp,
  inputs: readonly Value[],
  run: Launcher,
): Value {
  const [x, w, bias] = inputs;
  const [{ shape }] = INFER.conv2d(op, inputs) as [Meta];
  const [n, o, oh, ow] = shape as [number, number, number, number];
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
  if (bias) {
    const b = bias.view.strides[0]!;
    operands.push(along(bias, loop, [0, outputs * b, b, 0, 0, 0, 0, 0]));
  }
  const plane = oh * ow;
  return releasing(
    [source, ...operands],
    () =>
      contract(
        loop,
        operands,
        shape,
        [o * plane, outputs * plane, plane, ow, 1],
        run,
      ),
  );
}

/**
 * Where the rows of a gradient land on the canvas that the flipped kernel walks
 * over: first row used, its place, and how many.
 */
function landing(
  op: WindowParams,
  axis: 0 | 1,
  extent: number,
  kernel: number,
  rows: number,
): { first: number; place: number; count: number; length: number } {
  const reach = op.dilation[axis] * (kernel - 1);
  const stride = op.stride[axis];
  const length = extent + reach;
  const shift = reach - op.padding[axis];
  const first = shift >= 0 ? 0 : Math.ceil(-shift / stride);
  const place = shift + first * stride;
  const fitting = place >= length
    ? 0
    : Math.floor((length - 1 - place) / stride) + 1;
  const count = Math.max(0, Math.min(rows - first, fitting));
  return { first, place, count, length };
}

/** Lowers the gradient by the input: a convolution with the flipped kernel. */
export function lowerConv2dInput(
  op: Conv2dInputOp,
  inputs: readonly Value[],
  run: Launcher,
): Value {
  const [g, w] = inputs as [Value, Value];
  const [{ shape }] = INFER.conv2dInput(op, inputs) as [Meta];
  const [n, c, height, width] = shape as [number, number, number, number];
  const { groups, stride, dilation } = op;
  const [o, channels, kh, kw] = w.shape as [number, number, number, number];
  const outputs = o / groups;
  const rows = landing(op, 0, height, kh, g.shape[2]!);
  const columns = landing(op, 1, width, kw, g.shape[3]!);
  const used = g.alias(
    g.view.slice(2, rows.first, rows.count, 1)
      .slice(3, columns.first, columns.count, 1),
  );
  const canvas = placed(
    used,
    [n, o, rows.length, columns.length],
    (view) =>
      view.slice(2, rows.place, rows.count, stride[0])
        .slice(3, columns.place, columns.count, stride[1]),
    run,
  );
  const [zn, zc, zh, zw] = canvas.view.strides;
  const [wo, wc, wh, ww] = w.view.strides;
  const loop = [n, groups, channels, height, width, outputs, kh, kw];
  const last = w.view.offset + (kh - 1) * wh! + (kw - 1) * ww!;
  const operands = [
    along(canvas, loop, [
      zn!,
      outputs * zc!,
      0,
      zh!,
      zw!,
      zc!,
      dilation[0] * zh!,
      dilation[1] * zw!,
    ]),
    along(
      w,
      loop,
      [0, outputs * wo!, wc!, 0, 0, wo!, -wh!, -ww!],
      last,
    ),
  ];
  const plane = height * width;
  return releasing(
    [used, canvas, ...operands],
    () =>
      contract(
        loop,
        operands,
        shape,
        [c * plane, channels * plane, plane, width, 1],
        run,
      ),
  );
}

/** Lowers the gradient by the weight: a sum over the batch and all windows. */
export function lowerConv2dWeight(
  op: Conv2dWeightOp,
  inputs: readonly Value[],
  run: Launcher,
): Value {
  const [x, g] = inputs as [Value, Value];
  const [{ shape }] = INFER.conv2dWeight(op, inputs) as [Meta];
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
  const kernel = kh * kw;
  return releasing(
    [source, ...operands],
    () =>
      contract(
        loop,
        operands,
        shape,
        [kernel, outputs * channels * kernel, channels * kernel, kw, 1],
        run,
      ),
  );
}

/** Lowers max pooling to its routine. */
export function lowerMaxPool2d(
  op: MaxPool2dOp,
  [x]: readonly Value[],
  results: readonly Meta[],
  run: Launcher,
): [Value, Value] {
  const { shape } = results[0]!;
  const values = run.allocate(shape, x!.dtype);
  const indices = run.allocate(shape, "int32");
  if (values.view.size === 0) return [values, indices];
  const rank = shape.length;
  const { size, stride, padding, dilation } = op;
  const [height, width] = [x!.shape[rank - 2]!, x!.shape[rank - 1]!];
  const [sh, sw] = x!.view.strides.slice(-2);
  const planes = shape.slice(0, -2);
  const rows = collapse(planes, [x!.view.strides.slice(0, -2)]);
  // Planes that do not lie evenly are copied: a rare case.
  const even = rows.shape.length === 1;
  const source = even
    ? x!.alias()
    : run.map(castProgram(x!.dtype, x!.dtype), x!.shape, [x!]);
  const rowStride = even ? rows.strides[0]![0]! : height * width;
  const [h, w] = even ? [sh!, sw!] : [width, 1];
  const [oh, ow] = [shape[rank - 2]!, shape[rank - 1]!];
  const count = planes.reduce((product, extent) => product * extent, 1);
  const outStrides = [oh * ow, ow, 1, 0, 0];
  const start = source.alias(
    source.view.at(source.view.offset - padding[0] * h - padding[1] * w),
  );
  const done = releasing([source, start], () =>
    run.routine(
      "maxPool2d",
      [count, oh, ow, size[0], size[1]],
      2,
      [values, indices, start],
      [outStrides, outStrides, [
        rowStride,
        stride[0] * h,
        stride[1] * w,
        dilation[0] * h,
        dilation[1] * w,
      ]],
      [height, width, ...stride, ...dilation, ...padding],
    ));
  if (done) return [values, indices];
  values.release();
  indices.release();
  throw new DeviceError(
    `Cannot maxPool2d on ${run.backend.name} as it has no such routine: move the tensor to another device with await tensor.to(device)`,
  );
}
