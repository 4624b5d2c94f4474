/**
 * Metrics of samples with several labels.
 *
 * @module
 */
import { ShapeError } from "@tenfold/core";
import { parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { readTable, type Values } from "./_figures.ts";

/**
 * Options of {@linkcode multilabel}.
 *
 * @example All decisions together
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, train } from "@tenfold/tenfold";
 *
 * const scores = tensor([[0.9, 0.2], [0.6, 0.7]]);
 * const targets = tensor([[1, 0], [0, 1]]);
 * const options: train.MultilabelOptions = { average: "micro" };
 * const { recall } = await train.multilabel(scores, targets, options);
 * assertEquals(recall, 1);
 * ```
 */
export interface MultilabelOptions {
  /**
   * `"macro"`: the mean over the labels; `"weighted"`: the same, weighted by how
   * often each is true; `"micro"`: all decisions together; `"samples"`: the mean
   * over the samples.
   *
   * @default {"macro"}
   */
  readonly average?: "macro" | "micro" | "weighted" | "samples";
  /**
   * Threshold above which a score means that a label is there: 0 for logits, 0.5
   * for probabilities.
   *
   * @default {0.5}
   */
  readonly threshold?: number;
  /** The figure where it would be 0 / 0. @default {0} */
  readonly zeroDivision?: number;
}

/**
 * Scores of samples with several labels.
 *
 * @example How many samples are right in all labels
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, train } from "@tenfold/tenfold";
 *
 * const scores = tensor([[0.9, 0.2], [0.6, 0.7]]);
 * const targets = tensor([[1, 0], [0, 1]]);
 * const figures: train.MultilabelFigures = await train.multilabel(
 *   scores,
 *   targets,
 * );
 * assertEquals(figures.subsetAccuracy, 0.5);
 * ```
 */
export interface MultilabelFigures {
  /** Fraction of the predicted labels that are true. */
  readonly precision: number;
  /** Fraction of the true labels that are predicted. */
  readonly recall: number;
  /** Harmonic mean of both. */
  readonly f1: number;
  /** Fraction of the samples of which all labels are right. */
  readonly subsetAccuracy: number;
  /** Fraction of all decisions that are wrong. */
  readonly hammingLoss: number;
}

const schema = () =>
  z.strictObject({
    average: z._default(
      z.enum(
        ["macro", "micro", "weighted", "samples"],
        'must be "macro", "micro", "weighted" or "samples"',
      ),
      "macro",
    ),
    threshold: z._default(z.number("must be a number"), 0.5),
    zeroDivision: z._default(z.number("must be a number"), 0),
  });

/** Counts of a label or of a sample. */
class Tally {
  hits = 0;
  predicted = 0;
  actual = 0;

  add(predicted: boolean, actual: boolean): void {
    if (predicted) this.predicted++;
    if (actual) this.actual++;
    if (predicted && actual) this.hits++;
  }
}

/**
 * Precision, recall and F1 of samples that have several labels each, the fraction
 * of samples that are right as a whole, and that of wrong decisions; as in
 * scikit-learn.
 *
 * @param scores Scores, or zeros and ones, `[samples, labels]`.
 * @param targets 1 where a label is true and 0 elsewhere, `[samples, labels]`.
 * @param options `average`, `threshold` and `zeroDivision`.
 * @returns The figures.
 * @throws {ShapeError} If the shapes differ.
 *
 * @example Two samples of three labels
 * ```ts
 * import { multilabel } from "@tenfold/train";
 * import { assertEquals } from "@std/assert";
 *
 * const figures = await multilabel(
 *   [[0.9, 0.2, 0.8], [0.1, 0.7, 0.3]],
 *   [[1, 0, 0], [0, 1, 0]],
 *   { average: "micro" },
 * );
 * assertEquals(figures.recall, 1);
 * assertEquals(figures.precision, 2 / 3);
 * assertEquals(figures.subsetAccuracy, 0.5);
 * ```
 */
export async function multilabel(
  scores: Values,
  targets: Values,
  options: MultilabelOptions = {},
): Promise<MultilabelFigures> {
  const operation = "compute metrics of labels";
  const { average, threshold, zeroDivision } = parseArguments(
    schema,
    { scores, targets },
    options,
    arguments,
    operation,
  );
  const [found, actual] = await Promise.all([
    readTable(scores, "scores", operation),
    readTable(targets, "targets", operation),
  ]);
  const { rows, columns } = found;
  if (columns === 0 || rows !== actual.rows || columns !== actual.columns) {
    throw new ShapeError(
      `Cannot ${operation} as both must have shape [samples, labels]: got ${rows} × ${columns} and ${actual.rows} × ${actual.columns}`,
    );
  }
  const byLabel = Array.from({ length: columns }, () => new Tally());
  const bySample = Array.from({ length: rows }, () => new Tally());
  const all = new Tally();
  let wrong = 0;
  const odd = new Set<number>();
  for (let i = 0; i < rows * columns; i++) {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const guess = Number(found.values[i]) > threshold;
    const truth = Number(actual.values[i]) !== 0;
    for (const tally of [byLabel[column]!, bySample[row]!, all]) {
      tally.add(guess, truth);
    }
    if (guess === truth) continue;
    wrong++;
    odd.add(row);
  }
  const tallies = {
    macro: byLabel,
    weighted: byLabel,
    micro: [all],
    samples: bySample,
  }[average];
  const weights = tallies.map(({ actual }) =>
    average === "weighted" ? actual : 1
  );
  const total = weights.reduce((a, b) => a + b, 0);
  const mean = (ratio: (tally: Tally) => [above: number, below: number]) => {
    if (total === 0) return zeroDivision;
    const figures = tallies.map((tally) => {
      const [above, below] = ratio(tally);
      return below === 0 ? zeroDivision : above / below;
    });
    return figures.reduce((sum, f, i) => sum + f * weights[i]!, 0) / total;
  };
  return {
    precision: mean(({ hits, predicted }) => [hits, predicted]),
    recall: mean(({ hits, actual }) => [hits, actual]),
    f1: mean((t) => [2 * t.hits, t.predicted + t.actual]),
    subsetAccuracy: 1 - odd.size / rows,
    hammingLoss: wrong / (rows * columns),
  };
}
