/**
 * The one-cycle schedule.
 *
 * @module
 */
import { checkCount, parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import {
  forGroups,
  requireGroups,
  requireMomentum,
  setMomentum,
} from "./_cycle.ts";
import { finite, flag, positive, positiveInteger } from "./_options.ts";
import { lastEpoch } from "./_schedule.ts";
import {
  LRScheduler,
  type SchedulerOptions,
  type SchedulerState,
} from "./lr_scheduler.ts";
import type { Optimizer } from "./optimizer.ts";

/**
 * Options of {@linkcode OneCycleLR}.
 *
 * @example One cycle over ten epochs
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([weight], { lr: 0.1, momentum: 0.9 });
 * const options: optim.OneCycleLROptions = {
 *   maxLr: 0.1,
 *   epochs: 10,
 *   stepsPerEpoch: 20,
 * };
 * const schedule = new optim.OneCycleLR(optimizer, options);
 * for (let step = 0; step < 60; step++) {
 *   optimizer.step();
 *   schedule.step();
 * }
 * assertAlmostEquals(optimizer.paramGroups[0]?.lr ?? 0, 0.1, 1e-4);
 * ```
 */
export interface OneCycleLROptions extends SchedulerOptions {
  /** Largest learning rate, of all groups or one for each. */
  readonly maxLr: number | readonly number[];
  /** Number of steps in the cycle. @default {epochs * stepsPerEpoch} */
  readonly totalSteps?: number;
  /** Number of epochs in the cycle. */
  readonly epochs?: number;
  /** Number of steps in an epoch. */
  readonly stepsPerEpoch?: number;
  /** Fraction of the cycle in which the learning rate increases. @default {0.3} */
  readonly pctStart?: number;
  /** Annealing by a cosine (`"cos"`) or linearly (`"linear"`). @default {"cos"} */
  readonly annealStrategy?: "cos" | "linear";
  /** Whether momentum is cycled inversely to the learning rate. @default {true} */
  readonly cycleMomentum?: boolean;
  /** The smallest momentum. @default {0.85} */
  readonly baseMomentum?: number | readonly number[];
  /** The largest momentum. @default {0.95} */
  readonly maxMomentum?: number | readonly number[];
  /** The initial learning rate is `maxLr / divFactor`. @default {25} */
  readonly divFactor?: number;
  /** The last learning rate is the initial one divided by this. @default {1e4} */
  readonly finalDivFactor?: number;
  /**
   * Whether the cycle has three phases: up, down to the initial learning rate,
   * and on to the last one.
   *
   * @default {false}
   */
  readonly threePhase?: boolean;
}

const numbers = z.union(
  [finite, z.readonly(z.array(finite))],
  "must be a number, or one for each group",
);
const share = "must be a number from 0 to 1";

const schema = () =>
  z.strictObject({
    maxLr: numbers,
    totalSteps: z.optional(positiveInteger),
    epochs: z.optional(positiveInteger),
    stepsPerEpoch: z.optional(positiveInteger),
    pctStart: z._default(
      z.number(share).check(z.gte(0, share), z.lte(1, share)),
      0.3,
    ),
    annealStrategy: z._default(
      z.enum(["cos", "linear"], 'must be "cos" or "linear"'),
      "cos",
    ),
    cycleMomentum: z._default(flag, true),
    baseMomentum: z._default(numbers, 0.85),
    maxMomentum: z._default(numbers, 0.95),
    divFactor: z._default(positive, 25),
    finalDivFactor: z._default(positive, 1e4),
    threePhase: z._default(flag, false),
    lastEpoch: z._default(lastEpoch, -1),
  }).check(z.refine(
    ({ totalSteps, epochs, stepsPerEpoch }) =>
      totalSteps !== undefined ||
      (epochs !== undefined && stepsPerEpoch !== undefined),
    "totalSteps, or epochs and stepsPerEpoch, must be given",
  ));

/** The rates and momenta of a group that the phases lead between. */
interface Bounds {
  readonly initial: number;
  readonly max: number;
  readonly min: number;
  readonly baseMomentum: number;
  readonly maxMomentum: number;
}

/** A stretch of the cycle, up to the step `end`. */
interface Phase {
  readonly end: number;
  readonly from: "initial" | "max";
  readonly to: "initial" | "max" | "min";
  readonly momentumFrom: "baseMomentum" | "maxMomentum";
  readonly momentumTo: "baseMomentum" | "maxMomentum";
}

/**
 * The state of the one-cycle schedule.
 *
 * @example How long the cycle is
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([weight], { lr: 0.1, momentum: 0.9 });
 * const schedule = new optim.OneCycleLR(optimizer, {
 *   maxLr: 0.1,
 *   totalSteps: 100,
 * });
 * const state: optim.OneCycleState = schedule.stateDict();
 * assertEquals([state.totalSteps, state.maxLrs], [100, [0.1]]);
 * ```
 */
export interface OneCycleState extends SchedulerState {
  /** Number of steps in the cycle. */
  readonly totalSteps: number;
  /** Largest learning rate of each group. */
  readonly maxLrs: readonly number[];
}

/**
 * The one-cycle policy: the learning rate increases to its maximum and then
 * decreases far below its initial value, and momentum does the reverse (Smith
 * and Topin, 2017). Call `step` after each batch.
 *
 * @example One cycle of ten steps
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { OneCycleLR, SGD } from "@tenfold/optim";
 *
 * const optimizer = new SGD([tensor(0)], { lr: 1, momentum: 0.9 });
 * const schedule = new OneCycleLR(optimizer, { maxLr: 1, totalSteps: 10 });
 * const lrs: number[] = [];
 * for (let step = 0; step < 10; step++) {
 *   lrs.push(schedule.lrs()[0]);
 *   schedule.step();
 * }
 * assertEquals(lrs.indexOf(Math.max(...lrs)), 2);
 * assertEquals(lrs.indexOf(Math.min(...lrs)), 9);
 * ```
 */
export class OneCycleLR extends LRScheduler {
  /** It steps after each batch. */
  override readonly every: "epoch" | "step" = "step";
  /** Number of steps in the cycle. */
  readonly totalSteps: number;
  readonly #phases: readonly Phase[];
  readonly #bounds: readonly Bounds[];
  readonly #cosine: boolean;
  readonly #cyclesMomentum: boolean;

  /**
   * Creates the schedule.
   *
   * @param optimizer The optimizer whose learning rates it changes.
   * @param options `maxLr`, the length of the cycle, and its shape.
   * @throws {RangeError} If there is not one number for each group, or no
   * momentum to change.
   */
  constructor(optimizer: Optimizer, options: OneCycleLROptions) {
    const parsed = parseArguments(
      schema,
      { optimizer },
      options,
      arguments,
      "make a OneCycleLR",
    );
    const { length } = optimizer.paramGroups;
    const each = (name: "maxLr" | "baseMomentum" | "maxMomentum") =>
      forGroups("make a OneCycleLR", name, parsed[name], length);
    const maxLrs = each("maxLr");
    const baseMomenta = each("baseMomentum");
    const maxMomenta = each("maxMomentum");
    if (parsed.cycleMomentum) requireMomentum("OneCycleLR", optimizer);
    super(optimizer, parsed.lastEpoch);
    this.totalSteps = parsed.totalSteps ??
      parsed.epochs! * parsed.stepsPerEpoch!;
    this.#cosine = parsed.annealStrategy === "cos";
    this.#cyclesMomentum = parsed.cycleMomentum;
    this.#bounds = maxLrs.map((max, i) => {
      const initial = max / parsed.divFactor;
      return {
        initial,
        max,
        min: initial / parsed.finalDivFactor,
        baseMomentum: baseMomenta[i]!,
        maxMomentum: maxMomenta[i]!,
      };
    });
    this.#phases = phasesOf(
      this.totalSteps,
      parsed.pctStart,
      parsed.threePhase,
    );
    if (parsed.lastEpoch === -1) {
      optimizer.paramGroups.forEach((group, i) =>
        group.initialLr = this.#bounds[i]!.initial
      );
    }
    this.begin();
  }

  /** The learning rate of every group; sets the momenta on the way. */
  protected override nextLrs(): number[] {
    const { lastEpoch: step, totalSteps } = this;
    if (step > totalSteps) {
      throw new RangeError(
        `Cannot take step ${step} of a OneCycleLR as its cycle has ${totalSteps} steps`,
      );
    }
    let at = this.#phases.findIndex(({ end }) => step <= end);
    if (at < 0) at = this.#phases.length - 1;
    const start = at === 0 ? 0 : this.#phases[at - 1]!.end;
    const { end, from, to, momentumFrom, momentumTo } = this.#phases[at]!;
    // A phase of one step, such as a rise with pctStart * totalSteps = 1, is at
    // its end at once.
    const share = end > start ? (step - start) / (end - start) : 1;
    requireGroups("OneCycleLR", this.optimizer, this.#bounds.length);
    return this.optimizer.paramGroups.map((group, i) => {
      const bounds = this.#bounds[i]!;
      if (this.#cyclesMomentum) {
        const momentum = this.#anneal(
          bounds[momentumFrom],
          bounds[momentumTo],
          share,
        );
        setMomentum(group, momentum);
      }
      return this.#anneal(bounds[from], bounds[to], share);
    });
  }

  #anneal(from: number, to: number, share: number): number {
    return this.#cosine
      ? to + (from - to) / 2 * (Math.cos(Math.PI * share) + 1)
      : (to - from) * share + from;
  }

  /** The state of the schedule. */
  override stateDict(): OneCycleState {
    checkCount("stateDict", arguments.length, 0);
    const maxLrs = this.#bounds.map(({ max }) => max);
    return { ...super.stateDict(), totalSteps: this.totalSteps, maxLrs };
  }

  /**
   * Restores the state of another schedule of the same options.
   *
   * @param state The result of `stateDict`.
   * @throws {RangeError} If the cycle has another length or largest learning rate.
   */
  override loadStateDict(state: OneCycleState): void {
    checkCount("loadStateDict", arguments.length, 1);
    if (state.totalSteps !== this.totalSteps) {
      throw new RangeError(
        `Cannot load the state of a OneCycleLR as its cycle differs: got ${state.totalSteps} steps, expected ${this.totalSteps}`,
      );
    }
    const maxLrs = this.#bounds.map(({ max }) => max);
    if (String(state.maxLrs) !== String(maxLrs)) {
      throw new RangeError(
        `Cannot load the state of a OneCycleLR as its largest rate differs: got ${state.maxLrs}, expected ${maxLrs}`,
      );
    }
    super.loadStateDict(state);
  }
}

/** The phases of a cycle. */
function phasesOf(
  steps: number,
  pctStart: number,
  threePhase: boolean,
): readonly Phase[] {
  const rise: Phase = {
    end: pctStart * steps - 1,
    from: "initial",
    to: "max",
    momentumFrom: "maxMomentum",
    momentumTo: "baseMomentum",
  };
  if (!threePhase) {
    return [rise, {
      end: steps - 1,
      from: "max",
      to: "min",
      momentumFrom: "baseMomentum",
      momentumTo: "maxMomentum",
    }];
  }
  return [rise, {
    end: 2 * pctStart * steps - 2,
    from: "max",
    to: "initial",
    momentumFrom: "baseMomentum",
    momentumTo: "maxMomentum",
  }, {
    end: steps - 1,
    from: "initial",
    to: "min",
    momentumFrom: "maxMomentum",
    momentumTo: "maxMomentum",
  }];
}
