/**
 * Averages of weights while a model trains.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import {
  noGradNow,
  parseArguments,
  tidyNow,
  unscopedNow,
} from "@tenfold/core/internal";
import type { StateDict } from "@tenfold/nn";
import * as z from "./_zod.ts";
import type { Callback } from "./callback.ts";
import type { Model } from "./model.ts";

/**
 * Options of {@linkcode weightAverage}.
 *
 * @example An average over about a hundred steps
 * ```ts
 * import { train } from "@tenfold/tenfold";
 *
 * const options: train.WeightAverageOptions = { decay: 0.99 };
 * const average = train.weightAverage(options);
 * ```
 */
export interface WeightAverageOptions {
  /**
   * Decay rate of the average, from 0 to less than 1.
   *
   * @default {0.999}
   */
  decay?: number;
}

/**
 * A callback that keeps an average of the weights.
 *
 * @example A model with the averages
 * ```ts
 * import { nn, optim, randn, train } from "@tenfold/tenfold";
 *
 * const model = new nn.Linear(2, 1);
 * const batches = [[randn([8, 2]), randn([8, 1])]];
 * const average: train.WeightAverage = train.weightAverage();
 * await train.fit(model, {
 *   loss: nn.functional.mseLoss,
 *   optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
 *   train: batches,
 *   epochs: 1,
 *   callbacks: [average],
 *   progress: false,
 * });
 * model.loadStateDict(average.weights);
 * average.dispose();
 * ```
 */
export interface WeightAverage extends Callback {
  /**
   * The averages by the names of the model's state dict, and its buffers as they
   * are: for `loadStateDict`. Empty before the first step.
   */
  readonly weights: StateDict;
  /** Releases the averages. */
  dispose(): void;
}

const range = "must be a number from 0 to less than 1";

/**
 * Keeps an exponential moving average of the parameters of a model, whose
 * metrics are often better than those of the last step:
 * `decay * average + (1 - decay) * parameter` after each step, beginning with
 * the parameters after the first. Checkpoints save it.
 *
 * @param options `decay`.
 * @returns The callback for `fit`.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 * @throws {RangeError} If an option has a wrong value.
 *
 * @example The average in the place of the last weights
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { nn, optim, tensor, train } from "@tenfold/tenfold";
 *
 * const model = new nn.Linear(1, 1, { bias: false });
 * nn.init.zeros_(model.weight);
 * const average = train.weightAverage({ decay: 0.5 });
 * await train.fit(model, {
 *   loss: nn.functional.mseLoss,
 *   optimizer: new optim.SGD(model.parameters(), { lr: 0.25 }),
 *   train: [[tensor([[1]]), tensor([[1]])]],
 *   epochs: 2, // the weight goes from 0 to 0.5 and 0.75
 *   callbacks: [average],
 *   progress: false,
 * });
 * model.loadStateDict(average.weights);
 * assertAlmostEquals(await model.weight.item(), 0.625);
 * ```
 */
export function weightAverage(
  options: WeightAverageOptions = {},
): WeightAverage {
  const { decay } = parseArguments(
    z.strictObject({
      decay: z._default(
        z.number("must be a number").check(z.gte(0, range), z.lt(1, range)),
        0.999,
      ),
    }),
    {},
    options,
    arguments,
    "average weights",
  );
  let weights: { [name: string]: Tensor } = {};

  function forget(): void {
    for (const one of Object.values(weights)) one.dispose();
    weights = {};
  }

  function hold(state: { readonly [name: string]: Tensor }): void {
    forget();
    for (const [name, one] of Object.entries(state)) {
      weights[name] = unscopedNow(() => noGradNow(() => one.detach().clone()));
    }
  }

  function update(model: Model): void {
    const state = model.stateDict();
    const names = Object.keys(state);
    if (names.length !== Object.keys(weights).length) return hold(state);
    const averaged = new Set(model.namedParameters().map(([name]) => name));
    tidyNow(() =>
      noGradNow(() => {
        for (const name of names) {
          const [average, now] = [weights[name]!, state[name]!];
          if (averaged.has(name)) {
            average.mul_(decay).add_(now.mul(1 - decay));
          } else average.copy_(now);
        }
      })
    );
  }

  return {
    name: "weightAverage",
    get weights() {
      return { ...weights };
    },
    start: forget,
    stepEnd: (run) => update(run.model),
    stateDict: () => ({ ...weights }),
    loadStateDict: (state) => hold(state as { [name: string]: Tensor }),
    dispose: forget,
  };
}
