/**
 * The tile that one invocation computes of a product on adapters that run on
 * the processor, where reading costs more than multiplying.
 *
 * @module
 */
import type { VectorAxis } from "./matmul_layout.ts";

/** Invocations of a workgroup: the lanes of a vector. */
const LANES = 8;
/** Workgroups that should have something to do. */
const MIN_GROUPS = 4;
/** Multiplications that a shader writes out: each takes a millisecond to compile. */
const MAX_STATEMENTS = 320;
/** The tile that many products share, and what another one must gain. */
const COMMON = 8;
const MIN_GAIN = 0.9;
/** Rows, or columns, of a tile. */
const SIDES = [1, 2, 4, 5, 8, 10, 12, 16, 20];

/** Nanoseconds of eight lanes, measured on llvmpipe: of a multiplication, */
const MULTIPLY = 0.8;
/** of a read of four elements, of one, and of a write. */
const READ_FOUR = 27;
const READ_ONE = 12;
const WRITE = 12;

/** A product of `matrices` matrices, and how its operands lie. */
export interface TiledProduct {
  /** Rows, columns, terms of a sum, and matrices. */
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly matrices: number;
  /** The vector axis of each operand. */
  readonly a: VectorAxis;
  readonly b: VectorAxis;
}

/** The tile that is expected to take the least time. */
export function cheapestTile(
  product: TiledProduct,
): { readonly tm: number; readonly tn: number } {
  const { m, n, a, b } = product;
  const depth = a === "k" || b === "k" ? 4 : 1;
  const sides = (extent: number, axis: VectorAxis) =>
    SIDES.filter((side) =>
      side <= extent && (axis !== "other" || side % 4 === 0)
    );
  const common = (all: readonly number[]) =>
    all.findLast((side) => side <= COMMON && (side & (side - 1)) === 0)!;
  const [rows, columns] = [sides(m, a), sides(n, b)];
  let best = { tm: common(rows), tn: common(columns) };
  let least = MIN_GAIN * costOf(product, best.tm, best.tn);
  for (const tm of rows) {
    for (const tn of columns) {
      if (tm * tn * depth > MAX_STATEMENTS) continue;
      const cost = costOf(product, tm, tn);
      if (cost < least) [least, best] = [cost, { tm, tn }];
    }
  }
  return best;
}

function costOf(
  { m, n, k, matrices, a, b }: TiledProduct,
  tm: number,
  tn: number,
): number {
  const tiles = matrices * Math.ceil(m / tm) * Math.ceil(n / tn);
  const groups = Math.max(MIN_GROUPS, Math.ceil(tiles / LANES));
  const reads = tm * readOf(a) + tn * readOf(b);
  return groups * (k * (reads + tm * tn * MULTIPLY) + tm * tn * WRITE);
}

/** What an element costs that is read by itself, or by four. */
function readOf(axis: VectorAxis): number {
  return axis === "none" ? READ_ONE : READ_FOUR / 4;
}
