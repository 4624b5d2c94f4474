/**
 * The layer that resizes images, sequences and volumes.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import { shownOptions } from "./_shown_options.ts";
import {
  interpolate,
  type InterpolateOptions,
  interpolateSchema,
} from "./functional/interpolate.ts";
import { Module } from "./module.ts";

/**
 * {@linkcode functional.interpolate} as a layer.
 *
 * @example Twice the height and width
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { Upsample } from "@tenfold/nn";
 *
 * const layer = new Upsample({ scaleFactor: 2, mode: "bilinear" });
 * assertEquals(layer.forward(randn([5, 3, 7, 7])).shape, [5, 3, 14, 14]);
 * ```
 */
export class Upsample extends Module {
  /** Options of the function. */
  readonly options: InterpolateOptions;

  /**
   * Creates the layer.
   *
   * @param options `size` or `scaleFactor`, `mode`, `alignCorners`,
   * `recomputeScaleFactor` and `antialias`.
   */
  constructor(options: InterpolateOptions = {}) {
    super();
    this.options = parseArguments(
      interpolateSchema,
      {},
      options,
      arguments,
      "make an Upsample",
    ) as InterpolateOptions;
  }

  /**
   * Resizes `x` of shape `[n, channels, ...extents]`.
   *
   * @throws {ShapeError} If the number of dims does not fit the mode.
   * @throws {TypeError} If options cannot be combined.
   */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return interpolate(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownOptions(this.options);
  }
}
