/**
 * Starts a thread. The only place that knows about runtimes: Deno and Bun
 * have Node's worker threads, which do not keep a program from ending; pages
 * have workers, which end with the page.
 *
 * @module
 */

import { workerSource } from "./worker_source.ts";

/** A started thread. */
export interface Thread {
  /** Ends it at once. */
  terminate(): void;
}

interface NodeWorker {
  unref(): void;
  on(event: "error", listener: (error: unknown) => void): void;
  terminate(): unknown;
}

interface WorkerThreads {
  readonly Worker: new (
    source: string,
    options: { eval: boolean; workerData: unknown },
  ) => NodeWorker;
}

/** Node's worker threads where the runtime has them. */
function workerThreads(): WorkerThreads | null {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (name: string) => unknown };
  };
  const module = process?.getBuiltinModule?.("node:worker_threads");
  return module === undefined ? null : module as WorkerThreads;
}

/** Why no thread can be started here, or null. */
export function whyNoThreads(): string | null {
  if (typeof SharedArrayBuffer === "undefined") {
    return "memory cannot be shared here (a page must be cross-origin isolated)";
  }
  // In this order: to ask for the module loads much of Node in Deno.
  if (typeof Worker === "undefined" && workerThreads() === null) {
    return "this runtime has no workers";
  }
  return null;
}

/**
 * Starts a thread that works on a shared memory.
 *
 * @param memory The memory.
 * @param failed Called if the thread could not start, or ended early.
 */
export function spawn(
  memory: WebAssembly.Memory,
  failed: (why: string) => void,
): Thread {
  const threads = workerThreads();
  if (threads !== null) {
    const source = workerSource(
      `work(require("node:worker_threads").workerData);`,
    );
    const worker = new threads.Worker(source, {
      eval: true,
      workerData: memory,
    });
    worker.unref();
    worker.on("error", (error) => failed(String(error)));
    return { terminate: () => void worker.terminate() };
  }
  const source = workerSource(`onmessage = ({ data }) => work(data);`);
  const url = URL.createObjectURL(
    new Blob([source], { type: "text/javascript" }),
  );
  const worker = new Worker(url);
  worker.onerror = (event) => failed(event.message);
  worker.postMessage(memory);
  return {
    terminate: () => {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}
