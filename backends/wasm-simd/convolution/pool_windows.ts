/**
 * Windows of a pooling: one at a time, or four neighbours in a vector.
 *
 * @module
 */

import type { ComputeDType } from "@tenfold/core/backend";
import {
  type Code,
  f32x4,
  type FunctionBuilder,
  i32,
  i32x4,
  type Local,
  v128,
} from "../assembler.ts";
import type { Vector } from "../math/lanes.ts";
import { ELEMENTS } from "../elements.ts";
import { times } from "../routines/rows.ts";

/** Run-time scalars by what they are, in the order of the kernel's. */
export const SCALARS = [
  "height",
  "width",
  "strideY",
  "strideX",
  "dilationY",
  "dilationX",
  "paddingY",
  "paddingX",
] as const;

/** What all windows share. */
export interface PoolSite {
  /** The function. */
  readonly f: FunctionBuilder;
  /** The dtype of the elements. */
  readonly dtype: ComputeDType;
  /** A run-time scalar. */
  readonly scalar: (name: (typeof SCALARS)[number]) => Local<"i32">;
  /** Rows of a window. */
  readonly rows: Local<"i32">;
  /** Columns of a window. */
  readonly columns: Local<"i32">;
  /** Bytes from one window to the next. */
  readonly across: Local<"i32">;
  /** Bytes from one row of a window to the next. */
  readonly down: Local<"i32">;
  /** Bytes from one element of such a row to the next. */
  readonly along: Local<"i32">;
}

/** The part of a window's steps along one dim that is inside of the plane. */
export interface Reach {
  /** The first step. */
  readonly first: Local<"i32">;
  /** The step after the last one. */
  readonly end: Local<"i32">;
}

/** The position of a window. */
export interface Window {
  /** The address of its first element. */
  readonly corner: Local<"i32">;
  /** The row of the plane in which it begins. */
  readonly top: Local<"i32">;
  /** The column in which it begins. */
  readonly left: Local<"i32">;
  /** The rows of it that count. */
  readonly down: Reach;
  /** The destination of the value. */
  readonly value: Local<"i32">;
  /** Where the index goes. */
  readonly index: Local<"i32">;
}

/** The position in the plane of the first element of row `i` of a window. */
function positionOf(
  { scalar }: PoolSite,
  { top, left }: Window,
  i: Local<"i32">,
): Code<"i32"> {
  return i32.add(
    i32.mul(
      i32.add(top, i32.mul(i, scalar("dilationY"))),
      scalar("width"),
    ),
    left,
  );
}

/** One window of any layout. */
export function oneWindow(
  context: PoolSite,
  window: Window,
  across: Reach,
): void {
  const { f, dtype, scalar, down, along } = context;
  const { load, store, above, isNan, type, lowest } = ELEMENTS[dtype];
  const best = f.local(type);
  f.set(best, f.hoist(lowest));
  const where = f.let(i32.const(-1));
  const i = f.let(window.down.first);
  f.for(i, window.down.end, 1, () => {
    const j = f.let(across.first);
    const at = f.let(
      i32.add(
        window.corner,
        i32.add(i32.mul(i, down), i32.mul(j, along)),
      ),
    );
    const line = f.let(positionOf(context, window, i));
    f.for(j, across.end, 1, () => {
      const value = f.let(load(at));
      const wins = i32.or(
        i32.or(above(value, best), i32.lt_s(where, i32.const(0))),
        i32.and(isNan(value), i32.eqz(isNan(best))),
      );
      f.if(wins, () => {
        f.set(best, value);
        f.set(where, i32.add(line, i32.mul(j, scalar("dilationX"))));
      });
      f.increase(at, along);
    });
  });
  f.do(store(window.value, best));
  f.do(i32.store(window.index, where));
}

/**
 * Four neighbouring windows of floats, of which at least one row counts and
 * every column.
 */
export function fourWindows(context: PoolSite, window: Window): void {
  const { f, scalar, down, along, across, columns } = context;
  const best = f.let(f.f32x4(-Infinity));
  // The first element wins until a larger one comes.
  const where = f.local("v128");
  const i = f.let(window.down.first);
  const at = f.let(i32.add(window.corner, i32.mul(i, down)));
  const apart = f.hoist(
    i32x4.mul(i32x4.const(0, 1, 2, 3), i32x4.splat(scalar("strideX"))),
  );
  const position = f.let(
    i32x4.add(i32x4.splat(positionOf(context, window, i)), apart),
  );
  f.set(where, position);
  const nextColumn = f.hoist(i32x4.splat(scalar("dilationX")));
  const nextRow = f.hoist(
    i32x4.splat(i32.mul(scalar("dilationY"), scalar("width"))),
  );
  const meet = (value: Vector, here: Code<"v128">): void => {
    // A NaN is not at most anything; what it has beaten is not equal itself.
    const wins = f.let(
      v128.andnot(f32x4.eq(best, best), f32x4.le(value, best)),
    );
    f.set(best, v128.bitselect(value, best, wins));
    f.set(where, v128.bitselect(here, where, wins));
  };
  const overWindows = (read: (at: Local<"i32">) => Vector): void =>
    f.for(i, window.down.end, 1, () => {
      const element = f.let(at);
      const here = f.let(position);
      times(f, columns, () => {
        meet(read(element), here);
        f.increase(element, along);
        f.set(here, i32x4.add(here, nextColumn));
      });
      f.increase(at, down);
      f.set(position, i32x4.add(position, nextRow));
    });
  const four = i32.const(4);
  const arePairs = f.hoist(
    i32.and(
      i32.and(i32.eq(columns, i32.const(2)), i32.eq(along, four)),
      i32.eq(across, i32.const(8)),
    ),
  );
  f.if(arePairs, () => {
    // Adjacent windows of two share two vectors.
    const row = (first: boolean) => {
      const low = f.let(v128.load(at));
      const high = f.let(v128.load(at, 16));
      const even = f.let(i32x4.shuffle(low, high, [0, 2, 4, 6]));
      const odd = f.let(i32x4.shuffle(low, high, [1, 3, 5, 7]));
      if (first) f.set(best, even);
      else meet(even, position);
      meet(odd, f.let(i32x4.add(position, nextColumn)));
      f.increase(at, down);
      f.set(position, i32x4.add(position, nextRow));
    };
    row(true);
    f.increase(i, 1);
    f.for(i, window.down.end, 1, () => row(false));
  }, () => {
    f.if(
      i32.eq(across, four),
      () => overWindows((at) => f.let(v128.load(at))),
      () =>
        overWindows((at) => {
          const vector = f.let(v128.load32_zero(at));
          const lane = f.let(at);
          for (const k of [1, 2, 3]) {
            f.increase(lane, across);
            f.set(vector, v128.load32_lane(lane, vector, k));
          }
          return vector;
        }),
    );
  });
  f.do(v128.store(window.value, best));
  f.do(v128.store(window.index, where));
}
