/**
 * Tables of offsets: where the elements of three merged dims are.
 *
 * @module
 */

import {
  type Code,
  type Func,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  select,
  v128,
} from "../assembler.ts";

/**
 * Writes the offsets of positions `start` to `start + count` of three dims
 * merged into one. Up to three entries more may be overwritten.
 *
 * Parameters: where to, start, count, the extents of the second and the third
 * dim, the three strides in bytes.
 */
export type Offsets = Func<
  ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"],
  "none"
>;

/** Entries after a table that {@linkcode Offsets} may overwrite. */
export const SPARE_ENTRIES = 3;

/** Defines the function. */
export function defineOffsets(module: ModuleBuilder): Offsets {
  return module.func(
    null,
    ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"],
    "none",
    (f, to, start, count, second, third, s0, s1, s2) => {
      f.if(i32.eqz(count), () => f.return());
      const z = f.let(i32.rem_u(start, third));
      const rest = f.let(i32.div_u(start, third));
      const y = f.let(i32.rem_u(rest, second));
      // The offset of the line along the third dim, and what the second dim
      // adds to it when it begins anew.
      const line = f.let(
        i32.add(i32.mul(i32.div_u(rest, second), s0), i32.mul(y, s1)),
      );
      const nextPlane = f.let(i32.sub(s0, i32.mul(second, s1)));
      const apart = f.let(
        i32x4.mul(i32x4.const(0, 1, 2, 3), i32x4.splat(s2)),
      );
      const step = f.let(i32x4.splat(i32.shl(s2, i32.const(2))));
      const left = f.let(count);
      f.loop((again) => {
        const run = f.let(i32.sub(third, z));
        f.set(run, select(i32.lt_s(run, left), run, left));
        f.increase(left, i32.sub(i32.const(0), run));
        const entries = f.let(
          i32x4.add(
            i32x4.splat(i32.add(line, i32.mul(z, s2))),
            apart,
          ),
        );
        f.loop((further) => {
          f.do(v128.store(to, entries));
          f.set(entries, i32x4.add(entries, step));
          f.increase(to, 16);
          f.increase(run, -4);
          f.branchIf(further, i32.gt_s(run, i32.const(0)));
        });
        // What was written too much is written over.
        f.increase(to, i32.shl(run, i32.const(2)));
        f.set(z, i32.const(0));
        f.increase(line, s1);
        f.increase(y, 1);
        f.if(i32.eq(y, second), () => {
          f.set(y, i32.const(0));
          f.increase(line, nextPlane);
        });
        f.branchIf(again, left);
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

/** Whether four entries of a table from `at` on are neighbouring floats. */
export function areNeighbours(
  table: Local<"i32">,
  at: number,
): Code<"i32"> {
  const first = i32x4.splat(i32.load(table, 4 * at));
  return i32x4.all_true(
    i32x4.eq(
      v128.load(table, 4 * at),
      i32x4.add(first, i32x4.const(0, 4, 8, 12)),
    ),
  );
}

/** Whether eight entries of a table are neighbouring floats. */
export function areEightNeighbours(table: Local<"i32">): Code<"i32"> {
  return i32.and(
    i32.and(areNeighbours(table, 0), areNeighbours(table, 4)),
    i32.eq(
      i32.sub(i32.load(table, 16), i32.load(table)),
      i32.const(16),
    ),
  );
}
