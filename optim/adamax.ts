/**
 * Adamax.
 *
 * @module
 */
import { expr } from "@tenfold/core/backend";
import * as z from "./_zod.ts";
import { betas, flag, nonNegative } from "./_options.ts";
import { algorithm, AlgorithmOptimizer } from "./algorithm.ts";
import type { OptimizerParameters } from "./optimizer.ts";

/**
 * Options of {@linkcode Adamax}.
 *
 * @example Shorter averages
 * ```ts
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const options: optim.AdamaxOptions = { lr: 1e-3, betas: [0.8, 0.99] };
 * const optimizer = new optim.Adamax([weight], options);
 * ```
 */
export interface AdamaxOptions {
  /** The learning rate. @default {0.002} */
  lr?: number;
  /**
   * Decay rates of the running averages of the gradient and of its largest size.
   *
   * @default {[0.9, 0.999]}
   */
  betas?: [number, number];
  /** Value added to the size of the gradient for numerical stability. @default {1e-8} */
  eps?: number;
  /** Weight decay: the coefficient of the L2 penalty. @default {0} */
  weightDecay?: number;
  /** Whether the objective is maximised instead of minimised. @default {false} */
  maximize?: boolean;
}

/**
 * All options of a group of {@linkcode Adamax}.
 *
 * @example The options of the groups of an optimizer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.Adamax([weight]);
 * const groups: optim.AdamaxGroup[] = optimizer.paramGroups;
 * assertEquals(groups.map((group) => group.lr), [0.002]);
 * ```
 */
export type AdamaxGroup = Required<AdamaxOptions>;

const adamax = /* @__PURE__ */ algorithm({
  name: "Adamax",
  schema: () =>
    z.strictObject({
      lr: z._default(nonNegative, 2e-3),
      betas: z._default(betas, [0.9, 0.999]),
      eps: z._default(nonNegative, 1e-8),
      weightDecay: z._default(nonNegative, 0),
      maximize: z._default(flag, false),
    }),
  state: () => ["expAvg", "expInf"],
  numbers: ({ lr, betas: [b1, b2], eps }: AdamaxGroup, step) => ({
    rate: lr / (1 - b1 ** step),
    b1,
    c1: 1 - b1,
    b2,
    eps,
  }),
  update: (values, { rate, b1, c1, b2, eps }) => {
    const { abs, add, div, max, mul, sub } = expr;
    const { parameter, gradient } = values;
    const expAvg = add(mul(b1, values.expAvg), mul(c1, gradient));
    const expInf = max(mul(b2, values.expInf), add(abs(gradient), eps));
    return {
      parameter: sub(parameter, div(mul(rate, expAvg), expInf)),
      expAvg,
      expInf,
    };
  },
});

/**
 * Adamax (Kingma and Ba, 2014): Adam with the largest size of the gradients,
 * which decays, instead of their root mean square.
 *
 * @example The first step has the size of the learning rate
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { Adamax } from "@tenfold/optim";
 *
 * const p = tensor(4, { requiresGrad: true });
 * const optimizer = new Adamax([p], { lr: 0.1 });
 * p.square().backward();
 * optimizer.step();
 * assertAlmostEquals(await p.item(), 3.9, 1e-6);
 * ```
 */
export class Adamax extends AlgorithmOptimizer<AdamaxGroup> {
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
    params: OptimizerParameters<AdamaxGroup>,
    options: AdamaxOptions = {},
  ) {
    super(adamax, params, options, arguments);
  }
}
