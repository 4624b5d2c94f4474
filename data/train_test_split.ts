/**
 * Splits into training and test data.
 *
 * @module
 */
import { parseArguments } from "@tenfold/core/internal";
import type { Tensor } from "@tenfold/core";
import * as z from "./_zod.ts";
import { countUp, permutation, STREAM } from "./_permutation.ts";
import { drawSeed, seedOption } from "./_seed.ts";
import { type Dataset, datasetOf } from "./dataset.ts";
import { Subset } from "./subset.ts";
import { TensorDataset } from "./tensor_dataset.ts";

/**
 * Options of {@linkcode trainTestSplit}.
 *
 * @example A tenth, with the classes in proportion
 * ```ts
 * import { data } from "@tenfold/tenfold";
 *
 * const iris = await data.loadIris();
 * const options: data.TrainTestSplitOptions = {
 *   testSize: 0.1,
 *   stratify: iris.target,
 *   seed: 0,
 * };
 * const [, test] = data.trainTestSplit([iris.data], options);
 * ```
 */
export interface TrainTestSplitOptions {
  /**
   * Size of the test data: a fraction between 0 and 1, rounded up, or a number of
   * samples from 1 on.
   *
   * @default {0.25}
   */
  testSize?: number;
  /**
   * The class of each sample, for a stratified split: both parts have the classes
   * in the proportion of the whole. A tensor must be on a device that can be read
   * without waiting; elsewhere pass `await labels.data()`.
   */
  stratify?: ArrayLike<number | string> | Tensor;
  /**
   * Whether to shuffle before splitting; otherwise the last samples are the test
   * data.
   *
   * @default {true}
   */
  shuffle?: boolean;
  /** Seed of the draw. Without it, one is drawn from the global generator. */
  seed?: number;
}

const optionsSchema = z.strictObject({
  testSize: z._default(
    z.number("must be a number").check(
      z.gt(0, "must be a fraction between 0 and 1, or a number of samples"),
    ),
    0.25,
  ),
  stratify: z.optional(z.custom<TrainTestSplitOptions["stratify"]>(
    (value) => value === undefined || isLabels(value),
    "must be the class of each sample",
  )),
  shuffle: z._default(z.boolean("must be true or false"), true),
  seed: seedOption,
});

function isLabels(value: unknown): boolean {
  return typeof value === "object" && value !== null &&
    ("length" in value || "dataSync" in value);
}

/**
 * Splits a dataset, or the rows of tensors, into training and test data.
 *
 * @param source The dataset, or tensors of the same extent along dim 0.
 * @param options `testSize`, `stratify`, `shuffle` and `seed`.
 * @returns The training and the test data: subsets of the dataset, or for each
 * tensor new tensors with its rows.
 * @throws {RangeError} If a part would be empty, or the number of classes to
 * stratify by differs from that of the samples.
 *
 * @example Holding out a fifth, with the classes in proportion
 * ```ts
 * import { data } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const iris = await data.loadIris();
 * const [[xTrain, yTrain], [xTest, yTest]] = data.trainTestSplit(
 *   [iris.data, iris.target],
 *   { testSize: 0.2, stratify: iris.target, seed: 7 },
 * );
 * assertEquals(xTrain.shape, [120, 4]);
 * assertEquals(yTrain.shape, [120]);
 * assertEquals(xTest.shape, [30, 4]);
 * assertEquals(await yTest.eq(2).sum().item(), 10);
 * ```
 */
export function trainTestSplit<Sample>(
  source: Dataset<Sample>,
  options?: TrainTestSplitOptions,
): [train: Subset<Sample>, test: Subset<Sample>];
/**
 * Splits the rows of tensors into training and test data.
 *
 * @param source Tensors of the same extent along dim 0.
 * @param options `testSize`, `stratify`, `shuffle` and `seed`.
 * @returns For each part the rows of each tensor, in tensors of their own.
 * @throws {RangeError} If a part would be empty, or the number of classes to
 * stratify by differs from that of the samples.
 */
export function trainTestSplit<
  const Tensors extends readonly [Tensor, ...Tensor[]],
>(
  source: Tensors,
  options?: TrainTestSplitOptions,
): [
  train: { -readonly [K in keyof Tensors]: Tensor },
  test: { -readonly [K in keyof Tensors]: Tensor },
];
export function trainTestSplit(
  source: Dataset | readonly [Tensor, ...Tensor[]],
  options: TrainTestSplitOptions = {},
): unknown {
  const { testSize, stratify, shuffle, ...rest } = parseArguments(
    optionsSchema,
    { source },
    options,
    arguments,
    "split into train and test",
  );
  const dataset = Array.isArray(source)
    ? new TensorDataset(...source as readonly [Tensor, ...Tensor[]])
    : source as Dataset;
  datasetOf(dataset, "split into train and test");
  const total = dataset.length;
  const count = Number.isInteger(testSize)
    ? testSize
    : Math.ceil(testSize * total - 1e-9);
  if (count < 1 || count >= total) {
    throw fail(
      `both parts must have samples: got testSize ${testSize} for ${total} samples`,
    );
  }
  const order = shuffle
    ? permutation(total, rest.seed ?? drawSeed(), STREAM.split, 1)
    : countUp(total).map((i) => (i + total - count) % total);
  if (stratify !== undefined && !shuffle) {
    throw fail("stratify draws at random: leave shuffle on");
  }
  const held = stratify === undefined
    ? null
    : proportionate(labelsOf(stratify, total), order, count);
  const test = held === null
    ? order.subarray(0, count)
    : order.filter((i) => held[i] === 1);
  const train = held === null
    ? order.subarray(count)
    : order.filter((i) => held[i] === 0);
  return dataset instanceof TensorDataset && Array.isArray(source)
    ? [dataset.getBatch(train), dataset.getBatch(test)]
    : [new Subset(dataset, train), new Subset(dataset, test)];
}

function fail(why: string): RangeError {
  return new RangeError(`Cannot split into train and test as ${why}`);
}

function labelsOf(
  stratify: NonNullable<TrainTestSplitOptions["stratify"]>,
  total: number,
): ArrayLike<number | string> {
  const labels = "dataSync" in stratify ? stratify.dataSync() : stratify;
  if (labels.length !== total) {
    throw fail(
      `stratify must name the class of each sample: got ${labels.length} classes for ${total} samples`,
    );
  }
  return labels;
}

/**
 * Marks the samples to hold out: from each class, in the given order, as many
 * as its share, the rounding going to the largest remainders.
 */
function proportionate(
  labels: ArrayLike<number | string>,
  order: Int32Array,
  count: number,
): Uint8Array {
  const members = new Map<number | string, number[]>();
  for (const i of order) {
    const label = labels[i]!;
    const same = members.get(label);
    if (same === undefined) members.set(label, [i]);
    else same.push(i);
  }
  const total = order.length;
  const single = [...members].find(([, all]) => all.length < 2);
  if (single !== undefined) {
    throw fail(`each class must have two samples: got one of ${single[0]}`);
  }
  if (count < members.size || total - count < members.size) {
    throw fail(
      `both parts must have room for each of ${members.size} classes: got ${
        total - count
      } and ${count} samples`,
    );
  }
  const shares = [...members.values()].map((all) => {
    const exact = all.length * count / total;
    return { all, taken: Math.floor(exact), rest: exact - Math.floor(exact) };
  });
  let left = count - shares.reduce((sum, { taken }) => sum + taken, 0);
  for (const share of [...shares].sort((a, b) => b.rest - a.rest)) {
    if (left-- > 0) share.taken++;
  }
  const held = new Uint8Array(total);
  for (const { all, taken } of shares) {
    for (const i of all.slice(0, taken)) held[i] = 1;
  }
  return held;
}
