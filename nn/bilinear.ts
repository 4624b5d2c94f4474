/**
 * A layer of two inputs.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { emptyParameter } from "./_empty.ts";
import {
  flag,
  placeFields,
  placeOf,
  type PlaceOptions,
  positiveInteger,
} from "./_options.ts";
import { bilinear } from "./functional/bilinear.ts";
import { uniform_ } from "./init/plain.ts";
import { Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";

/**
 * Options of {@linkcode Bilinear}.
 *
 * @example No bias
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.BilinearOptions = { bias: false };
 * const layer = new nn.Bilinear(4, 5, 3, options);
 * assertEquals(layer.bias, null);
 * ```
 */
export interface BilinearOptions extends PlaceOptions {
  /** Whether the layer has a learnable bias. @default {true} */
  readonly bias?: boolean;
}

const schema = () =>
  z.strictObject({
    in1Features: positiveInteger,
    in2Features: positiveInteger,
    outFeatures: positiveInteger,
    bias: z._default(flag, true),
    ...placeFields,
  });

/**
 * Applies a transformation that is linear in each of two inputs: `x1ᵀ A x2 + b`.
 * Weight and bias are initialised uniformly between -1/√in1Features and
 * 1/√in1Features.
 *
 * @example From two and three features to four
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { Bilinear } from "@tenfold/nn";
 *
 * const layer = new Bilinear(2, 3, 4);
 * assertEquals(layer.forward(randn([5, 2]), randn([5, 3])).shape, [5, 4]);
 * ```
 */
export class Bilinear extends Module<[x1: Tensor, x2: Tensor]> {
  /** Size of the last dimension of the first input. */
  readonly in1Features: number;
  /** Size of the last dimension of the second input. */
  readonly in2Features: number;
  /** Size of the last dimension of the output. */
  readonly outFeatures: number;
  /** The weight, of shape `[outFeatures, in1Features, in2Features]`. */
  weight: Parameter;
  /** The bias, of shape `[outFeatures]`, or null. */
  bias: Parameter | null;

  /**
   * Creates the layer and initialises its weights.
   *
   * @param in1Features Size of the last dimension of the first input.
   * @param in2Features Size of the last dimension of the second input.
   * @param outFeatures Size of the last dimension of the output.
   * @param options `bias`, `device` and `dtype`.
   * @throws {RangeError} If a number of features is not a positive integer.
   */
  constructor(
    in1Features: number,
    in2Features: number,
    outFeatures: number,
    options: BilinearOptions = {},
  ) {
    super();
    const { bias, ...place } = parseArguments(
      schema,
      { in1Features, in2Features, outFeatures },
      options,
      arguments,
      "make a Bilinear",
    );
    this.in1Features = in1Features;
    this.in2Features = in2Features;
    this.outFeatures = outFeatures;
    const where = placeOf(place);
    const shape = [outFeatures, in1Features, in2Features];
    this.weight = emptyParameter(shape, where);
    this.bias = bias ? emptyParameter([outFeatures], where) : null;
    this.resetParameters();
  }

  /** Reinitialises the weight and the bias. */
  resetParameters(): void {
    checkCount("resetParameters", arguments.length, 0);
    const b = 1 / Math.sqrt(this.in1Features);
    uniform_(this.weight, { a: -b, b });
    if (this.bias) uniform_(this.bias, { a: -b, b });
  }

  /**
   * Applies the transformation.
   *
   * @param x1 Of shape `[..., in1Features]`.
   * @param x2 Of shape `[..., in2Features]`, with the same dims before.
   * @returns Of shape `[..., outFeatures]`.
   * @throws {ShapeError} If shapes do not fit.
   */
  forward(x1: Tensor, x2: Tensor): Tensor {
    checkCount("forward", arguments.length, 2);
    return bilinear(x1, x2, this.weight, this.bias);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    const { bias, in1Features, in2Features, outFeatures } = this;
    return `in1Features=${in1Features}, in2Features=${in2Features}, outFeatures=${outFeatures}, bias=${
      bias !== null
    }`;
  }
}
