/**
 * What a walk adds up for one output of a node. Gradients of views wait as
 * parts with their places and are brought together in one buffer, so that a
 * loop over the rows of a tensor costs as much as the tensor and not as much
 * for each row.
 *
 * @module
 */
import { OWNER } from "../members.ts";
import type { MovementOp, Op } from "../op.ts";
import { type Shape, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** Applies a primitive to tensors. */
export type Apply = (op: Op, inputs: readonly Tensor[]) => Tensor;

/** Gradients of views of one tensor. */
interface Waiting {
  /** The extents of the tensor. */
  readonly shape: Shape;
  readonly parts: Tensor[];
  /** The movements that lead to each part. */
  readonly places: (readonly MovementOp[])[];
  /** Elements of the parts. */
  size: number;
}

/** A gradient of which parts may still be apart. It owns its tensors. */
export class GradientSum {
  #sum: Tensor | null = null;
  #waiting: Waiting | null = null;

  /** Adds a gradient, which it takes over. */
  add(gradient: Tensor): void {
    const sum = this.#sum;
    this.#sum = sum ? outside(sum.add(gradient)) : gradient;
    if (!sum) return;
    sum.dispose();
    gradient.dispose();
  }

  /**
   * Adds a gradient, which it takes over, of the view that windows show of a
   * tensor of `shape`.
   */
  place(
    part: Tensor,
    shape: Shape,
    windows: readonly MovementOp[],
    apply: Apply,
  ): void {
    const waiting = this.#waiting ??= { shape, parts: [], places: [], size: 0 };
    waiting.parts.push(part);
    waiting.places.push(windows);
    waiting.size += part.size;
    // Joined whenever they have as many elements as the whole, parts that
    // overlap hold no more memory, and a join costs no more than its parts.
    if (waiting.parts.length > 1 && waiting.size >= sizeOf(shape)) {
      this.#join(waiting, apply);
    }
  }

  /** The sum, which the caller takes over; null where there is nothing. */
  take(apply: Apply): Tensor | null {
    if (this.#waiting) this.#join(this.#waiting, apply);
    const sum = this.#sum;
    this.#sum = null;
    return sum;
  }

  #join(waiting: Waiting, apply: Apply): void {
    const { shape } = waiting;
    const sum = this.#sum;
    const parts = sum ? [sum, ...waiting.parts] : waiting.parts;
    const places = sum ? [[], ...waiting.places] : waiting.places;
    const op: Op = parts.length === 1
      ? { name: "place", shape, value: 0, windows: places[0]! }
      : { name: "placeSum", shape, places };
    const joined = outside(apply(op, parts));
    this.dispose();
    this.#sum = joined;
  }

  /** Releases everything. */
  dispose(): void {
    this.#sum?.dispose();
    if (this.#waiting) {
      for (const part of this.#waiting.parts) part.dispose();
    }
    this.#sum = null;
    this.#waiting = null;
  }
}

/** A tensor that no scope owns. */
export function outside(tensor: Tensor): Tensor {
  tensor[OWNER] = null;
  return tensor;
}
