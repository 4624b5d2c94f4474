/**
 * Batches of a dataset.
 *
 * @module
 */
import {
  checkCount,
  parseArguments,
  parseOptions,
  Turn,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { countUp, permutation, STREAM } from "./_permutation.ts";
import { drawSeed, seedOption } from "./_seed.ts";
import { collate, type Collated } from "./collate.ts";
import { type Dataset, datasetOf } from "./dataset.ts";
import { DatasetError, messageOf } from "./errors.ts";
import type { BatchSource, Sampler } from "./samplers.ts";

/**
 * Options of {@linkcode DataLoader}.
 *
 * @example Shuffled batches of 32
 * ```ts
 * import { data, Tensor } from "@tenfold/tenfold";
 *
 * const options: data.DataLoaderOptions<[Tensor, Tensor], [Tensor, Tensor]> = {
 *   batchSize: 32,
 *   shuffle: true,
 *   seed: 0,
 * };
 * ```
 */
export interface DataLoaderOptions<Sample, Batch> {
  /**
   * Number of samples in a batch.
   *
   * @default {1}
   */
  batchSize?: number;
  /**
   * Whether to reshuffle the samples in every epoch.
   *
   * @default {false}
   */
  shuffle?: boolean;
  /**
   * The order of the samples, instead of `shuffle`: a sampler, such as a
   * {@linkcode WeightedRandomSampler}.
   */
  sampler?: Sampler;
  /**
   * The batches, instead of `batchSize`, `shuffle`, `sampler` and `dropLast`:
   * such as a {@linkcode BatchSampler}.
   */
  batchSampler?: BatchSource;
  /** Seed of the order of samples. Without it, one is drawn from the global generator. */
  seed?: number;
  /**
   * Whether to leave out a last batch with fewer samples.
   *
   * @default {false}
   */
  dropLast?: boolean;
  /**
   * Combines samples into a batch.
   *
   * @default {collate}
   */
  collate?: (samples: Sample[]) => Batch | Promise<Batch>;
  /**
   * Number of batches whose samples are fetched ahead while the loop's body runs.
   * It helps where `get` waits for a disk or a network. In browsers, which
   * cannot tell asynchronous tasks apart, such a `get` best gives plain numbers
   * and arrays: a tensor that it makes after waiting belongs there to whatever
   * scope is open by then.
   *
   * @default {0}
   */
  prefetch?: number;
}

/**
 * The position of a loader: plain values, to be saved with a checkpoint.
 *
 * @example A loader that goes on where another one stopped
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data, ones } from "@tenfold/tenfold";
 *
 * const dataset = new data.TensorDataset(ones([10, 2]));
 * const loader = new data.DataLoader(dataset, { batchSize: 5, seed: 0 });
 * for await (const _ of loader) break;
 * const state: data.DataLoaderState = loader.stateDict();
 * assertEquals([state.samples, state.batchSize], [10, 5]);
 * loader.loadStateDict(state);
 * ```
 */
export interface DataLoaderState {
  /** Seed of the order of samples. */
  readonly seed: number;
  /** The current epoch, or the next one between two. */
  readonly epoch: number;
  /** Number of batches of this epoch that were returned. */
  readonly batch: number;
  /** Number of samples of the dataset. */
  readonly samples: number;
  /** Number of samples in a batch. */
  readonly batchSize: number;
}

const positive = "must be a positive integer";
const natural = "must be an integer from 0 on";

/** An object with a method; anything else is of the wrong type. */
const withMethod = (method: string) =>
  z.optional(
    z.any().check(z.superRefine((value, context) => {
      if (value === undefined || typeof value?.[method] === "function") return;
      context.addIssue({
        code: "invalid_type",
        expected: "object",
        message: `must have a length and the method ${method}`,
      });
    })),
  );

const optionsSchema = z.strictObject({
  sampler: withMethod("indices"),
  batchSampler: withMethod("batches"),
  batchSize: z._default(z.int(positive).check(z.gte(1, positive)), 1),
  shuffle: z._default(z.boolean("must be true or false"), false),
  seed: seedOption,
  dropLast: z._default(z.boolean("must be true or false"), false),
  collate: z.optional(
    z.any().check(z.superRefine((value, context) => {
      if (value === undefined || typeof value === "function") return;
      context.addIssue({
        code: "invalid_type",
        expected: "function",
        message: "must be a function",
      });
    })),
  ),
  prefetch: z._default(z.int(natural).check(z.gte(0, natural)), 0),
}).check(
  z.refine(
    ({ sampler, shuffle }) => sampler === undefined || !shuffle,
    "sampler and shuffle exclude each other",
  ),
  z.refine(
    ({ batchSampler, sampler, shuffle, dropLast, batchSize }) =>
      batchSampler === undefined ||
      (sampler === undefined && !shuffle && !dropLast && batchSize === 1),
    "batchSampler excludes batchSize, shuffle, sampler and dropLast",
  ),
);

const stateSchema = z.strictObject({
  seed: z.int("must be an integer"),
  epoch: z.int(natural).check(z.gte(0, natural)),
  batch: z.int(natural).check(z.gte(0, natural)),
  samples: z.int(natural).check(z.gte(0, natural)),
  batchSize: z.int(positive).check(z.gte(1, positive)),
});

/** What the dataset gave for one batch, or why it did not. */
type Fetched<Sample> =
  | { readonly samples: Sample[] }
  | { readonly whole: unknown }
  | { readonly error: DatasetError };

/** A batch that was asked for, and the turn of the loop that it belongs to. */
interface Ahead<Sample> {
  readonly turn: Turn;
  readonly fetched: Promise<Fetched<Sample>>;
}

/** A place in the sequence of batches. */
interface Place {
  readonly epoch: number;
  /** Batches of the epoch before this place. */
  batch: number;
}

/**
 * The batches of a dataset, epoch after epoch: each `for await` over the
 * loader is one epoch.
 *
 * The order of an epoch depends on the seed and the number of the epoch alone:
 * it is the same on every backend, and a loader whose state was saved goes on
 * with the very same batches.
 *
 * A batch belongs to its turn of the loop: its tensors are released when the
 * next batch is asked for or the loop ends, with all that the dataset and
 * `collate` have made for it. A scope's `keep` saves them, as does a copy
 * (`clone`). No scope of the program owns what a loader makes, and a dataset
 * that keeps tensors for later makes them in `unscoped`.
 *
 * A dataset that throws ends the loop with a {@linkcode DatasetError} that
 * names the index, at the batch where the sample belongs. When a loop ends, by
 * `break` or an error too, fetches under way are waited for and dropped.
 *
 * @typeParam Sample The type of a sample.
 * @typeParam Batch The type of a batch.
 *
 * @example An epoch over features and labels
 * ```ts
 * import { data, tensor } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const dataset = new data.TensorDataset(
 *   tensor([[1], [2], [3]]),
 *   tensor([0, 1, 0], { dtype: "int32" }),
 * );
 * const loader = new data.DataLoader(dataset, { batchSize: 2 });
 * const shapes = [];
 * for await (const [x, y] of loader) shapes.push([x.shape, y.shape]);
 * assertEquals(shapes, [[[2, 1], [2]], [[1, 1], [1]]]);
 * ```
 *
 * @example An array of samples
 * ```ts
 * import { data } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const xor = [[[0, 0], 0], [[0, 1], 1], [[1, 0], 1], [[1, 1], 0]] as const;
 * for await (const [x, y] of new data.DataLoader(xor, { batchSize: 4 })) {
 *   assertEquals(x.shape, [4, 2]);
 *   assertEquals(await y.toArray(), [0, 1, 1, 0]);
 * }
 * ```
 */
export class DataLoader<const Sample = unknown, Batch = Collated<Sample>>
  implements AsyncIterable<Batch> {
  /** The dataset that the batches come from. */
  readonly dataset: Dataset<Sample>;
  /** Number of samples in a batch. */
  readonly batchSize: number;
  readonly #shuffle: boolean;
  readonly #sampler: Sampler | null;
  readonly #batchSampler: BatchSource | null;
  readonly #dropLast: boolean;
  readonly #prefetch: number;
  readonly #collate: ((samples: Sample[]) => Batch | Promise<Batch>) | null;
  #seed: number;
  /** Where the next loop begins. */
  #next: Place = { epoch: 0, batch: 0 };
  /** Where the loop stands that runs now. */
  #running: Place | null = null;

  /**
   * Creates a loader for a dataset.
   *
   * @param dataset The dataset that the batches come from, or an array of
   * samples.
   * @param options `batchSize`, `shuffle`, `sampler`, `batchSampler`, `seed`,
   * `dropLast`, `collate` and `prefetch`.
   * @throws {TypeError} If `dataset` is not a dataset, or an option is unknown
   * or of the wrong type.
   * @throws {RangeError} If an option has a wrong value, such as batch size 0.
   */
  constructor(
    dataset: Dataset<Sample> | readonly Sample[],
    options: DataLoaderOptions<Sample, Batch> = {},
  ) {
    const parsed = parseArguments(
      optionsSchema,
      { dataset },
      options,
      arguments,
      "make a DataLoader",
    );
    this.dataset = datasetOf(dataset, "make a DataLoader");
    this.batchSize = parsed.batchSize;
    this.#shuffle = parsed.shuffle;
    this.#sampler = options.sampler ?? null;
    this.#batchSampler = options.batchSampler ?? null;
    this.#dropLast = parsed.dropLast;
    this.#prefetch = parsed.prefetch;
    this.#collate = options.collate ?? null;
    this.#seed = parsed.seed ?? (parsed.shuffle ? drawSeed() : 0);
  }

  /** The number of batches in an epoch. */
  get length(): number {
    if (this.#batchSampler !== null) return this.#batchSampler.length;
    const samples = this.#sampler?.length ?? this.dataset.length;
    const batches = samples / this.batchSize;
    return this.#dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /**
   * One epoch, or the rest of one whose state was loaded.
   *
   * @returns The batches, in order.
   * @throws {DatasetError} If the dataset fails; it names the index.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    const place = this.#next;
    this.#next = { epoch: place.epoch + 1, batch: 0 };
    this.#running = place;
    const { length } = this;
    this.dataset.setEpoch?.(place.epoch);
    const indicesOf = this.#batches(place.epoch);
    const ahead: Ahead<Sample>[] = [];
    let asked = place.batch;
    let turn: Turn | null = null;
    try {
      while (place.batch < length) {
        const last = Math.min(place.batch + this.#prefetch, length - 1);
        while (asked <= last) {
          const indices = indicesOf(asked++);
          const turn = new Turn();
          const fetched = turn.run(() => this.#fetch(indices));
          ahead.push({ turn, fetched });
        }
        const next = ahead.shift()!;
        turn = next.turn;
        const fetched = await next.fetched;
        const batch = await turn.run(() => this.#make(fetched));
        place.batch++;
        yield batch;
        turn.end();
      }
    } finally {
      if (this.#running === place) this.#running = null;
      turn?.end();
      for (const { turn, fetched } of ahead) {
        await fetched;
        turn.end();
      }
    }
  }

  /**
   * The position of the loader: the next batch that it would return.
   *
   * @returns Plain values, which can be written as JSON.
   */
  stateDict(): DataLoaderState {
    checkCount("stateDict", arguments.length, 0);
    const { epoch, batch } = this.#running ?? this.#next;
    const { length: samples } = this.dataset;
    const { batchSize } = this;
    return { seed: this.#seed, epoch, batch, samples, batchSize };
  }

  /**
   * Restores a saved position: the next loop returns the rest of that epoch, in
   * the same order.
   *
   * @param state What {@linkcode DataLoader.stateDict} returned.
   * @throws {TypeError} If the state is not that of a loader.
   * @throws {RangeError} If it was saved with another number of samples or
   * another batch size.
   */
  loadStateDict(state: DataLoaderState): void {
    checkCount("loadStateDict", arguments.length, 1);
    const operation = "load the state of a DataLoader";
    const { seed, epoch, batch, samples, batchSize } = parseOptions(
      stateSchema,
      state,
      operation,
    );
    if (samples !== this.dataset.length || batchSize !== this.batchSize) {
      throw new RangeError(
        `Cannot ${operation} as it belongs to other batches: got ${samples} samples in batches of ${batchSize}, expected ${this.dataset.length} in batches of ${this.batchSize}`,
      );
    }
    this.#seed = seed;
    this.#next = { epoch, batch };
    this.#running = null;
  }

  /** The indices of the samples of a batch, by its number in the epoch. */
  #batches(epoch: number): (batch: number) => Int32Array {
    if (this.#batchSampler !== null) {
      const batches = this.#batchSampler.batches(epoch);
      return (batch) => Int32Array.from(batches[batch]!);
    }
    const order = this.#order(epoch);
    const size = this.batchSize;
    return (batch) => order.subarray(batch * size, (batch + 1) * size);
  }

  #order(epoch: number): Int32Array {
    const { length } = this.dataset;
    if (this.#sampler !== null) {
      return Int32Array.from(this.#sampler.indices(epoch));
    }
    return this.#shuffle
      ? permutation(length, this.#seed, STREAM.loader, epoch)
      : countUp(length);
  }

  /** Asks the dataset for the samples of one batch; never rejects. */
  async #fetch(indices: Int32Array): Promise<Fetched<Sample>> {
    const { dataset } = this;
    if (this.#collate === null && dataset.getBatch !== undefined) {
      try {
        return { whole: await dataset.getBatch(indices) };
      } catch (cause) {
        return { error: datasetError(indices, cause) };
      }
    }
    const pending: (Sample | Promise<Sample>)[] = [];
    try {
      for (const index of indices) pending.push(dataset.get(index));
    } catch (cause) {
      pending.push(Promise.reject(cause));
    }
    const settled = await Promise.allSettled(pending);
    const samples: Sample[] = [];
    for (const [i, result] of settled.entries()) {
      if (result.status === "rejected") {
        return {
          error: datasetError(indices.subarray(i, i + 1), result.reason),
        };
      }
      samples.push(result.value);
    }
    return { samples };
  }

  #make(fetched: Fetched<Sample>): Batch | Promise<Batch> {
    if ("error" in fetched) throw fetched.error;
    if ("whole" in fetched) return fetched.whole as Batch;
    return this.#collate === null
      ? collate(fetched.samples) as Batch
      : this.#collate(fetched.samples);
  }
}

function datasetError(indices: Int32Array, cause: unknown): DatasetError {
  const shown = [...indices.subarray(0, 8)].join(", ");
  const what = indices.length === 1
    ? `sample ${shown}`
    : `samples ${shown}${indices.length > 8 ? ", …" : ""}`;
  return new DatasetError(
    `Cannot get ${what} as the dataset failed: ${messageOf(cause)}`,
    [...indices],
    cause,
  );
}
