/**
 * The matrix product: blocked, over panels that are packed from operands of
 * any strides, so that none is ever copied as a whole.
 *
 * The loops around the tile follow Goto and van de Geijn, "Anatomy of
 * High-Performance Matrix Multiplication", ACM TOMS 34 (2008).
 *
 * @module
 */
import type {
  KernelCall,
  Launch,
  RoutineKernel,
  TypedArray,
} from "@tenfold/core";
import { walkRows } from "../_walk.ts";
import { type Matrix, pack } from "./_pack.ts";
import { floatTile, integerTile, TILE_COLUMNS, TILE_ROWS } from "./_tile.ts";
import { productWithVector, type Vector } from "./_vector.ts";

/** Block sizes: in float64, 128 KiB of `a` and 512 KiB of `b` at a time. */
const BLOCK_ROWS = 64;
const BLOCK_COLUMNS = 256;
const BLOCK_DEPTH = 256;

/** Memory for the panels, and the function that multiplies them. */
interface Workspace<A extends Float64Array | Int32Array> {
  readonly a: A;
  readonly b: A;
  readonly tile: A;
  readonly multiply: (
    a: A,
    aStart: number,
    b: A,
    bStart: number,
    depth: number,
    tile: A,
  ) => void;
}

function workspace<A extends Float64Array | Int32Array>(
  make: (length: number) => A,
  multiply: Workspace<A>["multiply"],
): () => Workspace<A> {
  let made: Workspace<A> | undefined;
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

/** A place where tiles are stored, or a bias is read. */
interface Plane {
  readonly data: TypedArray;
  readonly start: number;
  readonly rowStep: number;
  readonly columnStep: number;
}

/** One product: `out = a * b + bias`. */
interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Matrix;
  readonly b: Matrix;
  readonly out: Plane;
  readonly bias: Plane | null;
}

/** Runs `matmul`, batch by batch; float32 is multiplied in float64. */
export function prepareMatmul({ outputs }: RoutineKernel): Launch {
  const integral = outputs[0] === "int32";
  return (call) =>
    walkRows(call, 3, (at) => {
      const product = productAt(call, at);
      if (integral) multiply(product, integers());
      else if (product.m === 1 || product.n === 1) multiplyVector(product);
      else multiply(product, floats());
    });
}

function productAt(call: KernelCall, at: readonly number[]): Product {
  const rank = call.shape.length;
  const [m, n, k] = call.shape.slice(-3) as [number, number, number];
  const step = (buffer: number, dim: number) =>
    call.strides[buffer]![rank - 3 + dim]!;
  const plane = (buffer: number): Plane => ({
    data: call.buffers[buffer] as TypedArray,
    start: at[buffer]!,
    rowStep: step(buffer, 0),
    columnStep: step(buffer, 1),
  });
  const matrix = (buffer: number, dim: number): Matrix => ({
    data: call.buffers[buffer] as TypedArray,
    start: at[buffer]!,
    step: step(buffer, dim),
    depthStep: step(buffer, 2),
  });
  return {
    m,
    n,
    k,
    a: matrix(1, 0),
    b: matrix(2, 1),
    out: plane(0),
    bias: call.buffers.length > 3 ? plane(3) : null,
  };
}

/** One of the operands has a single line: the other is walked just once. */
function multiplyVector({ m, n, k, a, b, out, bias }: Product): void {
  const along = ({ data, start, rowStep, columnStep }: Plane): Vector => ({
    data,
    start,
    step: m === 1 ? columnStep : rowStep,
  });
  const [matrix, vector] = m === 1 ? [b, a] : [a, b];
  productWithVector(
    along(out),
    matrix,
    vector,
    bias && along(bias),
    Math.max(m, n),
    k,
  );
}

function multiply<A extends Float64Array | Int32Array>(
  product: Product,
  space: Workspace<A>,
): void {
  const { m, n, k, a, b } = product;
  for (let column = 0; column < n; column += BLOCK_COLUMNS) {
    const columns = Math.min(BLOCK_COLUMNS, n - column);
    for (let term = 0; term < k; term += BLOCK_DEPTH) {
      const depth = Math.min(BLOCK_DEPTH, k - term);
      pack(space.b, b, column, columns, term, depth, TILE_COLUMNS);
      for (let row = 0; row < m; row += BLOCK_ROWS) {
        const rows = Math.min(BLOCK_ROWS, m - row);
        pack(space.a, a, row, rows, term, depth, TILE_ROWS);
        multiplyBlock(product, space, row, rows, column, columns, term, depth);
      }
    }
  }
}

/** Multiplies the packed blocks, tile by tile. */
function multiplyBlock<A extends Float64Array | Int32Array>(
  { out, bias }: Product,
  { a, b, tile, multiply }: Workspace<A>,
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
      store(tile, out, added, row + i, height, column + j, width);
    }
  }
}

/** Stores a tile, with what `added` holds there on top. */
function store(
  tile: Float64Array | Int32Array,
  out: Plane,
  added: Plane | null,
  row: number,
  rows: number,
  column: number,
  columns: number,
): void {
  for (let i = 0; i < rows; i++) {
    const to = out.start + (row + i) * out.rowStep + column * out.columnStep;
    const from = added &&
      added.start + (row + i) * added.rowStep + column * added.columnStep;
    for (let j = 0; j < columns; j++) {
      const sum = tile[i * TILE_COLUMNS + j]!;
      out.data[to + j * out.columnStep] = added
        ? sum + added.data[from! + j * added.columnStep]!
        : sum;
    }
  }
}
