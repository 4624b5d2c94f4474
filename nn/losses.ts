/**
 * Losses as modules.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { INNER } from "./_inner.ts";
import {
  positiveNumber,
  probability,
  type Reduction,
  reduction,
  tensorOption,
} from "./_options.ts";
import {
  binaryCrossEntropy,
  type BinaryCrossEntropyOptions,
  binaryCrossEntropyWithLogits,
  type BinaryCrossEntropyWithLogitsOptions,
} from "./functional/binary_losses.ts";
import {
  crossEntropy,
  type CrossEntropyOptions,
  nllLoss,
  type NllLossOptions,
} from "./functional/classification_losses.ts";
import {
  huberLoss,
  type HuberLossOptions,
  l1Loss,
  mseLoss,
  type ReductionOptions,
  smoothL1Loss,
  type SmoothL1LossOptions,
  smoothL1Schema,
} from "./functional/regression_losses.ts";
import { Module } from "./module.ts";
import { Buffer } from "./parameter.ts";

/**
 * Base class of losses: modules without parameters, with a `reduction`.
 *
 * @example A function that takes any loss
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const off = (loss: nn.Loss) => loss.forward(tensor([1, 2]), tensor([0, 4]));
 * assertEquals(await off(new nn.MSELoss()).item(), 2.5);
 * assertEquals(await off(new nn.L1Loss({ reduction: "sum" })).item(), 3);
 * ```
 */
export abstract class Loss<
  Inputs extends readonly unknown[] = [input: Tensor, target: Tensor],
> extends Module<Inputs> {
  /** Whether losses are averaged, summed or returned for each element. */
  readonly reduction: Reduction;

  /** Creates the loss from checked options. */
  constructor(reduction: Reduction) {
    super();
    this.reduction = reduction;
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `reduction=${this.reduction}`;
  }
}

const fields = () => ({ reduction: z._default(reduction, "mean") });
const plainSchema = () => z.strictObject(fields());

/** A weight that moves with the module and is saved with it. */
export const bufferOf = (weight: Tensor | undefined): Buffer | null =>
  weight ? new Buffer(weight) : null;

/**
 * {@linkcode mseLoss} as a module.
 *
 * @example The mean of 1 and 9
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { MSELoss } from "@tenfold/nn";
 *
 * const loss = new MSELoss().forward(tensor([1, 2]), tensor([2, 5]));
 * assertEquals(await loss.item(), 5);
 * ```
 */
export class MSELoss extends Loss {
  declare private readonly [INNER]: ReductionOptions;

  /**
   * Creates the loss.
   *
   * @param options `reduction`.
   */
  constructor(options: ReductionOptions = {}) {
    const parsed = parseArguments(
      plainSchema,
      {},
      options,
      arguments,
      "make an MSELoss",
    );
    super(parsed.reduction);
    this[INNER] = parsed;
  }

  /** The loss of predictions and targets of the same shape. */
  forward(input: Tensor, target: Tensor): Tensor {
    checkCount("forward", arguments.length, 2);
    return mseLoss(input, target, this[INNER]);
  }
}

/**
 * {@linkcode l1Loss} as a module.
 *
 * @example The mean of 1 and 3
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { L1Loss } from "@tenfold/nn";
 *
 * const loss = new L1Loss().forward(tensor([1, 2]), tensor([2, 5]));
 * assertEquals(await loss.item(), 2);
 * ```
 */
export class L1Loss extends Loss {
  declare private readonly [INNER]: ReductionOptions;

  /**
   * Creates the loss.
   *
   * @param options `reduction`.
   */
  constructor(options: ReductionOptions = {}) {
    const parsed = parseArguments(
      plainSchema,
      {},
      options,
      arguments,
      "make an L1Loss",
    );
    super(parsed.reduction);
    this[INNER] = parsed;
  }

  /** The loss of predictions and targets of the same shape. */
  forward(input: Tensor, target: Tensor): Tensor {
    checkCount("forward", arguments.length, 2);
    return l1Loss(input, target, this[INNER]);
  }
}

const huberSchema = () =>
  z.strictObject({
    ...fields(),
    delta: z._default(positiveNumber, 1),
  });

/**
 * {@linkcode huberLoss} as a module.
 *
 * @example Small errors are squared, large ones not
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, zeros } from "@tenfold/tenfold";
 * import { HuberLoss } from "@tenfold/nn";
 *
 * const criterion = new HuberLoss({ reduction: "sum" });
 * const loss = criterion.forward(zeros([2]), tensor([0.5, 3]));
 * assertEquals(await loss.item(), 2.625);
 * ```
 */
export class HuberLoss extends Loss {
  /** Error at which the loss changes from quadratic to linear. */
  readonly delta: number;
  declare private readonly [INNER]: HuberLossOptions;

  /**
   * Creates the loss.
   *
   * @param options `reduction` and `delta`.
   */
  constructor(options: HuberLossOptions = {}) {
    const parsed = parseArguments(
      huberSchema,
      {},
      options,
      arguments,
      "make a HuberLoss",
    );
    super(parsed.reduction);
    this.delta = parsed.delta;
    this[INNER] = parsed;
  }

  /** The loss of predictions and targets of the same shape. */
  forward(input: Tensor, target: Tensor): Tensor {
    checkCount("forward", arguments.length, 2);
    return huberLoss(input, target, this[INNER]);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `${super.describe()}, delta=${this.delta}`;
  }
}

/**
 * {@linkcode smoothL1Loss} as a module.
 *
 * @example Small errors are squared, large ones not
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, zeros } from "@tenfold/tenfold";
 * import { SmoothL1Loss } from "@tenfold/nn";
 *
 * const criterion = new SmoothL1Loss({ reduction: "sum" });
 * const loss = criterion.forward(zeros([2]), tensor([0.5, 3]));
 * assertEquals(await loss.item(), 2.625);
 * ```
 */
export class SmoothL1Loss extends Loss {
  /** Error at which the loss changes from quadratic to linear. */
  readonly beta: number;

  /**
   * Creates the loss.
   *
   * @param options `reduction` and `beta`.
   */
  constructor(options: SmoothL1LossOptions = {}) {
    const parsed = parseArguments(
      smoothL1Schema,
      {},
      options,
      arguments,
      "make a SmoothL1Loss",
    );
    super(parsed.reduction ?? "mean");
    this.beta = parsed.beta ?? 1;
  }

  /** The loss of predictions and targets of the same shape. */
  forward(input: Tensor, target: Tensor): Tensor {
    checkCount("forward", arguments.length, 2);
    const { reduction, beta } = this;
    return smoothL1Loss(input, target, { reduction, beta });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `${super.describe()}, beta=${this.beta}`;
  }
}

const weight = z.optional(tensorOption);
const nllFields = {
  ...fields(),
  weight,
  ignoreIndex: z._default(z.int("must be an integer"), -100),
};
const nllSchema = () => z.strictObject(nllFields);
const crossEntropySchema = () =>
  z.strictObject({
    ...nllFields,
    labelSmoothing: z._default(probability, 0),
  });

/**
 * {@linkcode nllLoss} as a module.
 *
 * @example Of the second class
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { NLLLoss } from "@tenfold/nn";
 *
 * const target = tensor([1], { dtype: "int32" });
 * const loss = new NLLLoss().forward(tensor([[-1, -2]]), target);
 * assertEquals(await loss.item(), 2);
 * ```
 */
export class NLLLoss extends Loss {
  /** Weight of each class, of shape `[C]`, or null. */
  readonly weight: Buffer | null;
  /** Class index of samples that are left out of the loss. */
  readonly ignoreIndex: number;
  declare private readonly [INNER]: NllLossOptions;

  /**
   * Creates the loss.
   *
   * @param options `reduction`, `weight` and `ignoreIndex`.
   */
  constructor(options: NllLossOptions = {}) {
    const parsed = parseArguments(
      nllSchema,
      {},
      options,
      arguments,
      "make an NLLLoss",
    );
    super(parsed.reduction);
    this.ignoreIndex = parsed.ignoreIndex;
    this.weight = bufferOf(parsed.weight);
    this[INNER] = withWeight(parsed, this.weight);
  }

  /** The loss of log-probabilities and class indices. */
  forward(input: Tensor, target: Tensor): Tensor {
    checkCount("forward", arguments.length, 2);
    return nllLoss(input, target, this[INNER]);
  }
}

/**
 * {@linkcode crossEntropy} as a module.
 *
 * @example Two classes, equally likely
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor, zeros } from "@tenfold/tenfold";
 * import { CrossEntropyLoss } from "@tenfold/nn";
 *
 * const loss = new CrossEntropyLoss();
 * const classes = tensor([0, 1, 1], { dtype: "int32" });
 * const value = loss.forward(zeros([3, 2]), classes);
 * assertAlmostEquals(await value.item(), Math.LN2, 1e-6);
 * ```
 */
export class CrossEntropyLoss extends Loss {
  /** Weight of each class, of shape `[C]`, or null. */
  readonly weight: Buffer | null;
  /** Class index of samples that are left out of the loss. */
  readonly ignoreIndex: number;
  /** Probability that is spread evenly over all classes, from 0 to 1. */
  readonly labelSmoothing: number;
  declare private readonly [INNER]: CrossEntropyOptions;

  /**
   * Creates the loss.
   *
   * @param options `reduction`, `weight`, `ignoreIndex` and `labelSmoothing`.
   */
  constructor(options: CrossEntropyOptions = {}) {
    const parsed = parseArguments(
      crossEntropySchema,
      {},
      options,
      arguments,
      "make a CrossEntropyLoss",
    );
    super(parsed.reduction);
    this.ignoreIndex = parsed.ignoreIndex;
    this.labelSmoothing = parsed.labelSmoothing;
    this.weight = bufferOf(parsed.weight);
    this[INNER] = withWeight(parsed, this.weight);
  }

  /** The loss of logits and class indices or probabilities. */
  forward(input: Tensor, target: Tensor): Tensor {
    checkCount("forward", arguments.length, 2);
    return crossEntropy(input, target, this[INNER]);
  }
}

const bceSchema = () => z.strictObject({ ...fields(), weight });
const bceLogitsSchema = () =>
  z.strictObject({
    ...fields(),
    weight,
    posWeight: z.optional(tensorOption),
  });

/**
 * {@linkcode binaryCrossEntropy} as a module.
 *
 * @example As likely as not
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { BCELoss } from "@tenfold/nn";
 *
 * const loss = new BCELoss().forward(tensor([0.5, 0.5]), tensor([1, 0]));
 * assertAlmostEquals(await loss.item(), Math.LN2, 1e-6);
 * ```
 */
export class BCELoss extends Loss {
  /** Factor of each loss, which broadcasts to them, or null. */
  readonly weight: Buffer | null;
  declare private readonly [INNER]: BinaryCrossEntropyOptions;

  /**
   * Creates the loss.
   *
   * @param options `reduction` and `weight`.
   */
  constructor(options: BinaryCrossEntropyOptions = {}) {
    const parsed = parseArguments(
      bceSchema,
      {},
      options,
      arguments,
      "make a BCELoss",
    );
    super(parsed.reduction);
    this.weight = bufferOf(parsed.weight);
    this[INNER] = withWeight(parsed, this.weight);
  }

  /** The loss of probabilities and targets of one shape. */
  forward(input: Tensor, target: Tensor): Tensor {
    checkCount("forward", arguments.length, 2);
    return binaryCrossEntropy(input, target, this[INNER]);
  }
}

/**
 * {@linkcode binaryCrossEntropyWithLogits} as a module.
 *
 * @example As likely as not
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor, zeros } from "@tenfold/tenfold";
 * import { BCEWithLogitsLoss } from "@tenfold/nn";
 *
 * const loss = new BCEWithLogitsLoss().forward(zeros([2]), tensor([1, 0]));
 * assertAlmostEquals(await loss.item(), Math.LN2, 1e-6);
 * ```
 */
export class BCEWithLogitsLoss extends Loss {
  /** Factor of each loss, which broadcasts to them, or null. */
  readonly weight: Buffer | null;
  /** Factor of the losses of positive targets, or null. */
  readonly posWeight: Buffer | null;
  declare private readonly [INNER]: BinaryCrossEntropyWithLogitsOptions;

  /**
   * Creates the loss.
   *
   * @param options `reduction`, `weight` and `posWeight`.
   */
  constructor(options: BinaryCrossEntropyWithLogitsOptions = {}) {
    const parsed = parseArguments(
      bceLogitsSchema,
      {},
      options,
      arguments,
      "make a BCEWithLogitsLoss",
    );
    super(parsed.reduction);
    this.weight = bufferOf(parsed.weight);
    this.posWeight = bufferOf(parsed.posWeight);
    const { posWeight: _, ...rest } = withWeight(parsed, this.weight);
    this[INNER] = this.posWeight
      ? { ...rest, posWeight: this.posWeight }
      : rest;
  }

  /** The loss of logits and targets of one shape. */
  forward(input: Tensor, target: Tensor): Tensor {
    checkCount("forward", arguments.length, 2);
    return binaryCrossEntropyWithLogits(input, target, this[INNER]);
  }
}

/** The options with the module's own weight, if any. */
function withWeight<O extends { readonly weight?: Tensor | undefined }>(
  { weight: _, ...rest }: O,
  weight: Buffer | null,
): Omit<O, "weight"> & { readonly weight?: Tensor } {
  return weight ? { ...rest, weight } : rest;
}
