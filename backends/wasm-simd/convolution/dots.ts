/**
 * Convolutions with few columns and a long inner dim, such as the gradient by
 * the filters of a first layer: sums of products along rows that both operands
 * have in memory as they are, so that nothing is packed.
 *
 * @module
 */

import {
  type Code,
  f32,
  f32x4,
  type Func,
  i32,
  i32x4,
  type Local,
  memoryFill,
  type ModuleBuilder,
  v128,
} from "../assembler.ts";
import type { KernelCall } from "@tenfold/core/backend";
import type { Vector } from "../math/lanes.ts";
import type { Arithmetic } from "../matmul/arithmetic.ts";
import { smaller } from "../matmul/panels.ts";
import { entryOf } from "./offsets.ts";
import { repeat } from "./pack.ts";
import {
  B,
  BIAS,
  C,
  type EmitContext,
  extentOf,
  FILTER,
  G,
  I,
  IN,
  J,
  M,
  OUT,
  strideOf,
  tabulate,
  X,
  Y,
} from "./emit_context.ts";

/** Most columns; where there are more, packing them pays. */
const MOST_COLUMNS = 16;
/** Most filters: the sums have the place of packed filters. */
const MOST_ROWS = 1024;
/** Below this, too much of a row is its end. */
const SHORTEST_ROW = 8;
/** Filters and columns of a tile: its sums and operands fit the registers. */
export const TALL = 4;
const WIDE = 3;
/** Vectors along rows that are summed before their sum is added. */
const BLOCK = 256;
/** Bytes of the sums of one row of a tile, and of all. */
const TILE_ROW = 16 * WIDE;
const TILE_BYTES = TALL * TILE_ROW;
const ZERO = i32.const(0);
const FOUR = i32.const(4);

/**
 * Adds the products along one plane `(i, j)` to the sums of a tile.
 *
 * Parameters: the first filter and the bytes from one to the next, the three
 * columns, the sums, the extents of the plane, the bytes from one row of it to
 * the next in filters and in columns.
 */
export type Dots = Func<
  [
    "i32",
    "i32",
    "i32",
    "i32",
    "i32",
    "i32",
    "i32",
    "i32",
    "i32",
    "i32",
  ],
  "none"
>;

/** Defines the function for tiles of each number of rows. */
export function defineDots(
  module: ModuleBuilder,
  arithmetic: Arithmetic,
): Dots[] {
  return Array.from(
    { length: TALL },
    (_, i) => defineTile(module, arithmetic, i + 1),
  );
}

function defineTile(
  module: ModuleBuilder,
  { add: plus, madd }: Arithmetic,
  rows: number,
): Dots {
  return module.func(
    null,
    ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"],
    "none",
    (f, filter, between, x0, x1, x2, to, height, width, filterDown, inDown) => {
      const filters = [filter];
      while (filters.length < rows) {
        filters.push(f.let(i32.add(filters.at(-1)!, between)));
      }
      const columns = [x0, x1, x2];
      const sums = filters.map(() => columns.map(() => f.let(i32x4.const(0))));
      const flush = () =>
        sums.forEach((row, r) =>
          row.forEach((sum, c) => {
            const place = TILE_ROW * r + 16 * c;
            f.do(v128.store(to, plus(v128.load(to, place), sum), place));
            f.set(sum, i32x4.const(0));
          })
        );
      const at = f.local("i32");
      const add = (read: (base: Local<"i32">) => Code<"v128">) => {
        const vectors = columns.map((base) => f.let(read(base)));
        filters.forEach((base, r) => {
          const factor: Vector = f.let(read(base));
          sums[r]!.forEach((sum, c) =>
            f.set(sum, madd(factor, vectors[c]!, sum))
          );
        });
      };
      const whole = f.let(i32.shl(i32.shr_u(width, i32.const(2)), FOUR));
      const over = f.let(i32.and(width, i32.const(3)));
      // The last vector of a row begins in the one before, whose lanes count
      // once.
      const back = f.let(i32.shl(i32.sub(FOUR, over), i32.const(2)));
      const counts = f.let(
        i32x4.ge_s(
          i32x4.const(0, 1, 2, 3),
          i32x4.splat(i32.sub(FOUR, over)),
        ),
      );
      const left = f.let(i32.const(4 * BLOCK));
      repeat(f, height, () => {
        f.set(at, ZERO);
        f.loop((again) => {
          add((base) => v128.load(i32.add(base, at)));
          f.increase(at, 16);
          f.branchIf(again, i32.lt_s(at, whole));
        });
        f.if(over, () => {
          f.set(at, i32.sub(at, back));
          add((base) => v128.and(v128.load(i32.add(base, at)), counts));
        });
        for (const base of filters) f.increase(base, filterDown);
        for (const base of columns) f.increase(base, inDown);
        f.set(left, i32.sub(left, width));
        f.if(i32.le_s(left, ZERO), () => {
          flush();
          f.set(left, i32.const(4 * BLOCK));
        });
      });
      flush();
    },
  );
}

/** Whether a call should be computed this way. */
export function suitsDots({ shape, strides }: KernelCall): boolean {
  return shape[B]! * shape[Y]! * shape[X]! <= MOST_COLUMNS &&
    shape[M]! <= MOST_ROWS && shape[J]! >= SHORTEST_ROW &&
    strides[IN]![J] === 1 && strides[FILTER]![J] === 1;
}

/** Computes filters `begin` to `end` of every group. */
export function convolveByDots(context: EmitContext): void {
  const { f, args, layout, at, begin, end, biased } = context;
  const pointer = (buffer: number) => f.let(layout.pointer(args, buffer));
  const out = pointer(OUT);
  const input = pointer(IN);
  const filter = pointer(FILTER);
  const bias = biased ? pointer(BIAS) : null;
  const width = f.let(
    i32.mul(
      extentOf(context, B),
      i32.mul(extentOf(context, Y), extentOf(context, X)),
    ),
  );
  const first = f.let(ZERO);
  tabulate(context, at.inColumns, IN, [B, Y, X], first, width);
  tabulate(context, at.outColumns, OUT, [B, Y, X], first, width);
  // Columns that the last tile lacks are like the last one.
  const spare = f.let(
    i32.add(at.inColumns, i32.shl(width, i32.const(2))),
  );
  const last = f.let(i32.load(i32.sub(spare, FOUR)));
  for (let k = 0; k < WIDE - 1; k++) f.do(i32.store(spare, last, 4 * k));
  const tiles = f.let(
    i32.mul(
      ceilDiv(i32.sub(end, begin), TALL),
      ceilDiv(width, WIDE),
    ),
  );
  const group = f.let(ZERO);
  f.for(group, extentOf(context, G), 1, () => {
    f.do(
      memoryFill(at.packedFilter, ZERO, i32.mul(tiles, i32.const(TILE_BYTES))),
    );
    const planes = f.let(input);
    const filters = f.let(filter);
    const channel = f.let(ZERO);
    f.for(channel, extentOf(context, C), 1, () => {
      addPlanes(context, width, planes, filters);
      f.increase(planes, strideOf(context, IN, C));
      f.increase(filters, strideOf(context, FILTER, C));
    });
    finish(context, width, out, bias);
    f.increase(out, strideOf(context, OUT, G));
    f.increase(input, strideOf(context, IN, G));
    f.increase(filter, strideOf(context, FILTER, G));
    if (bias) f.increase(bias, strideOf(context, BIAS, G));
  });
}

function ceilDiv(value: Code<"i32">, by: number): Code<"i32"> {
  return i32.div_u(i32.add(value, i32.const(by - 1)), i32.const(by));
}

/** Loops over tiles: the first row and column, and the address of the sums. */
function overTiles(
  context: EmitContext,
  width: Local<"i32">,
  body: (
    row: Local<"i32">,
    rows: Local<"i32">,
    column: Local<"i32">,
    sums: Local<"i32">,
  ) => void,
): void {
  const { f, at, begin, end } = context;
  const sums = f.let(at.packedFilter);
  const row = f.let(begin);
  f.for(row, end, TALL, () => {
    const rows = smaller(f, i32.sub(end, row), TALL);
    const column = f.let(ZERO);
    f.for(column, width, WIDE, () => {
      body(row, rows, column, sums);
      f.increase(sums, TILE_BYTES);
    });
  });
}

/** Adds the products along a plane of each operand to all tiles. */
function addPlanes(
  context: EmitContext,
  width: Local<"i32">,
  planes: Local<"i32">,
  filters: Local<"i32">,
): void {
  const { f, at, tools } = context;
  const between = strideOf(context, FILTER, M);
  overTiles(context, width, (row, rows, column, sums) => {
    const filter = f.let(i32.add(filters, i32.mul(row, between)));
    const entry = f.let(
      i32.add(at.inColumns, i32.shl(column, i32.const(2))),
    );
    const columnAt = (k: number) => i32.add(planes, i32.load(entry, 4 * k));
    const call = (n: number) =>
      f.do(
        tools.dots[n - 1]!.call(
          filter,
          between,
          columnAt(0),
          columnAt(1),
          columnAt(2),
          sums,
          extentOf(context, I),
          extentOf(context, J),
          strideOf(context, FILTER, I),
          strideOf(context, IN, I),
        ),
      );
    const choose = (n: number): void => {
      if (n === 1) return call(1);
      f.if(i32.eq(rows, i32.const(n)), () => call(n), () => choose(n - 1));
    };
    choose(TALL);
  });
}

/** Adds up the lanes of all sums, and writes them. */
function finish(
  context: EmitContext,
  width: Local<"i32">,
  out: Local<"i32">,
  bias: Local<"i32"> | null,
): void {
  const { f, at } = context;
  overTiles(context, width, (row, rows, column, sums) => {
    const columns = smaller(f, i32.sub(width, column), WIDE);
    const r = f.let(ZERO);
    f.for(r, rows, 1, () => {
      const m = f.let(i32.add(row, r));
      const first = f.let(
        bias
          ? f32.load(i32.add(bias, i32.mul(m, strideOf(context, BIAS, M))))
          : f32.const(0),
      );
      const to = f.let(i32.add(out, i32.mul(m, strideOf(context, OUT, M))));
      const from = f.let(i32.add(sums, i32.mul(r, i32.const(TILE_ROW))));
      const c = f.let(ZERO);
      f.for(c, columns, 1, () => {
        const sum = f.let(v128.load(from));
        const lane = (i: number) => f32x4.extract_lane(sum, i);
        const total = f32.add(
          f32.add(lane(0), lane(1)),
          f32.add(lane(2), lane(3)),
        );
        const place = entryOf(at.outColumns, f.let(i32.add(column, c)));
        f.do(f32.store(i32.add(to, place), f32.add(first, total)));
        f.increase(from, 16);
      });
    });
  });
}
