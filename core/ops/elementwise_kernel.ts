/**
 * What an elementwise primitive is made of: from its expression, its rule for
 * dtypes and its gradient to inference, one map kernel, and gradient rules.
 *
 * @module
 */
import {
  type DType,
  dtypeOfNumber,
  floatOf,
  numberOf,
  promote,
} from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import { arg, castExpr, type Expr, scalar } from "../expr/expr.ts";
import { DTYPE_COUNT, DTYPE_PART, type Key, withPart } from "../key.ts";
import { MapProgram } from "../lower/program.ts";
import type { Meta } from "../op.ts";
import { broadcastShapes, type Shape } from "../shape.ts";
import type { Value } from "../value.ts";
import type { ElementwiseOp } from "./elementwise.ts";
import type { Composed } from "./primitive.ts";

/**
 * How dtypes mix:
 *
 * - `promote`: operands to their common dtype, which the result keeps
 * - `float`: the same, but integers and bools become float32
 * - `compare`: operands to their common dtype, the result is bool
 * - `logic`: operands to bool (`!= 0`), the result is bool
 * - `select`: the first operand to bool, the others to their common dtype
 *
 * @example As comparisons mix dtypes
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type DTypeRule, ELEMENTWISE } from "@tenfold/core/backend";
 *
 * const rule: DTypeRule = ELEMENTWISE.lt.rule;
 * assertEquals(rule, "compare");
 * ```
 */
export type DTypeRule = "promote" | "float" | "compare" | "logic" | "select";

/**
 * One elementwise primitive.
 *
 * @example The facts of a primitive
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ELEMENTWISE, type Elementwise } from "@tenfold/core/backend";
 *
 * const facts: Elementwise = ELEMENTWISE.add;
 * assertEquals(facts.arity, 2);
 * ```
 */
export interface Elementwise {
  /** Number of operands; each may be a tensor or a number. */
  readonly arity: number;
  /** How the dtypes of the operands mix. */
  readonly rule: DTypeRule;
  /**
   * What becomes of operands that are all bool under `promote`: the result is
   * bool again (computed as integers, then `!= 0`), int32, or refused.
   */
  readonly bools: "bool" | "int32" | "refuse";
  /** The value, over operands of one dtype. */
  readonly expr: (...operands: Expr[]) => Expr;
}

/** The dtypes that operands are brought to, and that of the result. */
export interface Resolved {
  /** Each operand is cast to this before the expression. */
  readonly compute: DType;
  /** The dtype of the result. */
  readonly result: DType;
}

/**
 * Applies a row's rule to the common dtype of its operands; null where the
 * primitive refuses them.
 */
export function resolveDType(
  facts: Elementwise,
  common: DType,
): Resolved | null {
  switch (facts.rule) {
    case "float": {
      const dtype = floatOf(common);
      return { compute: dtype, result: dtype };
    }
    case "compare":
      return { compute: numberOf(common), result: "bool" };
    case "logic":
      return { compute: "bool", result: "bool" };
    case "select":
      return { compute: common, result: common };
    case "promote":
      if (common !== "bool") return { compute: common, result: common };
      if (facts.bools === "refuse") return null;
      return { compute: "int32", result: facts.bools };
  }
}

/** The whole expression of a primitive, casts included. */
export function elementwiseExpr(
  { rule, expr }: Elementwise,
  operands: readonly Expr[],
  { compute, result }: Resolved,
): Expr {
  const cast = operands.map((operand, i) =>
    castExpr(operand, rule === "select" && i === 0 ? "bool" : compute)
  );
  return castExpr(expr(...cast), result);
}

/**
 * A result, and the dtype in which it is computed.
 *
 * @example A quotient of integers
 * ```ts
 * import type { ElementwiseMeta } from "@tenfold/core/internal";
 *
 * const meta: ElementwiseMeta = {
 *   shape: [2],
 *   dtype: "float32",
 *   compute: "float32",
 * };
 * ```
 */
export interface ElementwiseMeta extends Meta {
  /** What the operands are cast to. */
  readonly compute: DType;
}

/** Shape and dtypes of a primitive over tensors and numbers. */
function infer(
  facts: Elementwise,
  { name, operands }: ElementwiseOp,
  inputs: readonly Meta[],
): ElementwiseMeta {
  const { arity, rule } = facts;
  let shape: Shape = inputs[0]!.shape;
  for (let i = 1; i < inputs.length; i++) {
    shape = broadcastShapes(shape, inputs[i]!.shape, name);
  }
  let common: DType | null = null;
  let next = 0;
  for (let i = 0; i < arity; i++) {
    if (operands && operands[i] !== null) continue;
    const { dtype } = inputs[next++]!;
    if (i === 0 && rule === "select") continue;
    common = common === null ? dtype : promote(common, dtype);
  }
  if (operands) {
    // Numbers take the tensors' dtype, or the smallest that holds them.
    const base = common ?? "float32";
    for (let i = 0; i < arity; i++) {
      const value = operands[i];
      if (value === null || value === undefined) continue;
      if (i === 0 && rule === "select") continue;
      common = promote(common ?? base, dtypeOfNumber(value, base));
    }
  }
  const resolved = resolveDType(facts, common!);
  if (resolved === null) {
    throw new DTypeError(
      `Cannot ${name} bool tensors: cast one to int32 or use logicalXor or logicalNot`,
    );
  }
  // Each by its name: to spread an object takes a sixth of a small operation.
  return { shape, dtype: resolved.result, compute: resolved.compute };
}

/** What an operand can be: a tensor of some dtype, or a number. */
export const OPERANDS = DTYPE_COUNT + 1;
export const NUMBER = DTYPE_COUNT;

/** The program over operands of these dtypes and numbers. */
function programOf(
  facts: Elementwise,
  { operands }: ElementwiseOp,
  inputs: readonly Value[],
  { dtype, compute }: ElementwiseMeta,
): MapProgram {
  const exprs: Expr[] = [];
  let args = 0;
  let scalars = 0;
  for (let i = 0; i < facts.arity; i++) {
    const isCondition = i === 0 && facts.rule === "select";
    exprs.push(
      typeof operands?.[i] === "number"
        ? scalar(scalars++, isCondition ? "bool" : compute)
        : arg(args, inputs[args++]!.dtype),
    );
  }
  return new MapProgram(
    inputs.map((input) => input.dtype),
    [elementwiseExpr(facts, exprs, { compute, result: dtype })],
    scalars,
  );
}

/**
 * The primitive with an expression and a rule for dtypes, without its gradient.
 * Its programs are found by small integers, so that the hot path of small
 * tensors builds no keys.
 */
export function elementwisePrimitive(
  facts: Elementwise,
): Omit<Composed<ElementwiseOp, ElementwiseMeta>, "gradient"> {
  const { arity } = facts;
  const programs = new Map<Key, MapProgram>();
  return {
    direct: true,
    infer: (op, inputs) => [infer(facts, op, inputs)],
    lower(op, inputs, run, results) {
      const meta = results[0]!;
      const { operands } = op;
      let key: Key = DTYPE_PART[meta.compute];
      const scalars: number[] = [];
      let next = 0;
      for (let i = 0; i < arity; i++) {
        const value = operands?.[i];
        if (value === undefined || value === null) {
          key = withPart(key, DTYPE_PART[inputs[next++]!.dtype], OPERANDS);
        } else {
          key = withPart(key, NUMBER, OPERANDS);
          scalars.push(value);
        }
      }
      let program = programs.get(key);
      if (program === undefined) {
        program = programOf(facts, op, inputs, meta);
        programs.set(key, program);
      }
      return run.map(program, meta.shape, inputs, scalars);
    },
  };
}
