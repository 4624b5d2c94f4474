/**
 * Distances as modules.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import {
  cosineSchema,
  cosineSimilarity,
  type CosineSimilarityOptions,
  pairwiseDistance,
  type PairwiseDistanceOptions,
  pairwiseSchema,
} from "./functional/distances.ts";
import { Module } from "./module.ts";

/**
 * The cosine of the angle between vectors.
 *
 * @example A right angle
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { CosineSimilarity } from "@tenfold/nn";
 *
 * const cosine = new CosineSimilarity();
 * const y = cosine.forward(tensor([[1, 0]]), tensor([[0, 2]]));
 * assertEquals(await y.toArray(), [0]);
 * ```
 */
export class CosineSimilarity extends Module<[a: Tensor, b: Tensor]> {
  /** The dim of the vectors. */
  readonly dim: number;
  /** The smallest norm of a vector. */
  readonly eps: number;

  /**
   * Creates the module.
   *
   * @param options `dim` and `eps`.
   */
  constructor(options: CosineSimilarityOptions = {}) {
    super();
    const parsed = parseArguments(
      cosineSchema,
      {},
      options,
      arguments,
      "make a CosineSimilarity",
    );
    this.dim = parsed.dim ?? 1;
    this.eps = parsed.eps ?? 1e-8;
  }

  /** Compares vectors of `a` and `b`. */
  forward(a: Tensor, b: Tensor): Tensor {
    checkCount("forward", arguments.length, 2);
    const { dim, eps } = this;
    return cosineSimilarity(a, b, { dim, eps });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `dim=${this.dim}, eps=${this.eps}`;
  }
}

/**
 * The distance of vectors along the last dim.
 *
 * @example Three and four
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { PairwiseDistance } from "@tenfold/nn";
 *
 * const distance = new PairwiseDistance({ eps: 0 });
 * const y = distance.forward(tensor([[3, 0]]), tensor([[0, 4]]));
 * assertEquals(await y.toArray(), [5]);
 * ```
 */
export class PairwiseDistance extends Module<[a: Tensor, b: Tensor]> {
  /** The norm. */
  readonly p: number;
  /** Added to each difference. */
  readonly eps: number;
  /** Whether the last dim is kept as an extent of 1. */
  readonly keepDim: boolean;

  /**
   * Creates the module.
   *
   * @param options `p`, `eps` and `keepDim`.
   */
  constructor(options: PairwiseDistanceOptions = {}) {
    super();
    const parsed = parseArguments(
      pairwiseSchema,
      {},
      options,
      arguments,
      "make a PairwiseDistance",
    );
    this.p = parsed.p ?? 2;
    this.eps = parsed.eps ?? 1e-6;
    this.keepDim = parsed.keepDim ?? false;
  }

  /** Compares vectors of `a` and `b`. */
  forward(a: Tensor, b: Tensor): Tensor {
    checkCount("forward", arguments.length, 2);
    const { p, eps, keepDim } = this;
    return pairwiseDistance(a, b, { p, eps, keepDim });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `p=${this.p}, eps=${this.eps}, keepDim=${this.keepDim}`;
  }
}
