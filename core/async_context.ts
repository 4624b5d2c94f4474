/**
 * The edge to the runtime's asynchronous context: what lets a program tell,
 * after an `await`, which of its asynchronous tasks is running.
 *
 * Deno, Bun and Node (from 20.16 on) have one, `AsyncLocalStorage`; browsers
 * have none yet.
 *
 * @module
 */

/** Carries one value along with an asynchronous task. */
export interface AsyncContext<T> {
  /** Calls `fn` so that it and all that it awaits find `value`. */
  run<R>(value: T, fn: () => R): R;
  /** The value of the task that runs now, if it was started by `run`. */
  getStore(): T | undefined;
}

/** As far as the runtimes' `process` is used here. */
interface Process {
  getBuiltinModule?(name: "node:async_hooks"): {
    AsyncLocalStorage?: new <T>() => AsyncContext<T>;
  } | undefined;
}

/** The runtime's asynchronous context, or null where it has none. */
export function runtimeContext<T>(): AsyncContext<T> | null {
  const { process } = globalThis as { process?: Process };
  try {
    const hooks = process?.getBuiltinModule?.("node:async_hooks");
    return hooks?.AsyncLocalStorage ? new hooks.AsyncLocalStorage<T>() : null;
  } catch {
    // A page may have a `process` that some bundler made.
    return null;
  }
}
