/**
 * The element types of tensors, as one table, and every rule of how they mix.
 *
 * @module
 */
import { DTypeError } from "./errors.ts";
import { showValue } from "./option_messages.ts";

/**
 * What TypeScript knows of each dtype: one row each, in promotion order. The
 * types of this file are read off it, as the rules are off {@linkcode DTYPES}.
 *
 * @example The typed array of a dtype
 * ```ts
 * import type { DTypeRows } from "@tenfold/tenfold";
 *
 * const elements: DTypeRows["int32"]["array"] = Int32Array.of(1, 2);
 * ```
 */
export interface DTypeRows {
  /** Booleans. */
  bool: {
    /** The typed array that holds the elements. */
    array: Uint8Array;
    /** Whether an element is a boolean, an integer or a float. */
    kind: "bool";
    /** The dtypes that it is promoted to. */
    upward: DType;
  };
  /** 32-bit integers. */
  int32: {
    /** The typed array that holds the elements. */
    array: Int32Array;
    /** Whether an element is a boolean, an integer or a float. */
    kind: "integer";
    /** The dtypes that it is promoted to. */
    upward: Exclude<DType, "bool">;
  };
  /**
   * Half-precision floats, for storage: they are computed in float32 and
   * rounded when they are stored.
   */
  float16: {
    /** The typed array that holds the elements. */
    array: HalfArray;
    /** Whether an element is a boolean, an integer or a float. */
    kind: "float";
    /** The dtypes that it is promoted to. */
    upward: FloatDType;
  };
  /** Single-precision floats. */
  float32: {
    /** The typed array that holds the elements. */
    array: Float32Array;
    /** Whether an element is a boolean, an integer or a float. */
    kind: "float";
    /** The dtypes that it is promoted to. */
    upward: "float32" | "float64";
  };
  /** Double-precision floats. */
  float64: {
    /** The typed array that holds the elements. */
    array: Float64Array;
    /** Whether an element is a boolean, an integer or a float. */
    kind: "float";
    /** The dtypes that it is promoted to. */
    upward: "float64";
  };
}

/**
 * A `Float16Array` where TypeScript's library does not know it yet.
 *
 * @example A number out of half-precision elements
 * ```ts
 * import type { HalfArrayLike } from "@tenfold/tenfold";
 *
 * function first(elements: HalfArrayLike): number | undefined {
 *   return elements[0];
 * }
 * ```
 */
export interface HalfArrayLike extends ArrayBufferView {
  /** The number of elements. */
  readonly length: number;
  /** The elements. */
  [index: number]: number;
  /** Marks it. */
  readonly [Symbol.toStringTag]: "Float16Array";
}

/**
 * `Float16Array`, also where TypeScript's library does not know it yet.
 *
 * @example The elements of a float16 tensor
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type HalfArray, zeros } from "@tenfold/tenfold";
 *
 * const elements: HalfArray = await zeros([2], { dtype: "float16" }).data();
 * assertEquals(elements.length, 2);
 * ```
 */
export type HalfArray = typeof globalThis extends {
  Float16Array: { new (length: number): infer A };
} ? A
  : HalfArrayLike;

/**
 * The element type of a tensor.
 *
 * @example A choice of precision
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type DType, zeros } from "@tenfold/tenfold";
 *
 * const dtype: DType = "float64";
 * assertEquals(zeros([2], { dtype }).dtype, "float64");
 * ```
 */
export type DType = keyof DTypeRows;

/**
 * The dtype of a tensor of which TypeScript knows none: it goes with every
 * other one, as `any` does.
 *
 * @example A tensor of whatever dtype
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type AnyDType, tensor, Tensor } from "@tenfold/tenfold";
 *
 * function count(x: Tensor<AnyDType>): number {
 *   return x.size;
 * }
 * assertEquals(count(tensor([true, false])), 2);
 * ```
 */
// deno-lint-ignore no-explicit-any
export type AnyDType = any;

/**
 * `D` itself, or all dtypes where TypeScript knows none.
 *
 * @example All dtypes where TypeScript knows none
 * ```ts
 * import type { AnyDType, KnownDType } from "@tenfold/tenfold";
 *
 * const dtype: KnownDType<AnyDType> = "int32";
 * ```
 */
export type KnownDType<D extends DType> = unknown extends D ? DType : D;

/**
 * The typed array that holds the elements of a tensor of dtype `D`.
 *
 * @example The elements of a tensor
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, type TypedArray } from "@tenfold/tenfold";
 *
 * const elements: TypedArray<"float32"> = await tensor([1, 2]).data();
 * assertEquals(elements, Float32Array.of(1, 2));
 * ```
 */
export type TypedArray<D extends DType = DType> =
  DTypeRows[KnownDType<D>]["array"];

/**
 * The type of an element in nested arrays: boolean or number.
 *
 * @example The elements of a bool tensor
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type ElementOf, tensor } from "@tenfold/tenfold";
 *
 * const elements: ElementOf<"bool">[] = [true, false];
 * assertEquals(tensor(elements).dtype, "bool");
 * ```
 */
export type ElementOf<D extends DType> = {
  [E in DType]: E extends "bool" ? boolean : number;
}[KnownDType<D>];

/**
 * The floating-point dtypes: float16, float32 and float64.
 *
 * @example A dtype that gradients can have
 * ```ts
 * import { type FloatDType, zeros } from "@tenfold/tenfold";
 *
 * const dtype: FloatDType = "float32";
 * const x = zeros([2], { dtype, requiresGrad: true });
 * ```
 */
export type FloatDType = {
  [D in DType]: DTypeRows[D]["kind"] extends "float" ? D : never;
}[DType];

/**
 * A dtype that kernels compute in; float16 is for storage only.
 *
 * @example Not float16
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type ComputeDType, computeDType } from "@tenfold/core/backend";
 *
 * const dtype: ComputeDType = computeDType("float16");
 * assertEquals(dtype, "float32");
 * ```
 */
export type ComputeDType = Exclude<DType, "float16">;

/**
 * The dtype of a result of operands of dtypes `A` and `B`: the wider one.
 *
 * @example Whole numbers and floats
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Promote, tensor, Tensor } from "@tenfold/tenfold";
 *
 * const a = tensor([1, 2], { dtype: "int32" });
 * const sum: Tensor<Promote<"int32", "float32">> = a.add(tensor([0.5, 1]));
 * assertEquals(sum.dtype, "float32");
 * ```
 */
export type Promote<A extends DType, B extends DType> =
  & DTypeRows[A]["upward"]
  & DTypeRows[B]["upward"]
  & (A | B);

/**
 * The float dtype of a result: floats stay, everything else is float32.
 *
 * @example The quotient of integers
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type FloatOf, tensor, Tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([1, 2], { dtype: "int32" });
 * const y: Tensor<FloatOf<"int32">> = x.div(2);
 * assertEquals(y.dtype, "float32");
 * ```
 */
export type FloatOf<D extends DType> = {
  [E in DType]: E extends FloatDType ? E : "float32";
}[D];

/**
 * The dtype in which elements are summed: bools are counted in int32.
 *
 * @example How many are true
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type NumberOf, tensor, Tensor } from "@tenfold/tenfold";
 *
 * const count: Tensor<NumberOf<"bool">> = tensor([true, false, true]).sum();
 * assertEquals(count.dtype, "int32");
 * ```
 */
export type NumberOf<D extends DType> = {
  [E in DType]: E extends "bool" ? "int32" : E;
}[D];

/**
 * The dtype of a tensor of dtype `D` beside a number: floats stay, for the
 * others it depends on whether the number is whole.
 *
 * @example An integer tensor beside a fraction
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type NumberBeside, tensor, Tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([1, 2], { dtype: "int32" });
 * const y: Tensor<NumberBeside<"int32">> = x.add(0.5);
 * assertEquals(y.dtype, "float32");
 * ```
 */
export type NumberBeside<D extends DType> = {
  [E in DType]: E extends FloatDType ? E : "int32" | "float32";
}[D];

/**
 * Properties of a dtype.
 *
 * @example The bytes of an array
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import type { AnyDType } from "@tenfold/tenfold";
 * import { type DTypeFacts, DTYPES } from "@tenfold/core/backend";
 *
 * function bytesOf(facts: DTypeFacts<AnyDType>, length: number): number {
 *   return facts.bytes * length;
 * }
 * assertEquals(bytesOf(DTYPES.float32, 10), 40);
 * ```
 */
export interface DTypeFacts<D extends DType = DType> {
  /** Whether an element is a boolean, an integer or a float. */
  readonly kind: DTypeRows[D]["kind"];
  /** The class of the typed arrays that hold the elements. */
  readonly array: {
    new (length: number): TypedArray<D>;
    readonly name: string;
    readonly BYTES_PER_ELEMENT: number;
  };
  /** Size of an element in bytes. */
  readonly bytes: number;
  /** Place in the promotion order, from 0 for the narrowest dtype. */
  readonly rank: number;
  /** Whether it is a floating-point dtype. */
  readonly floating: boolean;
  /** The dtype in which sums and products of the elements are accumulated. */
  readonly accumulator: DType;
  /** The smallest element; -Infinity for floats. */
  readonly lowest: number;
  /** The largest element; Infinity for floats. */
  readonly highest: number;
  /** A number as an element, as `cast` converts it. */
  readonly cast: (value: number) => number;
  /** Makes a zeroed typed array of `length` elements. */
  readonly allocate: (length: number) => TypedArray<D>;
}

/** What the row of a dtype says; the other facts follow from it. */
type Row<D extends DType> = Pick<
  DTypeFacts<D>,
  "kind" | "array" | "accumulator" | "lowest" | "highest" | "cast"
>;

/** `Float16Array`; what stands in for it where a runtime has none refuses. */
const HALF_ARRAY: Row<"float16">["array"] =
  (globalThis as { Float16Array?: Row<"float16">["array"] }).Float16Array ??
    class Float16Array {
      static readonly BYTES_PER_ELEMENT = 2;
      constructor() {
        throw new DTypeError(
          "Cannot hold float16 elements as this runtime has no Float16Array: use float32, or a newer runtime (Deno, Bun, Node 24, browsers of 2025)",
        );
      }
    } as never;

const ROWS: { readonly [D in DType]: Row<D> } = {
  bool: {
    kind: "bool",
    array: Uint8Array,
    accumulator: "int32",
    lowest: 0,
    highest: 1,
    cast: (value) => value === 0 ? 0 : 1,
  },
  int32: {
    kind: "integer",
    array: Int32Array,
    accumulator: "int32",
    lowest: -2147483648,
    highest: 2147483647,
    cast: (value) =>
      value >= 2147483647
        ? 2147483647
        : value <= -2147483648
        ? -2147483648
        : value | 0,
  },
  float16: {
    kind: "float",
    array: HALF_ARRAY,
    accumulator: "float32",
    lowest: -Infinity,
    highest: Infinity,
    // Where there is `Float16Array`, there is this.
    cast: (Math as unknown as { f16round: Math["fround"] }).f16round,
  },
  float32: {
    kind: "float",
    array: Float32Array,
    accumulator: "float32",
    lowest: -Infinity,
    highest: Infinity,
    cast: Math.fround,
  },
  float64: {
    kind: "float",
    array: Float64Array,
    accumulator: "float64",
    lowest: -Infinity,
    highest: Infinity,
    cast: (value) => value,
  },
};

function factsOf<D extends DType>(row: Row<D>, rank: number): DTypeFacts<D> {
  const { kind, array } = row;
  return {
    ...row,
    bytes: array.BYTES_PER_ELEMENT,
    rank,
    floating: kind === "float",
    allocate: (length) => new array(length),
  };
}

/**
 * Every dtype with its facts, in promotion order.
 *
 * @example The bytes of an element
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { DTYPES } from "@tenfold/core/backend";
 *
 * assertEquals(DTYPES.float16.bytes, 2);
 * ```
 */
export const DTYPES: { readonly [D in DType]: DTypeFacts<D> } = Object
  .fromEntries(
    Object.entries(ROWS).map(([dtype, row], rank) => [
      dtype,
      factsOf(row as Row<DType>, rank),
    ]),
  ) as never;

/**
 * The names of the dtypes, in promotion order.
 *
 * @example From the narrowest on
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { DTYPE_NAMES } from "@tenfold/core/backend";
 *
 * assertEquals(DTYPE_NAMES[0], "bool");
 * ```
 */
export const DTYPE_NAMES: readonly DType[] = Object.keys(ROWS) as DType[];

/**
 * The dtypes that this runtime supports: float16 needs `Float16Array`.
 *
 * @example What the runtime can hold
 * ```ts
 * import { assert } from "@std/assert";
 * import { HOST_DTYPES } from "@tenfold/core/backend";
 *
 * assert(HOST_DTYPES.includes("float32"));
 * ```
 */
export const HOST_DTYPES: readonly DType[] = DTYPE_NAMES.filter((dtype) =>
  dtype !== "float16" || "Float16Array" in globalThis
);

/**
 * True when `dtype` is float16, float32 or float64.
 *
 * @example Which dtypes have gradients
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { isFloating } from "@tenfold/tenfold";
 *
 * assertEquals(isFloating("float32"), true);
 * assertEquals(isFloating("int32"), false);
 * ```
 */
export function isFloating(dtype: DType): dtype is FloatDType {
  return DTYPES[dtype].floating;
}

/**
 * The wider of two dtypes: bool < int32 < float16 < float32 < float64.
 *
 * @example What a sum of both has
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { promote } from "@tenfold/tenfold";
 *
 * assertEquals(promote("int32", "float32"), "float32");
 * assertEquals(promote("bool", "int32"), "int32");
 * ```
 */
export function promote<A extends DType, B extends DType>(
  a: A,
  b: B,
): Promote<A, B> {
  const first = (a as DType) === b || DTYPES[a].rank > DTYPES[b].rank;
  return (first ? a : b) as Promote<A, B>;
}

/**
 * The float dtype of a result: floats stay, everything else is float32.
 *
 * @example The dtype of a quotient
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { floatOf } from "@tenfold/core/backend";
 *
 * assertEquals(floatOf("int32"), "float32");
 * assertEquals(floatOf("float64"), "float64");
 * ```
 */
export function floatOf<D extends DType>(dtype: D): FloatOf<D> {
  return (DTYPES[dtype].floating ? dtype : "float32") as FloatOf<D>;
}

/**
 * The dtype in which elements of `dtype` are computed: float16 in float32.
 *
 * @example Half precision is computed in single precision
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { computeDType } from "@tenfold/core/backend";
 *
 * assertEquals(computeDType("float16"), "float32");
 * assertEquals(computeDType("int32"), "int32");
 * ```
 */
export function computeDType(dtype: DType): ComputeDType {
  return dtype === "float16" ? "float32" : dtype;
}

/**
 * The dtype in which bools are counted: int32; all others stay.
 *
 * @example The dtype of a sum
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { numberOf } from "@tenfold/core/backend";
 *
 * assertEquals(numberOf("bool"), "int32");
 * ```
 */
export function numberOf<D extends DType>(dtype: D): NumberOf<D> {
  return (dtype === "bool" ? "int32" : dtype) as NumberOf<D>;
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
 * @throws {DTypeError} If the value is not the name of one.
 */
export function checkDType(dtype: unknown, operation: string): DType {
  if (typeof dtype === "string" && Object.hasOwn(DTYPES, dtype)) {
    return dtype as DType;
  }
  throw new DTypeError(
    `Cannot ${operation} as the dtype is unknown: got ${
      typeof dtype === "string" ? dtype : showValue(dtype)
    }, expected one of ${DTYPE_NAMES.join(", ")}`,
  );
}

/**
 * A number as an element of a dtype, as `cast` converts it: floats round,
 * int32 truncates and saturates and makes NaN 0, bool is `!= 0`, so that NaN is
 * true.
 *
 * @example Numbers as int32
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { castNumber } from "@tenfold/core/backend";
 *
 * assertEquals(castNumber("int32", 2.7), 2);
 * assertEquals(castNumber("int32", NaN), 0);
 * ```
 */
export function castNumber(dtype: DType, value: number): number {
  return DTYPES[dtype].cast(value);
}
