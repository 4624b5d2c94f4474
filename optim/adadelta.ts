/**
 * Adadelta.
 *
 * @module
 */
import { type Expr, expr } from "@tenfold/core/backend";
import * as z from "./_zod.ts";
import { flag, nonNegative, share } from "./_options.ts";
import { algorithm, AlgorithmOptimizer } from "./algorithm.ts";
import type { OptimizerParameters } from "./optimizer.ts";

/**
 * Options of {@linkcode Adadelta}.
 *
 * @example Longer averages of squares
 * ```ts
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const options: optim.AdadeltaOptions = { rho: 0.95 };
 * const optimizer = new optim.Adadelta([weight], options);
 * ```
 */
export interface AdadeltaOptions {
  /** Factor by which each change is multiplied. @default {1} */
  lr?: number;
  /** Decay rate of the running averages of squares. @default {0.9} */
  rho?: number;
  /** Value added to the averages for numerical stability. @default {1e-6} */
  eps?: number;
  /** Weight decay: the coefficient of the L2 penalty. @default {0} */
  weightDecay?: number;
  /** Whether the objective is maximised instead of minimised. @default {false} */
  maximize?: boolean;
}

/**
 * All options of a group of {@linkcode Adadelta}.
 *
 * @example The options of the groups of an optimizer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.Adadelta([weight]);
 * const groups: optim.AdadeltaGroup[] = optimizer.paramGroups;
 * assertEquals(groups.map((group) => group.rho), [0.9]);
 * ```
 */
export type AdadeltaGroup = Required<AdadeltaOptions>;

const adadelta = /* @__PURE__ */ algorithm({
  name: "Adadelta",
  schema: () =>
    z.strictObject({
      lr: z._default(nonNegative, 1),
      rho: z._default(share(), 0.9),
      eps: z._default(nonNegative, 1e-6),
      weightDecay: z._default(nonNegative, 0),
      maximize: z._default(flag, false),
    }),
  state: () => ["squareAvg", "accDelta"],
  numbers: ({ lr, rho, eps }: AdadeltaGroup) => ({
    lr,
    rho,
    rest: 1 - rho,
    eps,
  }),
  update: (values, { lr, rho, rest, eps }) => {
    const { add, div, mul, sqrt, sub } = expr;
    const { parameter, gradient: g } = values;
    const squareAvg = add(mul(rho, values.squareAvg), mul(mul(rest, g), g));
    const size = (square: Expr) => sqrt(add(square, eps));
    const delta = mul(div(size(values.accDelta), size(squareAvg)), g);
    return {
      parameter: sub(parameter, mul(lr, delta)),
      squareAvg,
      accDelta: add(mul(rho, values.accDelta), mul(mul(rest, delta), delta)),
    };
  },
});

/**
 * Adadelta (Zeiler, 2012): scales the gradient by the ratio of the root mean
 * squares of the changes so far and of the gradients, so that no learning rate
 * needs to be chosen.
 *
 * @example The first step
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { Adadelta } from "@tenfold/optim";
 *
 * const p = tensor(4, { requiresGrad: true });
 * const optimizer = new Adadelta([p], { eps: 0.01 });
 * p.square().backward();
 * optimizer.step();
 * assertAlmostEquals(await p.item(), 3.684019, 1e-6);
 * ```
 */
export class Adadelta extends AlgorithmOptimizer<AdadeltaGroup> {
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
    params: OptimizerParameters<AdadeltaGroup>,
    options: AdadeltaOptions = {},
  ) {
    super(adadelta, params, options, arguments);
  }
}
