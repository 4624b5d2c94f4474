/**
 * Group normalisation.
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
import * as z from "./_zod.ts";
import { emptyParameter } from "./_empty.ts";
import {
  flag,
  nonNegative,
  placeFields,
  placeOf,
  type PlaceOptions,
  positiveInteger,
} from "./_options.ts";
import { normalizeGroups } from "./functional/group_norm.ts";
import { constant_ } from "./init/plain.ts";
import { Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";

/**
 * Options of {@linkcode GroupNorm}.
 *
 * @example No weight and bias
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.GroupNormOptions = { affine: false };
 * const norm = new nn.GroupNorm(4, 8, options);
 * assertEquals([...norm.parameters()].length, 0);
 * ```
 */
export interface GroupNormOptions extends PlaceOptions {
  /** Value added to the variance for numerical stability. @default {1e-5} */
  readonly eps?: number;
  /** Whether the layer has a learnable weight and bias. @default {true} */
  readonly affine?: boolean;
}

const schema = () =>
  z.strictObject({
    numGroups: positiveInteger,
    numChannels: positiveInteger,
    eps: z._default(nonNegative, 1e-5),
    affine: z._default(flag, true),
    ...placeFields,
  });

/**
 * Normalises groups of channels of each sample, then scales and shifts each
 * channel (Wu and He, 2018). It acts alike in training and in evaluation.
 *
 * @example Six channels in two groups
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { GroupNorm } from "@tenfold/nn";
 *
 * const layer = new GroupNorm(2, 6);
 * assertEquals(layer.forward(randn([3, 6, 4, 4])).shape, [3, 6, 4, 4]);
 * ```
 */
export class GroupNorm extends Module {
  /** Number of groups. */
  readonly numGroups: number;
  /** Number of channels: the size of dim 1 of the input. */
  readonly numChannels: number;
  /** Value added to the variance for numerical stability. */
  readonly eps: number;
  /** The weight, of shape `[numChannels]`, or null. */
  weight: Parameter | null;
  /** The bias, of shape `[numChannels]`, or null. */
  bias: Parameter | null;

  /**
   * Creates the layer.
   *
   * @param numGroups Number of groups.
   * @param numChannels Number of channels: the size of dim 1 of the input.
   * @param options `eps`, `affine`, `device` and `dtype`.
   * @throws {ShapeError} If the groups do not divide the channels.
   * @throws {RangeError} If a number is not a positive integer.
   */
  constructor(
    numGroups: number,
    numChannels: number,
    options: GroupNormOptions = {},
  ) {
    super();
    const { eps, affine, ...place } = parseArguments(
      schema,
      { numGroups, numChannels },
      options,
      arguments,
      "make a GroupNorm",
    );
    if (numChannels % numGroups !== 0) {
      throw new ShapeError(
        `Cannot make a GroupNorm of ${numGroups} groups as they must divide the channels: got ${numChannels}`,
      );
    }
    const where = placeOf(place);
    this.numGroups = numGroups;
    this.numChannels = numChannels;
    this.eps = eps;
    this.weight = affine ? emptyParameter([numChannels], where, 1) : null;
    this.bias = affine ? emptyParameter([numChannels], where) : null;
  }

  /** Resets weight and bias to ones and zeros. */
  resetParameters(): void {
    checkCount("resetParameters", arguments.length, 0);
    if (this.weight) constant_(this.weight, 1);
    if (this.bias) constant_(this.bias, 0);
  }

  /**
   * Normalises the groups of each sample.
   *
   * @param x Of shape `[n, numChannels, ...]`.
   * @throws {ShapeError} If the channels differ.
   */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    checkTensor(x, "the input", "apply GroupNorm");
    const { numChannels, numGroups, weight, bias, eps } = this;
    if (x.ndim < 2 || x.shape[1] !== numChannels) {
      throw new ShapeError(
        `Cannot apply GroupNorm of ${numChannels} channels to shape ${
          showShape(x.shape)
        }: expected [n, ${numChannels}, ...]`,
      );
    }
    return normalizeGroups(x, weight, bias, numGroups, eps, "GroupNorm");
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `${this.numGroups}, ${this.numChannels}, eps=${this.eps}, affine=${
      this.weight !== null
    }`;
  }
}
