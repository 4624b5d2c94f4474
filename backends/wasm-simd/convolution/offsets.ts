/**
 * Tables of offsets: where the elements of three merged dims are.
 *
 * @module
 */

import {
  type Code,
  type Func,
  i32,
  type Local,
  type ModuleBuilder,
} from "../assembler.ts";

/**
 * Writes the offsets of positions `start` to `start + count` of three dims
 * merged into one.
 *
 * Parameters: where to, start, count, the extents of the second and the third
 * dim, the three strides in bytes.
 */
export type Offsets = Func<
  ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"],
  "none"
>;

/** Defines the function. */
export function defineOffsets(module: ModuleBuilder): Offsets {
  return module.func(
    null,
    ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"],
    "none",
    (f, to, start, count, second, third, s0, s1, s2) => {
      const z = f.let(i32.rem_u(start, third));
      const rest = f.let(i32.div_u(start, third));
      const y = f.let(i32.rem_u(rest, second));
      const x = i32.div_u(rest, second);
      const offset = f.let(
        i32.add(
          i32.mul(x, s0),
          i32.add(i32.mul(y, s1), i32.mul(z, s2)),
        ),
      );
      // What a dim that begins anew adds, less what the inner one has added.
      const nextRow = f.let(i32.sub(s1, i32.mul(third, s2)));
      const nextPlane = f.let(i32.sub(s0, i32.mul(second, s1)));
      const left = f.let(count);
      f.if(i32.gt_s(left, i32.const(0)), () => {
        f.loop((again) => {
          f.do(i32.store(to, offset));
          f.increase(to, 4);
          f.increase(offset, s2);
          f.increase(z, 1);
          f.if(i32.eq(z, third), () => {
            f.set(z, i32.const(0));
            f.increase(offset, nextRow);
            f.increase(y, 1);
            f.if(i32.eq(y, second), () => {
              f.set(y, i32.const(0));
              f.increase(offset, nextPlane);
            });
          });
          f.increase(left, -1);
          f.branchIf(again, left);
        });
      });
    },
  );
}

/** Reads entry `index` of a table. */
export function entryOf(
  table: Code<"i32">,
  index: Local<"i32">,
): Code<"i32"> {
  return i32.load(i32.add(table, i32.shl(index, i32.const(2))));
}
