/**
 * Adam, and Adam with decoupled weight decay.
 *
 * @module
 */
import { expr } from "@tenfold/core/backend";
import * as z from "./_zod.ts";
import { betas, flag, nonNegative } from "./_options.ts";
import { algorithm, AlgorithmOptimizer } from "./algorithm.ts";
import type { OptimizerParameters } from "./optimizer.ts";

/**
 * Options of {@linkcode Adam} and {@linkcode AdamW}.
 *
 * @example Decoupled weight decay
 * ```ts
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const options: optim.AdamOptions = { lr: 3e-4, weightDecay: 0.1 };
 * const optimizer = new optim.AdamW([weight], options);
 * ```
 */
export interface AdamOptions {
  /** The learning rate. @default {0.001} */
  lr?: number;
  /**
   * Decay rates of the running averages of the gradient and of its square.
   *
   * @default {[0.9, 0.999]}
   */
  betas?: [number, number];
  /** Value added to the denominator for numerical stability. @default {1e-8} */
  eps?: number;
  /**
   * Weight decay: the coefficient of the L2 penalty, or of the decoupled decay
   * for AdamW. @default {0, or 0.01 for AdamW}
   */
  weightDecay?: number;
  /** Whether to use the AMSGrad variant (Reddi and others, 2018). @default {false} */
  amsgrad?: boolean;
  /** Whether the objective is maximised instead of minimised. @default {false} */
  maximize?: boolean;
}

/**
 * All options of a group of {@linkcode Adam}.
 *
 * @example The options of the groups of an optimizer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.Adam([weight]);
 * const groups: optim.AdamGroup[] = optimizer.paramGroups;
 * assertEquals(groups.map((group) => group.betas), [[0.9, 0.999]]);
 * ```
 */
export type AdamGroup = Required<AdamOptions>;

const schemaWith = (weightDecay: number) => () =>
  z.strictObject({
    lr: z._default(nonNegative, 1e-3),
    betas: z._default(betas, [0.9, 0.999]),
    eps: z._default(nonNegative, 1e-8),
    weightDecay: z._default(nonNegative, weightDecay),
    amsgrad: z._default(flag, false),
    maximize: z._default(flag, false),
  });

const adam = /* @__PURE__ */ algorithm({
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
    const { add, div, max, mul, sqrt, sub } = expr;
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

/** AdamW. */
export const adamW: typeof adam = {
  ...adam,
  name: "AdamW",
  schema: schemaWith(0.01),
  decay: "decoupled",
};

/**
 * Adam (Kingma and Ba, 2014): divides the running average of the gradient by the
 * square root of the running average of its square.
 *
 * @example The first step has the size of the learning rate
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
   * Creates the optimizer.
   *
   * @param params The parameters, such as `model.parameters()`, or groups of them
   * with options of their own.
   * @param options The options; groups may override them.
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
 * Adam with decoupled weight decay (Loshchilov and Hutter, 2017): each step
 * multiplies the weights by `1 - lr * weightDecay`, apart from the gradient.
 *
 * @example Weight decay without a gradient
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
   * Creates the optimizer.
   *
   * @param params The parameters, such as `model.parameters()`, or groups of them
   * with options of their own.
   * @param options The options; groups may override them.
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
