/**
 * One figure of many classes, as scikit-learn averages them.
 *
 * @module
 */
import * as z from "./_zod.ts";
import type { ClassTally } from "./_class_tally.ts";

/**
 * How the scores of several classes are averaged.
 *
 * @example The mean over the classes
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { train } from "@tenfold/tenfold";
 *
 * const average: train.Average = "macro";
 * const score = await train.f1([0, 1, 2], [0, 1, 1], { average });
 * assertAlmostEquals(score, 0.5556, 1e-4);
 * ```
 */
export type Average = "binary" | "macro" | "micro" | "weighted";

/**
 * Options of {@linkcode precision}, {@linkcode recall} and {@linkcode f1}.
 *
 * @example Scores of three classes, averaged by their frequency
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { train } from "@tenfold/tenfold";
 *
 * const options: train.ClassMetricOptions = { average: "weighted" };
 * const score = await train.precision([0, 2, 2], [0, 1, 2], options);
 * assertAlmostEquals(score, 0.5, 1e-6);
 * ```
 */
export interface ClassMetricOptions {
  /**
   * `"binary"`: the score of the class `positive` of two. `"macro"`: the mean
   * over the classes that occur. `"weighted"`: the same, weighted by how often
   * each is true. `"micro"`: all decisions counted together.
   *
   * @default {"binary"}
   */
  average?: Average;
  /**
   * The class that counts as positive where the average is `"binary"`.
   *
   * @default {1}
   */
  positive?: number;
  /**
   * Threshold above which a score means class 1, for models with one score for
   * each sample: 0 for logits, 0.5 for probabilities.
   */
  threshold?: number;
  /** Number of classes, for predictions that are class indices. */
  classes?: number;
  /**
   * The score if nothing was predicted or nothing is true, where it would be 0
   * / 0.
   *
   * @default {0}
   */
  zeroDivision?: number;
}

const averages = ["binary", "macro", "micro", "weighted"] as const;

/** The schema of {@linkcode ClassMetricOptions}. */
export const classMetricOptions = z.strictObject({
  average: z._default(
    z.enum(
      averages,
      'must be "binary", "macro", "micro" or "weighted"',
    ),
    "binary",
  ),
  positive: z._default(z.int("must be a whole number"), 1),
  threshold: z.optional(z.number("must be a number")),
  classes: z.optional(
    z.int("must be an integer from 2 on").check(
      z.gte(2, "must be an integer from 2 on"),
    ),
  ),
  zeroDivision: z._default(z.number("must be a number"), 0),
});

/** The parsed options. */
export type ParsedClassMetricOptions = z.output<typeof classMetricOptions>;

/** A figure of one class: a ratio of two counts. */
export type Ratio = (tally: ClassTally) => readonly [number, number];

/**
 * The figure of all classes.
 *
 * @throws {RangeError} If the average is binary and there are more than two
 * classes.
 */
export function averageOf(
  tallies: readonly ClassTally[],
  ratio: Ratio,
  options: ParsedClassMetricOptions,
  operation: string,
): number {
  const { average, positive, zeroDivision } = options;
  const figure = (tally: ClassTally): number => {
    const [above, below] = ratio(tally);
    return below === 0 ? zeroDivision : above / below;
  };
  const seen = tallies.filter((t) => t.predicted > 0 || t.actual > 0);
  switch (average) {
    case "binary":
      requireBinary(seen.length, average, operation);
      return figure(
        seen.find(({ label }) => label === positive) ?? emptyTally(positive),
      );
    case "micro":
      return figure(seen.reduce(add, emptyTally(0)));
    case "macro":
      return mean(seen.map(figure), seen.map(() => 1), zeroDivision);
    case "weighted":
      return mean(seen.map(figure), seen.map((t) => t.actual), zeroDivision);
  }
}

/** Refuses the binary average of more than two classes. */
export function requireBinary(
  classes: number,
  average: Average,
  operation: string,
): void {
  if (average !== "binary" || classes <= 2) return;
  throw new RangeError(
    `Cannot ${operation} as average "binary" is for two classes: got ${classes}, set average to "macro", "micro" or "weighted"`,
  );
}

const emptyTally = (label: number): ClassTally => ({
  label,
  hits: 0,
  predicted: 0,
  actual: 0,
});

const add = (a: ClassTally, b: ClassTally): ClassTally => ({
  label: a.label,
  hits: a.hits + b.hits,
  predicted: a.predicted + b.predicted,
  actual: a.actual + b.actual,
});

function mean(
  figures: readonly number[],
  weights: readonly number[],
  otherwise: number,
): number {
  const total = weights.reduce((a, b) => a + b, 0);
  if (total === 0) return otherwise;
  return figures.reduce((sum, f, i) => sum + f * weights[i]!, 0) / total;
}
