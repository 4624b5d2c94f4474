/**
 * Packing by tables of offsets, for matrices without regular strides.
 *
 * @module
 */

import {
  type Code,
  f32,
  type Func,
  type FunctionBuilder,
  i32,
  type Local,
  type ModuleBuilder,
  select,
  v128,
} from "../assembler.ts";
import { transpose4x4 } from "../values.ts";
import { areNeighbours } from "./offsets.ts";

/** Steps of the inner dim in one round. */
const UNROLL = 4;
const ENTRY = 4;
/** Bytes of a step of eight columns. */
const STEP = 32;

/**
 * Packs eight columns whose elements are at `from + columns[j] + steps[k]`.
 *
 * Parameters: from, the table of the eight columns, the table of the steps,
 * where to, the number of steps, how many steps are contiguous at a time,
 * how many of those the first step has before it.
 */
export type PackColumns = Func<
  ["i32", "i32", "i32", "i32", "i32", "i32", "i32"],
  "none"
>;

/** Shorter contiguous runs are read element by element. */
export const SHORTEST_RUN = 8;

/** Defines the packing of eight columns. */
export function definePackColumns(module: ModuleBuilder): PackColumns {
  return module.func(
    null,
    ["i32", "i32", "i32", "i32", "i32", "i32", "i32"],
    "none",
    (f, from, columns, steps, to, depth, run, behind) => {
      const offsets = Array.from(
        { length: 8 },
        (_, j) => f.let(i32.add(from, i32.load(columns, ENTRY * j))),
      );
      const isLowNear = f.let(areNeighbours(columns, 0));
      const isHighNear = f.let(areNeighbours(columns, 4));
      /** Four neighbouring columns of a step. */
      const near = (half: number, step: Code<"i32">) =>
        v128.load(i32.add(offsets[half]!, step));
      /** Four columns of a step, of which two at a time are neighbours. */
      const paired = (half: number, step: Code<"i32">) =>
        v128.load64_lane(
          i32.add(offsets[half + 2]!, step),
          v128.load64_zero(i32.add(offsets[half]!, step)),
          1,
        );
      /** Four columns of a step at any addresses. */
      const far = (half: number, step: Code<"i32">) => {
        const at = (lane: number) => i32.add(offsets[half + lane]!, step);
        const vector = f.let(v128.load32_zero(at(0)));
        for (const lane of [1, 2, 3]) {
          f.set(vector, v128.load32_lane(at(lane), vector, lane));
        }
        return vector;
      };
      const arePairs = (half: number) => {
        const apart = (lane: number) =>
          i32.sub(offsets[half + lane + 1]!, offsets[half + lane]!);
        const four = i32.const(4);
        return i32.and(i32.eq(apart(0), four), i32.eq(apart(2), four));
      };
      /** Takes half of the columns in the fastest way. */
      const inTheWay = (
        half: number,
        isNear: Code<"i32">,
        then: (read: typeof near) => void,
      ) =>
        f.if(isNear, () => then(near), () => {
          f.if(arePairs(half), () => then(paired), () => then(far));
        });
      const pack = (low: typeof near, high: typeof near) => {
        const one = (k: number) => {
          const step = f.let(i32.load(steps, ENTRY * k));
          f.do(v128.store(to, low(0, step), STEP * k));
          f.do(v128.store(to, high(4, step), STEP * k + 16));
        };
        rounds(f, depth, (count) => {
          for (let k = 0; k < count; k++) one(k);
          f.increase(steps, ENTRY * count);
          f.increase(to, STEP * count);
        });
      };
      const runs = i32.and(
        i32.ge_s(run, i32.const(SHORTEST_RUN)),
        i32.eqz(i32.and(isLowNear, isHighNear)),
      );
      f.if(runs, () => {
        overRuns(f, depth, run, behind, (length) => {
          const step = f.let(i32.load(steps));
          f.increase(steps, i32.shl(length, i32.const(2)));
          rounds(f, length, (count) => {
            if (count === UNROLL) transposeTiles(f, offsets, step, to);
            else {
              f.do(v128.store(to, far(0, step)));
              f.do(v128.store(to, far(4, step), 16));
            }
            f.increase(step, 4 * count);
            f.increase(to, STEP * count);
          });
        });
        f.return();
      });
      inTheWay(
        0,
        isLowNear,
        (low) => inTheWay(4, isHighNear, (high) => pack(low, high)),
      );
    },
  );
}

/** Four steps of eight columns whose steps are contiguous. */
function transposeTiles(
  f: FunctionBuilder,
  offsets: readonly Local<"i32">[],
  step: Local<"i32">,
  to: Local<"i32">,
): void {
  for (const half of [0, 4]) {
    const lines = [0, 1, 2, 3].map((lane) =>
      f.let(v128.load(i32.add(offsets[half + lane]!, step)))
    );
    transpose4x4(f, lines).forEach((column, k) =>
      f.do(v128.store(to, column, STEP * k + 4 * half))
    );
  }
}

/**
 * Packs rows whose elements are at `from + i * stride + steps[k]`.
 *
 * Parameters: from, the stride, the table of the steps, where to, the number
 * of steps, the number of rows.
 */
export type PackRows = Func<["i32", "i32", "i32", "i32", "i32", "i32"], "none">;

/** Defines the packing of rows. */
export function definePackRows(module: ModuleBuilder): PackRows {
  return module.func(
    null,
    ["i32", "i32", "i32", "i32", "i32", "i32"],
    "none",
    (f, from, stride, steps, to, depth, rows) => {
      f.if(i32.eqz(depth), () => f.return());
      repeat(f, depth, () => {
        const at = f.let(i32.add(from, i32.load(steps)));
        repeat(f, f.let(rows), () => {
          f.do(f32.store(to, f32.load(at)));
          f.increase(to, 4);
          f.increase(at, stride);
        });
        f.increase(steps, ENTRY);
      });
    },
  );
}

/** Runs `body` as often as `left` says, which must not be 0. */
export function repeat(
  f: FunctionBuilder,
  left: Local<"i32">,
  body: () => void,
): void {
  f.loop((again) => {
    body();
    f.increase(left, -1);
    f.branchIf(again, left);
  });
}

/** Goes through `total` in rounds of {@linkcode UNROLL}, then one by one. */
function rounds(
  f: FunctionBuilder,
  total: Local<"i32">,
  body: (count: number) => void,
): void {
  const left = f.let(total);
  for (const count of [UNROLL, 1]) {
    const enough = i32.ge_s(left, i32.const(count));
    f.if(enough, () => {
      f.loop((again) => {
        body(count);
        f.increase(left, -count);
        f.branchIf(again, enough);
      });
    });
  }
}

/**
 * Loops over the runs of `depth` steps, each of which is contiguous. The first
 * run is shorter by `behind`.
 */
export function overRuns(
  f: FunctionBuilder,
  depth: Local<"i32">,
  run: Local<"i32">,
  behind: Local<"i32">,
  body: (length: Local<"i32">) => void,
): void {
  const left = f.let(depth);
  const whole = f.let(i32.sub(run, behind));
  const length = f.local("i32");
  f.loop((again) => {
    f.set(length, select(i32.lt_s(whole, left), whole, left));
    body(length);
    f.set(whole, run);
    f.increase(left, i32.sub(i32.const(0), length));
    f.branchIf(again, left);
  });
}
