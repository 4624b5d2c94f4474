/**
 * RMSprop.
 *
 * @module
 */
import { expr } from "@tenfold/core/backend";
import * as z from "./_zod.ts";
import { flag, nonNegative } from "./_options.ts";
import { algorithm, AlgorithmOptimizer } from "./algorithm.ts";
import type { OptimizerParameters } from "./optimizer.ts";

/**
 * Options of {@linkcode RMSprop}.
 *
 * @example Centered, with momentum
 * ```ts
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const options: optim.RMSpropOptions = {
 *   lr: 1e-3,
 *   momentum: 0.9,
 *   centered: true,
 * };
 * const optimizer = new optim.RMSprop([weight], options);
 * ```
 */
export interface RMSpropOptions {
  /** The learning rate. @default {0.01} */
  lr?: number;
  /** Decay rate of the running average of squared gradients. @default {0.99} */
  alpha?: number;
  /** Value added to the denominator for numerical stability. @default {1e-8} */
  eps?: number;
  /** Weight decay: the coefficient of the L2 penalty. @default {0} */
  weightDecay?: number;
  /** Momentum factor. @default {0} */
  momentum?: number;
  /** Whether to normalise by the estimated variance of the gradient. @default {false} */
  centered?: boolean;
  /** Whether the objective is maximised instead of minimised. @default {false} */
  maximize?: boolean;
}

/**
 * All options of a group of {@linkcode RMSprop}.
 *
 * @example The options of the groups of an optimizer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.RMSprop([weight]);
 * const groups: optim.RMSpropGroup[] = optimizer.paramGroups;
 * assertEquals(groups.map((group) => group.alpha), [0.99]);
 * ```
 */
export type RMSpropGroup = Required<RMSpropOptions>;

const rmsprop = /* @__PURE__ */ algorithm({
  name: "RMSprop",
  schema: () =>
    z.strictObject({
      lr: z._default(nonNegative, 1e-2),
      alpha: z._default(nonNegative, 0.99),
      eps: z._default(nonNegative, 1e-8),
      weightDecay: z._default(nonNegative, 0),
      momentum: z._default(nonNegative, 0),
      centered: z._default(flag, false),
      maximize: z._default(flag, false),
    }),
  choices: ({ momentum, centered }: RMSpropGroup) => ({
    momentum: momentum > 0,
    centered,
  }),
  state: ({ momentum, centered }) => [
    "squareAvg",
    ...momentum ? ["momentumBuffer" as const] : [],
    ...centered ? ["gradAvg" as const] : [],
  ],
  numbers: ({ lr, alpha, eps, momentum }) => ({
    lr,
    alpha,
    rest: 1 - alpha,
    eps,
    keep: momentum,
  }),
  update: (values, { lr, alpha, rest, eps, keep }, { momentum, centered }) => {
    const { add, div, max, mul, sqrt, sub } = expr;
    const { parameter, gradient: g } = values;
    const squareAvg = add(mul(alpha, values.squareAvg), mul(mul(rest, g), g));
    const gradAvg = centered
      ? add(mul(alpha, values.gradAvg), mul(rest, g))
      : null;
    // Rounding may bring the variance of even gradients below 0.
    const spread = gradAvg
      ? max(sub(squareAvg, mul(gradAvg, gradAvg)), 0)
      : squareAvg;
    const size = add(sqrt(spread), eps);
    const means = { squareAvg, ...gradAvg && { gradAvg } };
    if (!momentum) {
      return { parameter: sub(parameter, div(mul(lr, g), size)), ...means };
    }
    const momentumBuffer = add(mul(keep, values.momentumBuffer), div(g, size));
    return {
      parameter: sub(parameter, mul(lr, momentumBuffer)),
      momentumBuffer,
      ...means,
    };
  },
});

/**
 * RMSprop (Hinton, 2012; centered: Graves, 2013): divides the gradient by the
 * square root of the running average of its square.
 *
 * @example The first step
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { RMSprop } from "@tenfold/optim";
 *
 * const p = tensor(4, { requiresGrad: true });
 * const optimizer = new RMSprop([p], { lr: 0.1, alpha: 0.75 });
 * p.square().backward();
 * optimizer.step();
 * assertAlmostEquals(await p.item(), 3.8, 1e-6);
 * ```
 */
export class RMSprop extends AlgorithmOptimizer<RMSpropGroup> {
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
    params: OptimizerParameters<RMSpropGroup>,
    options: RMSpropOptions = {},
  ) {
    super(rmsprop, params, options, arguments);
  }
}
