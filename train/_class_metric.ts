/**
 * Metrics of classes, in their two forms: of arrays or tensors at once, and of
 * the batches of an epoch.
 *
 * @module
 */
import { Tensor } from "@tenfold/core";
import { parseOptions } from "@tenfold/core/internal";
import {
  averageOf,
  type ClassMetricOptions,
  classMetricOptions,
  type Ratio,
  requireBinary,
} from "./_average.ts";
import { talliesFrom, tallyOnDevice, tallyOnHost } from "./_class_tally.ts";
import { type Predictions, readClasses } from "./_read_classes.ts";
import type { Metric } from "./metric.ts";

/** The metric of an epoch. */
export function classMetric(
  name: string,
  ratio: Ratio,
  options: ClassMetricOptions,
): Metric {
  const operation = `compute ${name}`;
  const parsed = parseOptions(classMetricOptions, options, operation);
  return {
    name,
    statistics(output, target) {
      const sums = tallyOnDevice(output, target, parsed, operation);
      requireBinary(sums.size / 3, parsed.average, operation);
      return sums;
    },
    compute: (sums) => averageOf(talliesFrom(sums), ratio, parsed, operation),
  };
}

/** The figure of predictions and targets that are all there. */
export async function classFigure(
  name: string,
  ratio: Ratio,
  predictions: Predictions,
  targets: Predictions,
  options: ClassMetricOptions,
): Promise<number> {
  const operation = `compute ${name}`;
  const parsed = parseOptions(classMetricOptions, options, operation);
  const { predicted, actual } = await readClasses(
    predictions,
    targets,
    parsed.threshold,
    operation,
  );
  return averageOf(tallyOnHost(predicted, actual), ratio, parsed, operation);
}

/**
 * Tells the two forms of a metric apart.
 *
 * @throws {TypeError} If there are predictions without targets.
 */
export function hasPredictions(
  first: unknown,
  targets: unknown,
  operation: string,
): first is Predictions {
  const given = first instanceof Tensor || Array.isArray(first) ||
    ArrayBuffer.isView(first);
  if (given && targets === undefined) {
    throw new TypeError(
      `Cannot ${operation} of predictions alone: pass the targets as well`,
    );
  }
  return given;
}
