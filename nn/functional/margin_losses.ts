import { DTypeError, fused, ShapeError, type Tensor } from "@tenfold/core";
import { expr } from "@tenfold/core/backend";
import {
  checkTensor,
  noGradNow,
  showShape,
  tidyNow,
} from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { checkOptions, finite, reduction, tensorOption } from "../_options.ts";
import { classesOf } from "./_classes.ts";
import { reduceLoss, reduceLosses, requireSameShape } from "./_reduce.ts";
import type { ReductionOptions } from "./regression_losses.ts";

/** The schema of {@linkcode ReductionOptions}. */
export const reductionSchema = () =>
  z.strictObject({ reduction: z.optional(reduction) });

const logistic = /* @__PURE__ */ fused(
  "softMarginLoss",
  ([x, t]) => expr.softplus(expr.neg(expr.mul(t!, x!))),
);

/**
 * The logistic loss `log(1 + exp(-target * input))`, without overflow.
 *
 * @param input Scores.
 * @param target 1 or -1, of the same shape.
 * @param options `reduction`.
 * @throws {ShapeError} If the shapes differ.
 * @example As likely as not
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor, zeros } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const loss = functional.softMarginLoss(zeros([2]), tensor([1, -1]));
 * assertAlmostEquals(await loss.item(), Math.LN2, 1e-6);
 * ```
 */
export function softMarginLoss(
  input: Tensor,
  target: Tensor,
  options?: ReductionOptions,
): Tensor {
  const operation = "take the softMarginLoss";
  checkOptions(reductionSchema, options, operation, arguments.length - 3);
  requireSameShape("softMarginLoss", input, target);
  const { reduction = "mean" } = options ?? {};
  return reduceLoss(logistic, [input, target], reduction, input.size);
}

/**
 * Options of {@linkcode multiLabelSoftMarginLoss}.
 *
 * @example The first class counts twice
 * ```ts
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.MultiLabelSoftMarginLossOptions = {
 *   weight: tensor([2, 1, 1]),
 * };
 * const loss = new nn.MultiLabelSoftMarginLoss(options);
 * ```
 */
export interface MultiLabelSoftMarginLossOptions extends ReductionOptions {
  /** Weight of each class, of shape `[C]`. */
  readonly weight?: Tensor;
}

/** The schema of {@linkcode MultiLabelSoftMarginLossOptions}. */
export const multiLabelSoftSchema = () =>
  z.strictObject({
    reduction: z.optional(reduction),
    weight: z.optional(tensorOption),
  });

/** Inputs x, target and, where there is one, the weight. */
const labels = /* @__PURE__ */ fused(
  "multiLabelSoftMarginLoss",
  ([x, t, weight]) => {
    const loss = expr.add(
      expr.mul(t, expr.softplus(expr.neg(x))),
      expr.mul(expr.sub(1, t), expr.softplus(x)),
    );
    return weight ? expr.mul(loss, weight) : loss;
  },
);

/**
 * The binary cross entropy of the sigmoid of every score, averaged over the
 * classes of each sample.
 *
 * @param input Scores `[n, C]`, or `[C]`.
 * @param target 0 or 1, of the same shape.
 * @param options `reduction` and `weight`.
 * @throws {ShapeError} If the shapes do not fit.
 * @example As likely as not
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor, zeros } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const loss = functional.multiLabelSoftMarginLoss(
 *   zeros([1, 2]),
 *   tensor([[1, 0]]),
 * );
 * assertAlmostEquals(await loss.item(), Math.LN2, 1e-6);
 * ```
 */
export function multiLabelSoftMarginLoss(
  input: Tensor,
  target: Tensor,
  options?: MultiLabelSoftMarginLossOptions,
): Tensor {
  const name = "multiLabelSoftMarginLoss";
  const operation = `take the ${name}`;
  checkOptions(multiLabelSoftSchema, options, operation, arguments.length - 3);
  requireSameShape(name, input, target);
  const { reduction = "mean", weight } = options ?? {};
  const classes = input.shape.at(-1);
  if (
    classes === undefined || (weight && weight.shape.join() !== `${classes}`)
  ) {
    throw new ShapeError(
      `Cannot ${operation} as scores must be [n, C] or [C] and the weight [C]: got ${
        showShape(input.shape)
      } and ${weight ? showShape(weight.shape) : "no weight"}`,
    );
  }
  return tidyNow(() => {
    const inputs = weight ? [input, target, weight] : [input, target];
    const losses = labels.sum(inputs, { dims: -1, divisor: classes });
    return reduceLosses(losses, reduction);
  });
}

/**
 * Options of {@linkcode multiMarginLoss}.
 *
 * @example Squared violations
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.MultiMarginLossOptions = { p: 2, margin: 0.5 };
 * const loss = new nn.MultiMarginLoss(options);
 * ```
 */
export interface MultiMarginLossOptions extends ReductionOptions {
  /** Exponent of each margin violation, 1 or 2. @default {1} */
  readonly p?: 1 | 2;
  /**
   * The margin by which the score of the class must exceed the others.
   *
   * @default {1}
   */
  readonly margin?: number;
  /** Weight of each class, of shape `[C]`. */
  readonly weight?: Tensor;
}

/** The schema of {@linkcode MultiMarginLossOptions}. */
export const multiMarginSchema = () =>
  z.strictObject({
    reduction: z.optional(reduction),
    p: z.optional(
      z.union([z.literal(1), z.literal(2)], "must be 1 or 2"),
    ),
    margin: z.optional(finite),
    weight: z.optional(tensorOption),
  });

/**
 * The multi-class hinge loss: the sum of `max(0, margin - x[class] + x[i])^p`
 * over all other classes `i`, divided by the number of classes.
 *
 * @param input Scores `[n, C]`, or `[C]`.
 * @param target Class indices `[n]`, or `[]`, int32.
 * @param options `reduction`, `p`, `margin` and `weight`.
 * @throws {ShapeError} If the shapes do not fit.
 * @throws {IndexError} If an index is out of range.
 * @example Another class is as likely
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const target = tensor([0], { dtype: "int32" });
 * const loss = functional.multiMarginLoss(tensor([[2, 2]]), target);
 * assertEquals(await loss.item(), 0.5);
 * ```
 */
export function multiMarginLoss(
  input: Tensor,
  target: Tensor,
  options?: MultiMarginLossOptions,
): Tensor {
  const name = "multiMarginLoss";
  const operation = `take the ${name}`;
  checkOptions(multiMarginSchema, options, operation, arguments.length - 3);
  checkTensor(input, "the input", operation);
  checkTensor(target, "the target", operation);
  const { reduction = "mean", p = 1, margin = 1, weight } = options ?? {};
  const classes = input.shape.at(-1) ?? 0;
  if (
    input.ndim < 1 || input.ndim > 2 ||
    (weight && weight.shape.join() !== `${classes}`)
  ) {
    throw new ShapeError(
      `Cannot ${operation} as scores must be [n, C] or [C] and the weight [C]: got ${
        showShape(input.shape)
      } and ${weight ? showShape(weight.shape) : "no weight"}`,
    );
  }
  return tidyNow(() => {
    const scores = input.ndim === 1 ? input.unsqueeze(0) : input;
    const wanted = input.ndim === 1 ? target.reshape([1]) : target;
    // No index is left out: none is below -2^31.
    const { index } = classesOf(name, scores, wanted, -(2 ** 31));
    const miss = scores.sub(scores.gather(1, index)).add(margin).relu();
    const powers = p === 2 ? miss.square() : miss;
    // The class itself always misses by the margin, which does not count.
    const own = Math.max(margin, 0) ** p;
    let losses = powers.sum(1).sub(own).div(classes);
    if (weight) {
      losses = losses.mul(weight.indexSelect(0, index.squeeze(1)));
    }
    return reduceLosses(
      input.ndim === 1 ? losses.squeeze(0) : losses,
      reduction,
    );
  });
}

/**
 * The multi-label hinge loss: `max(0, 1 - x[target] + x[i])` summed over the
 * target classes of a sample and over all other classes `i`, divided by the
 * number of classes.
 *
 * @param input Scores `[n, C]`, or `[C]`.
 * @param target Class indices of the same shape, int32: the target classes of a
 * sample are those before the first negative index.
 * @param options `reduction`.
 * @throws {DTypeError} If the target is not int32.
 * @throws {ShapeError} If the shapes differ.
 * @example The classes 3 and 0
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const target = tensor([3, 0, -1, 1], { dtype: "int32" });
 * const loss = functional.multiLabelMarginLoss(
 *   tensor([0.1, 0.2, 0.4, 0.8]),
 *   target,
 * );
 * assertAlmostEquals(await loss.item(), 0.85, 1e-6);
 * ```
 */
export function multiLabelMarginLoss(
  input: Tensor,
  target: Tensor,
  options?: ReductionOptions,
): Tensor {
  const name = "multiLabelMarginLoss";
  const operation = `take the ${name}`;
  checkOptions(reductionSchema, options, operation, arguments.length - 3);
  requireSameShape(name, input, target);
  if (target.dtype !== "int32") {
    throw new DTypeError(
      `Cannot ${operation} as class indices must be int32: got ${target.dtype}`,
    );
  }
  if (input.ndim < 1 || input.ndim > 2) {
    throw new ShapeError(
      `Cannot ${operation} as scores must be [n, C] or [C]: got shape ${
        showShape(input.shape)
      }`,
    );
  }
  const { reduction = "mean" } = options ?? {};
  const classes = input.shape.at(-1)!;
  return tidyNow(() => {
    const { safe, counts } = noGradNow(() => {
      const ends = target.lt(0).cast("int32").cumsum(-1).eq(0);
      const safe = target.where(ends, 0);
      const hits = safe.mul(0).scatterAdd(-1, safe, ends.cast("int32"));
      const others = hits.eq(0);
      const pairs = ends.unsqueeze(-1).logicalAnd(others.unsqueeze(-2));
      return { safe, counts: pairs.cast(input.dtype) };
    });
    const own = input.gather(-1, safe).unsqueeze(-1);
    const miss = input.unsqueeze(-2).sub(own).add(1).relu();
    const losses = miss.mul(counts).sum([-2, -1]).div(classes);
    return reduceLosses(losses, reduction);
  });
}
