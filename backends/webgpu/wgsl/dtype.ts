/**
 * What each dtype is in WGSL: the column of this backend in the table of
 * dtypes. A dtype without a row is one that the backend does not have.
 *
 * @module
 */
import type { DType, HalfArray } from "@tenfold/core";
import { DTYPES, HOST_DTYPES } from "@tenfold/core/backend";

/** The typed arrays that elements in memory are written from and read into. */
export type WordArray = Float32Array | Int32Array | Uint32Array | HalfArray;

/** How WGSL writes one dtype. */
interface GpuFacts {
  /** The type of a value in an expression. */
  readonly value: string;
  /** The type of an element in memory; WGSL has no bool there. */
  readonly memory: string;
  /** The class of arrays that hold elements as they are in memory. */
  readonly words: {
    new (elements: ArrayBuffer | number): WordArray;
    from(values: ArrayLike<number>): WordArray;
    readonly BYTES_PER_ELEMENT: number;
  };
  /** A value out of an element in memory. */
  readonly load: (element: string) => string;
  /** An element in memory out of a value. */
  readonly store: (value: string) => string;
  /** A number that is an element, as a constant. */
  readonly literal: (value: number) => string;
  /** Whether a value is not 0. */
  readonly truth: (value: string) => string;
  /** 0 or 1 out of a bool. */
  readonly fromBool: (value: string) => string;
  /** A value out of one of another dtype of numbers. */
  readonly fromNumber: (value: string) => string;
  /**
   * The key of an element in memory, a `u32`: smaller for what comes first.
   * NaN is above all numbers, and -0 equals 0.
   */
  readonly sortKey: (element: string) => string;
}

const same = (text: string): string => text;

function floatLiteral(value: number): string {
  if (Number.isNaN(value)) return "tf_nan()";
  if (value === Infinity) return "tf_inf()";
  if (value === -Infinity) return "tf_neg(tf_inf())";
  if (value === 0) return Object.is(value, 0) ? "tf_zero()" : "tf_minus_zero()";
  return value < 0 ? `(${value}f)` : `${value}f`;
}

const FLOAT32: GpuFacts = {
  value: "f32",
  memory: "f32",
  words: Float32Array,
  load: same,
  store: same,
  literal: floatLiteral,
  truth: (x) => `(tf_magnitude(${x}) != 0u)`,
  fromBool: (x) => `select(tf_zero(), 1.0f, ${x})`,
  fromNumber: (x) => `tf_opaque(f32(${x}))`,
  sortKey: (element) => `tf_sort_key(${element})`,
};

const INT32: GpuFacts = {
  value: "i32",
  memory: "i32",
  words: Int32Array,
  load: same,
  store: same,
  literal: (value) => value < 0 ? `i32(${value})` : `${value}i`,
  truth: (x) => `(${x} != 0)`,
  fromBool: (x) => `select(0, 1, ${x})`,
  fromNumber: (x) => `tf_to_int(${x})`,
  sortKey: (element) => `(bitcast<u32>(${element}) ^ 0x80000000u)`,
};

const BOOL: GpuFacts = {
  value: "bool",
  memory: "u32",
  words: Uint32Array,
  load: (element) => `(${element} != 0u)`,
  store: (value) => `select(0u, 1u, ${value})`,
  literal: (value) => value ? "true" : "false",
  truth: same,
  fromBool: same,
  fromNumber: same,
  sortKey: same,
};

/**
 * float16, of which kernels compute nothing: its elements are loaded, stored,
 * and cast from and to float32.
 */
const FLOAT16: GpuFacts = {
  value: "Half",
  memory: "Half",
  words: DTYPES.float16.array as never,
  load: same,
  store: same,
  literal: (value) => `tf_to_half(${floatLiteral(value)})`,
  truth: (x) => FLOAT32.truth(`tf_from_half(${x})`),
  fromBool: (x) => `tf_to_half(${FLOAT32.fromBool(x)})`,
  fromNumber: (x) => `tf_to_half(f32(${x}))`,
  sortKey: (element) => `tf_sort_key(tf_from_half(${element}))`,
};

/** The dtypes that tensors can have on a GPU, each with how WGSL writes it. */
export const GPU_DTYPES = {
  float32: FLOAT32,
  float16: FLOAT16,
  int32: INT32,
  bool: BOOL,
} satisfies { readonly [D in DType]?: GpuFacts };

/** A dtype that tensors can have on a GPU. */
export type GpuDType = keyof typeof GPU_DTYPES;

/** How WGSL writes a dtype that tensors of this backend have. */
export function gpuOf(dtype: DType): GpuFacts {
  return GPU_DTYPES[dtype as GpuDType];
}

/** The dtypes that tensors can have: float16 where the host has arrays of it. */
export const HELD_DTYPES: readonly GpuDType[] =
  (Object.keys(GPU_DTYPES) as GpuDType[]).filter((dtype) =>
    HOST_DTYPES.includes(dtype)
  );

/**
 * The arrays that hold elements as they are in memory. Where a device has no
 * float16, a float32 takes its place there.
 */
export function wordsOf(dtype: DType, native: boolean): GpuFacts["words"] {
  return gpuOf(dtype === "float16" && !native ? "float32" : dtype).words;
}

/** What a product or a sum computes an element in memory as: float16 as float32. */
export function loaded(dtype: DType, element: string): string {
  return dtype === "float16" ? `f32(${element})` : element;
}

/** The same of four elements that are read at once. */
export function loadedFour(dtype: DType, quad: string): string {
  return dtype === "float16" ? `vec4<f32>(${quad})` : quad;
}

/** An element in memory out of what a product or a sum computes. */
export function stored(dtype: DType, value: string): string {
  return dtype === "float16" ? `tf_to_half(${value})` : value;
}
