/**
 * Between planes of channels and vectors of four channels: rows are transposed on
 * their way in and out.
 *
 * @module
 */
import {
  type Code,
  type Func,
  type FunctionBuilder,
  i32,
  i32x4,
  type Local,
  memoryFill,
  type ModuleBuilder,
  v128,
} from "../../assembler.ts";
import type { Vector } from "../../math/lanes.ts";
import { storeSome } from "../../matmul/vector_loop.ts";
import { transpose4x4 } from "../../values.ts";

const ZERO = i32.const(0);
const FOUR = i32.const(4);
/** Bytes of a vector. */
const VECTOR = 16;

/** The addresses of four channels; those that there are not are the last one. */
export function addressesOf(
  f: FunctionBuilder,
  first: Local<"i32">,
  apart: Local<"i32">,
  channels: Code<"i32">,
): Local<"i32">[] {
  const pointers = [f.let(first)];
  for (let i = 1; i < 4; i++) {
    const pointer = f.let(pointers[i - 1]!);
    const exists = i32.gt_s(channels, i32.const(i));
    f.if(exists, () => f.increase(pointer, apart));
    pointers.push(pointer);
  }
  return pointers;
}

/** Which of four lanes there are. */
export function lanesOf(f: FunctionBuilder, count: Code<"i32">): Vector {
  return f.let(i32x4.lt_s(i32x4.const(0, 1, 2, 3), i32x4.splat(count)));
}

/**
 * Reads rows of up to four channels as a vector for each position. What lies
 * beyond the rows and their positions is zero, as are channels that there are
 * not.
 *
 * Parameters: the first channel, the bytes to the next one, how many there are,
 * the bytes from one row to the next, the rows that there are and those to write,
 * the positions that there are and those to write (a multiple of four), where to.
 */
export type Load = Func<
  ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"],
  "none"
>;

/** Defines it. */
export function defineLoad(module: ModuleBuilder): Load {
  return module.func(
    null,
    ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"],
    "none",
    (f, from, apart, channels, down, there, rows, width, pitch, to) => {
      const pointers = addressesOf(f, from, apart, channels);
      const lanes = lanesOf(f, channels);
      f.if(i32.gt_s(width, pitch), () => f.set(width, pitch));
      const whole = f.let(i32.and(width, i32.const(-4)));
      const rest = f.let(i32.sub(width, whole));
      const next = f.let(i32.sub(down, i32.shl(whole, i32.const(2))));
      f.if(i32.gt_s(there, rows), () => f.set(there, rows));
      const read = (): Vector[] =>
        transpose4x4(f, pointers.map((p) => f.let(v128.load(p))))
          .map((v) => f.let(v128.and(v, lanes)));
      const row = f.let(ZERO);
      f.for(row, there, 1, () => {
        const x = f.let(ZERO);
        f.for(x, whole, 4, () => {
          read().forEach((v, k) => f.do(v128.store(to, v, VECTOR * k)));
          for (const pointer of pointers) f.increase(pointer, VECTOR);
          f.increase(to, 4 * VECTOR);
        });
        f.if(rest, () => {
          read().forEach((v, k) => {
            const inside = i32.gt_s(rest, i32.const(k));
            const mask = i32x4.splat(i32.sub(ZERO, inside));
            f.do(v128.store(to, v128.and(v, mask), VECTOR * k));
          });
          f.increase(x, 4);
          f.increase(to, 4 * VECTOR);
        });
        for (const pointer of pointers) f.increase(pointer, next);
        f.for(x, pitch, 4, () => {
          for (let k = 0; k < 4; k++) {
            f.do(v128.store(to, f.i32x4(0), VECTOR * k));
          }
          f.increase(to, 4 * VECTOR);
        });
      });
      const missing = f.let(i32.mul(i32.sub(rows, there), pitch));
      f.if(
        i32.gt_s(missing, ZERO),
        () => f.do(memoryFill(to, ZERO, i32.shl(missing, FOUR))),
      );
    },
  );
}

/**
 * Writes vectors of each position as rows of up to four channels.
 *
 * Parameters: the first vector, the bytes between their rows, the first channel,
 * the bytes to the next one, how many there are, the bytes from one row to the
 * next, the number of rows, the positions of a row, the bytes between those.
 */
export type Store = Load;

/** Defines it. */
export function defineStore(module: ModuleBuilder): Store {
  return module.func(
    null,
    ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"],
    "none",
    (f, from, pitch, out, apart, channels, down, rows, width, across) => {
      const pointers = addressesOf(f, out, apart, channels);
      const dense = f.let(i32.eq(across, FOUR));
      const next = f.let(i32.sub(down, i32.mul(width, across)));
      const row = f.let(ZERO);
      f.for(row, rows, 1, () => {
        const at = f.let(from);
        const left = f.let(width);
        f.loop((again) => {
          const count = f.let(left);
          f.if(i32.gt_s(count, FOUR), () => f.set(count, FOUR));
          const some = f.let(i32.lt_s(left, FOUR));
          const lines = transpose4x4(
            f,
            [0, 1, 2, 3].map((k) => f.let(v128.load(at, VECTOR * k))),
          );
          // From the last one on: the ones beyond it have its place.
          const each = (store: (v: Vector, to: Local<"i32">) => void) => {
            for (let i = 3; i >= 0; i--) store(lines[i]!, pointers[i]!);
          };
          f.if(
            dense,
            () =>
              f.if(
                some,
                () => each((v, to) => storeSome(f, v, to, count)),
                () => each((v, to) => f.do(v128.store(to, v))),
              ),
            () =>
              each((v, to) => {
                const place = f.let(to);
                for (let lane = 0; lane < 4; lane++) {
                  f.if(i32.gt_s(count, i32.const(lane)), () =>
                    f.do(v128.store32_lane(place, v, lane)));
                  f.increase(place, across);
                }
              }),
          );
          const bytes = f.let(i32.mul(count, across));
          for (const pointer of pointers) f.increase(pointer, bytes);
          f.increase(at, 4 * VECTOR);
          f.increase(left, -4);
          f.branchIf(again, i32.gt_s(left, ZERO));
        });
        for (const pointer of pointers) f.increase(pointer, next);
        f.increase(from, pitch);
      });
    },
  );
}
