/**
 * The worker side of a dataset in a worker.
 *
 * @module
 */
import { checkCount, showValue, Turn } from "@tenfold/core/internal";
import { fromTransferable, toTransferable } from "../_transferable.ts";
import { parentPort, type Port } from "../_worker_edge.ts";
import { isMessage, partsOfError } from "../_worker_messages.ts";
import { collate } from "../collate.ts";
import type { Dataset } from "../dataset.ts";
import { messageOf } from "../errors.ts";
import type { Answer, Next, Opened, Question, Request } from "./_messages.ts";

/**
 * What a worker can serve: a dataset, or an iterable of batches.
 *
 * @example A dataset of squares
 * ```ts
 * import type { Served } from "@tenfold/data/worker";
 *
 * const squares: Served = { length: 10, get: (index: number) => index ** 2 };
 * ```
 */
export type Served = Dataset | AsyncIterable<unknown> | Iterable<unknown>;

/**
 * Defines the dataset or stream of a worker that {@linkcode WorkerDataset} or
 * {@linkcode WorkerStream} opens. Call it in the module of the worker; outside
 * a worker it does nothing.
 *
 * Samples are collated here, by `getBatch` of the dataset or by `collate`, so
 * this module must register a backend for their tensors, as `@tenfold/tenfold`
 * does.
 *
 * @param open Receives the `input` of the other thread and returns a dataset,
 * or an iterable of batches such as a `StreamLoader`.
 *
 * @example The module of a worker
 * ```ts
 * import "@tenfold/tenfold";
 * import { serveDataset } from "@tenfold/data/worker";
 *
 * serveDataset((length: number) => ({
 *   length,
 *   get: (i: number) => [[i], [i * i]],
 * }));
 * ```
 */
export function serveDataset<Input = unknown>(
  open: (input: Input) => Served | Promise<Served>,
): void {
  checkCount("serveDataset", arguments.length, 1);
  if (typeof open !== "function") {
    throw new TypeError(
      `Cannot serve a dataset as it must be a function that opens one: got ${
        showValue(open)
      }`,
    );
  }
  const server = new Server((input) => open(input as Input));
  // One after the other: a stream has one place, and scopes do not overlap.
  let last: Promise<void> = Promise.resolve();
  const port = parentPort((message) => {
    if (!isMessage(message) || message.tenfold !== "ask") return;
    const { id, request } = message as Question;
    last = last.then(() => answer(server, port!, id, request));
  });
  port?.post({ tenfold: "dataset" } satisfies Answer);
}

async function answer(
  server: Server,
  port: Port,
  id: number,
  request: Request,
): Promise<void> {
  const turn = new Turn();
  try {
    const { value, transfer } = await turn.run(async () =>
      await toTransferable(await server.answer(request))
    );
    port.post({ tenfold: "answer", id, value } satisfies Answer, transfer);
  } catch (thrown) {
    const error = partsOfError(thrown);
    port.post({ tenfold: "refusal", id, error } satisfies Answer);
  } finally {
    turn.end();
  }
}

class Server {
  readonly #open: (input: unknown) => Served | Promise<Served>;
  #dataset: Dataset | null = null;
  #stream: AsyncIterable<unknown> | Iterable<unknown> | null = null;
  #iterator: AsyncIterator<unknown> | Iterator<unknown> | null = null;
  #epoch = -1;

  constructor(open: (input: unknown) => Served | Promise<Served>) {
    this.#open = open;
  }

  answer(request: Request): unknown {
    switch (request.ask) {
      case "open":
        return this.#begin(request.input);
      case "sample":
        return this.#at(request.epoch).get(request.index);
      case "batch":
        return this.#batch(this.#at(request.epoch), request.indices);
      case "begin":
        return this.#restart();
      case "next":
        return this.#next();
      case "close":
        return this.#close();
    }
  }

  async #begin(input: unknown): Promise<Opened> {
    const served = await this.#open(fromTransferable(input));
    const { length, get } = served as Partial<Dataset>;
    if (typeof get === "function" && Number.isInteger(length)) {
      this.#dataset = served as Dataset;
      return { length: length! };
    }
    const iterates = typeof served === "object" && served !== null &&
      (Symbol.asyncIterator in served || Symbol.iterator in served);
    if (!iterates) {
      throw new TypeError(
        `Cannot serve a dataset as it must have a length and a get method, or be iterable: got ${
          showValue(served)
        }`,
      );
    }
    this.#stream = served as AsyncIterable<unknown>;
    return { length: null };
  }

  #at(epoch: number): Dataset {
    const dataset = this.#dataset!;
    if (epoch >= 0 && epoch !== this.#epoch) dataset.setEpoch?.(epoch);
    this.#epoch = epoch;
    return dataset;
  }

  async #batch(dataset: Dataset, indices: Int32Array): Promise<unknown> {
    if (dataset.getBatch !== undefined) return dataset.getBatch(indices);
    const samples = await Promise.all(Array.from(indices, async (index) => {
      try {
        return await dataset.get(index);
      } catch (cause) {
        throw new Error(`sample ${index}: ${messageOf(cause)}`, { cause });
      }
    }));
    return collate(samples);
  }

  async #restart(): Promise<null> {
    await this.#close();
    const stream = this.#stream!;
    this.#iterator = Symbol.asyncIterator in stream
      ? stream[Symbol.asyncIterator]()
      : stream[Symbol.iterator]();
    return null;
  }

  async #next(): Promise<Next> {
    const { done, value } = await this.#iterator!.next();
    return done ? { done: true } : { done: false, value };
  }

  async #close(): Promise<null> {
    const iterator = this.#iterator;
    this.#iterator = null;
    await iterator?.return?.();
    return null;
  }
}
