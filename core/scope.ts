/**
 * Scopes: everything that is made inside one is released where it ends.
 *
 * @module
 */
import "./dispose_symbol.ts";
import { OWNER } from "./members.ts";
import { OverlapError } from "./errors.ts";
import { checkCount } from "./options.ts";
import { callPlace, type Place, showPlace, traceAll } from "./place.ts";
import { type Scoped, scopedIn } from "./scoped.ts";
import { currentTask, type Ending, ownTask, Task, within } from "./task.ts";
import { isGenerator, scopedGenerator } from "./tidy_generator.ts";

export type { Scoped } from "./scoped.ts";

/**
 * What a scope is for; errors name it.
 *
 * @example The scope of a batch
 * ```ts
 * import type { ScopeKind } from "@tenfold/tenfold";
 *
 * const kind: ScopeKind = "batch";
 * ```
 */
export type ScopeKind = "scope" | "unscoped" | "batch" | "sequential";

/** The scope that owns what is made now. */
export function currentScope(): Scope | null {
  const task = currentTask();
  const { scope } = task;
  return scope === null || !scope.ended ? scope : liveScope(task);
}

/** The innermost scope of a task that has not ended. */
function liveScope(task: Task): Scope | null {
  return task.scope = around(task.scope);
}

/** The innermost scope from this one outwards that has not ended. */
function around(scope: Scope | null): Scope | null {
  while (scope?.ended) scope = scope.outer;
  return scope;
}

/**
 * Releases every tensor that was created in it when it ends.
 *
 * @example A tensor that outlives its scope
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Scope, scope, tensor, Tensor } from "@tenfold/tenfold";
 *
 * function sumOfSquares(x: Tensor): Tensor {
 *   using s: Scope = scope();
 *   return s.keep(x.square().sum());
 * }
 * assertEquals(await sumOfSquares(tensor([1, 2])).item(), 5);
 * ```
 */
export class Scope implements Disposable {
  /** The scope around it when it began. */
  readonly outer: Scope | null;
  /** What it is for. */
  readonly kind: ScopeKind;
  #owned: Scoped[] = [];
  #compactAt = 4096;
  #task: Task | null;
  #place: Place | null;
  #ended = false;

  /**
   * Begins a scope inside the innermost one of a task.
   *
   * @param task Null for one that only owns what it is given.
   * @param kind What it is for.
   * @param place Where it was begun, for errors.
   */
  constructor(
    task: Task | null = currentTask(),
    kind: ScopeKind = "scope",
    place: Place | null = null,
  ) {
    this.outer = task === null || task.scope === null ? null : liveScope(task);
    this.kind = kind;
    this.#task = task;
    this.#place = place;
    if (task) task.scope = this;
  }

  /** True once it has released what it owned. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Makes the scope the owner of something. */
  own(scoped: Scoped): void {
    if (this.kind === "unscoped") {
      scoped[OWNER] = null;
      return;
    }
    scoped[OWNER] = this;
    this.#owned.push(scoped);
    if (this.#owned.length >= this.#compactAt) this.#compact();
  }

  /** Forgets what was released or kept, so that long scopes stay small. */
  #compact(): void {
    this.#owned = this.#owned.filter((s) => s[OWNER] === this && !s.released);
    this.#compactAt = Math.max(4096, 2 * this.#owned.length);
  }

  /**
   * Keeps a tensor, or every tensor that can be reached from an array, a `Map`,
   * a `Set`, a module or any other object, beyond the end of this scope: it
   * then belongs to the enclosing scope, if any. Tensors of a `DataLoader`'s
   * batch are kept beyond their iteration of the loop.
   *
   * @returns What it was given.
   * @throws {TypeError} If it holds something that cannot be searched for
   * tensors, such as a promise or an iterator.
   * @example Return one result
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { arange, scope } from "@tenfold/tenfold";
   *
   * function total() {
   *   using s = scope();
   *   return s.keep(arange(4).square().sum());
   * }
   * assertEquals(total().itemSync(), 14);
   * ```
   */
  keep<T>(kept: T): T {
    const outer = around(this.outer);
    const found = scopedIn(kept);
    for (let i = 0; i < found.length; i++) {
      const scoped = found[i]!;
      const { [OWNER]: owner } = scoped;
      if (owner !== this && owner?.kind !== "batch") continue;
      scoped[OWNER] = null;
      outer?.own(scoped);
    }
    return kept;
  }

  /**
   * Ends the scope: releases what it still owns. Ending twice does nothing.
   *
   * @throws {OverlapError} If a scope that began inside it has not ended: two
   * tasks overlap. What this scope owns is released all the same.
   */
  dispose(): void {
    const left = this.#end();
    if (left === null) return;
    traceAll();
    throw new OverlapError(
      `Cannot end the ${this} before the ${left} inside it as that has not ended: two tasks overlap, so give each a call of its own, such as tidy(async () => ...), or end scopes in the reverse of the order in which they began`,
    );
  }

  /** Ends the scope and leaves what it owns to the one around it. */
  surrender(): void {
    const outer = around(this.outer);
    const owned = this.#owned;
    this.#owned = [];
    for (const scoped of owned) {
      if (scoped[OWNER] !== this || scoped.released) continue;
      scoped[OWNER] = null;
      outer?.own(scoped);
    }
    this.dispose();
  }

  /**
   * Takes the scope, with what was made in it so far, to a task of its own.
   *
   * @throws {OverlapError} If a scope that began inside it has not ended.
   */
  moved(): Task {
    const from = this.#task!;
    if (liveScope(from) !== this) this.dispose();
    from.scope = this.outer;
    const task = new Task(currentTask());
    task.scope = this;
    this.#task = task;
    return task;
  }

  /**
   * Hands what the task of this scope yields to the scope of whoever asked.
   */
  yielded(value: unknown): void {
    const asking = currentScope();
    for (const scoped of scopedIn(value)) {
      const { [OWNER]: owner } = scoped;
      if (owner === null || owner.#task !== this.#task) continue;
      scoped[OWNER] = null;
      asking?.own(scoped);
    }
  }

  /** Ends the scope while an error is on its way. */
  abandon(): void {
    this.#end();
  }

  /** Ends it; the result is a scope inside it that has not ended, or null. */
  #end(): Scope | null {
    if (this.#ended) return null;
    const task = this.#task;
    let left: Scope | null = null;
    if (task !== null && task.scope !== this) {
      left = liveScope(task);
      if (left === this) left = null;
    }
    this.#ended = true;
    if (task !== null) {
      task.scope = around(this === task.scope ? this.outer : task.scope);
    }
    if (this.#owned.length > 0) this.clear();
    return left;
  }

  /** Releases what it owns so far, and goes on. */
  clear(): void {
    const owned = this.#owned;
    if (owned.length === 0) return;
    this.#owned = [];
    for (let i = 0; i < owned.length; i++) {
      const scoped = owned[i]!;
      if (scoped[OWNER] !== this || scoped.released) continue;
      scoped.dispose();
      // So that an error can name who released it.
      scoped[OWNER] = this;
    }
  }

  /** Ends the scope at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** What it is and where it began, for messages. */
  toString(): string {
    const what = this.kind === "unscoped" ? "unscoped call" : "scope";
    return `${what} begun${showPlace(this.#place)}`;
  }
}

/**
 * Used by the library: calls `fn` with a function that tells what was made in
 * the call; all that is belongs to the scope around it afterwards.
 *
 * @example What a call has made
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { knowingNew } from "@tenfold/core/internal";
 *
 * const x = tensor([1]);
 * const made = knowingNew((isNew) => [isNew(x), isNew(x.neg())]);
 * assertEquals(made, [false, true]);
 * ```
 */
export function knowingNew<T>(fn: (isNew: (of: Scoped) => boolean) => T): T {
  const inner = new Scope();
  try {
    return fn((scoped) => scoped[OWNER] === inner);
  } finally {
    inner.surrender();
  }
}

const passedOn = new Scope(null, "sequential");

/**
 * Used by the library: releases what a module passed on to the next one.
 *
 * @example An output that nobody keeps
 * ```ts
 * import { scope, tensor } from "@tenfold/tenfold";
 * import { releasePassed } from "@tenfold/core/internal";
 *
 * using s = scope();
 * const hidden = tensor([1]).neg();
 * releasePassed(hidden);
 * ```
 */
export function releasePassed(scoped: Scoped): void {
  scoped.dispose();
  scoped[OWNER] = passedOn;
}

/** Why something that a scope owned cannot be used, and what to do. */
export function releasedBecause(owner: Scope | null): string {
  switch (owner?.kind) {
    case "batch":
      return "its turn in the loop over a DataLoader has ended: save it with scope.keep(tensor) or copy it with tensor.clone()";
    case "sequential":
      return "a Sequential under noGrad releases what one module passes to the next: copy it with tensor.clone() in the module that needs it later";
    case undefined:
      return "it was disposed of, itself or with what it belongs to: dispose of it after its last use, or leave that to a scope and save it with scope.keep(tensor)";
    default:
      traceAll();
      return `the ${owner} that made it has ended: save it with scope.keep(tensor) or return it from tidy, hold the state of a module in a Buffer, or make what outlives scopes in unscoped(() => ...)`;
  }
}

/**
 * Begins a scope. With `using`, it ends with the block, and every tensor made
 * in it is released, except those that `keep` saves. Parameters, optimizer
 * state and the `.grad` of leaves are never owned by a scope.
 *
 * While the block waits (`await`), the scope also owns what other tasks of the
 * program make that have no call such as `tidy` around them. Of two such blocks
 * the one that began first must end last, which is checked. Use `tidy` around
 * what waits.
 *
 * @example Release what a step makes
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { memory, ones, scope } from "@tenfold/tenfold";
 *
 * const before = memory().tensors;
 * {
 *   using _ = scope();
 *   ones([3]).add(1).exp();
 * }
 * assertEquals(memory().tensors, before);
 * ```
 */
export function scope(): Scope {
  checkCount("begin a scope", arguments.length, 0);
  return new Scope(currentTask(), "scope", callPlace());
}

/**
 * Calls a function in a scope of its own and keeps the tensors that it
 * returns: alone, or in whatever {@linkcode Scope.keep} searches.
 *
 * An async function keeps the scope until its promise settles. On Deno, Bun and
 * Node the scope owns what the function and all that it awaits make, and
 * nothing that is made beside it; in browsers, two that overlap are refused. A
 * generator keeps the scope until it ends; what it yields is kept.
 *
 * @throws {TypeError} If it returns something that cannot be searched for
 * tensors, such as a function.
 * @throws {OverlapError} If a scope that began inside it has not ended.
 * @example Keep only the result
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones, tidy } from "@tenfold/tenfold";
 *
 * const four = tidy(() => ones([2, 2]).sum());
 * assertEquals(four.itemSync(), 4);
 * ```
 * @example Yield one result after the other
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { full, tidy } from "@tenfold/tenfold";
 *
 * const squares = tidy(function* () {
 *   for (let i = 1; i < 4; i++) yield full([2], i).square();
 * });
 * const sums = [];
 * for (const square of squares) sums.push(square.sum().itemSync());
 * assertEquals(sums, [2, 8, 18]);
 * ```
 */
export function tidy<T>(fn: () => T): T {
  checkCount("tidy", arguments.length, 1);
  const task = ownTask();
  const inner = new Scope(task, "scope", callPlace());
  const ending = new TidyEnding(inner);
  const result = within(task, fn, ending);
  return ending.moved !== null && isGenerator(result)
    ? scopedGenerator(result, inner, ending.moved) as T
    : result;
}

/** Keeps what a function gives, and ends its scope. */
class TidyEnding implements Ending {
  readonly #scope: Scope;
  /** The task of a generator, which goes on in the scope. */
  moved: Task | null = null;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  done(value: unknown): void {
    const scope = this.#scope;
    if (isGenerator(value)) {
      this.moved = scope.moved();
      return;
    }
    try {
      scope.keep(value);
    } catch (error) {
      scope.abandon();
      throw error;
    }
    scope.dispose();
  }

  failed(): void {
    this.#scope.abandon();
  }
}

/**
 * {@linkcode tidy} around a function that is done when it returns; used by the
 * library.
 *
 * @example A result without what led to it
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { tidyNow } from "@tenfold/core/internal";
 *
 * const y = tidyNow(() => tensor([1, 2]).neg().sum());
 * assertEquals(await y.item(), -3);
 * ```
 */
export function tidyNow<T>(fn: () => T): T {
  const inner = new Scope();
  let result: T;
  try {
    result = fn();
  } catch (error) {
    inner.abandon();
    throw error;
  }
  inner.keep(result);
  inner.dispose();
  return result;
}

/**
 * Calls a function outside of every scope: tensors that it creates have no
 * owner. For an async function this holds until its promise settles.
 *
 * @example A tensor that outlives the scope around it
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones, scope, unscoped } from "@tenfold/tenfold";
 *
 * let mask;
 * {
 *   using _ = scope();
 *   mask = unscoped(() => ones([2]));
 * }
 * assertEquals(mask.toArraySync(), [1, 1]);
 * mask.dispose();
 * ```
 */
export function unscoped<T>(fn: () => T): T {
  checkCount("unscoped", arguments.length, 1);
  const task = ownTask();
  const barrier = new Scope(task, "unscoped", callPlace());
  return within(task, fn, {
    done: () => barrier.dispose(),
    failed: () => barrier.abandon(),
  });
}

/**
 * {@linkcode unscoped} around a function that is done when it returns; used by
 * the library.
 *
 * @example A tensor that outlives the scope
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { scope, tensor, Tensor } from "@tenfold/tenfold";
 * import { unscopedNow } from "@tenfold/core/internal";
 *
 * function make(): Tensor {
 *   using _ = scope();
 *   return unscopedNow(() => tensor([1]));
 * }
 * assertEquals(await make().item(), 1);
 * ```
 */
export function unscopedNow<T>(fn: () => T): T {
  const task = currentTask();
  const saved = task.scope;
  task.scope = null;
  try {
    return fn();
  } finally {
    task.scope = saved;
  }
}
