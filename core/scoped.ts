/**
 * What scopes own, and how it is found in the values that are to be kept.
 *
 * @module
 */
import { OWNER } from "./members.ts";
import { showValue } from "./options.ts";
import type { Scope } from "./scope.ts";

/**
 * What a scope can own: a tensor, as far as a scope needs to know it.
 *
 * @example Anything that a scope can own
 * ```ts
 * import type { Scoped } from "@tenfold/tenfold";
 *
 * function isLive(owned: Scoped): boolean {
 *   return !owned.released;
 * }
 * ```
 */
export interface Scoped {
  /** The scope that will release it, if any; afterwards, the one that did. */
  [OWNER]: Scope | null;
  /** True once its memory has been given back. */
  readonly released: boolean;
  /** Gives its memory back. */
  dispose(): void;
}

/** Tells tensors from other objects without knowing their class. */
function isScoped(value: object): value is Scoped {
  return OWNER in value;
}

/**
 * Every tensor that can be reached from a value: itself, the elements of
 * arrays, of maps and sets, and the fields of other objects, but those of
 * `#private` fields and closures, which nobody can look into.
 *
 * @throws {TypeError} If the value, or an element of an array, a plain object,
 * a map or a set in it, cannot be searched.
 */
export function scopedIn(value: unknown): readonly Scoped[] {
  if (typeof value === "function") throw opaque(value);
  if (typeof value !== "object" || value === null) return NONE;
  // Nearly always it is one tensor.
  if (isScoped(value)) return [value];
  const found: Scoped[] = [];
  const seen = new Set<object>([value]);
  const pending: object[] = [value];
  const visit = (part: unknown, strict: boolean): void => {
    if (typeof part !== "object" || part === null || seen.has(part)) return;
    seen.add(part);
    if (isScoped(part)) found.push(part);
    else if (!isOpaque(part)) pending.push(part);
    else if (strict) throw opaque(part);
  };
  if (isOpaque(value)) throw opaque(value);
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (ArrayBuffer.isView(next)) continue;
    if (next instanceof Map) {
      for (const [key, item] of next) {
        visit(key, true);
        visit(item, true);
      }
    } else if (next instanceof Set) {
      for (const item of next) visit(item, true);
    }
    const strict = isPlain(next);
    for (const key of Reflect.ownKeys(next)) {
      const property = Reflect.getOwnPropertyDescriptor(next, key);
      // The getters of plain objects give what they hold; others may do work.
      visit(
        property?.get && strict ? Reflect.get(next, key) : property?.value,
        strict,
      );
    }
  }
  return found;
}

const NONE: readonly Scoped[] = [];

/** True for arrays and plain objects. */
function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Whether an object may lead to tensors that nobody can find. */
function isOpaque(value: object): boolean {
  return value instanceof Promise || value instanceof WeakMap ||
    value instanceof WeakSet || value instanceof WeakRef ||
    ("next" in value && typeof value.next === "function" &&
      (Symbol.iterator in value || Symbol.asyncIterator in value));
}

function opaque(value: object): TypeError {
  const [what, wayOut] = typeof value === "function"
    ? ["a function", "return the tensors that it uses beside it"]
    : value instanceof Promise
    ? ["a promise", "await it first"]
    : "next" in value
    ? ["an iterator", "collect its values in an array first"]
    : [showValue(value), "use a Map or a Set"];
  return new TypeError(
    `Cannot keep ${what} as it cannot be searched for tensors: ${wayOut}`,
  );
}
