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
 *
 * @example Positive inputs are scaled
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { SELU } from "@tenfold/nn";
 *
 * const y = new SELU().forward(tensor(1));
 * assertAlmostEquals(await y.item(), 1.0507, 1e-4);
 * ```
 */
export class SELU extends Module {
  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return selu(x);
  }
}

/**
 * `x` where it is positive, else `alpha (exp(x / alpha) - 1)` (Barron, 2017).
 *
 * @example Never below minus alpha
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { CELU } from "@tenfold/nn";
 *
 * const layer = new CELU({ alpha: 0.5 });
 * assertEquals(await layer.forward(tensor([-100, 2])).toArray(), [-0.5, 2]);
 * ```
 */
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

/**
 * Options of {@linkcode GLU}.
 *
 * @example Halves of the channels
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.GluOptions = { dim: 1 };
 * const y = new nn.GLU(options).forward(randn([2, 6, 4]));
 * assertEquals(y.shape, [2, 3, 4]);
 * ```
 */
export interface GluOptions {
  /** The dim that is halved; negative ones count from the last. @default {-1} */
  readonly dim?: number;
}

/**
 * `a * sigmoid(b)`, where `a` and `b` are the halves of the input along a dim
 * (Dauphin and others, 2016).
 *
 * @example Half of it gates the other half
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { GLU } from "@tenfold/nn";
 *
 * const layer = new GLU();
 * assertEquals(await layer.forward(tensor([2, 4, 0, 0])).toArray(), [1, 2]);
 * ```
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

/**
 * `x / (1 + |x|)`.
 *
 * @example From -1 to 1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { Softsign } from "@tenfold/nn";
 *
 * const layer = new Softsign();
 * const y = layer.forward(tensor([-1, 0, 3]));
 * assertEquals(await y.toArray(), [-0.5, 0, 0.75]);
 * ```
 */
export class Softsign extends Module {
  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return softsign(x);
  }
}

/**
 * `log(sigmoid(x))`, without overflow.
 *
 * @example Without overflow
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { LogSigmoid } from "@tenfold/nn";
 *
 * const layer = new LogSigmoid();
 * assertEquals(await layer.forward(tensor([-200])).toArray(), [-200]);
 * ```
 */
export class LogSigmoid extends Module {
  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return logSigmoid(x);
  }
}

/**
 * `x - tanh(x)`.
 *
 * @example What tanh leaves
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { Tanhshrink } from "@tenfold/nn";
 *
 * const layer = new Tanhshrink();
 * assertEquals(await layer.forward(tensor([0, 100])).toArray(), [0, 99]);
 * ```
 */
export class Tanhshrink extends Module {
  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return tanhshrink(x);
  }
}

/**
 * `softmax(-x)` along a dim.
 *
 * @example Shares that add up to 1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { Softmin } from "@tenfold/nn";
 *
 * const layer = new Softmin({ dim: 0 });
 * assertEquals(await layer.forward(tensor([3, 3])).toArray(), [0.5, 0.5]);
 * ```
 */
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

/**
 * `softmax` over the channels of images `[n, channels, height, width]`, or
 * without `n`.
 *
 * @example Shares of the channels of a pixel
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { Softmax2d } from "@tenfold/nn";
 *
 * const y = new Softmax2d().forward(ones([1, 4, 2, 2]));
 * assertEquals(await y.sum().item(), 4);
 * ```
 */
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
