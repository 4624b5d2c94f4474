/**
 * The scalar functions on int32.
 *
 * @module
 */

import {
  type ScalarFunction,
  THREEFRY_PARITY,
  THREEFRY_ROTATIONS,
  THREEFRY_ROUNDS,
} from "@tenfold/core/backend";
import {
  type Code,
  f64x2,
  type FunctionBuilder,
  i32,
  i32x4,
  type Local,
  select,
  v128,
} from "../assembler.ts";
import { choose, type Lanes, type Vector } from "../math/lanes.ts";

type Emit = (
  lanes: Lanes,
  operands: readonly Vector[],
  amount: number | null,
) => Code<"v128">;

const itself: Emit = (_, [x]) => x!;

const INT: { readonly [N in ScalarFunction]?: Emit } = {
  add: (_, [a, b]) => i32x4.add(a!, b!),
  sub: (_, [a, b]) => i32x4.sub(a!, b!),
  mul: (_, [a, b]) => i32x4.mul(a!, b!),
  remainder: ({ f }, [a, b]) => remainder(f, a!, b!),
  pow: ({ f }, [a, b]) => power(f, a!, b!),
  max: (_, [a, b]) => i32x4.max_s(a!, b!),
  min: (_, [a, b]) => i32x4.min_s(a!, b!),
  neg: (_, [x]) => i32x4.neg(x!),
  abs: (_, [x]) => i32x4.abs(x!),
  sign: ({ f }, [x]) => {
    const zero = f.i32x4(0);
    return i32x4.sub(i32x4.lt_s(x!, zero), i32x4.gt_s(x!, zero));
  },
  floor: itself,
  ceil: itself,
  round: itself,
  trunc: itself,
  eq: (_, [a, b]) => i32x4.eq(a!, b!),
  ne: (_, [a, b]) => i32x4.ne(a!, b!),
  lt: (_, [a, b]) => i32x4.lt_s(a!, b!),
  le: (_, [a, b]) => i32x4.le_s(a!, b!),
  gt: (_, [a, b]) => i32x4.gt_s(a!, b!),
  ge: (_, [a, b]) => i32x4.ge_s(a!, b!),
  isNan: ({ f }) => f.i32x4(0),
  isFinite: ({ f }) => f.i32x4(-1),
  select: (_, [condition, a, b]) => choose(condition!, a!, b!),
  shiftRight: ({ f }, [a, b], amount) => {
    if (amount !== null) return i32x4.shr_u(a!, i32.const(amount));
    const result = f.let(a!);
    for (let lane = 0; lane < 4; lane++) {
      const shifted = i32.shr_u(
        i32x4.extract_lane(a!, lane),
        i32x4.extract_lane(b!, lane),
      );
      f.set(result, i32x4.replace_lane(result, lane, shifted));
    }
    return result;
  },
  bitAnd: (_, [a, b]) => v128.and(a!, b!),
  threefry: ({ f }, [a, b, c, d]) => threefry(f, a!, b!, c!, d!),
};

/**
 * Writes a call on int32 operands; comparisons give masks.
 *
 * @param amount The last operand, if it is a constant.
 */
export function intCall(
  lanes: Lanes,
  fn: ScalarFunction,
  operands: readonly Vector[],
  amount: number | null,
): Code<"v128"> {
  return INT[fn]!(lanes, operands, amount);
}

/**
 * `a - b floor(a / b)` in doubles, where it is exact; the NaN that a divisor
 * of 0 gives becomes 0 in the conversion.
 */
function remainder(f: FunctionBuilder, a: Vector, b: Vector): Code<"v128"> {
  const half = (lanes: readonly number[]): Code<"v128"> => {
    const wide = (x: Vector) =>
      f.let(f64x2.convert_low_i32x4_s(i32x4.shuffle(x, x, lanes)));
    const x = wide(a);
    const y = wide(b);
    const whole = f64x2.floor(f64x2.div(x, y));
    return i32x4.trunc_sat_f64x2_s_zero(f64x2.sub(x, f64x2.mul(whole, y)));
  };
  return i32x4.shuffle(half([0, 1, 0, 1]), half([2, 3, 2, 3]), [0, 1, 4, 5]);
}

/** Powers lane by lane, by squaring. */
function power(f: FunctionBuilder, a: Vector, b: Vector): Code<"v128"> {
  const { module } = f;
  const one = module.helper(
    "int32 power",
    () => module.func(null, ["i32", "i32"], "i32", powerBody),
  );
  const all = module.helper(
    "int32 powers",
    () =>
      module.func(null, ["v128", "v128"], "v128", (g, x, y) => {
        const result = g.let(x);
        for (let lane = 0; lane < 4; lane++) {
          const value = one.call(
            i32x4.extract_lane(x, lane),
            i32x4.extract_lane(y, lane),
          );
          g.set(result, i32x4.replace_lane(result, lane, value));
        }
        g.result(result);
      }),
  );
  return all.call(a, b);
}

function powerBody(
  f: FunctionBuilder,
  base: Local<"i32">,
  exponent: Local<"i32">,
): void {
  const result = f.let(i32.const(1));
  const isOdd = i32.and(exponent, i32.const(1));
  f.if(i32.lt_s(exponent, i32.const(0)), () => {
    // Fractions truncate to 0; only 1 and -1 have whole reciprocals.
    const sign = select(isOdd, i32.const(-1), i32.const(1));
    f.return(
      select(
        i32.eq(base, i32.const(1)),
        i32.const(1),
        select(i32.eq(base, i32.const(-1)), sign, i32.const(0)),
      ),
    );
  });
  f.block((done) => {
    f.loop((again) => {
      f.branchIf(done, i32.eqz(exponent));
      f.if(isOdd, () => f.set(result, i32.mul(result, base)));
      f.set(base, i32.mul(base, base));
      f.set(exponent, i32.shr_u(exponent, i32.const(1)));
      f.branch(again);
    });
  });
  f.result(result);
}

/** The first word of Threefry-2x32 with key (a, b) at the counter (c, d). */
function threefry(
  f: FunctionBuilder,
  a: Vector,
  b: Vector,
  c: Vector,
  d: Vector,
): Vector {
  const parity = f.i32x4(THREEFRY_PARITY);
  const key = [a, b, f.let(v128.xor(v128.xor(a, b), parity))];
  const x = f.let(i32x4.add(c, a));
  const y = f.let(i32x4.add(d, b));
  for (let round = 0; round < THREEFRY_ROUNDS; round++) {
    const by = THREEFRY_ROTATIONS[round % THREEFRY_ROTATIONS.length]!;
    f.set(x, i32x4.add(x, y));
    const rotated = v128.or(
      i32x4.shl(y, i32.const(by)),
      i32x4.shr_u(y, i32.const(32 - by)),
    );
    f.set(y, v128.xor(rotated, x));
    if (round % 4 !== 3) continue;
    const injection = (round + 1) / 4;
    const last = f.i32x4(injection);
    f.set(x, i32x4.add(x, key[injection % 3]!));
    f.set(y, i32x4.add(i32x4.add(y, key[(injection + 1) % 3]!), last));
  }
  return x;
}
