/**
 * The `metrics` option, in one form.
 *
 * @module
 */
import { Tensor } from "@tenfold/core";
import { showValue } from "@tenfold/core/internal";
import type { Metric, MetricFunction, Metrics } from "./metric.ts";

/** A metric under the name that the history has it by. */
export interface NamedMetric {
  readonly name: string;
  readonly metric: Metric;
  /** Whether its statistics are averages, to be weighted by the samples. */
  readonly averaged: boolean;
}

/**
 * Lists the metrics.
 *
 * @throws {TypeError} If one is not a metric.
 * @throws {RangeError} If two have the same name.
 */
export function listMetrics(
  metrics: Metrics | undefined,
  operation: string,
): NamedMetric[] {
  const entries: [string, Metric | MetricFunction][] = Array.isArray(metrics)
    ? metrics.map((metric, i) => [metric?.name || String(i), metric])
    : Object.entries(metrics ?? {});
  const inList = Array.isArray(metrics);
  const names = new Set(["loss"]);
  return entries.map(([name, entry]) => {
    if (names.has(name)) {
      throw new RangeError(
        `Cannot ${operation} as two figures would have the name ${name}: name the metrics, { first: ..., second: ... }`,
      );
    }
    names.add(name);
    return named(name, entry, inList, operation);
  });
}

function named(
  name: string,
  entry: Metric | MetricFunction,
  inList: boolean,
  operation: string,
): NamedMetric {
  if (
    typeof entry === "object" && entry !== null &&
    typeof entry.statistics === "function" &&
    typeof entry.compute === "function"
  ) {
    return { name, metric: entry, averaged: false };
  }
  if (typeof entry !== "function" || inList) {
    throw new TypeError(
      `Cannot ${operation} as metrics.${name} must be a metric, such as accuracy()${
        inList ? "" : " or a function of output and target"
      }: got ${showValue(entry)}`,
    );
  }
  return {
    name,
    averaged: true,
    metric: {
      name,
      statistics(output, target) {
        const figure: unknown = entry(output, target);
        if (figure instanceof Tensor && figure.size === 1) return figure;
        let made = showValue(figure);
        if (figure instanceof Promise) {
          // A metric of the library that was not called.
          made = `a promise, write ${name}: ${entry.name || name}()`;
          figure.catch(() => {});
        }
        throw new TypeError(
          `Cannot ${operation} as metrics.${name} must give a tensor of one element: got ${made}`,
        );
      },
      compute: ([sum], { samples }) => sum! / samples,
    },
  };
}
