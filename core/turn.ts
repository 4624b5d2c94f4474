/**
 * Turns: what is made for one round of a loop and released after it.
 *
 * @module
 */
import { Scope } from "./scope.ts";
import { currentTask, Task } from "./task.ts";

/**
 * Used by the library: owns all that is made for one turn of somebody's loop,
 * such as a batch and what led to it, apart from the scopes of the loop. What
 * a scope keeps of it is saved.
 *
 * @example What a loop makes of a batch
 * ```ts
 * import { Turn } from "@tenfold/core/internal";
 *
 * const turn = new Turn();
 * turn.end();
 * ```
 */
export class Turn {
  readonly #scope: Scope = new Scope(null, "batch");
  readonly #task: Task = new Task(currentTask());

  /** Begins a turn. */
  constructor() {
    this.#task.scope = this.#scope;
  }

  /** Calls a function, and waits for it, whose tensors belong to the turn. */
  async run<T>(fn: () => T | Promise<T>): Promise<T> {
    const result = this.#task.run(fn);
    if (!(result instanceof Promise)) return result;
    this.#task.wait();
    try {
      return await result;
    } finally {
      this.#task.rest();
    }
  }

  /** Ends the turn: releases what was made for it and not kept. */
  end(): void {
    this.#scope.dispose();
    this.#task.end();
  }
}
