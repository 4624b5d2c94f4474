/**
 * Transforms of weights to sixteen values each, and of the sums of their
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

type Scalar = Local<"f32">;
type Three = readonly [Scalar, Scalar, Scalar];
const HALF = f32.const(0.5);

/** Three taps as four values. */
function spread(f: FunctionBuilder, [a, b, c]: Three): Scalar[] {
  const outer = f.let(f32.mul(f32.add(a, c), HALF));
  const inner = f.let(f32.mul(b, HALF));
  return [a, f.let(f32.add(outer, inner)), f.let(f32.sub(outer, inner)), c];
}

/** Emits the transform of the nine taps at an address to sixteen planes. */
export function transformWeight(
  f: FunctionBuilder,
  arithmetic: Arithmetic,
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
    return spread(f, taps as unknown as Three);
  });
  const columns = [0, 1, 2, 3].map((j) =>
    spread(f, rows.map((values) => values[j]!) as unknown as Three)
  );
  const plane = f.let(to);
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < 4; j++) {
      const value = columns[j]![i]!;
      f.do(
        elementBytes(arithmetic) === 16
          ? v128.store(plane, f32x4.splat(value))
          : f32.store(plane, value),
      );
      f.increase(plane, between);
    }
  }
}

/** Four sums as the gradients of three taps. */
function gather(f: FunctionBuilder, sums: readonly Scalar[]): Scalar[] {
  const [a, b, c, d] = sums as [Scalar, Scalar, Scalar, Scalar];
  const sum = f.let(f32.mul(f32.add(b, c), HALF));
  return [
    f.let(f32.add(a, sum)),
    f.let(f32.mul(f32.sub(b, c), HALF)),
    f.let(f32.add(sum, d)),
  ];
}

/** Emits the transform of sixteen sums to the gradient of nine taps. */
export function transformBack(
  f: FunctionBuilder,
  from: Code<"i32">,
  between: Local<"i32">,
  to: Code<"i32">,
  down: Local<"i32">,
  across: Local<"i32">,
): void {
  const plane = f.let(from);
  const rows = [0, 1, 2, 3].map(() =>
    gather(
      f,
      [0, 1, 2, 3].map(() => {
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
