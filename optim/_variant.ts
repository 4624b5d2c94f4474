/**
 * Algorithms as update rules.
 *
 * @module
 */
import { type Expr, expr } from "@tenfold/core/backend";
import type {
  Algorithm,
  AlgorithmOptions,
  Choices,
  Decay,
} from "./algorithm.ts";
import { UpdateRule } from "./update_rule.ts";

/** An algorithm under one set of choices. */
export interface Variant {
  /** The names of the state tensors. */
  readonly names: readonly string[];
  /** The names of the numbers of a step; that of weight decay follows them. */
  readonly numberNames: readonly string[];
  /** Where weight decay goes. */
  readonly decay: Decay;
  /** The kernel of a step. */
  readonly rule: UpdateRule;
}

/** Writes an algorithm down for one set of choices. */
export function variantOf<O extends AlgorithmOptions>(
  algorithm: Algorithm<O>,
  options: O,
  choices: Choices,
): Variant {
  const { weightDecay = 0, maximize = false } = options;
  const decay = algorithm.decayBy?.(choices) ?? algorithm.decay ?? "coupled";
  const decays = weightDecay !== 0;
  const names = algorithm.state?.(choices) ?? [];
  const numberNames = Object.keys(algorithm.numbers(options, 1, true));
  const label = `update by ${algorithm.name}`;
  const rule = new UpdateRule(
    label,
    names.length,
    numberNames.length + 1,
    (parameter, state, gradient, numbers) => {
      const { add, mul, neg } = expr;
      const rate = numbers[numberNames.length]!;
      const sign = maximize ? neg(gradient) : gradient;
      const made = algorithm.update(
        {
          ...named(names, state),
          parameter: decays && decay === "decoupled"
            ? mul(parameter, rate)
            : parameter,
          gradient: decays && decay === "coupled"
            ? add(sign, mul(rate, parameter))
            : sign,
        },
        named(numberNames, numbers),
        choices,
      );
      return ["parameter", ...names].map((name) => {
        const value = made[name];
        if (value !== undefined) return value;
        throw new TypeError(
          `Cannot ${label} as it gives no new value of ${name}: got ${
            Object.keys(made).join(", ")
          }`,
        );
      });
    },
  );
  return { names, numberNames, decay, rule };
}

/** The numbers of a step, in the order in which the kernel takes them. */
export function numbersOf<O extends AlgorithmOptions>(
  algorithm: Algorithm<O>,
  { numberNames, decay }: Variant,
  options: O,
  step: number,
  fresh: boolean,
): number[] {
  const { lr, weightDecay = 0 } = options;
  const values = algorithm.numbers(options, step, fresh);
  // As Object.values, in a third of the time.
  const count = numberNames.length;
  const numbers: number[] = new Array(count + 1);
  for (let i = 0; i < count; i++) numbers[i] = values[numberNames[i]!]!;
  numbers[count] = decay === "decoupled" ? 1 - lr * weightDecay : weightDecay;
  return numbers;
}

/** Values under their names. */
function named(
  names: readonly string[],
  values: readonly Expr[],
): { readonly [name: string]: Expr } {
  return Object.fromEntries(names.map((name, i) => [name, values[i]!]));
}
