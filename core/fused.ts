/**
 * Elementwise functions of several steps that run as one kernel, forward and
 * backward.
 *
 * @module
 */
import { casting } from "./casting.ts";
import { checkExpr } from "./expr/types.ts";
import { type DType, floatOf, promote } from "./dtype.ts";
import { DTypeError } from "./errors.ts";
import { arg, castExpr, type Expr, scalar } from "./expr/expr.ts";
import {
  DTYPE_COUNT,
  DTYPE_PART,
  type Key,
  withNumber,
  withPart,
} from "./key.ts";
import type { Formula, MapSumOp } from "./op.ts";
import { isPlainObject } from "./option_messages.ts";
import { checkCount, checkNumber, showValue } from "./options.ts";
import type { Several } from "./several.ts";
import { broadcastShapes, normalizeDims, type Shape } from "./shape.ts";
import { apply, type Dims, Tensor } from "./tensor.ts";

/**
 * What an input of a fused function is, and so which dtype its expression has:
 *
 * - `number`: brought to the common float dtype of all numbers, as `div` does:
 *   float64 if any of them is, else float32. int32 and bool become floats
 * - `int32`: stays int32, such as indices of classes; others are refused
 * - `mask`: bool stays bool, anything else counts as `number`
 *
 * @example Where a mask stays a mask
 * ```ts
 * import type { FusedInput } from "@tenfold/tenfold";
 *
 * const input: FusedInput = "mask";
 * ```
 */
export type FusedInput = "number" | "int32" | "mask";

/**
 * What a run-time scalar is: a `number` of the common dtype, or an `int32`.
 *
 * @example An index
 * ```ts
 * import type { FusedScalar } from "@tenfold/tenfold";
 *
 * const scalar: FusedScalar = "int32";
 * ```
 */
export type FusedScalar = "number" | "int32";

/**
 * What the inputs are: by position, or each under its name.
 *
 * @example Inputs by name
 * ```ts
 * import type { FusedInputs } from "@tenfold/tenfold";
 *
 * const inputs: FusedInputs = { x: "number", keep: "mask" };
 * ```
 */
export type FusedInputs =
  | readonly FusedInput[]
  | { readonly [name: string]: FusedInput };

/**
 * What the run-time scalars are: how many, by position, or under names.
 *
 * @example Scalars by name
 * ```ts
 * import type { FusedScalars } from "@tenfold/tenfold";
 *
 * const scalars: FusedScalars = { rate: "number", step: "int32" };
 * ```
 */
export type FusedScalars =
  | number
  | readonly FusedScalar[]
  | { readonly [name: string]: FusedScalar };

/**
 * What a function sees: values under names, or by position.
 *
 * @example What a function of one name sees
 * ```ts
 * import type { FusedValues } from "@tenfold/tenfold";
 *
 * function show(values: FusedValues<{ rate: "number" }, number>): number {
 *   return values.rate;
 * }
 * ```
 */
export type FusedValues<K, T> = [K] extends [number | readonly unknown[]]
  ? Several<T>
  : { readonly [N in keyof K]: T };

/**
 * What a call passes: values under the same names, or by position.
 *
 * @example What a function of two names is called with
 * ```ts
 * import type { FusedArguments } from "@tenfold/tenfold";
 *
 * const values: FusedArguments<{ x: "number"; target: "int32" }, number> = {
 *   x: 0.5,
 *   target: 1,
 * };
 * ```
 */
export type FusedArguments<K, T> = [K] extends [number | readonly unknown[]]
  ? readonly T[]
  : { readonly [N in keyof K]: T };

/**
 * Options of {@linkcode fused}.
 *
 * @example Two inputs and a scalar
 * ```ts
 * import type { FusedOptions } from "@tenfold/tenfold";
 *
 * const options: FusedOptions = { inputs: ["number", "mask"], scalars: 1 };
 * ```
 */
export interface FusedOptions<
  I extends FusedInputs = readonly FusedInput[],
  S extends FusedScalars = number | readonly FusedScalar[],
> {
  /**
   * What each input is, under its name or by position; inputs behind the last
   * one of a list are numbers.
   *
   * @default {numbers}
   */
  readonly inputs?: I;
  /**
   * What each run-time scalar is, under its name or by position, or how many
   * there are.
   *
   * @default {0}
   */
  readonly scalars?: S;
}

/**
 * A value with a gradient of its own.
 *
 * @example ReLU with the gradient of the identity
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fused, type FusedValue, tensor } from "@tenfold/tenfold";
 * import { expr } from "@tenfold/core/backend";
 *
 * const relu = fused("relu", ([x]): FusedValue => ({
 *   value: expr.max(x, 0),
 *   gradients: (g) => [g],
 * }));
 * const x = tensor([-1], { requiresGrad: true });
 * relu.map([x]).sum().backward();
 * assertEquals(await x.grad?.toArray(), [1]);
 * ```
 */
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
 *
 * @example A squared difference
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fused, type FusedExpression, tensor } from "@tenfold/tenfold";
 * import { expr } from "@tenfold/core/backend";
 *
 * const squared: FusedExpression = ([x, y]) => {
 *   const difference = expr.sub(x, y);
 *   return expr.mul(difference, difference);
 * };
 * const distance = fused("distance", squared);
 * assertEquals(await distance.map([tensor([3]), tensor([1])]).item(), 4);
 * ```
 */
export type FusedExpression<
  I extends FusedInputs = readonly FusedInput[],
  S extends FusedScalars = number | readonly FusedScalar[],
> = (
  inputs: FusedValues<I, Expr>,
  scalars: FusedValues<S, Expr>,
) => Expr | FusedValue;

/**
 * Options of {@linkcode FusedFunction.sum}.
 *
 * @example The mean over the rows of [8, 4]
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fused, type FusedSumOptions, ones } from "@tenfold/tenfold";
 * import { expr } from "@tenfold/core/backend";
 *
 * const square = fused("square", ([x]) => expr.mul(x, x));
 * const options: FusedSumOptions = { dims: 0, divisor: 8 };
 * assertEquals(square.sum([ones([8, 4])], options).shape, [4]);
 * ```
 */
export interface FusedSumOptions {
  /** The dims to sum over. @default {all} */
  readonly dims?: Dims;
  /** Whether reduced dims are kept with an extent of 1. @default {false} */
  readonly keepDim?: boolean;
  /** Divisor of the sum. @default {1} */
  readonly divisor?: number;
}

const NONE: readonly number[] = [];
const INPUTS: readonly FusedInput[] = ["number", "int32", "mask"];
const SCALARS: readonly FusedScalar[] = ["number", "int32"];

/** What values are, in order, and the names that they have, if any. */
interface Signature<Kind> {
  readonly kinds: readonly Kind[];
  readonly names: readonly string[] | null;
}

/** Checks what inputs or scalars are said to be. */
function signatureOf<Kind extends string>(
  label: string,
  what: "inputs" | "scalars",
  known: readonly Kind[],
  given: unknown,
): Signature<Kind> {
  const counts = what === "scalars" && typeof given === "number";
  if (counts && Number.isInteger(given) && given >= 0) {
    return { kinds: new Array<Kind>(given).fill(known[0]!), names: null };
  }
  const names = isPlainObject(given) ? Object.keys(given) : null;
  const kinds = names === null ? given : Object.values(given as object);
  if (Array.isArray(kinds) && kinds.every((kind) => known.includes(kind))) {
    return { kinds, names };
  }
  const last = known.length - 1;
  throw new TypeError(
    `Cannot make ${label} as ${what} must be ${
      what === "scalars" ? "a count, " : ""
    }an array or an object of ${
      known.slice(0, last).map((kind) => `"${kind}"`).join(", ")
    } and "${known[last]}": got ${showValue(given)}`,
  );
}

/** Values under their names, or the list itself. */
function named<T>(
  names: readonly string[] | null,
  values: readonly T[],
): readonly T[] | { readonly [name: string]: T } {
  return names === null
    ? values
    : Object.fromEntries(names.map((name, i) => [name, values[i]!]));
}

/**
 * A function made by {@linkcode fused}.
 *
 * @example One kernel in place of three
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { expr, fused, tensor } from "@tenfold/tenfold";
 *
 * const f = fused("squares", ([x, y]) => expr.add(expr.mul(x, x), y));
 * const result = f.map([tensor([2, 3]), tensor([1, 1])]);
 * assertEquals(await result.toArray(), [5, 10]);
 * ```
 */
export class FusedFunction<
  I extends FusedInputs = readonly FusedInput[],
  S extends FusedScalars = number | readonly FusedScalar[],
> {
  readonly #label: string;
  readonly #inputs: Signature<FusedInput>;
  readonly #scalars: Signature<FusedScalar>;
  readonly #expression: FusedExpression<I, S>;
  readonly #formulas = new Map<Key, Formula>();

  /** Programs call {@linkcode fused}. */
  constructor(
    label: string,
    expression: FusedExpression<I, S>,
    options: FusedOptions<I, S>,
  ) {
    const { inputs = [], scalars = 0 } = options;
    this.#label = label;
    this.#inputs = signatureOf(label, "inputs", INPUTS, inputs);
    this.#scalars = signatureOf(label, "scalars", SCALARS, scalars);
    this.#expression = expression;
  }

  /** The inputs of a call, in order. */
  #tensors(inputs: FusedArguments<I, Tensor>): readonly Tensor[] {
    const { names } = this.#inputs;
    const list = names === null ? inputs : this.#listed(names, inputs, "input");
    if (!Array.isArray(list)) {
      throw new TypeError(
        `Cannot compute ${this.#label} as the inputs must be an array of tensors: got ${
          showValue(inputs)
        }`,
      );
    }
    for (let i = 0; i < list.length; i++) {
      if (list[i] instanceof Tensor) continue;
      throw new TypeError(
        `Cannot compute ${this.#label} as input ${
          names?.[i] ?? i
        } is not a tensor: got ${showValue(list[i])}`,
      );
    }
    return list;
  }

  /** The run-time scalars of a call, in order. */
  #numbers(scalars: FusedArguments<S, number> | undefined): readonly number[] {
    const { names, kinds } = this.#scalars;
    const list = names === null
      ? (scalars ?? NONE) as readonly number[]
      : this.#listed(names, scalars, "run-time scalar") as readonly number[];
    if (list.length !== kinds.length) {
      throw new TypeError(
        `Cannot compute ${this.#label} with ${list.length} run-time scalars: it takes ${kinds.length}`,
      );
    }
    for (let i = 0; i < list.length; i++) {
      if (typeof list[i] === "number") continue;
      throw new TypeError(
        `Cannot compute ${this.#label} as run-time scalar ${
          names?.[i] ?? i
        } must be a number: got ${showValue(list[i])}`,
      );
    }
    return list;
  }

  /** Values that were passed by name, in order. */
  #listed(
    names: readonly string[],
    values: unknown,
    what: string,
  ): readonly unknown[] {
    if (!isPlainObject(values)) {
      throw new TypeError(
        `Cannot compute ${this.#label} as it takes each ${what} by name (${
          names.join(", ")
        }): got ${showValue(values)}`,
      );
    }
    const unknown = Object.keys(values).find((name) => !names.includes(name));
    if (unknown !== undefined) {
      throw new TypeError(
        `Cannot compute ${this.#label} as it has no ${what} ${unknown}: it takes ${
          names.join(", ")
        }`,
      );
    }
    const given: { readonly [name: string]: unknown } = { ...values };
    return names.map((name) => given[name]);
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
    const kind = this.#inputs.kinds[i] ?? "number";
    if (kind === "int32" && dtype !== "int32") {
      throw new DTypeError(
        `Cannot compute ${this.#label} as input ${
          this.#inputs.names?.[i] ?? i
        } must be int32: got ${dtype}, cast it with cast("int32")`,
      );
    }
    return kind === "mask" && dtype !== "bool" ? "number" : kind;
  }

  /** The one place where the dtypes of inputs are promoted. */
  #make(dtypes: readonly DType[]): Formula {
    const kinds = dtypes.map((dtype, i) => this.#kindOf(i, dtype));
    const common = dtypes
      .filter((_, i) => kinds[i] === "number")
      .map((dtype): DType => floatOf(dtype))
      .reduce<DType | null>((a, b) => a === null ? b : promote(a, b), null) ??
      "float32";
    const inputs = dtypes.map((dtype, i) =>
      kinds[i] === "number" ? castExpr(arg(i, dtype), common) : arg(i, dtype)
    );
    const scalars = this.#scalars.kinds.map((kind, i) =>
      scalar(i, kind === "int32" ? "int32" : common)
    );
    const made = this.#expression(
      named(this.#inputs.names, inputs) as FusedValues<I, Expr>,
      named(this.#scalars.names, scalars) as FusedValues<S, Expr>,
    );
    const { value, gradients }: FusedValue =
      typeof made === "object" && made !== null && "value" in made &&
        !("kind" in made)
        ? made
        : { value: made as Expr };
    checkExpr(value, `compute ${this.#label} from`);
    const formula: Formula = {
      label: this.#label,
      inputs: dtypes,
      scalars: scalars.length,
      expr: value,
    };
    return gradients
      ? { ...formula, gradients: gradients(arg(dtypes.length, value.dtype)) }
      : formula;
  }

  /**
   * Applies the function elementwise; inputs are broadcast.
   *
   * @param inputs The tensors, under their names or in order.
   * @param scalars The run-time scalars, under their names or in order.
   */
  map(
    inputs: FusedArguments<I, Tensor>,
    scalars?: FusedArguments<S, number>,
  ): Tensor {
    const tensors = this.#tensors(inputs);
    const numbers = this.#numbers(scalars);
    if (casting !== null) {
      const run = (cast: readonly Tensor[]) => this.#map(cast, numbers);
      const cast = casting.through(this.#label, tensors, run);
      if (cast !== null) return cast;
    }
    return this.#map(tensors, numbers);
  }

  /**
   * Sums the function over dims and divides by a number, in one kernel.
   *
   * @param inputs The tensors, under their names or in order.
   * @param options The dims, and what to divide by.
   * @param scalars The run-time scalars, under their names or in order.
   */
  sum(
    inputs: FusedArguments<I, Tensor>,
    options: FusedSumOptions = {},
    scalars?: FusedArguments<S, number>,
  ): Tensor {
    const tensors = this.#tensors(inputs);
    const numbers = this.#numbers(scalars);
    const { dims, keepDim = false, divisor = 1 } = options;
    checkNumber(divisor, "the divisor", `compute ${this.#label}`);
    let shape: Shape = tensors[0]!.shape;
    for (let i = 1; i < tensors.length; i++) {
      shape = broadcastShapes(shape, tensors[i]!.shape, this.#label);
    }
    const reduced = normalizeDims(dims, shape.length, this.#label);
    const op = { scalars: numbers, dims: reduced, keepDim, divisor } as const;
    if (casting !== null) {
      const run = (cast: readonly Tensor[]) => this.#sum(cast, op);
      const cast = casting.through(this.#label, tensors, run);
      if (cast !== null) return cast;
    }
    return this.#sum(tensors, op);
  }

  #map(tensors: readonly Tensor[], scalars: readonly number[]): Tensor {
    const formula = this.#formula(tensors);
    return apply({ name: "map", formula, scalars }, tensors)[0]!;
  }

  #sum(
    tensors: readonly Tensor[],
    op: Omit<MapSumOp, "name" | "formula">,
  ): Tensor {
    const formula = this.#formula(tensors);
    return apply({ name: "mapSum", formula, ...op }, tensors)[0]!;
  }
}

/**
 * Makes an elementwise function that runs as one kernel, with the sum over its
 * values as another. Its gradients are derived, and are one kernel each as
 * well. Inputs and run-time scalars are brought to one float dtype, float64 if
 * any input is and else float32, unless `options.inputs` says that they are
 * indices or masks.
 *
 * @param label Name used in error messages.
 * @param expression Builds the expression; called once for each combination of
 * dtypes.
 * @param options What the inputs and the run-time scalars are, by position or
 * by name. Names are what the expression and each call then use.
 * @returns The function; create it once and reuse it.
 * @throws {DTypeError} When it is called, if the expression mixes dtypes, or an
 * input that must be int32 is not.
 * @example Inputs by position
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { call, fused, tensor } from "@tenfold/tenfold";
 *
 * const squaredDistance = fused("squared distance", ([a, b]) => {
 *   const difference = call("sub", a, b);
 *   return call("mul", difference, difference);
 * });
 * const x = tensor([1, 2], { requiresGrad: true });
 * const y = squaredDistance.sum([x, tensor([0, 5])]);
 * y.backward();
 * assertEquals(y.itemSync(), 10);
 * assertEquals(x.grad?.toArraySync(), [2, -6]);
 * ```
 * @example Inputs and run-time scalars by name
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { expr, fused, tensor } from "@tenfold/tenfold";
 *
 * const { add, mul, sub } = expr;
 * const towards = fused(
 *   "towards",
 *   ({ x, target }, { rate }) => add(x, mul(rate, sub(target, x))),
 *   {
 *     inputs: { x: "number", target: "number" },
 *     scalars: { rate: "number" },
 *   },
 * );
 * const x = tensor([0, 8]);
 * const moved = towards.map({ x, target: tensor([4, 4]) }, { rate: 0.25 });
 * assertEquals(moved.toArraySync(), [1, 7]);
 * ```
 */
export function fused<
  const I extends FusedInputs = readonly FusedInput[],
  const S extends FusedScalars = number,
>(
  label: string,
  expression: FusedExpression<NoInfer<I>, NoInfer<S>>,
  options: FusedOptions<I, S> = {},
): FusedFunction<I, S> {
  checkCount("fused", arguments.length, 3);
  return new FusedFunction(label, expression, options);
}
