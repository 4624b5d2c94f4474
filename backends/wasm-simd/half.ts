/**
 * float16 by integers, as WebAssembly has no instructions for it: four elements,
 * their 16 bits in lanes of 32.
 *
 * @module
 */
import {
  type Code,
  f32x4,
  f64x2,
  type FunctionBuilder,
  i32,
  i32x4,
  v128,
} from "./assembler.ts";
import type { Vector } from "./math/lanes.ts";

/** Bits of float32: where float16 ends, where its normal numbers begin. */
const INFINITE = 0x47800000;
const NORMAL = 0x38800000;
/** The number whose last place is the step of float16's smallest numbers. */
const HALF = 0x3f000000;

/** The float32 that four elements are. */
export function singleOf(f: FunctionBuilder, bits: Vector): Code<"v128"> {
  const magnitude = f.let(v128.and(bits, f.i32x4(0x7fff)));
  // With the bias of float32 the exponent is 112 too small; the product is exact,
  // of float16's smallest numbers as well.
  const scaled = f32x4.mul(
    i32x4.shl(magnitude, i32.const(13)),
    f.f32x4(2 ** 112),
  );
  const endless = v128.and(
    i32x4.gt_s(magnitude, f.i32x4(0x7bff)),
    f.i32x4(0x7f800000),
  );
  const sign = i32x4.shl(v128.and(bits, f.i32x4(0x8000)), i32.const(16));
  return v128.or(v128.or(scaled, endless), sign);
}

/** The nearest float16 of four float32, ties to even. */
export function halfOf(f: FunctionBuilder, value: Vector): Code<"v128"> {
  const magnitude = f.let(v128.and(value, f.i32x4(0x7fffffff)));
  // Half of the last place that stays, less what makes ties even, is added and
  // cut off together with the difference of the biases.
  const odd = v128.and(i32x4.shr_u(magnitude, i32.const(13)), f.i32x4(1));
  const rounded = i32x4.shr_u(
    i32x4.add(i32x4.add(magnitude, f.i32x4(0xc8000fff | 0)), odd),
    i32.const(13),
  );
  // A sum with 0.5 rounds to the step of the smallest numbers by itself.
  const small = i32x4.sub(
    f32x4.add(magnitude, f.i32x4(HALF)),
    f.i32x4(HALF),
  );
  const isSmall = i32x4.lt_s(magnitude, f.i32x4(NORMAL));
  const finite = f.let(v128.bitselect(small, rounded, isSmall));
  const isNan = i32x4.gt_s(magnitude, f.i32x4(0x7f800000));
  const endless = v128.bitselect(f.i32x4(0x7e00), f.i32x4(0x7c00), isNan);
  const bits = v128.bitselect(
    endless,
    finite,
    i32x4.ge_s(magnitude, f.i32x4(INFINITE)),
  );
  const sign = v128.and(
    i32x4.shr_u(value, i32.const(16)),
    f.i32x4(0x8000),
  );
  return v128.or(bits, sign);
}

/**
 * The float32 of two float64 each, cut towards 0 with a last bit that tells
 * whether anything was cut off: to round it again is to round once.
 *
 * @param nearest The nearest float32.
 */
export function toOdd(
  f: FunctionBuilder,
  nearest: Vector,
  low: Vector,
  high: Vector,
): Vector {
  const back = [
    f64x2.promote_low_f32x4(nearest),
    f64x2.promote_low_f32x4(i32x4.shuffle(nearest, nearest, [2, 3, 2, 3])),
  ].map((part) => f.let(part));
  const masks = (
    of: (back: Vector, exact: Vector) => Code<"v128">,
  ): Code<"v128"> =>
    i32x4.shuffle(of(back[0]!, low), of(back[1]!, high), [0, 2, 4, 6]);
  const over = masks((back, exact) =>
    f64x2.gt(f64x2.abs(back), f64x2.abs(exact))
  );
  const inexact = masks((back, exact) => f64x2.ne(back, exact));
  return f.let(
    v128.or(i32x4.add(nearest, over), v128.and(inexact, f.i32x4(1))),
  );
}
