/**
 * Starts a thread. The only place that knows about runtimes: Deno and Bun
 * have Node's worker threads, which do not keep a program from ending; pages
 * have workers, which end with the page.
 *
 * @module
 */

import { workerThreads } from "./why_no_threads.ts";
import { workerSource } from "./worker_source.ts";

/** A started thread. */
export interface Thread {
  /** Ends it at once. */
  terminate(): void;
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
