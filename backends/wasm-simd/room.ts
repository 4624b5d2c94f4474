/**
 * Memory that kernels work in.
 *
 * @module
 */
import type { Block } from "./allocator.ts";
import type { Engine } from "./engine.ts";

/** Memory that calls use, larger when one needs more. */
export class Room {
  readonly #engine: Engine;
  #block: Block | null = null;
  #bytes = 0;

  /** Nothing is allocated yet. */
  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** The address of so many bytes. Earlier ones stay, for sequences. */
  get(bytes: number): number {
    if (this.#block === null || bytes > this.#bytes) {
      this.#bytes = 2 ** Math.ceil(Math.log2(bytes));
      this.#block = this.#engine.allocate("bool", this.#bytes);
    }
    return this.#block.pointer;
  }
}
