import { fused, ShapeError, type Tensor } from "@tenfold/core";
import { expr } from "@tenfold/core/backend";
import {
  checkTensor,
  noGradNow,
  showShape,
  tidyNow,
  UPLOAD_LIKE,
} from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { checkOptions, flag, probability } from "../_options.ts";
import type { DropoutOptions } from "./dropout.ts";

const schema = () =>
  z.strictObject({ p: z.optional(probability), training: z.optional(flag) });

/** Numbers of a shape that are 0 with probability `p`, else `1 / (1 - p)`. */
function dice(x: Tensor, shape: readonly number[], p: number): Tensor {
  return noGradNow(() => {
    const one = x[UPLOAD_LIKE](Float32Array.of(1), [], "float32");
    return one.cast(x.dtype).expand(shape).dropout(p);
  });
}

/** One number for each channel of each sample, or for each element. */
function drawn(x: Tensor, channels: boolean, p: number): Tensor {
  return dice(
    x,
    channels ? x.shape.map((extent, d) => d < 2 ? extent : 1) : x.shape,
    p,
  );
}

/** Zeroes channels of `[n, channels, ...]`, or without `n`. */
export function dropChannels(
  x: Tensor,
  dims: number,
  options: DropoutOptions | undefined,
  name: string,
  extra: number,
): Tensor {
  const operation = `apply ${name}`;
  checkOptions(schema, options, operation, extra);
  checkTensor(x, "x", operation);
  const { p = 0.5, training = true } = options ?? {};
  if (x.ndim !== dims + 1 && x.ndim !== dims + 2) {
    throw new ShapeError(
      `Cannot ${operation} as the input must have ${
        dims + 2
      } dims, [n, channels, ...], or ${dims + 1} without n: got shape ${
        showShape(x.shape)
      }`,
    );
  }
  if (!training || p === 0) return x;
  return tidyNow(() => {
    const batch = x.ndim === dims + 2 ? x : x.unsqueeze(0);
    return batch.mul(drawn(batch, true, p)).reshape(x.shape);
  });
}

/**
 * Zeroes whole channels at random and scales the others by `1 / (1 - p)`.
 *
 * @param x Of shape `[n, channels, length]`, or without `n`.
 * @param options `p` and `training`.
 * @throws {RangeError} If `p` is not from 0 to 1.
 * @example In evaluation nothing happens
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.dropout1d(ones([1, 1, 3]), { training: false });
 * assertEquals(await y.sum().item(), 3);
 * ```
 */
export function dropout1d(x: Tensor, options?: DropoutOptions): Tensor {
  return dropChannels(x, 1, options, "dropout1d", arguments.length - 2);
}

/**
 * Zeroes whole channels at random and scales the others by `1 / (1 - p)`
 * (Tompson and others, 2014).
 *
 * @param x Of shape `[n, channels, height, width]`, or without `n`.
 * @param options `p` and `training`.
 * @throws {RangeError} If `p` is not from 0 to 1.
 * @example In evaluation nothing happens
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.dropout2d(ones([1, 1, 1, 2]), { training: false });
 * assertEquals(await y.toArray(), [[[[1, 1]]]]);
 * ```
 */
export function dropout2d(x: Tensor, options?: DropoutOptions): Tensor {
  return dropChannels(x, 2, options, "dropout2d", arguments.length - 2);
}

/**
 * Zeroes whole channels at random and scales the others by `1 / (1 - p)`.
 *
 * @param x Of shape `[n, channels, depth, height, width]`, or without `n`.
 * @param options `p` and `training`.
 * @throws {RangeError} If `p` is not from 0 to 1.
 * @example In evaluation nothing happens
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.dropout3d(ones([1, 1, 1, 1, 3]), { training: false });
 * assertEquals(await y.sum().item(), 3);
 * ```
 */
export function dropout3d(x: Tensor, options?: DropoutOptions): Tensor {
  return dropChannels(x, 3, options, "dropout3d", arguments.length - 2);
}

/** Where SELU saturates: what takes the place of zeroed elements. */
const SATURATED = -1.7580993408473766;

/** Inputs x and 0 or 1; scalars: what replaces 0, factor, shift. */
const replaced = /* @__PURE__ */ fused(
  "alphaDropout",
  ([x, kept], [saturated, factor, shift]) =>
    expr.add(
      expr.mul(
        expr.add(expr.mul(x, kept), expr.mul(saturated, expr.sub(1, kept))),
        factor,
      ),
      shift,
    ),
  { scalars: 3 },
);

function alpha(
  x: Tensor,
  channels: boolean,
  options: DropoutOptions | undefined,
  name: string,
  extra: number,
): Tensor {
  checkOptions(schema, options, `apply ${name}`, extra);
  checkTensor(x, "x", `apply ${name}`);
  const { p = 0.5, training = true } = options ?? {};
  if (channels && x.ndim < 2) {
    throw new ShapeError(
      `Cannot apply ${name} as the input must be [n, channels, ...]: got shape ${
        showShape(x.shape)
      }`,
    );
  }
  if (!training || p === 0) return x;
  if (p === 1) return tidyNow(() => x.mul(0));
  const factor = 1 / Math.sqrt((SATURATED ** 2 * p + 1) * (1 - p));
  return tidyNow(() => {
    const kept = drawn(x, channels, p).mul(1 - p);
    return replaced.map([x, kept], [
      SATURATED,
      factor,
      -SATURATED * p * factor,
    ]);
  });
}

/**
 * Dropout for {@linkcode selu}: sets random elements to the value at which it
 * saturates, and scales and shifts all so that mean 0 and variance 1 are
 * preserved (Klambauer and others, 2017).
 *
 * @param x A tensor of any shape.
 * @param options `p` and `training`.
 * @throws {RangeError} If `p` is not from 0 to 1.
 * @example In evaluation nothing happens
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.alphaDropout(ones([3]), { training: false });
 * assertEquals(await y.sum().item(), 3);
 * ```
 */
export function alphaDropout(x: Tensor, options?: DropoutOptions): Tensor {
  return alpha(x, false, options, "alphaDropout", arguments.length - 2);
}

/**
 * {@linkcode alphaDropout} of whole channels.
 *
 * @param x Of shape `[n, channels, ...]`.
 * @param options `p` and `training`.
 * @throws {RangeError} If `p` is not from 0 to 1.
 * @example In evaluation nothing happens
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = ones([1, 1, 3]);
 * const y = functional.featureAlphaDropout(x, { training: false });
 * assertEquals(await y.sum().item(), 3);
 * ```
 */
export function featureAlphaDropout(
  x: Tensor,
  options?: DropoutOptions,
): Tensor {
  return alpha(x, true, options, "featureAlphaDropout", arguments.length - 2);
}
