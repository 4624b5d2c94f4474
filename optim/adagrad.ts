/**
 * Adagrad.
 *
 * @module
 */
import { fullLike, type Tensor } from "@tenfold/core";
import { optionsArgument } from "@tenfold/core/internal";
import * as z from "zod/mini";
import { add, div, mul, neg, sqrt, sub } from "./_expr.ts";
import { flag, nonNegative } from "./_options.ts";
import {
  Optimizer,
  type OptimizerParameters,
  type ParameterGroup,
  type Step,
} from "./optimizer.ts";
import { UpdateRule } from "./update_rule.ts";

/** Options of {@linkcode Adagrad}. */
export interface AdagradOptions {
  /** The learning rate. @default {0.01} */
  lr?: number;
  /** How the learning rate falls: by `1 + (step - 1) lrDecay`. @default {0} */
  lrDecay?: number;
  /** The penalty on large weights. @default {0} */
  weightDecay?: number;
  /** What the sums of squares start from. @default {0} */
  initialAccumulatorValue?: number;
  /** Added to the root of the sum of squares. @default {1e-10} */
  eps?: number;
  /** Whether the objective grows instead of shrinking. @default {false} */
  maximize?: boolean;
}

/** All options of a group of {@linkcode Adagrad}. */
export type AdagradGroup = Required<AdagradOptions>;

const schema = z.strictObject({
  lr: z._default(nonNegative, 1e-2),
  lrDecay: z._default(nonNegative, 0),
  weightDecay: z._default(nonNegative, 0),
  initialAccumulatorValue: z._default(nonNegative, 0),
  eps: z._default(nonNegative, 1e-10),
  maximize: z._default(flag, false),
});

const NAMES: readonly string[] = ["sum"];

const rules = new Map<number, UpdateRule>();

/** Numbers: lr of this step, eps, weight decay. */
function ruleOf({ weightDecay, maximize }: AdagradGroup): UpdateRule {
  const key = (weightDecay !== 0 ? 1 : 0) + (maximize ? 2 : 0);
  let rule = rules.get(key);
  if (rule === undefined) {
    rule = new UpdateRule(
      "update by Adagrad",
      1,
      3,
      (p, [sum], g, [lr, eps, decay]) => {
        const sign = maximize ? neg(g) : g;
        const d = weightDecay !== 0 ? add(sign, mul(decay!, p)) : sign;
        const next = add(sum!, mul(d, d));
        return [sub(p, div(mul(lr!, d), add(sqrt(next), eps!))), next];
      },
    );
    rules.set(key, rule);
  }
  return rule;
}

/**
 * Adagrad (Duchi and others, 2011): steps along the gradient, divided by the
 * root of the sum of all its squares so far.
 *
 * @example The first step is as long as the learning rate
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
export class Adagrad extends Optimizer<AdagradGroup> {
  /**
   * Takes parameters, or groups of them.
   *
   * @param params What is optimized.
   * @param options The options of groups that say nothing else.
   * @throws {TypeError} If an option is unknown or of the wrong type.
   * @throws {RangeError} If an option has a wrong value.
   */
  constructor(
    params: OptimizerParameters<AdagradGroup>,
    options: AdagradOptions = {},
  ) {
    super(
      "Adagrad",
      params,
      optionsArgument(
        schema,
        ["params"],
        options,
        arguments,
        "make an optimizer Adagrad",
      ),
      schema,
    );
  }

  /** The sum of squares. */
  protected override stateNames(): readonly string[] {
    return NAMES;
  }

  /** The sum of squares starts where the options say. */
  protected override makeState(
    { initialAccumulatorValue }: ParameterGroup<AdagradGroup>,
    _name: string,
    param: Tensor,
  ): Tensor {
    return fullLike(param, initialAccumulatorValue);
  }

  /** The rule and its numbers. */
  protected override update(
    group: ParameterGroup<AdagradGroup>,
    step: number,
  ): Step {
    const { lr, lrDecay, eps, weightDecay } = group;
    return {
      rule: ruleOf(group),
      numbers: [lr / (1 + (step - 1) * lrDecay), eps, weightDecay],
    };
  }
}
