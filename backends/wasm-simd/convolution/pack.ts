/**
 * Packing by tables of offsets, where the lines of a matrix lie anywhere.
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
  v128,
} from "../assembler.ts";

/**
 * Packs eight columns whose elements are at `from + columns[j] + steps[k]`.
 *
 * Parameters: from, the table of the eight columns, the table of the steps,
 * where to, the number of steps, whether the columns are neighbours.
 */
export type PackColumns = Func<
  ["i32", "i32", "i32", "i32", "i32", "i32"],
  "none"
>;

/** Defines the packing of eight columns. */
export function definePackColumns(module: ModuleBuilder): PackColumns {
  return module.func(
    null,
    ["i32", "i32", "i32", "i32", "i32", "i32"],
    "none",
    (f, from, columns, steps, to, depth, neighbours) => {
      const next = (body: (at: Local<"i32">) => void) =>
        repeat(f, depth, () => {
          body(f.let(i32.add(from, i32.load(steps))));
          f.increase(steps, 4);
          f.increase(to, 32);
        });
      f.if(neighbours, () => {
        f.increase(from, i32.load(columns));
        next((at) => {
          f.do(v128.store(to, v128.load(at)));
          f.do(v128.store(to, v128.load(at, 16), 16));
        });
      }, () => {
        const offsets = Array.from(
          { length: 8 },
          (_, j) => f.let(i32.load(columns, 4 * j)),
        );
        next((at) => {
          for (const half of [0, 4]) {
            const address = (lane: number) =>
              i32.add(at, offsets[half + lane]!);
            const vector = f.let(v128.load32_zero(address(0)));
            for (const lane of [1, 2, 3]) {
              f.set(vector, v128.load32_lane(address(lane), vector, lane));
            }
            f.do(v128.store(to, vector, 4 * half));
          }
        });
      });
    },
  );
}

/**
 * Packs rows whose elements are at `from + i * stride + steps[k]`.
 *
 * Parameters: from, the stride, the table of the steps, where to, the number
 * of steps, the number of rows.
 */
export type PackRows = Func<["i32", "i32", "i32", "i32", "i32", "i32"], "none">;

/** Defines the packing of rows; `spread` writes elements four times. */
export function definePackRows(
  module: ModuleBuilder,
  spread: boolean,
): PackRows {
  return module.func(
    null,
    ["i32", "i32", "i32", "i32", "i32", "i32"],
    "none",
    (f, from, stride, steps, to, depth, rows) => {
      repeat(f, depth, () => {
        const at = f.let(i32.add(from, i32.load(steps)));
        repeat(f, f.let(rows), () => {
          f.do(
            spread
              ? v128.store(to, v128.load32_splat(at))
              : f32.store(to, f32.load(at)),
          );
          f.increase(to, spread ? 16 : 4);
          f.increase(at, stride);
        });
        f.increase(steps, 4);
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

/** Whether eight entries of a table are neighbouring floats. */
export function areNeighbours(table: Local<"i32">): Code<"i32"> {
  const steps = Array.from(
    { length: 7 },
    (_, j) =>
      i32.eq(
        i32.sub(i32.load(table, 4 * (j + 1)), i32.load(table, 4 * j)),
        i32.const(4),
      ),
  );
  return steps.reduce((all, one) => i32.and(all, one));
}
