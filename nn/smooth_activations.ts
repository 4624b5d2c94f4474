/**
 * Smooth activation functions as layers.
 *
 * @module
 */
import { ShapeError, type Tensor } from "@tenfold/core";
import {
  checkCount,
  checkTensor,
  parseArguments,
  showShape,
} from "@tenfold/core/internal";
import { INNER } from "./_inner.ts";
import type { SoftmaxOptions } from "./activations.ts";
import {
  celu,
  type CeluOptions,
  celuSchema,
  dimSchema,
  glu,
  logSigmoid,
  mish,
  selu,
  softmin,
  softsign,
  tanhshrink,
} from "./functional/smooth_activations.ts";
import { Module } from "./module.ts";

/**
 * `x tanh(softplus(x))` (Misra, 2019).
 *
 * @example The value at 0
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { Mish } from "@tenfold/nn";
 *
 * assertEquals(await new Mish().forward(tensor(0)).item(), 0);
 * ```
 */
export class Mish extends Module {
  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return mish(x);
  }
}

/**
 * Scaled exponential linear unit, which keeps mean 0 and variance 1 (Klambauer
 * and others, 2017).
 */
export class SELU extends Module {
  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return selu(x);
  }
}

/** `x` where it is positive, else `alpha (exp(x / alpha) - 1)` (Barron, 2017). */
export class CELU extends Module {
  /** The function saturates at `-alpha` for large negative inputs. */
  readonly alpha: number;
  declare private readonly [INNER]: CeluOptions;

  /**
   * Creates the layer.
   *
   * @param options `alpha`.
   */
  constructor(options: CeluOptions = {}) {
    super();
    const parsed = parseArguments(
      celuSchema,
      {},
      options,
      arguments,
      "make a CELU",
    );
    this.alpha = parsed.alpha ?? 1;
    this[INNER] = parsed as CeluOptions;
  }

  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return celu(x, this[INNER]);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `alpha=${this.alpha}`;
  }
}

/** Options of {@linkcode GLU}. */
export interface GluOptions {
  /** The dim that is halved; negative ones count from the last. @default {-1} */
  readonly dim?: number;
}

/**
 * `a * sigmoid(b)`, where `a` and `b` are the halves of the input along a dim
 * (Dauphin and others, 2016).
 */
export class GLU extends Module {
  /** The dim along which it is applied; negative ones count from the last. */
  readonly dim: number;

  /**
   * Creates the layer.
   *
   * @param options `dim`.
   */
  constructor(options: GluOptions = {}) {
    super();
    const parsed = parseArguments(
      dimSchema,
      {},
      options,
      arguments,
      "make a GLU",
    );
    this.dim = parsed.dim ?? -1;
  }

  /** Applies the function along the dim. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return glu(x, this.dim);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `dim=${this.dim}`;
  }
}

/** `x / (1 + |x|)`. */
export class Softsign extends Module {
  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return softsign(x);
  }
}

/** `log(sigmoid(x))`, without overflow. */
export class LogSigmoid extends Module {
  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return logSigmoid(x);
  }
}

/** `x - tanh(x)`. */
export class Tanhshrink extends Module {
  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return tanhshrink(x);
  }
}

/** `softmax(-x)` along a dim. */
export class Softmin extends Module {
  /** The dim along which it is applied; negative ones count from the last. */
  readonly dim: number;

  /**
   * Creates the layer.
   *
   * @param options `dim`.
   */
  constructor(options: SoftmaxOptions = {}) {
    super();
    const parsed = parseArguments(
      dimSchema,
      {},
      options,
      arguments,
      "make a Softmin",
    );
    this.dim = parsed.dim ?? -1;
  }

  /** Applies the function along the dim. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return softmin(x, this.dim);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `dim=${this.dim}`;
  }
}

/** `softmax` over the channels of images `[n, channels, height, width]`, or without `n`. */
export class Softmax2d extends Module {
  /**
   * Applies softmax to the channels of each pixel.
   *
   * @throws {ShapeError} If the input has neither 3 nor 4 dims.
   */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    checkTensor(x, "the input", "apply Softmax2d");
    if (x.ndim === 3 || x.ndim === 4) return x.softmax(-3);
    throw new ShapeError(
      `Cannot apply Softmax2d as the input must be [n, channels, height, width], or [channels, height, width]: got shape ${
        showShape(x.shape)
      }`,
    );
  }
}
