/**
 * How operations learn of `autocast`, which casts their inputs. Null while no
 * region of it is in force anywhere.
 *
 * @module
 */
import type { DType } from "./dtype.ts";
import { currentTask } from "./task.ts";
import type { Tensor } from "./tensor.ts";

/** What regions of `autocast` answer. */
export interface Casting {
  /**
   * Calls `run` with the inputs as the operation or function of a name takes
   * them; null, without a call, where it takes them as they are.
   */
  through<R>(
    name: string,
    inputs: readonly Tensor[],
    run: (inputs: readonly Tensor[]) => R,
  ): R | null;
  /** The dtype that a name is computed in; null where its inputs say so. */
  dtypeOf(name: string): DType | null;
}

/** What the regions answer that are in force. */
export let casting: Casting | null = null;

/** Puts regions in force, or none. */
export function setCasting(next: Casting | null): void {
  casting = next;
}

/**
 * The dtype that the operation or function of a name is computed in under the
 * `autocast` of this task; null where there is none, or the inputs say so.
 *
 * @example Outside of a region
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { castingOf } from "@tenfold/core/internal";
 *
 * assertEquals(castingOf("matmul"), null);
 * ```
 */
export function castingOf(name: string): DType | null {
  return casting === null ? null : casting.dtypeOf(name);
}

/** Calls `fn` with the region of a task that `casting` is, or with none. */
export function withCasting<T>(region: object | null, fn: () => T): T {
  const task = currentTask();
  const before = task.casting;
  if (before === region) return fn();
  task.casting = region;
  try {
    return fn();
  } finally {
    task.casting = before;
  }
}
