/**
 * Parts of the backend that not every program needs: there from the start, or
 * loaded while the backend is opened.
 *
 * @module
 */
import type { WindowKernels } from "./convolution/kernels.ts";

/** What joins the kernels of compiled functions. */
export type Sequences = Pick<typeof import("./sequence.ts"), "joinCalls">;
/** What divides large kernels among threads. */
export type Threading = Pick<typeof import("./threads/pool.ts"), "ThreadPool">;

/** A part, or a function that loads it. */
export type Part<T extends object> = T | (() => Promise<T>);

/** The parts. */
export interface Parts {
  /** The kernels over windows. */
  readonly windows: Part<WindowKernels>;
  /** What joins the kernels of compiled functions. */
  readonly sequences: Part<Sequences>;
  /** What divides large kernels among threads. */
  readonly threading: Part<Threading>;
}

/** A part as it is now. */
export class Late<T extends object> {
  #part: Part<T> | null;

  /** Holds a part, a function that loads it, or none. */
  constructor(part: Part<T> | null) {
    this.#part = part;
  }

  /** The part; null while it is not loaded. */
  get now(): T | null {
    return typeof this.#part === "function" ? null : this.#part;
  }

  /** Loads the part; null where there is nothing to wait for. */
  load(): Promise<void> | null {
    const part = this.#part;
    return typeof part === "function"
      ? part().then((loaded) => void (this.#part = loaded))
      : null;
  }
}
