/**
 * Adam, and Adam with decoupled weight decay.
 *
 * @module
 */
import { optionsArgument } from "@tenfold/core/internal";
import * as z from "zod/mini";
import { add, div, max, mul, neg, sqrt, sub } from "./_expr.ts";
import { betas, flag, nonNegative } from "./_options.ts";
import {
  Optimizer,
  type OptimizerParameters,
  type ParameterGroup,
  type Step,
} from "./optimizer.ts";
import { UpdateRule } from "./update_rule.ts";

/** Options of {@linkcode Adam} and {@linkcode AdamW}. */
export interface AdamOptions {
  /** The learning rate. @default {0.001} */
  lr?: number;
  /**
   * The decays of the running means of the gradient and of its square.
   *
   * @default {[0.9, 0.999]}
   */
  betas?: [number, number];
  /** Added to the root of the mean square. @default {1e-8} */
  eps?: number;
  /**
   * The penalty on large weights. @default {0, or 0.01 for AdamW}
   */
  weightDecay?: number;
  /** Whether the largest mean square so far is taken. @default {false} */
  amsgrad?: boolean;
  /** Whether the objective grows instead of shrinking. @default {false} */
  maximize?: boolean;
}

/** All options of a group of {@linkcode Adam}. */
export type AdamGroup = Required<AdamOptions>;

const schemaWith = (weightDecay: number) =>
  z.strictObject({
    lr: z._default(nonNegative, 1e-3),
    betas: z._default(betas, [0.9, 0.999]),
    eps: z._default(nonNegative, 1e-8),
    weightDecay: z._default(nonNegative, weightDecay),
    amsgrad: z._default(flag, false),
    maximize: z._default(flag, false),
  });

const adamSchema = schemaWith(0);
const adamWSchema = schemaWith(0.01);

const MEANS: readonly string[] = ["expAvg", "expAvgSq"];
const MEANS_AND_MAX: readonly string[] = [...MEANS, "maxExpAvgSq"];

const rules = new Map<number, UpdateRule>();

/**
 * Numbers: lr / (1 - β₁ᵗ), √(1 - β₂ᵗ), β₁, 1 - β₁, β₂, 1 - β₂, eps, and the
 * weight decay, or what is left of a weight where it is decoupled.
 */
function ruleOf(group: AdamGroup, decoupled: boolean): UpdateRule {
  const { amsgrad, maximize, weightDecay } = group;
  const decays = weightDecay !== 0;
  const key = (decoupled ? 1 : 0) + (amsgrad ? 2 : 0) + (maximize ? 4 : 0) +
    (decays ? 8 : 0);
  let rule = rules.get(key);
  if (rule === undefined) {
    rule = new UpdateRule(
      decoupled ? "update by AdamW" : "update by Adam",
      amsgrad ? 3 : 2,
      8,
      (p, [mean, square, top], g, [lr, root, b1, c1, b2, c2, eps, decay]) => {
        const sign = maximize ? neg(g) : g;
        const d = decays && !decoupled ? add(sign, mul(decay!, p)) : sign;
        const kept = decays && decoupled ? mul(p, decay!) : p;
        const nextMean = add(mul(b1!, mean!), mul(c1!, d));
        const nextSquare = add(mul(b2!, square!), mul(mul(c2!, d), d));
        const nextTop = top && max(top, nextSquare);
        const size = add(div(sqrt(nextTop ?? nextSquare), root!), eps!);
        const next = sub(kept, div(mul(lr!, nextMean), size));
        return [next, nextMean, nextSquare, ...nextTop ? [nextTop] : []];
      },
    );
    rules.set(key, rule);
  }
  return rule;
}

/** The step of both algorithms. */
function stepOf(group: AdamGroup, step: number, decoupled: boolean): Step {
  const { lr, betas: [b1, b2], eps, weightDecay } = group;
  return {
    rule: ruleOf(group, decoupled),
    numbers: [
      lr / (1 - b1 ** step),
      Math.sqrt(1 - b2 ** step),
      b1,
      1 - b1,
      b2,
      1 - b2,
      eps,
      decoupled ? 1 - lr * weightDecay : weightDecay,
    ],
  };
}

/**
 * Adam (Kingma and Ba, 2014): steps of the running mean of the gradient,
 * divided by the root of the running mean of its square.
 *
 * @example The first step is as long as the learning rate
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { Adam } from "@tenfold/optim";
 *
 * const p = tensor(4, { requiresGrad: true });
 * const optimizer = new Adam([p], { lr: 0.1 });
 * p.square().backward();
 * optimizer.step();
 * assertAlmostEquals(await p.item(), 3.9, 1e-6);
 * ```
 */
export class Adam extends Optimizer<AdamGroup> {
  /**
   * Takes parameters, or groups of them.
   *
   * @param params What is optimized.
   * @param options The options of groups that say nothing else.
   * @throws {TypeError} If an option is unknown or of the wrong type.
   * @throws {RangeError} If an option has a wrong value.
   */
  constructor(
    params: OptimizerParameters<AdamGroup>,
    options: AdamOptions = {},
  ) {
    super(
      "Adam",
      params,
      optionsArgument(
        adamSchema,
        ["params"],
        options,
        arguments,
        "make an optimizer Adam",
      ),
      adamSchema,
    );
  }

  /** The running means. */
  protected override stateNames(
    { amsgrad }: ParameterGroup<AdamGroup>,
  ): readonly string[] {
    return amsgrad ? MEANS_AND_MAX : MEANS;
  }

  /** The rule and its numbers. */
  protected override update(
    group: ParameterGroup<AdamGroup>,
    step: number,
  ): Step {
    return stepOf(group, step, false);
  }
}

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, 2017): weights
 * shrink by `lr * weightDecay` of themselves in each step, whatever their
 * gradient is.
 *
 * @example A weight without a slope shrinks all the same
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { AdamW } from "@tenfold/optim";
 *
 * const p = tensor(4, { requiresGrad: true });
 * const optimizer = new AdamW([p], { lr: 0.1, weightDecay: 0.5 });
 * p.mul(0).backward();
 * optimizer.step();
 * assertAlmostEquals(await p.item(), 3.8, 1e-6);
 * ```
 */
export class AdamW extends Optimizer<AdamGroup> {
  /**
   * Takes parameters, or groups of them.
   *
   * @param params What is optimized.
   * @param options The options of groups that say nothing else.
   * @throws {TypeError} If an option is unknown or of the wrong type.
   * @throws {RangeError} If an option has a wrong value.
   */
  constructor(
    params: OptimizerParameters<AdamGroup>,
    options: AdamOptions = {},
  ) {
    super(
      "AdamW",
      params,
      optionsArgument(
        adamWSchema,
        ["params"],
        options,
        arguments,
        "make an optimizer AdamW",
      ),
      adamWSchema,
    );
  }

  /** The running means. */
  protected override stateNames(
    { amsgrad }: ParameterGroup<AdamGroup>,
  ): readonly string[] {
    return amsgrad ? MEANS_AND_MAX : MEANS;
  }

  /** The rule and its numbers. */
  protected override update(
    group: ParameterGroup<AdamGroup>,
    step: number,
  ): Step {
    return stepOf(group, step, true);
  }
}
