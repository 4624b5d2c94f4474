/**
 * Figures of scikit-learn, and tensors, for the tests of metrics.
 *
 * @module
 */
import { type Tensor, tensor } from "@tenfold/core";
import { readFigures } from "../../tests/goldens/read.ts";

/** Figures of one average. */
export interface Scores {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Predictions, and what scikit-learn makes of them. */
export interface MetricCase {
  readonly classes: number;
  readonly predicted: readonly number[];
  readonly actual: readonly number[];
  readonly accuracy: number;
  readonly confusion: readonly (readonly number[])[];
  readonly normalized: {
    readonly [by: string]: readonly (readonly number[])[];
  };
  readonly averages: {
    readonly [average: string]: {
      readonly zeroDivision0: Scores;
      readonly zeroDivision1: Scores;
    };
  };
}

/** What the metrics must give. */
export const METRIC_CASES: readonly MetricCase[] =
  (await readFigures<MetricCase>("metrics")).cases;

/** Class numbers. */
export const int32 = (values: readonly number[]): Tensor =>
  tensor([...values], { dtype: "int32" });

/** Logits whose largest entry is the class predicted. */
export const logitsOf = (
  predicted: readonly number[],
  classes: number,
): Tensor =>
  tensor(
    predicted.map((p) =>
      Array.from({ length: classes }, (_, c) => c === p ? 2 : -c / 10)
    ),
  );
