/**
 * Activation functions as layers.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import {
  checkCount,
  checkTensor,
  parseArguments,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { INNER } from "./_inner.ts";
import { dim, finite, oneOf, positiveNumber } from "./_options.ts";
import {
  type EluOptions,
  gelu,
  type GeluOptions,
  type LeakyReluOptions,
  softplus,
  type SoftplusOptions,
} from "./functional/activations.ts";
import { Module } from "./module.ts";

/**
 * `max(x, 0)`.
 *
 * @example Nothing below 0
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { ReLU } from "@tenfold/nn";
 *
 * const y = new ReLU().forward(tensor([-1, 2]));
 * assertEquals(await y.toArray(), [0, 2]);
 * ```
 */
export class ReLU extends Module {
  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    checkTensor(x, "the input", "apply ReLU");
    return x.relu();
  }
}

const leakyReluSchema = () =>
  z.strictObject({
    negativeSlope: z._default(finite, 0.01),
  });

/**
 * `x` where it is positive, else `negativeSlope * x`.
 *
 * @example A slope of a half
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { LeakyReLU } from "@tenfold/nn";
 *
 * const layer = new LeakyReLU({ negativeSlope: 0.5 });
 * assertEquals(await layer.forward(tensor([-2, 3])).toArray(), [-1, 3]);
 * ```
 */
export class LeakyReLU extends Module {
  /** The slope for negative inputs. */
  readonly negativeSlope: number;

  /**
   * Creates the layer.
   *
   * @param options `negativeSlope`.
   */
  constructor(options: LeakyReluOptions = {}) {
    super();
    this.negativeSlope = parseArguments(
      leakyReluSchema,
      {},
      options,
      arguments,
      "make a LeakyReLU",
    )
      .negativeSlope;
  }

  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    checkTensor(x, "the input", "apply LeakyReLU");
    return x.leakyRelu(this.negativeSlope);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `negativeSlope=${this.negativeSlope}`;
  }
}

const eluSchema = () => z.strictObject({ alpha: z._default(finite, 1) });

/**
 * `x` where it is positive, else `alpha * (exp(x) - 1)` (Clevert and others,
 * 2015).
 *
 * @example Never below minus alpha
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { ELU } from "@tenfold/nn";
 *
 * const layer = new ELU({ alpha: 0.5 });
 * assertEquals(await layer.forward(tensor([-100, 2])).toArray(), [-0.5, 2]);
 * ```
 */
export class ELU extends Module {
  /** The function saturates at `-alpha` for large negative inputs. */
  readonly alpha: number;

  /**
   * Creates the layer.
   *
   * @param options `alpha`.
   */
  constructor(options: EluOptions = {}) {
    super();
    this.alpha =
      parseArguments(eluSchema, {}, options, arguments, "make an ELU").alpha;
  }

  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    checkTensor(x, "the input", "apply ELU");
    return x.elu(this.alpha);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `alpha=${this.alpha}`;
  }
}

const geluSchema = () =>
  z.strictObject({
    approximate: z._default(oneOf("none", "tanh"), "none"),
  });

/**
 * `x Φ(x)` with the standard normal distribution function Φ (Hendrycks and
 * Gimpel, 2016), or its approximation by `tanh`.
 *
 * @example Large inputs are kept
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { GELU } from "@tenfold/nn";
 *
 * const layer = new GELU();
 * assertEquals(await layer.forward(tensor([0, 100])).toArray(), [0, 100]);
 * ```
 */
export class GELU extends Module {
  /** `"none"` or `"tanh"`. */
  readonly approximate: "none" | "tanh";
  declare private readonly [INNER]: GeluOptions;

  /**
   * Creates the layer.
   *
   * @param options `approximate`.
   */
  constructor(options: GeluOptions = {}) {
    super();
    this[INNER] = parseArguments(
      geluSchema,
      {},
      options,
      arguments,
      "make a GELU",
    );
    this.approximate = this[INNER].approximate ?? "none";
  }

  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return gelu(x, this[INNER]);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `approximate=${this.approximate}`;
  }
}

/**
 * `x / (1 + exp(-x))`, also called swish.
 *
 * @example Large inputs are kept
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { SiLU } from "@tenfold/nn";
 *
 * const layer = new SiLU();
 * assertEquals(await layer.forward(tensor([0, 100])).toArray(), [0, 100]);
 * ```
 */
export class SiLU extends Module {
  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    checkTensor(x, "the input", "apply SiLU");
    return x.silu();
  }
}

/**
 * The hyperbolic tangent.
 *
 * @example From -1 to 1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { Tanh } from "@tenfold/nn";
 *
 * const layer = new Tanh();
 * const y = layer.forward(tensor([-100, 0, 100]));
 * assertEquals(await y.toArray(), [-1, 0, 1]);
 * ```
 */
export class Tanh extends Module {
  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    checkTensor(x, "the input", "apply Tanh");
    return x.tanh();
  }
}

/**
 * `1 / (1 + exp(-x))`.
 *
 * @example From 0 to 1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { Sigmoid } from "@tenfold/nn";
 *
 * const layer = new Sigmoid();
 * assertEquals(await layer.forward(tensor([0, 100])).toArray(), [0.5, 1]);
 * ```
 */
export class Sigmoid extends Module {
  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    checkTensor(x, "the input", "apply Sigmoid");
    return x.sigmoid();
  }
}

const softplusSchema = () =>
  z.strictObject({
    beta: z._default(positiveNumber, 1),
    threshold: z._default(finite, 20),
  });

/**
 * `log(1 + exp(beta x)) / beta`, without overflow.
 *
 * @example A line where the input is large
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { Softplus } from "@tenfold/nn";
 *
 * const layer = new Softplus();
 * assertEquals(await layer.forward(tensor([50])).toArray(), [50]);
 * ```
 */
export class Softplus extends Module {
  /** The function becomes `max(x, 0)` as `beta` grows. */
  readonly beta: number;
  /** The result is `x` where `beta * x` is above this. */
  readonly threshold: number;
  declare private readonly [INNER]: SoftplusOptions;

  /**
   * Creates the layer.
   *
   * @param options `beta` and `threshold`.
   */
  constructor(options: SoftplusOptions = {}) {
    super();
    const parsed = parseArguments(
      softplusSchema,
      {},
      options,
      arguments,
      "make a Softplus",
    );
    this.beta = parsed.beta;
    this.threshold = parsed.threshold;
    this[INNER] = parsed;
  }

  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return softplus(x, this[INNER]);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `beta=${this.beta}, threshold=${this.threshold}`;
  }
}

/**
 * Options of {@linkcode Softmax} and {@linkcode LogSoftmax}.
 *
 * @example Over the channels of images
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, zeros } from "@tenfold/tenfold";
 *
 * const options: nn.SoftmaxOptions = { dim: 1 };
 * const y = new nn.Softmax(options).forward(zeros([1, 4, 2, 2]));
 * assertEquals(await y.index(0, 0, 0, 0).item(), 0.25);
 * ```
 */
export interface SoftmaxOptions {
  /** The dim that sums to 1; negative ones count from the last. @default {-1} */
  readonly dim?: number;
}

const softmaxSchema = () => z.strictObject({ dim: z._default(dim, -1) });

/**
 * `exp(x) / sum(exp(x))` along a dim, without overflow.
 *
 * @example Shares that add up to 1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { Softmax } from "@tenfold/nn";
 *
 * const layer = new Softmax({ dim: 0 });
 * assertEquals(await layer.forward(tensor([3, 3])).toArray(), [0.5, 0.5]);
 * ```
 */
export class Softmax extends Module {
  /** The dim that sums to 1. */
  readonly dim: number;

  /**
   * Creates the layer.
   *
   * @param options `dim`.
   */
  constructor(options: SoftmaxOptions = {}) {
    super();
    this.dim =
      parseArguments(softmaxSchema, {}, options, arguments, "make a Softmax")
        .dim;
  }

  /** Applies the function along the dim. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    checkTensor(x, "the input", "apply Softmax");
    return x.softmax(this.dim);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `dim=${this.dim}`;
  }
}

/**
 * `log(softmax(x))` along a dim, without loss of precision.
 *
 * @example The logarithm of one half
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { LogSoftmax } from "@tenfold/nn";
 *
 * const layer = new LogSoftmax({ dim: 0 });
 * const y = layer.forward(tensor([3, 3]));
 * assertAlmostEquals(await y.mean().item(), -Math.LN2, 1e-6);
 * ```
 */
export class LogSoftmax extends Module {
  /** The dim whose exponentials sum to 1. */
  readonly dim: number;

  /**
   * Creates the layer.
   *
   * @param options `dim`.
   */
  constructor(options: SoftmaxOptions = {}) {
    super();
    this.dim =
      parseArguments(softmaxSchema, {}, options, arguments, "make a LogSoftmax")
        .dim;
  }

  /** Applies the function along the dim. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    checkTensor(x, "the input", "apply LogSoftmax");
    return x.logSoftmax(this.dim);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `dim=${this.dim}`;
  }
}
