/**
 * Whether operations are recorded for backward.
 *
 * @module
 */
import "../dispose_symbol.ts";
import { OverlapError } from "../errors.ts";
import { checkCount } from "../options.ts";
import { callPlace, type Place, showPlace, traceAll } from "../place.ts";
import {
  currentTask,
  type Ending,
  newTask,
  type Task,
  within,
} from "../task.ts";

/**
 * True while operations are recorded for `backward`.
 *
 * @example Within noGrad
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { isGradEnabled, noGrad } from "@tenfold/tenfold";
 *
 * assertEquals(isGradEnabled(), true);
 * assertEquals(noGrad(() => isGradEnabled()), false);
 * ```
 */
export function isRecording(): boolean {
  return currentTask().recording;
}

/**
 * Restores the previous mode at the end of a `using` block.
 *
 * @example Recording switched off up to the end of a block
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type ModeSwitch, noGrad, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor(2, { requiresGrad: true });
 * {
 *   using _mode: ModeSwitch = noGrad();
 *   assertEquals(x.square().requiresGrad, false);
 * }
 * assertEquals(x.square().requiresGrad, true);
 * ```
 */
export interface ModeSwitch {
  /**
   * Restores the mode that was in force before.
   *
   * @throws {OverlapError} If a mode that began later is still in force.
   */
  [Symbol.dispose](): void;
}

/** A switch that is in force in a task, until it ends. */
class Switch implements ModeSwitch, Ending {
  readonly #task: Task;
  readonly #mode: boolean;
  #place: Place | null = null;
  /** The switch around this one that is still in force. */
  #outer: Switch | null;
  #before: boolean;
  #ended = false;

  constructor(task: Task, mode: boolean) {
    this.#task = task;
    this.#mode = mode;
    this.#outer = task.mode as Switch | null;
    this.#before = task.recording;
    task.mode = this;
    task.recording = mode;
  }

  /** Remembers where it began, for those that last longer than a call. */
  located(): this {
    this.#place = callPlace();
    return this;
  }

  /** Ends it, and says whether another one that began later has not ended. */
  #end(): Switch | null {
    if (this.#ended) return null;
    this.#ended = true;
    const task = this.#task;
    const innermost = task.mode as Switch;
    if (innermost === this) {
      task.mode = this.#outer;
      task.recording = this.#before;
      return null;
    }
    // Taken out of the middle: what was before it is before the next one.
    let inner = innermost;
    while (inner.#outer !== this) inner = inner.#outer!;
    inner.#outer = this.#outer;
    inner.#before = this.#before;
    return innermost;
  }

  [Symbol.dispose](): void {
    const left = this.#end();
    if (left !== null) throw overlap(this, left);
  }

  waits(): void {
    this.located();
  }

  done(): void {
    this[Symbol.dispose]();
  }

  failed(): void {
    this.#end();
  }

  toString(): string {
    return `${this.#mode ? "enableGrad" : "noGrad"} begun${
      showPlace(this.#place)
    }`;
  }
}

function overlap(ended: Switch | string, left: ModeSwitch): OverlapError {
  traceAll();
  return new OverlapError(
    `Cannot end the ${ended} before the ${left} inside it as that is still in force: two tasks overlap, so give each a call of its own, such as noGrad(async () => ...), or end modes in the reverse of the order in which they began`,
  );
}

/** How a call ends whose mode is that of its task. */
const ofTask = (name: string): Ending => ({
  done(_, { mode }) {
    if (mode !== null) throw overlap(name, mode);
  },
});

const NO_GRAD = ofTask("noGrad");
const ENABLE_GRAD = ofTask("enableGrad");

/** The mode that keeps operations from being recorded now, for messages. */
export function modeInForce(): string {
  const { mode, recording } = currentTask();
  return recording ? "" : ` (the ${mode ?? "noGrad"} is in force)`;
}

/** Calls `fn`, which waits for nothing, under a mode. */
export function withRecording<T>(mode: boolean, fn: () => T): T {
  const task = currentTask();
  const before = task.recording;
  task.recording = mode;
  try {
    return fn();
  } finally {
    task.recording = before;
  }
}

/** Enters a mode until somebody ends it. */
function begin(mode: boolean): ModeSwitch {
  return new Switch(currentTask(), mode).located();
}

/** Calls `fn` under a mode, until its promise settles if it returns one. */
function under<T>(mode: boolean, fn: () => T): T {
  const task = newTask();
  if (task === null) {
    const current = currentTask();
    return within(current, fn, new Switch(current, mode));
  }
  // A task of its own begins with the mode and ends with it.
  task.recording = mode;
  return within(task, fn, mode ? ENABLE_GRAD : NO_GRAD);
}

/**
 * {@linkcode noGrad} around a function that is done when it returns; used by
 * the library.
 *
 * @example An operation that is not recorded
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { noGradNow } from "@tenfold/core/internal";
 *
 * const x = tensor([1], { requiresGrad: true });
 * assertEquals(noGradNow(() => x.neg()).requiresGrad, false);
 * ```
 */
export function noGradNow<T>(fn: () => T): T {
  return withRecording(false, fn);
}

/**
 * Disables recording of operations: during a call of a function (of an async
 * one until its promise settles), or with `using` until the end of the block.
 *
 * On Deno, Bun and Node, the call applies to the function and to what it
 * awaits, and not to other tasks that run meanwhile. With `using`, and in
 * browsers, while the block or the function waits, the mode also applies to
 * other tasks that have no such call of their own, without a warning. Of two
 * such modes the one that began first must end last, which is checked. Use the
 * call where anything is awaited.
 *
 * @throws {OverlapError} When it ends while a mode that began later is still in
 * force.
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
/**
 * Calls `fn` without recording and returns what it returns.
 *
 * @example A prediction
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { noGrad, ones } from "@tenfold/tenfold";
 *
 * const w = ones([2], { requiresGrad: true });
 * assertEquals(noGrad(() => w.mul(2)).requiresGrad, false);
 * ```
 */
export function noGrad<T>(fn: () => T): T;
export function noGrad<T>(fn?: () => T): T | ModeSwitch {
  checkCount("noGrad", arguments.length, 1);
  return fn ? under(false, fn) : begin(false);
}

/**
 * Enables recording of operations inside a `noGrad`, in the same two forms.
 *
 * @example Until the end of a block
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { enableGrad, noGrad, ones } from "@tenfold/tenfold";
 *
 * const w = ones([2], { requiresGrad: true });
 * using _ = noGrad();
 * {
 *   using _on = enableGrad();
 *   assertEquals(w.mul(2).requiresGrad, true);
 * }
 * assertEquals(w.mul(2).requiresGrad, false);
 * ```
 */
export function enableGrad(): ModeSwitch;
/**
 * Calls `fn` with recording on and returns what it returns.
 *
 * @example A gradient within a prediction
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { enableGrad, noGrad, ones } from "@tenfold/tenfold";
 *
 * const w = ones([2], { requiresGrad: true });
 * const y = noGrad(() => enableGrad(() => w.mul(2)));
 * assertEquals(y.requiresGrad, true);
 * ```
 */
export function enableGrad<T>(fn: () => T): T;
export function enableGrad<T>(fn?: () => T): T | ModeSwitch {
  checkCount("enableGrad", arguments.length, 1);
  return fn ? under(true, fn) : begin(true);
}
