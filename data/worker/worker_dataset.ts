/**
 * Datasets whose samples are read in workers.
 *
 * @module
 */
import {
  checkCount,
  currentTask,
  parseArguments,
} from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { fromTransferable } from "../_transferable.ts";
import { checkIndex, type Dataset } from "../dataset.ts";
import { startTimeout } from "../_start_timeout.ts";
import { Client, type WorkerSource } from "./_client.ts";
import type { Opened, Request } from "./_messages.ts";

/**
 * Options of {@linkcode WorkerDataset}.
 *
 * @example Four workers
 * ```ts
 * import type { WorkerDatasetOptions } from "@tenfold/data/worker";
 *
 * const options: WorkerDatasetOptions = { workers: 4 };
 * // new WorkerDataset(new URL("./reader.ts", import.meta.url), input, options)
 * ```
 */
export interface WorkerDatasetOptions {
  /** Number of workers that read batches in parallel. @default {1} */
  readonly workers?: number;
  /**
   * Milliseconds to wait until the module of a worker calls `serveDataset`;
   * `Infinity` waits forever. @default {60_000}
   */
  readonly startTimeout?: number;
}

const positive = "must be a positive integer";

const optionsSchema = z.strictObject({
  workers: z._default(z.int(positive).check(z.gte(1, positive)), 1),
  startTimeout,
});

const operation = "open a dataset in a worker";

/**
 * A dataset that lives in one or several workers: samples are read, decoded,
 * transformed and collated there, while this thread trains. The module of the
 * worker defines the dataset with {@linkcode serveDataset}.
 *
 * A loader over it requests whole batches, `prefetch` of them ahead. A batch is
 * the result of the dataset's `getBatch` or of `collate` there; its buffers are
 * transferred, not copied, to this thread.
 *
 * @typeParam Sample The type of a sample.
 *
 * @example Images that are decoded in two workers
 * ```ts ignore
 * import { data } from "@tenfold/tenfold";
 * import { WorkerDataset } from "@tenfold/data/worker";
 *
 * // photos_worker.ts: serveDataset((root: string) => ImageFolder.open(root));
 * using photos = await WorkerDataset.open(
 *   new URL("./photos_worker.ts", import.meta.url),
 *   "photos/train",
 *   { workers: 2 },
 * );
 * const loader = new data.DataLoader(photos, {
 *   batchSize: 32,
 *   shuffle: true,
 *   prefetch: 4,
 * });
 * ```
 */
export class WorkerDataset<Sample = unknown> implements Dataset<Sample> {
  /** Number of samples. */
  readonly length: number;
  readonly #clients: readonly Client[];
  #epoch = -1;
  #turn = 0;

  private constructor(clients: readonly Client[], length: number) {
    this.#clients = clients;
    this.length = length;
  }

  /**
   * Starts the workers and opens the dataset in each of them.
   *
   * @param source The URL of the worker's module, or a function that starts a
   * worker, which bundlers need: `() => new Worker(new URL("./worker.ts",
   * import.meta.url), { type: "module" })`.
   * @param input The argument of the function given to `serveDataset`; tensors
   * in arrays and plain objects are sent too.
   * @param options `workers`, `startTimeout`.
   * @returns The dataset.
   * @throws {TypeError} If an option is unknown or of the wrong type, or the
   * worker serves a stream.
   * @throws {RangeError} If an option has a wrong value.
   * @throws {Error} If a worker cannot be started, its module does not call
   * `serveDataset` in time, or the dataset cannot be opened.
   */
  static async open<Sample = unknown>(
    source: WorkerSource,
    input: unknown,
    options: WorkerDatasetOptions = {},
  ): Promise<WorkerDataset<Sample>> {
    const { workers, startTimeout } = parseArguments(
      optionsSchema,
      { source, input },
      options,
      arguments,
      operation,
    );
    const clients: Client[] = [];
    try {
      for (let i = 0; i < workers; i++) {
        clients.push(new Client(source, operation, startTimeout));
      }
      const opened = await Promise.all(
        clients.map((client) =>
          client.ask({ ask: "open", input }) as Promise<Opened>
        ),
      );
      const { length } = opened[0]!;
      if (length === null) {
        throw new TypeError(
          `Cannot ${operation} as it serves a stream: open it by WorkerStream`,
        );
      }
      return new WorkerDataset<Sample>(clients, length);
    } catch (error) {
      for (const client of clients) client.end();
      throw error;
    }
  }

  /**
   * Sets the epoch, on which random samples depend; a `DataLoader` calls it.
   *
   * @param epoch The epoch, from 0 on.
   */
  setEpoch(epoch: number): void {
    checkCount("setEpoch", arguments.length, 1);
    this.#epoch = epoch;
  }

  /**
   * One sample.
   *
   * @param index From 0 to `length - 1`.
   * @returns The sample.
   * @throws {RangeError} If the index is out of range.
   * @throws {Error} If the dataset fails, or the worker has ended.
   */
  get(index: number): Promise<Sample> {
    checkCount("get", arguments.length, 1);
    checkIndex(index, this.length);
    return this.#ask({ ask: "sample", index, epoch: this.#epoch });
  }

  /**
   * Several samples, collated.
   *
   * @param indices The indices of the samples, in order.
   * @returns The batch.
   * @throws {RangeError} If an index is out of range.
   * @throws {Error} If the dataset fails, or the worker has ended.
   */
  getBatch(indices: Int32Array): Promise<unknown> {
    checkCount("getBatch", arguments.length, 1);
    for (const index of indices) checkIndex(index, this.length);
    // A copy, as a view would be cloned with its whole buffer.
    return this.#ask({
      ask: "batch",
      indices: indices.slice(),
      epoch: this.#epoch,
    });
  }

  /** Terminates the workers. */
  dispose(): void {
    checkCount("dispose", arguments.length, 0);
    for (const client of this.#clients) client.end();
  }

  /** Terminates the workers at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  async #ask<T>(request: Request): Promise<T> {
    const task = currentTask();
    const client = this.#clients[this.#turn++ % this.#clients.length]!;
    const value = await client.ask(request);
    return task.pin(() => fromTransferable<T>(value));
  }
}
