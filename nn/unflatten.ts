/**
 * The layer that splits a dim.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { unflatten } from "@tenfold/core/functions";
import {
  checkCount,
  checkTensor,
  parseArguments,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { dim as dimSchema } from "./_options.ts";
import { Module } from "./module.ts";

const schema = () =>
  z.strictObject({
    dim: dimSchema,
    unflattenedSize: z.readonly(
      z.array(z.int("must be an integer"), "must be an array of extents"),
    ),
  });

/**
 * Splits a dim into several.
 *
 * @example Vectors to images
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { Unflatten } from "@tenfold/nn";
 *
 * const layer = new Unflatten(1, [2, 3]);
 * assertEquals(layer.forward(ones([5, 6])).shape, [5, 2, 3]);
 * ```
 */
export class Unflatten extends Module {
  /** The dim that is split; negative ones count from the last. */
  readonly dim: number;
  /** The new extents of the dim; one of them may be -1. */
  readonly unflattenedSize: readonly number[];

  /**
   * Creates the layer.
   *
   * @param dim The dim that is split; negative ones count from the last.
   * @param unflattenedSize The new extents of the dim; one of them may be -1.
   * @throws {TypeError} If they are not numbers.
   */
  constructor(dim: number, unflattenedSize: readonly number[]) {
    super();
    parseArguments(
      schema,
      { dim, unflattenedSize },
      {},
      arguments,
      "make an Unflatten",
    );
    this.dim = dim;
    this.unflattenedSize = [...unflattenedSize];
  }

  /** A view of `x` with the dim split. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    checkTensor(x, "the input", "apply Unflatten");
    return unflatten(x, this.dim, this.unflattenedSize);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `dim=${this.dim}, unflattenedSize=[${
      this.unflattenedSize.join(", ")
    }]`;
  }
}
