/**
 * Finds a tensor in what a module remembers.
 *
 * @module
 */
import { Tensor } from "@tenfold/core";

/**
 * Whether a tensor can be reached from the public fields of a module: from its
 * modules, arrays, maps, sets and other objects there.
 */
export function holds(module: object, tensor: Tensor): boolean {
  const seen = new Set<object>();
  const search = (value: unknown): boolean => {
    if (value === tensor) return true;
    if (typeof value !== "object" || value === null) return false;
    if (value instanceof Tensor || ArrayBuffer.isView(value)) return false;
    if (seen.has(value)) return false;
    seen.add(value);
    if (value instanceof Map) {
      for (const [key, item] of value) {
        if (search(key) || search(item)) return true;
      }
    } else if (value instanceof Set) {
      for (const item of value) if (search(item)) return true;
    }
    const fields = value as { readonly [key: string]: unknown };
    for (const key in fields) {
      if (Object.hasOwn(fields, key) && search(fields[key])) return true;
    }
    return false;
  };
  return search(module);
}
