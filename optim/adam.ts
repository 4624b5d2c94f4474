/**
 * Adam, and Adam with decoupled weight decay.
 *
 * @module
 */
import * as z from "zod/mini";
import { add, div, max, mul, sqrt, sub } from "./_expr.ts";
import { betas, flag, nonNegative } from "./_options.ts";
import { algorithm, AlgorithmOptimizer } from "./algorithm.ts";
import type { OptimizerParameters } from "./optimizer.ts";

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

const adam = algorithm({
  name: "Adam",
  schema: schemaWith(0),
  choices: ({ amsgrad }: AdamGroup) => ({ amsgrad }),
  state: ({ amsgrad }) =>
    amsgrad ? ["expAvg", "expAvgSq", "maxExpAvgSq"] : ["expAvg", "expAvgSq"],
  numbers: ({ lr, betas: [b1, b2], eps }, step) => ({
    rate: lr / (1 - b1 ** step),
    root: Math.sqrt(1 - b2 ** step),
    b1,
    c1: 1 - b1,
    b2,
    c2: 1 - b2,
    eps,
  }),
  update: (values, { rate, root, b1, c1, b2, c2, eps }, { amsgrad }) => {
    const { parameter, gradient: g } = values;
    const expAvg = add(mul(b1, values.expAvg), mul(c1, g));
    const expAvgSq = add(mul(b2, values.expAvgSq), mul(mul(c2, g), g));
    const maxExpAvgSq = amsgrad ? max(values.maxExpAvgSq, expAvgSq) : expAvgSq;
    const size = add(div(sqrt(maxExpAvgSq), root), eps);
    return {
      parameter: sub(parameter, div(mul(rate, expAvg), size)),
      expAvg,
      expAvgSq,
      maxExpAvgSq,
    };
  },
});

const adamW: typeof adam = {
  ...adam,
  name: "AdamW",
  schema: schemaWith(0.01),
  decay: "decoupled",
};

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
export class Adam extends AlgorithmOptimizer<AdamGroup> {
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
    super(adam, params, options, arguments);
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
export class AdamW extends AlgorithmOptimizer<AdamGroup> {
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
    super(adamW, params, options, arguments);
  }
}
