/**
 * Layers that invert max pooling.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { checkOptions, positiveInteger } from "./_options.ts";
import { shownOptions } from "./_shown_options.ts";
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
 * Options of a call of {@linkcode MaxUnpool1d}, {@linkcode MaxUnpool2d} or
 * {@linkcode MaxUnpool3d}.
 *
 * @example An odd length
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const pool = new nn.MaxPool1d(2, { returnIndices: true });
 * const [values, indices] = pool.forward(randn([1, 1, 5]));
 * const call: nn.MaxUnpoolCall = { outputSize: [5] };
 * const y = new nn.MaxUnpool1d(2).forward(values, indices, call);
 * assertEquals(y.shape, [1, 1, 5]);
 * ```
 */
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
 * Inverts {@linkcode MaxPool1d} with `returnIndices`: puts each value back at
 * its index, with zeros elsewhere.
 *
 * @example There and back
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { MaxPool1d, MaxUnpool1d } from "@tenfold/nn";
 *
 * const x = tensor([[[1, 3, 2, 0]]]);
 * const [y, at] = new MaxPool1d(2, { returnIndices: true }).forward(x);
 * const back = new MaxUnpool1d(2).forward(y, at);
 * assertEquals(await back.toArray(), [[[0, 3, 2, 0]]]);
 * ```
 */
export class MaxUnpool1d
  extends Module<[x: Tensor, indices: Tensor, call?: MaxUnpoolCall]> {
  /** Options of the pooling that is inverted. */
  readonly options: MaxUnpoolOptions<Size1d>;

  /**
   * Creates the layer.
   *
   * @param kernelSize Length of the window of the pooling.
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
   * Puts each value back at its index.
   *
   * @param x Of shape `[n, channels, ...extents]`, or without `n`.
   * @param indices Indices of the same shape, as the pooling returned them.
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
 * Inverts {@linkcode MaxPool2d} with `returnIndices`: puts each value back at
 * its index, with zeros elsewhere.
 *
 * @example There and back
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { MaxPool2d, MaxUnpool2d } from "@tenfold/nn";
 *
 * const x = tensor([[[[1, 2], [4, 3]]]]);
 * const [y, at] = new MaxPool2d(2, { returnIndices: true }).forward(x);
 * const back = new MaxUnpool2d(2).forward(y, at);
 * assertEquals(await back.toArray(), [[[[0, 0], [4, 0]]]]);
 * ```
 */
export class MaxUnpool2d
  extends Module<[x: Tensor, indices: Tensor, call?: MaxUnpoolCall]> {
  /** Options of the pooling that is inverted. */
  readonly options: MaxUnpoolOptions<Size2d>;

  /**
   * Creates the layer.
   *
   * @param kernelSize Height and width of the window of the pooling.
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
   * Puts each value back at its index.
   *
   * @param x Of shape `[n, channels, ...extents]`, or without `n`.
   * @param indices Indices of the same shape, as the pooling returned them.
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
 * Inverts {@linkcode MaxPool3d} with `returnIndices`: puts each value back at
 * its index, with zeros elsewhere.
 *
 * @example There and back
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { MaxPool3d, MaxUnpool3d } from "@tenfold/nn";
 *
 * const x = tensor([[[[[1, 2], [4, 3]]]]]);
 * const pool = new MaxPool3d([1, 2, 2], { returnIndices: true });
 * const [y, at] = pool.forward(x);
 * const back = new MaxUnpool3d([1, 2, 2]).forward(y, at);
 * assertEquals(await back.toArray(), [[[[[0, 0], [4, 0]]]]]);
 * ```
 */
export class MaxUnpool3d
  extends Module<[x: Tensor, indices: Tensor, call?: MaxUnpoolCall]> {
  /** Options of the pooling that is inverted. */
  readonly options: MaxUnpoolOptions<Size3d>;

  /**
   * Creates the layer.
   *
   * @param kernelSize Depth, height and width of the window of the pooling.
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
   * Puts each value back at its index.
   *
   * @param x Of shape `[n, channels, ...extents]`, or without `n`.
   * @param indices Indices of the same shape, as the pooling returned them.
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
