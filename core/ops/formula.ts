/**
 * Formulas: several elementwise steps as one kernel, or the sum of what they
 * give. Their gradients are formulas again, derived once for each input and
 * kept, so that they differentiate again.
 *
 * @module
 */
import { differentiate } from "../expr/differentiate.ts";
import {
  broadcastDims,
  type GradientFormula,
  overInputs,
  substitute,
} from "../autograd/gradient_formula.ts";
import { checkDType, type DType, isFloating } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import {
  accumulator,
  arg,
  call,
  castExpr,
  type Expr,
  scalar,
  usesIndex,
} from "../expr/expr.ts";
import { shaped } from "../lower/parts.ts";
import { MapProgram, ReduceProgram } from "../lower/program.ts";
import type { Meta } from "../op.ts";
import { broadcastShapes, sameShape, type Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Rule, RuleContext } from "./gradient.ts";
import type { Family } from "./primitive.ts";
import { reducedShape } from "./reduce.ts";

/**
 * A formula over all inputs, which broadcast to the shape of the result. The
 * way to run several elementwise steps as one kernel.
 *
 * @example Twice each element
 * ```ts
 * import { expr } from "@tenfold/tenfold";
 * import { arg, type MapOp } from "@tenfold/core/backend";
 *
 * const op: MapOp = {
 *   name: "map",
 *   formula: {
 *     label: "double",
 *     inputs: ["float32"],
 *     scalars: 0,
 *     expr: expr.mul(arg(0, "float32"), 2),
 *   },
 *   scalars: [],
 * };
 * ```
 */
export interface MapOp {
  /** Marks the primitive. */
  readonly name: "map";
  /** What is computed for each element. */
  readonly formula: Formula;
  /** The run-time scalars. */
  readonly scalars: readonly number[];
}

/**
 * The sum over dims of what a map would give, divided by `divisor`, as one
 * kernel. The formula may not use positions.
 *
 * @example The sum of the squares
 * ```ts
 * import { expr } from "@tenfold/tenfold";
 * import { arg, type MapSumOp } from "@tenfold/core/backend";
 *
 * const op: MapSumOp = {
 *   name: "mapSum",
 *   formula: {
 *     label: "square",
 *     inputs: ["float32"],
 *     scalars: 0,
 *     expr: expr.mul(arg(0, "float32"), arg(0, "float32")),
 *   },
 *   scalars: [],
 *   dims: [0],
 *   keepDim: false,
 *   divisor: 1,
 * };
 * ```
 */
export interface MapSumOp {
  /** Marks the primitive. */
  readonly name: "mapSum";
  /** What is computed for each element. */
  readonly formula: Formula;
  /** The run-time scalars. */
  readonly scalars: readonly number[];
  /** The dims, sorted and not negative. */
  readonly dims: readonly number[];
  /** Whether reduced dims stay as extents of 1. */
  readonly keepDim: boolean;
  /** What the sum is divided by. */
  readonly divisor: number;
}

/**
 * One element of a result, made once and used for every call.
 *
 * @example The product of two tensors
 * ```ts
 * import { expr } from "@tenfold/tenfold";
 * import { arg, type Formula } from "@tenfold/core/backend";
 *
 * const formula: Formula = {
 *   label: "product",
 *   inputs: ["float32", "float32"],
 *   scalars: 0,
 *   expr: expr.mul(arg(0, "float32"), arg(1, "float32")),
 * };
 * ```
 */
export interface Formula {
  /** Name used in error messages. */
  readonly label: string;
  /** The dtype of every input. */
  readonly inputs: readonly DType[];
  /** Number of run-time scalars. */
  readonly scalars: number;
  /** The value; positions count along the dims of the result. */
  readonly expr: Expr;
  /**
   * The gradient by each input, or null where it has none, in terms of the
   * inputs and, as the one behind them, the gradient of the value. Left out:
   * derived from the value.
   */
  readonly gradients?: readonly (Expr | null)[];
}

/**
 * A result, and the shape over which the formula runs.
 *
 * @example A sum over rows
 * ```ts
 * import type { FormulaMeta } from "@tenfold/core/internal";
 *
 * const meta: FormulaMeta = { shape: [2], dtype: "float32", loop: [2, 3] };
 * ```
 */
export interface FormulaMeta extends Meta {
  /** What all inputs broadcast to. */
  readonly loop: Shape;
}

/** The shape over which a formula runs; checks the dtypes of its inputs. */
export function inferFormula(
  { label, inputs: dtypes }: Formula,
  inputs: readonly Meta[],
): Shape {
  let shape: Shape = inputs.length > 0 ? inputs[0]!.shape : [];
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i]!;
    if (input.dtype !== dtypes[i]) {
      throw new DTypeError(
        `Cannot compute ${label} as the dtype of input ${i} differs: got ${input.dtype}, expected ${
          dtypes[i]
        }`,
      );
    }
    if (i > 0) shape = broadcastShapes(shape, input.shape, label);
  }
  return shape;
}

/** Formulas that were found fit to be summed: each is looked at once. */
const summable = new WeakSet<Formula>();

function checkSummable(formula: Formula): void {
  if (summable.has(formula)) return;
  checkDType(formula.expr.dtype, `sum ${formula.label}`);
  if (!isFloating(formula.expr.dtype) || usesIndex([formula.expr])) {
    throw new DTypeError(
      `Cannot sum ${formula.label} as its values must be floats that do not depend on positions: got ${formula.expr.dtype}`,
    );
  }
  summable.add(formula);
}

/** What has been made of one formula so far. */
interface Programs {
  map?: MapProgram;
  sum?: ReduceProgram;
  mean?: ReduceProgram;
}

const programs = new WeakMap<Formula, Programs>();

function programsOf(formula: Formula): Programs {
  let known = programs.get(formula);
  if (known === undefined) programs.set(formula, known = {});
  return known;
}

/** The sum of a formula; the divisor, if any, is the last scalar. */
function summed(
  { inputs, expr, scalars }: Formula,
  divides: boolean,
): ReduceProgram {
  const sum = accumulator(expr.dtype);
  return new ReduceProgram(
    inputs,
    expr,
    "sum",
    divides ? call("div", sum, scalar(scalars, expr.dtype)) : sum,
    divides ? scalars + 1 : scalars,
  );
}

/** The gradient by input `p`; `g` is the input behind the last. */
function gradientExpr(
  { expr, inputs, scalars, gradients }: Formula,
  p: number,
  divides: boolean,
): Expr | null {
  const last = inputs.length;
  const g = arg(last, expr.dtype);
  const scaled = divides ? call("div", g, scalar(scalars, expr.dtype)) : g;
  if (!gradients) return differentiate(expr, p, scaled);
  const own = gradients[p] ?? null;
  if (!own || !divides) return own;
  return substitute(
    own,
    (node) => node.kind === "arg" && node.index === last ? scaled : null,
  );
}

function gradientOf(
  formula: Formula,
  p: number,
  divides: boolean,
): GradientFormula | null {
  const dtype = formula.inputs[p]!;
  if (!isFloating(dtype) || !isFloating(formula.expr.dtype)) return null;
  const found = gradientExpr(formula, p, divides);
  return found && overInputs(
    `the gradient of ${formula.label}`,
    castExpr(found, dtype),
    formula.scalars + (divides ? 1 : 0),
    formula.inputs.length,
    formula.expr.dtype,
  );
}

const NO_GRADIENT: Rule<MapOp | MapSumOp> = { saves: [], grad: () => null };

const known = new WeakMap<Formula, Map<number, Rule<MapOp | MapSumOp>>>();

/** The rule for input `p` of a map or the sum of one. */
function ruleOf(
  op: MapOp | MapSumOp,
  p: number,
): Rule<MapOp | MapSumOp> {
  const divides = op.name === "mapSum" && op.divisor !== 1;
  const key = p * 2 + (divides ? 1 : 0);
  let rules = known.get(op.formula);
  if (rules === undefined) known.set(op.formula, rules = new Map());
  let rule = rules.get(key);
  if (rule === undefined) {
    const gradient = gradientOf(op.formula, p, divides);
    rule = gradient
      ? {
        saves: gradient.uses.slice(0, -1),
        grad: (g, c) => apply(gradient, g, c, p),
      }
      : NO_GRADIENT;
    rules.set(key, rule);
  }
  return rule;
}

/** Runs a gradient over the shape of the loop, summed where `p` broadcast. */
function apply(
  { formula, uses }: GradientFormula,
  g: Tensor,
  c: RuleContext<MapOp | MapSumOp>,
  p: number,
): Tensor {
  const { op } = c;
  const loop = loopOf(op, c);
  const inputs = uses.slice(0, -1).map((i) => c.operand(i));
  let spread = g;
  if (op.name === "mapSum" && !op.keepDim && g.ndim > 0) {
    spread = g.reshape(
      loop.map((extent, d) => op.dims.includes(d) ? 1 : extent),
    );
  }
  const covered = inputs.reduce<Shape>(
    (shape, input) => broadcastShapes(shape, input.shape, formula.label),
    spread.shape,
  );
  if (!sameShape(covered, loop)) spread = spread.expand(loop);
  inputs.push(spread);
  const scalars = op.name === "mapSum" && op.divisor !== 1
    ? [...op.scalars, op.divisor]
    : op.scalars;
  const { shape } = c.input(p);
  if (usesIndex([formula.expr]) || sameShape(shape, loop)) {
    return c.apply({ name: "map", formula, scalars }, inputs);
  }
  return c.apply({
    name: "mapSum",
    formula,
    scalars,
    dims: broadcastDims(loop, shape),
    keepDim: false,
    divisor: 1,
  }, inputs).reshape(shape);
}

/** The shape over which the op ran. */
function loopOf(
  { formula }: MapOp | MapSumOp,
  c: RuleContext<MapOp | MapSumOp>,
): Shape {
  let shape: Shape = c.input(0).shape;
  for (let i = 1; i < formula.inputs.length; i++) {
    shape = broadcastShapes(shape, c.input(i).shape, formula.label);
  }
  return shape;
}

/** Every primitive that runs a formula. */
export const FORMULA: Family<MapOp | MapSumOp, FormulaMeta> = {
  map: {
    infer({ formula }, inputs) {
      const shape = inferFormula(formula, inputs);
      return [{ shape, dtype: formula.expr.dtype, loop: shape }];
    },
    lower({ formula, scalars }, inputs, run, [result]) {
      const program = programsOf(formula).map ??= new MapProgram(
        formula.inputs,
        [formula.expr],
        formula.scalars,
      );
      return run.map(program, result!.loop, inputs, scalars);
    },
    gradient: ruleOf,
  },
  mapSum: {
    infer({ formula, dims, keepDim }, inputs) {
      const loop = inferFormula(formula, inputs);
      checkSummable(formula);
      const shape = reducedShape(loop, dims, keepDim);
      return [{ shape, dtype: formula.expr.dtype, loop }];
    },
    lower({ formula, scalars, dims, divisor }, inputs, run, [result]) {
      const known = programsOf(formula);
      const divides = divisor !== 1;
      const program = divides
        ? known.mean ??= summed(formula, true)
        : known.sum ??= summed(formula, false);
      const numbers = divides ? [...scalars, divisor] : scalars;
      const sum = run.reduce(program, result!.loop, dims, inputs, numbers);
      return shaped(sum, result!.shape);
    },
    gradient: ruleOf,
  },
};
