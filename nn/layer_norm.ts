/**
 * Layer normalisation.
 *
 * @module
 */
import type { Shape, Tensor } from "@tenfold/core";
import {
  checkCount,
  checkTensor,
  parseArguments,
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
import { normalizeLast } from "./functional/layer_norm.ts";
import { constant_ } from "./init/plain.ts";
import { Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";

/**
 * Options of {@linkcode LayerNorm}.
 *
 * @example A weight without a bias
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.LayerNormOptions = { bias: false };
 * const norm = new nn.LayerNorm(8, options);
 * assertEquals([...norm.parameters()].length, 1);
 * ```
 */
export interface LayerNormOptions extends PlaceOptions {
  /** Value added to the variance for numerical stability. @default {1e-5} */
  readonly eps?: number;
  /** Whether the layer has a learnable weight and bias. @default {true} */
  readonly elementwiseAffine?: boolean;
  /** Whether the layer has a bias in addition to its weight. @default {true} */
  readonly bias?: boolean;
}

const extents = "must be a positive integer or an array of them";
const schema = () =>
  z.strictObject({
    normalizedShape: z.union([
      positiveInteger,

      z.array(positiveInteger, extents).check(z.minLength(1, extents)),
    ], extents),
    eps: z._default(nonNegative, 1e-5),
    elementwiseAffine: z._default(flag, true),
    bias: z._default(flag, true),
    ...placeFields,
  });

/**
 * Normalises the last dims of each sample to mean 0 and variance 1, then scales
 * and shifts them by a learnable weight and bias (Ba and others, 2016).
 *
 * @example Samples of four numbers
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { LayerNorm } from "@tenfold/nn";
 *
 * const y = new LayerNorm(4).forward(tensor([[1, 2, 3, 4]]));
 * assertAlmostEquals(await y.mean().item(), 0, 1e-5);
 * ```
 */
export class LayerNorm extends Module {
  /** Sizes of the last dims, over which is normalised. */
  readonly normalizedShape: Shape;
  /** Value added to the variance for numerical stability. */
  readonly eps: number;
  /** The weight, of the normalised shape, or null. */
  weight: Parameter | null;
  /** The bias, of the normalised shape, or null. */
  bias: Parameter | null;

  /**
   * Creates the layer with a weight of ones and a bias of zeros.
   *
   * @param normalizedShape Sizes of the last dims; a number is one dim.
   * @param options `eps`, `elementwiseAffine`, `bias`, `device` and `dtype`.
   * @throws {RangeError} If an extent is not a positive integer.
   */
  constructor(
    normalizedShape: number | Shape,
    options: LayerNormOptions = {},
  ) {
    super();
    const { eps, elementwiseAffine, bias, ...rest } = parseArguments(
      schema,
      { normalizedShape },
      options,
      arguments,
      "make a LayerNorm",
    );
    const shape = typeof rest.normalizedShape === "number"
      ? [rest.normalizedShape]
      : rest.normalizedShape;
    const where = placeOf(rest);
    this.normalizedShape = shape;
    this.eps = eps;
    this.weight = elementwiseAffine ? emptyParameter(shape, where, 1) : null;
    this.bias = elementwiseAffine && bias ? emptyParameter(shape, where) : null;
  }

  /** Sets the weight to ones and the bias to zeros. */
  resetParameters(): void {
    checkCount("resetParameters", arguments.length, 0);
    if (this.weight) constant_(this.weight, 1);
    if (this.bias) constant_(this.bias, 0);
  }

  /**
   * Normalises the input.
   *
   * @param x Of shape `[..., ...normalizedShape]`.
   * @throws {ShapeError} If the last dims of `x` differ from `normalizedShape`.
   */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    checkTensor(x, "the input", "apply LayerNorm");
    const { normalizedShape, weight, bias, eps } = this;
    return normalizeLast(x, normalizedShape, weight, bias, eps);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `normalizedShape=[${
      this.normalizedShape.join(", ")
    }], eps=${this.eps}, elementwiseAffine=${this.weight !== null}`;
  }
}
