/**
 * The fully connected layer.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import * as z from "zod/mini";
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

/** Options of {@linkcode Linear}. */
export interface LinearOptions extends PlaceOptions {
  /** Whether a bias is added. @default {true} */
  readonly bias?: boolean;
}

const schema = z.strictObject({
  inFeatures: positiveInteger,
  outFeatures: positiveInteger,
  bias: z._default(flag, true),
  ...placeFields,
});

/**
 * `x weightᵀ + bias`. Weight and bias start evenly distributed between
 * ±1/√inFeatures.
 *
 * @example Three numbers out of two
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
  /** Numbers of a sample that come in. */
  readonly inFeatures: number;
  /** Numbers of a sample that go out. */
  readonly outFeatures: number;
  /** Of shape `[outFeatures, inFeatures]`. */
  weight: Parameter;
  /** Of shape `[outFeatures]`, or null. */
  bias: Parameter | null;

  /**
   * Makes a layer and draws its weights.
   *
   * @param inFeatures Numbers of a sample that come in.
   * @param outFeatures Numbers of a sample that go out.
   * @param options Whether there is a bias; device and dtype.
   * @throws {RangeError} If a number of features is no positive integer.
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

  /** Draws weight and bias again. */
  resetParameters(): void {
    checkCount("resetParameters", arguments.length, 0);
    kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    if (!this.bias) return;
    const bound = 1 / Math.sqrt(this.inFeatures);
    uniform_(this.bias, { a: -bound, b: bound });
  }

  /**
   * Applies the layer.
   *
   * @param x Of shape `[..., inFeatures]`.
   * @returns Of shape `[..., outFeatures]`.
   * @throws {ShapeError} If the last extent differs.
   */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return linear(x, this.weight, this.bias);
  }

  /** Its options in short. */
  override describe(): string {
    return `inFeatures=${this.inFeatures}, outFeatures=${this.outFeatures}, bias=${
      this.bias !== null
    }`;
  }
}
