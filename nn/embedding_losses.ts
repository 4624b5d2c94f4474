/**
 * Losses of distances and of embeddings as modules.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import {
  cosineEmbeddingLoss,
  hingeEmbeddingLoss,
  type MarginOptions,
  marginRankingLoss,
  marginSchema,
  tripletDistanceSchema,
  tripletMarginLoss,
  type TripletMarginLossOptions,
  tripletMarginWithDistanceLoss,
  type TripletMarginWithDistanceLossOptions,
  tripletSchema,
} from "./functional/embedding_losses.ts";
import { distance } from "./functional/distances.ts";
import { Loss } from "./losses.ts";

/**
 * {@linkcode marginRankingLoss} as a module.
 *
 * @example In the right order
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { MarginRankingLoss } from "@tenfold/nn";
 *
 * const loss = new MarginRankingLoss({ margin: 2.5 });
 * const value = loss.forward(tensor([3]), tensor([1]), tensor([1]));
 * assertEquals(await value.item(), 0.5);
 * ```
 */
export class MarginRankingLoss
  extends Loss<[a: Tensor, b: Tensor, target: Tensor]> {
  /** The margin by which distances must differ. */
  readonly margin: number;

  /**
   * Creates the loss.
   *
   * @param options `reduction` and `margin`.
   */
  constructor(options: MarginOptions = {}) {
    const parsed = parseArguments(
      marginSchema,
      {},
      options,
      arguments,
      "make a MarginRankingLoss",
    );
    super(parsed.reduction ?? "mean");
    this.margin = parsed.margin ?? 0;
  }

  /** The loss of two scores each, and which should be larger: 1 or -1. */
  forward(a: Tensor, b: Tensor, target: Tensor): Tensor {
    checkCount("forward", arguments.length, 3);
    const { reduction, margin } = this;
    return marginRankingLoss(a, b, target, { reduction, margin });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `${super.describe()}, margin=${this.margin}`;
  }
}

/**
 * {@linkcode hingeEmbeddingLoss} as a module.
 *
 * @example Near where it should be near, and where it should not
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { HingeEmbeddingLoss } from "@tenfold/nn";
 *
 * const criterion = new HingeEmbeddingLoss();
 * const loss = criterion.forward(tensor([0.25, 0.25]), tensor([1, -1]));
 * assertEquals(await loss.item(), 0.5);
 * ```
 */
export class HingeEmbeddingLoss extends Loss {
  /** The margin by which distances must differ. */
  readonly margin: number;

  /**
   * Creates the loss.
   *
   * @param options `reduction` and `margin`.
   */
  constructor(options: MarginOptions = {}) {
    const parsed = parseArguments(
      marginSchema,
      {},
      options,
      arguments,
      "make a HingeEmbeddingLoss",
    );
    super(parsed.reduction ?? "mean");
    this.margin = parsed.margin ?? 1;
  }

  /** The loss of distances, and 1 or -1 for each. */
  forward(input: Tensor, target: Tensor): Tensor {
    checkCount("forward", arguments.length, 2);
    const { reduction, margin } = this;
    return hingeEmbeddingLoss(input, target, { reduction, margin });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `${super.describe()}, margin=${this.margin}`;
  }
}

/**
 * {@linkcode cosineEmbeddingLoss} as a module.
 *
 * @example At right angles
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { CosineEmbeddingLoss } from "@tenfold/nn";
 *
 * const criterion = new CosineEmbeddingLoss();
 * const loss = criterion.forward(tensor([1, 0]), tensor([0, 1]), tensor(1));
 * assertEquals(await loss.item(), 1);
 * ```
 */
export class CosineEmbeddingLoss
  extends Loss<[a: Tensor, b: Tensor, target: Tensor]> {
  /** The margin by which distances must differ. */
  readonly margin: number;

  /**
   * Creates the loss.
   *
   * @param options `reduction` and `margin`.
   */
  constructor(options: MarginOptions = {}) {
    const parsed = parseArguments(
      marginSchema,
      {},
      options,
      arguments,
      "make a CosineEmbeddingLoss",
    );
    super(parsed.reduction ?? "mean");
    this.margin = parsed.margin ?? 0;
  }

  /** The loss of pairs of vectors, and 1 or -1 for each pair. */
  forward(a: Tensor, b: Tensor, target: Tensor): Tensor {
    checkCount("forward", arguments.length, 3);
    const { reduction, margin } = this;
    return cosineEmbeddingLoss(a, b, target, { reduction, margin });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `${super.describe()}, margin=${this.margin}`;
  }
}

/**
 * {@linkcode tripletMarginLoss} as a module.
 *
 * @example Not far enough by 1
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor, zeros } from "@tenfold/tenfold";
 * import { TripletMarginLoss } from "@tenfold/nn";
 *
 * const [anchor, near, far] = [zeros([2]), zeros([2]), tensor([3, 4])];
 * const criterion = new TripletMarginLoss({ margin: 6 });
 * const loss = criterion.forward(anchor, near, far);
 * assertAlmostEquals(await loss.item(), 1, 1e-5);
 * ```
 */
export class TripletMarginLoss
  extends Loss<[anchor: Tensor, positive: Tensor, negative: Tensor]> {
  /** The margin by which distances must differ. */
  readonly margin: number;
  /** The norm. */
  readonly p: number;
  /** Added to each difference. */
  readonly eps: number;
  /**
   * Whether the distance of the negative is to the nearer of anchor and
   * positive.
   */
  readonly swap: boolean;

  /**
   * Creates the loss.
   *
   * @param options `reduction`, `margin`, `p`, `eps` and `swap`.
   */
  constructor(options: TripletMarginLossOptions = {}) {
    const parsed = parseArguments(
      tripletSchema,
      {},
      options,
      arguments,
      "make a TripletMarginLoss",
    );
    super(parsed.reduction ?? "mean");
    this.margin = parsed.margin ?? 1;
    this.p = parsed.p ?? 2;
    this.eps = parsed.eps ?? 1e-6;
    this.swap = parsed.swap ?? false;
  }

  /** The loss of vectors that should be near and far. */
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    checkCount("forward", arguments.length, 3);
    const { reduction, margin, p, eps, swap } = this;
    return tripletMarginLoss(anchor, positive, negative, {
      reduction,
      margin,
      p,
      eps,
      swap,
    });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `${super.describe()}, margin=${this.margin}, p=${this.p}, eps=${this.eps}, swap=${this.swap}`;
  }
}

/**
 * {@linkcode tripletMarginWithDistanceLoss} as a module.
 *
 * @example By steps along the axes
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, type Tensor, zeros } from "@tenfold/tenfold";
 * import { TripletMarginWithDistanceLoss } from "@tenfold/nn";
 *
 * const [anchor, near, far] = [zeros([2]), zeros([2]), tensor([3, 4])];
 * const options = {
 *   distanceFunction: (a: Tensor, b: Tensor) => a.sub(b).abs().sum(-1),
 *   margin: 8,
 * };
 * const criterion = new TripletMarginWithDistanceLoss(options);
 * const loss = criterion.forward(anchor, near, far);
 * assertEquals(await loss.item(), 1);
 * ```
 */
export class TripletMarginWithDistanceLoss
  extends Loss<[anchor: Tensor, positive: Tensor, negative: Tensor]> {
  /** The margin by which distances must differ. */
  readonly margin: number;
  /** Computes the distance of each pair. */
  readonly distanceFunction: (a: Tensor, b: Tensor) => Tensor;
  /**
   * Whether the distance of the negative is to the nearer of anchor and
   * positive.
   */
  readonly swap: boolean;

  /**
   * Creates the loss.
   *
   * @param options `reduction`, `margin`, `distanceFunction` and `swap`.
   */
  constructor(options: TripletMarginWithDistanceLossOptions = {}) {
    const parsed = parseArguments(
      tripletDistanceSchema,
      {},
      options,
      arguments,
      "make a TripletMarginWithDistanceLoss",
    );
    super(parsed.reduction ?? "mean");
    this.margin = parsed.margin ?? 1;
    this.distanceFunction = parsed.distanceFunction ??
      ((a, b) => distance(a, b, 2, 1e-6));
    this.swap = parsed.swap ?? false;
  }

  /** The loss of inputs that should be near and far. */
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    checkCount("forward", arguments.length, 3);
    const { reduction, margin, distanceFunction, swap } = this;
    return tripletMarginWithDistanceLoss(anchor, positive, negative, {
      reduction,
      margin,
      distanceFunction,
      swap,
    });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `${super.describe()}, margin=${this.margin}, swap=${this.swap}`;
  }
}
