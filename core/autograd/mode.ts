/**
 * Whether operations are recorded for backward.
 *
 * @module
 */

let recording = true;

/** True while operations are recorded. */
export function isRecording(): boolean {
  return recording;
}

/** Restores what a mode switched, at the end of a `using` block. */
export interface ModeSwitch {
  /** Restores the mode that was in force before. */
  [Symbol.dispose](): void;
}

function switchTo(mode: boolean): ModeSwitch {
  const before = recording;
  recording = mode;
  return {
    [Symbol.dispose]() {
      recording = before;
    },
  };
}

/** Calls `fn` under a mode, until its promise settles if it returns one. */
export function withRecording<T>(mode: boolean, fn: () => T): T {
  const before = recording;
  recording = mode;
  let pending = false;
  try {
    const result = fn();
    if (result instanceof Promise) {
      pending = true;
      return result.finally(() => {
        recording = before;
      }) as T;
    }
    return result;
  } finally {
    if (!pending) recording = before;
  }
}

/**
 * Operations are not recorded: as a call around a function (async ones count
 * until their promise settles), or until the end of the block with `using`.
 *
 * @example Both forms
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { noGrad, ones } from "@tenfold/tenfold";
 *
 * const w = ones([2], { requiresGrad: true });
 * assertEquals(noGrad(() => w.mul(2)).requiresGrad, false);
 * {
 *   using _ = noGrad();
 *   assertEquals(w.mul(2).requiresGrad, false);
 * }
 * assertEquals(w.mul(2).requiresGrad, true);
 * ```
 */
export function noGrad(): ModeSwitch;
/** Calls `fn` without recording and returns what it returns. */
export function noGrad<T>(fn: () => T): T;
export function noGrad<T>(fn?: () => T): T | ModeSwitch {
  return fn ? withRecording(false, fn) : switchTo(false);
}

/** Operations are recorded again inside a `noGrad`; the same two forms. */
export function enableGrad(): ModeSwitch;
/** Calls `fn` with recording on and returns what it returns. */
export function enableGrad<T>(fn: () => T): T;
export function enableGrad<T>(fn?: () => T): T | ModeSwitch {
  return fn ? withRecording(true, fn) : switchTo(true);
}
