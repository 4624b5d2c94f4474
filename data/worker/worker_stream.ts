/**
 * Streams of batches that are produced in a worker.
 *
 * @module
 */
import { checkCount, parseArguments, Turn } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { fromTransferable } from "../_transferable.ts";
import { startTimeout } from "../_start_timeout.ts";
import { Client, type WorkerSource } from "./_client.ts";
import type { Next, Opened } from "./_messages.ts";

/**
 * Options of {@linkcode WorkerStream}.
 *
 * @example Three batches ahead
 * ```ts
 * import type { WorkerStreamOptions } from "@tenfold/data/worker";
 *
 * const options: WorkerStreamOptions = { prefetch: 3 };
 * // new WorkerStream(new URL("./reader.ts", import.meta.url), input, options)
 * ```
 */
export interface WorkerStreamOptions {
  /**
   * Number of batches produced ahead while the loop's body runs.
   *
   * @default {1}
   */
  readonly prefetch?: number;
  /**
   * Milliseconds to wait until the module of the worker calls `serveDataset`;
   * `Infinity` waits forever. @default {60_000}
   */
  readonly startTimeout?: number;
}

const natural = "must be an integer from 0 on";

const optionsSchema = z.strictObject({
  prefetch: z._default(z.int(natural).check(z.gte(0, natural)), 1),
  startTimeout,
});

const operation = "open a stream in a worker";

/**
 * A stream of batches that a worker produces ahead of the loop over them; each
 * `for await` is one epoch. The module of the worker defines the stream with
 * {@linkcode serveDataset}: a `StreamLoader`, a `DataLoader`, or any iterable.
 * A batch lives for one iteration of the loop, and `fit` accepts the stream as
 * training data.
 *
 * @typeParam Batch The type of a batch.
 *
 * @example A table that is larger than memory
 * ```ts ignore
 * import { WorkerStream } from "@tenfold/data/worker";
 *
 * // rows_worker.ts: serveDataset((path: string) => new StreamLoader(rows(path), …));
 * using rows = await WorkerStream.open<[Tensor, Tensor]>(
 *   new URL("./rows_worker.ts", import.meta.url),
 *   "table.csv",
 *   { prefetch: 4 },
 * );
 * for await (const [x, y] of rows) console.log(x.shape, y.shape);
 * ```
 */
export class WorkerStream<Batch = unknown> implements AsyncIterable<Batch> {
  readonly #client: Client;
  readonly #prefetch: number;
  #running = false;

  private constructor(client: Client, prefetch: number) {
    this.#client = client;
    this.#prefetch = prefetch;
  }

  /**
   * Starts the worker and opens the stream in it.
   *
   * @param source The URL of the worker's module, or a function that starts the
   * worker; see {@linkcode WorkerDataset.open}.
   * @param input The argument of the function given to `serveDataset`; tensors
   * in arrays and plain objects are sent too.
   * @param options `prefetch`, `startTimeout`.
   * @returns The stream.
   * @throws {TypeError} If an option is unknown or of the wrong type, or the
   * worker serves a dataset.
   * @throws {RangeError} If an option has a wrong value.
   * @throws {Error} If the worker cannot be started, its module does not call
   * `serveDataset` in time, or the stream cannot be opened.
   */
  static async open<Batch = unknown>(
    source: WorkerSource,
    input: unknown,
    options: WorkerStreamOptions = {},
  ): Promise<WorkerStream<Batch>> {
    const { prefetch, startTimeout } = parseArguments(
      optionsSchema,
      { source, input },
      options,
      arguments,
      operation,
    );
    const client = new Client(source, operation, startTimeout);
    try {
      const { length } = await client.ask({ ask: "open", input }) as Opened;
      if (length !== null) {
        throw new TypeError(
          `Cannot ${operation} as it serves a dataset: open it by WorkerDataset`,
        );
      }
      return new WorkerStream<Batch>(client, prefetch);
    } catch (error) {
      client.end();
      throw error;
    }
  }

  /**
   * One epoch.
   *
   * @returns The batches, in order.
   * @throws {Error} If another loop over the stream is in progress, the stream
   * fails, or the worker has ended.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    if (this.#running) {
      throw new Error(
        "Cannot loop over a stream in a worker as another loop is under way: it has one place",
      );
    }
    this.#running = true;
    const ahead: Promise<Next>[] = [];
    let turn: Turn | null = null;
    try {
      await this.#client.ask({ ask: "begin" });
      while (true) {
        while (ahead.length <= this.#prefetch) {
          const next = this.#client.ask({ ask: "next" }) as Promise<Next>;
          next.catch(() => {});
          ahead.push(next);
        }
        const { done, value } = await ahead.shift()!;
        if (done) return;
        turn = new Turn();
        yield await turn.run(() => fromTransferable<Batch>(value));
        turn.end();
      }
    } finally {
      turn?.end();
      this.#running = false;
      await this.#client.ask({ ask: "close" }).catch(() => {});
    }
  }

  /** Terminates the worker. */
  dispose(): void {
    checkCount("dispose", arguments.length, 0);
    this.#client.end();
  }

  /** Terminates the worker at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
