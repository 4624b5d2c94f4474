/**
 * The edge to workers: Web Workers on Deno, Bun and in browsers, worker threads
 * on Node. Nothing happens when this file is imported.
 *
 * @module
 */
import { isMessage } from "./_worker_messages.ts";

/**
 * One end of the way between two threads.
 *
 * @example A port that collects what it is sent
 * ```ts
 * import type { Port } from "@tenfold/data/internal";
 *
 * const sent: unknown[] = [];
 * const port: Port = { post: (message) => sent.push(message) };
 * ```
 */
export interface Port {
  post(message: unknown, transfer?: ArrayBuffer[]): void;
}

/**
 * The other thread, as the one that began it sees it.
 *
 * @example A worker that is ended after one message
 * ```ts
 * import type { WorkerPort } from "@tenfold/data/internal";
 *
 * function once(worker: WorkerPort): void {
 *   worker.post("hello");
 *   worker.terminate();
 * }
 * ```
 */
export interface WorkerPort extends Port {
  terminate(): void;
}

/** Hears of the other thread. */
export interface WorkerEvents {
  message(message: unknown): void;
  /**
   * It could not be begun, threw outside of a job, or ended by itself.
   *
   * @param cause What was thrown, where it is known.
   */
  failed(why: string, cause?: unknown): void;
}

/**
 * The part of a Web Worker that is used here.
 *
 * @example A worker that a bundler finds
 * ```ts
 * import type { WebWorker } from "@tenfold/data/worker";
 *
 * const start = (): WebWorker =>
 *   new Worker(new URL("./reader.ts", import.meta.url), { type: "module" });
 * ```
 */
export interface WebWorker {
  /** Sends a message, and transfers the buffers of the list. */
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  /** Terminates the worker at once. */
  terminate(): void;
  /** Called with its messages. */
  onmessage: ((event: MessageEvent) => void) | null;
  /** Called with its uncaught errors. */
  onerror: ((event: ErrorEvent) => void) | null;
  /** Called if a message cannot be deserialised. */
  onmessageerror: ((event: MessageEvent) => void) | null;
}

interface ThreadPort {
  postMessage(message: unknown, transfer?: ArrayBuffer[]): void;
  on(event: string, listener: (value: never) => void): void;
}

interface Threads {
  readonly parentPort: ThreadPort | null;
  readonly Worker: new (url: URL) => ThreadPort & { terminate(): unknown };
}

interface Runtime {
  readonly process?: {
    getBuiltinModule?(name: "node:worker_threads"): Threads;
  };
  readonly Worker?: new (
    url: string | URL,
    options: { type: "module" },
  ) => WebWorker;
  readonly Bun?: { readonly isMainThread: boolean };
  readonly postMessage?: (message: unknown, transfer?: ArrayBuffer[]) => void;
  readonly addEventListener?: (
    type: "message",
    listener: (event: MessageEvent) => void,
  ) => void;
}

const runtime = globalThis as Runtime;

/** How long a worker may take before it first says something. */
export interface Patience {
  /** Milliseconds; infinite where it is waited for without end. */
  readonly timeout: number;
  /** The function that its module is to call. */
  readonly call: string;
}

/**
 * Begins a worker out of a module, or takes one that was begun. A module that
 * never calls what it should would be waited for without end, as a worker does
 * not say that its module has been run: it fails when its time is over.
 *
 * @example A module that answers
 * ```ts
 * import { openWorker } from "@tenfold/data/internal";
 *
 * const worker = openWorker(
 *   "data:text/javascript,postMessage('ready')",
 *   { message: () => worker.terminate(), failed: console.error },
 *   { timeout: 60_000, call: "postMessage" },
 * );
 * ```
 */
export function openWorker(
  source: string | URL | (() => WebWorker),
  { message, failed }: WorkerEvents,
  { timeout, call }: Patience,
): WorkerPort {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const port = openNamed(source, {
    message(said) {
      if (isMessage(said)) clearTimeout(timer);
      message(said);
    },
    failed(why, cause) {
      clearTimeout(timer);
      failed(why, cause);
    },
  });
  if (Number.isFinite(timeout)) {
    timer = setTimeout(
      () =>
        failed(
          `its module has not called ${call} within ${timeout} ms: call it at the top of the module, or raise startTimeout where the module takes longer to load`,
        ),
      timeout,
    );
  }
  return {
    post: (said, transfer) => port.post(said, transfer),
    terminate() {
      clearTimeout(timer);
      port.terminate();
    },
  };
}

/** As `open`; says how a module is named where its name is no URL. */
function openNamed(
  source: string | URL | (() => WebWorker),
  events: WorkerEvents,
): WorkerPort {
  try {
    return open(source, events);
  } catch (cause) {
    if (typeof source !== "string") throw cause;
    const { message } = cause as Error;
    const from = `new URL(${JSON.stringify(source)}, import.meta.url)`;
    throw new TypeError(`${message}, pass ${from}`, { cause });
  }
}

function open(
  source: string | URL | (() => WebWorker),
  events: WorkerEvents,
): WorkerPort {
  if (typeof source !== "function" && runtime.Worker === undefined) {
    return openThread(new URL(source), events);
  }
  const worker = typeof source === "function"
    ? source()
    : new runtime.Worker!(source, { type: "module" });
  worker.onmessage = ({ data }) => events.message(data);
  worker.onerror = (event) => {
    event.preventDefault?.();
    const { message, filename, lineno } = event;
    events.failed(
      !message
        ? "its module cannot be loaded"
        : lineno
        ? `${message} (${filename}:${lineno})`
        : message,
    );
  };
  worker.onmessageerror = () => events.failed("a message cannot be read");
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    terminate: () => worker.terminate(),
  };
}

function openThread(url: URL, events: WorkerEvents): WorkerPort {
  const { Worker } = runtime.process!.getBuiltinModule!("node:worker_threads");
  const thread = new Worker(url);
  let over = false;
  thread.on("message", (message: unknown) => events.message(message));
  thread.on("error", (error: Error) => events.failed(error.message, error));
  thread.on("exit", (code: number) => {
    if (!over) events.failed(`it ended with exit code ${code}`);
  });
  return {
    post: (message, transfer = []) => thread.postMessage(message, transfer),
    terminate: () => {
      over = true;
      thread.terminate();
    },
  };
}

/**
 * The way back to the thread that began this one, or null where there is none.
 *
 * @param hear Is called with each message.
 *
 * @example Not within a worker
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parentPort } from "@tenfold/data/internal";
 *
 * assertEquals(parentPort(console.log), null);
 * ```
 */
export function parentPort(hear: (message: unknown) => void): Port | null {
  if (runtime.Worker !== undefined) {
    const inside = runtime.Bun
      ? !runtime.Bun.isMainThread
      : "WorkerGlobalScope" in globalThis;
    if (!inside) return null;
    runtime.addEventListener?.("message", ({ data }) => hear(data));
    return {
      post: (message, transfer = []) => runtime.postMessage!(message, transfer),
    };
  }
  const port = runtime.process?.getBuiltinModule?.("node:worker_threads")
    .parentPort;
  if (!port) return null;
  port.on("message", hear);
  return {
    post: (message, transfer = []) => port.postMessage(message, transfer),
  };
}
