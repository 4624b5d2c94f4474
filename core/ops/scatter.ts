/**
 * Combining with elements where an index says: sums, products, and extremes.
 *
 * @module
 */
import { canCast, type DType, DTYPES } from "../dtype.ts";
import { DTypeError, ShapeError, showShape } from "../errors.ts";
import { accumulator, arg, call, constant, type Expr } from "../expr/expr.ts";
import type { Combine } from "../kernel.ts";
import { alongDim } from "../lower/geometry.ts";
import {
  behind,
  castOf,
  castProgram,
  copyOf,
  only,
  positions,
  reduceAlong,
} from "../lower/parts.ts";
import type { Launcher } from "../lower/launcher.ts";
import { memoize, ReduceProgram } from "../lower/program.ts";
import type { Meta } from "../op.ts";
import { sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Value } from "../value.ts";
import { View } from "../view.ts";
import { boundOf, checkIndex, refuseOutside } from "./gather.ts";
import { across } from "./in_single.ts";
import { pass, type Rule, type RuleContext, saving } from "./gradient.ts";
import type { Family, Primitive } from "./primitive.ts";

/**
 * Combines `src` with a copy of x at the places that `index` names: adds,
 * multiplies, or keeps the largest or smallest.
 *
 * @example Sums of groups of rows
 * ```ts
 * import type { ScatterOp } from "@tenfold/core/backend";
 *
 * const op: ScatterOp = { name: "scatterAdd", dim: 0 };
 * ```
 */
export interface ScatterOp {
  /** Marks the primitive. */
  readonly name: "scatterAdd" | "scatterProd" | "scatterMax" | "scatterMin";
  /** The dim, not negative. */
  readonly dim: number;
}

type Name = ScatterOp["name"];

/** How each of them combines two elements. */
export const COMBINE: { readonly [N in Name]: Combine } = {
  scatterAdd: "sum",
  scatterProd: "prod",
  scatterMax: "max",
  scatterMin: "min",
};

const FUNCTION = { sum: "add", prod: "mul", max: "max", min: "min" } as const;

/** What changes nothing that it is combined with. */
export function neutral(combine: Combine, dtype: DType): number {
  const { lowest, highest } = DTYPES[dtype];
  return { sum: 0, prod: 1, max: lowest, min: highest }[combine];
}

/** Checks that `src` can be combined with `x` wherever the index says. */
function checkSource(name: Name, x: Meta, index: Meta, src: Meta): void {
  if (!canCast(src.dtype, x.dtype)) {
    throw new DTypeError(
      `Cannot ${name} ${src.dtype} values into a tensor of ${x.dtype} as it cannot hold them: cast one of them, such as the tensor to ${src.dtype}`,
    );
  }
  if (
    src.shape.length !== index.shape.length ||
    src.shape.some((extent, d) => extent < index.shape[d]!)
  ) {
    throw new ShapeError(
      `Cannot ${name} as the source must be at least as large as the index: got source ${
        showShape(src.shape)
      } for index ${showShape(index.shape)}`,
    );
  }
}

/** Inputs index, position, src and x: x and each src of that index. */
const combined = memoize((combine: Combine, dtype: DType) => {
  const here: Expr = call("eq", arg(0, "int32"), arg(1, "int32"));
  const nothing = constant(neutral(combine, dtype), dtype);
  return new ReduceProgram(
    ["int32", "int32", dtype, dtype],
    call("select", here, arg(2, dtype), nothing),
    combine,
    call(FUNCTION[combine], accumulator(dtype), arg(3, dtype)),
    0,
  );
});

/** A gradient by as much of the source as the index covers, by all of it. */
function bySource(
  covered: Tensor,
  c: RuleContext<ScatterOp>,
): Tensor {
  const { shape } = c.input(2);
  if (sameShape(shape, covered.shape)) return covered;
  const windows = covered.shape.map((length, dim) => ({
    name: "slice" as const,
    dim,
    start: 0,
    length,
    step: 1,
  }));
  return c.apply({ name: "place", shape, value: 0, windows }, [covered]);
}

/** As much of the source as the index covers, in the dtype of x. */
function sourceOf(c: RuleContext<ScatterOp>): Tensor {
  const [index, src] = [c.operand(1), c.operand(2)];
  return index.shape.reduce((x, n, d) => x.narrow(d, 0, n), src)
    .cast(c.input(0).dtype);
}

/** The gradient of an extreme, shared by all that attain it. */
const extreme: Rule<ScatterOp> = saving([0, 1, 2, "output"], (g, c, p) => {
  const { dim } = c.op;
  const [index, y] = [c.operand(1), c.output()];
  const attains = (x: Tensor, y: Tensor) =>
    x.eq(y).logicalOr(x.isNan().logicalAnd(y.isNan())).cast(g.dtype);
  const mine = attains(c.operand(0), y);
  const theirs = attains(sourceOf(c), y.gather(dim, index));
  const shared = g.div(mine.scatterAdd(dim, index, theirs).clamp({ min: 1 }));
  return p === 0
    ? shared.mul(mine)
    : bySource(shared.gather(dim, index).mul(theirs), c);
});

/**
 * The gradient of a product: the product of the others, which is that of all
 * but zeros, divided by the element, times another one that is zero, by which
 * the gradient is differentiated again.
 */
const product: Rule<ScatterOp> = saving([0, 1, 2], (g, c, p) => {
  const { dim } = c.op;
  const [x, index, src] = [c.operand(0), c.operand(1), sourceOf(c)];
  const [xZero, srcZero] = [x.eq(0), src.eq(0)];
  const zerosAt = xZero.cast("int32")
    .scatterAdd(dim, index, srcZero.cast("int32"));
  const one = (zero: Tensor, x: Tensor) => c.full([], 1).where(zero, x);
  const own = p === 0 ? one(xZero, x) : one(srcZero, src);
  const all = c.apply({ name: "scatterProd", dim }, [
    one(xZero, x),
    index,
    one(srcZero, src),
  ]);
  const at = (y: Tensor) => p === 0 ? y : y.gather(dim, index);
  const others = at(zerosAt).sub((p === 0 ? xZero : srcZero).cast("int32"));
  const zero = (isZero: Tensor, x: Tensor) => x.where(isZero, 0);
  const [xNull, srcNull] = [zero(xZero, x), zero(srcZero, src)];
  const otherZero = at(xNull.scatterAdd(dim, index, srcNull))
    .sub(p === 0 ? xNull : srcNull);
  const factor = otherZero.where(others.eq(1), others.eq(0).cast(g.dtype));
  const found = at(g.mul(all)).div(own).mul(factor);
  return p === 0 ? found : bySource(found, c);
});

type Lower = (
  op: ScatterOp,
  inputs: readonly Value[],
  run: Launcher,
) => Value | null;

/** Combines bools as integers: they are true where these are not 0. */
const throughIntegers = <L extends Lower>(lower: L): L =>
  ((op, inputs, run) => {
    const [x, ...others] = inputs as [Value, Value, Value];
    if (x.dtype !== "bool") return lower(op, inputs, run);
    const integers = copyOf(x, run, "int32");
    const found = lower(op, [integers, ...others], run);
    integers.release();
    if (found === null) return null;
    const out = copyOf(found, run, "bool");
    found.release();
    return out;
  }) as L;

function scatter(
  name: Name,
  gradient: Primitive<ScatterOp>["gradient"],
): Primitive<ScatterOp> {
  const combine = COMBINE[name];
  return {
    divisions: ({ dim }, inputs) => across(inputs, dim),
    infer({ dim }, [x, index, src]) {
      checkIndex(name, dim, x!.shape, index!);
      checkSource(name, x!, index!, src!);
      return [{ shape: x!.shape, dtype: x!.dtype }];
    },
    lower: throughIntegers(({ dim }, inputs, run) => {
      const [x, index, src] = inputs as [Value, Value, Value];
      const out = copyOf(x, run);
      if (index.view.size === 0) return out;
      const source = castOf(src, x.dtype, run);
      const views = [out.view, index.view, source.view];
      const { shape, strides } = alongDim(index.shape, dim, views);
      const bound = boundOf(x, dim);
      const values = [out, index, source];
      const done = run.routine(name, shape, 1, values, strides, { bound });
      source.release();
      if (done) return out;
      out.release();
      return null;
    }),
    /** Every place is compared with the index. */
    decompose: throughIntegers(({ dim }, inputs, run) => {
      const [x, index, src] = inputs as [Value, Value, Value];
      const { dtype } = x;
      const bound = boundOf(x, dim);
      refuseOutside(name, index, bound, run);
      const out = copyOf(x, run);
      const source = castOf(src, dtype, run);
      const rank = index.shape.length;
      const target = index.shape.map((n, d) => d === dim ? bound : n);
      const window = out.alias(
        new View(target, out.view.strides, out.view.offset),
      );
      const at = positions(bound, run);
      const loop = [...target, index.shape[dim] ?? 1];
      const results = reduceAlong(run, combined(combine, dtype), loop, [rank], [
        [index, behind(index.view.strides, dim)],
        [at, only(rank + 1, dim)],
        [source, behind(source.view.strides, dim)],
        [window, [...window.view.strides, 0]],
      ]);
      run.mapInto(castProgram(dtype, dtype), [window], [results]);
      for (const part of [at, results, window, source]) part.release();
      return out;
    }),
    gradient,
  };
}

/** Every primitive that combines where an index says. */
export const SCATTER: Family<ScatterOp> = {
  scatterAdd: scatter("scatterAdd", [
    pass,
    null,
    saving([1], (g, c) => bySource(g.gather(c.op.dim, c.operand(1)), c)),
  ]),
  scatterProd: scatter("scatterProd", [product, null, product]),
  scatterMax: scatter("scatterMax", [extreme, null, extreme]),
  scatterMin: scatter("scatterMin", [extreme, null, extreme]),
};
