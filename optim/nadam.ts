/**
 * Adam with Nesterov momentum.
 *
 * @module
 */
import { expr } from "@tenfold/core/backend";
import * as z from "./_zod.ts";
import { betas, flag, nonNegative } from "./_options.ts";
import { algorithm, AlgorithmOptimizer } from "./algorithm.ts";
import type { OptimizerParameters } from "./optimizer.ts";

/**
 * Options of {@linkcode NAdam}.
 *
 * @example Decoupled weight decay
 * ```ts
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const options: optim.NAdamOptions = {
 *   weightDecay: 0.01,
 *   decoupledWeightDecay: true,
 * };
 * const optimizer = new optim.NAdam([weight], options);
 * ```
 */
export interface NAdamOptions {
  /** The learning rate. @default {0.002} */
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
  /** Decay of the momentum schedule, `ψ` in the formula. @default {0.004} */
  momentumDecay?: number;
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
 * All options of a group of {@linkcode NAdam}.
 *
 * @example The options of the groups of an optimizer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.NAdam([weight]);
 * const groups: optim.NAdamGroup[] = optimizer.paramGroups;
 * assertEquals(groups.map((group) => group.momentumDecay), [0.004]);
 * ```
 */
export type NAdamGroup = Required<NAdamOptions>;

/** The momentum of a step. */
const momentumAt = (b1: number, decay: number, step: number): number =>
  b1 * (1 - 0.5 * 0.96 ** (step * decay));

/** The product of the momenta up to a step, by the options it depends on. */
const products = new Map<string, { step: number; product: number }>();

/**
 * The product of the momenta of the steps 1 to `step`. It goes on from the step
 * before where it can; as it falls to 0, it is short in any case.
 */
function momentumProduct(b1: number, decay: number, step: number): number {
  const key = `${b1},${decay}`;
  const known = products.get(key);
  const from = known && known.step <= step ? known : { step: 0, product: 1 };
  let { product } = from;
  for (let i = from.step + 1; i <= step && product > 0; i++) {
    product *= momentumAt(b1, decay, i);
  }
  // Schedules of momentum would make one for each of their steps.
  if (products.size > 100) products.clear();
  products.set(key, { step, product });
  return product;
}

const nadam = /* @__PURE__ */ algorithm({
  name: "NAdam",
  schema: () =>
    z.strictObject({
      lr: z._default(nonNegative, 2e-3),
      betas: z._default(betas, [0.9, 0.999]),
      eps: z._default(nonNegative, 1e-8),
      weightDecay: z._default(nonNegative, 0),
      momentumDecay: z._default(nonNegative, 4e-3),
      decoupledWeightDecay: z._default(flag, false),
      maximize: z._default(flag, false),
    }),
  decayBy: ({ decoupled }) => decoupled ? "decoupled" : "coupled",
  choices: ({ decoupledWeightDecay }: NAdamGroup) => ({
    decoupled: decoupledWeightDecay,
  }),
  state: () => ["expAvg", "expAvgSq"],
  numbers: ({ lr, betas: [b1, b2], eps, momentumDecay }, step) => {
    const mu = momentumAt(b1, momentumDecay, step);
    const next = momentumAt(b1, momentumDecay, step + 1);
    const product = momentumProduct(b1, momentumDecay, step);
    return {
      now: lr * (1 - mu) / (1 - product),
      ahead: lr * next / (1 - product * next),
      root: Math.sqrt(1 - b2 ** step),
      b1,
      c1: 1 - b1,
      b2,
      c2: 1 - b2,
      eps,
    };
  },
  update: (values, { now, ahead, root, b1, c1, b2, c2, eps }) => {
    const { add, div, mul, sqrt, sub } = expr;
    const { parameter, gradient: g } = values;
    const expAvg = add(mul(b1, values.expAvg), mul(c1, g));
    const expAvgSq = add(mul(b2, values.expAvgSq), mul(mul(c2, g), g));
    const size = add(div(sqrt(expAvgSq), root), eps);
    const step = add(mul(now, g), mul(ahead, expAvg));
    return { parameter: sub(parameter, div(step, size)), expAvg, expAvgSq };
  },
});

/**
 * NAdam (Dozat, 2016): Adam with Nesterov momentum, whose factor is
 * `μₜ = β₁ (1 - 0.96^(t ψ) / 2)` and approaches `β₁`. The products of the momenta
 * are those of PyTorch's documentation (its `foreach` form; the other one of
 * PyTorch 1.13 counts `μₜ` twice).
 *
 * @example The first step
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { NAdam } from "@tenfold/optim";
 *
 * const p = tensor(4, { requiresGrad: true });
 * const optimizer = new NAdam([p], { lr: 0.1 });
 * p.square().backward();
 * optimizer.step();
 * assertAlmostEquals(await p.item(), 3.894355, 1e-6);
 * ```
 */
export class NAdam extends AlgorithmOptimizer<NAdamGroup> {
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
    params: OptimizerParameters<NAdamGroup>,
    options: NAdamOptions = {},
  ) {
    super(nadam, params, options, arguments);
  }
}
