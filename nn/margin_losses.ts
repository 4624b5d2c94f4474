/**
 * Margin losses and multi-label losses as modules.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import {
  multiLabelMarginLoss,
  multiLabelSoftMarginLoss,
  type MultiLabelSoftMarginLossOptions,
  multiLabelSoftSchema,
  multiMarginLoss,
  type MultiMarginLossOptions,
  multiMarginSchema,
  reductionSchema,
  softMarginLoss,
} from "./functional/margin_losses.ts";
import type { ReductionOptions } from "./functional/regression_losses.ts";
import { bufferOf, Loss } from "./losses.ts";
import type { Buffer } from "./parameter.ts";

/**
 * {@linkcode softMarginLoss} as a module.
 *
 * @example As likely as not
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor, zeros } from "@tenfold/tenfold";
 * import { SoftMarginLoss } from "@tenfold/nn";
 *
 * const loss = new SoftMarginLoss().forward(zeros([2]), tensor([1, -1]));
 * assertAlmostEquals(await loss.item(), Math.LN2, 1e-6);
 * ```
 */
export class SoftMarginLoss extends Loss {
  /**
   * Creates the loss.
   *
   * @param options `reduction`.
   */
  constructor(options: ReductionOptions = {}) {
    const parsed = parseArguments(
      reductionSchema,
      {},
      options,
      arguments,
      "make a SoftMarginLoss",
    );
    super(parsed.reduction ?? "mean");
  }

  /** The loss of scores for targets of 1 or -1. */
  forward(input: Tensor, target: Tensor): Tensor {
    checkCount("forward", arguments.length, 2);
    const { reduction } = this;
    return softMarginLoss(input, target, { reduction });
  }
}

/**
 * {@linkcode multiLabelSoftMarginLoss} as a module.
 *
 * @example As likely as not
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor, zeros } from "@tenfold/tenfold";
 * import { MultiLabelSoftMarginLoss } from "@tenfold/nn";
 *
 * const criterion = new MultiLabelSoftMarginLoss();
 * const loss = criterion.forward(zeros([1, 2]), tensor([[1, 0]]));
 * assertAlmostEquals(await loss.item(), Math.LN2, 1e-6);
 * ```
 */
export class MultiLabelSoftMarginLoss extends Loss {
  /** Weight of each class, of shape `[C]`, or null. */
  readonly weight: Buffer | null;

  /**
   * Creates the loss.
   *
   * @param options `reduction` and `weight`.
   */
  constructor(options: MultiLabelSoftMarginLossOptions = {}) {
    const parsed = parseArguments(
      multiLabelSoftSchema,
      {},
      options,
      arguments,
      "make a MultiLabelSoftMarginLoss",
    );
    super(parsed.reduction ?? "mean");
    this.weight = bufferOf(parsed.weight);
  }

  /** The loss of scores for targets of 0 or 1. */
  forward(input: Tensor, target: Tensor): Tensor {
    checkCount("forward", arguments.length, 2);
    const { reduction, weight } = this;
    return multiLabelSoftMarginLoss(input, target, {
      reduction,
      ...weight ? { weight } : {},
    });
  }
}

/**
 * {@linkcode multiLabelMarginLoss} as a module.
 *
 * @example The classes 3 and 0
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { MultiLabelMarginLoss } from "@tenfold/nn";
 *
 * const target = tensor([3, 0, -1, 1], { dtype: "int32" });
 * const criterion = new MultiLabelMarginLoss();
 * const loss = criterion.forward(tensor([0.1, 0.2, 0.4, 0.8]), target);
 * assertAlmostEquals(await loss.item(), 0.85, 1e-6);
 * ```
 */
export class MultiLabelMarginLoss extends Loss {
  /**
   * Creates the loss.
   *
   * @param options `reduction`.
   */
  constructor(options: ReductionOptions = {}) {
    const parsed = parseArguments(
      reductionSchema,
      {},
      options,
      arguments,
      "make a MultiLabelMarginLoss",
    );
    super(parsed.reduction ?? "mean");
  }

  /** The loss of scores for several class indices of each sample. */
  forward(input: Tensor, target: Tensor): Tensor {
    checkCount("forward", arguments.length, 2);
    const { reduction } = this;
    return multiLabelMarginLoss(input, target, { reduction });
  }
}

/**
 * {@linkcode multiMarginLoss} as a module.
 *
 * @example Another class is as likely
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { MultiMarginLoss } from "@tenfold/nn";
 *
 * const target = tensor([0], { dtype: "int32" });
 * const loss = new MultiMarginLoss().forward(tensor([[2, 2]]), target);
 * assertEquals(await loss.item(), 0.5);
 * ```
 */
export class MultiMarginLoss extends Loss {
  /** Exponent of each margin violation. */
  readonly p: 1 | 2;
  /** The margin by which the score of the class must exceed the others. */
  readonly margin: number;
  /** Weight of each class, of shape `[C]`, or null. */
  readonly weight: Buffer | null;

  /**
   * Creates the loss.
   *
   * @param options `reduction`, `p`, `margin` and `weight`.
   */
  constructor(options: MultiMarginLossOptions = {}) {
    const parsed = parseArguments(
      multiMarginSchema,
      {},
      options,
      arguments,
      "make a MultiMarginLoss",
    );
    super(parsed.reduction ?? "mean");
    this.p = parsed.p ?? 1;
    this.margin = parsed.margin ?? 1;
    this.weight = bufferOf(parsed.weight);
  }

  /** The loss of scores for class indices. */
  forward(input: Tensor, target: Tensor): Tensor {
    checkCount("forward", arguments.length, 2);
    const { reduction, p, margin, weight } = this;
    return multiMarginLoss(input, target, {
      reduction,
      p,
      margin,
      ...weight ? { weight } : {},
    });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `${super.describe()}, p=${this.p}, margin=${this.margin}`;
  }
}
