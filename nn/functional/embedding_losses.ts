import { fused, ShapeError, type Tensor } from "@tenfold/core";
import { call, type Expr, expr } from "@tenfold/core/backend";
import { checkTensor, showShape, tidyNow } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import {
  anyNumber,
  checkOptions,
  finite,
  flag,
  nonNegative,
  type Reduction,
  reduction,
} from "../_options.ts";
import { reduceLoss, requireSameShape } from "./_reduce.ts";
import { distance } from "./distances.ts";
import type { ReductionOptions } from "./regression_losses.ts";

/** `max(x, 0)` whose slope at 0 is 1, as that of PyTorch's clamp. */
const atLeastZero = (x: Expr): Expr => expr.select(expr.lt(x, 0), 0, x);

/**
 * Options of losses with a margin.
 *
 * @example A margin of a half
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.MarginOptions = { margin: 0.5 };
 * const loss = new nn.CosineEmbeddingLoss(options);
 * ```
 */
export interface MarginOptions extends ReductionOptions {
  /** The margin by which distances must differ. */
  readonly margin?: number;
}

/** The schema of {@linkcode MarginOptions}. */
export const marginSchema = () =>
  z.strictObject({
    reduction: z.optional(reduction),
    margin: z.optional(finite),
  });

/** Inputs two scores, and 1 or -1; scalar: margin. */
const ranking = /* @__PURE__ */ fused(
  "marginRankingLoss",
  ([a, b, t], [margin]) =>
    atLeastZero(expr.add(expr.neg(expr.mul(t, expr.sub(a, b))), margin)),
  { scalars: 1 },
);

/**
 * `max(0, -target * (a - b) + margin)`: `a` should be larger than `b` where the
 * target is 1, and smaller where it is -1.
 *
 * @param a Scores.
 * @param b Scores of the same shape.
 * @param target 1 or -1, of the same shape.
 * @param options `reduction` and `margin`, by default 0.
 * @throws {ShapeError} If the shapes differ.
 * @example In the right order
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const [a, b, target] = [tensor([3]), tensor([1]), tensor([1])];
 * const loss = functional.marginRankingLoss(a, b, target, { margin: 2.5 });
 * assertEquals(await loss.item(), 0.5);
 * ```
 */
export function marginRankingLoss(
  a: Tensor,
  b: Tensor,
  target: Tensor,
  options?: MarginOptions,
): Tensor {
  const name = "marginRankingLoss";
  checkOptions(marginSchema, options, `take the ${name}`, arguments.length - 4);
  requireSameShape(name, a, b);
  requireSameShape(name, a, target);
  const { reduction = "mean", margin = 0 } = options ?? {};
  return reduceLoss(ranking, [a, b, target], reduction, a.size, [margin]);
}

/** Inputs x, and 1 or -1; scalar: margin. */
const hinge = /* @__PURE__ */ fused(
  "hingeEmbeddingLoss",
  ([x, t], [margin]) =>
    expr.add(
      expr.select(expr.ne(t, 1), atLeastZero(expr.sub(margin, x)), 0),
      expr.select(expr.ne(t, -1), x, expr.mul(x, 0)),
    ),
  { scalars: 1 },
);

/**
 * The input where the target is 1, and `max(0, margin - input)` where it is -1.
 *
 * @param input Distances.
 * @param target 1 or -1, of the same shape.
 * @param options `reduction` and `margin`, by default 1.
 * @throws {ShapeError} If the shapes differ.
 * @example Near where it should be near, and where it should not
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const loss = functional.hingeEmbeddingLoss(
 *   tensor([0.25, 0.25]),
 *   tensor([1, -1]),
 * );
 * assertEquals(await loss.item(), 0.5);
 * ```
 */
export function hingeEmbeddingLoss(
  input: Tensor,
  target: Tensor,
  options?: MarginOptions,
): Tensor {
  const name = "hingeEmbeddingLoss";
  checkOptions(marginSchema, options, `take the ${name}`, arguments.length - 3);
  requireSameShape(name, input, target);
  const { reduction = "mean", margin = 1 } = options ?? {};
  return reduceLoss(hinge, [input, target], reduction, input.size, [margin]);
}

/** Inputs the product of vectors, their squares, and 1 or -1; scalar: margin. */
const cosine = /* @__PURE__ */ fused(
  "cosineEmbeddingLoss",
  ([product, a, b, t], [margin]) => {
    const cos = expr.div(
      product,
      expr.sqrt(expr.mul(expr.add(a, 1e-12), expr.add(b, 1e-12))),
    );
    return expr.add(
      expr.select(expr.eq(t, 1), expr.sub(1, cos), expr.mul(cos, 0)),
      expr.select(
        expr.eq(t, -1),
        atLeastZero(expr.sub(cos, margin)),
        expr.mul(cos, 0),
      ),
    );
  },
  { scalars: 1 },
);

const times = /* @__PURE__ */ fused(
  "cosineEmbeddingLoss",
  ([a, b]) => call("mul", a!, b!),
);

/**
 * `1 - cos` of the angle between vectors where the target is 1, and
 * `max(0, cos - margin)` where it is -1.
 *
 * @param a Of shape `[n, size]`, or `[size]`.
 * @param b Of the same shape.
 * @param target 1 or -1, of shape `[n]`, or `[]`.
 * @param options `reduction` and `margin`, by default 0.
 * @throws {ShapeError} If the shapes do not fit.
 * @example At right angles
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const loss = functional.cosineEmbeddingLoss(
 *   tensor([1, 0]),
 *   tensor([0, 1]),
 *   tensor(1),
 * );
 * assertEquals(await loss.item(), 1);
 * ```
 */
export function cosineEmbeddingLoss(
  a: Tensor,
  b: Tensor,
  target: Tensor,
  options?: MarginOptions,
): Tensor {
  const name = "cosineEmbeddingLoss";
  checkOptions(marginSchema, options, `take the ${name}`, arguments.length - 4);
  requireSameShape(name, a, b);
  checkTensor(target, "the target", `take the ${name}`);
  if (
    a.ndim < 1 || a.ndim > 2 ||
    target.shape.join() !== a.shape.slice(0, -1).join()
  ) {
    throw new ShapeError(
      `Cannot take the ${name} as inputs must be [n, size] with a target of [n], or [size] with a target of []: got ${
        showShape(a.shape)
      } and ${showShape(target.shape)}`,
    );
  }
  const { reduction = "mean", margin = 0 } = options ?? {};
  return tidyNow(() => {
    const over = { dims: -1 };
    const parts = [[a, b], [a, a], [b, b]].map((pair) => times.sum(pair, over));
    return reduceLoss(cosine, [...parts, target], reduction, target.size, [
      margin,
    ]);
  });
}

/**
 * Options of {@linkcode tripletMarginLoss}.
 *
 * @example The Manhattan distance, with swap
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.TripletMarginLossOptions = { p: 1, swap: true };
 * const loss = new nn.TripletMarginLoss(options);
 * ```
 */
export interface TripletMarginLossOptions extends ReductionOptions {
  /** The margin by which the distances must differ. @default {1} */
  readonly margin?: number;
  /** The norm. @default {2} */
  readonly p?: number;
  /** Added to each difference, for numerical stability. @default {1e-6} */
  readonly eps?: number;
  /**
   * Whether the distance of the negative is to the nearer of anchor and
   * positive (Balntas and others, 2016). @default {false}
   */
  readonly swap?: boolean;
}

/** The schema of {@linkcode TripletMarginLossOptions}. */
export const tripletSchema = () =>
  z.strictObject({
    reduction: z.optional(reduction),
    margin: z.optional(finite),
    p: z.optional(anyNumber),
    eps: z.optional(nonNegative),
    swap: z.optional(flag),
  });

/** Inputs both distances; scalar: margin. */
const apart = /* @__PURE__ */ fused(
  "tripletMarginLoss",
  ([near, far], [margin]) => atLeastZero(expr.add(expr.sub(near, far), margin)),
  { scalars: 1 },
);

/** The loss of distances that a function gives. */
function triplet(
  [anchor, positive, negative]: readonly [Tensor, Tensor, Tensor],
  measure: (a: Tensor, b: Tensor) => Tensor,
  margin: number,
  swap: boolean,
  reduction: Reduction,
): Tensor {
  return tidyNow(() => {
    const near = measure(anchor, positive);
    let far = measure(anchor, negative);
    if (swap) far = far.minimum(measure(positive, negative));
    return reduceLoss(apart, [near, far], reduction, near.size, [margin]);
  });
}

/**
 * `max(0, d(anchor, positive) - d(anchor, negative) + margin)` with the distance
 * `d(a, b)`, the norm of `a - b + eps` along the last dim (Balntas and others,
 * 2016).
 *
 * @param anchor Of shape `[n, size]`, or `[size]`.
 * @param positive Of the same shape.
 * @param negative Of the same shape.
 * @param options `reduction`, `margin`, `p`, `eps` and `swap`.
 * @throws {ShapeError} If the shapes differ.
 * @example Not far enough by 1
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor, zeros } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const [anchor, near, far] = [zeros([2]), zeros([2]), tensor([3, 4])];
 * const loss = functional.tripletMarginLoss(anchor, near, far, { margin: 6 });
 * assertAlmostEquals(await loss.item(), 1, 1e-5);
 * ```
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options?: TripletMarginLossOptions,
): Tensor {
  const name = "tripletMarginLoss";
  checkOptions(
    tripletSchema,
    options,
    `take the ${name}`,
    arguments.length - 4,
  );
  requireSameShape(name, anchor, positive);
  requireSameShape(name, anchor, negative);
  const { reduction = "mean", margin = 1, p = 2, eps = 1e-6, swap = false } =
    options ?? {};
  const measure = (a: Tensor, b: Tensor) => distance(a, b, p, eps);
  const all = [anchor, positive, negative] as const;
  return triplet(all, measure, margin, swap, reduction);
}

/**
 * Options of {@linkcode tripletMarginWithDistanceLoss}.
 *
 * @example Distances by cosine
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.TripletMarginWithDistanceLossOptions = {
 *   distanceFunction: (a, b) =>
 *     nn.functional.cosineSimilarity(a, b).neg().add(1),
 * };
 * const loss = new nn.TripletMarginWithDistanceLoss(options);
 * ```
 */
export interface TripletMarginWithDistanceLossOptions extends ReductionOptions {
  /**
   * Computes the distance of each pair.
   *
   * @default {pairwiseDistance}
   */
  readonly distanceFunction?: (a: Tensor, b: Tensor) => Tensor;
  /** The margin by which the distances must differ. @default {1} */
  readonly margin?: number;
  /**
   * Whether the distance of the negative is to the nearer of anchor and
   * positive. @default {false}
   */
  readonly swap?: boolean;
}

/** The schema of {@linkcode TripletMarginWithDistanceLossOptions}. */
export const tripletDistanceSchema = () =>
  z.strictObject({
    reduction: z.optional(reduction),
    distanceFunction: z.optional(
      z.custom<(a: Tensor, b: Tensor) => Tensor>(
        (value) => typeof value === "function",
        "must be a function",
      ),
    ),
    margin: z.optional(finite),
    swap: z.optional(flag),
  });

/**
 * {@linkcode tripletMarginLoss} with a custom distance.
 *
 * @param anchor Of any shape that the distance takes.
 * @param positive Of the same shape.
 * @param negative Of the same shape.
 * @param options `reduction`, `distanceFunction`, `margin` and `swap`.
 * @throws {ShapeError} If the shapes differ.
 * @example By steps along the axes
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, type Tensor, zeros } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const [anchor, near, far] = [zeros([2]), zeros([2]), tensor([3, 4])];
 * const options = {
 *   distanceFunction: (a: Tensor, b: Tensor) => a.sub(b).abs().sum(-1),
 *   margin: 8,
 * };
 * const loss = functional.tripletMarginWithDistanceLoss(
 *   anchor,
 *   near,
 *   far,
 *   options,
 * );
 * assertEquals(await loss.item(), 1);
 * ```
 */
export function tripletMarginWithDistanceLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options?: TripletMarginWithDistanceLossOptions,
): Tensor {
  const name = "tripletMarginWithDistanceLoss";
  checkOptions(
    tripletDistanceSchema,
    options,
    `take the ${name}`,
    arguments.length - 4,
  );
  requireSameShape(name, anchor, positive);
  requireSameShape(name, anchor, negative);
  const {
    reduction = "mean",
    margin = 1,
    swap = false,
    distanceFunction = (a: Tensor, b: Tensor) => distance(a, b, 2, 1e-6),
  } = options ?? {};
  const all = [anchor, positive, negative] as const;
  return triplet(all, distanceFunction, margin, swap, reduction);
}
