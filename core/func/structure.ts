/**
 * Arguments and results of functions: tensors, alone or in arrays and plain
 * objects.
 *
 * @module
 */
import { isPlainObject } from "../option_messages.ts";
import { Tensor } from "../tensor.ts";

/** A tensor, or tensors in arrays and plain objects. */
export type Tensors =
  | Tensor
  | readonly Tensors[]
  | { readonly [name: string]: Tensors };

/** The same structure with each tensor replaced. */
export function mapTensors(
  value: unknown,
  replace: (tensor: Tensor) => unknown,
): unknown {
  if (value instanceof Tensor) return replace(value);
  if (Array.isArray(value)) return value.map((v) => mapTensors(v, replace));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value as object).map(([name, v]) => [
      name,
      mapTensors(v, replace),
    ]),
  );
}

/** The tensors of a structure, in order. */
export function tensorsIn(value: unknown): Tensor[] {
  const found: Tensor[] = [];
  mapTensors(value, (tensor) => found.push(tensor));
  return found;
}

/** Refuses promises, which a transform cannot wait for. */
export function refusePromise(name: string, value: unknown): void {
  if (
    typeof value === "object" && value !== null && "then" in value &&
    typeof value.then === "function"
  ) {
    throw new TypeError(
      `Cannot ${name} an async function as the transform ends when it returns: await before or after`,
    );
  }
}
