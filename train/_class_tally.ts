/**
 * What precision, recall and F1 are computed from: for each class, how often
 * it was right, predicted and true.
 *
 * @module
 */
import { cat, full, type Tensor, type TypedArray } from "@tenfold/core";
import { classesOf } from "./_classes.ts";

/** One class. */
export interface ClassTally {
  /** The number of the class. */
  readonly label: number;
  /** Samples where it was predicted and true. */
  hits: number;
  /** Samples where it was predicted. */
  predicted: number;
  /** Samples where it was true. */
  actual: number;
}

/** The tallies of two lists of class numbers, by class. */
export function tallyOnHost(
  predicted: ArrayLike<number>,
  actual: ArrayLike<number>,
): ClassTally[] {
  const tallies = new Map<number, ClassTally>();
  const tallyOf = (label: number): ClassTally => {
    let tally = tallies.get(label);
    if (tally === undefined) {
      tally = { label, hits: 0, predicted: 0, actual: 0 };
      tallies.set(label, tally);
    }
    return tally;
  };
  for (let i = 0; i < actual.length; i++) {
    tallyOf(predicted[i]!).predicted++;
    const tally = tallyOf(actual[i]!);
    tally.actual++;
    if (predicted[i] === actual[i]) tally.hits++;
  }
  return [...tallies.values()].sort((a, b) => a.label - b.label);
}

/** The tallies of one batch on its device: hits, predicted, actual in turn. */
export function tallyOnDevice(
  output: Tensor,
  target: Tensor,
  options: { threshold?: number | undefined; classes?: number | undefined },
  operation: string,
): Tensor {
  const found = classesOf(output, target, options.threshold, operation);
  const classes = found.count ?? options.classes;
  if (classes === undefined) {
    throw new TypeError(
      `Cannot ${operation} of class numbers without knowing how many classes there are: set classes`,
    );
  }
  const predicted = found.predicted.flatten();
  const actual = found.actual.flatten();
  // A number that is not a class must be refused, not counted as another one.
  const known = found.count !== undefined
    ? predicted
    : predicted.where(predicted.ge(0).logicalAnd(predicted.lt(classes)), -9e8);
  const { device } = output;
  const int32 = { device, dtype: "int32" } as const;
  return full([3 * classes], 0, int32).scatterAdd(
    0,
    cat([actual, known.add(classes), actual.add(2 * classes)]),
    cat([
      predicted.eq(actual).cast("int32"),
      full([2 * actual.size], 1, int32),
    ]),
  );
}

/** What {@linkcode tallyOnDevice} counted, summed and read. */
export function talliesFrom(sums: TypedArray): ClassTally[] {
  const classes = sums.length / 3;
  return Array.from({ length: classes }, (_, label) => ({
    label,
    hits: sums[label]!,
    predicted: sums[classes + label]!,
    actual: sums[2 * classes + label]!,
  }));
}
