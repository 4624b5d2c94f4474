/**
 * The element types of tensors, as one table, and every rule of how they mix.
 *
 * @module
 */
import { DTypeError } from "./errors.ts";
import { showValue } from "./option_messages.ts";

/** The element type of a tensor. */
export type DType = "bool" | "int32" | "float32" | "float64";

/** The typed arrays that hold the elements of a tensor, one for each dtype. */
export type TypedArray = Uint8Array | Int32Array | Float32Array | Float64Array;

/** What the library knows of one dtype. */
export interface DTypeFacts {
  /** Bytes that one element takes. */
  readonly bytes: number;
  /** Place in the promotion order: bool < int32 < float32 < float64. */
  readonly rank: number;
  /** True for float32 and float64. */
  readonly floating: boolean;
  /** Makes a zeroed typed array of `length` elements. */
  readonly allocate: (length: number) => TypedArray;
}

/** Every dtype with its facts, in promotion order. */
export const DTYPES: { readonly [D in DType]: DTypeFacts } = {
  bool: {
    bytes: 1,
    rank: 0,
    floating: false,
    allocate: (length) => new Uint8Array(length),
  },
  int32: {
    bytes: 4,
    rank: 1,
    floating: false,
    allocate: (length) => new Int32Array(length),
  },
  float32: {
    bytes: 4,
    rank: 2,
    floating: true,
    allocate: (length) => new Float32Array(length),
  },
  float64: {
    bytes: 8,
    rank: 3,
    floating: true,
    allocate: (length) => new Float64Array(length),
  },
};

/** True when `dtype` is float32 or float64. */
export function isFloating(dtype: DType): boolean {
  return dtype === "float32" || dtype === "float64";
}

/** The wider of two dtypes: bool < int32 < float32 < float64. */
export function promote(a: DType, b: DType): DType {
  return a === b || DTYPES[a].rank > DTYPES[b].rank ? a : b;
}

/** The float dtype of a result: float64 stays, everything else is float32. */
export function floatOf(dtype: DType): DType {
  return dtype === "float64" ? "float64" : "float32";
}

/** The dtype in which bools are counted: int32; all others stay. */
export function numberOf(dtype: DType): DType {
  return dtype === "bool" ? "int32" : dtype;
}

/**
 * The dtype that a number has beside a tensor of `dtype`: that of the tensor,
 * or the smallest that holds it.
 */
export function dtypeOfNumber(value: number, dtype: DType): DType {
  if (isFloating(dtype)) return dtype;
  return Number.isInteger(value) && value === (value | 0) ? "int32" : "float32";
}

/**
 * True when a result of dtype `from` may be written into a tensor of `to`
 * without losing its kind, as in PyTorch: no float into integers, no number
 * into bools. Precision may go.
 */
export function canCast(from: DType, to: DType): boolean {
  return DTYPES[from].floating
    ? DTYPES[to].floating
    : DTYPES[from].rank <= DTYPES[to].rank;
}

/**
 * Checks that a value names a dtype.
 *
 * @throws {DTypeError} If the value is none of the four names.
 */
export function checkDType(dtype: unknown, operation: string): DType {
  if (typeof dtype === "string" && Object.hasOwn(DTYPES, dtype)) {
    return dtype as DType;
  }
  throw new DTypeError(
    `Cannot ${operation} as the dtype is unknown: got ${
      typeof dtype === "string" ? dtype : showValue(dtype)
    }, expected one of ${Object.keys(DTYPES).join(", ")}`,
  );
}

/**
 * A number as an element of a dtype, as `cast` converts it: float32 rounds,
 * int32 truncates and saturates and makes NaN 0, bool is `!= 0`, so that NaN is
 * true.
 */
export function castNumber(dtype: DType, value: number): number {
  switch (dtype) {
    case "float64":
      return value;
    case "float32":
      return Math.fround(value);
    case "int32":
      if (value >= 2147483647) return 2147483647;
      return value <= -2147483648 ? -2147483648 : value | 0;
    case "bool":
      return value === 0 ? 0 : 1;
  }
}
