/**
 * Optimizers as data: what an update rule remembers, which numbers a step
 * takes, and the new values as expressions.
 *
 * @module
 */
import { fullLike, type Tensor, zerosLike } from "@tenfold/core";
import type { Expr } from "@tenfold/core/backend";
import {
  checkCount,
  type LazySchema,
  optionsArgument,
} from "@tenfold/core/internal";
import { numbersOf, type Variant, variantOf } from "./_variant.ts";
import {
  Optimizer,
  type OptimizerParameters,
  type ParameterGroup,
  type SparseStep,
  type Step,
} from "./optimizer.ts";

/**
 * The options that all algorithms have.
 *
 * @example Options of an optimizer of your own
 * ```ts
 * import { optim } from "@tenfold/tenfold";
 *
 * interface HalvingOptions extends optim.AlgorithmOptions {
 *   // Number of steps after which the learning rate is halved.
 *   halfLife: number;
 * }
 * const options: HalvingOptions = { lr: 0.1, halfLife: 100 };
 * ```
 */
export interface AlgorithmOptions {
  /** The learning rate. */
  lr: number;
  /** Weight decay: the coefficient of the L2 penalty. */
  weightDecay?: number;
  /** Whether the objective is maximised instead of minimised. */
  maximize?: boolean;
}

/**
 * Where weight decay goes.
 *
 * @example Weight decay as AdamW's
 * ```ts
 * import { optim } from "@tenfold/tenfold";
 *
 * const decay: optim.Decay = "decoupled";
 * ```
 */
export type Decay = "coupled" | "decoupled";

/**
 * Options that change the rule itself and not only its numbers.
 *
 * @example What decides on the state of SGD
 * ```ts
 * import { optim } from "@tenfold/tenfold";
 *
 * const choices: optim.Choices = { momentum: true, nesterov: false };
 * ```
 */
export type Choices = Readonly<Record<string, boolean>>;

/**
 * An optimization algorithm.
 *
 * @typeParam O The options of a group.
 * @typeParam C The choices that options make.
 * @typeParam S The names of the state tensors of a parameter.
 * @typeParam N The names of the numbers of a step.
 *
 * @example Gradient descent
 * ```ts
 * import { optim } from "@tenfold/tenfold";
 * import { expr } from "@tenfold/core/backend";
 * import * as z from "zod/mini";
 *
 * type Options = { lr: number };
 * const descent: optim.Algorithm<Options, optim.Choices, never, "lr"> = {
 *   name: "Descent",
 *   schema: z.strictObject({ lr: z.number() }),
 *   numbers: ({ lr }) => ({ lr }),
 *   update: ({ parameter, gradient }, { lr }) => ({
 *     parameter: expr.sub(parameter, expr.mul(lr, gradient)),
 *   }),
 * };
 * ```
 */
export interface Algorithm<
  O extends AlgorithmOptions,
  C extends Choices = Choices,
  S extends string = string,
  N extends string = string,
> {
  /** The name, for messages. */
  readonly name: string;
  /** Checks the options of a group and fills in the defaults. */
  readonly schema: LazySchema<O>;
  /**
   * Where weight decay goes: `coupled` adds `weightDecay * parameter` to the
   * gradient, `decoupled` multiplies the parameter by `1 - lr * weightDecay`.
   *
   * @default {"coupled"}
   */
  readonly decay?: Decay;
  /** Where weight decay goes, for choices that decide it. @default {decay} */
  decayBy?(choices: C): Decay;
  /**
   * How it handles a sparse gradient of a few rows: `rows` changes those rows
   * alone, `summed` once values of a row that appears twice are summed, `dense`
   * takes the whole gradient. Text says why it does not.
   *
   * @default {it refuses them}
   */
  sparse?(options: O): SparseStep | { readonly refused: string };
  /** Whether it takes gradients of rows alone. @default {false} */
  readonly onlySparse?: boolean;
  /** Options that change the rule, as true or false. @default {none} */
  choices?(options: O): C;
  /** Names of the state tensors of each parameter. @default {none} */
  state?(choices: C): readonly S[];
  /** Initial value of these tensors. @default {0} */
  initial?(options: O): number;
  /**
   * The numbers of a step.
   *
   * @param step The number of the step, from 1.
   * @param fresh True where the state has just been made.
   */
  numbers(
    options: O,
    step: number,
    fresh: boolean,
  ): { readonly [K in N]: number };
  /**
   * The new value of the parameter and of each state tensor. `maximize` and weight
   * decay are applied to the parameter and the gradient before.
   */
  update(
    values: { readonly [K in S | "parameter" | "gradient"]: Expr },
    numbers: { readonly [K in N]: Expr },
    choices: C,
  ): { readonly [K in S | "parameter"]?: Expr };
}

/**
 * An algorithm with its types inferred.
 *
 * @example Steps of the sign of the gradient
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { expr } from "@tenfold/core/backend";
 * import { tensor } from "@tenfold/tenfold";
 * import { algorithm, AlgorithmOptimizer } from "@tenfold/optim";
 * import * as z from "zod/mini";
 *
 * const signDescent = algorithm({
 *   name: "SignDescent",
 *   schema: z.strictObject({ lr: z.number() }),
 *   numbers: ({ lr }) => ({ lr }),
 *   update: ({ parameter, gradient }, { lr }) => ({
 *     parameter: expr.sub(parameter, expr.mul(lr, expr.sign(gradient))),
 *   }),
 * });
 * const p = tensor([1, -2], { requiresGrad: true });
 * const optimizer = new AlgorithmOptimizer(signDescent, [p], { lr: 0.5 });
 * p.square().sum().backward();
 * optimizer.step();
 * assertEquals(await p.toArray(), [0.5, -1.5]);
 * ```
 */
export function algorithm<
  O extends AlgorithmOptions,
  C extends Choices = Choices,
  S extends string = never,
  N extends string = never,
>(definition: Algorithm<O, C, S, N>): Algorithm<O, C, S, N> {
  checkCount("algorithm", arguments.length, 1);
  return definition;
}

/** What one step has found out of a group, whose options stay meanwhile. */
interface Known {
  group: object | null;
  variant: Variant | null;
  step: number;
  fresh: boolean;
  numbers: readonly number[] | null;
}

const NO_CHOICES: Choices = {};

/** The variants of each algorithm, made when they are first needed. */
const variants = new WeakMap<object, Map<number, Variant>>();

/**
 * An optimizer that follows an algorithm. {@linkcode algorithm} defines one.
 *
 * @example The options of any of them
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const optimizer = new optim.Adam([tensor(1)], { lr: 0.5 });
 * assertEquals(optimizer instanceof optim.AlgorithmOptimizer, true);
 * assertEquals(optimizer.paramGroups[0].lr, 0.5);
 * ```
 */
export class AlgorithmOptimizer<O extends AlgorithmOptions>
  extends Optimizer<O> {
  readonly #algorithm: Algorithm<O>;
  readonly #variants: Map<number, Variant>;
  #choiceNames: readonly string[] | null = null;
  /** What is known of the parameters of a group, while a step goes through them. */
  #known: Known | null = null;

  /**
   * Creates the optimizer.
   *
   * @param algorithm The algorithm.
   * @param params The parameters, such as `model.parameters()`, or groups of them
   * with options of their own.
   * @param options The options; groups may override them.
   * @param given All arguments of a constructor that calls this one with its
   * own parameters and options, so that too many are refused.
   * @throws {TypeError} If an option is missing, unknown or of the wrong type.
   * @throws {RangeError} If an option has a wrong value.
   */
  constructor(
    algorithm: Algorithm<O>,
    params: OptimizerParameters<O>,
    options: Partial<O> = {},
    given: ArrayLike<unknown> = [params, options],
  ) {
    const { name, schema } = algorithm;
    const operation = `make an optimizer ${name}`;
    super(
      name,
      params,
      optionsArgument(schema, ["params"], options, given, operation),
      schema,
    );
    this.#algorithm = algorithm;
    let made = variants.get(algorithm);
    if (made === undefined) variants.set(algorithm, made = new Map());
    this.#variants = made;
  }

  /** Finds out once what the options of a group mean. */
  protected override together<T>(fn: () => T): T {
    checkCount("together", arguments.length, 1);
    this.#known = {
      group: null,
      variant: null,
      step: 0,
      fresh: false,
      numbers: null,
    };
    try {
      return fn();
    } finally {
      this.#known = null;
    }
  }

  /** The names of the state tensors of the algorithm. */
  protected override stateNames(group: ParameterGroup<O>): readonly string[] {
    return this.#variant(group).names;
  }

  /** The initial value of a state tensor. */
  protected override makeState(
    group: ParameterGroup<O>,
    _name: string,
    param: Tensor,
  ): Tensor {
    const value = this.#algorithm.initial?.(group) ?? 0;
    return value === 0 ? zerosLike(param) : fullLike(param, value);
  }

  /** What the algorithm does with a gradient of a few rows. */
  protected override sparseStep(
    group: ParameterGroup<O>,
  ): SparseStep | { readonly refused: string } {
    return this.#algorithm.sparse?.(group) ?? super.sparseStep(group);
  }

  /** Whether the algorithm takes such gradients alone. */
  protected override get onlySparse(): boolean {
    return this.#algorithm.onlySparse ?? false;
  }

  /** The rule and its numbers. */
  protected override update(
    group: ParameterGroup<O>,
    step: number,
    fresh: boolean,
  ): Step {
    const variant = this.#variant(group);
    const { rule } = variant;
    const known = this.#known;
    if (
      known !== null && known.numbers !== null && known.step === step &&
      known.fresh === fresh
    ) {
      return { rule, numbers: known.numbers.slice() };
    }
    const numbers = numbersOf(this.#algorithm, variant, group, step, fresh);
    if (known !== null) {
      known.step = step;
      known.fresh = fresh;
      known.numbers = numbers;
    }
    return { rule, numbers };
  }

  #variant(group: ParameterGroup<O>): Variant {
    const known = this.#known;
    if (known === null) return this.#findVariant(group);
    if (known.group !== group) {
      known.group = group;
      known.variant = this.#findVariant(group);
      known.numbers = null;
    }
    return known.variant!;
  }

  #findVariant(group: ParameterGroup<O>): Variant {
    const { weightDecay = 0, maximize = false } = group;
    let key = (weightDecay !== 0 ? 1 : 0) + (maximize ? 2 : 0);
    const choices = this.#algorithm.choices?.(group) ?? NO_CHOICES;
    const names = this.#choiceNames ??= Object.keys(choices);
    for (let i = 0; i < names.length; i++) {
      if (choices[names[i]!]) key += 4 << i;
    }
    let variant = this.#variants.get(key);
    if (variant === undefined) {
      const made = variantOf(this.#algorithm, group, choices);
      // The same names are the same array: their tensors then stay.
      const text = made.names.join();
      const known = [...this.#variants.values()]
        .find(({ names }) => names.join() === text);
      variant = known ? { ...made, names: known.names } : made;
      this.#variants.set(key, variant);
    }
    return variant;
  }
}
