/**
 * Local response normalisation.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import {
  localResponseNorm,
  type LocalResponseNormOptions,
  localResponseSchema,
} from "./functional/local_response_norm.ts";
import { Module } from "./module.ts";

/**
 * Divides each element by a power of the squares of neighbouring channels
 * (Krizhevsky and others, 2012).
 *
 * @example Five channels
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { LocalResponseNorm } from "@tenfold/nn";
 *
 * const layer = new LocalResponseNorm(3);
 * assertEquals(layer.forward(randn([2, 5, 4])).shape, [2, 5, 4]);
 * ```
 */
export class LocalResponseNorm extends Module {
  /** `size`, `alpha`, `beta` and `k`. */
  readonly options: LocalResponseNormOptions;

  /**
   * Creates the layer.
   *
   * @param size Number of neighbouring channels.
   * @param options `alpha`, `beta` and `k`.
   * @throws {RangeError} If the size is not a positive integer.
   */
  constructor(
    size: number,
    options: Omit<LocalResponseNormOptions, "size"> = {},
  ) {
    super();
    this.options = parseArguments(
      localResponseSchema,
      { size },
      options,
      arguments,
      "make a LocalResponseNorm",
    ) as LocalResponseNormOptions;
  }

  /** Normalises `x` of shape `[n, channels, ...extents]`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return localResponseNorm(x, this.options);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    const { size, alpha = 1e-4, beta = 0.75, k = 1 } = this.options;
    return `${size}, alpha=${alpha}, beta=${beta}, k=${k}`;
  }
}
