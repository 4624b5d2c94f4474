/**
 * Random numbers whose distribution tensors give.
 *
 * @module
 */
import { noGradNow } from "../autograd/mode.ts";
import type { TensorOptions } from "../creation.ts";
import { type DType, type FloatOf, floatOf } from "../dtype.ts";
import { ShapeError, showShape } from "../errors.ts";
import { checkCount, checkNumber, showValue } from "../options.ts";
import {
  checkPlain,
  flag,
  list,
  named,
  number,
  type PlainFields,
  text,
} from "../plain_options.ts";
import { rand, randn } from "../random.ts";
import { refuseValues } from "../refuse.ts";
import { tidyNow } from "../scope.ts";
import {
  broadcastShapes,
  checkShape,
  normalizeDim,
  type Shape,
} from "../shape.ts";
import { checkOperand, Tensor, type TensorLike } from "../tensor.ts";
import { checkCall } from "./call.ts";
import { searchsorted } from "./count.ts";
import { scatter } from "./scatter.ts";

const REPLACE: PlainFields = { replacement: flag };
const PLACE: PlainFields = { shape: list, dtype: text, device: named };
const RATE: PlainFields = { lambd: number };
const GUMBEL: PlainFields = { tau: number, hard: flag, dim: number };

/** Numbers of the exponential distribution with mean 1, in float dtype. */
function exponential(shape: Shape, x: Tensor): Tensor {
  const draws = rand(shape, {
    dtype: floatOf(x.dtype as DType),
    device: x.device,
  });
  return draws.neg().log1p().neg();
}

/**
 * Draws indices with probabilities proportional to weights.
 *
 * @param weights Not negative; a vector, or rows of them. They need not add up
 * to 1.
 * @param numSamples Number of samples from each row.
 * @param options `replacement`: whether an index can be drawn several times.
 * @default {replacement: false}
 * @returns int32 of shape `[numSamples]` or `[rows, numSamples]`.
 * @throws {ShapeError} If the weights do not have 1 or 2 dims.
 * @throws {RangeError} If there are fewer positive weights than are drawn, or a
 * weight is negative, infinite or NaN.
 * @example What has weight 0 is never drawn
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { manualSeed, multinomial, tensor } from "@tenfold/tenfold";
 *
 * manualSeed(1);
 * const drawn = multinomial(tensor([0, 3, 0]), 4, { replacement: true });
 * assertEquals(await drawn.toArray(), [1, 1, 1, 1]);
 * ```
 */
export function multinomial(
  weights: Tensor,
  numSamples: number,
  options: { replacement?: boolean } = {},
): Tensor<"int32"> {
  checkCall("multinomial", arguments, 3, weights);
  checkPlain(REPLACE, options, "multinomial");
  const { replacement = false } = options;
  if (weights.ndim < 1 || weights.ndim > 2 || weights.shape.at(-1) === 0) {
    throw new ShapeError(
      `Cannot multinomial as the weights must be a vector or rows with elements: got shape ${
        showShape(weights.shape)
      }`,
    );
  }
  const places = weights.shape.at(-1)!;
  if (
    !Number.isSafeInteger(numSamples) || numSamples < 1 ||
    !replacement && numSamples > places
  ) {
    throw new RangeError(
      `Cannot draw ${numSamples} of ${places} positions: give a positive integer${
        replacement ? "" : ", no larger without replacement"
      }`,
    );
  }
  refuseValues(
    "multinomial",
    () => {
      const wrong = weights.lt(0).logicalOr(weights.isFinite().logicalNot())
        .any(-1);
      const positive = weights.gt(0).sum(-1);
      return wrong.logicalOr(positive.lt(replacement ? 1 : numSamples)).sum();
    },
    (count) =>
      new RangeError(
        `Cannot multinomial as ${count} ${
          count === 1 ? "row has" : "rows have"
        } negative, infinite or NaN weights, or fewer positive ones than are drawn`,
      ),
  );
  return noGradNow(() =>
    tidyNow(() => {
      const share = weights.detach().cast(floatOf(weights.dtype as DType));
      if (!replacement) {
        // The first of exponential clocks that run at the rates of the weights.
        const times = exponential(share.shape, share).div(share);
        return times.topk(numSamples, -1, { largest: false }).indices
          .contiguous();
      }
      const sums = share.cumsum(-1).contiguous();
      const total = sums.narrow(-1, places - 1, 1);
      const shape = [...share.shape.slice(0, -1), numSamples];
      const at = rand(shape, { dtype: share.dtype, device: share.device })
        .mul(total);
      // No further than the last that has a weight.
      const last = sums.argmax(-1, { keepDim: true });
      return searchsorted(sums, at, { right: true }).minimum(last);
    })
  ) as Tensor<"int32">;
}

/**
 * Options of {@linkcode normal}.
 *
 * @example A hundred numbers
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { normal, type NormalOptions } from "@tenfold/tenfold";
 *
 * const options: NormalOptions = { shape: [100] };
 * assertEquals(normal(0, 2, options).shape, [100]);
 * ```
 */
export interface NormalOptions extends TensorOptions {
  /** The shape, where mean and deviation are numbers. */
  readonly shape?: Shape;
}

/**
 * Random numbers of a normal distribution for each element; both are broadcast.
 * It has no gradient: see `distributions.Normal`.
 *
 * @param mean A tensor or a number.
 * @param std The standard deviation, a tensor or a number; not negative.
 * @param options `shape`, `dtype` and `device`, where both are numbers.
 * @returns The common shape.
 * @throws {RangeError} If a deviation is negative.
 * @example Without a deviation
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { normal, tensor } from "@tenfold/tenfold";
 *
 * assertEquals(await normal(tensor([1, 2]), 0).toArray(), [1, 2]);
 * assertEquals(normal(0, 1, { shape: [2, 3] }).shape, [2, 3]);
 * ```
 */
export function normal(
  mean: TensorLike,
  std: TensorLike,
  options: NormalOptions = {},
): Tensor {
  checkCount("normal", arguments.length, 3);
  checkPlain(PLACE, options, "normal");
  for (const operand of [mean, std]) {
    if (typeof operand !== "number") checkOperand("normal", operand);
  }
  const tensors = [mean, std].filter((x) => x instanceof Tensor);
  const { shape: given, ...place } = options;
  if ((tensors.length === 0) !== (given !== undefined)) {
    throw new TypeError(
      `Cannot draw normal numbers as a shape goes with two numbers, and with nothing else: got ${
        given === undefined ? "none" : showValue(given)
      }`,
    );
  }
  if (typeof std === "number") {
    if (!(std >= 0)) throw negativeDeviation(showValue(std));
  } else {
    refuseValues(
      "normal",
      () => std.ge(0).logicalNot().sum(),
      (count) => negativeDeviation(`${count} of them`),
    );
  }
  const [first] = tensors;
  const shape = tensors.reduce<Shape>(
    (shape, x) => broadcastShapes(shape, x.shape, "normal"),
    given === undefined ? [] : checkShape(given, "normal"),
  );
  return noGradNow(() =>
    tidyNow(() => {
      const draws = randn(
        shape,
        first
          ? { dtype: floatOf(first.dtype as DType), device: first.device }
          : place,
      );
      return draws.mul(std).add(mean);
    })
  );
}

const negativeDeviation = (got: string): RangeError =>
  new RangeError(
    `Cannot draw normal numbers as a standard deviation is negative or NaN: got ${got}`,
  );

/**
 * Fills a tensor with numbers of the exponential distribution
 * `lambd * exp(-lambd * x)`.
 *
 * @param x A tensor of floats.
 * @param options `lambd`, the rate. @default {lambd: 1}
 * @returns The tensor itself.
 * @throws {RangeError} If the rate is not positive.
 * @throws {GradientError} If it is recorded: see {@linkcode Tensor.copy_}.
 * @example Waiting times
 * ```ts
 * import { assert } from "@std/assert";
 * import { exponential_, manualSeed, zeros } from "@tenfold/tenfold";
 *
 * manualSeed(1);
 * const times = exponential_(zeros([1000]), { lambd: 2 });
 * assert(Math.abs(await times.mean().item() - 0.5) < 0.1);
 * ```
 */
export function exponential_<D extends DType>(
  x: Tensor<D>,
  options: { lambd?: number } = {},
): Tensor<D> {
  checkCall("exponential_", arguments, 2, x);
  checkPlain(RATE, options, "exponential_");
  const { lambd = 1 } = options;
  if (!(lambd > 0)) {
    throw new RangeError(
      `Cannot draw exponential numbers as lambd must be positive: got ${lambd}`,
    );
  }
  tidyNow(() => {
    x.copy_(noGradNow(() => exponential(x.shape, x).div(lambd)));
  });
  return x;
}

/**
 * Options of {@linkcode gumbelSoftmax}.
 *
 * @example One class, with a gradient
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import {
 *   gumbelSoftmax,
 *   type GumbelSoftmaxOptions,
 *   randn,
 * } from "@tenfold/tenfold";
 *
 * const options: GumbelSoftmaxOptions = { tau: 0.5, hard: true };
 * const choice = gumbelSoftmax(randn([4]), options);
 * assertEquals(await choice.sum().item(), 1);
 * ```
 */
export interface GumbelSoftmaxOptions {
  /** The temperature. @default {1} */
  readonly tau?: number;
  /**
   * Whether to return one-hot vectors, with the gradient of the soft ones.
   *
   * @default {false}
   */
  readonly hard?: boolean;
  /** The dim that sums to 1. @default {-1} */
  readonly dim?: number;
}

/**
 * Draws from the Gumbel-softmax distribution: a softmax of logits with noise,
 * through which gradients flow (Jang et al., "Categorical reparameterization
 * with Gumbel-softmax", 2016).
 *
 * @param logits Unnormalised logarithms of probabilities.
 * @param options `tau`, `hard` and `dim`.
 * @default {tau: 1, hard: false, dim: -1}
 * @returns A tensor of the same shape.
 * @throws {RangeError} If the temperature is not positive.
 * @example One of three classes
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { gumbelSoftmax, tensor } from "@tenfold/tenfold";
 *
 * const y = gumbelSoftmax(tensor([0, 1, 0]), { hard: true });
 * assertEquals(await y.sum().item(), 1);
 * ```
 */
export function gumbelSoftmax<D extends DType>(
  logits: Tensor<D>,
  options: GumbelSoftmaxOptions = {},
): Tensor<FloatOf<D>> {
  checkCall("gumbelSoftmax", arguments, 2, logits);
  checkPlain(GUMBEL, options, "gumbelSoftmax");
  const { tau = 1, hard = false, dim = -1 } = options;
  if (!(checkNumber(tau, "tau", "gumbelSoftmax") > 0)) {
    throw new RangeError(
      `Cannot gumbelSoftmax as tau must be positive: got ${tau}`,
    );
  }
  const d = normalizeDim(dim, logits.ndim, "gumbelSoftmax");
  return tidyNow(() => {
    const noise = exponential(logits.shape, logits).log().neg();
    const soft: Tensor = logits.add(noise).div(tau).softmax(d);
    if (!hard) return soft;
    const known = soft.detach();
    const index = known.argmax(d, { keepDim: true });
    const one = scatter(known.mul(0), d, index, 1);
    return one.sub(known).add(soft);
  }) as Tensor<FloatOf<D>>;
}
