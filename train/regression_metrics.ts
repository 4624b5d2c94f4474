/**
 * Metrics of numbers: mean absolute and squared errors, and R².
 *
 * @module
 */
import { cat, type Tensor } from "@tenfold/core";
import { checkCount, parseOptions } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { hasValues, measureValues, paired, type Values } from "./_figures.ts";
import type { Metric } from "./metric.ts";

/**
 * Options of {@linkcode mae}, {@linkcode mse}, {@linkcode rmse} and {@linkcode
 * r2}: there are none.
 *
 * @example No option
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { train } from "@tenfold/tenfold";
 *
 * const options: train.RegressionOptions = {};
 * assertEquals(await train.rmse([1, 2], [1, 2], options), 0);
 * ```
 */
export type RegressionOptions = { readonly [name: string]: never };

const none = () => z.strictObject({});

/** A mean over all elements, which ends in a function of it. */
function meanMetric(
  name: string,
  options: RegressionOptions,
  error: (difference: Tensor) => Tensor,
  end: (mean: number) => number = (mean) => mean,
): Metric {
  const operation = `compute ${name}`;
  parseOptions(none, options, operation);
  return {
    name,
    statistics(output, target) {
      const [found, truth] = paired(output, target, operation);
      return error(found.sub(truth)).sum();
    },
    compute: ([sum], { elements }) => end(sum! / elements),
  };
}

const maeOf = (options: RegressionOptions) =>
  meanMetric("mae", options, (difference) => difference.abs());

const mseOf = (options: RegressionOptions) =>
  meanMetric("mse", options, (difference) => difference.square());

/** The root of each output's mean, and their mean, as scikit-learn's. */
function rmseOf(options: RegressionOptions): Metric {
  const operation = "compute rmse";
  parseOptions(none, options, operation);
  return {
    name: "rmse",
    statistics(output, target) {
      const [found, truth] = paired(output, target, operation);
      return columnSums(found.sub(truth).square());
    },
    compute: (sums, { samples }) =>
      Array.from(sums).reduce((a, sum) => a + Math.sqrt(sum / samples), 0) /
      sums.length,
  };
}

/** The sums of each output over the samples, `[outputs]`. */
const columnSums = (x: Tensor): Tensor =>
  x.reshape([x.shape[0] ?? 1, -1]).sum(0);

function r2Of(options: RegressionOptions): Metric {
  const operation = "compute r2";
  parseOptions(none, options, operation);
  return {
    name: "r2",
    statistics(output, target) {
      const [found, truth] = paired(output, target, operation);
      return cat([
        columnSums(found.sub(truth).square()),
        columnSums(truth),
        columnSums(truth.square()),
      ]);
    },
    compute(sums, { samples }) {
      const outputs = sums.length / 3;
      let total = 0;
      for (let i = 0; i < outputs; i++) {
        const left = sums[i]!;
        const squares = sums[2 * outputs + i]!;
        const all = squares - sums[outputs + i]! ** 2 / samples;
        // A constant target, but for rounding.
        const constant = all <= 1e-12 * squares;
        total += constant ? left <= 1e-12 * squares ? 1 : 0 : 1 - left / all;
      }
      return total / outputs;
    },
  };
}

/**
 * Mean absolute error.
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
 *   [[tensor([1, 5]), tensor([1, 2])]],
 *   { metrics: [train.mae()] },
 * );
 * assertEquals(figures.mae?.toFixed(4), "1.5000");
 * ```
 */
export function mae(options?: RegressionOptions): Metric;
/**
 * The mean absolute error of given predictions.
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
 * assertAlmostEquals(await train.mae([1, 5], [1, 2]), 1.5, 1e-6);
 * ```
 */
export function mae(
  predictions: Values,
  targets: Values,
  options?: RegressionOptions,
): Promise<number>;
export function mae(
  first: Values | RegressionOptions = {},
  targets?: Values,
  options: RegressionOptions = {},
): Metric | Promise<number> {
  checkCount("mae", arguments.length, 3);
  return hasValues(first, targets, "compute mae")
    ? measureValues(maeOf(options), first, targets!)
    : maeOf(first as RegressionOptions);
}

/**
 * Mean squared error.
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
 *   [[tensor([1, 5]), tensor([1, 2])]],
 *   { metrics: [train.mse()] },
 * );
 * assertEquals(figures.mse?.toFixed(4), "4.5000");
 * ```
 */
export function mse(options?: RegressionOptions): Metric;
/**
 * The mean squared error of given predictions.
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
 * assertAlmostEquals(await train.mse([1, 5], [1, 2]), 4.5, 1e-6);
 * ```
 */
export function mse(
  predictions: Values,
  targets: Values,
  options?: RegressionOptions,
): Promise<number>;
export function mse(
  first: Values | RegressionOptions = {},
  targets?: Values,
  options: RegressionOptions = {},
): Metric | Promise<number> {
  checkCount("mse", arguments.length, 3);
  return hasValues(first, targets, "compute mse")
    ? measureValues(mseOf(options), first, targets!)
    : mseOf(first as RegressionOptions);
}

/**
 * Root of the mean squared error, the mean over several outputs.
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
 *   [[tensor([1, 5]), tensor([1, 2])]],
 *   { metrics: [train.rmse()] },
 * );
 * assertEquals(figures.rmse?.toFixed(4), "2.1213");
 * ```
 */
export function rmse(options?: RegressionOptions): Metric;
/**
 * The root of the mean squared error of given predictions.
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
 * assertAlmostEquals(await train.rmse([1, 5], [1, 2]), Math.sqrt(4.5), 1e-6);
 * ```
 */
export function rmse(
  predictions: Values,
  targets: Values,
  options?: RegressionOptions,
): Promise<number>;
export function rmse(
  first: Values | RegressionOptions = {},
  targets?: Values,
  options: RegressionOptions = {},
): Metric | Promise<number> {
  checkCount("rmse", arguments.length, 3);
  return hasValues(first, targets, "compute rmse")
    ? measureValues(rmseOf(options), first, targets!)
    : rmseOf(first as RegressionOptions);
}

/**
 * R², the coefficient of determination: 1 for predictions that are right, 0 for
 * those of the mean; of several outputs the mean, as in scikit-learn. Where a target
 * is constant, 1 if it is met and 0 otherwise.
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
 *   [[tensor([1, 5]), tensor([1, 2])]],
 *   { metrics: [train.r2()] },
 * );
 * assertEquals(figures.r2?.toFixed(4), "-17.0000");
 * ```
 */
export function r2(options?: RegressionOptions): Metric;
/**
 * R² of given predictions.
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
 * assertAlmostEquals(await train.r2([1, 5], [1, 2]), -17, 1e-6);
 * ```
 */
export function r2(
  predictions: Values,
  targets: Values,
  options?: RegressionOptions,
): Promise<number>;
export function r2(
  first: Values | RegressionOptions = {},
  targets?: Values,
  options: RegressionOptions = {},
): Metric | Promise<number> {
  checkCount("r2", arguments.length, 3);
  return hasValues(first, targets, "compute r2")
    ? measureValues(r2Of(options), first, targets!)
    : r2Of(first as RegressionOptions);
}
