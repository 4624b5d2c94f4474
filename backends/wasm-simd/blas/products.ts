/**
 * Matrix products by a BLAS, straight on the linear memory.
 *
 * @module
 */
import { ZEROS } from "../addresses.ts";
import type { Engine, Program } from "../engine.ts";
import type { Work } from "../launch.ts";
import type { Product } from "../matmul/matmul.ts";
import type { Foreign, ForeignFunction } from "@tenfold/core/foreign";
import type { Blas } from "./library.ts";
import { PLAIN, ROW_MAJOR, TRANSPOSED } from "./probe.ts";

/**
 * With fewer rows or columns a product is as fast as memory is, and libraries
 * copy what we read in place: 3 × 1000 × 1000 took 1.2 of our time.
 */
const THINNEST = 4;

/** Products of matrices that a BLAS computes. */
export class BlasProducts {
  /** What the library is, for people. */
  readonly name: string;
  /** Products of fewer multiplications are left to our own kernels. */
  smallest = 0;
  /** What computes a product of a sequence. */
  readonly program: Program;
  /** What it does. */
  readonly work: Work = { entry: "gemm", size: 0, grain: 1, nanoseconds: 0 };
  readonly #blas: Blas;
  readonly #api: Foreign;
  readonly #engine: Engine;
  #bytes: Uint8Array = new Uint8Array(0);
  #base = 0;

  /**
   * Works on the memory of an engine.
   *
   * @param api The foreign function interface of this runtime.
   * @param blas The library.
   * @param engine The engine.
   */
  constructor(api: Foreign, blas: Blas, engine: Engine) {
    this.name = blas.name;
    this.#api = api;
    this.#blas = blas;
    this.#engine = engine;
    this.program = {
      exports: { gemm: (args) => this.#launch(args) },
      names: ["gemm"],
      bytes: new Uint8Array(0),
      portable: false,
    };
  }

  /** The address of the memory, which moves when it grows on some engines. */
  get base(): number {
    const { u8 } = this.#engine.memory;
    if (u8 !== this.#bytes) {
      this.#bytes = u8;
      this.#base = this.#api.addressOf(u8);
    }
    return this.#base;
  }

  /** Whether a product of float32 matrices is computed faster here. */
  suits(product: Product): boolean {
    const { rows, columns, depth, first, firstColumn } = product;
    return rows * columns * depth >= this.smallest && depth > 0 &&
      rows >= THINNEST && columns >= THINNEST &&
      (first === ZEROS || firstColumn === 4) && isRegular(product, 4);
  }

  /** Computes a product of float32 matrices that {@linkcode suits}. */
  multiply(product: Product): void {
    this.#compute(this.#blas.sgemm, 4, product);
  }

  /**
   * Computes a product of float64 matrices.
   *
   * @returns `false` if a BLAS does not take such strides; nothing has changed
   * then.
   */
  multiplyDouble(product: Product): boolean {
    const taken = product.depth > 0 && isRegular(product, 8);
    if (taken) this.#compute(this.#blas.dgemm, 8, product);
    return taken;
  }

  /** Writes a product as arguments of {@linkcode program}. */
  write(product: Product, args: number): void {
    const words = this.#engine.memory.i32;
    WORDS.forEach((name, i) => words[(args >>> 2) + i] = product[name]);
  }

  /** Computes what is written. */
  #launch(args: number): void {
    const words = this.#engine.memory.i32;
    const product = {} as Record<(typeof WORDS)[number], number>;
    // Addresses may be beyond two gigabytes.
    WORDS.forEach((name, i) => product[name] = words[(args >>> 2) + i]! >>> 0);
    this.multiply(product);
  }

  #compute(
    gemm: ForeignFunction,
    bytes: 4 | 8,
    product: Product,
  ): void {
    const { rows, columns, depth, out, outRow, first } = product;
    const a = lineOf(product.aRow, product.aStep, rows, depth, bytes);
    const b = lineOf(product.bStep, product.bColumn, depth, columns, bytes);
    if (first !== ZEROS) this.#begin(product, bytes);
    const { base } = this;
    gemm(
      ROW_MAJOR,
      a > 0 ? PLAIN : TRANSPOSED,
      b > 0 ? PLAIN : TRANSPOSED,
      rows,
      columns,
      depth,
      1,
      base + product.a,
      Math.abs(a),
      base + product.b,
      Math.abs(b),
      first === ZEROS ? 0 : 1,
      base + out,
      outRow / bytes,
    );
  }

  /** Copies the rows that the sums begin with to the output. */
  #begin(product: Product, bytes: number): void {
    const { rows, columns, out, outRow, first, firstRow } = product;
    if (first === out) return;
    const { u8 } = this.#engine.memory;
    const length = bytes * columns;
    if (firstRow !== 0 || outRow !== length) {
      for (let row = 0; row < rows; row++) {
        const from = first + row * firstRow;
        u8.copyWithin(out + row * outRow, from, from + length);
      }
      return;
    }
    u8.copyWithin(out, first, first + length);
    const whole = rows * length;
    for (let done = length; done < whole; done *= 2) {
      u8.copyWithin(out + done, out, out + Math.min(done, whole - done));
    }
  }
}

/** What describes a product, in the order of the arguments. */
const WORDS = [
  ...["rows", "columns", "depth", "a", "aRow", "aStep"] as const,
  ...["b", "bStep", "bColumn", "out", "outRow"] as const,
  ...["first", "firstRow", "firstColumn"] as const,
] as const satisfies readonly (keyof Product)[];

/** Whether a BLAS takes the strides of both operands. */
function isRegular(product: Product, bytes: number): boolean {
  const { rows, columns, depth, aRow, aStep, bStep, bColumn } = product;
  return lineOf(aRow, aStep, rows, depth, bytes) !== 0 &&
    lineOf(bStep, bColumn, depth, columns, bytes) !== 0;
}

/**
 * The elements from one line of a matrix to the next as a BLAS takes them:
 * positive where rows are contiguous, negative where columns are, and 0 where
 * neither are or lines overlap.
 */
function lineOf(
  row: number,
  column: number,
  rows: number,
  columns: number,
  bytes: number,
): number {
  if (column === bytes || columns === 1) {
    if (rows === 1) return columns;
    if (row >= bytes * columns) return row / bytes;
  }
  if (row === bytes || rows === 1) {
    if (columns === 1) return -rows;
    if (column >= bytes * rows) return -column / bytes;
  }
  return 0;
}
