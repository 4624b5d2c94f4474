/**
 * Lion.
 *
 * @module
 */
import { expr } from "@tenfold/core/backend";
import * as z from "./_zod.ts";
import { betas, flag, nonNegative } from "./_options.ts";
import { algorithm, AlgorithmOptimizer } from "./algorithm.ts";
import type { OptimizerParameters } from "./optimizer.ts";

/**
 * Options of {@linkcode Lion}.
 *
 * @example A tenth of AdamW's rate, ten times its decay
 * ```ts
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const options: optim.LionOptions = { lr: 3e-5, weightDecay: 1 };
 * const optimizer = new optim.Lion([weight], options);
 * ```
 */
export interface LionOptions {
  /** The learning rate. @default {0.0001} */
  lr?: number;
  /**
   * Weights of the momentum in the step, and in the momentum of the next step.
   *
   * @default {[0.9, 0.99]}
   */
  betas?: [number, number];
  /** Decoupled weight decay. @default {0} */
  weightDecay?: number;
  /** Whether the objective is maximised instead of minimised. @default {false} */
  maximize?: boolean;
}

/**
 * All options of a group of {@linkcode Lion}.
 *
 * @example The options of the groups of an optimizer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.Lion([weight]);
 * const groups: optim.LionGroup[] = optimizer.paramGroups;
 * assertEquals(groups.map((group) => group.betas), [[0.9, 0.99]]);
 * ```
 */
export type LionGroup = Required<LionOptions>;

const lion = /* @__PURE__ */ algorithm({
  name: "Lion",
  schema: () =>
    z.strictObject({
      lr: z._default(nonNegative, 1e-4),
      betas: z._default(betas, [0.9, 0.99]),
      weightDecay: z._default(nonNegative, 0),
      maximize: z._default(flag, false),
    }),
  decay: "decoupled",
  state: () => ["expAvg"],
  numbers: ({ lr, betas: [b1, b2] }: LionGroup) => ({
    lr,
    b1,
    c1: 1 - b1,
    b2,
    c2: 1 - b2,
  }),
  update: ({ parameter, gradient, expAvg }, { lr, b1, c1, b2, c2 }) => {
    const { add, mul, sign, sub } = expr;
    const mix = add(mul(b1, expAvg), mul(c1, gradient));
    return {
      parameter: sub(parameter, mul(lr, sign(mix))),
      expAvg: add(mul(b2, expAvg), mul(c2, gradient)),
    };
  },
});

/**
 * Lion (Chen and others, 2023): each step has the sign of a mean of momentum and
 * gradient, so every element moves by the learning rate; with decoupled weight
 * decay. It remembers half as much as Adam, and wants a learning rate 3 to 10
 * times smaller and a weight decay as many times larger.
 *
 * @example Every step has the size of the learning rate
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { Lion } from "@tenfold/optim";
 *
 * const p = tensor(4, { requiresGrad: true });
 * const optimizer = new Lion([p], { lr: 0.1 });
 * p.square().backward();
 * optimizer.step();
 * assertAlmostEquals(await p.item(), 3.9, 1e-6);
 * ```
 */
export class Lion extends AlgorithmOptimizer<LionGroup> {
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
    params: OptimizerParameters<LionGroup>,
    options: LionOptions = {},
  ) {
    super(lion, params, options, arguments);
  }
}
