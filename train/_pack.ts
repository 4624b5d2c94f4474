/**
 * Nested state as JSON and a flat list of tensors, and back.
 *
 * @module
 */
import { Tensor } from "@tenfold/core";

/** State in the two parts that a safetensors file has. */
export interface Packed {
  /** The plain values, with `{ "$tensor": name, shape }` where a tensor was. */
  readonly json: string;
  /** The tensors, by the path that leads to each. */
  readonly tensors: { [name: string]: Tensor };
}

/** Numbers that JSON cannot write. */
const SPECIAL: ReadonlyMap<string, number> = new Map([
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
  ["-0", -0],
]);

/**
 * Takes the tensors out of nested state.
 *
 * @throws {TypeError} If it holds what JSON cannot, such as a function; the
 * message has the path.
 */
export function pack(state: unknown): Packed {
  const tensors: { [name: string]: Tensor } = {};
  const convert = (value: unknown, path: string): unknown => {
    if (value instanceof Tensor) {
      let name = path;
      while (Object.hasOwn(tensors, name)) name += "_";
      tensors[name] = value;
      // Kept beside the name, it tells when the tensor is not the one it was.
      return { $tensor: name, shape: value.shape };
    }
    switch (typeof value) {
      case "number": {
        const text = Object.is(value, -0) ? "-0" : String(value);
        return SPECIAL.has(text) ? { $number: text } : value;
      }
      case "string":
      case "boolean":
      case "undefined":
        return value;
      case "object":
        if (value === null) return null;
        if (Array.isArray(value)) {
          return value.map((item, i) => convert(item, `${path}.${i}`));
        }
        if (isPlain(value)) {
          return Object.fromEntries(
            Object.entries(value).map(([key, item]) => [
              key,
              convert(item, path === "" ? key : `${path}.${key}`),
            ]),
          );
        }
    }
    throw new TypeError(
      `Cannot save ${path} as it is not a plain value: got ${
        typeof value === "object"
          ? `a ${value?.constructor?.name}`
          : `a ${typeof value}`
      }`,
    );
  };
  return { json: JSON.stringify(convert(state, "")), tensors };
}

/**
 * Puts tensors back into their places.
 *
 * @param packed What {@linkcode pack} returned.
 * @param options `shapeless`: whether to take the layout before shapes were
 * kept as well, in which no tensor has one.
 * @throws {SyntaxError} If it is not the JSON of {@linkcode pack}, or a tensor
 * is missing or has another shape.
 */
export function unpack(
  packed: Packed,
  { shapeless = false }: { shapeless?: boolean } = {},
): unknown {
  let first: boolean | undefined;
  return JSON.parse(packed.json, (_, value: unknown) => {
    if (typeof value !== "object" || value === null) return value;
    if ("$tensor" in value) {
      const name = String(value.$tensor);
      const tensor = Object.hasOwn(packed.tensors, name)
        ? packed.tensors[name]
        : undefined;
      const shown = JSON.stringify(name);
      if (tensor === undefined) {
        throw new SyntaxError(`the tensor ${shown} is missing`);
      }
      // All of a file have a shape, or none: one that lost its own is damaged.
      const bare = !("shape" in value);
      if (shapeless && bare && (first ??= bare)) return tensor;
      first ??= bare;
      const shape = "shape" in value ? value.shape : undefined;
      if (
        first || String(shape) !== String(tensor.shape) || !Array.isArray(shape)
      ) {
        throw new SyntaxError(`the tensor ${shown} has another shape`);
      }
      return tensor;
    }
    if ("$number" in value) {
      const number = SPECIAL.get(String(value.$number));
      if (number !== undefined) return number;
      throw new SyntaxError(`${JSON.stringify(value.$number)} is not a number`);
    }
    return value;
  });
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
