/**
 * The schedule that reduces the learning rate when a metric stops improving.
 *
 * @module
 */
import { checkCount, parseArguments, showValue } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { finite, nonNegative } from "./_options.ts";
import { ratesOf } from "./_rates.ts";
import type { Optimizer } from "./optimizer.ts";

/**
 * Options of {@linkcode ReduceLROnPlateau}.
 *
 * @example Halved after 3 epochs without a better accuracy
 * ```ts
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([weight], { lr: 0.1 });
 * const options: optim.ReduceLROnPlateauOptions = {
 *   mode: "max",
 *   factor: 0.5,
 *   patience: 3,
 * };
 * const schedule = new optim.ReduceLROnPlateau(optimizer, options);
 * ```
 */
export interface ReduceLROnPlateauOptions {
  /** Whether the metric should decrease (`"min"`) or increase (`"max"`). @default {"min"} */
  readonly mode?: "min" | "max";
  /** Factor by which the learning rate is multiplied. @default {0.1} */
  readonly factor?: number;
  /** Number of steps without improvement before the rate is reduced. @default {10} */
  readonly patience?: number;
  /** Smallest change of the metric that counts as an improvement. @default {1e-4} */
  readonly threshold?: number;
  /**
   * Whether the threshold is relative to `|best|` (`"rel"`) or absolute
   * (`"abs"`).
   *
   * @default {"rel"}
   */
  readonly thresholdMode?: "rel" | "abs";
  /** Number of steps after a reduction in which none are counted. @default {0} */
  readonly cooldown?: number;
  /** Smallest learning rate, of all groups or one for each. @default {0} */
  readonly minLr?: number | readonly number[];
  /** Smallest reduction; a smaller one is not made. @default {1e-8} */
  readonly eps?: number;
}

const natural = "must be an integer from 0 on";
const count = z.int(natural).check(z.gte(0, natural));

const schema = () =>
  z.strictObject({
    mode: z._default(z.enum(["min", "max"], 'must be "min" or "max"'), "min"),
    factor: z._default(
      z.number("must be a number").check(z.lt(1, "must be below 1")),
      0.1,
    ),
    patience: z._default(count, 10),
    threshold: z._default(finite, 1e-4),
    thresholdMode: z._default(
      z.enum(["rel", "abs"], 'must be "rel" or "abs"'),
      "rel",
    ),
    cooldown: z._default(count, 0),
    minLr: z._default(
      z.union(
        [finite, z.readonly(z.array(finite))],
        "must be a number, or one for each group",
      ),
      0,
    ),
    eps: z._default(nonNegative, 1e-8),
  });

/**
 * The state of the schedule: plain values.
 *
 * @example The best metric so far
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([weight], { lr: 0.1 });
 * const schedule = new optim.ReduceLROnPlateau(optimizer);
 * schedule.step(0.7);
 * const state: optim.PlateauState = schedule.stateDict();
 * assertEquals([state.best, state.badEpochs], [0.7, 0]);
 * ```
 */
export interface PlateauState {
  /** Number of steps taken. */
  readonly lastEpoch: number;
  /** The best metric so far, or null. */
  readonly best: number | null;
  /** Number of steps without improvement. */
  readonly badEpochs: number;
  /** Number of cooldown steps left. */
  readonly cooldownLeft: number;
}

/**
 * Multiplies the learning rate by `factor` when a metric has not improved for
 * more than `patience` steps.
 *
 * @example A loss that stops improving
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { ReduceLROnPlateau, SGD } from "@tenfold/optim";
 *
 * const optimizer = new SGD([tensor(0)], { lr: 1 });
 * const schedule = new ReduceLROnPlateau(optimizer, { patience: 1 });
 * for (const loss of [3, 2, 2, 2]) schedule.step(loss);
 * assertEquals(schedule.lrs(), [0.1]);
 * ```
 */
export class ReduceLROnPlateau {
  /** The optimizer whose learning rates it changes. */
  readonly optimizer: Optimizer;
  /** Number of steps taken. */
  lastEpoch = 0;
  /**
   * The best metric so far; null before the first that is better than the worst
   * infinity.
   */
  best: number | null = null;
  #badEpochs = 0;
  #cooldownLeft = 0;
  readonly #options: z.output<ReturnType<typeof schema>>;

  /**
   * Creates the schedule.
   *
   * @param optimizer The optimizer whose learning rates it changes.
   * @param options `mode`, `factor`, `patience`, `threshold`, `thresholdMode`,
   * `cooldown`, `minLr` and `eps`.
   * @throws {RangeError} If `minLr` is an array of another length than the groups.
   */
  constructor(optimizer: Optimizer, options: ReduceLROnPlateauOptions = {}) {
    this.#options = parseArguments(
      schema,
      { optimizer },
      options,
      arguments,
      "make a ReduceLROnPlateau",
    );
    this.optimizer = optimizer;
    this.#checkGroups("make");
  }

  /**
   * Takes the metric of a step and updates the learning rates.
   *
   * @param metric The metric, such as the validation loss.
   * @throws {TypeError} If it is not a number.
   */
  step(metric: number): void {
    checkCount("step", arguments.length, 1);
    if (typeof metric !== "number") {
      throw new TypeError(
        `Cannot step a ReduceLROnPlateau without a metric: got ${typeof metric}, expected a number`,
      );
    }
    this.#checkGroups("step");
    const { patience, cooldown } = this.#options;
    this.lastEpoch++;
    if (this.#isBetter(metric)) {
      this.best = metric;
      this.#badEpochs = 0;
    } else {
      this.#badEpochs++;
    }
    if (this.#cooldownLeft > 0) {
      this.#cooldownLeft--;
      this.#badEpochs = 0;
    }
    if (this.#badEpochs > patience) {
      this.#reduce();
      this.#cooldownLeft = cooldown;
      this.#badEpochs = 0;
    }
  }

  #checkGroups(action: string): void {
    const { minLr } = this.#options;
    const groups = this.optimizer.paramGroups.length;
    if (typeof minLr === "number" || minLr.length === groups) return;
    throw new RangeError(
      `Cannot ${action} a ReduceLROnPlateau as minLr must be a number, or one for each of ${groups} groups: got ${minLr.length}`,
    );
  }

  #isBetter(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.#options;
    const sign = mode === "min" ? 1 : -1;
    const best = this.best ?? sign * Infinity;
    // A share of the size of the best: with one of its value, a metric below 0
    // would make progress by standing still.
    const margin = thresholdMode === "abs"
      ? threshold
      : Number.isFinite(best)
      ? Math.abs(best) * threshold
      : 0;
    return sign * metric < sign * best - margin;
  }

  #reduce(): void {
    const { factor, minLr, eps } = this.#options;
    this.optimizer.paramGroups.forEach((group, i) => {
      const floor = typeof minLr === "number" ? minLr : minLr[i]!;
      const lr = Math.max(group.lr * factor, floor);
      if (group.lr - lr > eps) group.lr = lr;
    });
  }

  /** The current learning rate of each group. */
  lrs(): [number, ...number[]] {
    checkCount("lrs", arguments.length, 0);
    return ratesOf(this.optimizer);
  }

  /** The state; the learning rates are part of the state of the optimizer. */
  stateDict(): PlateauState {
    checkCount("stateDict", arguments.length, 0);
    return {
      lastEpoch: this.lastEpoch,
      best: this.best,
      badEpochs: this.#badEpochs,
      cooldownLeft: this.#cooldownLeft,
    };
  }

  /**
   * Restores the state of another schedule of the same options.
   *
   * @param state The result of `stateDict`.
   * @throws {RangeError} If a count is missing.
   */
  loadStateDict(state: PlateauState): void {
    checkCount("loadStateDict", arguments.length, 1);
    const { lastEpoch, best, badEpochs, cooldownLeft } = state;
    if (
      ![lastEpoch, badEpochs, cooldownLeft].every(Number.isInteger) ||
      (best !== null && typeof best !== "number")
    ) {
      throw new RangeError(
        `Cannot load the state of a ReduceLROnPlateau as it must have lastEpoch, best, badEpochs and cooldownLeft: got ${
          [lastEpoch, best, badEpochs, cooldownLeft].map(showValue).join(", ")
        }`,
      );
    }
    this.lastEpoch = lastEpoch;
    this.best = best;
    this.#badEpochs = badEpochs;
    this.#cooldownLeft = cooldownLeft;
  }
}
