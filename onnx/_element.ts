/**
 * The element types of ONNX, and the dtype that each has here.
 *
 * @module
 */
import type { DType } from "@tenfold/core";

/** The number by which files name an element type. */
export const Type = {
  FLOAT: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  STRING: 8,
  BOOL: 9,
  FLOAT16: 10,
  DOUBLE: 11,
  UINT32: 12,
  UINT64: 13,
  BFLOAT16: 16,
  FLOAT8E4M3FN: 17,
  FLOAT8E4M3FNUZ: 18,
  FLOAT8E5M2: 19,
  FLOAT8E5M2FNUZ: 20,
  UINT4: 21,
  INT4: 22,
} as const;

/** What is known of an element type. */
export interface TypeFacts {
  /** Its name in messages, as ONNX writes it. */
  readonly name: string;
  /** Bits of one element. */
  readonly bits: number;
  /** The dtype of its tensors; float64 only where the device has it. */
  readonly dtype: DType;
  /** The least and the largest integer, for integers. */
  readonly range?: readonly [number, number];
}

const float = (name: string, bits: number): TypeFacts => ({
  name,
  bits,
  dtype: "float32",
});
const signed = (bits: number): TypeFacts => ({
  name: `int${bits}`,
  bits,
  dtype: "int32",
  range: [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1],
});
const unsigned = (bits: number): TypeFacts => ({
  name: `uint${bits}`,
  bits,
  dtype: "int32",
  range: [0, 2 ** bits - 1],
});

const FACTS: ReadonlyMap<number, TypeFacts> = new Map([
  [Type.FLOAT, float("float", 32)],
  [Type.UINT8, unsigned(8)],
  [Type.INT8, signed(8)],
  [Type.UINT16, unsigned(16)],
  [Type.INT16, signed(16)],
  [Type.INT32, signed(32)],
  [Type.INT64, signed(64)],
  [Type.BOOL, { name: "bool", bits: 8, dtype: "bool" }],
  [Type.FLOAT16, float("float16", 16)],
  [Type.DOUBLE, { name: "double", bits: 64, dtype: "float64" }],
  [Type.UINT32, unsigned(32)],
  [Type.UINT64, unsigned(64)],
  [Type.BFLOAT16, float("bfloat16", 16)],
  [Type.FLOAT8E4M3FN, float("float8e4m3fn", 8)],
  [Type.FLOAT8E4M3FNUZ, float("float8e4m3fnuz", 8)],
  [Type.FLOAT8E5M2, float("float8e5m2", 8)],
  [Type.FLOAT8E5M2FNUZ, float("float8e5m2fnuz", 8)],
  [Type.UINT4, unsigned(4)],
  [Type.INT4, signed(4)],
]);

/** The facts of a type, or undefined where it has no tensors here. */
export function factsOf(type: number): TypeFacts | undefined {
  return FACTS.get(type);
}

/** The name of a type for messages. */
export function nameOf(type: number): string {
  return type === Type.STRING ? "string" : FACTS.get(type)?.name ??
    `the element type ${type}`;
}

/** The dtype of a type's tensors on a device with the dtypes given. */
export function dtypeOf(type: number, dtypes: readonly DType[]): DType {
  const dtype = FACTS.get(type)?.dtype ?? "float32";
  return dtype === "float64" && !dtypes.includes("float64") ? "float32" : dtype;
}

/** The type of tensors of a dtype. */
export function typeOfDType(dtype: DType): number {
  switch (dtype) {
    case "float64":
      return Type.DOUBLE;
    case "int32":
      return Type.INT32;
    case "bool":
      return Type.BOOL;
    default:
      return Type.FLOAT;
  }
}

/** Whether elements are floating-point numbers. */
export function isFloat(type: number): boolean {
  const dtype = FACTS.get(type)?.dtype;
  return dtype === "float32" || dtype === "float64";
}

/** Numbers of a type in memory. */
export type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array;

/** An array for numbers of a type, which keeps integers up to 2^53 exact. */
export function allocate(type: number, length: number): Numbers {
  const facts = FACTS.get(type);
  if (type === Type.BOOL) return new Uint8Array(length);
  if (facts?.range === undefined) {
    return type === Type.DOUBLE
      ? new Float64Array(length)
      : new Float32Array(length);
  }
  return facts.bits > 32 || type === Type.UINT32
    ? new Float64Array(length)
    : new Int32Array(length);
}

/** Numbers converted to a type as Cast converts them. */
export function convert(
  values: ArrayLike<number>,
  from: number,
  to: number,
): Numbers {
  const out = allocate(to, values.length);
  const range = FACTS.get(to)?.range;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (to === Type.BOOL) out[i] = value === 0 ? 0 : 1;
    else if (range === undefined) out[i] = value;
    else out[i] = wrap(Math.trunc(value), range, isFloat(from));
  }
  return out;
}

/** An integer brought into a range: cut off if a float was, else wrapped. */
function wrap(
  value: number,
  [low, high]: readonly [number, number],
  cut: boolean,
): number {
  if (value >= low && value <= high) return value;
  if (Number.isNaN(value)) return 0;
  if (cut || high > 2 ** 53) return Math.min(Math.max(value, low), high);
  const span = high - low + 1;
  return ((value - low) % span + span) % span + low;
}
