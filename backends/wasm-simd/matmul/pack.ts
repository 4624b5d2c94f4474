/**
 * Packing: copies a few rows or columns of a matrix into the order in which
 * the innermost kernel reads them, whatever the strides of the matrix.
 *
 * @module
 */

import {
  f32,
  type Func,
  type FunctionBuilder,
  i32,
  type Local,
  type ModuleBuilder,
  v128,
} from "../assembler.ts";
import { transpose4x4 } from "../values.ts";

/**
 * Packs `width` lines of a matrix, interleaved: for each step along the lines
 * one element of each.
 *
 * Parameters: the source, the stride between lines and the stride along them in
 * bytes, the destination, the number of steps, and the number of lines that
 * exist (the others repeat the last one).
 */
export type Pack = Func<["i32", "i32", "i32", "i32", "i32", "i32"], "none">;

/** Defines the packing of `width` lines. */
export function definePack(module: ModuleBuilder, width: number): Pack {
  return module.func(
    null,
    ["i32", "i32", "i32", "i32", "i32", "i32"],
    "none",
    (f, from, between, along, to, steps, lines) => {
      const left = f.let(steps);
      f.if(
        i32.eq(between, i32.const(4)),
        () => whereAdjacent(f, width, from, along, to, left),
        () => {
          // One pointer for each line; missing lines repeat the last one.
          const pointers: Local<"i32">[] = [];
          for (let i = 0; i < width; i++) {
            pointers.push(f.let(i === 0 ? from : pointers[i - 1]!));
            if (i === 0) continue;
            f.if(
              i32.gt_s(lines, i32.const(i)),
              () => f.increase(pointers[i]!, between),
            );
          }
          f.if(
            i32.eq(along, i32.const(4)),
            () => whereAlong(f, width, pointers, to, left),
          );
          countdown(f, left, 1, () => {
            pointers.forEach((pointer, i) => {
              f.do(f32.store(to, f32.load(pointer), 4 * i));
              f.increase(pointer, along);
            });
            f.increase(to, 4 * width);
          });
        },
      );
    },
  );
}

/** Runs `body` while at least `by` are left, and takes `by` away each time. */
function countdown(
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

/** Lines of stride 1: whole vectors across them are copied. */
function whereAdjacent(
  f: FunctionBuilder,
  width: number,
  from: Local<"i32">,
  along: Local<"i32">,
  to: Local<"i32">,
  left: Local<"i32">,
): void {
  countdown(f, left, 1, () => {
    for (let i = 0; i < width;) {
      if (i + 4 <= width) {
        f.do(v128.store(to, v128.load(from, 4 * i), 4 * i));
        i += 4;
      } else {
        f.do(f32.store(to, f32.load(from, 4 * i), 4 * i));
        i++;
      }
    }
    f.increase(from, along);
    f.increase(to, 4 * width);
  });
}

/** Contiguous lines: tiles of four by four are transposed. */
function whereAlong(
  f: FunctionBuilder,
  width: number,
  pointers: readonly Local<"i32">[],
  to: Local<"i32">,
  left: Local<"i32">,
): void {
  countdown(f, left, 4, () => {
    for (let i = 0; i < width; i += 4) {
      const lines = pointers.slice(i, i + 4).map((p) => f.let(v128.load(p)));
      if (lines.length === 4) {
        transpose4x4(f, lines).forEach((column, k) => {
          f.do(v128.store(to, column, 4 * (k * width + i)));
        });
      } else {
        lines.forEach((line, l) => {
          for (let k = 0; k < 4; k++) {
            const at = 4 * (k * width + i + l);
            f.do(v128.store32_lane(to, line, k, at));
          }
        });
      }
    }
    for (const pointer of pointers) f.increase(pointer, 16);
    f.increase(to, 16 * width);
  });
}
