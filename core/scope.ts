/**
 * Scopes: everything that is made inside one is released where it ends.
 *
 * @module
 */

/** What a scope can own: a tensor, as far as a scope needs to know it. */
export interface Scoped {
  /** The scope that will release it, if any. */
  owner: Scope | null;
  /** True once its memory has been given back. */
  readonly released: boolean;
  /** Gives its memory back. */
  dispose(): void;
}

let innermost: Scope | null = null;

/** The scope that owns what is made now. */
export function currentScope(): Scope | null {
  return innermost;
}

/** Releases, where it ends, every tensor that was made in it. */
export class Scope {
  #owned: Scoped[] = [];
  #compactAt = 4096;
  #outer: Scope | null;
  #ended = false;

  /** Begins a scope inside the innermost one. */
  constructor() {
    this.#outer = innermost;
    innermost = this;
  }

  /** Makes the scope the owner of something. */
  own(scoped: Scoped): void {
    scoped.owner = this;
    this.#owned.push(scoped);
    if (this.#owned.length >= this.#compactAt) this.#compact();
  }

  /** Forgets what was released or kept, so that long scopes stay small. */
  #compact(): void {
    this.#owned = this.#owned.filter((s) => s.owner === this && !s.released);
    this.#compactAt = Math.max(4096, 2 * this.#owned.length);
  }

  /**
   * Saves a tensor, or every tensor in an array or plain object, from the end
   * of this scope: it then belongs to the scope around this one, if any.
   *
   * @returns What it was given.
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
    for (const scoped of scopedIn(kept)) {
      if (scoped.owner !== this) continue;
      scoped.owner = null;
      let outer = this.#outer;
      while (outer && outer.#ended) outer = outer.#outer;
      outer?.own(scoped);
    }
    return kept;
  }

  /** Ends the scope: releases what it still owns. Ending twice does nothing. */
  dispose(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (innermost === this) {
      let outer = this.#outer;
      while (outer && outer.#ended) outer = outer.#outer;
      innermost = outer;
    }
    const owned = this.#owned;
    this.#owned = [];
    for (const scoped of owned) {
      if (scoped.owner === this && !scoped.released) scoped.dispose();
    }
  }

  /** Ends the scope at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Tells tensors from other objects without knowing their class. */
function isScoped(value: object): value is Scoped {
  return "owner" in value && "released" in value && "dispose" in value;
}

/** The tensors in a value: itself, or those of an array or plain object. */
function* scopedIn(value: unknown): Generator<Scoped> {
  if (typeof value !== "object" || value === null) return;
  if (isScoped(value)) {
    yield value;
  } else if (Array.isArray(value)) {
    for (const item of value) yield* scopedIn(item);
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const item of Object.values(value)) yield* scopedIn(item);
  }
}

/**
 * Begins a scope. With `using`, it ends with the block, and every tensor made
 * in it is released, except those that `keep` saves. Parameters, optimizer
 * state and the `.grad` of leaves are never owned by a scope.
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
  return new Scope();
}

/**
 * Calls a function in a scope of its own and keeps the tensors that it
 * returns, alone or in arrays and plain objects. An async function keeps the
 * scope until its promise settles.
 *
 * @example Keep only the result
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones, tidy } from "@tenfold/tenfold";
 *
 * const four = tidy(() => ones([2, 2]).sum());
 * assertEquals(four.itemSync(), 4);
 * ```
 */
export function tidy<T>(fn: () => T): T {
  const inner = new Scope();
  let result: T;
  try {
    result = fn();
  } catch (error) {
    inner.dispose();
    throw error;
  }
  if (result instanceof Promise) {
    return result
      .then((value) => inner.keep(value))
      .finally(() => inner.dispose()) as T;
  }
  inner.keep(result);
  inner.dispose();
  return result;
}

/** Calls a function outside of every scope: what it makes has no owner. */
export function unscoped<T>(fn: () => T): T {
  const saved = innermost;
  innermost = null;
  try {
    return fn();
  } finally {
    innermost = saved;
  }
}
