type Keyed = Record<PropertyKey, unknown>;

/**
 * Deep equality as `@std/assert` defines it: NaN equals NaN, 0 equals -0, the
 * classes must agree.
 */
export function equal(a: unknown, b: unknown): boolean {
  return compare(a, b, new Map());
}

function compare(
  a: unknown,
  b: unknown,
  seen: Map<object, unknown>,
): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (
    typeof a !== "object" || typeof b !== "object" || a === null || b === null
  ) return false;
  if (classOf(a) !== classOf(b)) return false;
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  if (a instanceof RegExp || a instanceof URL) return String(a) === String(b);
  if (a instanceof ArrayBuffer) {
    return compare(new Uint8Array(a), new Uint8Array(b as ArrayBuffer), seen);
  }
  if (seen.get(a) === b) return true;
  seen.set(a, b);
  if (ArrayBuffer.isView(a) && !(a instanceof DataView)) {
    return compareLists(a as never, b as never);
  }
  if (a instanceof Set) {
    return sameEntries([...a], [...b as Set<unknown>], seen);
  }
  if (a instanceof Map) {
    return sameEntries([...a], [...b as Map<unknown, unknown>], seen);
  }
  if (a instanceof Error) {
    const other = b as Error;
    if (a.name !== other.name || a.message !== other.message) return false;
  }
  return compareKeys(a as Keyed, b as Keyed, seen);
}

function classOf(value: object): unknown {
  return value.constructor ?? Object;
}

function compareLists(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i] && !Object.is(a[i], b[i])) return false;
  }
  return true;
}

function sameEntries(
  a: unknown[],
  b: unknown[],
  seen: Map<object, unknown>,
): boolean {
  if (a.length !== b.length) return false;
  const left = [...b];
  return a.every((entry) => {
    const at = left.findIndex((other) => compare(entry, other, new Map(seen)));
    if (at < 0) return false;
    left.splice(at, 1);
    return true;
  });
}

function compareKeys(
  a: Keyed,
  b: Keyed,
  seen: Map<object, unknown>,
): boolean {
  if (Array.isArray(a) && a.length !== b.length) return false;
  const keys = enumerableKeys(a);
  return keys.length === enumerableKeys(b).length &&
    keys.every((key) => key in b && compare(a[key], b[key], seen));
}

function enumerableKeys(value: Keyed): PropertyKey[] {
  return Reflect.ownKeys(value).filter((key) =>
    Object.prototype.propertyIsEnumerable.call(value, key)
  );
}
