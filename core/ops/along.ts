/**
 * Operations along one dim: those that replace each line, and the positions of
 * extremes.
 *
 * @module
 */
import { type DType, floatOf, numberOf } from "../dtype.ts";
import { call } from "../expr/expr.ts";
import { alongDim } from "../lower/geometry.ts";
import type { Launcher } from "../lower/launcher.ts";
import {
  castOf,
  castProgram,
  copyOf,
  only,
  positions,
  programOf,
  reduceAlong,
  shaped,
} from "../lower/parts.ts";
import type { Tensor } from "../tensor.ts";
import type { Value } from "../value.ts";
import { View } from "../view.ts";
import {
  formulaOf,
  free,
  type Gradient,
  mapOf,
  none,
  saving,
  sumOf,
} from "./gradient.ts";
import { across } from "./in_single.ts";
import type { Family, Primitive } from "./primitive.ts";
import {
  firstAttaining,
  reducedShape,
  reduceKept,
  refuseEmpty,
} from "./reduce.ts";

/**
 * Operations along one dim that keep the shape.
 *
 * @example Softmax over the second dim
 * ```ts
 * import type { AlongOp } from "@tenfold/core/backend";
 *
 * const op: AlongOp = { name: "softmax", dim: 1 };
 * ```
 */
export interface AlongOp {
  /** Marks the primitive. */
  readonly name: "softmax" | "logSoftmax" | "cumsum" | "cumprod";
  /** The dim, not negative. */
  readonly dim: number;
}

/**
 * The position of the first largest or smallest element along a dim.
 *
 * @example The largest of each row
 * ```ts
 * import type { ArgOp } from "@tenfold/core/backend";
 *
 * const op: ArgOp = { name: "argmax", dim: 1, keepDim: false };
 * ```
 */
export interface ArgOp {
  /** Marks the primitive. */
  readonly name: "argmax" | "argmin";
  /** The dim, not negative. */
  readonly dim: number;
  /** Whether reduced dims stay as extents of 1. */
  readonly keepDim: boolean;
}

/**
 * A primitive that replaces each line along a dim, by the routine of its name.
 *
 * @param dtypeOf The dtype of the result, to which the input is cast before.
 * @param decompose The same out of maps and reductions.
 */
function along(
  dtypeOf: (dtype: DType) => DType,
  decompose: (x: Value, dim: number, run: Launcher) => Value,
  gradient: Gradient<AlongOp>,
): Primitive<AlongOp> {
  return {
    divisions: ({ dim }, inputs) => across(inputs, dim),
    infer: (_, [x]) => [{ shape: x!.shape, dtype: dtypeOf(x!.dtype) }],
    lower({ name, dim }, [x], run, [result]) {
      const input = castOf(x!, result!.dtype, run);
      const out = run.allocate(result!.shape, result!.dtype);
      const { shape, strides } = alongDim(x!.shape, dim, [
        out.view,
        input.view,
      ]);
      const done = out.view.size === 0 ||
        run.routine(name, shape, 1, [out, input], strides, {});
      input.release();
      if (done) return out;
      out.release();
      return null;
    },
    decompose({ dim }, [x], run, [result]) {
      const input = castOf(x!, result!.dtype, run);
      const out = decompose(input, dim, run);
      input.release();
      return out;
    },
    gradient,
  };
}

/** Inputs x and its largest element. */
const shifted = programOf(2, (x, top) => call("sub", x!, top!));
const powers = programOf(1, (x) => call("exp", x!));
const quotient = programOf(2, (power, sum) => call("div", power!, sum!));
const logQuotient = programOf(
  2,
  (x, sum) => call("sub", x!, call("log", sum!)),
);

/** Softmax out of maps and reductions, or its logarithm. */
const softmaxByParts =
  (logarithm: boolean) => (x: Value, dim: number, run: Launcher): Value => {
    const { shape, dtype } = x;
    const dims = shape.length === 0 ? [] : [dim];
    const top = reduceKept("max", x, dims, run);
    const below = run.map(shifted(dtype), shape, [x, top]);
    const power = run.map(powers(dtype), shape, [below]);
    const sum = reduceKept("sum", power, dims, run);
    const out = logarithm
      ? run.map(logQuotient(dtype), shape, [below, sum])
      : run.map(quotient(dtype), shape, [power, sum]);
    for (const part of [top, below, power, sum]) part.release();
    return out;
  };

/**
 * A running sum or product: each step takes in as many elements again as the
 * one before it.
 */
const running = (combine: "add" | "mul") => {
  const together = programOf(2, (a, b) => call(combine, a!, b!));
  return (x: Value, dim: number, run: Launcher): Value => {
    const { shape, dtype } = x;
    const length = shape[dim] ?? 1;
    const part = (value: Value, start: number, length: number): Value =>
      value.alias(value.view.slice(dim, start, length, 1));
    let known = copyOf(x, run);
    for (let by = 1; by < length; by *= 2) {
      const next = run.allocate(shape, dtype);
      const [head, tail] = [part(next, 0, by), part(next, by, length - by)];
      const first = part(known, 0, by);
      const here = part(known, by, length - by);
      const before = part(known, 0, length - by);
      run.mapInto(castProgram(dtype, dtype), [head], [first]);
      run.mapInto(together(dtype), [tail], [before, here]);
      for (const value of [head, tail, first, here, before, known]) {
        value.release();
      }
      known = next;
    }
    return known;
  };
};

/** The position of an extreme, by the routine of its name. */
const position = (extreme: "max" | "min"): Primitive<ArgOp> => ({
  // In front of the dim, dims of the result are those of the input.
  divisions: ({ dim, keepDim }, inputs) =>
    across(inputs, dim).filter((division) =>
      keepDim || division.results as number < dim
    ),
  infer({ name, dim, keepDim }, [x]) {
    refuseEmpty(name, x!.shape, [dim]);
    return [{ shape: reducedShape(x!.shape, [dim], keepDim), dtype: "int32" }];
  },
  lower({ name, dim }, [x], run, [result]) {
    const found = run.allocate(reducedShape(x!.shape, [dim], true), "int32");
    if (found.view.size > 0) {
      // The result does not move along the dim.
      const strides = found.view.strides.map((s, d) => d === dim ? 0 : s);
      const kept = new View(x!.shape, strides, 0);
      const loop = alongDim(x!.shape, dim, [kept, x!.view]);
      if (!run.routine(name, loop.shape, 1, [found, x!], loop.strides, {})) {
        found.release();
        return null;
      }
    }
    return shaped(found, result!.shape);
  },
  decompose({ dim }, [x], run, [result]) {
    const { shape, dtype, view } = x!;
    if (shape.length === 0) return shaped(positions(1, run), shape);
    const top = reduceKept(extreme, x!, [dim], run);
    const at = positions(shape[dim]!, run);
    const found = reduceAlong(run, firstAttaining(dtype), shape, [dim], [
      [x!, view.strides],
      [top, top.view.strides.map((s, d) => d === dim ? 0 : s)],
      [at, only(shape.length, dim)],
    ]);
    top.release();
    at.release();
    return shaped(found, result!.shape);
  },
  gradient: none,
});

/** Operands g, y. */
const product = formulaOf("softmax", 2, (g, y) => call("mul", g!, y!));
/** Operands g, y and the sum of their product. */
const softmaxGradient = formulaOf(
  "softmax",
  3,
  (g, y, sum) => call("mul", y!, call("sub", g!, sum!)),
);
/** Operands g, y and the sum of g. */
const logSoftmaxGradient = formulaOf(
  "logSoftmax",
  3,
  (g, y, sum) => call("sub", g!, call("mul", call("exp", y!), sum!)),
);

/**
 * The gradient of a running product, without a division, so that zeros do no
 * harm: what stands before element k, y[k - 1], times what stands behind it,
 * r[k] = g[k] + x[k + 1] r[k + 1]. Each step takes in as many elements again as
 * the one before it.
 */
const cumprodGradient = saving<AlongOp>([0, "output"], (g, c) => {
  const { dim } = c.op;
  const length = g.shape[dim] ?? 0;
  if (length < 2) return g;
  const padded = (x: Tensor, before: number, after: number, value = 0) => {
    const amounts = new Array<number>(2 * (g.ndim - dim)).fill(0);
    amounts.splice(-2, 2, before, after);
    return x.pad(amounts, { value });
  };
  let behind = g;
  let factors = c.operand(0).narrow(dim, 1, length - 1);
  for (let by = 1; by < length; by *= 2) {
    const rest = length - by;
    const further = factors.mul(behind.narrow(dim, by, rest));
    behind = behind.add(padded(further, 0, by));
    if (rest <= by) break;
    factors = factors.narrow(dim, 0, rest - by)
      .mul(factors.narrow(dim, by, rest - by));
  }
  return padded(c.output().narrow(dim, 0, length - 1), 1, 0, 1).mul(behind);
});

/** Every primitive along a dim. */
export const ALONG: Family<AlongOp | ArgOp> = {
  softmax: along(floatOf, softmaxByParts(false), [
    saving(["output"], (g, c) => {
      const y = c.output();
      const dims = g.ndim > 0 ? [c.op.dim] : [];
      const sum = sumOf(c, product(g.dtype), dims, [g, y]);
      return mapOf(c, softmaxGradient(g.dtype), [g, y, sum]);
    }),
  ]),
  logSoftmax: along(floatOf, softmaxByParts(true), [
    saving(["output"], (g, c) => {
      const sum = g.sum(c.op.dim, { keepDim: true });
      return mapOf(c, logSoftmaxGradient(g.dtype), [g, c.output(), sum]);
    }),
  ]),
  cumsum: along(numberOf, running("add"), [
    free((g, c) => g.flip(c.op.dim).cumsum(c.op.dim).flip(c.op.dim)),
  ]),
  cumprod: along(numberOf, running("mul"), [cumprodGradient]),
  argmax: position("max"),
  argmin: position("min"),
};
