/**
 * Whether this runtime can start threads.
 *
 * @module
 */

/** A thread of Node, Deno or Bun. */
export interface NodeWorker {
  /** Lets the program end while it runs. */
  unref(): void;
  /** Calls a listener if it fails. */
  on(event: "error", listener: (error: unknown) => void): void;
  /** Ends it. */
  terminate(): unknown;
}

/** Node's module of threads. */
export interface WorkerThreads {
  /** Starts one. */
  readonly Worker: new (
    source: string,
    options: { eval: boolean; workerData: unknown },
  ) => NodeWorker;
}

/** Node's worker threads where the runtime has them. */
export function workerThreads(): WorkerThreads | null {
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
