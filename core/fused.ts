/**
 * Elementwise functions of several steps that run as one kernel, forward and
 * backward.
 *
 * @module
 */
import { type DType, DTYPES, isFloating, promote } from "./dtype.ts";
import { arg, castExpr, type Expr, scalar } from "./expr.ts";
import type { Formula } from "./op.ts";
import { applyOp, type Dims, type Tensor } from "./tensor.ts";
import { broadcastShapes, normalizeDims, type Shape } from "./shape.ts";

/** A value with a gradient of its own. */
export interface FusedValue {
  /** One element of the result. */
  readonly value: Expr;
  /**
   * The gradient by each input from that of the value, null where it has none.
   * Left out: derived from the value.
   */
  readonly gradients?: (g: Expr) => readonly (Expr | null)[];
}

/**
 * Writes one element of the result in terms of one element of each input and
 * of the run-time scalars.
 */
export type FusedExpression = (
  inputs: readonly Expr[],
  scalars: readonly Expr[],
) => Expr | FusedValue;

/** Options of {@linkcode FusedFunction.sum}. */
export interface FusedSumOptions {
  /** The dims to sum over. @default {all} */
  readonly dims?: Dims;
  /** Keep reduced dims as extents of 1. @default {false} */
  readonly keepDim?: boolean;
  /** What to divide the sum by. @default {1} */
  readonly divisor?: number;
}

const NONE: readonly number[] = [];

/** A function made by {@linkcode fused}. */
export class FusedFunction {
  readonly #label: string;
  readonly #scalars: number;
  readonly #expression: FusedExpression;
  readonly #formulas = new Map<number, Formula>();

  /** Programs call {@linkcode fused}. */
  constructor(label: string, scalars: number, expression: FusedExpression) {
    this.#label = label;
    this.#scalars = scalars;
    this.#expression = expression;
  }

  /** The formula for inputs of these dtypes. */
  #formula(inputs: readonly Tensor[]): Formula {
    let key = 1;
    for (let i = 0; i < inputs.length; i++) {
      key = key * 4 + DTYPES[inputs[i]!.dtype].rank;
    }
    let formula = this.#formulas.get(key);
    if (formula === undefined) {
      formula = this.#make(inputs.map(({ dtype }) => dtype));
      this.#formulas.set(key, formula);
    }
    return formula;
  }

  #make(dtypes: readonly DType[]): Formula {
    const floats = dtypes.filter(isFloating);
    const common = floats.reduce<DType>(promote, floats[0] ?? "float32");
    const made = this.#expression(
      dtypes.map((dtype, i) => {
        const input = arg(i, dtype);
        return isFloating(dtype) ? castExpr(input, common) : input;
      }),
      Array.from({ length: this.#scalars }, (_, i) => scalar(i, common)),
    );
    const { value, gradients }: FusedValue = "kind" in made
      ? { value: made }
      : made;
    const formula: Formula = {
      label: this.#label,
      inputs: dtypes,
      scalars: this.#scalars,
      expr: value,
    };
    return gradients
      ? { ...formula, gradients: gradients(arg(dtypes.length, value.dtype)) }
      : formula;
  }

  /**
   * The function of every element; inputs broadcast.
   *
   * @param inputs The tensors.
   * @param scalars The run-time scalars.
   */
  map(
    inputs: readonly Tensor[],
    scalars: readonly number[] = NONE,
  ): Tensor {
    const formula = this.#formula(inputs);
    return applyOp({ name: "map", formula, scalars }, inputs)[0]!;
  }

  /**
   * The sum of the function over dims, divided by a number: one kernel too.
   *
   * @param inputs The tensors.
   * @param options The dims, and what to divide by.
   * @param scalars The run-time scalars.
   */
  sum(
    inputs: readonly Tensor[],
    options: FusedSumOptions = {},
    scalars: readonly number[] = NONE,
  ): Tensor {
    const { dims, keepDim = false, divisor = 1 } = options;
    let shape: Shape = inputs[0]!.shape;
    for (let i = 1; i < inputs.length; i++) {
      shape = broadcastShapes(shape, inputs[i]!.shape, this.#label);
    }
    return applyOp({
      name: "mapSum",
      formula: this.#formula(inputs),
      scalars,
      dims: normalizeDims(dims, shape.length, this.#label),
      keepDim,
      divisor,
    }, inputs)[0]!;
  }
}

/**
 * Makes an elementwise function that runs as one kernel, with the sum over its
 * values as another. Its gradients are derived, and are one kernel each as
 * well. Float inputs are brought to their common dtype; others stay as they
 * are.
 *
 * @param label What to call it in messages.
 * @param expression Writes the function down; called once for each combination
 * of dtypes.
 * @param options `scalars`: how many run-time scalars it takes.
 * @returns The function; keep it and use it again.
 * @example A squared distance
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { call, fused, tensor } from "@tenfold/tenfold";
 *
 * const squaredDistance = fused("squared distance", ([a, b]) => {
 *   const difference = call("sub", a!, b!);
 *   return call("mul", difference, difference);
 * });
 * const x = tensor([1, 2], { requiresGrad: true });
 * const y = squaredDistance.sum([x, tensor([0, 5])]);
 * y.backward();
 * assertEquals(y.itemSync(), 10);
 * assertEquals(x.grad!.toArraySync(), [2, -6]);
 * ```
 */
export function fused(
  label: string,
  expression: FusedExpression,
  options: { readonly scalars?: number } = {},
): FusedFunction {
  return new FusedFunction(label, options.scalars ?? 0, expression);
}
