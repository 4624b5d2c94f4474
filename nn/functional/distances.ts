import { fused, type Tensor } from "@tenfold/core";
import { broadcastShapes, expr } from "@tenfold/core/backend";
import { checkTensor, noGradNow, tidyNow } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import {
  anyNumber,
  checkOptions,
  dim,
  finite,
  flag,
  nonNegative,
} from "../_options.ts";

/**
 * Options of {@linkcode pairwiseDistance}.
 *
 * @example The Manhattan distance
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.PairwiseDistanceOptions = { p: 1, eps: 0 };
 * const [a, b] = [tensor([[0, 0]]), tensor([[3, 4]])];
 * assertEquals(await nn.functional.pairwiseDistance(a, b, options).item(), 7);
 * ```
 */
export interface PairwiseDistanceOptions {
  /** The norm. @default {2} */
  readonly p?: number;
  /** Added to each difference, for numerical stability. @default {1e-6} */
  readonly eps?: number;
  /** Whether to keep the last dim with an extent of 1. @default {false} */
  readonly keepDim?: boolean;
}

/** The schema of {@linkcode PairwiseDistanceOptions}. */
export const pairwiseSchema = () =>
  z.strictObject({
    p: z.optional(anyNumber),
    eps: z.optional(finite),
    keepDim: z.optional(flag),
  });

/**
 * The distance of vectors along the last dim: the norm of `a - b + eps`.
 *
 * @param a Of shape `[..., size]`.
 * @param b Of the same shape, or one that broadcasts.
 * @param options `p`, `eps` and `keepDim`.
 * @example A length
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.pairwiseDistance(tensor([0, 0]), tensor([3, 4]));
 * assertAlmostEquals(await y.item(), 5, 1e-5);
 * ```
 */
export function pairwiseDistance(
  a: Tensor,
  b: Tensor,
  options?: PairwiseDistanceOptions,
): Tensor {
  const operation = "apply pairwiseDistance";
  checkOptions(pairwiseSchema, options, operation, arguments.length - 3);
  checkTensor(a, "a", operation);
  checkTensor(b, "b", operation);
  const { p = 2, eps = 1e-6, keepDim = false } = options ?? {};
  return tidyNow(() => distance(a, b, p, eps, keepDim));
}

/** {@linkcode pairwiseDistance} with checked options. */
export function distance(
  a: Tensor,
  b: Tensor,
  p: number,
  eps: number,
  keepDim = false,
): Tensor {
  return a.sub(b).add(eps).norm(-1, { p, keepDim });
}

/**
 * Options of {@linkcode cosineSimilarity}.
 *
 * @example Vectors along the last dim
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.CosineSimilarityOptions = { dim: -1 };
 * const [a, b] = [tensor([1, 0]), tensor([1, 1])];
 * const similarity = nn.functional.cosineSimilarity(a, b, options);
 * assertAlmostEquals(await similarity.item(), Math.SQRT1_2, 1e-6);
 * ```
 */
export interface CosineSimilarityOptions {
  /** The dim of the vectors. @default {1} */
  readonly dim?: number;
  /** Smallest norm of a vector, for numerical stability. @default {1e-8} */
  readonly eps?: number;
}

/** The schema of {@linkcode CosineSimilarityOptions}. */
export const cosineSchema = () =>
  z.strictObject({ dim: z.optional(dim), eps: z.optional(nonNegative) });

const product = /* @__PURE__ */ fused(
  "cosineSimilarity",
  ([a, b]) => expr.mul(a!, b!),
);

/**
 * The cosine of the angle between vectors: their product over the product of
 * their lengths.
 *
 * @param a A tensor of any shape.
 * @param b Of the same shape, or one that broadcasts.
 * @param options `dim` and `eps`.
 * @returns The shape of both, broadcast, without the dim.
 * @example A right angle
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const [a, b] = [tensor([[1, 0]]), tensor([[0, 2]])];
 * assertEquals(await functional.cosineSimilarity(a, b).toArray(), [0]);
 * ```
 */
export function cosineSimilarity(
  a: Tensor,
  b: Tensor,
  options?: CosineSimilarityOptions,
): Tensor {
  const operation = "apply cosineSimilarity";
  checkOptions(cosineSchema, options, operation, arguments.length - 3);
  checkTensor(a, "a", operation);
  checkTensor(b, "b", operation);
  const { dim = 1, eps = 1e-8 } = options ?? {};
  return tidyNow(() => {
    const length = (x: Tensor) => {
      const square = x.square().sum(dim, { keepDim: true });
      // What is too short counts as eps, and keeps its gradient.
      const missing = noGradNow(() =>
        square.clamp({ min: eps * eps }).sub(square)
      );
      return square.add(missing).sqrt();
    };
    const [x, y] = a.ndim === b.ndim
      ? [a, b]
      : [a, b].map((side) =>
        side.expand(broadcastShapes(a.shape, b.shape, operation))
      );
    return product.sum([x!.div(length(x!)), y!.div(length(y!))], { dims: dim });
  });
}

/**
 * Options of {@linkcode normalize}.
 *
 * @example Rows whose sizes add up to 1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.functional.NormalizeOptions = { p: 1 };
 * const y = nn.functional.normalize(tensor([[1, 3]]), options);
 * assertEquals(await y.toArray(), [[0.25, 0.75]]);
 * ```
 */
export interface NormalizeOptions {
  /** The norm. @default {2} */
  readonly p?: number;
  /** The dim of the vectors. @default {1} */
  readonly dim?: number;
  /** Smallest norm that vectors are divided by. @default {1e-12} */
  readonly eps?: number;
}

const normalizeSchema = () =>
  z.strictObject({
    p: z.optional(anyNumber),
    dim: z.optional(dim),
    eps: z.optional(nonNegative),
  });

/**
 * Divides vectors by their length: `x / max(norm(x), eps)`.
 *
 * @param x A tensor of any shape.
 * @param options `p`, `dim` and `eps`.
 * @example To length 1
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.normalize(tensor([[3, 4]]));
 * assertAlmostEquals(await y.select(1, 1).item(), 0.8, 1e-6);
 * ```
 */
export function normalize(x: Tensor, options?: NormalizeOptions): Tensor {
  const operation = "apply normalize";
  checkOptions(normalizeSchema, options, operation, arguments.length - 2);
  checkTensor(x, "x", operation);
  const { p = 2, dim = 1, eps = 1e-12 } = options ?? {};
  return tidyNow(() =>
    x.div(x.norm(dim, { p, keepDim: true }).clamp({ min: eps }))
  );
}
