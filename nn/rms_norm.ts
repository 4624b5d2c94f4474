/**
 * Root mean square normalisation.
 *
 * @module
 */
import { type Shape, ShapeError, type Tensor } from "@tenfold/core";
import {
  checkCount,
  checkTensor,
  parseArguments,
  showShape,
  tidyNow,
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
import { Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";

/**
 * Options of {@linkcode RMSNorm}.
 *
 * @example A larger eps
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.RMSNormOptions = { eps: 1e-6 };
 * const norm = new nn.RMSNorm(8, options);
 * ```
 */
export interface RMSNormOptions extends PlaceOptions {
  /** Value added to the mean square. @default {2^-23, or 2^-52 for float64} */
  readonly eps?: number;
  /** Whether the layer has a learnable weight. @default {true} */
  readonly elementwiseAffine?: boolean;
}

const schema = () =>
  z.strictObject({
    normalizedShape: z.union([positiveInteger, z.array(positiveInteger)]),
    eps: z.optional(nonNegative),
    elementwiseAffine: z._default(flag, true),
    ...placeFields,
  });

/**
 * Divides the last dims of each sample by their root mean square,
 * `x / √(mean(x²) + eps) * weight` (Zhang and Sennrich, 2019).
 *
 * @example A mean square of 1
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const y = new nn.RMSNorm(2).forward(tensor([[3, 4]]));
 * assertAlmostEquals(await y.square().mean().item(), 1, 1e-6);
 * ```
 */
export class RMSNorm extends Module {
  /** The last extents of the input. */
  readonly normalizedShape: Shape;
  /** Value added to the mean square; null for the default of the dtype. */
  readonly eps: number | null;
  /** The weight, of the normalised shape, or null. */
  weight: Parameter | null;

  /**
   * Creates the layer with a weight of ones.
   *
   * @param normalizedShape The last extents of the input; a number stands for
   * the last one.
   * @param options `eps`, `elementwiseAffine`, `device` and `dtype`.
   * @throws {RangeError} If an extent is not a positive integer.
   */
  constructor(normalizedShape: number | Shape, options: RMSNormOptions = {}) {
    super();
    const facts = parseArguments(
      schema,
      { normalizedShape },
      options,
      arguments,
      "make an RMSNorm",
    );
    this.normalizedShape = typeof normalizedShape === "number"
      ? [normalizedShape]
      : [...normalizedShape];
    this.eps = facts.eps ?? null;
    this.weight = facts.elementwiseAffine
      ? emptyParameter(this.normalizedShape, placeOf(facts), 1)
      : null;
  }

  /**
   * Applies the normalisation.
   *
   * @param x Of shape `[..., ...normalizedShape]`.
   * @throws {ShapeError} If the last extents of `x` are not `normalizedShape`.
   */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    checkTensor(x, "the input", "apply RMSNorm");
    const { normalizedShape: shape, weight } = this;
    const start = x.ndim - shape.length;
    if (start < 0 || shape.some((n, d) => n !== x.shape[start + d])) {
      throw new ShapeError(
        `Cannot apply RMSNorm as the last extents of the input must be ${
          showShape(shape)
        }: got shape ${showShape(x.shape)}`,
      );
    }
    const eps = this.eps ?? (x.dtype === "float64" ? 2 ** -52 : 2 ** -23);
    const dims = shape.map((_, d) => start + d);
    return tidyNow(() => {
      const mean = x.square().mean(dims, { keepDim: true });
      const y = x.mul(mean.add(eps).rsqrt());
      return weight ? y.mul(weight) : y;
    });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return showShape(this.normalizedShape);
  }
}
