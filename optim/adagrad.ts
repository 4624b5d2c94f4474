/**
 * Adagrad.
 *
 * @module
 */
import { expr } from "@tenfold/core/backend";
import * as z from "./_zod.ts";
import { flag, nonNegative } from "./_options.ts";
import { algorithm, AlgorithmOptimizer } from "./algorithm.ts";
import type { OptimizerParameters } from "./optimizer.ts";

/**
 * Options of {@linkcode Adagrad}.
 *
 * @example A learning rate that decays
 * ```ts
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const options: optim.AdagradOptions = { lr: 0.1, lrDecay: 1e-3 };
 * const optimizer = new optim.Adagrad([weight], options);
 * ```
 */
export interface AdagradOptions {
  /** The learning rate. @default {0.01} */
  lr?: number;
  /** Decay of the learning rate: it is divided by `1 + (step - 1) lrDecay`. @default {0} */
  lrDecay?: number;
  /** Weight decay: the coefficient of the L2 penalty. @default {0} */
  weightDecay?: number;
  /** Initial value of the sums of squares. @default {0} */
  initialAccumulatorValue?: number;
  /** Value added to the denominator for numerical stability. @default {1e-10} */
  eps?: number;
  /** Whether the objective is maximised instead of minimised. @default {false} */
  maximize?: boolean;
}

/**
 * All options of a group of {@linkcode Adagrad}.
 *
 * @example The options of the groups of an optimizer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.Adagrad([weight]);
 * const groups: optim.AdagradGroup[] = optimizer.paramGroups;
 * assertEquals(groups.map((group) => group.lr), [0.01]);
 * ```
 */
export type AdagradGroup = Required<AdagradOptions>;

const adagrad = /* @__PURE__ */ algorithm({
  name: "Adagrad",
  schema: () =>
    z.strictObject({
      lr: z._default(nonNegative, 1e-2),
      lrDecay: z._default(nonNegative, 0),
      weightDecay: z._default(nonNegative, 0),
      initialAccumulatorValue: z._default(nonNegative, 0),
      eps: z._default(nonNegative, 1e-10),
      maximize: z._default(flag, false),
    }),
  sparse: ({ weightDecay }) =>
    weightDecay === 0 ? "summed" : {
      refused:
        "set weightDecay to 0, or read .grad before, which makes it dense",
    },
  state: () => ["sum"],
  initial: ({ initialAccumulatorValue }: AdagradGroup) =>
    initialAccumulatorValue,
  numbers: ({ lr, lrDecay, eps }, step) => ({
    lr: lr / (1 + (step - 1) * lrDecay),
    eps,
  }),
  update: (values, { lr, eps }) => {
    const { add, div, mul, sqrt, sub } = expr;
    const { parameter, gradient } = values;
    const sum = add(values.sum, mul(gradient, gradient));
    const size = add(sqrt(sum), eps);
    return { parameter: sub(parameter, div(mul(lr, gradient), size)), sum };
  },
});

/**
 * Adagrad (Duchi and others, 2011): divides the gradient by the square root of
 * the sum of all squared gradients so far.
 *
 * @example The first step has the size of the learning rate
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { Adagrad } from "@tenfold/optim";
 *
 * const p = tensor(4, { requiresGrad: true });
 * const optimizer = new Adagrad([p], { lr: 0.1 });
 * p.square().backward();
 * optimizer.step();
 * assertAlmostEquals(await p.item(), 3.9, 1e-6);
 * ```
 */
export class Adagrad extends AlgorithmOptimizer<AdagradGroup> {
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
    params: OptimizerParameters<AdagradGroup>,
    options: AdagradOptions = {},
  ) {
    super(adagrad, params, options, arguments);
  }
}
