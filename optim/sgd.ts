/**
 * Stochastic gradient descent.
 *
 * @module
 */
import { type Expr, expr } from "@tenfold/core/backend";
import * as z from "./_zod.ts";
import { flag, nonNegative } from "./_options.ts";
import { algorithm, AlgorithmOptimizer } from "./algorithm.ts";
import type { OptimizerParameters } from "./optimizer.ts";

/**
 * Options of {@linkcode SGD}.
 *
 * @example Nesterov momentum
 * ```ts
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const options: optim.SGDOptions = { lr: 0.1, momentum: 0.9, nesterov: true };
 * const optimizer = new optim.SGD([weight], options);
 * ```
 */
export interface SGDOptions {
  /** The learning rate. */
  lr: number;
  /** Momentum factor. @default {0} */
  momentum?: number;
  /** Dampening of the momentum: gradients are scaled by `1 - dampening`. @default {0} */
  dampening?: number;
  /** Weight decay: the coefficient of the L2 penalty. @default {0} */
  weightDecay?: number;
  /** Whether to use Nesterov momentum. @default {false} */
  nesterov?: boolean;
  /** Whether the objective is maximised instead of minimised. @default {false} */
  maximize?: boolean;
}

/**
 * All options of a group of {@linkcode SGD}.
 *
 * @example The options of the groups of an optimizer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([weight], { lr: 0.1 });
 * const groups: optim.SGDGroup[] = optimizer.paramGroups;
 * assertEquals(groups.map((group) => group.momentum), [0]);
 * ```
 */
export type SGDGroup = Required<SGDOptions>;

const sgd = /* @__PURE__ */ algorithm({
  name: "SGD",
  schema: () =>
    z.strictObject({
      lr: nonNegative,
      momentum: z._default(nonNegative, 0),
      dampening: z._default(z.number("must be a number"), 0),
      weightDecay: z._default(nonNegative, 0),
      nesterov: z._default(flag, false),
      maximize: z._default(flag, false),
    }).check(z.refine(
      ({ nesterov, momentum, dampening }) =>
        !nesterov || (momentum > 0 && dampening === 0),
      "nesterov needs a momentum above 0 and a dampening of 0",
    )),
  choices: ({ momentum, nesterov }: SGDGroup) => ({
    momentum: momentum !== 0,
    nesterov,
  }),
  state: ({ momentum }) => momentum ? ["momentumBuffer"] : [],
  sparse: ({ momentum, weightDecay }) =>
    weightDecay !== 0
      ? {
        refused:
          "set weightDecay to 0, or read .grad before, which makes it dense",
      }
      : momentum === 0
      ? "rows"
      : "dense",
  // The first gradient becomes the momentum as it is.
  numbers: ({ lr, momentum, dampening }, _step, fresh) => ({
    lr,
    keep: momentum,
    join: fresh ? 1 : 1 - dampening,
  }),
  update: (values, { lr, keep, join }, { momentum, nesterov }) => {
    const { add, mul, sub } = expr;
    const { parameter, gradient } = values;
    const move = (by: Expr) => sub(parameter, mul(lr, by));
    if (!momentum) return { parameter: move(gradient) };
    const momentumBuffer = add(
      mul(keep, values.momentumBuffer),
      mul(join, gradient),
    );
    const by = nesterov
      ? add(gradient, mul(keep, momentumBuffer))
      : momentumBuffer;
    return { parameter: move(by), momentumBuffer };
  },
});

/**
 * Stochastic gradient descent, optionally with momentum:
 * `b ← momentum b + (1 - dampening) g`, `p ← p - lr b` (Sutskever and others,
 * 2013, in PyTorch's form).
 *
 * @example One step on a parabola
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { SGD } from "@tenfold/optim";
 *
 * const p = tensor(4, { requiresGrad: true });
 * const optimizer = new SGD([p], { lr: 0.1 });
 * p.square().backward();
 * optimizer.step();
 * assertAlmostEquals(await p.item(), 3.2, 1e-6);
 * ```
 */
export class SGD extends AlgorithmOptimizer<SGDGroup> {
  /**
   * Creates the optimizer.
   *
   * @param params The parameters, such as `model.parameters()`, or groups of them
   * with options of their own.
   * @param options The options; groups may override them. `lr` may be left out
   * where every group has its own.
   * @throws {TypeError} If an option is missing, unknown or of the wrong type.
   * @throws {RangeError} If an option has a wrong value.
   */
  constructor(
    params: OptimizerParameters<SGDGroup>,
    options: Partial<SGDOptions> = {},
  ) {
    super(sgd, params, options, arguments);
  }
}
