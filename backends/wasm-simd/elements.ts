/**
 * Single elements of each dtype: how they are read, written and compared.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import type { ComputeDType } from "@tenfold/core/backend";
import {
  type Code,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  i32x4,
  v128,
  type ValueType,
} from "./assembler.ts";

/** Single elements of one dtype. */
export interface Elements {
  /** The WebAssembly type of an element. */
  readonly type: ValueType;
  /** Reads one. */
  readonly load: (address: Code<"i32">) => Code<ValueType>;
  /** Writes one. */
  readonly store: (address: Code<"i32">, value: Code) => Code<"none">;
  /** Adds two; bools as `or`. */
  readonly add: (a: Code, b: Code) => Code<ValueType>;
  /** Adds two vectors of them; bools as `or`. */
  readonly addVectors: (a: Code<"v128">, b: Code<"v128">) => Code<"v128">;
  /** Multiplies two; bools as `and`. */
  readonly mul: (a: Code, b: Code) => Code<ValueType>;
  /** Multiplies two vectors of them; bools as `and`. */
  readonly mulVectors: (a: Code<"v128">, b: Code<"v128">) => Code<"v128">;
  /** What none is below. */
  readonly lowest: Code<ValueType>;
  /** Whether `a > b`. */
  readonly above: (a: Code, b: Code) => Code<"i32">;
  /** Whether it is NaN. */
  readonly isNan: (a: Code) => Code<"i32">;
}

/** An operation whose operand types a table row fixes. */
// deno-lint-ignore no-explicit-any
type Untyped = any;

const never = (): Code<"i32"> => i32.const(0);

/** How single elements of each dtype are read, written and compared. */
export const ELEMENTS: { readonly [D in ComputeDType]: Elements } = {
  bool: {
    type: "i32",
    load: (address) => i32.load8_u(address),
    store: (address, value: Untyped) => i32.store8(address, value),
    add: (a: Untyped, b: Untyped) => i32.or(a, b),
    addVectors: (a, b) => v128.or(a, b),
    mul: (a: Untyped, b: Untyped) => i32.and(a, b),
    mulVectors: (a, b) => v128.and(a, b),
    lowest: i32.const(0),
    above: (a: Untyped, b: Untyped) => i32.gt_s(a, b),
    isNan: never,
  },
  int32: {
    type: "i32",
    load: (address) => i32.load(address),
    store: (address, value: Untyped) => i32.store(address, value),
    add: (a: Untyped, b: Untyped) => i32.add(a, b),
    addVectors: (a, b) => i32x4.add(a, b),
    mul: (a: Untyped, b: Untyped) => i32.mul(a, b),
    mulVectors: (a, b) => i32x4.mul(a, b),
    lowest: i32.const(-(2 ** 31)),
    above: (a: Untyped, b: Untyped) => i32.gt_s(a, b),
    isNan: never,
  },
  float32: {
    type: "f32",
    load: (address) => f32.load(address),
    store: (address, value: Untyped) => f32.store(address, value),
    add: (a: Untyped, b: Untyped) => f32.add(a, b),
    addVectors: (a, b) => f32x4.add(a, b),
    mul: (a: Untyped, b: Untyped) => f32.mul(a, b),
    mulVectors: (a, b) => f32x4.mul(a, b),
    lowest: f32.const(-Infinity),
    above: (a: Untyped, b: Untyped) => f32.gt(a, b),
    isNan: (a: Untyped) => f32.ne(a, a),
  },
  float64: {
    type: "f64",
    load: (address) => f64.load(address),
    store: (address, value: Untyped) => f64.store(address, value),
    add: (a: Untyped, b: Untyped) => f64.add(a, b),
    addVectors: (a, b) => f64x2.add(a, b),
    mul: (a: Untyped, b: Untyped) => f64.mul(a, b),
    mulVectors: (a, b) => f64x2.mul(a, b),
    lowest: f64.const(-Infinity),
    above: (a: Untyped, b: Untyped) => f64.gt(a, b),
    isNan: (a: Untyped) => f64.ne(a, a),
  },
};

/** How single elements of any dtype are moved; those of float16 as their bits. */
export function moverOf(dtype: DType): Pick<Elements, "load" | "store"> {
  return dtype === "float16"
    ? {
      load: (address) => i32.load16_u(address),
      store: (address, value: Untyped) => i32.store16(address, value),
    }
    : ELEMENTS[dtype];
}
