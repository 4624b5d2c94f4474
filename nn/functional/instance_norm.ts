import { ShapeError, type Tensor } from "@tenfold/core";
import { sizeOf } from "@tenfold/core/backend";
import { checkTensor, noGradNow, showShape } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import {
  checkOptions,
  flag,
  nonNegative,
  probability,
  splitOptions,
  tensorOption,
} from "../_options.ts";
import {
  inSingle,
  momentsOver,
  normalizeBy,
  normalizeByGiven,
} from "./_normalize.ts";
import { checkChannelwise } from "./group_norm.ts";

/**
 * Options of {@linkcode instanceNorm}.
 *
 * @example A larger eps
 * ```ts
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.functional.InstanceNormOptions = { eps: 1e-3 };
 * const x = randn([2, 3, 8, 8]);
 * const y = nn.functional.instanceNorm(x, null, null, options);
 * ```
 */
export interface InstanceNormOptions {
  /** The running mean `[channels]`; changed in place with input statistics. */
  readonly runningMean?: Tensor | null;
  /** The running variance `[channels]`; changed in place with input statistics. */
  readonly runningVar?: Tensor | null;
  /**
   * Whether to normalise by the statistics of the input, not by the running ones.
   *
   * @default {true}
   */
  readonly useInputStats?: boolean;
  /** Weight of this batch in the running mean and variance. @default {0.1} */
  readonly momentum?: number;
  /** Value added to the variance for numerical stability. @default {1e-5} */
  readonly eps?: number;
}

const schema = () =>
  z.strictObject({
    runningMean: z.optional(z.nullable(tensorOption)),
    runningVar: z.optional(z.nullable(tensorOption)),
    useInputStats: z.optional(flag),
    momentum: z.optional(probability),
    eps: z.optional(nonNegative),
  });

/**
 * Normalises each channel of each sample, then scales and shifts it:
 * `(x - mean) / √(variance + eps) * weight + bias` (Ulyanov and others, 2016).
 * The running variance is unbiased, and both are means over the batch.
 *
 * @param x Of shape `[n, channels, ...extents]`.
 * @param weight Of shape `[channels]`.
 * @param bias Of shape `[channels]`; only with a weight.
 * @param options `runningMean`, `runningVar`, `useInputStats`, `momentum` and
 * `eps`.
 * @throws {ShapeError} If channels do not match, or there is only one value per
 * channel.
 * @throws {TypeError} If running statistics are to be used and missing.
 * @example A sample of one channel
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.instanceNorm(tensor([[[1, 2, 3]]]));
 * assertAlmostEquals(await y.mean().item(), 0, 1e-6);
 * ```
 */
export function instanceNorm(
  x: Tensor,
  weight?: Tensor | null,
  bias?: Tensor | null,
  options?: InstanceNormOptions,
): Tensor;
/**
 * {@linkcode instanceNorm} without weight and bias.
 *
 * @param x Of shape `[n, channels, ...extents]`.
 * @param options As above.
 */
export function instanceNorm(x: Tensor, options: InstanceNormOptions): Tensor;
export function instanceNorm(
  x: Tensor,
  ...rest: (Tensor | InstanceNormOptions | null | undefined)[]
): Tensor {
  const operation = "apply instanceNorm";
  const [[weight, bias], options] = splitOptions<InstanceNormOptions>(
    operation,
    ["weight", "bias"],
    rest,
  );
  checkOptions(schema, options, operation, arguments.length - 4);
  checkTensor(x, "x", operation);
  return normalizeInstances(x, weight, bias, options ?? {}, "instanceNorm");
}

/** {@linkcode instanceNorm} with checked options; `name` is for messages. */
export function normalizeInstances(
  x: Tensor,
  weight: Tensor | null | undefined,
  bias: Tensor | null | undefined,
  options: InstanceNormOptions,
  name: string,
): Tensor {
  const { runningMean, runningVar, useInputStats = true, eps = 1e-5 } = options;
  if (x.ndim < 3) {
    throw new ShapeError(
      `Cannot apply ${name} as the input must be [n, channels, ...extents]: got shape ${
        showShape(x.shape)
      }`,
    );
  }
  const [, channels, ...extents] = x.shape;
  checkChannelwise(name, channels!, weight, bias);
  const broad = [channels!, ...extents.map(() => 1)];
  const spread = (t: Tensor | null | undefined) => t?.reshape(broad);
  if (!useInputStats) {
    if (!runningMean || !runningVar) {
      throw new TypeError(
        `Cannot apply ${name} without a running mean and variance: pass them, or { useInputStats: true }`,
      );
    }
    return normalizeByGiven(
      name,
      x,
      [runningMean, runningVar, weight, bias],
      spread,
      eps,
    );
  }
  const count = sizeOf(extents);
  if (count === 1) {
    throw new ShapeError(
      `Cannot apply ${name} to one value a channel as it has no variance: got shape ${
        showShape(x.shape)
      }`,
    );
  }
  const dims = extents.map((_, d) => d + 2);
  return inSingle(name, x, [weight, bias], (half) => {
    const moments = momentsOver(x, dims);
    if (x.size > 0) {
      const { momentum = 0.1 } = options;
      noGradNow(() => {
        const blend = (running: Tensor, batch: Tensor, scale: number) =>
          void running.mul_(1 - momentum).add_(
            batch.mean(0).reshape([channels!]).mul(scale * momentum),
          );
        if (runningMean) blend(runningMean, moments.mean, 1);
        if (runningVar) {
          blend(runningVar, moments.variance, count / (count - 1));
        }
      });
    }
    return normalizeBy(
      x,
      moments,
      dims,
      spread(weight),
      spread(bias),
      eps,
      half,
    );
  });
}
