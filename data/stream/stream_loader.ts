/**
 * Batches of a stream of samples.
 *
 * @module
 */
import { Tensor } from "@tenfold/core";
import { threefry } from "@tenfold/core/backend";
import { parseArguments, showValue, Turn } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { drawSeed, seedOption } from "../_seed.ts";
import { collate, type Collated } from "../collate.ts";

/**
 * An iterable-style dataset: a stream of samples, which need not fit in memory.
 * Each loop starts from the beginning.
 *
 * @example Numbers without end
 * ```ts
 * import type { IterableDataset } from "@tenfold/data/stream";
 *
 * const dataset: IterableDataset<number> = {
 *   *[Symbol.iterator]() {
 *     for (let i = 0;; i++) yield i;
 *   },
 * };
 * ```
 */
export type IterableDataset<Sample = unknown> =
  | Iterable<Sample>
  | AsyncIterable<Sample>;

/**
 * Options of {@linkcode StreamLoader}.
 *
 * @example Shuffled within a buffer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import "@tenfold/tenfold";
 * import type { Tensor } from "@tenfold/core";
 * import {
 *   StreamLoader,
 *   type StreamLoaderOptions,
 * } from "@tenfold/data/stream";
 *
 * const options: StreamLoaderOptions<number, Tensor> = {
 *   batchSize: 2,
 *   shuffleBuffer: 4,
 *   seed: 0,
 * };
 * const loader = new StreamLoader([1, 2, 3, 4], options);
 * for await (const batch of loader) assertEquals(batch.shape, [2]);
 * ```
 */
export interface StreamLoaderOptions<Sample, Batch> {
  /** Number of samples in a batch. @default {1} */
  readonly batchSize?: number;
  /**
   * Size of the buffer from which the next sample is drawn at random: samples
   * are shuffled within about that distance. They must be plain numbers and
   * arrays then, not tensors.
   *
   * @default {1}
   */
  readonly shuffleBuffer?: number;
  /**
   * Seed of the order. Without it, a seed is drawn from the global generator.
   */
  readonly seed?: number;
  /** Whether to drop the last batch if it is incomplete. @default {false} */
  readonly dropLast?: boolean;
  /** Combines samples into a batch. @default {collate} */
  readonly collate?: (samples: Sample[]) => Batch | Promise<Batch>;
  /** Number of batches read ahead while the loop's body runs. @default {0} */
  readonly prefetch?: number;
}

const positive = "must be a positive integer";
const count = z.int(positive).check(z.gte(1, positive));
const natural = "must be an integer from 0 on";

const optionsSchema = z.strictObject({
  batchSize: z._default(count, 1),
  shuffleBuffer: z._default(count, 1),
  seed: seedOption,
  dropLast: z._default(z.boolean("must be true or false"), false),
  collate: z.optional(z.custom<(samples: never[]) => unknown>(
    (value) => typeof value === "function",
    "must be a function",
  )),
  prefetch: z._default(z.int(natural).check(z.gte(0, natural)), 0),
});

/** Keeps these apart from what other loaders draw from the same seed. */
const STREAM = 0x73747265;

type Pull<Sample> = () => Promise<IteratorResult<Sample, unknown>>;

/**
 * Iterates over a stream of samples in batches; each `for await` is one epoch.
 * It is the counterpart of `DataLoader` for datasets without an index: a batch
 * lives for one iteration of the loop, and `fit` accepts it as training data.
 *
 * @typeParam Sample The type of a sample.
 * @typeParam Batch The type of a batch.
 *
 * @example Squares, three at a time
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { StreamLoader } from "@tenfold/data/stream";
 * import "@tenfold/tenfold";
 *
 * const squares = {
 *   *[Symbol.iterator]() {
 *     for (let i = 0; i < 5; i++) yield [[i], [i * i]];
 *   },
 * };
 * const sums = [];
 * for await (const [x, y] of new StreamLoader(squares, { batchSize: 3 })) {
 *   sums.push([x?.shape[0], await y?.sum().item()]);
 * }
 * assertEquals(sums, [[3, 5], [2, 25]]);
 * ```
 */
export class StreamLoader<Sample = unknown, Batch = Collated<Sample>>
  implements AsyncIterable<Batch> {
  /** Number of samples in a batch. */
  readonly batchSize: number;
  readonly #source: IterableDataset<Sample>;
  readonly #shuffleBuffer: number;
  readonly #seed: number;
  readonly #dropLast: boolean;
  readonly #prefetch: number;
  readonly #collate: (samples: Sample[]) => Batch | Promise<Batch>;
  #epoch = 0;

  /**
   * Creates a loader of a stream.
   *
   * @param source The samples: an iterable that can be iterated repeatedly.
   * @param options `batchSize`, `shuffleBuffer`, `seed`, `dropLast`, `collate`
   * and `prefetch`.
   * @throws {TypeError} If `source` cannot be iterated, or an option is unknown
   * or of the wrong type.
   * @throws {RangeError} If an option has a wrong value.
   */
  constructor(
    source: IterableDataset<Sample>,
    options: StreamLoaderOptions<Sample, Batch> = {},
  ) {
    const operation = "make a StreamLoader";
    const parsed = parseArguments(
      optionsSchema,
      { source },
      options,
      arguments,
      operation,
    );
    if (
      typeof source !== "object" || source === null ||
      !(Symbol.asyncIterator in source || Symbol.iterator in source)
    ) {
      throw new TypeError(
        `Cannot ${operation} as the source must be samples that can be iterated: got ${
          showValue(source)
        }`,
      );
    }
    this.#source = source;
    this.batchSize = parsed.batchSize;
    this.#shuffleBuffer = parsed.shuffleBuffer;
    this.#dropLast = parsed.dropLast;
    this.#prefetch = parsed.prefetch;
    this.#collate = options.collate ??
      ((samples) => collate(samples) as unknown as Batch);
    this.#seed = parsed.seed ?? (parsed.shuffleBuffer > 1 ? drawSeed() : 0);
  }

  /**
   * One epoch.
   *
   * @returns The batches, in order.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    const epoch = this.#epoch++;
    const source = this.#source;
    const iterator = Symbol.asyncIterator in source
      ? source[Symbol.asyncIterator]()
      : source[Symbol.iterator]();
    const pull: Pull<Sample> = async () => await iterator.next();
    const draw = this.#shuffleBuffer > 1 ? this.#shuffled(pull, epoch) : pull;
    const ahead: { turn: Turn; samples: Promise<Sample[]> }[] = [];
    let last: Promise<unknown> = Promise.resolve();
    let turn: Turn | undefined;
    let over = false;
    try {
      while (true) {
        while (ahead.length <= this.#prefetch && !over) {
          const turn = new Turn();
          // One after the other: a stream has one place.
          const samples = last.then(() => turn.run(() => this.#gather(draw)));
          last = samples.catch(() => {});
          samples.then((list) => {
            if (list.length < this.batchSize) over = true;
          }, () => {});
          ahead.push({ turn, samples });
        }
        const next = ahead.shift();
        if (next === undefined) return;
        turn = next.turn;
        const samples = await next.samples;
        const short = samples.length < this.batchSize;
        if (short) over = true;
        if (samples.length > 0 && !(short && this.#dropLast)) {
          yield await turn.run(() => this.#collate(samples));
        }
        turn.end();
        if (short) return;
      }
    } finally {
      turn?.end();
      for (const { turn, samples } of ahead) {
        await samples.catch(() => {});
        turn.end();
      }
      await iterator.return?.();
    }
  }

  async #gather(draw: Pull<Sample>): Promise<Sample[]> {
    const samples: Sample[] = [];
    while (samples.length < this.batchSize) {
      const { done, value } = await draw();
      if (done) break;
      samples.push(value);
    }
    return samples;
  }

  /** Draws from a buffer that is kept full. */
  #shuffled(pull: Pull<Sample>, epoch: number): Pull<Sample> {
    const [low, high] = [
      this.#seed | 0,
      Math.floor(this.#seed / 2 ** 32) ^ STREAM,
    ];
    const held: Sample[] = [];
    let drawn = 0;
    let done = false;
    return async () => {
      while (!done && held.length < this.#shuffleBuffer) {
        const result = await pull();
        if (result.done) done = true;
        else held.push(plain(result.value));
      }
      if (held.length === 0) return { done: true, value: undefined };
      const word = threefry(low, high, drawn++, epoch) >>> 0;
      const at = Math.floor(word / 2 ** 32 * held.length);
      const value = held[at]!;
      held[at] = held.at(-1)!;
      held.pop();
      return { done: false, value };
    };
  }
}

/** Refuses tensors: a turn of the loop would release them in the buffer. */
function plain<Sample>(sample: Sample): Sample {
  const parts: unknown[] = Array.isArray(sample) ? sample : [sample];
  if (!parts.some((part) => part instanceof Tensor)) return sample;
  throw new TypeError(
    "Cannot shuffle a stream of tensors as they would be released while they wait: give arrays of numbers, of which the loader makes tensors",
  );
}
