/**
 * What layers, optimizers and schedules tell a recording, so that a replay does
 * what they would do.
 *
 * @module
 */
import { currentRecording } from "./recording.ts";

export { structureChanged } from "./structure.ts";

/**
 * Finds for tensors that a recorded function took from outside what has to stay
 * as it is, or null where there is nothing.
 *
 * @example Nothing that has to stay
 * ```ts
 * import type { Observer } from "@tenfold/core/internal";
 *
 * const observer: Observer = () => null;
 * ```
 */
export type Observer = (
  captured: ReadonlySet<object>,
) => (() => boolean) | null;

const observers: Observer[] = [];

/**
 * Has every recording asked what its plan depends on besides.
 *
 * @example A plan that holds whatever happens
 * ```ts
 * import { observeRecordings } from "@tenfold/core/internal";
 *
 * observeRecordings(() => null);
 * ```
 */
export function observeRecordings(observer: Observer): void {
  observers.push(observer);
}

/** The conditions that observers found. */
export function observed(captured: Iterable<object>): (() => boolean)[] {
  const tensors = new Set(captured);
  return observers.flatMap((observer) => observer(tensors) ?? []);
}

/**
 * The side of a recording that code on top of tensors sees.
 *
 * @example A plan that holds as long as a flag does
 * ```ts
 * import type { RecordingHooks } from "@tenfold/core/internal";
 *
 * function guardBy(recording: RecordingHooks, flags: { on: boolean }): void {
 *   const { on } = flags;
 *   recording.guard(flags, () => flags.on === on);
 * }
 * ```
 */
export interface RecordingHooks {
  /**
   * A replay does the same only while this holds; where it does not, the
   * function is recorded anew. Asked once for each `of`.
   */
  guard(of: object, holds: () => boolean): void;
  /** Cannot go on: throws, or runs the function to its end unrecorded. */
  refuse(what: string): void;
  /** Does not record what `fn` does: state that is made once. */
  pause<T>(fn: () => T): T;
  /** Something besides kernels that each replay does as well. */
  effect(run: () => void): void;
  /**
   * Values that are asked for again at each replay. A change in place whose
   * scalars are the array that this returns takes them.
   */
  lateValues(produce: () => readonly number[]): readonly number[];
}

/**
 * The recording that is under way, or null where code runs eagerly.
 *
 * @example Code that runs eagerly
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { currentRecording } from "@tenfold/core/internal";
 *
 * assertEquals(currentRecording(), null);
 * ```
 */
export function currentHooks(): RecordingHooks | null {
  return currentRecording();
}
