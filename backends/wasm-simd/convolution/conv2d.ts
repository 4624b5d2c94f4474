/**
 * The routine `conv2d`: a matrix product whose right side is not a matrix in
 * memory but a table of offsets, so that windows are never copied as a whole.
 *
 * Rows are the filters `m`, columns the positions `(b, y, x)`, and the inner
 * dim is `(c, i, j)`.
 *
 * @module
 */

import type { KernelCall, Launch, RoutineKernel } from "@tenfold/core";
import type { Block } from "../allocator.ts";
import { ArgumentLayout } from "../arguments.ts";
import {
  type Code,
  f32,
  f32x4,
  type FunctionBuilder,
  i32,
  type Local,
  select,
  v128,
} from "../assembler.ts";
import { type Engine, ZEROS } from "../engine.ts";
import { type Arithmetic, arithmeticOf } from "../matmul/arithmetic.ts";
import { elementBytes, TILE_COLUMNS } from "../matmul/micro.ts";
import {
  COLUMNS,
  definePanels,
  DEPTH,
  overPanels,
  type Panels,
  ROWS,
  smaller,
  tileBytes,
} from "../matmul/panels.ts";
import { defineOffsets, entryOf, type Offsets } from "./offsets.ts";
import {
  areNeighbours,
  definePackColumns,
  definePackRows,
  type PackColumns,
  type PackRows,
  repeat,
} from "./pack.ts";

/** The dims of the loop. */
const [B, G, M, Y, X, C, I, J] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
/** The buffers. */
const [OUT, IN, FILTER, BIAS] = [0, 1, 2, 3] as const;
const RANK = 8;
const PANEL_SHIFT = i32.const(5);
/** Nanoseconds that a multiplication and an addition take. */
const NANOSECONDS = 0.04;

/** Where the parts of the workspace are, in bytes. */
interface Workspace {
  readonly inColumns: number;
  readonly outColumns: number;
  readonly inSteps: number;
  readonly filterSteps: number;
  readonly starts: number;
  readonly tile: number;
  readonly filter: number;
  readonly columns: number;
  readonly bytes: number;
}

function workspaceOf(arithmetic: Arithmetic): Workspace {
  let bytes = 0;
  const take = (size: number) => (bytes += size) - size;
  return {
    inColumns: take(4 * COLUMNS),
    outColumns: take(4 * COLUMNS),
    inSteps: take(4 * DEPTH),
    filterSteps: take(4 * DEPTH),
    starts: take(4 * TILE_COLUMNS * ROWS),
    tile: take(tileBytes(arithmetic)),
    filter: take(ROWS * DEPTH * elementBytes(arithmetic)),
    columns: take(4 * COLUMNS * DEPTH),
    bytes,
  };
}

/** Compiles the routine; null for dtypes that it does not have. */
export function compileConv2d(
  engine: Engine,
  { inputs, outputs }: RoutineKernel,
): Launch | null {
  if (inputs[0] !== "float32") return null;
  const arithmetic = arithmeticOf("float32", engine.fused);
  const scalar = (index: number) =>
    ({ kind: "scalar", index, dtype: "int32" }) as const;
  const layout = new ArgumentLayout(
    [...outputs, ...inputs],
    RANK,
    [scalar(0)],
  );
  const space = workspaceOf(arithmetic);
  const draft = engine.draft();
  const tools: Tools = {
    arithmetic,
    panels: definePanels(draft.module, arithmetic),
    offsets: defineOffsets(draft.module),
    packColumns: definePackColumns(draft.module),
    packRows: definePackRows(draft.module, arithmetic.spread),
  };
  draft.module.func("run", ["i32", "i32", "i32", "i32"], "none", (
    f,
    args,
    begin,
    end,
    thread,
  ) => {
    const workspace = f.let(
      i32.add(
        layout.integer(args, 0),
        i32.mul(thread, i32.const(space.bytes)),
      ),
    );
    const part = (name: keyof Workspace) =>
      f.let(i32.add(workspace, i32.const(space[name])));
    convolve({
      f,
      args,
      layout,
      tools,
      biased: inputs.length === 3,
      begin,
      end,
      inColumns: part("inColumns"),
      outColumns: part("outColumns"),
      inSteps: part("inSteps"),
      filterSteps: part("filterSteps"),
      starts: part("starts"),
      tile: part("tile"),
      packedFilter: part("filter"),
      packedColumns: part("columns"),
    });
  });
  const program = engine.finish(draft);
  let workspace: Block | null = null;
  return (call: KernelCall) => {
    workspace ??= engine.allocate(
      "bool",
      space.bytes * (engine.pool?.size ?? 1),
    );
    const { shape } = call;
    if (shape[C] === 0 || shape[I] === 0 || shape[J] === 0) {
      fillEmpty(engine.memory.f32, call);
      return;
    }
    const scalars = [workspace.pointer | 0];
    layout.write(engine.memory, { ...call, scalars }, false);
    const columns = shape[B]! * shape[Y]! * shape[X]!;
    let work = NANOSECONDS * columns;
    for (const dim of [G, M, C, I, J]) work *= shape[dim]!;
    engine.run(program, "run", columns, TILE_COLUMNS, work);
  };
}

/** Sums of nothing: every element is the bias, or 0. */
function fillEmpty(memory: Float32Array, call: KernelCall): void {
  const { shape, strides, offsets, buffers } = call;
  const start = (buffer: number) =>
    (buffers[buffer] as Block).pointer / 4 + offsets[buffer]!;
  const visit = (dim: number, out: number, bias: number): void => {
    if (dim > X) {
      memory[out] = buffers.length > BIAS ? memory[bias]! : 0;
      return;
    }
    for (let i = 0; i < shape[dim]!; i++) {
      const step = buffers.length > BIAS ? strides[BIAS]![dim]! : 0;
      visit(dim + 1, out + i * strides[OUT]![dim]!, bias + i * step);
    }
  };
  visit(0, start(OUT), buffers.length > BIAS ? start(BIAS) : 0);
}

interface Tools {
  readonly arithmetic: Arithmetic;
  readonly panels: Panels;
  readonly offsets: Offsets;
  readonly packColumns: PackColumns;
  readonly packRows: PackRows;
}

interface Site {
  readonly f: FunctionBuilder;
  readonly args: Local<"i32">;
  readonly layout: ArgumentLayout;
  readonly tools: Tools;
  readonly biased: boolean;
  readonly begin: Local<"i32">;
  readonly end: Local<"i32">;
  readonly inColumns: Local<"i32">;
  readonly outColumns: Local<"i32">;
  readonly inSteps: Local<"i32">;
  readonly filterSteps: Local<"i32">;
  readonly starts: Local<"i32">;
  readonly tile: Local<"i32">;
  readonly packedFilter: Local<"i32">;
  readonly packedColumns: Local<"i32">;
}

/** Where the operands of one group are, and the block at hand. */
interface Block2d {
  readonly out: Local<"i32">;
  readonly input: Local<"i32">;
  readonly filter: Local<"i32">;
  readonly bias: Local<"i32">;
  readonly width: Local<"i32">;
  readonly step: Local<"i32">;
  readonly depth: Local<"i32">;
}

function convolve(site: Site): void {
  const { f, args, layout, tools, biased, begin, end } = site;
  const extent = (dim: number) => f.hoist(layout.extent(args, dim));
  const stride = (buffer: number, dim: number) =>
    f.hoist(layout.stride(args, buffer, dim));
  const pointer = (buffer: number) => f.let(layout.pointer(args, buffer));
  const out = pointer(OUT);
  const input = pointer(IN);
  const filter = pointer(FILTER);
  const bias = f.let(biased ? layout.pointer(args, BIAS) : i32.const(ZEROS));
  const steps = f.let(
    i32.mul(extent(C), i32.mul(extent(I), extent(J))),
  );
  const tableOf = (
    table: Local<"i32">,
    buffer: number,
    dims: readonly [number, number, number],
    start: Local<"i32">,
    count: Local<"i32">,
  ) =>
    f.do(
      tools.offsets.call(
        table,
        start,
        count,
        extent(dims[1]),
        extent(dims[2]),
        stride(buffer, dims[0]),
        stride(buffer, dims[1]),
        stride(buffer, dims[2]),
      ),
    );
  const group = f.let(i32.const(0));
  f.for(group, extent(G), 1, () => {
    const column = f.let(begin);
    f.for(column, end, COLUMNS, () => {
      const width = smaller(f, i32.sub(end, column), COLUMNS);
      tableOf(site.inColumns, IN, [B, Y, X], column, width);
      tableOf(site.outColumns, OUT, [B, Y, X], column, width);
      repeatLast(f, site.inColumns, width);
      const step = f.let(i32.const(0));
      f.for(step, steps, DEPTH, () => {
        const depth = smaller(f, i32.sub(steps, step), DEPTH);
        tableOf(site.inSteps, IN, [C, I, J], step, depth);
        tableOf(site.filterSteps, FILTER, [C, I, J], step, depth);
        const block = { out, input, filter, bias, width, step, depth };
        packInput(site, block);
        overFilters(site, block);
      });
    });
    f.increase(out, stride(OUT, G));
    f.increase(input, stride(IN, G));
    f.increase(filter, stride(FILTER, G));
    if (biased) f.increase(bias, stride(BIAS, G));
  });
}

/** Fills the last panel of a table up with its last entry. */
function repeatLast(
  f: FunctionBuilder,
  table: Local<"i32">,
  count: Local<"i32">,
): void {
  const last = f.let(i32.sub(count, i32.const(1)));
  const value = f.let(entryOf(table, last));
  const at = f.let(count);
  const full = i32.and(
    i32.add(count, i32.const(TILE_COLUMNS - 1)),
    i32.const(-TILE_COLUMNS),
  );
  f.for(at, f.let(full), 1, () => {
    f.do(i32.store(i32.add(table, i32.shl(at, i32.const(2))), value));
  });
}

/** Packs the columns of a block, a panel at a time. */
function packInput(
  { f, tools, inColumns, inSteps, packedColumns }: Site,
  { input, width, depth }: Block2d,
): void {
  const to = f.let(packedColumns);
  const table = f.let(inColumns);
  const column = f.let(i32.const(0));
  f.for(column, width, TILE_COLUMNS, () => {
    f.do(
      tools.packColumns.call(
        input,
        table,
        inSteps,
        to,
        depth,
        areNeighbours(table),
      ),
    );
    f.increase(table, 4 * TILE_COLUMNS);
    f.increase(to, i32.shl(depth, PANEL_SHIFT));
  });
}

/** Goes over blocks of filters, and multiplies. */
function overFilters(site: Site, block: Block2d): void {
  const { f, args, layout, tools, biased, filterSteps, packedFilter } = site;
  const { arithmetic, panels, packRows } = tools;
  const { step, depth } = block;
  const stride = (buffer: number, dim: number) =>
    f.hoist(layout.stride(args, buffer, dim));
  const rows = f.hoist(layout.extent(args, M));
  const filterRow = stride(FILTER, M);
  const isFirst = f.let(i32.eqz(step));
  // Filters whose elements all lie side by side are packed by vectors.
  const dense = f.let(
    i32.eq(
      i32.sub(
        entryOf(filterSteps, f.let(i32.sub(depth, i32.const(1)))),
        i32.load(filterSteps),
      ),
      i32.shl(i32.sub(depth, i32.const(1)), i32.const(2)),
    ),
  );
  f.if(isDense(site), () => {}, () => f.set(dense, i32.const(0)));
  const rowBlock = f.let(i32.const(0));
  f.for(rowBlock, rows, ROWS, () => {
    const height = smaller(f, i32.sub(rows, rowBlock), ROWS);
    const from = f.let(
      i32.add(block.filter, i32.mul(rowBlock, filterRow)),
    );
    overPanels(f, arithmetic.rows, height, (row, count, which) => {
      const at = f.let(i32.add(from, i32.mul(row, filterRow)));
      const to = f.let(packedAt(site, row, depth));
      f.if(dense, () => {
        const first = f.let(i32.add(at, i32.load(filterSteps)));
        which((n) =>
          f.do(
            panels.pack[n - 1]!.call(
              first,
              filterRow,
              i32.const(4),
              to,
              depth,
              count,
            ),
          )
        );
      }, () => {
        f.do(packRows.call(at, filterRow, filterSteps, to, depth, count));
      });
    });
    f.if(isFirst, () => {
      const bias = f.let(block.bias);
      if (biased) f.increase(bias, i32.mul(rowBlock, stride(BIAS, M)));
      fillStarts(
        site,
        bias,
        biased ? stride(BIAS, M) : i32.const(0),
        height,
      );
    });
    const out = f.let(
      i32.add(block.out, i32.mul(rowBlock, stride(OUT, M))),
    );
    tiles(site, block, { out, height, isFirst, packedFilter });
  });
}

/** Whether `(c, i, j)` of the filter lie in C order. */
function isDense({ f, args, layout }: Site): Code<"i32"> {
  const stride = (dim: number) => f.hoist(layout.stride(args, FILTER, dim));
  const extent = (dim: number) => f.hoist(layout.extent(args, dim));
  const next = (dim: number, inner: number) =>
    i32.eq(stride(dim), i32.mul(stride(inner), extent(inner)));
  return i32.and(
    i32.eq(stride(J), i32.const(4)),
    i32.and(next(I, J), next(C, I)),
  );
}

/** Where the panel of a row is among the packed filters. */
function packedAt(
  { packedFilter, tools }: Site,
  row: Local<"i32">,
  depth: Local<"i32">,
): Code<"i32"> {
  const bytes = i32.const(elementBytes(tools.arithmetic));
  return i32.add(packedFilter, i32.mul(i32.mul(row, depth), bytes));
}

/** Spreads what the sums of each row begin with over a panel. */
function fillStarts(
  { f, starts }: Site,
  bias: Local<"i32">,
  step: Code<"i32">,
  height: Local<"i32">,
): void {
  const to = f.let(starts);
  repeat(f, f.let(height), () => {
    const value = f.let(f32x4.splat(f32.load(bias)));
    f.do(v128.store(to, value));
    f.do(v128.store(to, value, 16));
    f.increase(to, 4 * TILE_COLUMNS);
    f.increase(bias, step);
  });
}

/** Computes all tiles of a block. */
function tiles(
  site: Site,
  { width, depth }: Block2d,
  { out, height, isFirst, packedFilter }: {
    out: Local<"i32">;
    height: Local<"i32">;
    isFirst: Local<"i32">;
    packedFilter: Local<"i32">;
  },
): void {
  const { f, args, layout, tools, starts, tile, packedColumns } = site;
  const { arithmetic, panels } = tools;
  const outRow = f.hoist(layout.stride(args, OUT, M));
  const a = f.let(packedFilter);
  overPanels(f, arithmetic.rows, height, (row, count, which) => {
    f.set(a, packedAt(site, row, depth));
    const outOfRow = f.let(i32.add(out, i32.mul(row, outRow)));
    const start = f.let(
      select(
        isFirst,
        i32.add(starts, i32.mul(row, i32.const(4 * TILE_COLUMNS))),
        i32.const(ZEROS),
      ),
    );
    const startRow = f.let(
      select(isFirst, i32.const(4 * TILE_COLUMNS), i32.const(0)),
    );
    const table = f.let(site.outColumns);
    const panel = f.let(packedColumns);
    const column = f.let(i32.const(0));
    f.for(column, width, TILE_COLUMNS, () => {
      const columns = f.let(i32.sub(width, column));
      const whole = f.let(i32.ge_s(columns, i32.const(TILE_COLUMNS)));
      f.if(whole, () => f.set(whole, areNeighbours(table)));
      const to = f.let(
        select(whole, i32.add(outOfRow, i32.load(table)), tile),
      );
      const toRow = f.let(
        select(whole, outRow, i32.const(4 * TILE_COLUMNS)),
      );
      // Later blocks of steps go on with what is there.
      const goesOn = f.let(i32.and(whole, i32.eqz(isFirst)));
      which((n) =>
        f.do(
          panels.micro[n - 1]!.call(
            a,
            panel,
            i32.const(4 * TILE_COLUMNS),
            to,
            toRow,
            select(goesOn, to, start),
            select(goesOn, outRow, startRow),
            depth,
          ),
        )
      );
      f.if(i32.eqz(whole), () => {
        scatterTile(site, outOfRow, outRow, table, count, columns, isFirst);
      });
      f.increase(table, 4 * TILE_COLUMNS);
      f.increase(panel, i32.shl(depth, PANEL_SHIFT));
    });
  });
}

/** Writes or adds the spare tile where its columns belong. */
function scatterTile(
  { f, tile }: Site,
  out: Local<"i32">,
  outRow: Local<"i32">,
  table: Local<"i32">,
  rows: Local<"i32">,
  columns: Local<"i32">,
  isFirst: Local<"i32">,
): void {
  const from = f.let(tile);
  const to = f.let(out);
  const bounded = smaller(f, columns, TILE_COLUMNS);
  repeat(f, f.let(rows), () => {
    const column = f.let(i32.const(0));
    f.for(column, bounded, 1, () => {
      const at = f.let(i32.add(to, entryOf(table, column)));
      const value = f.let(
        f32.load(i32.add(from, i32.shl(column, i32.const(2)))),
      );
      f.if(
        isFirst,
        () => f.do(f32.store(at, value)),
        () => f.do(f32.store(at, f32.add(f32.load(at), value))),
      );
    });
    f.increase(from, 4 * TILE_COLUMNS);
    f.increase(to, outRow);
  });
}
