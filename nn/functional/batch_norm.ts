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

/**
 * Options of {@linkcode batchNorm}.
 *
 * @example By the statistics of the batch
 * ```ts
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.functional.BatchNormOptions = { training: true };
 * const y = nn.functional.batchNorm(randn([16, 4]), null, null, options);
 * ```
 */
export interface BatchNormOptions {
  /** The running mean `[channels]`; changed in place in training. */
  readonly runningMean?: Tensor | null;
  /** The running variance `[channels]`; changed in place in training. */
  readonly runningVar?: Tensor | null;
  /** Whether to normalise by the statistics of the batch. @default {false} */
  readonly training?: boolean;
  /** Weight of this batch in the running mean and variance. @default {0.1} */
  readonly momentum?: number;
  /** Value added to the variance for numerical stability. @default {1e-5} */
  readonly eps?: number;
}

const schema = () =>
  z.strictObject({
    runningMean: z.optional(z.nullable(tensorOption)),
    runningVar: z.optional(z.nullable(tensorOption)),
    training: z.optional(flag),
    momentum: z.optional(probability),
    eps: z.optional(nonNegative),
  });

/**
 * Normalises each channel (dim 1) over the batch, then scales and shifts it:
 * `(x - mean) / √(variance + eps) * weight + bias` (Ioffe and Szegedy, 2015).
 * The batch is normalised by its biased variance; the running variance is the
 * unbiased one.
 *
 * @param x Input of shape `[n, channels, ...]`.
 * @param weight Of shape `[channels]`.
 * @param bias Of shape `[channels]`.
 * @param options `runningMean`, `runningVar`, `training`, `momentum` and `eps`.
 * @throws {ShapeError} If channels do not match, or there is only one value per
 * channel in training.
 * @throws {TypeError} If the running mean or variance is missing in evaluation.
 * @example A batch of four
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[1], [2], [3], [4]]);
 * const y = functional.batchNorm(x, null, null, { training: true });
 * assertAlmostEquals(await y.mean().item(), 0, 1e-5);
 * ```
 */
export function batchNorm(
  x: Tensor,
  weight?: Tensor | null,
  bias?: Tensor | null,
  options?: BatchNormOptions,
): Tensor;
/**
 * {@linkcode batchNorm} without weight and bias.
 *
 * @param x Input of shape `[n, channels, ...]`.
 * @param options `runningMean`, `runningVar`, `training`, `momentum` and `eps`.
 */
export function batchNorm(x: Tensor, options: BatchNormOptions): Tensor;
/**
 * {@linkcode batchNorm} without a bias.
 *
 * @param x The input.
 * @param weight Of shape `[channels]`.
 * @param options As above.
 */
export function batchNorm(
  x: Tensor,
  weight: Tensor | null,
  options: BatchNormOptions,
): Tensor;
export function batchNorm(
  x: Tensor,
  ...rest: (Tensor | BatchNormOptions | null | undefined)[]
): Tensor {
  const [[weight, bias], options] = splitOptions<BatchNormOptions>(
    "apply batchNorm",
    ["weight", "bias"],
    rest,
  );
  checkOptions(schema, options, "apply batchNorm", arguments.length - 4);
  return normalizeBatch(x, weight, bias, options ?? {}, "batchNorm");
}

/** {@linkcode batchNorm} with checked options; `name` is for messages. */
export function normalizeBatch(
  x: Tensor,
  weight: Tensor | null | undefined,
  bias: Tensor | null | undefined,
  options: BatchNormOptions,
  name: string,
): Tensor {
  const { runningMean, runningVar, training, eps = 1e-5 } = options;
  checkTensor(x, "x", `apply ${name}`);
  checkChannels(name, x, { weight, bias, runningMean, runningVar });
  const channels = x.shape[1]!;
  const broad = [channels, ...x.shape.slice(2).map(() => 1)];
  const spread = (t: Tensor | null | undefined) => t?.reshape(broad);
  if (!training) {
    if (!runningMean || !runningVar) {
      throw new TypeError(
        `Cannot apply ${name} in evaluation without a running mean and variance: pass them, or { training: true }`,
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
  const dims = x.shape.map((_, d) => d).filter((d) => d !== 1);
  const count = sizeOf(dims.map((d) => x.shape[d]!));
  if (count === 1) {
    throw new ShapeError(
      `Cannot apply ${name} in training to one value a channel as it has no variance: got shape ${
        showShape(x.shape)
      }, give a larger batch or call eval()`,
    );
  }
  return inSingle(name, x, [weight, bias], (half) => {
    const moments = momentsOver(x, dims);
    // A batch of nothing has no figures.
    if (count > 0) {
      const momentum = options.momentum ?? 0.1;
      const blend = (running: Tensor, batch: Tensor, scale: number) =>
        void running.mul_(1 - momentum)
          .add_(batch.reshape([channels]).mul(scale * momentum));
      noGradNow(() => {
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

function checkChannels(
  name: string,
  x: Tensor,
  tensors: Readonly<Record<string, Tensor | null | undefined>>,
): void {
  if (x.ndim < 2) {
    throw new ShapeError(
      `Cannot apply ${name} as the input must be [n, channels, ...]: got shape ${
        showShape(x.shape)
      }`,
    );
  }
  for (const [what, tensor] of Object.entries(tensors)) {
    if (tensor && (tensor.ndim !== 1 || tensor.shape[0] !== x.shape[1])) {
      throw new ShapeError(
        `Cannot apply ${name} to ${x.shape[1]} channels (input of shape ${
          showShape(x.shape)
        }) as ${what} has shape ${showShape(tensor.shape)}`,
      );
    }
  }
  if (tensors.bias && !tensors.weight) {
    throw new TypeError(
      `Cannot apply ${name} with a bias and no weight: pass a weight of ones`,
    );
  }
}
