/**
 * The layer that merges dims.
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
import { dim } from "./_options.ts";
import { Module } from "./module.ts";

/**
 * Options of {@linkcode Flatten}.
 *
 * @example Height and width alone
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.FlattenOptions = { startDim: 2 };
 * const x = randn([2, 3, 8, 8]);
 * assertEquals(new nn.Flatten(options).forward(x).shape, [2, 3, 64]);
 * ```
 */
export interface FlattenOptions {
  /** The first dim that is merged. @default {1} */
  readonly startDim?: number;
  /** The last dim that is merged. @default {-1} */
  readonly endDim?: number;
}

const schema = () =>
  z.strictObject({
    startDim: z._default(dim, 1),
    endDim: z._default(dim, -1),
  });

/**
 * Merges consecutive dims into one: all but the first by default.
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
   * Creates the layer.
   *
   * @param options `startDim` and `endDim`.
   * @throws {TypeError} If a dim is not a number.
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

  /** The options as text, for `toString`. */
  override describe(): string {
    return `startDim=${this.startDim}, endDim=${this.endDim}`;
  }
}
