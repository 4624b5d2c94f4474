/**
 * Memory of the gradients of leaves, which stays from run to run: every plan that
 * gives a leaf its gradient puts it there, whatever its signature or function.
 *
 * @module
 */
import { VALUE } from "../members.ts";
import { Storage } from "../storage.ts";
import type { Value } from "../value.ts";
import type { Patch } from "./bindings.ts";
import type { LeafGradient } from "./recording.ts";

/** The memory of the gradient of a leaf, and how many plans use it. */
interface GradientMemory {
  /** A reference to it is owned. */
  storage: Storage;
  users: number;
}

const memories = new WeakMap<LeafGradient, GradientMemory>();

/** The memory of the gradient of a leaf, which lies in `like` now. */
function memoryOf(leaf: LeafGradient, like: Storage): GradientMemory {
  const known = memories.get(leaf);
  const fits = known?.storage.backend === like.backend &&
    known.storage.dtype === like.dtype && known.storage.size === like.size;
  if (!fits) {
    const made = { storage: like.retain(), users: 1 };
    memories.set(leaf, made);
    return made;
  }
  known.users++;
  replace(known, like.retain());
  return known;
}

function replace(memory: GradientMemory, by: Storage): void {
  memory.storage.release();
  memory.storage = by;
}

/** A gradient that a plan gives to leaves. */
export class KeptGradient {
  /** Where it was when the function was recorded. */
  readonly like: Storage;
  /** The leaves whose gradient it is. */
  readonly leaves: readonly LeafGradient[];
  readonly #memory: GradientMemory;
  /** What the launches of the plan are bound to. */
  #bound: Storage;

  /**
   * @param like Where it is now.
   * @param leaves The leaves whose gradient it is, at least one.
   */
  constructor(like: Storage, leaves: readonly LeafGradient[]) {
    this.like = this.#bound = like;
    this.leaves = leaves;
    this.#memory = memoryOf(leaves[0]!, like);
  }

  /** Where it is. */
  get storage(): Storage {
    return this.#memory.storage;
  }

  /**
   * Takes other memory where somebody still looks at the gradient, and binds the
   * launches to the memory of now.
   *
   * @param patches The launches.
   * @param values The arguments of the run.
   * @returns Whether they were bound to other memory before.
   */
  renew(patches: readonly Patch[], values: readonly Value[]): boolean {
    const { storage } = this;
    let known = 1;
    for (const { grad } of this.leaves) {
      if (grad?.[VALUE].storage === storage) known++;
    }
    let used = storage.references > known;
    for (let i = 0; i < values.length && !used; i++) {
      used = values[i]!.storage === storage;
    }
    if (used) {
      const { backend, dtype, size } = storage;
      replace(this.#memory, new Storage(backend, dtype, size));
    }
    if (this.storage === this.#bound) return false;
    this.#bound = this.storage;
    for (const { bound, at } of patches) {
      bound.call.buffers[at] = this.#bound.buffer;
    }
    return true;
  }

  /** Gives the memory back where no other plan uses it. */
  dispose(): void {
    if (--this.#memory.users > 0) return;
    this.storage.release();
    const [leaf] = this.leaves as [LeafGradient];
    if (memories.get(leaf) === this.#memory) memories.delete(leaf);
  }
}
