/**
 * What was chosen for the latest calls of a kernel: programs repeat a few, and
 * choosing takes longer than finding what was chosen.
 *
 * @module
 */
import type { KernelCall } from "@tenfold/core/backend";
import type { Memory } from "../device/buffer.ts";

/** Choices that are kept: more layers than a small net has. */
const MAX_KEPT = 8;

interface Kept<T> {
  readonly call: Pick<KernelCall, "shape" | "strides">;
  readonly dtypes: readonly string[];
  readonly alignments: readonly number[];
  readonly choice: T;
}

/**
 * The latest choices that depend on nothing but extents, strides, dtypes, and
 * the elements by which offsets exceed a multiple of four.
 */
export class Recent<T> {
  readonly #kept: Kept<T>[] = [];
  #next = 0;

  /** What was chosen for a call like this one. */
  find(call: KernelCall): T | null {
    for (const kept of this.#kept) {
      if (isLike(kept, call)) return kept.choice;
    }
    return null;
  }

  /** Keeps a choice in place of the oldest one. */
  keep(call: KernelCall, choice: T): T {
    const { buffers, offsets, shape, strides } = call;
    this.#kept[this.#next] = {
      call: { shape, strides },
      dtypes: buffers.map((buffer) => (buffer as Memory).dtype),
      alignments: offsets.map((offset) => offset & 3),
      choice,
    };
    this.#next = (this.#next + 1) % MAX_KEPT;
    return choice;
  }

  /** Forgets all of them. */
  clear(): void {
    this.#kept.length = this.#next = 0;
  }
}

function isLike<T>(
  { alignments, call: { shape, strides }, dtypes }: Kept<T>,
  call: KernelCall,
): boolean {
  if (!areSame(shape, call.shape)) return false;
  for (let i = 0; i < dtypes.length; i++) {
    if (dtypes[i] !== (call.buffers[i] as Memory).dtype) return false;
    if (alignments[i] !== (call.offsets[i]! & 3)) return false;
    if (!areSame(strides[i]!, call.strides[i]!)) return false;
  }
  return true;
}

function areSame(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true;
  for (let d = 0; d < a.length; d++) if (a[d] !== b[d]) return false;
  return a.length === b.length;
}
