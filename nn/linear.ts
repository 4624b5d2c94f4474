/**
 * The fully connected layer.
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
import { linear } from "./functional/linear.ts";
import { kaimingUniform_ } from "./init/kaiming.ts";
import { uniform_ } from "./init/plain.ts";
import { Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";

/**
 * Options of {@linkcode Linear}.
 *
 * @example No bias, as before a norm
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.LinearOptions = { bias: false };
 * const layer = new nn.Linear(4, 2, options);
 * assertEquals(layer.bias, null);
 * ```
 */
export interface LinearOptions extends PlaceOptions {
  /** Whether the layer has a learnable bias. @default {true} */
  readonly bias?: boolean;
}

const schema = () =>
  z.strictObject({
    inFeatures: positiveInteger,
    outFeatures: positiveInteger,
    bias: z._default(flag, true),
    ...placeFields,
  });

/**
 * Applies a linear transformation: `x weightᵀ + bias`. Weight and bias are
 * initialised uniformly between -1/√inFeatures and 1/√inFeatures.
 *
 * @example From two features to three
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { Linear } from "@tenfold/nn";
 *
 * const layer = new Linear(2, 3);
 * assertEquals(layer.weight.shape, [3, 2]);
 * assertEquals(layer.forward(randn([5, 2])).shape, [5, 3]);
 * ```
 */
export class Linear extends Module {
  /** Size of the last dimension of the input. */
  readonly inFeatures: number;
  /** Size of the last dimension of the output. */
  readonly outFeatures: number;
  /** The weight, of shape `[outFeatures, inFeatures]`. */
  weight: Parameter;
  /** The bias, of shape `[outFeatures]`, or null. */
  bias: Parameter | null;

  /**
   * Creates the layer and initialises its weights.
   *
   * @param inFeatures Size of the last dimension of the input.
   * @param outFeatures Size of the last dimension of the output.
   * @param options `bias`, `device` and `dtype`.
   * @throws {RangeError} If a number of features is not a positive integer.
   */
  constructor(
    inFeatures: number,
    outFeatures: number,
    options: LinearOptions = {},
  ) {
    super();
    const { bias, ...place } = parseArguments(
      schema,
      { inFeatures, outFeatures },
      options,
      arguments,
      "make a Linear",
    );
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    const where = placeOf(place);
    this.weight = emptyParameter([outFeatures, inFeatures], where);
    this.bias = bias ? emptyParameter([outFeatures], where) : null;
    this.resetParameters();
  }

  /** Reinitialises the weight and the bias. */
  resetParameters(): void {
    checkCount("resetParameters", arguments.length, 0);
    kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    if (!this.bias) return;
    const bound = 1 / Math.sqrt(this.inFeatures);
    uniform_(this.bias, { a: -bound, b: bound });
  }

  /**
   * Applies the transformation.
   *
   * @param x Of shape `[..., inFeatures]`.
   * @returns Of shape `[..., outFeatures]`.
   * @throws {ShapeError} If the last dim of `x` is not `inFeatures`.
   */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return linear(x, this.weight, this.bias);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `inFeatures=${this.inFeatures}, outFeatures=${this.outFeatures}, bias=${
      this.bias !== null
    }`;
  }
}
