import { ShapeError, type Tensor } from "@tenfold/core";
import { checkTensor, showShape, tidyNow } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { checkOptions, finite, positiveInteger } from "../_options.ts";

/**
 * Options of {@linkcode localResponseNorm}.
 *
 * @example As AlexNet has it
 * ```ts
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.LocalResponseNormOptions = { size: 5, k: 2 };
 * const y = nn.functional.localResponseNorm(randn([1, 8, 4, 4]), options);
 * ```
 */
export interface LocalResponseNormOptions {
  /** Number of neighbouring channels. */
  readonly size: number;
  /** Factor of the mean of the squares. @default {1e-4} */
  readonly alpha?: number;
  /** Exponent of the divisor. @default {0.75} */
  readonly beta?: number;
  /** Value added to the mean of the squares. @default {1} */
  readonly k?: number;
}

/** The schema of {@linkcode LocalResponseNormOptions}. */
export const localResponseSchema = () =>
  z.strictObject({
    size: positiveInteger,
    alpha: z.optional(finite),
    beta: z.optional(finite),
    k: z.optional(finite),
  });

/**
 * Divides each element by `(k + alpha * mean of the squares of neighbouring
 * channels) ^ beta`, where channels beyond the first and the last count as zeros
 * (Krizhevsky and others, 2012).
 *
 * @param x Of shape `[n, channels, ...extents]`.
 * @param options `size`, `alpha`, `beta` and `k`.
 * @throws {ShapeError} If the input has fewer than 3 dims.
 * @example Without neighbours
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const options = { size: 1, alpha: 3, beta: 1 };
 * const y = functional.localResponseNorm(ones([1, 2, 1]), options);
 * assertEquals(await y.toArray(), [[[0.25], [0.25]]]);
 * ```
 */
export function localResponseNorm(
  x: Tensor,
  options: LocalResponseNormOptions,
): Tensor {
  const operation = "apply localResponseNorm";
  checkOptions(
    localResponseSchema,
    options ?? { size: undefined },
    operation,
    arguments.length - 2,
  );
  checkTensor(x, "x", operation);
  const { size, alpha = 1e-4, beta = 0.75, k = 1 } = options;
  if (x.ndim < 3) {
    throw new ShapeError(
      `Cannot ${operation} as the input must be [n, channels, ...extents]: got shape ${
        showShape(x.shape)
      }`,
    );
  }
  return tidyNow(() => {
    const before = Math.floor(size / 2);
    const amounts = new Array<number>(2 * (x.ndim - 1)).fill(0);
    amounts[amounts.length - 2] = before;
    amounts[amounts.length - 1] = size - 1 - before;
    const squares = size === 1 ? x.square() : x.square().pad(amounts);
    const near = squares.unfold(1, size, 1).mean(-1);
    return x.div(near.mul(alpha).add(k).pow(beta));
  });
}
