/**
 * Rows of floats as integers from 0 to 127.
 *
 * @module
 */

import type {
  Func,
  FunctionBuilder,
  Local,
  ModuleBuilder,
} from "../assembler.ts";
import type { Assembler } from "./tools.ts";

/** Adding it rounds a float to an integer and leaves that in its low bits. */
const ROUNDER = 1.5 * 2 ** 23;
const ROUNDER_BITS = 0x4b400000;
const SMALLEST_NORMAL = 2 ** -126;

/**
 * Parameters: dense rows, their length, how many there are; where their integers
 * go, and the bytes from one row to the next; where their steps go, and the
 * integers that stand for 0. What follows a row's integers up to a multiple of
 * 16 may be anything.
 */
export type Quantise = Func<
  ["i32", "i32", "i32", "i32", "i32", "i32", "i32"],
  "none"
>;

/** Defines the function. */
export function defineQuantise(
  assembler: Assembler,
  module: ModuleBuilder,
): Quantise {
  const { f32, i32, select } = assembler;
  return module.func(
    null,
    ["i32", "i32", "i32", "i32", "i32", "i32", "i32"],
    "none",
    (f, x, length, rows, to, padded, steps, zeros) => {
      const row = f.let(i32.const(0));
      f.for(row, rows, 1, () => {
        const { low, high, bad } = extremesOf(assembler, f, x, length);
        const step = f.let(
          f32.add(
            f32.sub(
              f32.div(high, f32.const(127)),
              f32.div(low, f32.const(127)),
            ),
            bad,
          ),
        );
        const inverse = f.let(
          select(
            f32.lt(step, f32.const(SMALLEST_NORMAL)),
            f32.const(0),
            f32.div(f32.const(1), step),
          ),
        );
        const zero = f.let(
          i32.trunc_sat_f32_s(f32.nearest(f32.neg(f32.mul(low, inverse)))),
        );
        f.do(f32.store(steps, step));
        f.do(i32.store(zeros, zero));
        levels(assembler, f, x, length, to, inverse, zero);
        f.increase(x, i32.shl(length, i32.const(2)));
        f.increase(to, padded);
        f.increase(steps, 4);
        f.increase(zeros, 4);
      });
    },
  );
}

/** The numbers beside 0 farthest from it, and NaN where one is not finite. */
function extremesOf(
  { f32, f32x4, i32, i32x4, v128 }: Assembler,
  f: FunctionBuilder,
  x: Local<"i32">,
  length: Local<"i32">,
): { low: Local<"f32">; high: Local<"f32">; bad: Local<"f32"> } {
  const zero = () => f.let(i32x4.const(0));
  const [low, high, bad] = [zero(), zero(), zero()];
  const take = (value: Local<"v128">) => {
    f.set(low, f32x4.pmin(low, value));
    f.set(high, f32x4.pmax(high, value));
    f.set(bad, f32x4.add(bad, f32x4.mul(value, f.f32x4(0))));
  };
  const from = f.let(x);
  const left = f.let(length);
  const some = (count: number, load: (at: number) => Local<"v128">) => {
    const enough = i32.ge_s(left, i32.const(count));
    f.if(enough, () => {
      f.loop((again) => {
        for (let at = 0; at < count; at += 4) take(load(4 * at));
        f.increase(from, 4 * count);
        f.increase(left, -count);
        f.branchIf(again, enough);
      });
    });
  };
  some(16, (at) => f.let(v128.load(from, at)));
  some(1, () => f.let(v128.load32_splat(from)));
  const lanes = [0, 1, 2, 3];
  const join = (
    vector: Local<"v128">,
    combine: typeof f32.min,
  ): Local<"f32"> => {
    const [first, ...others] = lanes.map((lane) =>
      f.let(f32x4.extract_lane(vector, lane))
    );
    return others.reduce((a, b) => f.let(combine(a, b)), first!);
  };
  return {
    low: join(low, f32.min),
    high: join(high, f32.max),
    bad: join(bad, f32.add),
  };
}

/** Writes the integers of a row. */
function levels(
  { f32, f32x4, i16x8, i32, i32x4, i8x16, v128 }: Assembler,
  f: FunctionBuilder,
  x: Local<"i32">,
  length: Local<"i32">,
  to: Local<"i32">,
  inverse: Local<"f32">,
  zero: Local<"i32">,
): void {
  const from = f.let(x);
  const here = f.let(to);
  const left = f.let(length);
  const factors = f.let(f32x4.splat(inverse));
  const shift = f.let(
    i32x4.splat(i32.sub(zero, i32.const(ROUNDER_BITS))),
  );
  const four = (at: number) =>
    i32x4.add(
      f32x4.add(
        f32x4.mul(v128.load(from, 4 * at), factors),
        f.f32x4(ROUNDER),
      ),
      shift,
    );
  const enough = i32.ge_s(left, i32.const(16));
  f.if(enough, () => {
    f.loop((again) => {
      const bytes = i8x16.narrow_i16x8_u(
        i16x8.narrow_i32x4_u(four(0), four(4)),
        i16x8.narrow_i32x4_u(four(8), four(12)),
      );
      f.do(v128.store(here, i8x16.min_u(bytes, f.i32x4(0x7f7f7f7f))));
      f.increase(from, 64);
      f.increase(here, 16);
      f.increase(left, -16);
      f.branchIf(again, enough);
    });
  });
  f.if(left, () => {
    f.loop((again) => {
      const level = f32.add(
        f32.nearest(f32.mul(f32.load(from), inverse)),
        f32.convert_i32_s(zero),
      );
      const inside = f32.min(f32.max(level, f32.const(0)), f32.const(127));
      f.do(i32.store8(here, i32.trunc_sat_f32_s(inside)));
      f.increase(from, 4);
      f.increase(here, 1);
      f.increase(left, -1);
      f.branchIf(again, left);
    });
  });
}
