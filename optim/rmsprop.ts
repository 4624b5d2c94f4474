/**
 * RMSprop.
 *
 * @module
 */
import { constant } from "@tenfold/core/backend";
import { optionsArgument } from "@tenfold/core/internal";
import * as z from "zod/mini";
import { add, div, max, mul, neg, sqrt, sub } from "./_expr.ts";
import { flag, nonNegative } from "./_options.ts";
import {
  Optimizer,
  type OptimizerParameters,
  type ParameterGroup,
  type Step,
} from "./optimizer.ts";
import { UpdateRule } from "./update_rule.ts";

/** Options of {@linkcode RMSprop}. */
export interface RMSpropOptions {
  /** The learning rate. @default {0.01} */
  lr?: number;
  /** The decay of the running mean of the square. @default {0.99} */
  alpha?: number;
  /** Added to the root of the mean square. @default {1e-8} */
  eps?: number;
  /** The penalty on large weights. @default {0} */
  weightDecay?: number;
  /** How much of the last step is kept. @default {0} */
  momentum?: number;
  /** Whether the variance is taken instead of the square. @default {false} */
  centered?: boolean;
  /** Whether the objective grows instead of shrinking. @default {false} */
  maximize?: boolean;
}

/** All options of a group of {@linkcode RMSprop}. */
export type RMSpropGroup = Required<RMSpropOptions>;

const schema = z.strictObject({
  lr: z._default(nonNegative, 1e-2),
  alpha: z._default(nonNegative, 0.99),
  eps: z._default(nonNegative, 1e-8),
  weightDecay: z._default(nonNegative, 0),
  momentum: z._default(nonNegative, 0),
  centered: z._default(flag, false),
  maximize: z._default(flag, false),
});

const rules = new Map<number, UpdateRule>();

/** By whether there is a momentum (1) and the gradient is centered (2). */
const NAMES: readonly (readonly string[])[] = [
  ["squareAvg"],
  ["squareAvg", "momentumBuffer"],
  ["squareAvg", "gradAvg"],
  ["squareAvg", "momentumBuffer", "gradAvg"],
];

const shapeOf = ({ momentum, centered }: RMSpropGroup): number =>
  (momentum > 0 ? 1 : 0) + (centered ? 2 : 0);

/** Numbers: lr, alpha, 1 - alpha, eps, weight decay, momentum. */
function ruleOf(group: RMSpropGroup): UpdateRule {
  const { momentum, centered, weightDecay, maximize } = group;
  const key = shapeOf(group) + (weightDecay !== 0 ? 4 : 0) +
    (maximize ? 8 : 0);
  let rule = rules.get(key);
  if (rule === undefined) {
    rule = new UpdateRule(
      "update by RMSprop",
      NAMES[shapeOf(group)]!.length,
      6,
      (p, state, g, [lr, alpha, rest, eps, decay, keep]) => {
        const [square] = state;
        const buffer = momentum > 0 ? state[1]! : null;
        const mean = centered ? state[state.length - 1]! : null;
        const sign = maximize ? neg(g) : g;
        const d = weightDecay !== 0 ? add(sign, mul(decay!, p)) : sign;
        const nextSquare = add(mul(alpha!, square!), mul(mul(rest!, d), d));
        const nextMean = mean && add(mul(alpha!, mean), mul(rest!, d));
        // Rounding may bring the variance of even gradients below 0.
        const spread = nextMean
          ? max(sub(nextSquare, mul(nextMean, nextMean)), constant(0, p.dtype))
          : nextSquare;
        const size = add(sqrt(spread), eps!);
        if (!buffer) {
          const next = sub(p, div(mul(lr!, d), size));
          return [next, nextSquare, ...nextMean ? [nextMean] : []];
        }
        const nextBuffer = add(mul(keep!, buffer), div(d, size));
        const next = sub(p, mul(lr!, nextBuffer));
        return [next, nextSquare, nextBuffer, ...nextMean ? [nextMean] : []];
      },
    );
    rules.set(key, rule);
  }
  return rule;
}

/**
 * RMSprop (Hinton, 2012; centered: Graves, 2013): steps along the gradient,
 * divided by the root of the running mean of its square.
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
export class RMSprop extends Optimizer<RMSpropGroup> {
  /**
   * Takes parameters, or groups of them.
   *
   * @param params What is optimized.
   * @param options The options of groups that say nothing else.
   * @throws {TypeError} If an option is unknown or of the wrong type.
   * @throws {RangeError} If an option has a wrong value.
   */
  constructor(
    params: OptimizerParameters<RMSpropGroup>,
    options: RMSpropOptions = {},
  ) {
    super(
      "RMSprop",
      params,
      optionsArgument(
        schema,
        ["params"],
        options,
        arguments,
        "make an optimizer RMSprop",
      ),
      schema,
    );
  }

  /** The mean square, and what the options need beside it. */
  protected override stateNames(
    group: ParameterGroup<RMSpropGroup>,
  ): readonly string[] {
    return NAMES[shapeOf(group)]!;
  }

  /** The rule and its numbers. */
  protected override update(group: ParameterGroup<RMSpropGroup>): Step {
    const { lr, alpha, eps, weightDecay, momentum } = group;
    return {
      rule: ruleOf(group),
      numbers: [lr, alpha, 1 - alpha, eps, weightDecay, momentum],
    };
  }
}
