/**
 * Layers that take images apart into blocks and put them together.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import { shownOptions } from "./_shown_options.ts";
import type { Size2d } from "./functional/_windows.ts";
import {
  fold,
  type FoldOptions,
  foldSchema,
  unfold,
  type UnfoldOptions,
  unfoldSchema,
} from "./functional/fold.ts";
import { Module } from "./module.ts";

/**
 * {@linkcode functional.unfold} as a layer.
 *
 * @example Blocks of 2×2
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { Unfold } from "@tenfold/nn";
 *
 * const layer = new Unfold(2);
 * assertEquals(layer.forward(randn([1, 3, 4, 4])).shape, [1, 12, 9]);
 * ```
 */
export class Unfold extends Module {
  /** The options of the function. */
  readonly options: UnfoldOptions;

  /**
   * Creates the layer.
   *
   * @param kernelSize Height and width of the blocks; one number for both.
   * @param options `dilation`, `padding` and `stride`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    kernelSize: Size2d,
    options: Omit<UnfoldOptions, "kernelSize"> = {},
  ) {
    super();
    this.options = parseArguments(
      unfoldSchema,
      { kernelSize },
      options,
      arguments,
      "make an Unfold",
    ) as UnfoldOptions;
  }

  /** Takes images `[n, channels, height, width]`, or without `n`, apart. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return unfold(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}

/**
 * {@linkcode functional.fold} as a layer.
 *
 * @example Blocks of 2×2
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { Fold } from "@tenfold/nn";
 *
 * const layer = new Fold(4, 2);
 * assertEquals(layer.forward(randn([1, 12, 9])).shape, [1, 3, 4, 4]);
 * ```
 */
export class Fold extends Module {
  /** The options of the function. */
  readonly options: FoldOptions;

  /**
   * Creates the layer.
   *
   * @param outputSize Height and width of the output; one number for both.
   * @param kernelSize Height and width of the blocks; one number for both.
   * @param options `dilation`, `padding` and `stride`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    outputSize: Size2d,
    kernelSize: Size2d,
    options: Omit<UnfoldOptions, "kernelSize"> = {},
  ) {
    super();
    this.options = parseArguments(
      foldSchema,
      { outputSize, kernelSize },
      options,
      arguments,
      "make a Fold",
    ) as FoldOptions;
  }

  /** Puts blocks `[n, channels * kernel elements, blocks]` together. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return fold(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}
