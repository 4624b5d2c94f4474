/**
 * Tasks: what belongs to one asynchronous task of a program and not to the
 * others that run beside it: the innermost scope, whether operations are
 * recorded, the modes of modules, and the backend in use.
 *
 * A call that takes a function (`tidy`, `noGrad`, `fit`) runs it in a task of
 * its own, where the runtime can tell tasks apart; all that the function awaits
 * belongs to it. Where the runtime cannot, everything is one task, and what is
 * left out of order is noticed by the stacks of scopes and modes.
 *
 * Asking the runtime takes time. While a function runs without waiting, the
 * task is known, and so it is while no task is waiting for anything; only code
 * that runs beside a waiting task asks.
 *
 * @module
 */
import { type AsyncContext, runtimeContext } from "./async_context.ts";
import type { ModeSwitch } from "./autograd/mode.ts";
import type { Device } from "./device.ts";
import type { Scope } from "./scope.ts";

/**
 * What belongs to one asynchronous task.
 *
 * @example The task that began this one
 * ```ts
 * import { Task } from "@tenfold/core/internal";
 *
 * function depth(task: Task | null): number {
 *   return task === null ? 0 : 1 + depth(task.parent);
 * }
 * ```
 */
export class Task {
  /** The task that began this one; null for the program itself. */
  readonly parent: Task | null;
  /** Whether it is that of one call, and ends with it. */
  readonly own: boolean;
  /** The innermost scope; it may have ended, as may those around it. */
  scope: Scope | null;
  /** Whether operations are recorded. */
  recording: boolean;
  /** The innermost switch of `recording` that is in force. */
  mode: ModeSwitch | null = null;
  /** The device of tensors that name none; null asks the parent. */
  device: Device | null = null;
  /** Which call of `setBackend` chose the device. */
  deviceAsked = 0;
  /** The region of `autocast` that is in force; null while there is none. */
  casting: object | null;
  /** Whether modules are in training, for those whose modes are its own. */
  training: Map<object, boolean> | null = null;
  #ended = false;
  #waiting = false;

  /**
   * A task begins as its parent stands.
   *
   * @param parent The task that begins it.
   * @param own Whether it is that of one call, and ends with it.
   */
  constructor(parent: Task | null, own = false) {
    this.parent = parent;
    this.own = own;
    this.scope = parent?.scope ?? null;
    this.recording = parent?.recording ?? true;
    this.casting = parent?.casting ?? null;
  }

  /** True once its function has returned and its promise has settled. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Calls a function in this task, and all that it awaits. */
  run<T>(fn: () => T): T {
    const context = asyncContext();
    const before = known;
    known = this;
    depth++;
    try {
      return context === null ? fn() : context.run(this, fn);
    } finally {
      depth--;
      known = before;
      reconsider();
    }
  }

  /** Calls a function that waits for nothing in this task. */
  pin<T>(fn: () => T): T {
    const before = known;
    known = this;
    depth++;
    try {
      return fn();
    } finally {
      depth--;
      known = before;
      reconsider();
    }
  }

  /** From now on others run beside this task. */
  wait(): void {
    if (this.#waiting || this.#ended) return;
    this.#waiting = true;
    waiting++;
    reconsider();
  }

  /** It waits for nothing any more; it may again. */
  rest(): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    waiting--;
    reconsider();
  }

  /** Ends the task if it is that of one call. */
  leave(): void {
    if (this.own) this.end();
  }

  /** Ends the task: what still runs in it belongs to its parent. */
  end(): void {
    this.#ended = true;
    this.rest();
  }
}

const program = new Task(null);

/** The task that runs now, where that is known without asking. */
let known: Task | null = program;
/** How many functions that run in a known task have not returned. */
let depth = 0;
/** How many tasks wait for something. */
let waiting = 0;
/** Not looked for while undefined. */
let found: AsyncContext<Task> | null | undefined;

function asyncContext(): AsyncContext<Task> | null {
  return found === undefined ? found = runtimeContext<Task>() : found;
}

/** Whether the task is known where no function of a task is running. */
function reconsider(): void {
  if (depth > 0) return;
  known = waiting > 0 && asyncContext() !== null ? null : program;
}

/**
 * The task that runs now.
 *
 * @example Whether operations are recorded
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { currentTask } from "@tenfold/core/internal";
 *
 * assertEquals(currentTask().recording, true);
 * ```
 */
export function currentTask(): Task {
  return known ?? askedTask();
}

function askedTask(): Task {
  let task = asyncContext()?.getStore() ?? program;
  while (task.ended) task = task.parent!;
  return task;
}

/**
 * Used by tests: replaces the runtime's asynchronous context, by null for a
 * runtime that has none; undefined goes back to the runtime's own.
 */
export function setAsyncContext(
  context: AsyncContext<Task> | null | undefined,
): void {
  found = context;
  reconsider();
}

/** What a call around a function enters, and how it is left. */
export interface Ending {
  /** The function has returned a promise. */
  waits?(): void;
  /** The function has returned this value, or its promise has given it. */
  done(value: unknown, task: Task): void;
  /** The function has failed; its error is thrown afterwards. */
  failed?(): void;
}

/**
 * A task for one call around a function, or null where the runtime cannot tell
 * tasks apart.
 */
export function newTask(): Task | null {
  return asyncContext() === null ? null : new Task(currentTask(), true);
}

/** The same, but the current task where the runtime cannot tell them apart. */
export function ownTask(): Task {
  return newTask() ?? currentTask();
}

/**
 * Calls a function in a task of {@linkcode ownTask}, and leaves it when the
 * function is done; an async one when its promise settles.
 */
export function within<T>(task: Task, fn: () => T, ending: Ending): T {
  let result: T;
  try {
    result = task.run(fn);
  } catch (error) {
    ending.failed?.();
    task.leave();
    throw error;
  }
  return isPromise(result)
    ? settled(task, result, ending) as T
    : done(task, result, ending);
}

function done<T>(task: Task, value: T, ending: Ending): T {
  try {
    ending.done(value, task);
  } finally {
    task.leave();
  }
  return value;
}

function settled<T>(
  task: Task,
  result: PromiseLike<T>,
  ending: Ending,
): PromiseLike<T> {
  ending.waits?.();
  if (task.own) task.wait();
  return result.then(
    (value) => done(task, value, ending),
    (error) => {
      ending.failed?.();
      task.leave();
      throw error;
    },
  );
}

/** True for promises, also of another realm or another library. */
function isPromise(value: unknown): value is PromiseLike<unknown> {
  return value instanceof Promise ||
    (typeof value === "object" && value !== null && "then" in value &&
      typeof value.then === "function");
}
