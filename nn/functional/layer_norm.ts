import { type Shape, ShapeError, type Tensor } from "@tenfold/core";
import { checkTensor, showShape } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import {
  checkOptions,
  nonNegative,
  positiveInteger,
  splitOptions,
} from "../_options.ts";
import { inSingle, momentsOver, normalizeBy } from "./_normalize.ts";

/**
 * Options of {@linkcode layerNorm}.
 *
 * @example Over the last dim, without a weight
 * ```ts
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.functional.LayerNormFunctionOptions = {
 *   normalizedShape: [4],
 * };
 * const y = nn.functional.layerNorm(randn([2, 4]), null, null, options);
 * ```
 */
export interface LayerNormFunctionOptions {
  /** Value added to the variance for numerical stability. @default {1e-5} */
  readonly eps?: number;
  /** Sizes of the last dims to normalise over. @default {the shape of `weight`} */
  readonly normalizedShape?: Shape;
}

const schema = () =>
  z.strictObject({
    eps: z.optional(nonNegative),
    normalizedShape: z.optional(
      z.readonly(z.array(positiveInteger, "must be an array of extents")),
    ),
  });

/**
 * Normalises the last dims of each sample, then scales and shifts them:
 * `(x - mean) / √(variance + eps) * weight + bias`, with the biased variance
 * (Ba and others, 2016).
 *
 * @param x Of shape `[..., ...normalizedShape]`.
 * @param weight Of the normalised shape.
 * @param bias Of the normalised shape; only with a weight.
 * @param options `eps`, and `normalizedShape` where there is no weight.
 * @throws {ShapeError} If the last extents of `x` are not those normalised.
 * @example Mean 0 and variance 1
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[1, 2, 3, 4]]);
 * const y = functional.layerNorm(x, null, null, { normalizedShape: [4] });
 * assertAlmostEquals(await y.mean().item(), 0, 1e-5);
 * assertAlmostEquals(await y.square().mean().item(), 1, 1e-4);
 * ```
 */
export function layerNorm(
  x: Tensor,
  weight?: Tensor | null,
  bias?: Tensor | null,
  options?: LayerNormFunctionOptions,
): Tensor;
/**
 * {@linkcode layerNorm} without weight and bias.
 *
 * @param x Of any shape that ends with the normalised one.
 * @param options The shape, and `eps`.
 */
export function layerNorm(
  x: Tensor,
  options: LayerNormFunctionOptions,
): Tensor;
/**
 * {@linkcode layerNorm} without a bias.
 *
 * @param x The input.
 * @param weight Of the normalised shape.
 * @param options As above.
 */
export function layerNorm(
  x: Tensor,
  weight: Tensor | null,
  options: LayerNormFunctionOptions,
): Tensor;
export function layerNorm(
  x: Tensor,
  ...rest: (Tensor | LayerNormFunctionOptions | null | undefined)[]
): Tensor {
  const [[weight, bias], options] = splitOptions<LayerNormFunctionOptions>(
    "apply layerNorm",
    ["weight", "bias"],
    rest,
  );
  checkOptions(schema, options, "apply layerNorm", arguments.length - 4);
  checkTensor(x, "x", "apply layerNorm");
  const shape = options?.normalizedShape ?? weight?.shape;
  if (!shape || shape.length === 0) {
    throw new ShapeError(
      "Cannot apply layerNorm without dims to normalise: give a weight or { normalizedShape }",
    );
  }
  for (const [name, given] of [["weight", weight], ["bias", bias]] as const) {
    if (given && given.shape.join() !== shape.join()) {
      throw new ShapeError(
        `Cannot apply layerNorm as the ${name} must have the normalised shape: got ${
          showShape(given.shape)
        }, expected ${showShape(shape)}`,
      );
    }
  }
  if (bias && !weight) {
    throw new TypeError(
      "Cannot apply layerNorm with a bias and no weight: pass a weight of ones",
    );
  }
  return normalizeLast(x, shape, weight, bias, options?.eps ?? 1e-5);
}

/** {@linkcode layerNorm} with everything checked but `x`. */
export function normalizeLast(
  x: Tensor,
  shape: Shape,
  weight: Tensor | null | undefined,
  bias: Tensor | null | undefined,
  eps: number,
): Tensor {
  const depth = shape.length;
  const start = x.ndim - depth;
  if (start < 0 || shape.some((extent, d) => extent !== x.shape[start + d])) {
    throw new ShapeError(
      `Cannot apply layerNorm as the last extents of the input must be ${
        showShape(shape)
      }: got shape ${showShape(x.shape)}`,
    );
  }
  const dims = shape.map((_, d) => start + d);
  return inSingle(
    "layerNorm",
    x,
    [weight, bias],
    (half) =>
      normalizeBy(x, momentsOver(x, dims), dims, weight, bias, eps, half),
  );
}
