/**
 * Ownership: what becomes of each piece of memory that a recorded function has
 * made, once its plan runs instead.
 *
 * @module
 */
import type { Backend } from "../backend.ts";
import type { DType } from "../dtype.ts";
import { Storage } from "../storage.ts";
import { KeptGradient } from "./kept_gradient.ts";
import type { Place } from "./launch.ts";
import type {
  Captured,
  GradientBefore,
  LeafGradient,
  Recording,
} from "./recording.ts";

/** The gradient that a leaf has after the function has run. */
export interface LeafState {
  /** The leaf, or where it is found among the arguments or the results. */
  readonly of:
    | { readonly leaf: LeafGradient }
    | { readonly argument: number }
    | { readonly result: number };
  /** The gradient that it must have before, if that is read; else undefined. */
  readonly before: Captured | null | undefined;
  /** The gradient that another one may stand for, as an argument may. */
  readonly taken: GradientBefore | null;
  /** Where the gradient is after. */
  readonly after: Place | null;
}

/** Divides the memory that a function has made by what becomes of it. */
export class Ownership {
  /** What every run makes anew: results, and gradients of leaves among them. */
  readonly outputs: readonly Storage[];
  /** Gradients of leaves from outside. */
  readonly kept: readonly KeptGradient[];
  /** What the function stored elsewhere; a reference to each is owned. */
  readonly #persistent = new Set<Storage>();
  readonly #given: ReadonlySet<Storage>;
  readonly #made: Set<Storage>;

  /**
   * @param recording What the function did.
   * @param results The memory of its results and of its counts of refused values.
   * @param gradients What leaves have as gradient after it has run.
   * @param apart The memory of gradients that are left out, and what they are
   * the product of.
   */
  constructor(
    { made, constants }: Recording,
    results: readonly Storage[],
    gradients: readonly LeafState[],
    apart: ReadonlySet<Storage>,
  ) {
    const given = new Set(results);
    const kept = new Map<Storage, LeafGradient[]>();
    // What is read may lie where the last run has left it.
    const isKept = ({ of, taken }: LeafState) => "leaf" in of && taken === null;
    for (const state of gradients) {
      if (state.after && !isKept(state)) given.add(state.after.storage);
    }
    for (const state of gradients) {
      const { of, after } = state;
      if (!after || !("leaf" in of) || !isKept(state)) continue;
      const { storage } = after;
      if (!made.has(storage) || constants.has(storage)) continue;
      given.delete(storage);
      kept.set(storage, [...kept.get(storage) ?? [], of.leaf]);
    }
    this.kept = [...kept].map(([like, leaves]) =>
      new KeptGradient(like, leaves)
    );
    for (const storage of made) {
      if (!storage.live || given.has(storage) || kept.has(storage)) continue;
      if (apart.has(storage)) continue;
      this.#persistent.add(storage.retain());
    }
    this.outputs = [...given].filter((storage) =>
      made.has(storage) && !constants.has(storage)
    );
    this.#given = new Set([...given, ...kept.keys(), ...constants]);
    this.#made = made;
  }

  /** Whether nobody needs a storage once the function has run. */
  isTemporary(storage: Storage): boolean {
    return this.#made.has(storage) && !this.#given.has(storage) &&
      !this.#persistent.has(storage);
  }

  /** Another temporary storage, or null where the backend has no such dtype. */
  add(backend: Backend, dtype: DType, size: number): Storage | null {
    if (!backend.dtypes.includes(dtype)) return null;
    // What stands for it is assigned with all other temporaries.
    const storage = new Storage(backend, dtype, size);
    storage.release();
    this.#made.add(storage);
    return storage;
  }

  /** Gives back what is owned. */
  dispose(): void {
    for (const storage of this.#persistent) storage.release();
    this.#persistent.clear();
    for (const gradient of this.kept) gradient.dispose();
  }
}
