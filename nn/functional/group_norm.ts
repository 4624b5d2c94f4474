import { ShapeError, type Tensor } from "@tenfold/core";
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
 * Options of {@linkcode groupNorm}.
 *
 * @example Four groups of two channels
 * ```ts
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.functional.GroupNormFunctionOptions = { numGroups: 4 };
 * const y = nn.functional.groupNorm(randn([2, 8, 4]), null, null, options);
 * ```
 */
export interface GroupNormFunctionOptions {
  /** Number of groups of channels. */
  readonly numGroups: number;
  /** Value added to the variance for numerical stability. @default {1e-5} */
  readonly eps?: number;
}

const schema = () =>
  z.strictObject({ numGroups: positiveInteger, eps: z.optional(nonNegative) });

/**
 * Normalises groups of channels of each sample, then scales and shifts each
 * channel: `(x - mean) / √(variance + eps) * weight + bias`, with the biased
 * variance (Wu and He, 2018).
 *
 * @param x Of shape `[n, channels, ...]`.
 * @param weight Of shape `[channels]`.
 * @param bias Of shape `[channels]`; only with a weight.
 * @param options `numGroups` and `eps`.
 * @throws {ShapeError} If the groups do not divide the channels, or weight and
 * bias are not `[channels]`.
 * @example Two groups of two channels
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[1, 3, 10, 20]]);
 * const y = functional.groupNorm(x, null, null, { numGroups: 2 });
 * assertAlmostEquals(await y.select(1, 3).item(), 1, 1e-5);
 * ```
 */
export function groupNorm(
  x: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  options: GroupNormFunctionOptions,
): Tensor;
/**
 * {@linkcode groupNorm} without weight and bias.
 *
 * @param x Of shape `[n, channels, ...]`.
 * @param options `numGroups` and `eps`.
 */
export function groupNorm(x: Tensor, options: GroupNormFunctionOptions): Tensor;
export function groupNorm(
  x: Tensor,
  ...rest: (Tensor | GroupNormFunctionOptions | null | undefined)[]
): Tensor {
  const operation = "apply groupNorm";
  const [[weight, bias], options] = splitOptions<GroupNormFunctionOptions>(
    operation,
    ["weight", "bias"],
    rest,
  );
  checkOptions(
    schema,
    options ?? { numGroups: undefined },
    operation,
    arguments.length - 4,
  );
  checkTensor(x, "x", operation);
  const { numGroups, eps = 1e-5 } = options!;
  return normalizeGroups(x, weight, bias, numGroups, eps, "groupNorm");
}

/** {@linkcode groupNorm} with checked options; `name` is for messages. */
export function normalizeGroups(
  x: Tensor,
  weight: Tensor | null | undefined,
  bias: Tensor | null | undefined,
  groups: number,
  eps: number,
  name: string,
): Tensor {
  const [n, channels, ...rest] = x.shape;
  if (x.ndim < 2 || channels! % groups !== 0) {
    throw new ShapeError(
      `Cannot apply ${name} in ${groups} groups as the input must be [n, channels, ...] and the groups must divide the channels: got shape ${
        showShape(x.shape)
      }`,
    );
  }
  checkChannelwise(name, channels!, weight, bias);
  const each = channels! / groups;
  const spread = (t: Tensor | null | undefined) =>
    t?.reshape([groups, each, ...rest.map(() => 1)]);
  const dims = [1, ...rest].map((_, d) => d + 2);
  return inSingle(name, x, [weight, bias], (half) => {
    const grouped = x.reshape([n!, groups, each, ...rest]);
    return normalizeBy(
      grouped,
      momentsOver(grouped, dims),
      dims,
      spread(weight),
      spread(bias),
      eps,
      half,
    ).reshape(x.shape);
  });
}

/** Refuses weights and biases that do not hold one number for each channel. */
export function checkChannelwise(
  name: string,
  channels: number,
  weight: Tensor | null | undefined,
  bias: Tensor | null | undefined,
): void {
  for (const [what, given] of [["weight", weight], ["bias", bias]] as const) {
    if (given && (given.ndim !== 1 || given.shape[0] !== channels)) {
      throw new ShapeError(
        `Cannot apply ${name} as the ${what} must be [${channels}]: got shape ${
          showShape(given.shape)
        }`,
      );
    }
  }
  if (bias && !weight) {
    throw new TypeError(
      `Cannot apply ${name} with a bias and no weight: pass a weight of ones`,
    );
  }
}
