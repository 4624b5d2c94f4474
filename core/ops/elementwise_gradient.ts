/**
 * The gradients of elementwise primitives: derived from their expressions, but
 * where a row says otherwise. Each is one kernel, over the operands that it
 * reads, the output where the expression itself appears in it, and the gradient
 * of the output.
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
import type { DType } from "../dtype.ts";
import { arg, castExpr, type Expr, scalar } from "../expr/expr.ts";
import { DTYPE_PART, type Key, withPart } from "../key.ts";
import { sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { ElementwiseOp } from "./elementwise.ts";
import {
  type Elementwise,
  elementwiseExpr,
  NUMBER,
  OPERANDS,
} from "./elementwise_kernel.ts";
import type { Rule, RuleContext } from "./gradient.ts";

type ElementwiseRule = Rule<ElementwiseOp>;

/** Finds the rule of operand `p`. */
export type FindRule = (op: ElementwiseOp, p: number) => ElementwiseRule | null;

/**
 * The gradient by one operand from that of the output, the operands and the
 * output, all of one dtype; null where there is none.
 */
export type Write = (
  g: Expr,
  operands: readonly Expr[],
  y: Expr,
) => Expr | null;

/** What the inputs of a gradient are, before those that it does not read go. */
function write(
  facts: Elementwise,
  p: number,
  own: Write | undefined,
  operands: readonly (DType | null)[],
  dtype: DType,
): Expr | null {
  let scalars = 0;
  const exprs = operands.map((operand, i) =>
    operand === null
      ? scalar(scalars++, i === 0 && facts.rule === "select" ? "bool" : dtype)
      : arg(i, operand)
  );
  const y = arg(operands.length, dtype);
  const g = arg(operands.length + 1, dtype);
  if (own) return own(g, exprs.map((expr) => castExpr(expr, dtype)), y);
  const value = elementwiseExpr(facts, exprs, {
    compute: dtype,
    result: dtype,
  });
  const found = differentiate(value, p, g);
  return found && substitute(found, (node) => node === value ? y : null);
}

/** A rule for operand `p`, with a formula for each combination of dtypes. */
function ruleFrom(
  facts: Elementwise,
  p: number,
  own: Write | undefined,
): ElementwiseRule | null {
  const { arity } = facts;
  const output = arity;
  // Which operands it reads does not depend on their dtypes.
  const floats = new Array<DType>(arity).fill("float32");
  const example = write(facts, p, own, floats, "float32");
  if (!example) return null;
  const known = new Map<Key, GradientFormula>();
  const formulaOf = (
    g: Tensor,
    c: RuleContext<ElementwiseOp>,
  ): GradientFormula => {
    const { operands } = c.op;
    let key: Key = DTYPE_PART[g.dtype];
    for (let i = 0; i < arity; i++) {
      const part = typeof operands?.[i] === "number"
        ? NUMBER
        : DTYPE_PART[c.input(i).dtype];
      key = withPart(key, part, OPERANDS);
    }
    let formula = known.get(key);
    if (formula === undefined) {
      const dtypes = floats.map((_, i) =>
        typeof operands?.[i] === "number" ? null : c.input(i).dtype
      );
      formula = overInputs(
        `the gradient of ${c.op.name}`,
        write(facts, p, own, dtypes, g.dtype)!,
        dtypes.filter((dtype) => dtype === null).length,
        output + 1,
        g.dtype,
      );
      known.set(key, formula);
    }
    return formula;
  };
  return {
    saves: overInputs("", example, 0, output + 1, "float32").uses.slice(0, -1)
      .map((i) => i === output ? "output" : i),
    grad: (g, c) => {
      const { formula, uses } = formulaOf(g, c);
      const inputs = uses.map((i) =>
        i < output ? c.operand(i) : i === output ? c.output() : g
      );
      const scalars = formula.scalars === 0
        ? NO_SCALARS
        : c.op.operands!.filter((operand) => operand !== null);
      const { shape } = c.input(p);
      if (sameShape(shape, g.shape)) {
        return c.apply({ name: "map", formula, scalars }, inputs);
      }
      return c.apply({
        name: "mapSum",
        formula,
        scalars,
        dims: broadcastDims(g.shape, shape),
        keepDim: false,
        divisor: 1,
      }, inputs).reshape(shape);
    },
  };
}

const NO_SCALARS: readonly number[] = [];

/** Rules that are made once for each operand. */
const rules = (facts: Elementwise, writes: readonly Write[]): FindRule => {
  const known: (ElementwiseRule | null)[] = [];
  return (_, p) =>
    known[p] === undefined
      ? known[p] = ruleFrom(facts, p, writes[p])
      : known[p];
};

/** The derivative of the expression. */
export const derived = (facts: Elementwise): FindRule => rules(facts, []);

/** One expression for each operand. */
export const written = (...writes: Write[]) => (facts: Elementwise): FindRule =>
  rules(facts, writes);
