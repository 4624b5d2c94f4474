/**
 * Jobs off the main thread.
 *
 * @module
 */
import { parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { abortSignal } from "./_options.ts";
import {
  errorOf,
  fromTransferable,
  isMessage,
  openWorker,
  partsOfError,
  startTimeout,
  toTransferable,
  type WebWorker,
  type WorkerPort,
} from "@tenfold/data/internal";
import type { FromWorker, ToWorker } from "./_worker_messages.ts";
import type { EpochRecord } from "./history.ts";

/**
 * The events of a job: those of {@linkcode JobContext.report}, and your own.
 *
 * @example A line for each epoch
 * ```ts
 * import { train } from "@tenfold/tenfold";
 *
 * function show(event: train.JobEvent): void {
 *   if (event.type === "epoch") console.log(event.record.train.loss);
 * }
 * ```
 */
export type JobEvent =
  | {
    readonly type: "epoch";
    readonly record: EpochRecord;
    readonly epochs: number;
  }
  | {
    readonly type: "step";
    readonly epoch: number;
    readonly epochs: number;
    readonly batch: number;
    readonly step: number;
  };

/**
 * Options of {@linkcode inWorker}.
 *
 * @example A job that can be stopped
 * ```ts
 * import { train } from "@tenfold/tenfold";
 *
 * const controller = new AbortController();
 * const options: train.InWorkerOptions = { signal: controller.signal };
 * // train.inWorker(new URL("./job.ts", import.meta.url), input, options)
 * ```
 */
export interface InWorkerOptions {
  /**
   * Stops the job: its own `signal` is aborted, and `fit` ends between two
   * steps.
   */
  signal?: AbortSignal;
  /**
   * Milliseconds that the worker's module may take to call `workerJob`;
   * `Infinity` waits without end. @default {60_000}
   */
  startTimeout?: number;
}

/**
 * A job in a worker. Iterating over it gives its events, each once.
 *
 * @example The events of a job, then its result
 * ```ts
 * import { train } from "@tenfold/tenfold";
 *
 * async function follow(job: train.Job<number>): Promise<number> {
 *   for await (const event of job) {
 *     if (event.type === "epoch") console.log(event.record.epoch);
 *   }
 *   return await job.result;
 * }
 * ```
 */
export interface Job<Output, Event = JobEvent> extends AsyncIterable<Event> {
  /**
   * What the job returned. It rejects with the job's error, which has the name,
   * the message and the stack of the one thrown in the worker, or with the
   * reason of the signal that stopped the job.
   */
  readonly result: Promise<Output>;
  /** Ends the worker at once, whatever it does; `result` rejects. */
  terminate(): void;
}

const optionsSchema = z.strictObject({
  signal: z.optional(abortSignal),
  startTimeout,
});

const operation = "run a job in a worker";

/**
 * Begins a worker and runs its job there, so that this thread stays free. The
 * worker's module defines the job by {@linkcode workerJob}. The worker ends
 * with its job.
 *
 * A bundler finds the worker's module where it is written as it expects it; for
 * these pass a function: `() => new Worker(new URL("./job.ts",
 * import.meta.url), { type: "module" })`.
 *
 * @typeParam Output What the job returns.
 * @typeParam Event What it emits, beside or instead of {@linkcode JobEvent}.
 * @param source The URL of the module, or a function that begins the worker.
 * @param input What the job gets; tensors in arrays and plain objects are sent
 * along.
 * @param options `signal`, which stops the job, and `startTimeout`.
 * @returns The job: its events, and its result.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 *
 * @example Epochs as they end
 * ```ts ignore
 * const job = train.inWorker(new URL("./job.ts", import.meta.url), { epochs: 3 });
 * for await (const event of job) {
 *   if (event.type === "epoch") console.log(event.record.train.loss);
 * }
 * model.loadStateDict(await job.result);
 * ```
 */
export function inWorker<Output = unknown, Event = JobEvent>(
  source: string | URL | (() => WebWorker),
  input: unknown,
  options: InWorkerOptions = {},
): Job<Output, Event> {
  const { signal, startTimeout } = parseArguments(
    optionsSchema,
    { source, input },
    options,
    arguments,
    operation,
  );
  return new RunningJob<Output, Event>(source, input, signal, startTimeout);
}

class RunningJob<Output, Event> implements Job<Output, Event> {
  readonly result: Promise<Output>;
  readonly #signal: AbortSignal | undefined;
  readonly #input: unknown;
  #port: WorkerPort | undefined;
  #settle!: { resolve(output: Output): void; reject(error: unknown): void };
  #over = false;
  /** Events that nobody has taken yet. */
  readonly #events: Event[] = [];
  #wake: () => void = () => {};

  constructor(
    source: string | URL | (() => WebWorker),
    input: unknown,
    signal: AbortSignal | undefined,
    timeout: number,
  ) {
    this.#input = input;
    this.#signal = signal;
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Who iterates hears of the error there.
    this.result.catch(() => {});
    if (signal?.aborted) {
      this.#end(() => this.#fail(signal.reason));
      return;
    }
    try {
      this.#port = openWorker(source, {
        message: (message) => this.#hear(message),
        failed: (why, cause) =>
          this.#end(() =>
            this.#fail(
              new Error(`Cannot ${operation} as it failed: ${why}`, { cause }),
            )
          ),
      }, { timeout, call: "workerJob" });
    } catch (cause) {
      const { message } = cause as Error;
      const error = new Error(`Cannot ${operation}: ${message}`, { cause });
      this.#end(() => this.#fail(error));
      return;
    }
    signal?.addEventListener("abort", this.#abort);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event, void, undefined> {
    while (true) {
      while (this.#events.length > 0) yield this.#events.shift()!;
      if (this.#over) break;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    await this.result;
  }

  terminate(): void {
    this.#end(() =>
      this.#fail(
        new DOMException("The job was terminated", "AbortError"),
      )
    );
  }

  #fail(error: unknown): void {
    this.#settle.reject(error);
  }

  readonly #abort = (): void => {
    // As it is, it could not always be cloned: Node 20 clones no DOMException.
    const reason = partsOfError(this.#signal!.reason);
    this.#say({ tenfold: "abort", reason });
  };

  #say(message: ToWorker, transfer?: ArrayBuffer[]): void {
    try {
      this.#port?.post(message, transfer);
    } catch (cause) {
      const { message: why } = cause as Error;
      const error = new Error(
        `Cannot ${operation} as its input cannot be sent to another thread: ${why}`,
        { cause },
      );
      this.#end(() => this.#fail(error));
    }
  }

  #hear(message: unknown): void {
    if (!isMessage(message) || this.#over) return;
    const said = message as FromWorker;
    switch (said.tenfold) {
      case "ready":
        return void this.#start();
      case "event":
        this.#events.push(fromTransferable<Event>(said.event));
        return this.#wake();
      case "result":
        return this.#end(() =>
          this.#settle.resolve(fromTransferable<Output>(said.result))
        );
      case "aborted":
        return this.#end(() => this.#fail(this.#signal!.reason));
      case "error":
        return this.#end(() => this.#fail(errorOf(said.error)));
      default:
        return this.#end(() =>
          this.#fail(
            new Error(
              `Cannot ${operation} as the module of the worker defines something else: call workerJob in it`,
            ),
          )
        );
    }
  }

  async #start(): Promise<void> {
    try {
      const { value, transfer } = await toTransferable(this.#input);
      this.#say({ tenfold: "start", input: value }, transfer);
    } catch (error) {
      this.#end(() => this.#fail(error));
    }
  }

  #end(settle: () => void): void {
    if (this.#over) return;
    this.#over = true;
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#port?.terminate();
    settle();
    this.#wake();
  }
}
