/**
 * The cyclical schedule.
 *
 * @module
 */
import { parseArguments, showValue } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import {
  forGroups,
  requireGroups,
  requireMomentum,
  setMomentum,
} from "./_cycle.ts";
import { finite, flag, positiveInteger } from "./_options.ts";
import { lastEpoch, passing } from "./_schedule.ts";
import { LRScheduler, type SchedulerOptions } from "./lr_scheduler.ts";
import type { Optimizer } from "./optimizer.ts";

/**
 * Options of {@linkcode CyclicLR}.
 *
 * @example Up in 4 steps and down again
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([weight], { lr: 0.1, momentum: 0.9 });
 * const options: optim.CyclicLROptions = {
 *   baseLr: 0.01,
 *   maxLr: 0.1,
 *   stepSizeUp: 4,
 * };
 * const schedule = new optim.CyclicLR(optimizer, options);
 * for (let step = 0; step < 4; step++) {
 *   optimizer.step();
 *   schedule.step();
 * }
 * assertAlmostEquals(optimizer.paramGroups[0]?.lr ?? 0, 0.1, 1e-9);
 * ```
 */
export interface CyclicLROptions extends SchedulerOptions {
  /** Smallest learning rate, of all groups or one for each. */
  readonly baseLr: number | readonly number[];
  /** Largest learning rate, of all groups or one for each. */
  readonly maxLr: number | readonly number[];
  /** Number of steps in which the learning rate increases. @default {2000} */
  readonly stepSizeUp?: number;
  /** Number of steps in which it decreases. @default {stepSizeUp} */
  readonly stepSizeDown?: number;
  /**
   * How the amplitude changes: `"triangular"` keeps it, `"triangular2"` halves
   * it with each cycle, `"expRange"` multiplies it by `gamma` with each step.
   *
   * @default {"triangular"}
   */
  readonly mode?: "triangular" | "triangular2" | "expRange";
  /** The factor of `"expRange"`. @default {1} */
  readonly gamma?: number;
  /**
   * The amplitude, from 0 to 1, as a function of the number of the cycle, from
   * 1 on, or of the step; instead of `mode`.
   */
  readonly scaleFn?: (x: number) => number;
  /** What `scaleFn` is a function of. @default {"cycle"} */
  readonly scaleMode?: "cycle" | "iterations";
  /** Whether momentum is cycled inversely to the learning rate. @default {true} */
  readonly cycleMomentum?: boolean;
  /** The smallest momentum. @default {0.8} */
  readonly baseMomentum?: number | readonly number[];
  /** The largest momentum. @default {0.9} */
  readonly maxMomentum?: number | readonly number[];
}

const numbers = () =>
  z.union(
    [finite, z.readonly(z.array(finite))],
    "must be a number, or one for each group",
  );

const schema = () =>
  z.strictObject({
    baseLr: numbers(),
    maxLr: numbers(),
    stepSizeUp: z._default(positiveInteger, 2000),
    stepSizeDown: z.optional(positiveInteger),
    mode: z._default(
      z.enum(
        ["triangular", "triangular2", "expRange"],
        'must be "triangular", "triangular2" or "expRange"',
      ),
      "triangular",
    ),
    gamma: z._default(finite, 1),
    scaleFn: z.optional(passing<(x: number) => number>(
      (value) => typeof value === "function",
      "must be a function",
    )),
    scaleMode: z._default(
      z.enum(["cycle", "iterations"], 'must be "cycle" or "iterations"'),
      "cycle",
    ),
    cycleMomentum: z._default(flag, true),
    baseMomentum: z._default(numbers(), 0.8),
    maxMomentum: z._default(numbers(), 0.9),
    lastEpoch: z._default(lastEpoch, -1),
  });

/** The rates and momenta of a group. */
interface Bounds {
  readonly base: number;
  readonly max: number;
  readonly baseMomentum: number;
  readonly maxMomentum: number;
}

/**
 * The cyclical policy (Smith, 2015): the learning rate increases and decreases
 * along straight lines between two bounds, and momentum does the reverse. Call
 * `step` after each batch.
 *
 * @example Two steps up and two down
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { CyclicLR, SGD } from "@tenfold/optim";
 *
 * const optimizer = new SGD([tensor(0)], { lr: 1, momentum: 0.9 });
 * const schedule = new CyclicLR(optimizer, {
 *   baseLr: 0.1,
 *   maxLr: 0.5,
 *   stepSizeUp: 2,
 * });
 * for (const expected of [0.1, 0.3, 0.5, 0.3, 0.1, 0.3]) {
 *   assertAlmostEquals(schedule.lrs()[0], expected, 1e-12);
 *   schedule.step();
 * }
 * ```
 */
export class CyclicLR extends LRScheduler {
  /** It steps after each batch. */
  override readonly every: "epoch" | "step" = "step";
  readonly #bounds: readonly Bounds[];
  readonly #length: number;
  readonly #rise: number;
  readonly #share: (cycle: number, step: number) => number;
  readonly #cyclesMomentum: boolean;

  /**
   * Creates the schedule.
   *
   * @param optimizer The optimizer whose learning rates it changes.
   * @param options `baseLr`, `maxLr`, the length of the cycle, and its shape.
   * @throws {RangeError} If there is not one number for each group, or no
   * momentum to change.
   */
  constructor(optimizer: Optimizer, options: CyclicLROptions) {
    const parsed = parseArguments(
      schema,
      { optimizer },
      options,
      arguments,
      "make a CyclicLR",
    );
    const { length } = optimizer.paramGroups;
    const each = (name: "baseLr" | "maxLr" | "baseMomentum" | "maxMomentum") =>
      forGroups("make a CyclicLR", name, parsed[name], length);
    const [bases, maxLrs] = [each("baseLr"), each("maxLr")];
    const [low, high] = [each("baseMomentum"), each("maxMomentum")];
    if (parsed.cycleMomentum) requireMomentum("CyclicLR", optimizer);
    super(optimizer, parsed.lastEpoch);
    const { stepSizeUp, stepSizeDown = stepSizeUp } = parsed;
    this.#length = stepSizeUp + stepSizeDown;
    this.#rise = stepSizeUp / this.#length;
    this.#share = shareOf(parsed);
    this.#cyclesMomentum = parsed.cycleMomentum;
    this.#bounds = bases.map((base, i) => ({
      base,
      max: maxLrs[i]!,
      baseMomentum: low[i]!,
      maxMomentum: high[i]!,
    }));
    if (parsed.lastEpoch === -1) {
      optimizer.paramGroups.forEach((group, i) => group.initialLr = bases[i]!);
    }
    this.begin();
  }

  /** The learning rate of every group; sets the momenta on the way. */
  protected override nextLrs(): number[] {
    const { paramGroups } = this.optimizer;
    requireGroups("CyclicLR", this.optimizer, this.#bounds.length);
    const cycle = Math.floor(1 + this.lastEpoch / this.#length);
    const at = 1 + this.lastEpoch / this.#length - cycle;
    const height = at <= this.#rise
      ? at / this.#rise
      : (at - 1) / (this.#rise - 1);
    const share = this.#share(cycle, this.lastEpoch);
    if (typeof share !== "number") {
      throw new TypeError(
        `Cannot step a CyclicLR as scaleFn must give a number: got ${
          showValue(share)
        }`,
      );
    }
    return paramGroups.map((group, i) => {
      const { base, max, baseMomentum, maxMomentum } = this.#bounds[i]!;
      if (this.#cyclesMomentum) {
        const fall = (maxMomentum - baseMomentum) * height * share;
        setMomentum(group, maxMomentum - fall);
      }
      return base + (max - base) * height * share;
    });
  }
}

/** The share of the height at a cycle and a step. */
function shareOf(
  { scaleFn, scaleMode, mode, gamma }: z.output<ReturnType<typeof schema>>,
): (cycle: number, step: number) => number {
  if (scaleFn) {
    return (cycle, step) => scaleFn(scaleMode === "cycle" ? cycle : step);
  }
  switch (mode) {
    case "triangular":
      return () => 1;
    case "triangular2":
      return (cycle) => 1 / 2 ** (cycle - 1);
    case "expRange":
      return (_, step) => gamma ** step;
  }
}
