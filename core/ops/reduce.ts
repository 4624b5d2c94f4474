/**
 * The reductions over dims: plain ones are one kernel each, logsumexp two.
 *
 * @module
 */
import {
  computeDType,
  type DType,
  DTYPES,
  floatOf,
  numberOf,
} from "../dtype.ts";
import { ShapeError, showShape } from "../errors.ts";
import {
  accumulator,
  arg,
  call,
  castExpr,
  constant,
  type Expr,
  scalar,
} from "../expr/expr.ts";
import type { Combine } from "../kernel.ts";
import type { Launcher } from "../lower/launcher.ts";
import { shaped } from "../lower/parts.ts";
import { memoize, ReduceProgram } from "../lower/program.ts";
import type { Meta } from "../op.ts";
import { type Shape, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Value } from "../value.ts";
import {
  formulaOf,
  free,
  type Gradient,
  mapOf,
  none,
  type RuleContext,
  saving,
  sumOf,
} from "./gradient.ts";
import type { Family, Primitive } from "./primitive.ts";

/**
 * What every reduction says: over which dims, and whether they stay.
 *
 * @example Over the last of two dims
 * ```ts
 * import type { ReduceDims } from "@tenfold/core/backend";
 *
 * const dims: ReduceDims = { dims: [1], keepDim: true };
 * ```
 */
export interface ReduceDims {
  /** The dims, sorted and not negative. */
  readonly dims: readonly number[];
  /** Whether reduced dims stay as extents of 1. */
  readonly keepDim: boolean;
}

/**
 * The reductions over dims (sorted, non-negative) to one value each.
 *
 * @example The sum of each row
 * ```ts
 * import type { ReduceOp } from "@tenfold/core/backend";
 *
 * const op: ReduceOp = { name: "sum", dims: [1], keepDim: false };
 * ```
 */
export interface ReduceOp extends ReduceDims {
  /** Marks the primitive. */
  readonly name: "sum" | "mean" | "prod" | "max" | "min" | "any" | "all";
}

/**
 * log(sum(exp(x))) over dims, computed stably.
 *
 * @example Over the classes
 * ```ts
 * import type { LogSumExpOp } from "@tenfold/core/backend";
 *
 * const op: LogSumExpOp = {
 *   name: "logsumexp",
 *   dims: [1],
 *   keepDim: false,
 * };
 * ```
 */
export interface LogSumExpOp extends ReduceDims {
  /** Marks the primitive. */
  readonly name: "logsumexp";
}

/** The shape that is left when `dims` are reduced. */
export function reducedShape(
  shape: Shape,
  dims: readonly number[],
  keepDim: boolean,
): Shape {
  const out: number[] = [];
  for (let d = 0; d < shape.length; d++) {
    if (!dims.includes(d)) out.push(shape[d]!);
    else if (keepDim) out.push(1);
  }
  return out;
}

/** Refuses dims with nothing in them, of which there is no extreme. */
export function refuseEmpty(
  name: string,
  shape: Shape,
  dims: readonly number[],
): void {
  if (dims.some((d) => shape[d] === 0)) {
    throw new ShapeError(
      `Cannot take the ${name} over no elements as it has no identity: got shape ${
        showShape(shape)
      }, dims ${showShape(dims)}`,
    );
  }
}

/** What is inferred for a reduction whose result has this dtype. */
export const inferReduced =
  (dtypeOf: (dtype: DType) => DType) =>
  ({ dims, keepDim }: ReduceDims, [x]: readonly Meta[]): readonly Meta[] => [{
    shape: reducedShape(x!.shape, dims, keepDim),
    dtype: dtypeOf(x!.dtype),
  }];

/** Elements that are reduced to one. */
export function countOf(shape: Shape, dims: readonly number[]): number {
  return dims.reduce((n, d) => n * shape[d]!, 1);
}

/** The reduction of one input, a program for each dtype. */
export const reducing = (
  element: (x: Expr) => Expr,
  combine: Combine,
  epilogue: (accumulated: Expr, dtype: DType) => Expr = (sum) => sum,
  scalars = 0,
): (dtype: DType) => ReduceProgram =>
  memoize((dtype) => {
    const value = element(arg(0, dtype));
    const result = epilogue(accumulator(value.dtype), dtype);
    return new ReduceProgram([dtype], value, combine, result, scalars);
  });

/** A float, as it is or of an integer. */
export const floatExpr = (x: Expr): Expr => castExpr(x, floatOf(x.dtype));
/** A float in the dtype in which those of its own are computed. */
export const computeExpr = (x: Expr): Expr =>
  castExpr(x, computeDType(floatOf(x.dtype)));
/** A number in the dtype in which those of its own are accumulated. */
const wide = (x: Expr): Expr =>
  castExpr(x, DTYPES[numberOf(x.dtype)].accumulator);
const wideFloat = (x: Expr): Expr =>
  castExpr(x, DTYPES[floatOf(x.dtype)].accumulator);
/** The result back in the dtype of numbers. */
const number = (sum: Expr, dtype: DType): Expr =>
  castExpr(sum, numberOf(dtype));
const truth = (x: Expr): Expr => castExpr(castExpr(x, "bool"), "int32");
const ZERO = constant(0, "int32");

const PROGRAMS: {
  readonly [N in ReduceOp["name"]]: (dtype: DType) => ReduceProgram;
} = {
  sum: reducing(wide, "sum", number),
  prod: reducing(wide, "prod", number),
  max: reducing(wide, "max", castExpr),
  min: reducing(wide, "min", castExpr),
  any: reducing(truth, "max", (top) => call("gt", top, ZERO)),
  all: reducing(truth, "min", (low) => call("ne", low, ZERO)),
  mean: reducing(
    wideFloat,
    "sum",
    (sum, dtype) =>
      castExpr(call("div", sum, scalar(0, sum.dtype)), floatOf(dtype)),
    1,
  ),
};

/** A reduction over dims, which are gone. */
export function reduceTo(
  name: ReduceOp["name"],
  x: Value,
  dims: readonly number[],
  run: Launcher,
): Value {
  const scalars = name === "mean" ? [countOf(x.shape, dims)] : [];
  return run.reduce(PROGRAMS[name](x.dtype), x.shape, dims, [x], scalars);
}

/** A reduction over dims, which stay as extents of 1. */
export function reduceKept(
  name: ReduceOp["name"],
  x: Value,
  dims: readonly number[],
  run: Launcher,
): Value {
  return shaped(
    reduceTo(name, x, dims, run),
    reducedShape(x.shape, dims, true),
  );
}

/** Whether x is the extreme y; NaN is, where there is one. */
const attains = (x: Expr, y: Expr): Expr =>
  call("or", call("eq", x, y), call("isNan", x));

/**
 * Inputs x, its extreme and the position: the first position that attains it;
 * positions below 0 do not count.
 */
export const firstAttaining: (dtype: DType) => ReduceProgram = memoize(
  (dtype) => {
    const at = arg(2, "int32");
    const counts = call(
      "and",
      call("ge", at, ZERO),
      attains(arg(0, dtype), arg(1, dtype)),
    );
    return new ReduceProgram(
      [dtype, dtype, "int32"],
      call("select", counts, at, constant(DTYPES.int32.highest, "int32")),
      "min",
      accumulator("int32"),
      0,
    );
  },
);

/** A reduction by one kernel. */
const plain = (
  dtypeOf: (dtype: DType) => DType,
  gradient: Gradient<ReduceOp>,
): Primitive<ReduceOp> => ({
  infer: inferReduced(dtypeOf),
  lower: ({ name, dims }, [x], run, [result]) =>
    shaped(reduceTo(name, x!, dims, run), result!.shape),
  gradient,
});

/** Inputs x and its largest element m: `log(sum(exp(x - m))) + m`. */
const logSumExp = memoize((dtype: DType) => {
  const top = computeExpr(arg(1, dtype));
  // Infinite tops would give NaN differences.
  const shift = call(
    "select",
    call("isFinite", top),
    top,
    constant(0, top.dtype),
  );
  return new ReduceProgram(
    [dtype, dtype],
    call("exp", call("sub", computeExpr(arg(0, dtype)), shift)),
    "sum",
    castExpr(
      call("add", call("log", accumulator(top.dtype)), shift),
      floatOf(dtype),
    ),
    0,
  );
});

/** A reduced gradient, or result, under the shape that broadcasts to the input. */
export const kept = (t: Tensor, c: RuleContext<ReduceDims>): Tensor => {
  const { shape } = c.input(0);
  return t.reshape(
    shape.map((extent, d) => c.op.dims.includes(d) ? 1 : extent),
  );
};

/**
 * The product of all other elements along the last dim, for each element:
 * products of the prefix before it and the suffix behind it, each by doubling.
 * Exact with zeros and differentiable to any order.
 */
function exclusiveProducts(x: Tensor): Tensor {
  const length = x.shape[x.ndim - 1]!;
  const moved = (t: Tensor, by: number): Tensor =>
    by > 0
      ? t.narrow(-1, 0, length - by).pad([by, 0], { value: 1 })
      : t.narrow(-1, -by, length + by).pad([0, -by], { value: 1 });
  let before = moved(x, 1);
  let behind = moved(x, -1);
  for (let by = 1; by < length; by *= 2) {
    before = before.mul(moved(before, by));
    behind = behind.mul(moved(behind, -by));
  }
  return before.mul(behind);
}

const prodGradient: Gradient<ReduceOp> = [
  saving([0], (g, c) => {
    const x = c.operand(0);
    const { dims } = c.op;
    if (dims.length === 0 || x.size === 0) return kept(g, c).expand(x.shape);
    const rest = x.shape.map((_, d) => d).filter((d) => !dims.includes(d));
    const order = [...rest, ...dims];
    const moved = x.permute(order);
    const others = exclusiveProducts(
      moved.reshape([...rest.map((d) => x.shape[d]!), countOf(x.shape, dims)]),
    );
    const back = order.map((_, d) => order.indexOf(d));
    return others.reshape(moved.shape).permute(back).mul(kept(g, c));
  }),
];

/** Operands x, y: 1 where x attains the extreme y. */
const attained = formulaOf(
  "max",
  2,
  (x, y) => castExpr(attains(x!, y!), x!.dtype),
);
/** Operands x, y, g and how many attain y. */
const share = formulaOf("max", 4, (x, y, g, count) =>
  call(
    "select",
    attains(x!, y!),
    call("div", g!, count!),
    constant(0, g!.dtype),
  ));

/** An extreme: its gradient is spread evenly over what attains it. */
const extreme: Primitive<ReduceOp> = {
  ...plain((dtype) => dtype, [
    saving([0, "output"], (g, c) => {
      const [x, y] = [c.operand(0), kept(c.output(), c)];
      const count = sumOf(c, attained(g.dtype), c.op.dims, [x, y]);
      return mapOf(c, share(g.dtype), [x, y, kept(g, c), count]);
    }),
  ]),
  infer(op, [x]) {
    refuseEmpty(op.name, x!.shape, op.dims);
    return inferReduced((dtype) => dtype)(op, [x!]);
  },
};

/** Every reduction but those of squares. */
export const REDUCE: Family<ReduceOp | LogSumExpOp> = {
  sum: plain(numberOf, [
    free((g, c) => kept(g, c).expand(c.input(0).shape)),
  ]),
  mean: plain(floatOf, [
    free((g, c) => {
      const { shape } = c.input(0);
      return kept(g, c).div(sizeOf(c.op.dims.map((d) => shape[d]!)))
        .expand(shape);
    }),
  ]),
  prod: plain(numberOf, prodGradient),
  max: extreme,
  min: extreme,
  any: plain(() => "bool", none),
  all: plain(() => "bool", none),
  logsumexp: {
    infer: inferReduced(floatOf),
    lower({ dims }, [x], run, [result]) {
      const top = reduceKept("max", x!, dims, run);
      const program = logSumExp(x!.dtype);
      const out = run.reduce(program, x!.shape, dims, [x!, top]);
      top.release();
      return shaped(out, result!.shape);
    },
    gradient: [
      saving(
        [0, "output"],
        (g, c) => c.operand(0).sub(kept(c.output(), c)).exp().mul(kept(g, c)),
      ),
    ],
  },
};
