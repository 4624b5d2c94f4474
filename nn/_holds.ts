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
  return inFields(module, tensor, new Set());
}

function inFields(object: object, tensor: Tensor, seen: Set<object>): boolean {
  const fields = object as { readonly [key: string]: unknown };
  for (const key of Object.keys(fields)) {
    const value = fields[key];
    if (value === tensor) return true;
    if (typeof value !== "object" || value === null) continue;
    if (value instanceof Tensor || ArrayBuffer.isView(value)) continue;
    if (seen.has(value)) continue;
    seen.add(value);
    if (inFields(value, tensor, seen) || inItems(value, tensor, seen)) {
      return true;
    }
  }
  return false;
}

function inItems(object: object, tensor: Tensor, seen: Set<object>): boolean {
  if (object instanceof Map) {
    return inFields([...object.keys(), ...object.values()], tensor, seen);
  }
  return object instanceof Set && inFields([...object], tensor, seen);
}
