/**
 * The loops of a blocked matrix product, over panels that are packed from
 * operands of any layout, so that none is ever copied as a whole.
 *
 * After Goto and van de Geijn, "Anatomy of High-Performance Matrix
 * Multiplication", ACM TOMS 34 (2008).
 *
 * @module
 */
import type { TypedArray } from "@tenfold/core";
import {
  floatTile,
  integerTile,
  TILE_COLUMNS,
  TILE_ROWS,
} from "./microkernel.ts";

/** Block sizes: in float64, 128 KiB of `a` and 512 KiB of `b` at a time. */
const BLOCK_ROWS = 64;
const BLOCK_COLUMNS = 256;
const BLOCK_DEPTH = 256;

/** What panels and tiles are made of. */
export type Panel = Float64Array | Int32Array;

/**
 * Packs `count` rows of `a` (or columns of `b`) from `line` on, `depth` terms
 * of each from `term` on, into panels of `width` lines: within a panel, the
 * terms follow each other, each with its `width` elements. Lines that are
 * missing in the last panel are 0.
 */
export type Pack = (
  target: Panel,
  line: number,
  count: number,
  term: number,
  depth: number,
  width: number,
) => void;

/** Where results are stored, or what is added to them is read. */
export interface Plane {
  readonly data: TypedArray;
  readonly start: number;
  readonly rowStep: number;
  /** The offset of each column: a stride, or a table. */
  readonly columns: number | Int32Array;
}

/** One product: `out[m, n] = sum over k of a * b + bias`. */
export interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly packA: Pack;
  readonly packB: Pack;
  readonly out: Plane;
  readonly bias: Plane | null;
}

/** Memory for the panels, and the function that multiplies them. */
interface Workspace<P extends Panel> {
  readonly a: P;
  readonly b: P;
  readonly tile: P;
  readonly multiply: (
    a: P,
    aStart: number,
    b: P,
    bStart: number,
    depth: number,
    tile: P,
  ) => void;
}

function workspace<P extends Panel>(
  make: (length: number) => P,
  multiply: Workspace<P>["multiply"],
): () => Workspace<P> {
  let made: Workspace<P> | undefined;
  return () =>
    made ??= {
      a: make(BLOCK_ROWS * BLOCK_DEPTH),
      b: make(BLOCK_COLUMNS * BLOCK_DEPTH),
      tile: make(TILE_ROWS * TILE_COLUMNS),
      multiply,
    };
}

const floats = workspace((length) => new Float64Array(length), floatTile);
const integers = workspace((length) => new Int32Array(length), integerTile);

/** Multiplies in float64, or in integers that wrap to 32 bits. */
export function multiplyBlocks(product: Product, integral: boolean): void {
  if (integral) multiply(product, integers());
  else multiply(product, floats());
}

function multiply<P extends Panel>(
  product: Product,
  space: Workspace<P>,
): void {
  const { m, n, k, packA, packB } = product;
  for (let column = 0; column < n; column += BLOCK_COLUMNS) {
    const columns = Math.min(BLOCK_COLUMNS, n - column);
    let term = 0;
    do {
      // Without any term the sums are 0, and are stored all the same.
      const depth = Math.min(BLOCK_DEPTH, k - term);
      packB(space.b, column, columns, term, depth, TILE_COLUMNS);
      for (let row = 0; row < m; row += BLOCK_ROWS) {
        const rows = Math.min(BLOCK_ROWS, m - row);
        packA(space.a, row, rows, term, depth, TILE_ROWS);
        multiplyBlock(product, space, row, rows, column, columns, term, depth);
      }
      term += BLOCK_DEPTH;
    } while (term < k);
  }
}

/** Multiplies the packed blocks, tile by tile. */
function multiplyBlock<P extends Panel>(
  { out, bias }: Product,
  { a, b, tile, multiply }: Workspace<P>,
  row: number,
  rows: number,
  column: number,
  columns: number,
  term: number,
  depth: number,
): void {
  const added = term > 0 ? out : bias;
  for (let j = 0; j < columns; j += TILE_COLUMNS) {
    const width = Math.min(TILE_COLUMNS, columns - j);
    for (let i = 0; i < rows; i += TILE_ROWS) {
      const height = Math.min(TILE_ROWS, rows - i);
      multiply(a, i * depth, b, j * depth, depth, tile);
      for (let k = 0; k < width; k++) {
        store(tile, k, out, added, row + i, height, column + j + k);
      }
    }
  }
}

/** The offset of a column in a plane. */
function columnOf({ start, columns }: Plane, column: number): number {
  return start +
    (typeof columns === "number" ? columns * column : columns[column]!);
}

/** Stores a column of a tile, with what `added` holds there on top. */
function store(
  tile: Panel,
  from: number,
  out: Plane,
  added: Plane | null,
  row: number,
  rows: number,
  column: number,
): void {
  let to = columnOf(out, column) + row * out.rowStep;
  if (added === null) {
    for (let i = 0; i < rows; i++) {
      out.data[to] = tile[i * TILE_COLUMNS + from]!;
      to += out.rowStep;
    }
    return;
  }
  let at = columnOf(added, column) + row * added.rowStep;
  for (let i = 0; i < rows; i++) {
    out.data[to] = tile[i * TILE_COLUMNS + from]! + added.data[at]!;
    to += out.rowStep;
    at += added.rowStep;
  }
}
