/**
 * The innermost kernel of the matrix product: a tile of a few rows and eight
 * columns that stays in registers while it runs along the inner dim.
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
  type ModuleBuilder,
  v128,
} from "../assembler.ts";
import type { Vector } from "../math/lanes.ts";
import type { Arithmetic } from "./arithmetic.ts";

/** Columns of a tile. */
export const TILE_COLUMNS = 8;
/** Steps of the inner dim in one round, a power of two. */
export const ROUND = 8;
/**
 * Elements of a that are loaded before its pointer moves. Each offset of a
 * load takes registers of its own, as its bounds are checked.
 */
const AT_ONCE = 2;

/**
 * Computes a tile: `out = first + a · b`. The products are added up by
 * themselves and `first` last, so that errors grow with the length of a block
 * and the number of blocks, not with the whole inner dim.
 *
 * Parameters: a (packed by step, then row), b and the bytes from one of its
 * rows to the next, out and its row stride, what to add to and its row
 * stride, the length of the inner dim.
 */
export type Micro = Func<
  ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"],
  "none"
>;

/**
 * Defines the kernel for tiles of this many rows and of eight columns, or of
 * four. A tile of four keeps two sums of each, for every other step: fewer
 * would wait for each other.
 */
export function defineMicro(
  module: ModuleBuilder,
  arithmetic: Arithmetic,
  rows: number,
  columns: 4 | 8,
): Micro {
  const vectors = columns / 4;
  const chains = 2 / vectors;
  return module.func(
    null,
    ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"],
    "none",
    (f, a, b, bStep, out, outStep, first, firstStep, depth) => {
      const sums: Vector[][] = [];
      const zeros = () =>
        Array.from({ length: vectors }, () => f.let(i32x4.const(0)));
      for (let i = 0; i < rows; i++) sums.push(zeros());
      const chain = [sums];
      while (chain.length < chains) chain.push(sums.map(zeros));
      const rounds = f.let(i32.shr_u(depth, i32.const(Math.log2(ROUND))));
      f.if(rounds, () => {
        f.loop((again) => {
          for (let k = 0; k < ROUND; k++) {
            const row = loadRow(f, b, vectors);
            f.increase(b, bStep);
            for (let i = 0; i < rows; i++) {
              const at = (k * rows + i) % AT_ONCE;
              const element = f.let(v128.load32_splat(a, 4 * at));
              if (at === AT_ONCE - 1) f.increase(a, 4 * AT_ONCE);
              const to = chain[k % chains]![i]!;
              addProducts(f, arithmetic, to, element, row);
            }
          }
          f.increase(rounds, -1);
          f.branchIf(again, rounds);
        });
      });
      const rest = f.let(i32.and(depth, i32.const(ROUND - 1)));
      f.if(rest, () => {
        f.loop((again) => {
          const row = loadRow(f, b, vectors);
          f.increase(b, bStep);
          for (let i = 0; i < rows; i++) {
            const element = f.let(v128.load32_splat(a, 4 * i));
            addProducts(f, arithmetic, sums[i]!, element, row);
          }
          f.increase(a, 4 * rows);
          f.increase(rest, -1);
          f.branchIf(again, rest);
        });
      });
      sums.forEach((row, i) => {
        row.forEach((sum, j) => {
          const all = chain.slice(1)
            .reduce<Code<"v128">>((s, c) => arithmetic.add(s, c[i]![j]!), sum);
          const start = v128.load(first, 16 * j);
          f.do(v128.store(out, arithmetic.add(start, all), 16 * j));
        });
        if (i === rows - 1) return;
        f.increase(out, outStep);
        f.increase(first, firstStep);
      });
    },
  );
}

function loadRow(
  f: FunctionBuilder,
  from: Local<"i32">,
  vectors: number,
): Vector[] {
  return Array.from(
    { length: vectors },
    (_, j) => f.let(v128.load(from, 16 * j)),
  );
}

function addProducts(
  f: FunctionBuilder,
  { madd }: Arithmetic,
  sums: readonly Vector[],
  element: Vector,
  columns: readonly Vector[],
): void {
  sums.forEach((sum, j) => f.set(sum, madd(element, columns[j]!, sum)));
}
