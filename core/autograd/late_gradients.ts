/**
 * Gradients of leaves that are made when somebody reads them.
 *
 * @module
 */
import { ADOPT_GRAD } from "../members.ts";
import type { Tensor } from "../tensor.ts";
import { type LateGradients, setLateGradients } from "./node.ts";
import type { RowGradient } from "./row_gradients.ts";

/** The gradient of a leaf, not made yet. */
export interface LateGradient {
  /** As rows that stay beside it once it is made, or null. */
  readonly rows: RowGradient | null;
  /** Makes it. */
  fill(leaf: Tensor): Tensor;
  /** Nobody will ask for it any more. */
  dispose(): void;
}

const pending = new WeakMap<object, LateGradient>();

/** What tensors and optimizers ask, once there is one. */
const LATE: LateGradients = {
  grad(leaf) {
    const late = pending.get(leaf);
    if (late === undefined) return null;
    const whole = late.fill(leaf as Tensor);
    pending.delete(leaf);
    (leaf as Tensor)[ADOPT_GRAD](whole);
    // They stay valid while the whole gradient is as it was.
    if (late.rows !== null) pending.set(leaf, late);
    return whole;
  },
  drop(leaf) {
    const late = pending.get(leaf);
    if (late === undefined) return;
    pending.delete(leaf);
    late.dispose();
  },
  rowsOf(leaf) {
    const rows = pending.get(leaf)?.rows ?? null;
    if (rows === null || !rows.stale) return rows;
    LATE.drop(leaf);
    return null;
  },
};

/** Leaves a gradient to a leaf that has none. */
export function leaveGradient(leaf: object, gradient: LateGradient): void {
  setLateGradients(LATE);
  pending.set(leaf, gradient);
}
