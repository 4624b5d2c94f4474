/**
 * Blocks and panels: how products are divided.
 *
 * @module
 */

import {
  type Code,
  type FunctionBuilder,
  i32,
  type Local,
  type ModuleBuilder,
  select,
} from "../assembler.ts";
import type { Arithmetic } from "./arithmetic.ts";
import { defineMicro, type Micro, TILE_COLUMNS } from "./micro.ts";
import { definePack, type Pack } from "./pack.ts";

/** The most steps of the inner dim in a block: two panels fit in L1. */
export const DEPTH = 400;
/** Rows in a block; packed, they take a fraction of L2. */
export const ROWS = 60;
/** Elements of b in a block; packed, they fit in an L2 of half a megabyte. */
export const BLOCK = DEPTH * 256;

/** Bytes of a spare tile. */
export function tileBytes({ rows }: Arithmetic): number {
  return Math.ceil(rows * TILE_COLUMNS * 4 / 64) * 64;
}

/** The functions for tiles of each number of rows, the full one last. */
export interface Panels {
  readonly micro: readonly Micro[];
  readonly pack: readonly Pack[];
}

/** Defines the functions for panels of each number of rows. */
export function definePanels(
  module: ModuleBuilder,
  arithmetic: Arithmetic,
): Panels {
  return {
    micro: defineMicros(module, arithmetic),
    pack: counts(arithmetic)
      .map((n) => definePack(module, n)),
  };
}

/** Defines the functions for tiles of eight columns, by their rows. */
export function defineMicros(
  module: ModuleBuilder,
  arithmetic: Arithmetic,
): Micro[] {
  return counts(arithmetic).map((n) => defineMicro(module, arithmetic, n, 8));
}

function counts({ rows }: Arithmetic): number[] {
  return Array.from({ length: rows }, (_, i) => i + 1);
}

/** A local with the smaller of a value and a limit. */
export function smaller(
  f: FunctionBuilder,
  value: Code<"i32">,
  limit: Code<"i32"> | number,
): Local<"i32"> {
  const kept = f.let(value);
  const bound = typeof limit === "number" ? i32.const(limit) : limit;
  f.set(kept, select(i32.lt_s(kept, bound), kept, bound));
  return kept;
}

/**
 * Goes over panels of at most `tall` rows, all of about the same height: a tile
 * of one row would take almost as long as one of five.
 */
export function overPanels(
  f: FunctionBuilder,
  tall: number,
  height: Local<"i32">,
  body: (
    row: Local<"i32">,
    rows: Local<"i32">,
    which: (call: (rows: number) => void) => void,
  ) => void,
): void {
  const panels = f.let(
    i32.div_s(i32.add(height, i32.const(tall - 1)), i32.const(tall)),
  );
  const row = f.let(i32.const(0));
  // So many rows each, and one more in the first panels.
  const rows = f.local("i32");
  const more = f.local("i32");
  f.if(panels, () => {
    f.set(rows, i32.div_s(height, panels));
    f.set(more, i32.sub(height, i32.mul(rows, panels)));
    f.if(more, () => f.increase(rows, 1), () => f.set(more, panels));
    const which = (call: (rows: number) => void) => {
      const choose = (count: number): void => {
        if (count === 1) return call(1);
        f.if(
          i32.eq(rows, i32.const(count)),
          () => call(count),
          () => choose(count - 1),
        );
      };
      choose(tall);
    };
    f.loop((again) => {
      body(row, rows, which);
      f.increase(row, rows);
      f.increase(more, -1);
      f.if(i32.eqz(more), () => f.increase(rows, -1));
      f.branchIf(again, i32.lt_s(row, height));
    });
  });
}
