/**
 * Adafactor.
 *
 * @module
 */
import type { Shape, Tensor } from "@tenfold/core";
import { type Expr, expr } from "@tenfold/core/backend";
import { optionsArgument, tidyNow } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { change } from "./_change.ts";
import { decayRate, flag, nonNegative, positive } from "./_options.ts";
import {
  Optimizer,
  type OptimizerParameters,
  type ParameterGroup,
  type Rule,
  type Step,
} from "./optimizer.ts";

/**
 * Options of {@linkcode Adafactor}.
 *
 * @example A learning rate of its own
 * ```ts
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const options: optim.AdafactorOptions = {
 *   lr: 1e-3,
 *   relativeStep: false,
 *   scaleParameter: false,
 * };
 * const optimizer = new optim.Adafactor([weight], options);
 * ```
 */
export interface AdafactorOptions {
  /**
   * The learning rate: with `relativeStep`, the largest relative size of a step.
   *
   * @default {0.01}
   */
  lr?: number;
  /**
   * Values added to the square of the gradient, and least root mean square of a
   * parameter that steps are relative to.
   *
   * @default {[1e-30, 0.001]}
   */
  eps?: [number, number];
  /** Largest root mean square of a change before its scaling. @default {1} */
  clipThreshold?: number;
  /** Exponent `c` of the decay of the second moment, `1 - tᶜ`. @default {-0.8} */
  decayRate?: number;
  /** Decay rate of the average of changes; 0 for none. @default {0} */
  beta1?: number;
  /** Weight decay, relative to the size of the step. @default {0} */
  weightDecay?: number;
  /** Whether steps are relative to the size of the parameter. @default {true} */
  scaleParameter?: boolean;
  /** Whether the learning rate is at most `1 / sqrt(step)`. @default {true} */
  relativeStep?: boolean;
  /** Whether the relative rate begins at 1e-6 and grows by it. @default {false} */
  warmupInit?: boolean;
  /** Whether the objective is maximised instead of minimised. @default {false} */
  maximize?: boolean;
}

/**
 * All options of a group of {@linkcode Adafactor}.
 *
 * @example The options of the groups of an optimizer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, tensor } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.Adafactor([weight]);
 * const groups: optim.AdafactorGroup[] = optimizer.paramGroups;
 * assertEquals(groups.map((group) => group.clipThreshold), [1]);
 * ```
 */
export type AdafactorGroup = Required<AdafactorOptions>;

const below = "must be a number below 0";
const schema = () =>
  z.strictObject({
    lr: z._default(nonNegative, 1e-2),
    eps: z._default(
      z.tuple([nonNegative, nonNegative], "must be two numbers"),
      [1e-30, 1e-3],
    ),
    clipThreshold: z._default(positive, 1),
    decayRate: z._default(z.number(below).check(z.lt(0, below)), -0.8),
    beta1: z._default(decayRate, 0),
    weightDecay: z._default(nonNegative, 0),
    scaleParameter: z._default(flag, true),
    relativeStep: z._default(flag, true),
    warmupInit: z._default(flag, false),
    maximize: z._default(flag, false),
  });

/** The options that change the rule. */
type Choices = Readonly<
  Record<"factored" | "averages" | "scales" | "maximize", boolean>
>;

/** The numbers of a step, in their order. */
type Numbers = readonly [
  keep: Expr,
  join: Expr,
  floor: Expr,
  rate: Expr,
  least: Expr,
  clip: Expr,
  decay: Expr,
  b1: Expr,
  c1: Expr,
];

/** A running average of squares, of which there is a mean. */
const average = /* @__PURE__ */ change(
  "update the second moment of Adafactor",
  ([moment, mean], numbers) => {
    const { add, mul } = expr;
    const [keep, join, floor] = numbers as Numbers;
    return [add(mul(keep, moment!), mul(join, add(mean!, floor)))];
  },
);

/** The step of a parameter, given its direction and the sizes of both. */
const moveBy = ({ averages, scales, maximize }: Choices) =>
  change("update by Adafactor", (values, numbers) => {
    const { add, div, max, mul, neg, sub } = expr;
    const [, , , most, least, clip, decay, b1, c1] = numbers as Numbers;
    const [p, mean] = averages ? values : [values[0]!, null];
    const [direction, size, own] = values.slice(averages ? 2 : 1);
    const rate = scales ? mul(most, max(own!, least)) : most;
    const clipped = div(direction!, max(1, div(size!, clip)));
    const change = mul(rate, maximize ? neg(clipped) : clipped);
    const decayed = sub(p!, mul(mul(decay, rate), p!));
    if (!mean) return [sub(decayed, change)];
    const next = add(mul(b1, mean), mul(c1, change));
    return [sub(decayed, next), next];
  });

const rms = (x: Tensor): Tensor => x.square().mean().sqrt();

/** `g / sqrt(v)`, with `v` out of the means of its rows and columns. */
function factoredDirection(g: Tensor, row: Tensor, column: Tensor): Tensor {
  const rows = row.div(row.mean(-1, { keepDim: true })).rsqrt().unsqueeze(-1);
  return g.mul(rows).mul(column.rsqrt().unsqueeze(-2));
}

function ruleOf(choices: Choices): Rule {
  const move = moveBy(choices);
  return {
    apply: ([p, ...state], g, numbers) =>
      tidyNow(() => {
        let direction: Tensor;
        if (choices.factored) {
          const [row, column] = state as [Tensor, Tensor];
          const squares = g.square();
          average([row], [squares.mean(-1)], numbers);
          average([column], [squares.mean(-2)], numbers);
          direction = factoredDirection(g, row, column);
        } else {
          average([state[0]!], [g.square()], numbers);
          direction = g.mul(state[0]!.rsqrt());
        }
        const means = choices.averages ? [state.at(-1)!] : [];
        const sizes = choices.scales ? [rms(p!)] : [];
        move([p!, ...means], [direction, rms(direction), ...sizes], numbers);
      }),
  };
}

/** The names of the state under some choices. */
const NAMES = {
  factored: ["rowVar", "colVar"],
  whole: ["variance"],
  factoredAverage: ["rowVar", "colVar", "expAvg"],
  wholeAverage: ["variance", "expAvg"],
} as const;

/**
 * Adafactor (Shazeer and Stern, 2018): as Adam without momentum, with the
 * second moment of a matrix kept as the means of its rows and of its columns,
 * and steps relative to the size of the parameter. The options and defaults are
 * those of the paper and of Hugging Face's transformers, where `lr` without a
 * value is this one's 0.01 with `relativeStep`; for a custom learning rate, set
 * `relativeStep` and perhaps `scaleParameter` to false.
 *
 * @example Memory for a matrix
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones, type Tensor } from "@tenfold/tenfold";
 * import { Adafactor } from "@tenfold/optim";
 *
 * const weight = ones([20, 30], { requiresGrad: true });
 * const optimizer = new Adafactor([weight]);
 * weight.square().sum().backward();
 * optimizer.step();
 * const state = optimizer.stateDict().state["0"];
 * assertEquals((state?.rowVar as Tensor).shape, [20]);
 * assertEquals((state?.colVar as Tensor).shape, [30]);
 * ```
 */
export class Adafactor extends Optimizer<AdafactorGroup> {
  readonly #rules = new Map<number, Rule>();

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
    params: OptimizerParameters<AdafactorGroup>,
    options: AdafactorOptions = {},
  ) {
    const operation = "make an optimizer Adafactor";
    const given = optionsArgument(
      schema,
      ["params"],
      options,
      arguments,
      operation,
    );
    super("Adafactor", params, given, schema);
  }

  /** The names of the state tensors. */
  protected override stateNames(
    { beta1 }: ParameterGroup<AdafactorGroup>,
    { ndim }: Tensor,
  ): readonly string[] {
    if (beta1 > 0) return ndim < 2 ? NAMES.wholeAverage : NAMES.factoredAverage;
    return ndim < 2 ? NAMES.whole : NAMES.factored;
  }

  /** Without the columns, or without the rows. */
  protected override stateShape(
    _group: ParameterGroup<AdafactorGroup>,
    name: string,
    { shape, ndim }: Tensor,
  ): Shape {
    if (name === "rowVar") return shape.slice(0, -1);
    if (name !== "colVar") return shape;
    return [...shape.slice(0, ndim - 2), shape[ndim - 1]!];
  }

  /** The rule and its numbers. */
  protected override update(
    group: ParameterGroup<AdafactorGroup>,
    step: number,
    _fresh: boolean,
    { ndim }: Tensor,
  ): Step {
    const { lr, eps: [floor, least], clipThreshold, beta1, weightDecay } =
      group;
    const { scaleParameter, relativeStep, warmupInit, maximize } = group;
    const most = warmupInit ? Math.min(1e-6 * step, lr) : lr;
    const rate = relativeStep ? Math.min(most, 1 / Math.sqrt(step)) : lr;
    const join = step ** group.decayRate;
    const choices = {
      factored: ndim >= 2,
      averages: beta1 > 0,
      scales: scaleParameter,
      maximize,
    };
    const key = Object.values(choices)
      .reduce((bits, choice) => bits * 2 + Number(choice), 0);
    let rule = this.#rules.get(key);
    if (rule === undefined) this.#rules.set(key, rule = ruleOf(choices));
    const numbers = [1 - join, join, floor, rate, least, clipThreshold];
    return { rule, numbers: [...numbers, weightDecay, beta1, 1 - beta1] };
  }
}
