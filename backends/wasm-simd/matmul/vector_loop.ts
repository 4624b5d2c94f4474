/**
 * Loops over vectors, and the store of the lanes that are left.
 *
 * @module
 */

import { type FunctionBuilder, i32, type Local, v128 } from "../assembler.ts";
import type { Vector } from "../math/lanes.ts";

/** Repeats `body` as long as `left` is at least `by`. */
export function repeat(
  f: FunctionBuilder,
  left: Local<"i32">,
  by: number,
  body: () => void,
): void {
  const enough = i32.ge_s(left, i32.const(by));
  f.if(enough, () => {
    f.loop((again) => {
      body();
      f.increase(left, -by);
      f.branchIf(again, enough);
    });
  });
}

/** Writes the first `count` lanes, one to three. */
export function storeSome(
  f: FunctionBuilder,
  v: Vector,
  to: Local<"i32">,
  count: Local<"i32">,
): void {
  f.block((done) => {
    for (let lane = 0; lane < 3; lane++) {
      f.do(v128.store32_lane(to, v, lane, 4 * lane));
      f.branchIf(done, i32.eq(count, i32.const(lane + 1)));
    }
  });
}
