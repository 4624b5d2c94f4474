/**
 * Gradient rules, written in tensor methods so that gradients differentiate
 * again. Each rule says what it needs saved; the tape holds nothing else.
 *
 * A rule may return a gradient that is larger than its input by broadcasting,
 * or of another float dtype: the caller sums and casts.
 *
 * @module
 */
import type { Signature } from "../autograd/node.ts";
import type { DType } from "../dtype.ts";
import { arg, type Expr } from "../expr/expr.ts";
import { memoize } from "../lower/program.ts";
import type { Formula, MovementOp, Op } from "../op.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** What a rule may look at. */
export interface RuleContext<O = Op> {
  /** The operation with its parameters. */
  readonly op: O;
  /** Operand `p`, if the rule saves it; a 0-d tensor where it was a number. */
  operand(p: number): Tensor;
  /** Output `i`, if the rule saves the output. */
  output(i?: number): Tensor;
  /** Shape and dtype of tensor input `p`, saved or not. */
  input(p: number): Signature;
  /** Applies a primitive. */
  apply(op: Op, inputs: readonly Tensor[]): Tensor;
  /** A constant tensor on the same device. */
  full(shape: Shape, value: number): Tensor;
}

/** How the gradient of one operand comes from that of the output. */
export interface Rule<O = Op> {
  /** Operands that must be saved, and the output if it must be. */
  readonly saves: readonly (number | "output")[];
  /** The gradient of operand `p`, or null where it has none after all. */
  readonly grad: (g: Tensor, c: RuleContext<O>, p: number) => Tensor | null;
  /**
   * Where the result is a view of the operand: the movements that lead there.
   * The gradient is then 0 but for `g` in that place, and the walk brings those
   * of several views together.
   */
  readonly windows?: (op: O) => readonly MovementOp[];
}

/**
 * One rule an operand; the last one serves all further operands. Or a function
 * that finds the rule, where it depends on the parameters.
 */
export type Gradient<O = Op> =
  | readonly (Rule<O> | null)[]
  | ((op: O, p: number) => Rule<O> | null);

/** A rule that saves these: operands by position, `"output"` the outputs. */
export const saving = <O>(
  saves: readonly (number | "output")[],
  grad: Rule<O>["grad"],
): Rule<O> => ({ saves, grad });

/** A rule that saves nothing. */
export const free = <O>(grad: Rule<O>["grad"]): Rule<O> => saving([], grad);

/** The gradient of the output as it is. */
export const pass: Rule = free((g) => g);

/** No result has a gradient. */
export const none: readonly never[] = [];

/** A formula over operands of one dtype, made once for each dtype. */
export const formulaOf = (
  label: string,
  operands: number,
  write: (...operands: Expr[]) => Expr,
): (dtype: DType) => Formula =>
  memoize((part) => {
    const dtype = part as DType;
    const inputs = new Array<DType>(operands).fill(dtype);
    const expr = write(...inputs.map((_, i) => arg(i, dtype)));
    return { label, inputs, scalars: 0, expr };
  });

/** Applies a formula as one map. */
export const mapOf = (
  c: RuleContext<unknown>,
  formula: Formula,
  inputs: readonly Tensor[],
): Tensor => c.apply({ name: "map", formula, scalars: [] }, inputs);

/** The sum of a formula over dims, which stay as extents of 1. */
export const sumOf = (
  c: RuleContext<unknown>,
  formula: Formula,
  dims: readonly number[],
  inputs: readonly Tensor[],
): Tensor =>
  c.apply({
    name: "mapSum",
    formula,
    scalars: [],
    dims,
    keepDim: true,
    divisor: 1,
  }, inputs);

/** Zeros to scatter into: one zero repeated, as `scatterAdd` makes a copy. */
export const zeros = (c: RuleContext<unknown>, shape: Shape): Tensor =>
  c.full([], 0).expand(shape);
