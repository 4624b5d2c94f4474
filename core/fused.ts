/**
 * Elementwise functions of several steps that run as one kernel, forward and
 * backward.
 *
 * @module
 */
import { type DType, floatOf, promote } from "./dtype.ts";
import { DTypeError } from "./errors.ts";
import { arg, castExpr, type Expr, scalar } from "./expr.ts";
import {
  DTYPE_COUNT,
  DTYPE_PART,
  type Key,
  withNumber,
  withPart,
} from "./key.ts";
import type { Formula } from "./op.ts";
import { checkCount, checkNumber, showValue } from "./options.ts";
import { broadcastShapes, normalizeDims, type Shape } from "./shape.ts";
import { applyOp, type Dims, Tensor } from "./tensor.ts";

/**
 * What an input of a fused function is, and so which dtype its expression has:
 *
 * - `number`: brought to the common float dtype of all numbers, as `div` does:
 *   float64 if any of them is, else float32. int32 and bool become floats
 * - `int32`: stays int32, such as indices of classes; others are refused
 * - `mask`: bool stays bool, anything else counts as `number`
 */
export type FusedInput = "number" | "int32" | "mask";

/** What a run-time scalar is: a `number` of the common dtype, or an `int32`. */
export type FusedScalar = "number" | "int32";

/** Options of {@linkcode fused}. */
export interface FusedOptions {
  /**
   * What each input is; inputs behind the last one named are numbers.
   *
   * @default {numbers}
   */
  readonly inputs?: readonly FusedInput[];
  /** How many run-time scalars it takes, or what each of them is. @default {0} */
  readonly scalars?: number | readonly FusedScalar[];
}

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

function checkInputs(label: string, kinds: unknown): readonly FusedInput[] {
  const known = ["number", "int32", "mask"];
  if (Array.isArray(kinds) && kinds.every((kind) => known.includes(kind))) {
    return kinds;
  }
  throw new TypeError(
    `Cannot make ${label} as inputs must be an array of "number", "int32" and "mask": got ${
      showValue(kinds)
    }`,
  );
}

/** What each scalar is; a count means numbers. */
function checkScalars(label: string, kinds: unknown): readonly FusedScalar[] {
  if (typeof kinds === "number" && Number.isInteger(kinds) && kinds >= 0) {
    return new Array<FusedScalar>(kinds).fill("number");
  }
  const known = ["number", "int32"];
  if (Array.isArray(kinds) && kinds.every((kind) => known.includes(kind))) {
    return kinds;
  }
  throw new TypeError(
    `Cannot make ${label} as scalars must be a count or an array of "number" and "int32": got ${
      showValue(kinds)
    }`,
  );
}

/** A function made by {@linkcode fused}. */
export class FusedFunction {
  readonly #label: string;
  readonly #inputs: readonly FusedInput[];
  readonly #scalars: readonly FusedScalar[];
  readonly #expression: FusedExpression;
  readonly #formulas = new Map<Key, Formula>();

  /** Programs call {@linkcode fused}. */
  constructor(
    label: string,
    expression: FusedExpression,
    { inputs = [], scalars = 0 }: FusedOptions,
  ) {
    this.#label = label;
    this.#inputs = checkInputs(label, inputs);
    this.#scalars = checkScalars(label, scalars);
    this.#expression = expression;
  }

  #check(inputs: readonly Tensor[], scalars: readonly number[]): void {
    if (!Array.isArray(inputs)) {
      throw new TypeError(
        `Cannot compute ${this.#label} as the inputs must be an array of tensors: got ${
          showValue(inputs)
        }`,
      );
    }
    for (let i = 0; i < inputs.length; i++) {
      if (inputs[i] instanceof Tensor) continue;
      throw new TypeError(
        `Cannot compute ${this.#label} as input ${i} is not a tensor: got ${
          showValue(inputs[i])
        }`,
      );
    }
    if (scalars.length !== this.#scalars.length) {
      throw new TypeError(
        `Cannot compute ${this.#label} with ${scalars.length} run-time scalars: it takes ${this.#scalars.length}`,
      );
    }
    for (let i = 0; i < scalars.length; i++) {
      if (typeof scalars[i] === "number") continue;
      throw new TypeError(
        `Cannot compute ${this.#label} as run-time scalar ${i} must be a number: got ${
          showValue(scalars[i])
        }`,
      );
    }
  }

  /** The formula for inputs of these dtypes. */
  #formula(inputs: readonly Tensor[]): Formula {
    let key: Key = 0;
    for (let i = 0; i < inputs.length; i++) {
      key = withPart(key, DTYPE_PART[inputs[i]!.dtype], DTYPE_COUNT);
    }
    key = withNumber(key, inputs.length);
    let formula = this.#formulas.get(key);
    if (formula === undefined) {
      formula = this.#make(inputs.map(({ dtype }) => dtype));
      this.#formulas.set(key, formula);
    }
    return formula;
  }

  /** The dtype that the expression of an input has, before numbers are mixed. */
  #kindOf(i: number, dtype: DType): FusedInput {
    const kind = this.#inputs[i] ?? "number";
    if (kind === "int32" && dtype !== "int32") {
      throw new DTypeError(
        `Cannot compute ${this.#label} as input ${i} must be int32: got ${dtype}, cast it with cast("int32")`,
      );
    }
    return kind === "mask" && dtype !== "bool" ? "number" : kind;
  }

  /** The one place where the dtypes of inputs are promoted. */
  #make(dtypes: readonly DType[]): Formula {
    const kinds = dtypes.map((dtype, i) => this.#kindOf(i, dtype));
    const common = dtypes.reduce<DType>(
      (common, dtype, i) =>
        kinds[i] === "number" ? promote(common, floatOf(dtype)) : common,
      "float32",
    );
    const made = this.#expression(
      dtypes.map((dtype, i) =>
        kinds[i] === "number" ? castExpr(arg(i, dtype), common) : arg(i, dtype)
      ),
      this.#scalars.map((kind, i) =>
        scalar(i, kind === "int32" ? "int32" : common)
      ),
    );
    const { value, gradients }: FusedValue = "kind" in made
      ? { value: made }
      : made;
    const formula: Formula = {
      label: this.#label,
      inputs: dtypes,
      scalars: this.#scalars.length,
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
    this.#check(inputs, scalars);
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
    this.#check(inputs, scalars);
    const { dims, keepDim = false, divisor = 1 } = options;
    checkNumber(divisor, "the divisor", `compute ${this.#label}`);
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
 * well. Inputs and run-time scalars are brought to one float dtype, float64 if
 * any input is and else float32, unless `options.inputs` says that they are
 * indices or masks.
 *
 * @param label What to call it in messages.
 * @param expression Writes the function down; called once for each combination
 * of dtypes.
 * @param options What the inputs are, and how many run-time scalars there are.
 * @returns The function; keep it and use it again.
 * @throws {DTypeError} When it is called, if the expression mixes dtypes, or an
 * input that must be int32 is not.
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
  options: FusedOptions = {},
): FusedFunction {
  checkCount("fused", arguments.length, 3);
  return new FusedFunction(label, expression, options);
}
