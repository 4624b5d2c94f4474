/**
 * The way to a dataset in a worker: what is asked, and who waits for it.
 *
 * @module
 */
import { toTransferable } from "../_transferable.ts";
import {
  openWorker,
  type WebWorker,
  type WorkerPort,
} from "../_worker_edge.ts";
import { errorOf, isMessage } from "../_worker_messages.ts";
import type { Answer, Question, Request } from "./_messages.ts";

/**
 * The URL of the module of a worker, or a function that starts the worker.
 *
 * @example A worker that a bundler finds
 * ```ts
 * import type { WorkerSource } from "@tenfold/data/worker";
 *
 * const source: WorkerSource = () =>
 *   new Worker(new URL("./reader.ts", import.meta.url), { type: "module" });
 * ```
 */
export type WorkerSource = string | URL | (() => WebWorker);

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** One worker that serves a dataset. */
export class Client {
  readonly #waiting = new Map<number, Waiting>();
  readonly #operation: string;
  readonly #port: WorkerPort;
  readonly #ready: Promise<void>;
  #begun!: Waiting;
  #ids = 0;
  #over: Error | null = null;

  constructor(source: WorkerSource, operation: string, timeout: number) {
    this.#operation = operation;
    this.#ready = new Promise((resolve, reject) => {
      this.#begun = { resolve: () => resolve(), reject };
    });
    this.#ready.catch(() => {});
    try {
      this.#port = openWorker(source, {
        message: (message) => this.#hear(message),
        failed: (why) => this.#end(`the worker failed: ${why}`),
      }, { timeout, call: "serveDataset" });
    } catch (cause) {
      const { message } = cause as Error;
      throw new Error(`Cannot ${operation}: ${message}`, { cause });
    }
  }

  /** Asks the worker, and waits for what it answers: still plain data. */
  async ask(request: Request): Promise<unknown> {
    if (this.#over) throw this.#over;
    const { value, transfer } = await toTransferable(request);
    await this.#ready;
    if (this.#over) throw this.#over;
    const id = this.#ids++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const question: Question = {
        tenfold: "ask",
        id,
        request: value as Request,
      };
      try {
        this.#port.post(question, transfer);
      } catch (cause) {
        this.#waiting.delete(id);
        const { message } = cause as Error;
        reject(
          new Error(
            `Cannot ${this.#operation} as the input cannot be sent to another thread: ${message}`,
            { cause },
          ),
        );
      }
    });
  }

  /** Ends the worker; who waits for it hears why. */
  end(): void {
    this.#end("the worker was ended");
  }

  #hear(message: unknown): void {
    if (!isMessage(message) || this.#over) return;
    const said = message as Answer;
    switch (said.tenfold) {
      case "dataset":
        return this.#begun.resolve(null);
      case "answer":
        return this.#settle(said.id)?.resolve(said.value);
      case "refusal":
        return this.#settle(said.id)?.reject(errorOf(said.error));
      default:
        this.#end(
          "the module of the worker defines something else: call serveDataset in it",
        );
    }
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #end(why: string): void {
    if (this.#over) return;
    this.#over = new Error(`Cannot ${this.#operation} as ${why}`);
    this.#port.terminate();
    this.#begun.reject(this.#over);
    for (const { reject } of this.#waiting.values()) reject(this.#over);
    this.#waiting.clear();
  }
}
