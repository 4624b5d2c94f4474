/**
 * Connectionist temporal classification as a module.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { flag, reduction } from "./_options.ts";
import { ctcLoss, type Lengths } from "./functional/ctc_loss.ts";
import type { ReductionOptions } from "./functional/regression_losses.ts";
import { Loss } from "./losses.ts";

/**
 * Options of {@linkcode CTCLoss}.
 *
 * @example The last class stands for no label
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.CtcLossLayerOptions = { blank: 28, zeroInfinity: true };
 * const loss = new nn.CTCLoss(options);
 * ```
 */
export interface CtcLossLayerOptions extends ReductionOptions {
  /** Class that stands for no label. @default {0} */
  readonly blank?: number;
  /** Whether samples that cannot be aligned cost nothing, instead of infinity. @default {false} */
  readonly zeroInfinity?: boolean;
}

const schema = () =>
  z.strictObject({
    reduction: z._default(reduction, "mean"),
    blank: z._default(z.int("must be an integer"), 0),
    zeroInfinity: z._default(flag, false),
  });

/**
 * {@linkcode ctcLoss} as a module.
 *
 * @example Two steps, one label
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { full, tensor } from "@tenfold/tenfold";
 * import { CTCLoss } from "@tenfold/nn";
 *
 * const logProbs = full([2, 1, 2], Math.log(0.5));
 * const targets = tensor([[1]], { dtype: "int32" });
 * const loss = new CTCLoss().forward(logProbs, targets, [2], [1]);
 * assertAlmostEquals(await loss.item(), -Math.log(0.75), 1e-6);
 * ```
 */
export class CTCLoss extends Loss<
  [
    logProbs: Tensor,
    targets: Tensor,
    inputLengths: Lengths,
    targetLengths: Lengths,
  ]
> {
  /** Class that stands for no label. */
  readonly blank: number;
  /** Whether samples that cannot be aligned cost nothing. */
  readonly zeroInfinity: boolean;

  /**
   * Creates the loss.
   *
   * @param options `reduction`, `blank` and `zeroInfinity`.
   */
  constructor(options: CtcLossLayerOptions = {}) {
    const parsed = parseArguments(
      schema,
      {},
      options,
      arguments,
      "make a CTCLoss",
    );
    super(parsed.reduction);
    this.blank = parsed.blank;
    this.zeroInfinity = parsed.zeroInfinity;
  }

  /** The loss of log-probabilities `[steps, n, classes]` and labels. */
  forward(
    logProbs: Tensor,
    targets: Tensor,
    inputLengths: Lengths,
    targetLengths: Lengths,
  ): Tensor {
    checkCount("forward", arguments.length, 4);
    const { reduction, blank, zeroInfinity } = this;
    return ctcLoss(logProbs, targets, {
      inputLengths,
      targetLengths,
      reduction,
      blank,
      zeroInfinity,
    });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `${super.describe()}, blank=${this.blank}, zeroInfinity=${this.zeroInfinity}`;
  }
}
