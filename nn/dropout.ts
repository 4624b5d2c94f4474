/**
 * Dropout.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import {
  checkCount,
  checkTensor,
  parseArguments,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { probability } from "./_options.ts";
import { Module } from "./module.ts";

/**
 * Options of {@linkcode Dropout}.
 *
 * @example A fifth of the elements
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.DropoutLayerOptions = { p: 0.2 };
 * const layer = new nn.Dropout(options);
 * ```
 */
export interface DropoutLayerOptions {
  /** The probability that an element becomes 0. @default {0.5} */
  readonly p?: number;
}

const schema = () => z.strictObject({ p: z._default(probability, 0.5) });

/**
 * In training, zeroes elements at random and scales the others by
 * `1 / (1 - p)` (Srivastava and others, 2014); in evaluation, does nothing.
 *
 * @example In evaluation nothing happens
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { Dropout } from "@tenfold/nn";
 *
 * const layer = new Dropout({ p: 0.5 }).eval();
 * assertEquals(await layer.forward(ones([3])).toArray(), [1, 1, 1]);
 * ```
 */
export class Dropout extends Module {
  /** The probability that an element becomes 0. */
  readonly p: number;

  /**
   * Creates the layer.
   *
   * @param options `p`.
   * @throws {RangeError} If `p` is not from 0 to 1.
   */
  constructor(options: DropoutLayerOptions = {}) {
    super();
    this.p = parseArguments(schema, {}, options, arguments, "make a Dropout").p;
  }

  /** Zeroes elements of `x` in training; returns `x` itself in evaluation. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    checkTensor(x, "the input", "apply Dropout");
    return this.training && this.p > 0 ? x.dropout(this.p) : x;
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `p=${this.p}`;
  }
}
