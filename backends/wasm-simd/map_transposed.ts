/**
 * Maps of transposed operands: tiles of four by four are transposed in registers,
 * so that every operand is read by vectors whatever its strides are.
 *
 * @module
 */

import { DTYPES, type MapKernel } from "@tenfold/core/backend";
import { i32, type Local, select, v128 } from "./assembler.ts";
import { dimsOf, nest, stepOf } from "./loops.ts";
import { type MapEmitContext, mapRow, valuesAt } from "./map_row.ts";
import {
  loadDense,
  loadSplat,
  type Quad,
  storeDense,
  transpose4x4,
} from "./values.ts";

/** Columns of a block, so that cache lines stay in the cache from row to row. */
const COLUMNS = 64;
/** Beyond this, transposing gains little, and the code is there four times. */
const MAX_INSTRUCTIONS = 120;

/**
 * The slots that are read by columns where the stride of dim -2 turns out to be
 * 1; empty where the kernel does not suit.
 */
export function transposedSlots(
  { rank, outputs, inputs }: MapKernel,
  instructions: number,
): number[] {
  if (rank < 2 || instructions > MAX_INSTRUCTIONS) return [];
  if (outputs.some(({ access }) => stepOf(access) !== "unit")) return [];
  const strided = inputs
    .map(({ access, dtype }, i) => ({ access, dtype, k: outputs.length + i }))
    .filter(({ access }) => stepOf(access) === "strided");
  if (strided.some(({ dtype }) => DTYPES[dtype].bytes !== 4)) return [];
  return strided.map(({ k }) => k);
}

/** Emits the loops over all matrices. */
export function mapTransposed(
  context: MapEmitContext,
  [begin, end]: readonly [Local<"i32">, Local<"i32">],
  transposed: readonly number[],
): void {
  const { f, args, layout, slots } = context;
  const { rank } = context.kernel;
  const start = slots.map((_, k) => {
    const pointer = f.let(layout.pointer(args, k));
    f.increase(pointer, i32.mul(begin, layout.stride(args, k, 0)));
    return pointer;
  });
  const outer = dimsOf(f, layout, args, 0, rank - 2).map((dim, d) =>
    d === 0 ? { ...dim, extent: end, begin } : dim
  );
  const rows = rank === 2
    ? f.let(i32.sub(end, begin))
    : f.hoist(layout.extent(args, rank - 2));
  const firstRow = rank === 2 ? begin : f.hoist(i32.const(0));
  const columns = f.hoist(layout.extent(args, rank - 1));
  const whole = (n: Local<"i32">) => f.let(i32.and(n, i32.const(-4)));
  const [tallRows, wideColumns] = [whole(rows), whole(columns)];
  nest(f, outer, start, (pointers, positions) => {
    const matrix: Matrix = {
      context,
      transposed,
      pointers,
      positions,
      firstRow,
      rowSteps: slots.map((_, k) => f.hoist(layout.stride(args, k, rank - 2))),
      steps: slots.map((_, k) => f.hoist(layout.stride(args, k, rank - 1))),
    };
    tiles(matrix, tallRows, wideColumns);
    remainder(matrix, rows, columns, tallRows, wideColumns);
  });
}

interface Matrix {
  readonly context: MapEmitContext;
  readonly transposed: readonly number[];
  readonly pointers: readonly Local<"i32">[];
  readonly positions: readonly Local<"i32">[];
  readonly firstRow: Local<"i32">;
  readonly rowSteps: readonly Local<"i32">[];
  readonly steps: readonly Local<"i32">[];
}

/** Emits the loops over the tiles, columns in blocks. */
function tiles(
  matrix: Matrix,
  rows: Local<"i32">,
  columns: Local<"i32">,
): void {
  const { context: { f }, pointers, rowSteps, steps } = matrix;
  const block = f.let(i32.const(0));
  f.for(block, columns, COLUMNS, () => {
    const limit = f.let(i32.add(block, i32.const(COLUMNS)));
    const end = f.let(select(i32.lt_s(limit, columns), limit, columns));
    const row = f.let(i32.const(0));
    f.for(row, rows, 4, () => {
      const at = pointers.map((pointer, k) =>
        f.let(
          i32.add(
            pointer,
            i32.add(i32.mul(row, rowSteps[k]!), i32.mul(block, steps[k]!)),
          ),
        )
      );
      const column = f.let(block);
      f.for(column, end, 4, () => {
        tile(matrix, at, row, column);
        at.forEach((pointer, k) =>
          f.increase(pointer, i32.shl(steps[k]!, i32.const(2)))
        );
      });
    });
  });
}

/** Emits a tile: four rows of four elements. */
function tile(
  { context, transposed, positions, firstRow, rowSteps, steps }: Matrix,
  at: readonly Local<"i32">[],
  row: Local<"i32">,
  column: Local<"i32">,
): void {
  const { f, slots, kernel } = context;
  const columnsOf = new Map(
    transposed.map((k) => {
      const pointer = f.let(at[k]!);
      const vectors = Array.from({ length: 4 }, (_, j) => {
        if (j > 0) f.increase(pointer, steps[k]!);
        return f.let(v128.load(pointer));
      });
      return [k, transpose4x4(f, vectors)] as const;
    }),
  );
  const here = at.map((pointer) => f.let(pointer));
  for (let i = 0; i < 4; i++) {
    const position = f.let(
      i32.add(firstRow, i32.add(row, i32.const(i))),
    );
    const values = valuesAt(
      context,
      (k): Quad => {
        const { dtype, access } = slots[k]!;
        const rows = columnsOf.get(k);
        if (rows !== undefined) return { dtype, parts: [rows[i]!] };
        return stepOf(access) === "none"
          ? loadSplat(f, dtype, here[k]!)
          : loadDense(f, dtype, here[k]!);
      },
      [...positions, position, column],
    );
    values.forEach((value, k) => storeDense(f, value, here[k]!));
    if (i === 3) return;
    here.forEach((pointer, k) => {
      if (k < kernel.outputs.length || !columnsOf.has(k)) {
        f.increase(pointer, rowSteps[k]!);
      }
    });
  }
}

/** Emits the remainder: the ends of rows, and the last rows. */
function remainder(
  { context, pointers, positions, firstRow, rowSteps, steps }: Matrix,
  rows: Local<"i32">,
  columns: Local<"i32">,
  tallRows: Local<"i32">,
  wideColumns: Local<"i32">,
): void {
  const { f } = context;
  // Without ends, only the last rows.
  const row = f.let(
    select(i32.eq(columns, wideColumns), tallRows, i32.const(0)),
  );
  f.for(row, rows, 1, () => {
    const first = f.let(
      select(i32.lt_s(row, tallRows), wideColumns, i32.const(0)),
    );
    mapRow(context, {
      pointers: pointers.map((pointer, k) =>
        f.let(
          i32.add(
            pointer,
            i32.add(i32.mul(row, rowSteps[k]!), i32.mul(first, steps[k]!)),
          ),
        )
      ),
      positions: [
        ...positions,
        f.let(i32.add(firstRow, row)),
        f.let(first),
      ],
      length: f.let(i32.sub(columns, first)),
    });
  });
}
