/**
 * What the transforms of both sizes share: vectors of four tiles, and of four
 * positions.
 *
 * @module
 */
import {
  type Code,
  type FunctionBuilder,
  i32,
  i32x4,
  type Local,
  v128,
} from "../../assembler.ts";
import type { Vector } from "../../math/lanes.ts";
import { storeSome } from "../../matmul/vector_loop.ts";

/** Stores values one after the other, each into its plane. */
export function storePlanes(
  f: FunctionBuilder,
  to: Local<"i32">,
  between: Local<"i32">,
  values: readonly Code<"v128">[],
): void {
  for (const value of values) {
    f.do(v128.store(to, value));
    f.increase(to, between);
  }
}

/** Lanes of positions `first`, `first + 2`, … that are below a limit. */
export function below(
  f: FunctionBuilder,
  limit: Local<"i32">,
  first: number,
  step: number,
): Vector {
  const places = [0, 1, 2, 3].map((i) => first + step * i);
  return f.let(
    i32x4.lt_s(
      i32x4.const(...places as [number, number, number, number]),
      i32x4.splat(limit),
    ),
  );
}

/** Stores up to eight positions. */
export function storePositions(
  f: FunctionBuilder,
  row: Local<"i32">,
  low: Vector,
  high: Vector,
  count: Local<"i32">,
): void {
  const some = (v: Vector, at: Code<"i32">, rest: Code<"i32">) =>
    storeSome(f, v, f.let(at), f.let(rest));
  f.if(i32.ge_s(count, i32.const(4)), () => {
    f.do(v128.store(row, low));
    f.if(
      i32.ge_s(count, i32.const(8)),
      () => f.do(v128.store(row, high, 16)),
      () =>
        f.if(i32.gt_s(count, i32.const(4)), () =>
          some(
            high,
            i32.add(row, i32.const(16)),
            i32.sub(count, i32.const(4)),
          )),
    );
  }, () => some(low, row, count));
}
