/**
 * Metrics of how scores rank samples: the area under the ROC curve, and average
 * precision.
 *
 * @module
 */
import { ShapeError } from "@tenfold/core";
import { parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { readTable, type Table, type Values } from "./_figures.ts";

/**
 * How scores of several classes or labels are averaged.
 *
 * @example The mean over the samples
 * ```ts
 * import { train } from "@tenfold/tenfold";
 *
 * const average: train.RankingAverage = "samples";
 * ```
 */
export type RankingAverage = "macro" | "micro" | "weighted" | "samples";

/**
 * Options of {@linkcode averagePrecision}.
 *
 * @example All labels together
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, train } from "@tenfold/tenfold";
 *
 * const scores = tensor([[0.9, 0.2], [0.6, 0.7]]);
 * const targets = tensor([[1, 0], [1, 1]]);
 * const options: train.RankingOptions = { average: "micro" };
 * assertEquals(await train.averagePrecision(scores, targets, options), 1);
 * ```
 */
export interface RankingOptions {
  /**
   * `"macro"`: the mean over the classes or labels; `"weighted"`: the same,
   * weighted by how often each is true; `"micro"`: all decisions together;
   * `"samples"`: the mean over the samples, of several labels alone.
   *
   * @default {"macro"}
   */
  readonly average?: RankingAverage;
}

/**
 * Options of {@linkcode rocAuc}.
 *
 * @example Three classes, each against each other
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { eye, train } from "@tenfold/tenfold";
 *
 * const scores = eye(3).mul(0.7).add(0.1);
 * const options: train.RocAucOptions = { multiClass: "ovo" };
 * assertEquals(await train.rocAuc(scores, [0, 1, 2], options), 1);
 * ```
 */
export interface RocAucOptions extends RankingOptions {
  /**
   * Of several classes: each against the rest (`"ovr"`), or each against each
   * other (`"ovo"`; Hand and Till, 2001).
   *
   * @default {"ovr"}
   */
  readonly multiClass?: "ovr" | "ovo";
}

const average = z._default(
  z.enum(
    ["macro", "micro", "weighted", "samples"],
    'must be "macro", "micro", "weighted" or "samples"',
  ),
  "macro",
);
const rocSchema = () =>
  z.strictObject({
    average,
    multiClass: z._default(
      z.enum(["ovr", "ovo"], 'must be "ovr" or "ovo"'),
      "ovr",
    ),
  });
const precisionSchema = () => z.strictObject({ average });

/** A figure of some scores, by what is true of each. */
type Figure = (
  scores: readonly number[],
  truth: readonly boolean[],
) => number;

/** Calls `fn` with the counts above each distinct score, from the largest on. */
function forThresholds(
  scores: readonly number[],
  truth: readonly boolean[],
  fn: (hits: number, misses: number) => void,
): void {
  const order = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!);
  let [hits, misses] = [0, 0];
  order.forEach((at, i) => {
    if (truth[at]) hits++;
    else misses++;
    const next = order[i + 1];
    if (next === undefined || scores[next] !== scores[at]) fn(hits, misses);
  });
}

/** The area under the ROC curve, a straight line where scores tie. */
function rocAucOf(operation: string): Figure {
  return (scores, truth) => {
    const positive = truth.filter(Boolean).length;
    const negative = truth.length - positive;
    if (positive === 0 || negative === 0) {
      throw new RangeError(
        `Cannot ${operation} as there must be samples of both kinds: got ${positive} positive and ${negative} negative`,
      );
    }
    let [area, hits, misses] = [0, 0, 0];
    forThresholds(scores, truth, (above, below) => {
      area += (below - misses) * (above + hits) / 2;
      [hits, misses] = [above, below];
    });
    return area / (positive * negative);
  };
}

/** The mean of the precisions at each threshold, weighted by the gain in recall. */
const averagePrecisionOf: Figure = (scores, truth) => {
  const positive = truth.filter(Boolean).length;
  if (positive === 0) return 0;
  let [sum, before] = [0, 0];
  forThresholds(scores, truth, (hits, misses) => {
    sum += (hits - before) / positive * (hits / (hits + misses));
    before = hits;
  });
  return sum;
};

const mean = (
  figures: readonly number[],
  weights: readonly number[] = figures.map(() => 1),
): number => {
  const total = weights.reduce((a, b) => a + b, 0);
  return figures.reduce((sum, f, i) => sum + f * weights[i]!, 0) / total;
};

/** The figure of several columns of scores and of what is true. */
function averaged(
  figure: Figure,
  scores: readonly (readonly number[])[],
  truth: readonly (readonly boolean[])[],
  average: RankingAverage,
): number {
  switch (average) {
    case "micro":
      return figure(scores.flat(), truth.flat());
    case "samples": {
      const rows = scores[0]!.map((_, i) =>
        figure(scores.map((c) => c[i]!), truth.map((c) => c[i]!))
      );
      return mean(rows);
    }
    case "macro":
      return mean(scores.map((column, i) => figure(column, truth[i]!)));
    case "weighted": {
      const counts = truth.map((column) => column.filter(Boolean).length);
      // Where nothing is true, no weight is.
      if (counts.every((count) => count === 0)) return 0;
      const figures = scores.map((column, i) => figure(column, truth[i]!));
      return mean(figures, counts);
    }
  }
}

/** Each class against each other, both ways. */
function pairwise(
  figure: Figure,
  scores: readonly (readonly number[])[],
  classes: readonly number[],
  average: RankingAverage,
): number {
  const figures: number[] = [];
  const weights: number[] = [];
  for (let a = 0; a < scores.length; a++) {
    for (let b = a + 1; b < scores.length; b++) {
      const rows = [...classes.keys()]
        .filter((i) => classes[i] === a || classes[i] === b);
      const one = (which: number) =>
        figure(
          rows.map((i) => scores[which]![i]!),
          rows.map((i) => classes[i] === which),
        );
      figures.push((one(a) + one(b)) / 2);
      weights.push(rows.length);
    }
  }
  return average === "macro" ? mean(figures) : mean(figures, weights);
}

/** The columns of a table. */
const columnsOf = ({ values, rows, columns }: Table): number[][] =>
  Array.from(
    { length: Math.max(1, columns) },
    (_, c) =>
      Array.from(
        { length: rows },
        (_, r) => Number(values[r * Math.max(1, columns) + c]),
      ),
  );

/** Scores in columns, and what is true: of two classes, several, or labels. */
interface Ranked {
  readonly kind: "binary" | "classes" | "labels";
  readonly scores: readonly (readonly number[])[];
  readonly truth: readonly (readonly boolean[])[];
  /** The class of each sample, where each has one. */
  readonly classes: readonly number[];
}

async function read(
  predictions: Values,
  targets: Values,
  operation: string,
): Promise<Ranked> {
  const [found, actual] = await Promise.all([
    readTable(predictions, "scores", operation),
    readTable(targets, "targets", operation),
  ]);
  const scores = columnsOf(found);
  const labels = columnsOf(actual);
  const odd = scores.flat().find(Number.isNaN);
  if (odd !== undefined) {
    throw new RangeError(`Cannot ${operation} as a score is NaN`);
  }
  if (
    found.rows !== actual.rows ||
    (actual.columns > 0 && actual.columns !== found.columns)
  ) {
    const shape = ({ rows, columns }: Table) =>
      columns > 0 ? `[${rows}, ${columns}]` : `[${rows}]`;
    throw new ShapeError(
      `Cannot ${operation} as the shapes do not belong together: got scores of ${
        shape(found)
      } and targets of ${shape(actual)}`,
    );
  }
  const count = found.columns === 0 || actual.columns > 0 ? 2 : found.columns;
  const wrong = labels.flat().find((label) =>
    !Number.isInteger(label) || label < 0 || label >= count
  );
  if (wrong !== undefined) {
    throw new RangeError(
      `Cannot ${operation} as a target is not a class: got ${wrong}, expected 0 to ${
        count - 1
      }`,
    );
  }
  const classes = labels[0]!;
  if (actual.columns > 0) {
    const truth = labels.map((column) => column.map((label) => label === 1));
    return { kind: "labels", scores, truth, classes: [] };
  }
  if (found.columns === 0) {
    const truth = [classes.map((label) => label === 1)];
    return { kind: "binary", scores, truth, classes };
  }
  const truth = scores.map((_, k) => classes.map((label) => label === k));
  return { kind: "classes", scores, truth, classes };
}

function refuseSamples(average: RankingAverage, operation: string): never {
  throw new RangeError(
    `Cannot ${operation} as average "${average}" is for several labels of each sample: use "macro" or "weighted"`,
  );
}

/**
 * The area under the ROC curve: how often a positive sample has a larger score
 * than a negative one; a tie counts half. As scikit-learn's `roc_auc_score`, with
 * `"ovr"` of several classes by default.
 *
 * It is of all samples at once: `train.rocAuc(await train.predict(model, data), targets)`.
 *
 * @param scores One score for each sample, `[samples]`; one for each class,
 * `[samples, classes]`; or one for each label, `[samples, labels]`.
 * @param targets 0 and 1, or class numbers, `[samples]`; or 0 and 1 for each label,
 * `[samples, labels]`.
 * @param options `average` and `multiClass`.
 * @returns The area, from 0 to 1.
 * @throws {ShapeError} If the shapes do not belong together.
 * @throws {RangeError} If a class or label is true of all samples or of none.
 *
 * @example Two classes
 * ```ts
 * import { rocAuc } from "@tenfold/train";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await rocAuc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]), 0.75);
 * ```
 */
export async function rocAuc(
  scores: Values,
  targets: Values,
  options: RocAucOptions = {},
): Promise<number> {
  const operation = "compute rocAuc";
  const { average, multiClass } = parseArguments(
    rocSchema,
    { scores, targets },
    options,
    arguments,
    operation,
  );
  const figure = rocAucOf(operation);
  const found = await read(scores, targets, operation);
  if (found.kind === "binary") {
    return figure(found.scores[0]!, found.truth[0]!);
  }
  if (found.kind === "classes") {
    const pairs = multiClass === "ovo";
    if (average === "samples" || (pairs && average === "micro")) {
      return refuseSamples(average, operation);
    }
    if (pairs) return pairwise(figure, found.scores, found.classes, average);
  }
  return averaged(figure, found.scores, found.truth, average);
}

/**
 * Average precision, the area under the curve of precision over recall, in steps:
 * the precision at each threshold, weighted by the gain in recall. As
 * scikit-learn's `average_precision_score`; 0 where nothing is true.
 *
 * @param scores One score for each sample, `[samples]`; one for each class,
 * `[samples, classes]`; or one for each label, `[samples, labels]`.
 * @param targets 0 and 1, or class numbers, `[samples]`; or 0 and 1 for each label,
 * `[samples, labels]`.
 * @param options `average`.
 * @returns The average, from 0 to 1.
 * @throws {ShapeError} If the shapes do not belong together.
 *
 * @example Two classes
 * ```ts
 * import { averagePrecision } from "@tenfold/train";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const figure = await averagePrecision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]);
 * assertAlmostEquals(figure, 5 / 6);
 * ```
 */
export async function averagePrecision(
  scores: Values,
  targets: Values,
  options: RankingOptions = {},
): Promise<number> {
  const operation = "compute averagePrecision";
  const { average } = parseArguments(
    precisionSchema,
    { scores, targets },
    options,
    arguments,
    operation,
  );
  const found = await read(scores, targets, operation);
  if (found.kind === "binary") {
    return averagePrecisionOf(found.scores[0]!, found.truth[0]!);
  }
  if (found.kind === "classes" && average === "samples") {
    return refuseSamples(average, operation);
  }
  return averaged(averagePrecisionOf, found.scores, found.truth, average);
}
