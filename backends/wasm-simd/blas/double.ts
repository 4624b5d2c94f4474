/**
 * Products of float64 matrices, which only a BLAS computes as such.
 *
 * @module
 */
import { ZEROS } from "../addresses.ts";
import type { Engine } from "../engine.ts";
import type { Product } from "../matmul/matmul.ts";
import type { BlasProducts } from "./products.ts";

const BYTES = 8;

/** Products of float64 matrices of any strides. */
export class DoubleMultiplier {
  readonly #products: BlasProducts;
  readonly #engine: Engine;

  /** Works on the memory of an engine. */
  constructor(products: BlasProducts, engine: Engine) {
    this.#products = products;
    this.#engine = engine;
  }

  /** Computes one product; changes the description of it on the way. */
  multiply(product: Product): void {
    const { rows, columns, depth, first } = product;
    if (first !== ZEROS && product.firstColumn !== BYTES) {
      const { f64 } = this.#engine.memory;
      const { out, firstRow, firstColumn } = product;
      copy(f64, first, firstRow, firstColumn, out, rows, columns);
      product.first = out;
    }
    if (this.#products.multiplyDouble(product)) return;
    // Neither rows nor columns are contiguous: of copies they are.
    const copies = this.#engine.allocate(
      "float64",
      rows * depth + depth * columns,
    );
    try {
      const { f64 } = this.#engine.memory;
      const { a, aRow, aStep, b, bStep, bColumn } = product;
      product.a = copies.pointer;
      product.aRow = BYTES * depth;
      product.b = copies.pointer + BYTES * rows * depth;
      product.bStep = BYTES * columns;
      product.aStep = product.bColumn = BYTES;
      copy(f64, a, aRow, aStep, product.a, rows, depth);
      copy(f64, b, bStep, bColumn, product.b, depth, columns);
      this.#products.multiplyDouble(product);
    } finally {
      this.#engine.allocator.free(copies);
    }
  }
}

/** Copies a matrix of any strides to one whose rows follow one another. */
function copy(
  f64: Float64Array,
  from: number,
  row: number,
  column: number,
  to: number,
  rows: number,
  columns: number,
): void {
  let at = to / BYTES;
  for (let i = 0; i < rows; i++) {
    let source = (from + i * row) / BYTES;
    for (let j = 0; j < columns; j++) {
      f64[at++] = f64[source]!;
      source += column / BYTES;
    }
  }
}
