/**
 * Resilient backpropagation.
 *
 * @module
 */
import { fullLike, type Tensor } from "@tenfold/core";
import { expr } from "@tenfold/core/backend";
import * as z from "./_zod.ts";
import { flag, nonNegative, positive } from "./_options.ts";
import { algorithm, AlgorithmOptimizer } from "./algorithm.ts";
import type { OptimizerParameters, ParameterGroup } from "./optimizer.ts";

/**
 * Options of {@linkcode Rprop}.
 *
 * @example Steps of at most 1
 * ```ts
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const options: optim.RpropOptions = { lr: 0.01, stepSizes: [1e-6, 1] };
 * const optimizer = new optim.Rprop([weight], options);
 * ```
 */
export interface RpropOptions {
  /** The size of the first step. @default {0.01} */
  lr?: number;
  /**
   * Factors of the size of a step: where the sign of the gradient has changed,
   * and where it has not.
   *
   * @default {[0.5, 1.2]}
   */
  etas?: [number, number];
  /** The smallest and the largest size of a step. @default {[1e-6, 50]} */
  stepSizes?: [number, number];
  /** Whether the objective is maximised instead of minimised. @default {false} */
  maximize?: boolean;
}

/**
 * All options of a group of {@linkcode Rprop}.
 *
 * @example The options of the groups of an optimizer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.Rprop([weight]);
 * const groups: optim.RpropGroup[] = optimizer.paramGroups;
 * assertEquals(groups.map((group) => group.etas), [[0.5, 1.2]]);
 * ```
 */
export type RpropGroup = Required<RpropOptions>;

const around = "must be one number between 0 and 1 and one above 1";
const pair = () => z.tuple([positive, positive], "must be two numbers");

const rprop = /* @__PURE__ */ algorithm({
  name: "Rprop",
  schema: () =>
    z.strictObject({
      lr: z._default(nonNegative, 0.01),
      etas: z._default(
        pair().check(z.refine(([a, b]) => a < 1 && b > 1, around)),
        [0.5, 1.2],
      ),
      stepSizes: z._default(pair(), [1e-6, 50]),
      maximize: z._default(flag, false),
    }),
  state: () => ["prev", "stepSize"],
  numbers: (
    { etas: [down, up], stepSizes: [least, most] }: RpropGroup,
  ) => ({ down, up, least, most }),
  update: (values, { down, up, least, most }) => {
    const { gt, lt, max, min, mul, select, sign, sub } = expr;
    const { parameter, gradient, prev } = values;
    const alike = mul(gradient, prev);
    const turned = lt(alike, 0);
    const grown = select(gt(alike, 0), up, 1);
    const stepSize = min(
      max(mul(values.stepSize, select(turned, down, grown)), least),
      most,
    );
    const next = select(turned, 0, gradient);
    return {
      parameter: sub(parameter, mul(sign(next), stepSize)),
      prev: next,
      stepSize,
    };
  },
});

/**
 * Resilient backpropagation (Riedmiller and Braun, 1993): steps by the sign of
 * the gradient alone, each with a size of its own; for whole batches.
 *
 * @example The first step has the size of the learning rate
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { Rprop } from "@tenfold/optim";
 *
 * const p = tensor(4, { requiresGrad: true });
 * const optimizer = new Rprop([p], { lr: 0.1 });
 * p.square().backward();
 * optimizer.step();
 * assertAlmostEquals(await p.item(), 3.9, 1e-6);
 * ```
 */
export class Rprop extends AlgorithmOptimizer<RpropGroup> {
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
    params: OptimizerParameters<RpropGroup>,
    options: RpropOptions = {},
  ) {
    super(rprop, params, options, arguments);
  }

  /** The initial value of a state tensor: the first size of steps. */
  protected override makeState(
    group: ParameterGroup<RpropGroup>,
    name: string,
    param: Tensor,
  ): Tensor {
    return name === "stepSize"
      ? fullLike(param, group.lr)
      : super.makeState(group, name, param);
  }
}
