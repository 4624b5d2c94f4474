/**
 * Metrics of scores of classes: top-k accuracy, log loss, perplexity.
 *
 * @module
 */
import { arange, ShapeError, stack, type Tensor } from "@tenfold/core";
import { checkCount, parseOptions, showShape } from "@tenfold/core/internal";
import { functional } from "@tenfold/nn";
import * as z from "./_zod.ts";
import { hasValues, measureValues, type Values } from "./_figures.ts";
import { positiveInt } from "./_options.ts";
import type { Metric } from "./metric.ts";

/**
 * Options of {@linkcode topK}.
 *
 * @example Among the two best of four
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, train } from "@tenfold/tenfold";
 *
 * const scores = tensor([[0.1, 0.2, 0.3, 0.4]]);
 * const options: train.TopKOptions = { k: 2 };
 * assertEquals(await train.topK(scores, [2], options), 1);
 * ```
 */
export interface TopKOptions {
  /** Number of largest scores among which the true class counts. @default {5} */
  k?: number;
}

/** Refuses scores that are not those of classes, one target each. */
function checkScores(output: Tensor, target: Tensor, operation: string): void {
  const { shape } = output;
  if (
    shape.length === 2 && target.ndim === 1 && shape[0] === target.shape[0]
  ) return;
  throw new ShapeError(
    `Cannot ${operation} as scores must have shape [samples, classes], and targets [samples]: got ${
      showShape(shape)
    } and ${showShape(target.shape)}`,
  );
}

function topKOf(options: TopKOptions): Metric {
  const operation = "compute topK";
  const schema = () => z.strictObject({ k: z._default(positiveInt, 5) });
  const { k } = parseOptions(schema, options, operation);
  return {
    name: "topK",
    statistics(output, target) {
      checkScores(output, target, operation);
      const at = target.cast("int32").unsqueeze(1);
      const score = output.gather(1, at);
      const { device } = output;
      const behind = arange(output.shape[1]!, { dtype: "int32", device })
        .gt(at);
      // Of equal scores the last class comes first, as in scikit-learn.
      const before = output.gt(score)
        .logicalOr(output.eq(score).logicalAnd(behind));
      return before.sum(1).lt(k).sum();
    },
    compute: ([right], { samples }) => right! / samples,
  };
}

/**
 * Options of {@linkcode logLoss}: there are none.
 *
 * @example No option
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { tensor, train } from "@tenfold/tenfold";
 *
 * const options: train.LogLossOptions = {};
 * const loss = await train.logLoss(tensor([[0.5, 0.5]]), [0], options);
 * assertAlmostEquals(loss, Math.log(2), 1e-6);
 * ```
 */
export type LogLossOptions = { readonly [name: string]: never };

function logLossOf(options: LogLossOptions): Metric {
  const operation = "compute logLoss";
  parseOptions(() => z.strictObject({}), options, operation);
  return {
    name: "logLoss",
    statistics(output, target) {
      const eps = output.dtype === "float64" ? 2 ** -52 : 2 ** -23;
      const p = output.clamp({ min: eps, max: 1 - eps });
      if (output.ndim === 1 && target.ndim === 1) {
        const y = target.cast(p.dtype);
        const miss = y.neg().add(1).mul(p.neg().add(1).log());
        return y.mul(p.log()).add(miss).sum().neg();
      }
      checkScores(output, target, operation);
      const chosen = p.gather(1, target.cast("int32").unsqueeze(1)).squeeze(1);
      return chosen.div(p.sum(1)).log().sum().neg();
    },
    compute: ([sum], { samples }) => sum! / samples,
  };
}

/**
 * Options of {@linkcode perplexity}.
 *
 * @example Padding that does not count
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { train, zeros } from "@tenfold/tenfold";
 *
 * const logits = zeros([3, 4]);
 * const options: train.PerplexityOptions = { ignoreIndex: 0 };
 * const value = await train.perplexity(logits, [1, 2, 0], options);
 * assertAlmostEquals(value, 4, 1e-4);
 * ```
 */
export interface PerplexityOptions {
  /** The target that does not count, such as that of padding. @default {-100} */
  ignoreIndex?: number;
}

function perplexityOf(options: PerplexityOptions): Metric {
  const schema = () =>
    z.strictObject({
      ignoreIndex: z._default(z.int("must be an integer"), -100),
    });
  const { ignoreIndex } = parseOptions(schema, options, "compute perplexity");
  return {
    name: "perplexity",
    statistics(output, target) {
      const loss = functional.crossEntropy(output, target.cast("int32"), {
        ignoreIndex,
        reduction: "sum",
      });
      const count = target.ne(ignoreIndex).sum().cast(loss.dtype);
      return stack([loss, count]);
    },
    compute: ([sum, count]) => Math.exp(sum! / count!),
  };
}

/**
 * Top-k accuracy: the fraction of samples whose true class is among the `k`
 * largest scores.
 *
 * @param options `k`.
 * @returns The metric, for `fit` and `evaluate`.
 *
 * @example In evaluate
 * ```ts
 * import { nn, tensor, train } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const figures = await train.evaluate(
 *   new nn.Identity(),
 *   [[
 *     tensor([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]),
 *     tensor([1, 0], { dtype: "int32" }),
 *   ]],
 *   { metrics: [train.topK({ k: 2 })] },
 * );
 * assertEquals(figures.topK?.toFixed(4), "0.5000");
 * ```
 */
export function topK(options?: TopKOptions): Metric;
/**
 * The top-k accuracy of given scores.
 *
 * @param predictions What the model gives.
 * @param targets What is true.
 * @param options `k`.
 * @returns The figure.
 * @throws {ShapeError} If the shapes of predictions and targets do not match.
 *
 * @example Of arrays
 * ```ts
 * import { train } from "@tenfold/tenfold";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(
 *   await train.topK([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]], [1, 0], { k: 2 }),
 *   0.5,
 *   1e-6,
 * );
 * ```
 */
export function topK(
  predictions: Values,
  targets: Values,
  options?: TopKOptions,
): Promise<number>;
export function topK(
  first: Values | TopKOptions = {},
  targets?: Values,
  options: TopKOptions = {},
): Metric | Promise<number> {
  checkCount("topK", arguments.length, 3);
  return hasValues(first, targets, "compute topK")
    ? measureValues(topKOf(options), first, targets!, true)
    : topKOf(first as TopKOptions);
}

/**
 * Log loss, the cross-entropy of probabilities: of each class, or of class 1 alone.
 * For logits, use a loss.
 *
 * @param options None.
 * @returns The metric, for `fit` and `evaluate`.
 *
 * @example In evaluate
 * ```ts
 * import { nn, tensor, train } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const figures = await train.evaluate(
 *   new nn.Identity(),
 *   [[
 *     tensor([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]),
 *     tensor([1, 0], { dtype: "int32" }),
 *   ]],
 *   { metrics: [train.logLoss()] },
 * );
 * assertEquals(figures.logLoss?.toFixed(4), "1.7533");
 * ```
 */
export function logLoss(options?: LogLossOptions): Metric;
/**
 * The log loss of given probabilities.
 *
 * @param predictions What the model gives.
 * @param targets What is true.
 * @param options None.
 * @returns The figure.
 * @throws {ShapeError} If the shapes of predictions and targets do not match.
 *
 * @example Of arrays
 * ```ts
 * import { train } from "@tenfold/tenfold";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(
 *   await train.logLoss([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]], [1, 0]),
 *   1.753278,
 *   1e-6,
 * );
 * ```
 */
export function logLoss(
  predictions: Values,
  targets: Values,
  options?: LogLossOptions,
): Promise<number>;
export function logLoss(
  first: Values | LogLossOptions = {},
  targets?: Values,
  options: LogLossOptions = {},
): Metric | Promise<number> {
  checkCount("logLoss", arguments.length, 3);
  return hasValues(first, targets, "compute logLoss")
    ? measureValues(logLossOf(options), first, targets!, true)
    : logLossOf(first as LogLossOptions);
}

/**
 * Perplexity, `exp` of the mean cross-entropy of logits, with the classes along
 * dim 1: how many classes a model is undecided between.
 *
 * @param options `ignoreIndex`.
 * @returns The metric, for `fit` and `evaluate`.
 *
 * @example In evaluate
 * ```ts
 * import { nn, tensor, train } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const figures = await train.evaluate(
 *   new nn.Identity(),
 *   [[tensor([[1, 1, 1], [2, 2, 2]]), tensor([1, 0], { dtype: "int32" })]],
 *   { metrics: [train.perplexity()] },
 * );
 * assertEquals(figures.perplexity?.toFixed(4), "3.0000");
 * ```
 */
export function perplexity(options?: PerplexityOptions): Metric;
/**
 * The perplexity of given logits.
 *
 * @param predictions What the model gives.
 * @param targets What is true.
 * @param options `ignoreIndex`.
 * @returns The figure.
 * @throws {ShapeError} If the shapes of predictions and targets do not match.
 *
 * @example Of arrays
 * ```ts
 * import { train } from "@tenfold/tenfold";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(
 *   await train.perplexity([[1, 1, 1], [2, 2, 2]], [1, 0]),
 *   3,
 *   1e-6,
 * );
 * ```
 */
export function perplexity(
  predictions: Values,
  targets: Values,
  options?: PerplexityOptions,
): Promise<number>;
export function perplexity(
  first: Values | PerplexityOptions = {},
  targets?: Values,
  options: PerplexityOptions = {},
): Metric | Promise<number> {
  checkCount("perplexity", arguments.length, 3);
  return hasValues(first, targets, "compute perplexity")
    ? measureValues(perplexityOf(options), first, targets!, true)
    : perplexityOf(first as PerplexityOptions);
}
