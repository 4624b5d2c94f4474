/**
 * Conditions: what has to be as it was when a function was recorded, so that its
 * plan does what the function would do.
 *
 * @module
 */
import { VALUE } from "../members.ts";
import type { LeafState } from "./ownership.ts";
import type {
  Captured,
  CapturedState,
  LeafGradient,
  Recording,
} from "./recording.ts";
import { currentStructure } from "./structure.ts";

/** What a plan depends on besides the signature of its arguments. */
export class Conditions {
  readonly #recording: Recording;
  readonly #leaves: readonly LeafState[];
  readonly #guards: readonly (() => boolean)[];
  readonly #captured: readonly (readonly [Captured, CapturedState])[];

  /**
   * @param recording What the function did.
   * @param leaves The leaves whose gradient it read or set.
   */
  constructor(recording: Recording, leaves: readonly LeafState[]) {
    this.#recording = recording;
    this.#leaves = leaves;
    this.#guards = [...recording.guards.values()];
    this.#captured = [...recording.captured];
  }

  /**
   * Whether what the function met is still as it was.
   *
   * @param tensors The arguments, some of which may be leaves.
   */
  hold(tensors: readonly LeafGradient[]): boolean {
    if (this.#recording.structure !== currentStructure()) return false;
    const guards = this.#guards;
    for (let i = 0; i < guards.length; i++) if (!guards[i]!()) return false;
    const captured = this.#captured;
    for (let i = 0; i < captured.length; i++) {
      const [tensor, { storage, requiresGrad }] = captured[i]!;
      if (
        tensor.released || tensor[VALUE].storage !== storage ||
        tensor.requiresGrad !== requiresGrad
      ) return false;
    }
    const leaves = this.#leaves;
    for (let i = 0; i < leaves.length; i++) {
      const { of, before } = leaves[i]!;
      if (before === undefined || "result" in of) continue;
      const leaf = "leaf" in of ? of.leaf : tensors[of.argument]!;
      if (leaf.grad !== before) return false;
    }
    return true;
  }

  /** Whether arguments share memory with what the function uses besides. */
  overlap(tensors: readonly Captured[]): boolean {
    return this.#recording.overlaps(tensors);
  }

  /** Whether something that the plan needs was released for good. */
  get gone(): boolean {
    if (this.#recording.structure !== currentStructure()) return true;
    return this.#captured.some(([tensor, { storage }]) =>
      tensor.released || !storage.live
    );
  }
}
