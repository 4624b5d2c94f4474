/**
 * The blocked matrix product after Goto and van de Geijn, "Anatomy of
 * high-performance matrix multiplication", ACM TOMS 2008: blocks of both
 * matrices are packed so that each level of cache serves the next.
 *
 * @module
 */

import {
  type Code,
  f32,
  type FunctionBuilder,
  i32,
  type Local,
  type ModuleBuilder,
  select,
} from "../assembler.ts";
import type { Arithmetic } from "./arithmetic.ts";
import { defineMicro, type Micro, ROUND, TILE_COLUMNS } from "./micro.ts";
import { definePack, type Pack } from "./pack.ts";
import {
  BLOCK,
  definePanels,
  DEPTH,
  overPanels,
  type Panels,
  ROWS,
  smaller,
  tileBytes,
} from "./panels.ts";
import {
  type ProductArgument,
  productArguments,
  type ReadArgument,
} from "./product.ts";

/** Bytes of the workspace that a product needs. */
export function workspaceBytes(arithmetic: Arithmetic): number {
  return packedColumns() + tileBytes(arithmetic) +
    ROWS * DEPTH * 4;
}

function packedColumns(): number {
  return BLOCK * 4;
}

/**
 * Defines and exports `gemm(args)`: `out = first + a · b` for matrices of any
 * strides. `first` is what the sums begin with; a row stride of 0 repeats a
 * bias. Without `packs`, columns of b are contiguous and are read in place.
 */
export function defineGemm(
  module: ModuleBuilder,
  arithmetic: Arithmetic,
): void {
  const { rows: tall } = arithmetic;
  const byRows = definePanels(module, arithmetic);
  const narrow = byRows.micro.map((_, i) =>
    defineMicro(module, arithmetic, i + 1, 4)
  );
  const packColumns = definePack(module, TILE_COLUMNS);
  module.func("gemm", ["i32", "i32", "i32", "i32"], "none", (
    f,
    args,
    begin,
    end,
    thread,
  ) => {
    const word = productArguments(f, args);
    takePart(f, word, begin, end, thread);
    const bytesOf = (index: Code<"i32">, stride: ProductArgument) =>
      i32.mul(index, word(stride));
    const tile = f.let(
      i32.add(word("workspace"), i32.const(packedColumns())),
    );
    const packedA = f.let(i32.add(tile, i32.const(tileBytes(arithmetic))));
    const steps = f.let(evenly(word("depth"), i32.const(DEPTH), ROUND));
    const wide = f.let(
      evenly(
        word("columns"),
        i32.and(
          i32.div_u(i32.const(BLOCK), steps),
          i32.const(-TILE_COLUMNS),
        ),
        TILE_COLUMNS,
      ),
    );
    const columnBlock = f.local("i32");
    const step = f.local("i32");
    const rowBlock = f.local("i32");
    f.set(columnBlock, i32.const(0));
    f.for(columnBlock, word("columns"), wide, () => {
      const width = smaller(f, i32.sub(word("columns"), columnBlock), wide);
      f.set(step, i32.const(0));
      f.for(step, word("depth"), steps, () => {
        const depth = smaller(f, i32.sub(word("depth"), step), steps);
        const b = f.let(
          i32.add(
            word("b"),
            i32.add(bytesOf(step, "bStep"), bytesOf(columnBlock, "bColumn")),
          ),
        );
        f.if(
          word("packs"),
          () => packAll(f, word, b, depth, width, packColumns),
        );
        f.set(rowBlock, i32.const(0));
        f.for(rowBlock, word("rows"), ROWS, () => {
          const height = smaller(
            f,
            i32.sub(word("rows"), rowBlock),
            ROWS,
          );
          const a = f.let(
            i32.add(
              word("a"),
              i32.add(bytesOf(rowBlock, "aRow"), bytesOf(step, "aStep")),
            ),
          );
          inChunks(f, word("aRow"), depth, (from, steps) => {
            overPanels(f, tall, height, (row, n, which) => {
              const packed = i32.add(i32.mul(row, depth), i32.mul(n, from));
              which((count) =>
                f.do(
                  byRows.pack[count - 1]!.call(
                    i32.add(
                      a,
                      i32.add(bytesOf(row, "aRow"), bytesOf(from, "aStep")),
                    ),
                    word("aRow"),
                    word("aStep"),
                    i32.add(packedA, i32.shl(packed, i32.const(2))),
                    steps,
                    n,
                  ),
                )
              );
            });
          });
          const out = f.let(
            i32.add(
              word("out"),
              i32.add(
                bytesOf(rowBlock, "outRow"),
                i32.shl(columnBlock, i32.const(2)),
              ),
            ),
          );
          // The first block of steps begins with `first`, the others go on.
          const isFirst = f.let(i32.eqz(step));
          const first = f.let(
            select(
              isFirst,
              i32.add(
                word("first"),
                i32.add(
                  bytesOf(rowBlock, "firstRow"),
                  bytesOf(columnBlock, "firstColumn"),
                ),
              ),
              out,
            ),
          );
          const firstRow = f.let(
            select(isFirst, word("firstRow"), word("outRow")),
          );
          const firstColumn = f.let(
            select(isFirst, word("firstColumn"), i32.const(4)),
          );
          tiles(f, {
            word,
            arithmetic,
            byRows,
            narrow,
            packedA,
            tile,
            b,
            depth,
            height,
            width,
            out,
            first,
            firstRow,
            firstColumn,
          });
        });
      });
    });
  });
}

/**
 * The length of blocks, a multiple of `by` up to `most`, of which the last is
 * about as long as the others.
 */
function evenly(
  length: Code<"i32">,
  most: Code<"i32">,
  by: number,
): Code<"i32"> {
  const rounded = (value: Code<"i32">, up: Code<"i32">) =>
    i32.div_u(i32.sub(i32.add(value, up), i32.const(1)), up);
  const blocks = rounded(length, most);
  return i32.mul(
    rounded(rounded(length, blocks), i32.const(by)),
    i32.const(by),
  );
}

/** Confines the product to some rows or columns, and to one workspace. */
function takePart(
  f: FunctionBuilder,
  word: ReadArgument,
  begin: Local<"i32">,
  end: Local<"i32">,
  thread: Local<"i32">,
): void {
  const move = (name: ProductArgument, by: Code<"i32">) =>
    f.increase(word(name), i32.mul(begin, by));
  f.if(word("byRows"), () => {
    move("a", word("aRow"));
    move("out", word("outRow"));
    move("first", word("firstRow"));
    f.set(word("rows"), i32.sub(end, begin));
  }, () => {
    move("b", word("bColumn"));
    move("out", i32.const(4));
    move("first", word("firstColumn"));
    f.set(word("columns"), i32.sub(end, begin));
  });
  f.increase(
    word("workspace"),
    i32.mul(thread, word("workspaceSize")),
  );
}

/** Steps that are packed at a time where lines lie side by side. */
const CHUNK = 8;

/**
 * Goes over the steps of all lines, a few at a time where these lie side by
 * side: lines share cache lines, which evict each other where the stride of the
 * steps is a power of two.
 */
function inChunks(
  f: FunctionBuilder,
  between: Local<"i32">,
  depth: Local<"i32">,
  body: (step: Local<"i32">, steps: Local<"i32">) => void,
): void {
  const adjacent = i32.eq(between, i32.const(4));
  const chunk = f.let(select(adjacent, i32.const(CHUNK), depth));
  const step = f.let(i32.const(0));
  f.for(step, depth, chunk, () => {
    body(step, smaller(f, i32.sub(depth, step), chunk));
  });
}

/** Packs all columns of a block of b, a panel at a time. */
function packAll(
  f: FunctionBuilder,
  word: ReadArgument,
  b: Local<"i32">,
  depth: Local<"i32">,
  width: Local<"i32">,
  pack: Pack,
): void {
  inChunks(f, word("bColumn"), depth, (step, steps) => {
    const column = f.let(i32.const(0));
    const from = f.let(i32.add(b, i32.mul(step, word("bStep"))));
    const to = f.let(
      i32.add(word("workspace"), i32.shl(step, i32.const(5))),
    );
    f.for(column, width, TILE_COLUMNS, () => {
      f.do(
        pack.call(
          from,
          word("bColumn"),
          word("bStep"),
          to,
          steps,
          i32.sub(width, column),
        ),
      );
      f.increase(from, i32.shl(word("bColumn"), i32.const(3)));
      f.increase(to, i32.shl(depth, i32.const(5)));
    });
  });
}

/** Operands of the innermost two loops. */
interface Block {
  readonly word: ReadArgument;
  readonly arithmetic: Arithmetic;
  readonly byRows: Panels;
  /** For tiles of four columns, by the number of rows. */
  readonly narrow: readonly Micro[];
  readonly packedA: Local<"i32">;
  readonly tile: Local<"i32">;
  readonly b: Local<"i32">;
  readonly depth: Local<"i32">;
  readonly height: Local<"i32">;
  readonly width: Local<"i32">;
  readonly out: Local<"i32">;
  readonly first: Local<"i32">;
  readonly firstRow: Local<"i32">;
  readonly firstColumn: Local<"i32">;
}

/** Computes all tiles of a block; incomplete ones by way of a spare tile. */
function tiles(f: FunctionBuilder, block: Block): void {
  const { word, arithmetic, byRows, narrow, depth, height, width } = block;
  const column = f.let(i32.const(0));
  const packs = word("packs");
  const b = f.let(select(packs, word("workspace"), block.b));
  const bStep = f.let(select(packs, i32.const(32), word("bStep")));
  const bPanel = f.let(
    select(packs, i32.shl(depth, i32.const(5)), i32.const(32)),
  );
  overPanels(f, arithmetic.rows, height, (row, rows, which) => {
    const a = f.let(
      i32.add(
        block.packedA,
        i32.shl(i32.mul(row, depth), i32.const(2)),
      ),
    );
    const out = f.let(
      i32.add(block.out, i32.mul(row, word("outRow"))),
    );
    const first = f.let(
      i32.add(block.first, i32.mul(row, block.firstRow)),
    );
    const firstPanel = f.let(i32.shl(block.firstColumn, i32.const(3)));
    const panel = f.let(b);
    f.set(column, i32.const(0));
    f.for(column, width, TILE_COLUMNS, () => {
      const columns = f.let(i32.sub(width, column));
      const whole = f.let(i32.ge_s(columns, i32.const(TILE_COLUMNS)));
      const to = f.let(select(whole, out, block.tile));
      const toRow = f.let(
        select(whole, word("outRow"), i32.const(4 * TILE_COLUMNS)),
      );
      which((count) => {
        const compute = (micro: Micro) =>
          f.do(
            micro.call(
              a,
              panel,
              bStep,
              to,
              toRow,
              first,
              block.firstRow,
              depth,
            ),
          );
        f.if(
          i32.gt_s(columns, i32.const(4)),
          () => compute(byRows.micro[count - 1]!),
          () => compute(narrow[count - 1]!),
        );
      });
      f.if(i32.eqz(whole), () => {
        copyTile(f, block.tile, out, word("outRow"), rows, columns);
      });
      f.increase(panel, bPanel);
      f.increase(out, 4 * TILE_COLUMNS);
      f.increase(first, firstPanel);
    });
  });
}

/** Copies the columns that exist out of the spare tile. */
function copyTile(
  f: FunctionBuilder,
  tile: Local<"i32">,
  to: Local<"i32">,
  stride: Local<"i32">,
  rows: Local<"i32">,
  columns: Local<"i32">,
): void {
  const from = f.let(tile);
  const row = f.let(i32.const(0));
  const bytes = f.let(i32.shl(columns, i32.const(2)));
  f.for(row, rows, 1, () => {
    const column = f.let(i32.const(0));
    f.for(column, bytes, 4, () => {
      f.do(f32.store(i32.add(to, column), f32.load(i32.add(from, column))));
    });
    f.increase(from, 4 * TILE_COLUMNS);
    f.increase(to, stride);
  });
}
