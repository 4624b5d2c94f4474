/**
 * Products of matrices.
 *
 * @module
 */
import type { DType } from "../dtype.ts";
import { DTypeError, ShapeError, showShape } from "../errors.ts";
import { accumulator, arg, call } from "../expr/expr.ts";
import { collapse } from "../lower/geometry.ts";
import type { Launcher } from "../lower/launcher.ts";
import { reduceAlong, shaped } from "../lower/parts.ts";
import { memoize, ReduceProgram } from "../lower/program.ts";
import type { Meta } from "../op.ts";
import { broadcastShapes } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Value } from "../value.ts";
import { View } from "../view.ts";
import { pass, saving } from "./gradient.ts";
import type { Division, Family } from "./primitive.ts";

/**
 * Batched matrix product of `[..., m, k]` and `[..., k, n]`, and a bias.
 *
 * @example A product
 * ```ts
 * import type { MatmulOp } from "@tenfold/core/backend";
 *
 * const op: MatmulOp = { name: "matmul" };
 * ```
 */
export interface MatmulOp {
  /** Marks the primitive. */
  readonly name: "matmul";
}

/**
 * `x wᵀ`, and a bias: x `[..., k]`, w `[n, k]`, bias `[n]`.
 *
 * @example A layer
 * ```ts
 * import type { LinearOp } from "@tenfold/core/backend";
 *
 * const op: LinearOp = { name: "linear" };
 * ```
 */
export interface LinearOp {
  /** Marks the primitive. */
  readonly name: "linear";
}

/** Refuses operands that are not numbers of one dtype, as products need them. */
export function checkOneDType(name: string, inputs: readonly Meta[]): void {
  const { dtype } = inputs[0]!;
  for (const input of inputs) {
    if (input.dtype === dtype && dtype !== "bool") continue;
    throw new DTypeError(
      `Cannot ${name} as all operands must be numbers of one dtype: got ${
        inputs.map((x) => x.dtype).join(", ")
      }, cast them to their common one`,
    );
  }
}

/** Inputs a, b and maybe a bias: the sum of products, plus the bias. */
export const contraction: (dtype: DType, inputs: number) => ReduceProgram =
  memoize((dtype, inputs) => {
    const sum = accumulator(dtype);
    return new ReduceProgram(
      new Array<DType>(inputs).fill(dtype),
      call("mul", arg(0, dtype), arg(1, dtype)),
      "sum",
      inputs === 3 ? call("add", sum, arg(2, dtype)) : sum,
      0,
    );
  });

/** A loop with the strides of its operands along it. */
interface Loop {
  readonly shape: readonly number[];
  readonly strides: readonly (readonly number[])[];
}

function strideFromEnd({ shape, strides }: View, place: number): number {
  const d = shape.length - place;
  return place === 0 || d < 0 || shape[d] === 1 ? 0 : strides[d]!;
}

/**
 * Strides along `[...batch, m, n, k]` of a view whose dims counted from the
 * end are given for m, n and k, 0 for the one that it lacks.
 */
function stridesOf(
  view: View,
  batch: number,
  m: number,
  n: number,
  k: number,
): number[] {
  const strides: number[] = new Array(batch + 3);
  for (let i = 0; i < batch; i++) {
    strides[i] = strideFromEnd(view, batch + 2 - i);
  }
  strides[batch] = strideFromEnd(view, m);
  strides[batch + 1] = strideFromEnd(view, n);
  strides[batch + 2] = strideFromEnd(view, k);
  return strides;
}

/** The loop `[...batch, m, n, k]` over the result and the operands. */
function loopOf(out: View, [a, b, bias]: readonly View[]): Loop {
  const batch = out.shape.length - 2;
  const strides = [
    stridesOf(out, batch, 2, 1, 0),
    stridesOf(a!, batch, 2, 0, 1),
    stridesOf(b!, batch, 0, 1, 2),
  ];
  if (bias) strides.push(stridesOf(bias, batch, 2, 1, 0));
  return { shape: [...out.shape, a!.shape[a!.shape.length - 1]!], strides };
}

/**
 * Merges batch dims; where the second operand (and the bias) do not vary over
 * the batch and the first lies as one tall matrix, the batch joins `m`.
 */
function mergeBatch({ shape, strides }: Loop): Loop {
  const batch = shape.length - 3;
  if (batch === 0) return { shape, strides };
  const merged = (count: number) =>
    collapse(shape.slice(0, count), strides.map((s) => s.slice(0, count)));
  const tall = merged(batch + 1);
  // With m = 1 the dims merge though the second operand varies over them.
  const joins = tall.shape.length === 1 && tall.strides[2]![0] === 0;
  const outer = joins ? tall : merged(batch);
  const rest = joins ? batch + 1 : batch;
  return {
    shape: [...outer.shape, ...shape.slice(rest)],
    strides: strides.map((s, i) => [...outer.strides[i]!, ...s.slice(rest)]),
  };
}

/** One by one: products of small matrices are made in a microsecond. */
function viewsOf(inputs: readonly Value[]): View[] {
  const views: View[] = new Array(inputs.length);
  for (let i = 0; i < inputs.length; i++) views[i] = inputs[i]!.view;
  return views;
}

/** A product by its routine; null where the backend lacks it. */
function product(
  inputs: readonly Value[],
  { shape, dtype }: Meta,
  run: Launcher,
): Value | null {
  const out = run.allocate(shape, dtype);
  const loop = mergeBatch(loopOf(out.view, viewsOf(inputs)));
  // Where there is nothing to sum, the reduction gives 0 and the bias.
  const sums = loop.shape[loop.shape.length - 1]! > 0;
  const [a, b, bias] = inputs;
  const values = bias ? [out, a!, b!, bias] : [out, a!, b!];
  if (
    out.view.size === 0 ||
    sums && run.routine("matmul", loop.shape, 1, values, loop.strides, {})
  ) return out;
  out.release();
  return sums ? null : productByReduction(inputs, { shape, dtype }, run);
}

/** A product as a reduction over a broadcast. */
function productByReduction(
  inputs: readonly Value[],
  { shape, dtype }: Meta,
  run: Launcher,
): Value {
  const loop = loopOf(View.dense(shape), viewsOf(inputs));
  return reduceAlong(
    run,
    contraction(dtype, inputs.length),
    loop.shape,
    [shape.length],
    inputs.map((value, i) => [value, loop.strides[i + 1]!]),
  );
}

/** `x wᵀ` as a product with a transposed view of the weight. */
function transposed<V extends Value | null>(
  [x, w, bias]: readonly Value[],
  result: Meta,
  of: (inputs: readonly Value[], result: Meta) => V,
): V {
  const { shape: [n, k], strides: [s, t], offset, size } = w!.view;
  const view = new View([k!, n!], [t!, s!], offset, undefined, size);
  const columns = w!.alias(view);
  const isVector = x!.shape.length === 1;
  const rows = isVector ? x!.alias(x!.view.reshape([1, k!])!) : x!;
  const inputs = bias ? [rows, columns, bias] : [rows, columns];
  const { shape, dtype } = result;
  const out = of(inputs, isVector ? { shape: [1, ...shape], dtype } : result);
  columns.release();
  if (!isVector) return out;
  rows.release();
  return (out && shaped(out, shape)) as V;
}

/**
 * The divisions of a product: of rows, of columns, of the batch, and of what is
 * summed, where no bias is added to each part.
 *
 * @param transposed Whether the second operand has columns before the sums.
 */
function divisionsOf(
  inputs: readonly Meta[],
  transposed: boolean,
): readonly Division[] {
  const [x = [], y = [], bias] = inputs.map(({ shape }) => shape);
  const rank = Math.max(x.length, transposed ? 0 : y.length);
  /** Divides a dim of the result, counted from its end, and what has it. */
  const along = (back: number, a: number | null, b: number | null) => {
    const dim = (bias?.length ?? 0) - back;
    const added = dim < 0 || bias![dim] === 1 ? null : dim;
    return { inputs: [a, b, added], results: rank - back };
  };
  const [columns, sums] = transposed ? [0, 1] : [y.length - 1, y.length - 2];
  const all: Division[] = [
    along(2, x.length - 2, null),
    along(1, null, columns),
  ];
  if (rank > 2 && x.length === y.length) {
    all.push(along(rank, x[0] === 1 ? null : 0, y[0] === 1 ? null : 0));
  }
  if (!bias) all.push({ inputs: [x.length - 1, sums], results: "sum" });
  return all;
}

/** All leading dims as one. */
const rowsOf = (x: Tensor): Tensor =>
  x.ndim === 2 ? x : x.ndim === 1 ? x.unsqueeze(0) : x.flatten(0, -2);

/** Every product of matrices. */
export const PRODUCT: Family<MatmulOp | LinearOp> = {
  matmul: {
    routine: "matmul",
    divisions: (_, inputs) => divisionsOf(inputs, false),
    infer(op, inputs) {
      checkOneDType(op.name, inputs);
      const [a, b, bias] = inputs;
      const [x, y] = [a!.shape, b!.shape];
      const [m, k] = x.slice(-2);
      const [k2, n] = y.slice(-2);
      if (k !== k2) {
        throw new ShapeError(
          `Cannot multiply matrices as the inner dimensions must match: got ${
            showShape(x)
          } and ${showShape(y)}`,
        );
      }
      const batch = broadcastShapes(x.slice(0, -2), y.slice(0, -2), "matmul");
      const shape = [...batch, m!, n!];
      const rank = bias
        ? broadcastShapes(shape, bias.shape, "add the bias").length
        : shape.length;
      if (rank !== shape.length) {
        throw new ShapeError(
          `Cannot add a bias of shape ${
            showShape(bias!.shape)
          } to a product of shape ${showShape(shape)}`,
        );
      }
      return [{ shape, dtype: a!.dtype }];
    },
    lower: (_, inputs, run, [result]) => product(inputs, result!, run),
    decompose: (_, inputs, run, [result]) =>
      productByReduction(inputs, result!, run),
    gradient: [
      saving([1], (g, c) => g.matmul(c.operand(1).transpose(-1, -2))),
      saving([0], (g, c) => {
        const a = c.operand(0);
        if (c.input(1).shape.length > 2 || a.ndim === 2) {
          return a.transpose(-1, -2).matmul(g);
        }
        // One matrix for the whole batch: one tall product, no sum behind it.
        return a.flatten(0, -2).t().matmul(g.flatten(0, -2));
      }),
      pass,
    ],
  },
  linear: {
    routine: "matmul",
    divisions: (_, inputs) => divisionsOf(inputs, true),
    infer(op, inputs) {
      checkOneDType(op.name, inputs);
      const [x, w, bias] = inputs;
      const k = x!.shape[x!.shape.length - 1];
      if (w!.shape.length !== 2 || k !== w!.shape[1]) {
        throw new ShapeError(
          `Cannot apply a linear layer as the last extent of the input must be the second of the weight: got input ${
            showShape(x!.shape)
          } and weight ${showShape(w!.shape)}`,
        );
      }
      const n = w!.shape[0]!;
      if (bias && (bias.shape.length !== 1 || bias.shape[0] !== n)) {
        throw new ShapeError(
          `Cannot add a bias of shape ${
            showShape(bias.shape)
          } to the ${n} outputs of a linear layer`,
        );
      }
      const shape = x!.shape.slice();
      shape[shape.length - 1] = n;
      return [{ shape, dtype: x!.dtype }];
    },
    lower: (_, inputs, run, [result]) =>
      transposed(inputs, result!, (all, meta) => product(all, meta, run)),
    decompose: (_, inputs, run, [result]) =>
      transposed(
        inputs,
        result!,
        (all, meta) => productByReduction(all, meta, run),
      ),
    gradient: [
      saving([1], (g, c) => g.matmul(c.operand(1))),
      saving([0], (g, c) => rowsOf(g).t().matmul(rowsOf(c.operand(0)))),
      pass,
    ],
  },
};
