/**
 * The layer that makes vectors of images.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import {
  checkCount,
  checkTensor,
  parseArguments,
} from "@tenfold/core/internal";
import * as z from "zod/mini";
import { dim } from "./_options.ts";
import { Module } from "./module.ts";

/** Options of {@linkcode Flatten}. */
export interface FlattenOptions {
  /** The first dim that is merged. @default {1} */
  readonly startDim?: number;
  /** The last dim that is merged. @default {-1} */
  readonly endDim?: number;
}

const schema = z.strictObject({
  startDim: z._default(dim, 1),
  endDim: z._default(dim, -1),
});

/**
 * Makes one dim of several: all but the first, unless others are named.
 *
 * @example Images to vectors
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { Flatten } from "@tenfold/nn";
 *
 * assertEquals(new Flatten().forward(ones([5, 2, 3])).shape, [5, 6]);
 * ```
 */
export class Flatten extends Module {
  /** The first dim that is merged. */
  readonly startDim: number;
  /** The last dim that is merged. */
  readonly endDim: number;

  /**
   * Makes a layer.
   *
   * @param options Which dims are merged.
   * @throws {TypeError} If a dim is no number.
   */
  constructor(options: FlattenOptions = {}) {
    super();
    const { startDim, endDim } = parseArguments(
      schema,
      {},
      options,
      arguments,
      "make a Flatten",
    );
    this.startDim = startDim;
    this.endDim = endDim;
  }

  /** A view of `x` with the dims merged. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    checkTensor(x, "the input", "apply Flatten");
    return x.flatten(this.startDim, this.endDim);
  }

  /** Its options in short. */
  override describe(): string {
    return `startDim=${this.startDim}, endDim=${this.endDim}`;
  }
}
