/**
 * Pooling layers of one and three dims, of norms, and what undoes max pooling.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import * as z from "zod/mini";
import { checkOptions, positiveInteger } from "./_options.ts";
import { shownOptions } from "./_shown_options.ts";
import {
  avgPool1d,
  type AvgPool1dOptions,
  avgPool1dSchema,
  avgPool3d,
  type AvgPool3dOptions,
  avgPool3dSchema,
  lpPool1d,
  lpPool1dSchema,
  lpPool2d,
  lpPool2dSchema,
  type LpPoolOptions,
} from "./functional/average_pooling.ts";
import {
  maxPool1d,
  type MaxPool1dOptions,
  maxPool1dSchema,
  maxPool3d,
  type MaxPool3dOptions,
  maxPool3dSchema,
} from "./functional/max_pooling.ts";
import {
  maxUnpool1d,
  maxUnpool2d,
  maxUnpool3d,
  type MaxUnpoolOptions,
} from "./functional/max_unpooling.ts";
import {
  type AnySize,
  type Size1d,
  type Size3d,
  sizeSchema,
} from "./functional/_sizes.ts";
import type { Size2d } from "./functional/_windows.ts";
import { Module } from "./module.ts";

/**
 * Max pooling of sequences: the largest element of each window.
 *
 * @example Half the length
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { MaxPool1d } from "@tenfold/nn";
 *
 * const pool = new MaxPool1d(2);
 * assertEquals(pool.forward(randn([5, 3, 8])).shape, [5, 3, 4]);
 * ```
 */
export class MaxPool1d extends Module {
  /** What the function takes. */
  readonly options: MaxPool1dOptions;

  /**
   * Creates the layer.
   *
   * @param kernelSize Length of the window.
   * @param options `stride`, `padding`, `dilation` and `ceilMode`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    kernelSize: Size1d,
    options: Omit<MaxPool1dOptions, "kernelSize"> = {},
  ) {
    super();
    this.options = parseArguments(
      maxPool1dSchema,
      { kernelSize },
      options,
      arguments,
      "make a MaxPool1d",
    ) as MaxPool1dOptions;
  }

  /** Pools `x` of shape `[n, channels, ...extents]`, or without `n`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return maxPool1d(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}

/**
 * Max pooling of volumes: the largest element of each window.
 *
 * @example Half of every extent
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { MaxPool3d } from "@tenfold/nn";
 *
 * const pool = new MaxPool3d(2);
 * assertEquals(pool.forward(randn([5, 3, 4, 8, 8])).shape, [5, 3, 2, 4, 4]);
 * ```
 */
export class MaxPool3d extends Module {
  /** What the function takes. */
  readonly options: MaxPool3dOptions;

  /**
   * Creates the layer.
   *
   * @param kernelSize Depth, height and width of the window.
   * @param options `stride`, `padding`, `dilation` and `ceilMode`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    kernelSize: Size3d,
    options: Omit<MaxPool3dOptions, "kernelSize"> = {},
  ) {
    super();
    this.options = parseArguments(
      maxPool3dSchema,
      { kernelSize },
      options,
      arguments,
      "make a MaxPool3d",
    ) as MaxPool3dOptions;
  }

  /** Pools `x` of shape `[n, channels, ...extents]`, or without `n`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return maxPool3d(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}

/**
 * Average pooling of sequences: the mean of each window.
 *
 * @example Half the length
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { AvgPool1d } from "@tenfold/nn";
 *
 * const pool = new AvgPool1d(2);
 * assertEquals(pool.forward(randn([5, 3, 8])).shape, [5, 3, 4]);
 * ```
 */
export class AvgPool1d extends Module {
  /** What the function takes. */
  readonly options: AvgPool1dOptions;

  /**
   * Creates the layer.
   *
   * @param kernelSize Length of the window.
   * @param options `stride`, `padding`, `ceilMode` and `countIncludePad`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    kernelSize: Size1d,
    options: Omit<AvgPool1dOptions, "kernelSize"> = {},
  ) {
    super();
    this.options = parseArguments(
      avgPool1dSchema,
      { kernelSize },
      options,
      arguments,
      "make an AvgPool1d",
    ) as AvgPool1dOptions;
  }

  /** Pools `x` of shape `[n, channels, ...extents]`, or without `n`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return avgPool1d(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}

/**
 * Average pooling of volumes: the mean of each window.
 *
 * @example Half of every extent
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { AvgPool3d } from "@tenfold/nn";
 *
 * const pool = new AvgPool3d(2);
 * assertEquals(pool.forward(randn([5, 3, 4, 8, 8])).shape, [5, 3, 2, 4, 4]);
 * ```
 */
export class AvgPool3d extends Module {
  /** What the function takes. */
  readonly options: AvgPool3dOptions;

  /**
   * Creates the layer.
   *
   * @param kernelSize Depth, height and width of the window.
   * @param options `stride`, `padding`, `ceilMode`, `countIncludePad` and
   * `divisorOverride`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    kernelSize: Size3d,
    options: Omit<AvgPool3dOptions, "kernelSize"> = {},
  ) {
    super();
    this.options = parseArguments(
      avgPool3dSchema,
      { kernelSize },
      options,
      arguments,
      "make an AvgPool3d",
    ) as AvgPool3dOptions;
  }

  /** Pools `x` of shape `[n, channels, ...extents]`, or without `n`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return avgPool3d(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}

/**
 * Power-average pooling: `sum(x ^ p) ^ (1 / p)` of each window.
 *
 * @example Lengths of pairs
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { LPPool1d } from "@tenfold/nn";
 *
 * const pool = new LPPool1d(2, 2);
 * assertEquals(pool.forward(randn([5, 3, 8])).shape, [5, 3, 4]);
 * ```
 */
export class LPPool1d extends Module {
  /** What the function takes. */
  readonly options: LpPoolOptions<Size1d>;

  /**
   * Creates the layer.
   *
   * @param normType The norm.
   * @param kernelSize Length of the window.
   * @param options `stride` and `ceilMode`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    normType: number,
    kernelSize: Size1d,
    options: Omit<LpPoolOptions<Size1d>, "normType" | "kernelSize"> = {},
  ) {
    super();
    this.options = parseArguments(
      lpPool1dSchema,
      { normType, kernelSize },
      options,
      arguments,
      "make an LPPool1d",
    ) as LpPoolOptions<Size1d>;
  }

  /** Pools `x` of shape `[n, channels, ...extents]`, or without `n`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return lpPool1d(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}

/**
 * Power-average pooling: `sum(x ^ p) ^ (1 / p)` of each window.
 *
 * @example Lengths of pairs
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { LPPool2d } from "@tenfold/nn";
 *
 * const pool = new LPPool2d(2, 2);
 * assertEquals(pool.forward(randn([5, 3, 8, 8])).shape, [5, 3, 4, 4]);
 * ```
 */
export class LPPool2d extends Module {
  /** What the function takes. */
  readonly options: LpPoolOptions<Size2d>;

  /**
   * Creates the layer.
   *
   * @param normType The norm.
   * @param kernelSize Height and width of the window.
   * @param options `stride` and `ceilMode`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    normType: number,
    kernelSize: Size2d,
    options: Omit<LpPoolOptions<Size2d>, "normType" | "kernelSize"> = {},
  ) {
    super();
    this.options = parseArguments(
      lpPool2dSchema,
      { normType, kernelSize },
      options,
      arguments,
      "make an LPPool2d",
    ) as LpPoolOptions<Size2d>;
  }

  /** Pools `x` of shape `[n, channels, ...extents]`, or without `n`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return lpPool2d(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}

/** What {@linkcode MaxUnpool2d} takes beside its input, and its siblings. */
export interface MaxUnpoolCall {
  /** The extents of the output, of all dims but the batch and the channels. */
  readonly outputSize?: readonly number[];
}

const callSchema = () =>
  z.strictObject({
    outputSize: z.optional(z.readonly(z.array(positiveInteger))),
  });

const unpoolSchema = (dims: number) =>
  z.strictObject({
    kernelSize: sizeSchema<AnySize>(dims, "positive"),
    stride: z.optional(sizeSchema<AnySize>(dims, "positive")),
    padding: z.optional(sizeSchema<AnySize>(dims, "non-negative")),
  });

const unpool1dSchema = () => unpoolSchema(1);
const unpool2dSchema = () => unpoolSchema(2);
const unpool3dSchema = () => unpoolSchema(3);

/**
 * Puts what {@linkcode functional.maxPool1dWithIndices} gave back where it was,
 * with zeros elsewhere.
 *
 * @example There and back
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional, MaxUnpool1d } from "@tenfold/nn";
 *
 * const x = tensor([[[1, 3, 2, 0]]]);
 * const [y, at] = functional.maxPool1dWithIndices(x, { kernelSize: 2 });
 * const back = new MaxUnpool1d(2).forward(y, at);
 * assertEquals(await back.toArray(), [[[0, 3, 2, 0]]]);
 * ```
 */
export class MaxUnpool1d
  extends Module<[x: Tensor, indices: Tensor, call?: MaxUnpoolCall]> {
  /** What the function takes. */
  readonly options: MaxUnpoolOptions<Size1d>;

  /**
   * Creates the layer.
   *
   * @param kernelSize Length of the window that was pooled with.
   * @param options `stride` and `padding`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    kernelSize: Size1d,
    options: Omit<MaxUnpoolOptions<Size1d>, "kernelSize" | "outputSize"> = {},
  ) {
    super();
    this.options = parseArguments(
      unpool1dSchema,
      { kernelSize },
      options,
      arguments,
      "make a MaxUnpool1d",
    ) as MaxUnpoolOptions<Size1d>;
  }

  /**
   * Puts elements back.
   *
   * @param x Of shape `[n, channels, ...extents]`, or without `n`.
   * @param indices Positions of the same shape.
   * @param call `outputSize`.
   */
  forward(x: Tensor, indices: Tensor, call: MaxUnpoolCall = {}): Tensor {
    checkOptions(callSchema, call, "apply MaxUnpool1d", arguments.length - 3);
    return maxUnpool1d(x, indices, { ...this.options, ...call });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}

/**
 * Puts what {@linkcode functional.maxPool2dWithIndices} gave back where it was,
 * with zeros elsewhere.
 *
 * @example There and back
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional, MaxUnpool2d } from "@tenfold/nn";
 *
 * const x = tensor([[[[1, 2], [4, 3]]]]);
 * const [y, at] = functional.maxPool2dWithIndices(x, { kernelSize: 2 });
 * const back = new MaxUnpool2d(2).forward(y, at);
 * assertEquals(await back.toArray(), [[[[0, 0], [4, 0]]]]);
 * ```
 */
export class MaxUnpool2d
  extends Module<[x: Tensor, indices: Tensor, call?: MaxUnpoolCall]> {
  /** What the function takes. */
  readonly options: MaxUnpoolOptions<Size2d>;

  /**
   * Creates the layer.
   *
   * @param kernelSize Height and width of the window that was pooled with.
   * @param options `stride` and `padding`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    kernelSize: Size2d,
    options: Omit<MaxUnpoolOptions<Size2d>, "kernelSize" | "outputSize"> = {},
  ) {
    super();
    this.options = parseArguments(
      unpool2dSchema,
      { kernelSize },
      options,
      arguments,
      "make a MaxUnpool2d",
    ) as MaxUnpoolOptions<Size2d>;
  }

  /**
   * Puts elements back.
   *
   * @param x Of shape `[n, channels, ...extents]`, or without `n`.
   * @param indices Positions of the same shape.
   * @param call `outputSize`.
   */
  forward(x: Tensor, indices: Tensor, call: MaxUnpoolCall = {}): Tensor {
    checkOptions(callSchema, call, "apply MaxUnpool2d", arguments.length - 3);
    return maxUnpool2d(x, indices, { ...this.options, ...call });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}

/**
 * Puts what {@linkcode functional.maxPool3dWithIndices} gave back where it was,
 * with zeros elsewhere.
 *
 * @example There and back
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional, MaxUnpool3d } from "@tenfold/nn";
 *
 * const x = tensor([[[[[1, 2], [4, 3]]]]]);
 * const [y, at] = functional.maxPool3dWithIndices(x, { kernelSize: [1, 2, 2] });
 * const back = new MaxUnpool3d([1, 2, 2]).forward(y, at);
 * assertEquals(await back.toArray(), [[[[[0, 0], [4, 0]]]]]);
 * ```
 */
export class MaxUnpool3d
  extends Module<[x: Tensor, indices: Tensor, call?: MaxUnpoolCall]> {
  /** What the function takes. */
  readonly options: MaxUnpoolOptions<Size3d>;

  /**
   * Creates the layer.
   *
   * @param kernelSize Depth, height and width of the window that was pooled with.
   * @param options `stride` and `padding`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    kernelSize: Size3d,
    options: Omit<MaxUnpoolOptions<Size3d>, "kernelSize" | "outputSize"> = {},
  ) {
    super();
    this.options = parseArguments(
      unpool3dSchema,
      { kernelSize },
      options,
      arguments,
      "make a MaxUnpool3d",
    ) as MaxUnpoolOptions<Size3d>;
  }

  /**
   * Puts elements back.
   *
   * @param x Of shape `[n, channels, ...extents]`, or without `n`.
   * @param indices Positions of the same shape.
   * @param call `outputSize`.
   */
  forward(x: Tensor, indices: Tensor, call: MaxUnpoolCall = {}): Tensor {
    checkOptions(callSchema, call, "apply MaxUnpool3d", arguments.length - 3);
    return maxUnpool3d(x, indices, { ...this.options, ...call });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}
