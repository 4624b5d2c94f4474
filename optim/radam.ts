/**
 * Rectified Adam.
 *
 * @module
 */
import { expr } from "@tenfold/core/backend";
import * as z from "./_zod.ts";
import { betas, flag, nonNegative } from "./_options.ts";
import { algorithm, AlgorithmOptimizer } from "./algorithm.ts";
import type { OptimizerParameters } from "./optimizer.ts";

/**
 * Options of {@linkcode RAdam}.
 *
 * @example Decoupled weight decay
 * ```ts
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const options: optim.RAdamOptions = {
 *   weightDecay: 0.01,
 *   decoupledWeightDecay: true,
 * };
 * const optimizer = new optim.RAdam([weight], options);
 * ```
 */
export interface RAdamOptions {
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
  /** Weight decay: the coefficient of the L2 penalty. @default {0} */
  weightDecay?: number;
  /**
   * Whether weight decay multiplies the parameter by `1 - lr * weightDecay`, as
   * in AdamW, instead of being added to the gradient.
   *
   * @default {false}
   */
  decoupledWeightDecay?: boolean;
  /** Whether the objective is maximised instead of minimised. @default {false} */
  maximize?: boolean;
}

/**
 * All options of a group of {@linkcode RAdam}.
 *
 * @example The options of the groups of an optimizer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.RAdam([weight]);
 * const groups: optim.RAdamGroup[] = optimizer.paramGroups;
 * assertEquals(groups.map((group) => group.lr), [0.001]);
 * ```
 */
export type RAdamGroup = Required<RAdamOptions>;

/**
 * The rectification of the variance at a step, or 0 where too few gradients
 * were seen to know a variance.
 */
function rectification(b2: number, step: number): number {
  const most = 2 / (1 - b2) - 1;
  const now = most - 2 * step * b2 ** step / (1 - b2 ** step);
  if (now <= 5) return 0;
  return Math.sqrt(
    (now - 4) * (now - 2) * most / ((most - 4) * (most - 2) * now),
  );
}

const radam = /* @__PURE__ */ algorithm({
  name: "RAdam",
  schema: () =>
    z.strictObject({
      lr: z._default(nonNegative, 1e-3),
      betas: z._default(betas, [0.9, 0.999]),
      eps: z._default(nonNegative, 1e-8),
      weightDecay: z._default(nonNegative, 0),
      decoupledWeightDecay: z._default(flag, false),
      maximize: z._default(flag, false),
    }),
  decayBy: ({ decoupled }) => decoupled ? "decoupled" : "coupled",
  choices: ({ decoupledWeightDecay }: RAdamGroup) => ({
    decoupled: decoupledWeightDecay,
  }),
  state: () => ["expAvg", "expAvgSq"],
  numbers: ({ lr, betas: [b1, b2], eps }, step) => {
    const rect = rectification(b2, step);
    const scale = rect > 0 ? rect * Math.sqrt(1 - b2 ** step) : 1;
    return {
      rate: lr * scale / (1 - b1 ** step),
      rect,
      b1,
      c1: 1 - b1,
      b2,
      c2: 1 - b2,
      eps,
    };
  },
  update: (values, { rate, rect, b1, c1, b2, c2, eps }) => {
    const { add, div, gt, mul, select, sqrt, sub } = expr;
    const { parameter, gradient: g } = values;
    const expAvg = add(mul(b1, values.expAvg), mul(c1, g));
    const expAvgSq = add(mul(b2, values.expAvgSq), mul(mul(c2, g), g));
    const size = select(gt(rect, 0), add(sqrt(expAvgSq), eps), 1);
    return {
      parameter: sub(parameter, div(mul(rate, expAvg), size)),
      expAvg,
      expAvgSq,
    };
  },
});

/**
 * RAdam (Liu and others, 2019): Adam whose adaptive rate is scaled by how well
 * the variance is known. While it is not (the first five steps of the default
 * `betas`), the step is the average of the gradients alone.
 *
 * @example The first step is that of momentum
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { RAdam } from "@tenfold/optim";
 *
 * const p = tensor(4, { requiresGrad: true });
 * const optimizer = new RAdam([p], { lr: 0.1 });
 * p.square().backward();
 * optimizer.step();
 * assertAlmostEquals(await p.item(), 3.2, 1e-6);
 * ```
 */
export class RAdam extends AlgorithmOptimizer<RAdamGroup> {
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
    params: OptimizerParameters<RAdamGroup>,
    options: RAdamOptions = {},
  ) {
    super(radam, params, options, arguments);
  }
}
