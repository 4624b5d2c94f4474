/**
 * Random splits of a dataset.
 *
 * @module
 */
import { parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { permutation, STREAM } from "./_permutation.ts";
import { drawSeed, seedOption } from "./_seed.ts";
import { type Dataset, datasetOf } from "./dataset.ts";
import { Subset } from "./subset.ts";

/**
 * Options of {@linkcode randomSplit}.
 *
 * @example The same split each time
 * ```ts
 * import { data, ones } from "@tenfold/tenfold";
 *
 * const options: data.RandomSplitOptions = { seed: 0 };
 * const dataset = new data.TensorDataset(ones([10, 2]));
 * const [learn, test] = data.randomSplit(dataset, [8, 2], options);
 * ```
 */
export interface RandomSplitOptions {
  /** Seed of the order. Without it, one is drawn from the global generator. */
  seed?: number;
}

const optionsSchema = z.strictObject({ seed: seedOption });

/**
 * Splits a dataset randomly into non-overlapping parts.
 *
 * @param samples The dataset, or an array of samples.
 * @param lengths The number of samples of each part, or its fraction: integers
 * that add up to the dataset's length, or fractions that add up to 1. The
 * remainder of rounding goes to the first parts, one sample each.
 * @param options `seed`.
 * @returns The parts.
 * @throws {RangeError} If the lengths do not add up.
 *
 * @example Three parts
 * ```ts
 * import { randomSplit } from "@tenfold/data";
 * import { assertEquals } from "@std/assert";
 *
 * const numbers = { length: 10, get: (i: number) => i };
 * const parts = randomSplit(numbers, [0.6, 0.2, 0.2], { seed: 1 });
 * assertEquals(parts.map((part) => part.length), [6, 2, 2]);
 * ```
 */
export function randomSplit<Sample>(
  samples: Dataset<Sample> | readonly Sample[],
  lengths: readonly number[],
  options: RandomSplitOptions = {},
): Subset<Sample>[] {
  const { seed = drawSeed() } = parseArguments(
    optionsSchema,
    { samples, lengths },
    options,
    arguments,
    "split a dataset",
  );
  const dataset = datasetOf(samples, "split a dataset");
  const counts = countsOf(lengths, dataset.length);
  const order = permutation(dataset.length, seed, STREAM.split, 0);
  let start = 0;
  return counts.map((count) => {
    start += count;
    return new Subset(dataset, order.subarray(start - count, start));
  });
}

function countsOf(lengths: readonly number[], total: number): number[] {
  const sum = lengths.reduce((a, b) => a + b, 0);
  const whole = lengths.every(Number.isInteger);
  const sound = lengths.every((length) => length >= 0);
  if (sound && whole && sum === total) return [...lengths];
  if (!sound || lengths.length === 0 || Math.abs(sum - 1) > 1e-9) {
    throw new RangeError(
      `Cannot split a dataset as the lengths must add up to ${total}, or be fractions that add up to 1: got [${
        lengths.join(", ")
      }]`,
    );
  }
  const counts = lengths.map((fraction) => Math.floor(fraction * total + 1e-9));
  let rest = total - counts.reduce((a, b) => a + b, 0);
  for (let i = 0; rest > 0; i = (i + 1) % counts.length, rest--) counts[i]!++;
  return counts;
}
