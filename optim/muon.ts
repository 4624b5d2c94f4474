/**
 * Muon.
 *
 * @module
 */
import { type Tensor, zerosLike } from "@tenfold/core";
import { type Expr, expr } from "@tenfold/core/backend";
import { checkCount, optionsArgument, tidyNow } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { change } from "./_change.ts";
import { betas, finite, flag, nonNegative, share } from "./_options.ts";
import { numbersOf, type Variant, variantOf } from "./_variant.ts";
import { adamW } from "./adam.ts";
import {
  Optimizer,
  type OptimizerParameters,
  type ParameterGroup,
  type ParameterGroupInput,
  type Rule,
  type Step,
} from "./optimizer.ts";

/**
 * Options of {@linkcode Muon}.
 *
 * @example Steps as long as AdamW's
 * ```ts
 * import { optim, randn } from "@tenfold/tenfold";
 *
 * const weight = randn([4, 2], { requiresGrad: true });
 * const options: optim.MuonOptions = {
 *   lr: 0.02,
 *   adjustLr: "matchRmsAdamW",
 * };
 * const optimizer = new optim.Muon([weight], options);
 * ```
 */
export interface MuonOptions {
  /** The learning rate. @default {0.001} */
  lr?: number;
  /** Decoupled weight decay. @default {0.1} */
  weightDecay?: number;
  /** Momentum factor. @default {0.95} */
  momentum?: number;
  /** Whether to use Nesterov momentum. @default {true} */
  nesterov?: boolean;
  /**
   * Coefficients of the polynomial `a X + b X XᵀX + c X (XᵀX)²` by which the
   * singular values approach 1.
   *
   * @default {[3.4445, -4.775, 2.0315]}
   */
  nsCoefficients?: [number, number, number];
  /** Number of Newton–Schulz iterations. @default {5} */
  nsSteps?: number;
  /**
   * Least norm that a momentum is divided by; value added to the denominator
   * where `useMuon` is false.
   *
   * @default {1e-7, or 1e-8 where useMuon is false}
   */
  eps?: number;
  /**
   * Factor of the learning rate by the extents of a matrix: `"original"` is
   * `sqrt(max(1, rows / columns))`, `"matchRmsAdamW"` is
   * `0.2 sqrt(max(rows, columns))`, so that steps are as long as AdamW's (Liu and
   * others, 2025).
   *
   * @default {"original"}
   */
  adjustLr?: "original" | "matchRmsAdamW";
  /**
   * Whether Muon updates the parameters of a group; where it is false, AdamW
   * does.
   *
   * @default {true}
   */
  useMuon?: boolean;
  /** Decay rates of AdamW, where `useMuon` is false. @default {[0.9, 0.999]} */
  betas?: [number, number];
  /** Whether the objective is maximised instead of minimised. @default {false} */
  maximize?: boolean;
}

/**
 * All options of a group of {@linkcode Muon}.
 *
 * @example The options of the groups of an optimizer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optim, randn } from "@tenfold/tenfold";
 *
 * const weight = randn([4, 2], { requiresGrad: true });
 * const optimizer = new optim.Muon([weight]);
 * const groups: optim.MuonGroup[] = optimizer.paramGroups;
 * assertEquals(groups.map((group) => group.momentum), [0.95]);
 * ```
 */
export type MuonGroup = Required<Omit<MuonOptions, "eps">> & {
  /** The smallest norm, or the value that AdamW adds to the denominator. */
  eps?: number;
};

const counting = "must be an integer from 0 on";
const schema = () =>
  z.strictObject({
    lr: z._default(nonNegative, 1e-3),
    weightDecay: z._default(nonNegative, 0.1),
    momentum: z._default(share(), 0.95),
    nesterov: z._default(flag, true),
    nsCoefficients: z._default(
      z.tuple([finite, finite, finite], "must be three numbers"),
      [3.4445, -4.775, 2.0315],
    ),
    nsSteps: z._default(z.int(counting).check(z.gte(0, counting)), 5),
    eps: z.exactOptional(nonNegative),
    adjustLr: z._default(
      z.enum(
        ["original", "matchRmsAdamW"],
        'must be "original" or "matchRmsAdamW"',
      ),
      "original",
    ),
    useMuon: z._default(flag, true),
    betas: z._default(betas, [0.9, 0.999]),
    maximize: z._default(flag, false),
  });

const MOMENTUM: readonly string[] = ["momentumBuffer"];

/** `momentum b + (1 - momentum) g`, and the gradient seen from there. */
const accumulate = (maximize: boolean) =>
  /* @__PURE__ */ change(
    "update the momentum of Muon",
    ([buffer, ...values], [keep, rest]) => {
      const { add, mul } = expr;
      const given = values.at(-1)!;
      const g = maximize ? expr.neg(given) : given;
      const mix = (b: Expr) => add(mul(keep!, b), mul(rest!, g));
      const next = mix(buffer!);
      return values.length === 1 ? [next] : [next, mix(next)];
    },
  );

const move = /* @__PURE__ */ change(
  "update by Muon",
  ([p, direction], [_keep, _rest, rate, decay]) => [
    expr.sub(expr.mul(p!, decay!), expr.mul(rate!, direction!)),
  ],
);

/**
 * The matrix with the singular vectors of `x` and singular values near 1, by
 * Newton–Schulz iterations.
 */
function orthogonalized(x: Tensor, options: MuonGroup): Tensor {
  const { nsCoefficients: [a, b, c], nsSteps, eps = 1e-7 } = options;
  const tall = x.shape[0]! > x.shape[1]!;
  let u = tall ? x.t() : x;
  u = u.div(u.square().sum().sqrt().clamp({ min: eps }));
  for (let i = 0; i < nsSteps; i++) {
    const gram = u.matmul(u.t());
    u = u.mul(a).add(gram.mul(b).add(gram.matmul(gram).mul(c)).matmul(u));
  }
  return tall ? u.t() : u;
}

/** The rule of matrices under some options that change it. */
function matrixRule(options: MuonGroup): Rule {
  const { nesterov, maximize } = options;
  const gather = accumulate(maximize);
  return {
    apply: ([param, buffer], gradient, numbers) =>
      tidyNow(() => {
        const ahead = nesterov ? [zerosLike(param!)] : [];
        gather([buffer!, ...ahead], [gradient], numbers);
        const from = ahead[0] ?? buffer!;
        // The filters of a convolution are rows.
        const matrix = from.reshape([from.shape[0]!, -1]);
        const direction = orthogonalized(matrix, options);
        const scale = scaleOf(matrix, options);
        const scaled = scale === 1 ? direction : direction.mul(scale);
        move([param!], [scaled.reshape(param!.shape)], numbers);
      }),
  };
}

/** The factor of the learning rate of a matrix. */
function scaleOf({ shape }: Tensor, { adjustLr }: MuonGroup): number {
  const [rows, columns] = shape as [number, number];
  return adjustLr === "original"
    ? Math.sqrt(Math.max(1, rows / columns))
    : 0.2 * Math.sqrt(Math.max(rows, columns));
}

/** What AdamW makes of a group that it updates. */
const adamWOptions = (
  { lr, betas, eps = 1e-8, weightDecay, maximize }: MuonGroup,
) => ({ lr, betas, eps, weightDecay, maximize, amsgrad: false });

/**
 * Muon (Jordan and others, 2024): momentum whose matrices are orthogonalized by
 * Newton–Schulz iterations, so that a step has the same size in each direction.
 * For the weights of hidden layers, of 2 dims or more; biases, gains, embeddings
 * and the last layer go into a group with `useMuon: false`, which AdamW updates.
 * The options and defaults are those of PyTorch 2.9, whose iterations run in
 * bfloat16; these run in the dtype of the parameter.
 *
 * @example Matrices by Muon, the rest by AdamW
 * ```ts
 * import { assert } from "@std/assert";
 * import { manualSeed, nn, optim, randn, scope } from "@tenfold/tenfold";
 *
 * manualSeed(0);
 * const model = new nn.Sequential(
 *   new nn.Linear(4, 8),
 *   new nn.Tanh(),
 *   new nn.Linear(8, 1),
 * );
 * const params = model.parameters();
 * const optimizer = new optim.Muon([
 *   { params: params.filter((p) => p.ndim >= 2), lr: 0.02 },
 *   { params: params.filter((p) => p.ndim < 2), useMuon: false, lr: 0.01 },
 * ]);
 * const x = randn([32, 4]);
 * const y = x.sum(1, { keepDim: true });
 * let last = Infinity;
 * for (let step = 0; step < 50; step++) {
 *   using _ = scope();
 *   optimizer.zeroGrad();
 *   const loss = nn.functional.mseLoss(model.forward(x), y);
 *   loss.backward();
 *   optimizer.step();
 *   last = await loss.item();
 * }
 * assert(last < 1);
 * ```
 */
export class Muon extends Optimizer<MuonGroup> {
  readonly #rules = new Map<string, Rule>();
  readonly #variants = new Map<string, Variant>();

  /**
   * Creates the optimizer.
   *
   * @param params The parameters, or groups of them with options of their own.
   * @param options The options; groups may override them.
   * @throws {TypeError} If an option is unknown or of the wrong type.
   * @throws {RangeError} If an option has a wrong value, or a parameter with
   * fewer than 2 dims is in a group without `useMuon: false`.
   */
  constructor(
    params: OptimizerParameters<MuonGroup>,
    options: MuonOptions = {},
  ) {
    const operation = "make an optimizer Muon";
    const given = optionsArgument(
      schema,
      ["params"],
      options,
      arguments,
      operation,
    );
    super("Muon", params, given, schema);
  }

  /**
   * Adds parameters with options of their own.
   *
   * @param group The parameters, and the options that differ.
   * @throws {RangeError} If Muon should update a parameter with fewer than 2
   * dims.
   */
  override addParamGroup(group: ParameterGroupInput<MuonGroup>): void {
    checkCount("addParamGroup", arguments.length, 1);
    const params = [...group.params];
    const { useMuon = this.defaults.useMuon ?? true } = group;
    const odd = useMuon ? params.find((p) => p?.ndim < 2) : undefined;
    if (odd !== undefined) {
      throw new RangeError(
        `Cannot make an optimizer Muon as a parameter of shape [${
          odd.shape.join(", ")
        }] is not a matrix: put it into a group with { useMuon: false }, which AdamW updates`,
      );
    }
    super.addParamGroup({ ...group, params });
  }

  /** The names of the state tensors. */
  protected override stateNames(
    group: ParameterGroup<MuonGroup>,
  ): readonly string[] {
    return group.useMuon ? MOMENTUM : this.#adamW(group).names;
  }

  /** The rule and its numbers. */
  protected override update(
    group: ParameterGroup<MuonGroup>,
    step: number,
    fresh: boolean,
  ): Step {
    if (!group.useMuon) {
      const variant = this.#adamW(group);
      const options = adamWOptions(group);
      const numbers = numbersOf(adamW, variant, options, step, fresh);
      return { rule: variant.rule, numbers };
    }
    const { momentum, lr, weightDecay } = group;
    const { nesterov, nsCoefficients, nsSteps, eps, adjustLr, maximize } =
      group;
    const key = [nesterov, nsCoefficients, nsSteps, eps, adjustLr, maximize]
      .join();
    let rule = this.#rules.get(key);
    if (rule === undefined) {
      const { params: _, ...options } = group;
      this.#rules.set(key, rule = matrixRule(structuredClone(options)));
    }
    const numbers = [momentum, 1 - momentum, lr, 1 - lr * weightDecay];
    return { rule, numbers };
  }

  #adamW(group: MuonGroup): Variant {
    const key = `${group.weightDecay !== 0},${group.maximize}`;
    let variant = this.#variants.get(key);
    if (variant === undefined) {
      const options = adamWOptions(group);
      variant = variantOf(adamW, options, { amsgrad: false });
      this.#variants.set(key, variant);
    }
    return variant;
  }
}
