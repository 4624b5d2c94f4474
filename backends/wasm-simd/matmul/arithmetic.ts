/**
 * What differs between products of float32 and of int32 matrices.
 *
 * @module
 */

import { type Code, f32x4, i32x4 } from "../assembler.ts";
import type { Vector } from "../math/lanes.ts";

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
  /**
   * Whether elements of the left matrix are packed four times each. With
   * fused multiply-add the products leave room for shuffles that spread them;
   * without, the sums take the unit that shuffles need, and a load is cheaper.
   */
  readonly spread: boolean;
}

/**
 * The arithmetic of a dtype.
 *
 * Tiles were measured on 2-core x86-64: with fused multiply-add 5 × 8 makes
 * 55 GFLOP/s of 58 that are possible at that clock (Deno 2.9, whose engine
 * checks the bounds of each load, so that few loads matter); without, 6 × 8
 * of spread elements makes 42 of 44 (Bun 1.4).
 */
export function arithmeticOf(
  dtype: "float32" | "int32",
  fused: boolean,
): Arithmetic {
  if (dtype === "int32") {
    return {
      madd: (a, b, c) => i32x4.add(c, i32x4.mul(a, b)),
      add: i32x4.add,
      mul: i32x4.mul,
      rows: 5,
      spread: false,
    };
  }
  return {
    madd: fused
      ? f32x4.relaxed_madd
      : (a, b, c) => f32x4.add(c, f32x4.mul(a, b)),
    add: f32x4.add,
    mul: f32x4.mul,
    rows: fused ? 5 : 6,
    spread: !fused,
  };
}

/** One lane of a vector in all lanes. */
export function spreadLane(v: Vector, lane: number): Code<"v128"> {
  return i32x4.shuffle(v, v, [lane, lane, lane, lane]);
}
