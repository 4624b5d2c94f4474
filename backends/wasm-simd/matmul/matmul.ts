/**
 * The routine `matmul`: chooses the way that suits the shape of a product.
 *
 * @module
 */

import {
  DTYPES,
  type KernelCall,
  type Launch,
  type RoutineKernel,
} from "@tenfold/core/backend";
import type { Block } from "../allocator.ts";
import type { DoubleMultiplier } from "../blas/double.ts";
import type { BlasProducts } from "../blas/products.ts";
import type { ModuleBuilder } from "../assembler.ts";
import { ARGUMENTS, ZEROS } from "../addresses.ts";
import type { Engine, Program } from "../engine.ts";
import { type Arithmetic, arithmeticOf } from "./arithmetic.ts";
import { defineFill, defineGather } from "./copy.ts";
import { defineGemm, workspaceBytes } from "./gemm.ts";
import { TILE_COLUMNS } from "./micro.ts";
import { defineGemv, defineGemvTransposed } from "./gemv.ts";
import { defineGer } from "./ger.ts";
import { staged, type Stages, type Work } from "../launch.ts";
import { PRODUCT_BYTES, PRODUCT_WORDS as W } from "./product.ts";

/** One product of two matrices, addresses and strides in bytes. */
export class Product {
  rows = 0;
  columns = 0;
  depth = 0;
  a = 0;
  aRow = 0;
  aStep = 0;
  b = 0;
  bStep = 0;
  bColumn = 0;
  out = 0;
  outRow = 0;
  /** The initial value of the sums. */
  first = ZEROS;
  firstRow = 0;
  firstColumn = 0;
}

/**
 * Up to so many columns, rows of b that are dense are read in place, but not by
 * many rows of a: rows of b evict each other where their stride is a power of
 * two, and packing them costs less the more rows of a there are.
 */
const COLUMNS_IN_PLACE = 256;
const MANY_ROWS = 256;
/**
 * With fewer rows packing b costs more than it brings; it brings more where all
 * rows of b lie a number of pages apart, in the same lines of a cache.
 */
const FEW_ROWS = 32;
const FEW_ROWS_OF_PAGES = 7;
const PAGE = 4096;
/** Nanoseconds that a multiplication and an addition take. */
const NANOSECONDS = 0.04;

/** The functions that take no workspace. */
function defineVectorProducts(
  module: ModuleBuilder,
  arithmetic: Arithmetic,
): void {
  defineGemv(module, arithmetic);
  defineGemvTransposed(module, arithmetic);
  defineGer(module, arithmetic);
  defineGather(module);
  defineFill(module);
}

/** Products of matrices of one dtype. */
export class Multiplier {
  readonly #engine: Engine;
  readonly #arithmetic: Arithmetic;
  #gemm: Program | null = null;
  #gemv: Program | null = null;
  readonly #workspaceBytes: number;
  readonly #tileRows: number;
  /** A library that computes some of the products. */
  blas: BlasProducts | null = null;
  /** Where calls go that do not run at once. */
  #stages: Stages | null = null;

  /** Compiles what a product needs when it first comes. */
  constructor(engine: Engine, dtype: "float32" | "int32") {
    this.#engine = engine;
    this.#arithmetic = arithmeticOf(dtype, engine.fused);
    this.#workspaceBytes = workspaceBytes(this.#arithmetic);
    this.#tileRows = this.#arithmetic.rows;
  }

  #compile(
    define: (module: ModuleBuilder, arithmetic: Arithmetic) => void,
  ): Program {
    const draft = this.#engine.draft();
    define(draft.module, this.#arithmetic);
    return this.#engine.finish(draft);
  }

  /** Does what `multiply` calls in `fn` would do as a part of a sequence. */
  stage(stages: Stages, fn: () => void): void {
    this.#stages = stages;
    try {
      fn();
    } finally {
      this.#stages = null;
    }
  }

  /** Computes one product; changes the description of it on the way. */
  multiply(product: Product): void {
    const { columns, rows, depth } = product;
    if (columns > 1 && product.first !== ZEROS && product.firstColumn !== 4) {
      this.#fill(product);
    }
    if (columns === 1 && this.#byColumn(product)) return;
    if (rows === 1 && this.#byRow(product)) return;
    if (depth === 1 && product.bColumn === 4) {
      const { a, aRow, b } = product;
      this.#runGemv("ger", product, a, aRow, b, 4, rows, columns);
      return;
    }
    if (this.blas?.suits(product)) this.#byBlas(this.blas, product);
    else this.#general(product);
  }

  /** Copies a bias of odd strides to the output, and begins there. */
  #fill(product: Product): void {
    const { rows, columns, out, outRow } = product;
    this.#runGemv("fill", product, 0, 0, 0, 0, rows, columns);
    product.first = out;
    product.firstRow = outRow;
    product.firstColumn = 4;
  }

  /** A matrix and a column; false where neither side of a is dense. */
  #byColumn(product: Product): boolean {
    const { a, aRow, aStep, b, bStep, rows, depth, firstRow } = product;
    if (aStep === 4) {
      const v = this.#dense(b, bStep, depth);
      if (v < 0) return false;
      this.#runGemv("gemv", product, a, aRow, v, 4, rows, depth);
      return true;
    }
    // The column of outputs is contiguous, and so must the bias be.
    if (aRow !== 4 || (firstRow !== 4 && firstRow !== 0)) return false;
    product.firstColumn = firstRow;
    this.#runGemv("gemvTransposed", product, a, aStep, b, bStep, depth, rows);
    return true;
  }

  /** A row and a matrix; false where neither side of b is dense. */
  #byRow(product: Product): boolean {
    const { a, aStep, b, bStep, bColumn, columns, depth } = product;
    if (bColumn === 4) {
      this.#runGemv(
        "gemvTransposed",
        product,
        b,
        bStep,
        a,
        aStep,
        depth,
        columns,
      );
      return true;
    }
    if (bStep !== 4) return false;
    const v = this.#dense(a, aStep, depth);
    if (v < 0) return false;
    product.firstRow = product.firstColumn;
    this.#runGemv("gemv", product, b, bColumn, v, 4, columns, depth);
    return true;
  }

  /** The address of a vector's dense copy, or its own; -1 if too long. */
  #dense(v: number, step: number, length: number): number {
    if (step === 4) return v;
    if (4 * length + 16 > this.#workspaceBytes) return -1;
    const copy = new Product();
    copy.out = this.#work();
    this.#runGemv("gather", copy, 0, 0, v, step, length, 0);
    return copy.out;
  }

  #runGemv(
    name: string,
    product: Product,
    a: number,
    aRow: number,
    b: number,
    bStep: number,
    rows: number,
    columns: number,
  ): void {
    const args = this.#room();
    const words = this.#engine.memory.i32;
    const at = args >>> 2;
    words[at + W.a] = a;
    words[at + W.aRow] = aRow;
    words[at + W.b] = b;
    words[at + W.bStep] = bStep;
    words[at + W.out] = product.out;
    words[at + W.outRow] = product.outRow;
    words[at + W.first] = product.first;
    words[at + W.firstRow] = product.firstRow;
    words[at + W.firstColumn] = product.firstColumn;
    words[at + W.rows] = rows;
    words[at + W.columns] = columns;
    const program = this.#gemv ??= this.#compile(defineVectorProducts);
    if (this.#stages === null) {
      program.exports[name]!(ARGUMENTS, 0, 0, 0);
    } else if (!this.#stages.again) {
      const work = { entry: name, size: 0, grain: 1, nanoseconds: 0 };
      this.#stages.add(program, args, work);
    }
  }

  /** Where the next arguments go. */
  #room(): number {
    return this.#stages?.room(PRODUCT_BYTES) ?? ARGUMENTS;
  }

  #byBlas(blas: BlasProducts, product: Product): void {
    if (this.#stages === null) return blas.multiply(product);
    const args = this.#room();
    blas.write(product, args);
    if (!this.#stages.again) this.#stages.add(blas.program, args, blas.work);
  }

  #general(product: Product): void {
    const { rows, columns, bStep, bColumn } = product;
    const inPlace = bColumn === 4 &&
      (columns <= COLUMNS_IN_PLACE && rows < MANY_ROWS ||
        rows < (bStep % PAGE ? FEW_ROWS : FEW_ROWS_OF_PAGES));
    const workspace = this.#work();
    const args = this.#room();
    const words = this.#engine.memory.i32;
    const at = args >>> 2;
    // The longer side is divided: what is packed again costs least there.
    const byRows = rows >= columns;
    words[at + W.a] = product.a;
    words[at + W.aRow] = product.aRow;
    words[at + W.aStep] = product.aStep;
    words[at + W.b] = product.b;
    words[at + W.bStep] = product.bStep;
    words[at + W.bColumn] = bColumn;
    words[at + W.out] = product.out;
    words[at + W.outRow] = product.outRow;
    words[at + W.first] = product.first;
    words[at + W.firstRow] = product.firstRow;
    words[at + W.firstColumn] = product.firstColumn;
    words[at + W.rows] = rows;
    words[at + W.columns] = columns;
    words[at + W.depth] = product.depth;
    words[at + W.workspace] = workspace;
    words[at + W.packs] = inPlace ? 0 : 1;
    words[at + W.byRows] = byRows ? 1 : 0;
    words[at + W.workspaceSize] = this.#workspaceBytes;
    const program = this.#gemm ??= this.#compile(defineGemm);
    const size = byRows ? rows : columns;
    const grain = byRows ? this.#tileRows : TILE_COLUMNS;
    const nanoseconds = rows * columns * product.depth * NANOSECONDS;
    if (this.#stages === null) {
      this.#engine.run(program, "gemm", size, grain, nanoseconds);
    } else if (!this.#stages.again) {
      const work: Work = { entry: "gemm", size, grain, nanoseconds };
      this.#stages.add(program, args, work);
    }
  }

  #work(): number {
    return this.#engine.work(this.#workspaceBytes);
  }
}

/**
 * Prepares the routine.
 *
 * @param multiplier Computes single products of the dtype.
 * @param kernel The routine.
 */
export function prepareMatmul(
  multiplier: Multiplier | DoubleMultiplier,
  { rank, inputs }: RoutineKernel,
): Launch {
  const batchRank = rank - 3;
  const biased = inputs.length === 3;
  const { bytes } = DTYPES[inputs[0]!];
  const launch = (call: KernelCall) => {
    if (batchRank === 0) {
      multiplier.multiply(productOf(call, 0, biased, bytes));
      return;
    }
    const { shape, strides } = call;
    const position: number[] = new Array(batchRank).fill(0);
    const offsetOf = (buffer: number) => {
      let offset = 0;
      for (let d = 0; d < batchRank; d++) {
        offset += position[d]! * strides[buffer]![d]!;
      }
      return bytes * offset;
    };
    for (;;) {
      const product = productOf(call, batchRank, biased, bytes);
      product.out += offsetOf(0);
      product.a += offsetOf(1);
      product.b += offsetOf(2);
      if (biased) product.first += offsetOf(3);
      multiplier.multiply(product);
      let d = batchRank - 1;
      while (d >= 0 && ++position[d]! === shape[d]!) position[d--] = 0;
      if (d < 0) return;
    }
  };
  if (!("stage" in multiplier)) return launch;
  return staged(launch, (call, stages) => {
    multiplier.stage(stages, () => launch(call));
  });
}

/** The first product of a call whose matrices begin at loop dim `m`. */
function productOf(
  { shape, strides, offsets, buffers }: KernelCall,
  m: number,
  biased: boolean,
  bytes: number,
): Product {
  const product = new Product();
  const n = m + 1;
  const k = m + 2;
  product.rows = shape[m]!;
  product.columns = shape[n]!;
  product.depth = shape[k]!;
  product.out = (buffers[0] as Block).pointer + bytes * offsets[0]!;
  product.outRow = bytes * product.columns;
  product.a = (buffers[1] as Block).pointer + bytes * offsets[1]!;
  const a = strides[1]!;
  product.aRow = bytes * a[m]!;
  product.aStep = bytes * a[k]!;
  product.b = (buffers[2] as Block).pointer + bytes * offsets[2]!;
  const b = strides[2]!;
  product.bStep = bytes * b[k]!;
  product.bColumn = bytes * b[n]!;
  if (biased) {
    product.first = (buffers[3] as Block).pointer + bytes * offsets[3]!;
    product.firstRow = bytes * strides[3]![m]!;
    product.firstColumn = bytes * strides[3]![n]!;
  }
  return product;
}
