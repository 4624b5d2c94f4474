/**
 * Averaged stochastic gradient descent.
 *
 * @module
 */
import { expr } from "@tenfold/core/backend";
import * as z from "./_zod.ts";
import { finite, flag, nonNegative } from "./_options.ts";
import { algorithm, AlgorithmOptimizer } from "./algorithm.ts";
import type { OptimizerParameters } from "./optimizer.ts";

/**
 * Options of {@linkcode ASGD}.
 *
 * @example Averages from step 1000
 * ```ts
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const options: optim.ASGDOptions = { lr: 0.1, t0: 1000 };
 * const optimizer = new optim.ASGD([weight], options);
 * ```
 */
export interface ASGDOptions {
  /** The learning rate. @default {0.01} */
  lr?: number;
  /** Decay of the parameters, and of the learning rate. @default {1e-4} */
  lambd?: number;
  /** Power with which the learning rate decays. @default {0.75} */
  alpha?: number;
  /** The step from which parameters are averaged. @default {1e6} */
  t0?: number;
  /** Weight decay: the coefficient of the L2 penalty. @default {0} */
  weightDecay?: number;
  /** Whether the objective is maximised instead of minimised. @default {false} */
  maximize?: boolean;
}

/**
 * All options of a group of {@linkcode ASGD}.
 *
 * @example The options of the groups of an optimizer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.ASGD([weight]);
 * const groups: optim.ASGDGroup[] = optimizer.paramGroups;
 * assertEquals(groups.map((group) => group.alpha), [0.75]);
 * ```
 */
export type ASGDGroup = Required<ASGDOptions>;

const asgd = /* @__PURE__ */ algorithm({
  name: "ASGD",
  schema: () =>
    z.strictObject({
      lr: z._default(nonNegative, 0.01),
      lambd: z._default(finite, 1e-4),
      alpha: z._default(finite, 0.75),
      t0: z._default(finite, 1e6),
      weightDecay: z._default(nonNegative, 0),
      maximize: z._default(flag, false),
    }),
  state: () => ["ax"],
  numbers: ({ lr, lambd, alpha, t0 }: ASGDGroup, step) => {
    const eta = lr / (1 + lambd * lr * (step - 1)) ** alpha;
    const share = step === 1 ? 1 : 1 / Math.max(1, step - 1 - t0);
    return { eta, keep: 1 - lambd * eta, share, rest: 1 - share };
  },
  update: ({ parameter, gradient, ax }, { eta, keep, share, rest }) => {
    const { add, mul, sub } = expr;
    const moved = sub(mul(keep, parameter), mul(eta, gradient));
    return { parameter: moved, ax: add(mul(rest, ax), mul(share, moved)) };
  },
});

/**
 * Averaged stochastic gradient descent (Polyak and Juditsky, 1992): its state
 * `ax` is the mean of the parameters from step `t0` on. Under a schedule a step
 * takes the learning rate of its time, where PyTorch's takes that of the step
 * before.
 *
 * @example A step without decay
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { ASGD } from "@tenfold/optim";
 *
 * const p = tensor(4, { requiresGrad: true });
 * const optimizer = new ASGD([p], { lr: 0.1, lambd: 0 });
 * p.square().backward();
 * optimizer.step();
 * assertAlmostEquals(await p.item(), 3.2, 1e-6);
 * ```
 */
export class ASGD extends AlgorithmOptimizer<ASGDGroup> {
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
    params: OptimizerParameters<ASGDGroup>,
    options: ASGDOptions = {},
  ) {
    super(asgd, params, options, arguments);
  }
}
