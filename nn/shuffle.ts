/**
 * Layers that rearrange channels and pixels.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { positiveInteger } from "./_options.ts";
import {
  channelShuffle,
  pixelShuffle,
  pixelUnshuffle,
} from "./functional/shuffle.ts";
import { Module } from "./module.ts";

const pixelShuffleSchema = () =>
  z.strictObject({ upscaleFactor: positiveInteger });

/**
 * Rearranges channels into pixels: `[..., c r², h, w]` becomes
 * `[..., c, h r, w r]` (Shi and others, 2016).
 *
 * @example By two
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { PixelShuffle } from "@tenfold/nn";
 *
 * const layer = new PixelShuffle(2);
 * assertEquals(layer.forward(randn([1, 8, 3, 3])).shape, [1, 2, 6, 6]);
 * ```
 */
export class PixelShuffle extends Module {
  /** The factor `r`. */
  readonly upscaleFactor: number;

  /**
   * Creates the layer.
   *
   * @param upscaleFactor The factor `r`.
   * @throws {RangeError} If it is not a positive integer.
   */
  constructor(upscaleFactor: number) {
    super();
    this.upscaleFactor = parseArguments(
      pixelShuffleSchema,
      { upscaleFactor },
      {},
      arguments,
      "make a PixelShuffle",
    ).upscaleFactor;
  }

  /** Rearranges the elements of `x`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return pixelShuffle(x, this.upscaleFactor);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `upscaleFactor=${this.upscaleFactor}`;
  }
}

const pixelUnshuffleSchema = () =>
  z.strictObject({ downscaleFactor: positiveInteger });

/**
 * Rearranges pixels into channels: `[..., c, h r, w r]` becomes
 * `[..., c r², h, w]`.
 *
 * @example By two
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { PixelUnshuffle } from "@tenfold/nn";
 *
 * const layer = new PixelUnshuffle(2);
 * assertEquals(layer.forward(randn([1, 2, 6, 6])).shape, [1, 8, 3, 3]);
 * ```
 */
export class PixelUnshuffle extends Module {
  /** The factor `r`. */
  readonly downscaleFactor: number;

  /**
   * Creates the layer.
   *
   * @param downscaleFactor The factor `r`.
   * @throws {RangeError} If it is not a positive integer.
   */
  constructor(downscaleFactor: number) {
    super();
    this.downscaleFactor = parseArguments(
      pixelUnshuffleSchema,
      { downscaleFactor },
      {},
      arguments,
      "make a PixelUnshuffle",
    ).downscaleFactor;
  }

  /** Rearranges the elements of `x`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return pixelUnshuffle(x, this.downscaleFactor);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `downscaleFactor=${this.downscaleFactor}`;
  }
}

const channelShuffleSchema = () => z.strictObject({ groups: positiveInteger });

/**
 * Interleaves the channels of several groups (Zhang and others, 2017).
 *
 * @example By two
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { ChannelShuffle } from "@tenfold/nn";
 *
 * const layer = new ChannelShuffle(2);
 * assertEquals(layer.forward(randn([1, 4, 3, 3])).shape, [1, 4, 3, 3]);
 * ```
 */
export class ChannelShuffle extends Module {
  /** Number of groups. */
  readonly groups: number;

  /**
   * Creates the layer.
   *
   * @param groups Number of groups.
   * @throws {RangeError} If it is not a positive integer.
   */
  constructor(groups: number) {
    super();
    this.groups = parseArguments(
      channelShuffleSchema,
      { groups },
      {},
      arguments,
      "make a ChannelShuffle",
    ).groups;
  }

  /** Rearranges the elements of `x`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return channelShuffle(x, this.groups);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `groups=${this.groups}`;
  }
}
