/**
 * The schedule that watches a metric.
 *
 * @module
 */
import { checkCount, parseArguments, showValue } from "@tenfold/core/internal";
import * as z from "zod/mini";
import { finite, nonNegative } from "./_options.ts";
import type { Optimizer } from "./optimizer.ts";

/** Options of {@linkcode ReduceLROnPlateau}. */
export interface ReduceLROnPlateauOptions {
  /** Whether the metric should fall or rise. @default {"min"} */
  readonly mode?: "min" | "max";
  /** What the rate is multiplied by. @default {0.1} */
  readonly factor?: number;
  /** Steps without progress that are borne. @default {10} */
  readonly patience?: number;
  /** Less than this is no progress. @default {1e-4} */
  readonly threshold?: number;
  /**
   * Whether the threshold is a share of the size of the best, `|best|`, or an
   * amount.
   *
   * @default {"rel"}
   */
  readonly thresholdMode?: "rel" | "abs";
  /** Steps after a change in which none are counted. @default {0} */
  readonly cooldown?: number;
  /** The smallest rate, of all groups or of each. @default {0} */
  readonly minLr?: number | readonly number[];
  /** A smaller change is not made. @default {1e-8} */
  readonly eps?: number;
}

const natural = "must be an integer from 0 on";
const count = z.int(natural).check(z.gte(0, natural));

const schema = z.strictObject({
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

/** What the schedule remembers: plain values. */
export interface PlateauState {
  /** How many steps were taken. */
  readonly lastEpoch: number;
  /** The best metric so far; null before there is one. */
  readonly best: number | null;
  /** Steps without progress. */
  readonly badEpochs: number;
  /** Steps that are still not counted. */
  readonly cooldownLeft: number;
}

/**
 * Multiplies the learning rate by `factor` when a metric has made no progress
 * for more than `patience` steps.
 *
 * @example A loss that does not fall
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
  /** Whose learning rates it changes. */
  readonly optimizer: Optimizer;
  /** How many steps were taken. */
  lastEpoch = 0;
  /**
   * The best metric so far; null before the first that is better than the worst
   * infinity.
   */
  best: number | null = null;
  #badEpochs = 0;
  #cooldownLeft = 0;
  readonly #options: z.output<typeof schema>;

  /**
   * Takes an optimizer.
   *
   * @param optimizer Whose learning rates it changes.
   * @param options What counts as progress, and what happens without.
   * @throws {RangeError} If `minLr` has not one number for each group.
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
   * Looks at the metric of a step.
   *
   * @param metric Such as the validation loss.
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

  /** The learning rate of each group at present. */
  lrs(): number[] {
    checkCount("lrs", arguments.length, 0);
    return this.optimizer.paramGroups.map(({ lr }) => lr);
  }

  /** What it remembers. The optimizer remembers the learning rates. */
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
   * Goes on from where another schedule of the same options was.
   *
   * @param state What `stateDict` gave.
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
