/**
 * Numbers on their way into a tensor: which arrays hold them, and which of
 * them a dtype takes. What comes in as data keeps its value or is refused;
 * only floats are rounded. (A cast, on the other hand, converts everything:
 * see `castNumber`.)
 *
 * @module
 */
import {
  type DType,
  DTYPE_NAMES,
  DTYPES,
  type HalfArray,
  isFloating,
  type TypedArray,
} from "./dtype.ts";
import { showValue } from "./options.ts";

/**
 * A typed array of any kind: what `tensor` takes beside nested arrays.
 *
 * @example Any typed array
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type NumberArray, tensor } from "@tenfold/tenfold";
 *
 * const elements: NumberArray = Uint8Array.of(1, 2, 3);
 * assertEquals(tensor(elements).dtype, "int32");
 * ```
 */
export type NumberArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array
  | HalfArray;

/** The dtype that the elements of each kind of typed array become. */
const DTYPE_OF_KIND: Readonly<Record<string, DType>> = {
  Int8Array: "int32",
  Uint8Array: "int32",
  Uint8ClampedArray: "int32",
  Int16Array: "int32",
  Uint16Array: "int32",
  Int32Array: "int32",
  Uint32Array: "int32",
  BigInt64Array: "int32",
  BigUint64Array: "int32",
  ...Object.fromEntries(
    DTYPE_NAMES.filter(isFloating).map((dtype) => [
      DTYPES[dtype].array.name,
      dtype,
    ]),
  ),
};

/**
 * Names the kind of any typed array, of whichever realm (a frame, a worker, a
 * `vm` context) and subclass it is; undefined for everything else.
 */
const kindOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)!.get!;

/**
 * The dtype that the elements of a typed array become in a tensor: floats stay
 * floats of the same size, all integers become int32. Null where
 * the value is not a typed array that a tensor can be made of.
 *
 * @example Typed arrays
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { dtypeOfArray } from "@tenfold/core/internal";
 *
 * assertEquals(dtypeOfArray(new Uint8Array(2)), "int32");
 * assertEquals(dtypeOfArray("text"), null);
 * ```
 */
export function dtypeOfArray(value: unknown): DType | null {
  return DTYPE_OF_KIND[kindOf.call(value) as string] ?? null;
}

/** The integers that int32 holds, whatever their values. */
const NARROW: ReadonlySet<string> = new Set([
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
]);

/** True where a typed array is copied as it is: nothing can go wrong. */
function copies(values: unknown, dtype: DType): values is ArrayLike<number> {
  const kind = kindOf.call(values) as string | undefined;
  if (kind === undefined || kind.startsWith("Big")) return false;
  return DTYPES[dtype].floating || (dtype === "int32" && NARROW.has(kind));
}

/** Whether an array holds a dtype as it is. Bytes may be more than 0 and 1. */
function isOwn(
  values: ArrayLike<number | bigint>,
  dtype: DType,
): values is TypedArray {
  const { kind, array } = DTYPES[dtype];
  return kind !== "bool" && values instanceof array;
}

/** The position of an element, for messages. */
function showPlace(index: number, shape: readonly number[]): string {
  const place: number[] = [];
  let rest = index;
  for (let d = shape.length - 1; d >= 0; d--) {
    place.unshift(rest % shape[d]!);
    rest = Math.floor(rest / shape[d]!);
  }
  return `[${place.join(", ")}]`;
}

/** The way out for a number that is not an int32. */
function wayOut(value: number | bigint): string {
  const whole = typeof value === "bigint" || Number.isInteger(value);
  return whole
    ? 'pass { dtype: "float64" } (or "float32", which rounds)'
    : Number.isNaN(value) || Math.abs(value as number) === Infinity
    ? "replace it, or keep it in floats"
    : 'round it first, or pass { dtype: "float32" }';
}

function refuse(
  value: number | bigint,
  index: number,
  shape: readonly number[],
  operation: string,
): RangeError {
  const place = shape.length > 0 ? ` at ${showPlace(index, shape)}` : "";
  return new RangeError(
    `Cannot ${operation} of int32 as each value must be a whole number from -2147483648 to 2147483647: got ${
      showValue(value)
    }${place}, ${wayOut(value)}`,
  );
}

/**
 * Values as the elements of a dtype, in a typed array of this realm: the array
 * itself where it is one already. Into float32 they are rounded, into bool they
 * are `!= 0`.
 *
 * @param values The values, in C order.
 * @param dtype The dtype of the elements.
 * @param shape The shape that the values have, to name the place of a wrong
 * one.
 * @param operation What is being done, for messages: `"make a tensor"`.
 * @throws {RangeError} If the dtype is int32 and a value is not a whole number
 * in its range.
 *
 * @example Whole numbers
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { toElements } from "@tenfold/core/internal";
 *
 * const elements = toElements([1, 2], "int32", [2], "make a tensor");
 * assertEquals(elements, Int32Array.of(1, 2));
 * ```
 */
export function toElements(
  values: ArrayLike<number | bigint>,
  dtype: DType,
  shape: readonly number[],
  operation: string,
): TypedArray {
  if (isOwn(values, dtype)) return values;
  const { length } = values;
  const out = DTYPES[dtype].allocate(length);
  if (copies(values, dtype)) {
    out.set(values);
    return out;
  }
  switch (DTYPES[dtype].kind) {
    case "bool":
      for (let i = 0; i < length; i++) out[i] = Number(values[i]) === 0 ? 0 : 1;
      return out;
    case "integer":
      for (let i = 0; i < length; i++) {
        const value = Number(values[i]);
        out[i] = value;
        if (out[i] !== value) {
          throw refuse(values[i]!, i, shape, operation);
        }
      }
      return out;
    case "float":
      for (let i = 0; i < length; i++) out[i] = Number(values[i]);
      return out;
  }
}
