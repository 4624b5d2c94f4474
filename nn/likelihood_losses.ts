/**
 * Negative log-likelihoods as modules.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import type { Reduction } from "./_options.ts";
import {
  gaussianNllLoss,
  type GaussianNllLossOptions,
  gaussianSchema,
  klDivLoss,
  type KlDivLossOptions,
  klDivSchema,
  poissonNllLoss,
  type PoissonNllLossOptions,
  poissonSchema,
} from "./functional/likelihood_losses.ts";
import { Loss } from "./losses.ts";
import { Module } from "./module.ts";

/**
 * {@linkcode klDivLoss} as a module.
 *
 * @example Of a distribution from itself
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { KLDivLoss } from "@tenfold/nn";
 *
 * const p = tensor([[0.25, 0.75]]);
 * const loss = new KLDivLoss({ reduction: "batchmean" }).forward(p.log(), p);
 * assertAlmostEquals(await loss.item(), 0, 1e-6);
 * ```
 */
export class KLDivLoss extends Module<[input: Tensor, target: Tensor]> {
  /** How losses are reduced. */
  readonly reduction: Reduction | "batchmean";
  /** Whether the target holds log-probabilities too. */
  readonly logTarget: boolean;

  /**
   * Creates the loss.
   *
   * @param options `reduction` and `logTarget`.
   */
  constructor(options: KlDivLossOptions = {}) {
    super();
    const parsed = parseArguments(
      klDivSchema,
      {},
      options,
      arguments,
      "make a KLDivLoss",
    );
    this.reduction = parsed.reduction ?? "mean";
    this.logTarget = parsed.logTarget ?? false;
  }

  /** The loss of log-probabilities and probabilities. */
  forward(input: Tensor, target: Tensor): Tensor {
    checkCount("forward", arguments.length, 2);
    const { reduction, logTarget } = this;
    return klDivLoss(input, target, { reduction, logTarget });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `reduction=${this.reduction}, logTarget=${this.logTarget}`;
  }
}

/**
 * {@linkcode gaussianNllLoss} as a module.
 *
 * @example An error of one deviation
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones, zeros } from "@tenfold/tenfold";
 * import { GaussianNLLLoss } from "@tenfold/nn";
 *
 * const criterion = new GaussianNLLLoss();
 * const loss = criterion.forward(zeros([1]), ones([1]), ones([1]));
 * assertEquals(await loss.item(), 0.5);
 * ```
 */
export class GaussianNLLLoss
  extends Loss<[input: Tensor, target: Tensor, variance: Tensor]> {
  /** Whether the constant is added. */
  readonly full: boolean;
  /** The smallest variance. */
  readonly eps: number;

  /**
   * Creates the loss.
   *
   * @param options `reduction`, `full` and `eps`.
   */
  constructor(options: GaussianNllLossOptions = {}) {
    const parsed = parseArguments(
      gaussianSchema,
      {},
      options,
      arguments,
      "make a GaussianNLLLoss",
    );
    super(parsed.reduction ?? "mean");
    this.full = parsed.full ?? false;
    this.eps = parsed.eps ?? 1e-6;
  }

  /** The loss of means, targets and variances. */
  forward(input: Tensor, target: Tensor, variance: Tensor): Tensor {
    checkCount("forward", arguments.length, 3);
    const { reduction, full, eps } = this;
    return gaussianNllLoss(input, target, variance, { reduction, full, eps });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `${super.describe()}, full=${this.full}, eps=${this.eps}`;
  }
}

/**
 * {@linkcode poissonNllLoss} as a module.
 *
 * @example Of logarithms of rates
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, zeros } from "@tenfold/tenfold";
 * import { PoissonNLLLoss } from "@tenfold/nn";
 *
 * const loss = new PoissonNLLLoss().forward(zeros([1]), tensor([2]));
 * assertEquals(await loss.item(), 1);
 * ```
 */
export class PoissonNLLLoss extends Loss {
  /** Whether the input is the logarithm of the rate. */
  readonly logInput: boolean;
  /** Whether Stirling's term is added. */
  readonly full: boolean;
  /** Added to a rate before its logarithm is taken. */
  readonly eps: number;

  /**
   * Creates the loss.
   *
   * @param options `reduction`, `logInput`, `full` and `eps`.
   */
  constructor(options: PoissonNllLossOptions = {}) {
    const parsed = parseArguments(
      poissonSchema,
      {},
      options,
      arguments,
      "make a PoissonNLLLoss",
    );
    super(parsed.reduction ?? "mean");
    this.logInput = parsed.logInput ?? true;
    this.full = parsed.full ?? false;
    this.eps = parsed.eps ?? 1e-8;
  }

  /** The loss of rates and counts. */
  forward(input: Tensor, target: Tensor): Tensor {
    checkCount("forward", arguments.length, 2);
    const { reduction, logInput, full, eps } = this;
    return poissonNllLoss(input, target, { reduction, logInput, full, eps });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `${super.describe()}, logInput=${this.logInput}, full=${this.full}, eps=${this.eps}`;
  }
}
