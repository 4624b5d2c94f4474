/**
 * Convolutions: one contraction serves a convolution and both of
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
  Meta,
  WindowParams,
} from "../op.ts";
import type { Value } from "../value.ts";
import { View } from "../view.ts";
import { lowerFull } from "./create.ts";
import { castProgram } from "./elementwise.ts";
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
  const out = run.allocate(shape, operands[0]!.dtype);
  contractInto(out, loop, operands, outStrides, out.view.offset, run);
  return out;
}

/** The same, into a result that begins at an element of another one. */
function contractInto(
  out: Value,
  loop: readonly number[],
  operands: readonly Value[],
  outStrides: readonly number[],
  outOffset: number,
  run: Launcher,
): void {
  if (out.view.size === 0) return;
  const { dtype } = out;
  const target = along(out, loop.slice(0, KEPT), outStrides, outOffset);
  const done = run.routine(
    "conv2d",
    loop,
    1,
    [target, ...operands],
    [[...outStrides, 0, 0, 0], ...operands.map(({ view }) => view.strides)],
    {},
  );
  if (!done) {
    const program = contraction(dtype, operands.length === 3 ? 1 : 0);
    const folded = run.reduce(program, loop, SUMMED, operands);
    run.mapInto(castProgram(dtype, dtype), [target], [folded]);
    folded.release();
  }
  target.release();
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
  return framed(
    x,
    padding,
    [x.shape[2]! + 2 * padding[0], x.shape[3]! + 2 * padding[1]],
    run,
  );
}

/** `x` in planes of zeros of another size, from a place on; owned likewise. */
function framed(x: Value, place: Pair, size: Pair, run: Launcher): Value {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  if (h === size[0] && w === size[1]) return x.alias();
  const canvas = lowerFull(
    { name: "full", shape: [n, c, ...size], value: 0, dtype: x.dtype },
    run,
  );
  const target = canvas.alias(
    canvas.view.slice(2, place[0], h, 1).slice(3, place[1], w, 1),
  );
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
 * Every `stride`-th row of an input, which the same taps of the kernel meet.
 * Rows of the gradient are counted from the first one on the canvas.
 */
interface Phase {
  /** The first of its rows, and how many they are. */
  readonly first: number;
  readonly rows: number;
  /** The last tap that meets them, and how many do. */
  readonly last: number;
  readonly taps: number;
  /** The row of the gradient that the last tap brings to the first row. */
  readonly start: number;
}

/** The phases along an axis, and the canvas of gradient rows they walk over. */
interface Phases {
  readonly all: readonly Phase[];
  /** Taps from one that meets a phase to the next. */
  readonly tapStep: number;
  /** Rows of the gradient from one of these taps to the one before. */
  readonly rowStep: number;
  /** Where the gradient begins on the canvas, and the rows of the canvas. */
  readonly place: number;
  readonly length: number;
}

/**
 * Input row `y` takes tap `i` of gradient row `(y + padding - i * dilation) /
 * stride`, where that is whole: which taps these are depends on `y` modulo the
 * stride.
 */
function phasesOf(
  op: WindowParams,
  axis: 0 | 1,
  extent: number,
  kernel: number,
  rows: number,
): Phases {
  const stride = op.stride[axis];
  const dilation = op.dilation[axis];
  const common = greatestDivisor(stride, dilation);
  const tapStep = stride / common;
  const rowStep = dilation / common;
  const all: Phase[] = [];
  let place = 0;
  let end = rows;
  for (let first = 0; first < Math.min(stride, extent); first++) {
    const shift = first + op.padding[axis];
    let tap = 0;
    while (tap < tapStep && (shift - tap * dilation) % stride !== 0) tap++;
    const taps = tap === tapStep
      ? 0
      : Math.max(0, Math.ceil((kernel - tap) / tapStep));
    const count = Math.ceil((extent - first) / stride);
    const top = (shift - tap * dilation) / stride;
    const start = top - rowStep * (taps - 1);
    const last = tap + tapStep * (taps - 1);
    all.push({ first, rows: count, last, taps, start });
    if (taps === 0) continue;
    place = Math.max(place, -start);
    end = Math.max(end, top + count);
  }
  return { all, tapStep, rowStep, place, length: place + end };
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/**
 * Lowers the gradient by the input: for each phase of rows and columns, a
 * convolution with the taps of the flipped kernel that meet it.
 */
export function lowerConv2dInput(
  op: Conv2dInputOp,
  inputs: readonly Value[],
  run: Launcher,
): Value {
  const [g, w] = inputs as [Value, Value];
  const [{ shape, dtype }] = INFER.conv2dInput(op, inputs) as [Meta];
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
  const outStrides = [
    c * plane,
    channels * plane,
    plane,
    stride[0] * width,
    stride[1],
  ];
  // Where the stride exceeds the kernel, some rows or columns meet no tap.
  const out = down.all.some(meetsNone) || right.all.some(meetsNone)
    ? lowerFull({ name: "full", shape, value: 0, dtype }, run)
    : run.allocate(shape, dtype);
  return releasing([canvas], () => {
    for (const y of down.all) {
      for (const x of right.all) {
        if (meetsNone(y) || meetsNone(x)) continue;
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
        releasing(
          operands,
          () => contractInto(out, loop, operands, outStrides, at, run),
        );
      }
    }
    return out;
  });
}

function meetsNone({ taps }: Phase): boolean {
  return taps === 0;
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
