/**
 * The confusion matrix.
 *
 * @module
 */
import { parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { type Predictions, readClasses } from "./_read_classes.ts";
import { confusionMatrixSvg } from "./confusion_matrix_svg.ts";

/**
 * Options of {@linkcode confusionMatrix}.
 *
 * @example Rows as fractions of each true class
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { train } from "@tenfold/tenfold";
 *
 * const options: train.ConfusionMatrixOptions = { normalize: "true" };
 * const matrix = await train.confusionMatrix([0, 1, 1], [0, 0, 1], options);
 * assertEquals(matrix, [[0.5, 0.5], [0, 1]]);
 * ```
 */
export interface ConfusionMatrixOptions {
  /**
   * Minimum number of classes. By default that of the scores, or one more than
   * the largest class index.
   */
  classes?: number;
  /**
   * Normalises rows (`"true"`), columns (`"predicted"`) or the whole matrix
   * (`"all"`) to a sum of 1. Without it, elements are counts.
   */
  normalize?: "true" | "predicted" | "all";
  /**
   * Threshold above which a score means class 1, for models with one score for
   * each sample: 0 for logits, 0.5 for probabilities.
   */
  threshold?: number;
}

/** More rows than this are a mistake, and would not fit into memory. */
const MOST_CLASSES = 4096;

const optionsSchema = z.strictObject({
  classes: z.optional(
    z.int("must be a positive integer").check(
      z.gte(
        1,
        "must be a positive integer",
      ),
      z.lte(MOST_CLASSES, `must be at most ${MOST_CLASSES}`),
    ),
  ),
  normalize: z.optional(z.enum(
    ["true", "predicted", "all"],
    'must be "true", "predicted" or "all"',
  )),
  threshold: z.optional(z.number("must be a number")),
});

const operation = "count a confusion matrix";

/**
 * The confusion matrix: element `[i][j]` is the number of samples of class `i`
 * that are predicted as class `j`.
 *
 * @param predictions Class numbers, or scores with the classes along dim 1.
 * @param targets The true class numbers.
 * @param options `classes`, `normalize` and `threshold`.
 * @returns The rows, one for each true class.
 * @throws {ShapeError} If the shapes of predictions and targets do not match.
 * @throws {RangeError} If a number is not a class.
 *
 * @example A cat that is taken for a dog
 * ```ts
 * import { confusionMatrix } from "@tenfold/train";
 * import { assertEquals } from "@std/assert";
 *
 * const [cat, dog] = [0, 1];
 * const matrix = await confusionMatrix([cat, dog, dog], [cat, cat, dog]);
 * assertEquals(matrix, [[1, 1], [0, 1]]);
 * ```
 */
export async function confusionMatrix(
  predictions: Predictions,
  targets: Predictions,
  options: ConfusionMatrixOptions = {},
): Promise<number[][]> {
  const parsed = parseArguments(
    optionsSchema,
    { predictions, targets },
    options,
    arguments,
    operation,
  );
  const { predicted, actual, count } = await readClasses(
    predictions,
    targets,
    parsed.threshold,
    operation,
  );
  const classes = Math.max(
    parsed.classes ?? 0,
    count ?? 0,
    1 + largest(predicted),
    1 + largest(actual),
  );
  const matrix = Array.from(
    { length: classes },
    () => new Array<number>(classes).fill(0),
  );
  for (let i = 0; i < actual.length; i++) {
    matrix[actual[i]!]![predicted[i]!]!++;
  }
  return drawn(normalized(matrix, parsed.normalize));
}

/** The same rows, which notebooks show as a picture. */
function drawn(matrix: number[][]): number[][] {
  return Object.defineProperty(matrix, Symbol.for("Jupyter.display"), {
    value: () => ({
      "text/plain": matrix.map((row) => row.join("\t")).join("\n"),
      "image/svg+xml": confusionMatrixSvg(matrix),
    }),
  });
}

/** The largest class; refuses numbers that cannot be rows. */
function largest(classes: ArrayLike<number>): number {
  let found = -1;
  for (let i = 0; i < classes.length; i++) {
    const value = classes[i]!;
    if (value < 0 || value >= MOST_CLASSES) {
      throw new RangeError(
        `Cannot ${operation} as a number is not a class: got ${value}, expected 0 to ${
          MOST_CLASSES - 1
        }`,
      );
    }
    if (value > found) found = value;
  }
  return found;
}

function normalized(
  matrix: number[][],
  by: "true" | "predicted" | "all" | undefined,
): number[][] {
  if (by === undefined) return matrix;
  const sum = (figures: number[]) => figures.reduce((a, b) => a + b, 0);
  const rows = matrix.map(sum);
  const columns = matrix.map((_, j) => sum(matrix.map((row) => row[j]!)));
  const total = sum(rows);
  const wholeOf = {
    true: (i: number) => rows[i]!,
    predicted: (_: number, j: number) => columns[j]!,
    all: () => total,
  }[by];
  return matrix.map((row, i) =>
    row.map((count, j) => {
      const whole = wholeOf(i, j);
      return whole === 0 ? 0 : count / whole;
    })
  );
}
