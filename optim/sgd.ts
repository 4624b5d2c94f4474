/**
 * Stochastic gradient descent.
 *
 * @module
 */
import type { Expr } from "@tenfold/core/backend";
import { optionsArgument } from "@tenfold/core/internal";
import * as z from "zod/mini";
import { add, mul, neg, sub } from "./_expr.ts";
import { flag, nonNegative } from "./_options.ts";
import {
  Optimizer,
  type OptimizerParameters,
  type ParameterGroup,
  type Step,
} from "./optimizer.ts";
import { UpdateRule } from "./update_rule.ts";

/** Options of {@linkcode SGD}. */
export interface SGDOptions {
  /** The learning rate. */
  lr: number;
  /** How much of the last step is kept. @default {0} */
  momentum?: number;
  /** What is left out of a gradient that joins the momentum. @default {0} */
  dampening?: number;
  /** The penalty on large weights. @default {0} */
  weightDecay?: number;
  /** Whether the gradient is looked at ahead of the momentum. @default {false} */
  nesterov?: boolean;
  /** Whether the objective grows instead of shrinking. @default {false} */
  maximize?: boolean;
}

/** All options of a group of {@linkcode SGD}. */
export type SGDGroup = Required<SGDOptions>;

const schema = z.strictObject({
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
));

const PLAIN: readonly string[] = [];
const WITH_MOMENTUM: readonly string[] = ["momentumBuffer"];

const rules = new Map<number, UpdateRule>();

/** Numbers: lr, momentum, 1 - dampening, weight decay. */
function ruleOf(group: SGDGroup): UpdateRule {
  const { momentum, nesterov, weightDecay, maximize } = group;
  const key = (momentum !== 0 ? 1 : 0) + (nesterov ? 2 : 0) +
    (weightDecay !== 0 ? 4 : 0) + (maximize ? 8 : 0);
  let rule = rules.get(key);
  if (rule === undefined) {
    rule = new UpdateRule(
      "update by SGD",
      momentum !== 0 ? 1 : 0,
      4,
      (p, [buffer], g, [lr, keep, join, decay]) => {
        const sign = maximize ? neg(g) : g;
        const d = weightDecay !== 0 ? add(sign, mul(decay!, p)) : sign;
        const move = (by: Expr) => sub(p, mul(lr!, by));
        if (!buffer) return [move(d)];
        const next = add(mul(keep!, buffer), mul(join!, d));
        return [move(nesterov ? add(d, mul(keep!, next)) : next), next];
      },
    );
    rules.set(key, rule);
  }
  return rule;
}

/**
 * Stochastic gradient descent, with momentum if wanted:
 * `b ← momentum b + (1 - dampening) g`, `p ← p - lr b` (Sutskever and others,
 * 2013, in PyTorch's form).
 *
 * @example Down a parabola
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
export class SGD extends Optimizer<SGDGroup> {
  /**
   * Takes parameters, or groups of them.
   *
   * @param params What is optimized.
   * @param options The options of groups that say nothing else; `lr` may be
   * left out where every group has its own.
   * @throws {TypeError} If an option is missing, unknown or of the wrong type.
   * @throws {RangeError} If an option has a wrong value.
   */
  constructor(
    params: OptimizerParameters<SGDGroup>,
    options: Partial<SGDOptions> = {},
  ) {
    super(
      "SGD",
      params,
      optionsArgument(
        schema,
        ["params"],
        options,
        arguments,
        "make an optimizer SGD",
      ),
      schema,
    );
  }

  /** The momentum, where there is one. */
  protected override stateNames(
    { momentum }: ParameterGroup<SGDGroup>,
  ): readonly string[] {
    return momentum !== 0 ? WITH_MOMENTUM : PLAIN;
  }

  /** The rule and its numbers. */
  protected override update(
    group: ParameterGroup<SGDGroup>,
    _step: number,
    fresh: boolean,
  ): Step {
    const { lr, momentum, dampening, weightDecay } = group;
    // The first gradient becomes the momentum as it is.
    const join = fresh ? 1 : 1 - dampening;
    return {
      rule: ruleOf(group),
      numbers: [lr, momentum, join, weightDecay],
    };
  }
}
