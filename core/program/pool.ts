/**
 * Memory of several plans of which only one runs at a time.
 *
 * @module
 */
import type { Backend } from "../backend.ts";
import { type DType, DTYPES } from "../dtype.ts";
import { Storage } from "../storage.ts";
import type { Deferred } from "./deferred.ts";

/** Storages that plans share; each plan owns a reference to what it uses. */
export class Pool {
  /** What is still to be computed from what the last plan has left there. */
  deferred: Deferred | null = null;
  #storages: Storage[] = [];

  /** Bytes of all of them. */
  get bytes(): number {
    return this.#storages.reduce(
      (sum, { live, size, dtype }) =>
        live ? sum + size * DTYPES[dtype].bytes : sum,
      0,
    );
  }

  /**
   * A storage of at least `size` elements that is none of `taken`: the
   * smallest there is, or a new one. The caller owns a reference.
   */
  take(
    backend: Backend,
    dtype: DType,
    size: number,
    taken: readonly Storage[],
  ): Storage {
    this.#storages = this.#storages.filter(({ live }) => live);
    let best: Storage | null = null;
    for (const storage of this.#storages) {
      const fits = storage.backend === backend && storage.dtype === dtype &&
        storage.size >= size && !taken.includes(storage);
      if (fits && (best === null || storage.size < best.size)) best = storage;
    }
    if (best !== null) return best.retain();
    const made = new Storage(backend, dtype, size);
    this.#storages.push(made);
    return made;
  }
}
