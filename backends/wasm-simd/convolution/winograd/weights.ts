/**
 * Transforms of weights to the values of a tile, and of the sums of their
 * gradients back.
 *
 * @module
 */
import {
  type Code,
  f32,
  f32x4,
  type FunctionBuilder,
  type Local,
  v128,
} from "../../assembler.ts";
import type { Arithmetic } from "../../matmul/arithmetic.ts";
import { elementBytes } from "../../matmul/micro.ts";
import type { Scheme } from "./scheme.ts";

/** Emits the transform of the nine taps at an address to planes of values. */
export function transformWeight(
  f: FunctionBuilder,
  arithmetic: Arithmetic,
  { spread }: Scheme,
  from: Code<"i32">,
  down: Local<"i32">,
  across: Local<"i32">,
  to: Code<"i32">,
  between: Local<"i32">,
): void {
  const row = f.let(from);
  const rows = [0, 1, 2].map(() => {
    const at = f.let(row);
    const taps = [0, 1, 2].map(() => {
      const tap = f.let(f32.load(at));
      f.increase(at, across);
      return tap;
    });
    f.increase(row, down);
    return spread(f, taps);
  });
  const columns = rows[0]!.map((_, j) =>
    spread(f, rows.map((values) => values[j]!))
  );
  const plane = f.let(to);
  for (let i = 0; i < columns.length; i++) {
    for (const column of columns) {
      const value = column[i]!;
      f.do(
        elementBytes(arithmetic) === 16
          ? v128.store(plane, f32x4.splat(value))
          : f32.store(plane, value),
      );
      f.increase(plane, between);
    }
  }
}

/** Emits the transform of the sums of all values to the gradient of nine taps. */
export function transformBack(
  f: FunctionBuilder,
  { gather, values }: Scheme,
  from: Code<"i32">,
  between: Local<"i32">,
  to: Code<"i32">,
  down: Local<"i32">,
  across: Local<"i32">,
): void {
  const plane = f.let(from);
  const lines = Array.from({ length: Math.sqrt(values) }, (_, i) => i);
  const rows = lines.map(() =>
    gather(
      f,
      lines.map(() => {
        const sum = f.let(f32.load(plane));
        f.increase(plane, between);
        return sum;
      }),
    )
  );
  const columns = [0, 1, 2].map((j) => gather(f, rows.map((r) => r[j]!)));
  const row = f.let(to);
  for (let i = 0; i < 3; i++) {
    const at = f.let(row);
    for (let j = 0; j < 3; j++) {
      f.do(f32.store(at, columns[j]![i]!));
      f.increase(at, across);
    }
    f.increase(row, down);
  }
}
