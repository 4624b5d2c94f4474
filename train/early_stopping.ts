/**
 * Stopping when there is nothing more to gain.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import {
  noGradNow,
  parseArguments,
  tensorClass,
  unscopedNow,
} from "@tenfold/core/internal";
import type { StateDict } from "@tenfold/nn";
import * as z from "./_zod.ts";
import { defaultMode, defaultMonitor, gainOver } from "./_monitor.ts";
import { flag, text } from "./_options.ts";
import type { Callback } from "./callback.ts";
import { anyNumber, figureOf } from "./history.ts";
import type { Model } from "./model.ts";

/**
 * Options of {@linkcode earlyStopping}.
 *
 * @example The parameters of the most accurate epoch
 * ```ts
 * import { train } from "@tenfold/tenfold";
 *
 * const options: train.EarlyStoppingOptions = {
 *   monitor: "validation.accuracy",
 *   patience: 10,
 *   restoreBest: true,
 * };
 * const callback = train.earlyStopping(options);
 * ```
 */
export interface EarlyStoppingOptions {
  /**
   * The metric to monitor, such as `"validation.accuracy"`.
   *
   * @default {"validation.loss", or "train.loss" without validation}
   */
  monitor?: string;
  /**
   * Number of epochs without improvement after which training ends.
   *
   * @default {5}
   */
  patience?: number;
  /**
   * Smallest change that counts as an improvement.
   *
   * @default {0}
   */
  minDelta?: number;
  /**
   * Whether smaller or larger values are better.
   *
   * @default {"max" for the metrics of this package, "min" for anything else}
   */
  mode?: "min" | "max";
  /**
   * Whether the parameters of the best epoch are restored at the end.
   *
   * @default {false}
   */
  restoreBest?: boolean;
}

const optionsSchema = z.strictObject({
  monitor: z.optional(text),
  patience: z._default(
    z.int("must be an integer from 0 on").check(
      z.gte(0, "must be an integer from 0 on"),
    ),
    5,
  ),
  minDelta: z._default(
    z.number("must be a number").check(z.gte(0, "must be a number from 0 on")),
    0,
  ),
  mode: z.optional(z.enum(["min", "max"], 'must be "min" or "max"')),
  restoreBest: z._default(flag, false),
});

const savedState = z.strictObject({
  best: anyNumber,
  epoch: z.int(),
  waited: z.int(),
  weights: z.record(z.string(), z.instanceof(tensorClass)),
});

/**
 * Ends training when a metric has stopped improving.
 *
 * @param options The metric to monitor, and the patience.
 * @returns The callback for `fit`.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 * @throws {RangeError} If an option has a wrong value.
 *
 * @example Two epochs without a better loss are enough
 * ```ts
 * import { nn, optim, tensor, train } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const model = new nn.Linear(1, 1);
 * const history = await train.fit(model, {
 *   loss: nn.functional.mseLoss,
 *   optimizer: new optim.SGD(model.parameters(), { lr: 0 }),
 *   train: [[tensor([[1]]), tensor([[2]])]],
 *   epochs: 100,
 *   callbacks: [train.earlyStopping({ patience: 2 })],
 *   progress: false,
 * });
 * assertEquals(history.epochs.length, 3);
 * ```
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const operation = "stop early";
  const { patience, minDelta, restoreBest, ...chosen } = parseArguments(
    optionsSchema,
    {},
    options,
    arguments,
    operation,
  );
  let best = NaN;
  let epoch = 0;
  let waited = 0;
  let weights: { [name: string]: Tensor } = {};
  let model: Model | undefined;

  function keep(tensors: { readonly [name: string]: Tensor }): void {
    forget();
    for (const [name, tensor] of Object.entries(tensors)) {
      weights[name] = unscopedNow(() => noGradNow(() => tensor.clone()));
    }
  }

  function forget(): void {
    for (const tensor of Object.values(weights)) tensor.dispose();
    weights = {};
  }

  return {
    name: "earlyStopping",
    readsGradients: false,
    start(run) {
      model = run.model;
      // A callback that serves a second run begins anew.
      [best, epoch, waited] = [NaN, 0, 0];
      forget();
    },
    epochEnd(run, record) {
      const monitor = chosen.monitor ?? defaultMonitor(run);
      const figure = figureOf(record, monitor);
      const mode = chosen.mode ?? defaultMode(monitor);
      const gain = gainOver(best, figure, mode);
      // The first figure is the best so far; one that is not a number never is.
      if (gain > minDelta || (Number.isNaN(best) && !Number.isNaN(figure))) {
        [best, epoch, waited] = [figure, record.epoch, 0];
        if (restoreBest) keep(run.model.stateDict());
      } else if (++waited >= patience) {
        run.stop();
      }
    },
    end(run) {
      if (restoreBest && epoch > 0) run.model.loadStateDict(weights);
    },
    close() {
      forget();
      model = undefined;
    },
    stateDict: () => ({ best, epoch, waited, weights }),
    loadStateDict(state) {
      const refuse = (why: string): never => {
        throw new TypeError(
          `Cannot ${operation} as what was remembered ${why}`,
        );
      };
      const { data, error } = savedState.safeParse(state);
      if (error !== undefined) {
        return refuse(`is damaged: ${error.issues[0]!.message}`);
      }
      if (restoreBest && data.epoch > 0) {
        if (Object.keys(data.weights).length === 0) {
          refuse("has no parameters: it was saved without restoreBest");
        }
        const odd = differing(data.weights, model?.stateDict());
        if (odd !== undefined) {
          refuse(`are the parameters of another net: ${odd} differs`);
        }
      }
      ({ best, epoch, waited } = data);
      keep(data.weights);
    },
  };
}

/** The first name under which two state dicts hold different shapes. */
function differing(
  saved: StateDict,
  own: StateDict = saved,
): string | undefined {
  const shapeIn = (state: StateDict, name: string) =>
    Object.hasOwn(state, name) ? state[name]!.shape.join() : undefined;
  return [...Object.keys(own), ...Object.keys(saved)].find((name) =>
    shapeIn(own, name) !== shapeIn(saved, name)
  );
}
