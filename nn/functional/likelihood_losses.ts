import { fused, ShapeError, type Tensor } from "@tenfold/core";
import { expr } from "@tenfold/core/backend";
import {
  checkTensor,
  noGradNow,
  refuseValues,
  showShape,
  tidyNow,
} from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import {
  checkOptions,
  flag,
  oneOf,
  positiveNumber,
  type Reduction,
  reduction,
} from "../_options.ts";
import { reduceLoss, requireSameShape } from "./_reduce.ts";
import type { ReductionOptions } from "./regression_losses.ts";

/**
 * Options of {@linkcode klDivLoss}.
 *
 * @example The mean over the samples
 * ```ts
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.KlDivLossOptions = { reduction: "batchmean" };
 * const input = randn([2, 4]).logSoftmax(1);
 * const target = randn([2, 4]).softmax(1);
 * const loss = nn.functional.klDivLoss(input, target, options);
 * ```
 */
export interface KlDivLossOptions {
  /**
   * `"batchmean"` divides the sum by the first extent, which matches the
   * definition of the divergence; `"mean"` divides by the number of elements.
   *
   * @default {"mean"}
   */
  readonly reduction?: Reduction | "batchmean";
  /** Whether the target holds log-probabilities too. @default {false} */
  readonly logTarget?: boolean;
}

/** The schema of {@linkcode KlDivLossOptions}. */
export const klDivSchema = () =>
  z.strictObject({
    reduction: z.optional(oneOf("mean", "batchmean", "sum", "none")),
    logTarget: z.optional(flag),
  });

const divergence = /* @__PURE__ */ fused(
  "klDivLoss",
  ([x, t]) =>
    expr.select(
      expr.eq(t!, 0),
      expr.neg(expr.mul(t!, x!)),
      expr.mul(t!, expr.sub(expr.log(t!), x!)),
    ),
);

const logDivergence = /* @__PURE__ */ fused(
  "klDivLoss",
  ([x, t]) => expr.mul(expr.exp(t!), expr.sub(t!, x!)),
);

/**
 * The Kullback-Leibler divergence `target * (log(target) - input)` of
 * log-probabilities from probabilities.
 *
 * @param input Log-probabilities.
 * @param target Probabilities of the same shape, or their logarithms.
 * @param options `reduction` and `logTarget`.
 * @throws {ShapeError} If the shapes differ.
 * @example Of a distribution from itself
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const p = tensor([[0.25, 0.75]]);
 * const loss = functional.klDivLoss(p.log(), p, { reduction: "batchmean" });
 * assertAlmostEquals(await loss.item(), 0, 1e-6);
 * ```
 */
export function klDivLoss(
  input: Tensor,
  target: Tensor,
  options?: KlDivLossOptions,
): Tensor {
  const operation = "take the klDivLoss";
  checkOptions(klDivSchema, options, operation, arguments.length - 3);
  requireSameShape("klDivLoss", input, target);
  const { reduction = "mean", logTarget = false } = options ?? {};
  const batch = reduction === "batchmean";
  return reduceLoss(
    logTarget ? logDivergence : divergence,
    [input, target],
    batch ? "mean" : reduction,
    batch ? input.shape[0] ?? 1 : input.size,
  );
}

/**
 * Options of {@linkcode gaussianNllLoss}.
 *
 * @example With the constant
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { nn, ones, zeros } from "@tenfold/tenfold";
 *
 * const options: nn.GaussianNllLossOptions = { full: true };
 * const [mean, target, variance] = [zeros([1]), zeros([1]), ones([1])];
 * const loss = nn.functional.gaussianNllLoss(mean, target, variance, options);
 * assertAlmostEquals(await loss.item(), Math.log(2 * Math.PI) / 2, 1e-6);
 * ```
 */
export interface GaussianNllLossOptions extends ReductionOptions {
  /** Whether the constant `log(2 π) / 2` is added. @default {false} */
  readonly full?: boolean;
  /** Smallest variance, for numerical stability. @default {1e-6} */
  readonly eps?: number;
}

/** The schema of {@linkcode GaussianNllLossOptions}. */
export const gaussianSchema = () =>
  z.strictObject({
    reduction: z.optional(reduction),
    full: z.optional(flag),
    eps: z.optional(positiveNumber),
  });

/** Inputs x, target, variance; scalar: a constant. */
const gaussian = /* @__PURE__ */ fused(
  "gaussianNllLoss",
  ([x, t, variance], [constant]) => {
    const error = expr.sub(x, t);
    const whole = expr.add(
      expr.log(variance),
      expr.div(expr.mul(error, error), variance),
    );
    return expr.add(expr.mul(whole, 0.5), constant);
  },
  { scalars: 1 },
);

const negative = /* @__PURE__ */ fused(
  "gaussianNllLoss",
  ([x]) => expr.select(expr.lt(x!, 0), expr.div(x!, x!), expr.mul(x!, 0)),
);

/**
 * The negative log-likelihood of a normal distribution:
 * `(log(variance) + (input - target)² / variance) / 2`.
 *
 * @param input The means.
 * @param target Of the shape of the means.
 * @param variance Of the shape of the means, or with 1 for the last extent or
 * without it.
 * @param options `reduction`, `full` and `eps`.
 * @throws {ShapeError} If the shapes do not fit.
 * @throws {RangeError} If a variance is negative; on webgpu the next read throws.
 * @example An error of one deviation
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones, zeros } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const loss = functional.gaussianNllLoss(zeros([1]), ones([1]), ones([1]));
 * assertEquals(await loss.item(), 0.5);
 * ```
 */
export function gaussianNllLoss(
  input: Tensor,
  target: Tensor,
  variance: Tensor,
  options?: GaussianNllLossOptions,
): Tensor {
  const name = "gaussianNllLoss";
  checkOptions(
    gaussianSchema,
    options,
    `take the ${name}`,
    arguments.length - 4,
  );
  requireSameShape(name, input, target);
  checkTensor(variance, "the variance", `take the ${name}`);
  const { reduction = "mean", full = false, eps = 1e-6 } = options ?? {};
  const lead = input.shape.slice(0, -1).join();
  const { shape } = variance;
  const fits = shape.join() === input.shape.join() ||
    (shape.join() === lead && shape.length === input.ndim - 1) ||
    (shape.length === input.ndim && shape.at(-1) === 1 &&
      shape.slice(0, -1).join() === lead);
  if (!fits) {
    throw new ShapeError(
      `Cannot take the ${name} as the variance must have the shape of the input, or 1 for its last extent: got ${
        showShape(shape)
      } for ${showShape(input.shape)}`,
    );
  }
  refuseValues(
    name,
    () => negative.sum([variance]),
    (count) =>
      new RangeError(
        `Cannot take the ${name} of negative variances: got ${count} of them`,
      ),
  );
  return tidyNow(() => {
    const each = shape.length < input.ndim ? variance.unsqueeze(-1) : variance;
    // What is too small becomes eps, and keeps its gradient.
    const missing = noGradNow(() => each.clamp({ min: eps }).sub(each));
    return reduceLoss(
      gaussian,
      [input, target, each.add(missing)],
      reduction,
      input.size,
      [full ? Math.log(2 * Math.PI) / 2 : 0],
    );
  });
}

/**
 * Options of {@linkcode poissonNllLoss}.
 *
 * @example Rates in place of their logarithms
 * ```ts
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.PoissonNllLossOptions = { logInput: false };
 * const loss = nn.functional.poissonNllLoss(
 *   tensor([2.5]),
 *   tensor([3]),
 *   options,
 * );
 * ```
 */
export interface PoissonNllLossOptions extends ReductionOptions {
  /** Whether the input is the logarithm of the rate. @default {true} */
  readonly logInput?: boolean;
  /** Whether Stirling's term for `log(target!)` is added. @default {false} */
  readonly full?: boolean;
  /** Added to a rate before its logarithm is taken. @default {1e-8} */
  readonly eps?: number;
}

/** The schema of {@linkcode PoissonNllLossOptions}. */
export const poissonSchema = () =>
  z.strictObject({
    reduction: z.optional(reduction),
    logInput: z.optional(flag),
    full: z.optional(flag),
    eps: z.optional(positiveNumber),
  });

/** Inputs x, target; scalars: eps, and 1 where Stirling's term is added. */
const poisson = (logInput: boolean) =>
  fused("poissonNllLoss", ([x, t], [eps, full]) => {
    const loss = logInput
      ? expr.sub(expr.exp(x), expr.mul(t, x))
      : expr.sub(x, expr.mul(t, expr.log(expr.add(x, eps))));
    const many = expr.select(
      expr.le(t, 1),
      expr.div(expr.add(t, 2), expr.add(t, 2)),
      t,
    );
    const stirling = expr.add(
      expr.sub(expr.mul(many, expr.log(many)), many),
      expr.mul(expr.log(expr.mul(many, 2 * Math.PI)), 0.5),
    );
    return expr.add(
      loss,
      expr.mul(full, expr.select(expr.gt(t, 1), stirling, expr.mul(t, 0))),
    );
  }, { scalars: 2 });

const ofRate = /* @__PURE__ */ poisson(false);
const ofLogRate = /* @__PURE__ */ poisson(true);

/**
 * The negative log-likelihood of a Poisson distribution:
 * `exp(input) - target * input`, or `input - target * log(input + eps)` for rates.
 *
 * @param input The logarithm of the rate, or the rate.
 * @param target Counts, of the same shape.
 * @param options `reduction`, `logInput`, `full` and `eps`.
 * @throws {ShapeError} If the shapes differ.
 * @example Of logarithms of rates
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, zeros } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const loss = functional.poissonNllLoss(zeros([1]), tensor([2]));
 * assertEquals(await loss.item(), 1);
 * ```
 */
export function poissonNllLoss(
  input: Tensor,
  target: Tensor,
  options?: PoissonNllLossOptions,
): Tensor {
  const operation = "take the poissonNllLoss";
  checkOptions(poissonSchema, options, operation, arguments.length - 3);
  requireSameShape("poissonNllLoss", input, target);
  const { reduction = "mean", logInput = true, full = false, eps = 1e-8 } =
    options ?? {};
  return reduceLoss(
    logInput ? ofLogRate : ofRate,
    [input, target],
    reduction,
    input.size,
    [eps, full ? 1 : 0],
  );
}
