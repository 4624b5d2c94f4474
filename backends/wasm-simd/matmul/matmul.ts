/**
 * The routine `matmul`: chooses the way that suits the shape of a product.
 *
 * @module
 */

import type { KernelCall, Launch, RoutineKernel } from "@tenfold/core";
import type { Block } from "../allocator.ts";
import { ARGUMENTS, type Engine, type Program, ZEROS } from "../engine.ts";
import { arithmeticOf } from "./arithmetic.ts";
import { defineGemm, workspaceBytes } from "./gemm.ts";
import { TILE_COLUMNS } from "./micro.ts";
import { defineThin, THIN_ARGUMENTS } from "./thin.ts";

/** One product of two matrices, addresses and strides in bytes. */
interface Product {
  rows: number;
  columns: number;
  depth: number;
  a: number;
  aRow: number;
  aStep: number;
  b: number;
  bStep: number;
  bColumn: number;
  out: number;
  /** What the sums begin with. */
  first: number;
  firstRow: number;
  firstColumn: number;
}

/** Up to so many columns b is read in place where its rows are dense. */
const COLUMNS_IN_PLACE = 256;
/** Nanoseconds that a multiplication and an addition take. */
const NANOSECONDS = 0.04;
/** With fewer rows packing b costs more than it brings. */
const ROWS_IN_PLACE = 32;

type Thin = Record<(typeof THIN_ARGUMENTS)[number], number>;

/** The compiled functions for one dtype. */
export class Multiplier {
  readonly #engine: Engine;
  readonly #program: Program;
  readonly #workspaceBytes: number;
  readonly #tileRows: number;
  #workspace: Block | null = null;

  /** Compiles the functions. */
  constructor(engine: Engine, dtype: "float32" | "int32") {
    const arithmetic = arithmeticOf(dtype, engine.fused);
    const draft = engine.draft();
    defineGemm(draft.module, arithmetic);
    defineThin(draft.module, arithmetic);
    this.#program = engine.finish(draft);
    this.#engine = engine;
    this.#workspaceBytes = workspaceBytes(arithmetic);
    this.#tileRows = arithmetic.rows;
  }

  /** Computes one product. */
  multiply(product: Product): void {
    const { columns, rows, depth } = product;
    if (columns > 1 && product.first !== ZEROS && product.firstColumn !== 4) {
      this.#fill(product);
    }
    if (columns === 1 && this.#byColumn(product)) return;
    if (rows === 1 && this.#byRow(product)) return;
    if (depth === 1 && product.bColumn === 4) {
      this.#thin("outer", {
        ...thinOf(product),
        x: product.a,
        xRow: product.aRow,
        v: product.b,
        rows,
        columns,
      });
      return;
    }
    this.#general(product);
  }

  /** Copies a bias of odd strides to the output, and begins there. */
  #fill(product: Product): void {
    this.#thin("fill", {
      ...thinOf(product),
      rows: product.rows,
      columns: product.columns,
    });
    product.first = product.out;
    product.firstRow = 4 * product.columns;
    product.firstColumn = 4;
  }

  /** A matrix and a column; false where neither side of a is dense. */
  #byColumn(product: Product): boolean {
    const { a, aRow, aStep, b, bStep, rows, depth } = product;
    const thin = thinOf(product);
    if (aStep === 4) {
      const v = this.#dense(b, bStep, depth);
      if (v === null) return false;
      this.#thin("dots", {
        ...thin,
        x: a,
        xRow: aRow,
        v,
        rows,
        columns: depth,
      });
      return true;
    }
    if (aRow !== 4) return false;
    // The column of outputs lies like a row, and so must the bias.
    if (product.firstRow !== 4 && product.firstRow !== 0) return false;
    this.#thin("sums", {
      ...thin,
      firstStep: product.firstRow,
      x: a,
      xRow: aStep,
      v: b,
      vStep: bStep,
      rows: depth,
      columns: rows,
    });
    return true;
  }

  /** A row and a matrix; false where neither side of b is dense. */
  #byRow(product: Product): boolean {
    const { a, aStep, b, bStep, bColumn, columns, depth } = product;
    const thin = thinOf(product);
    if (bColumn === 4) {
      this.#thin("sums", {
        ...thin,
        x: b,
        xRow: bStep,
        v: a,
        vStep: aStep,
        rows: depth,
        columns,
      });
      return true;
    }
    if (bStep !== 4) return false;
    const v = this.#dense(a, aStep, depth);
    if (v === null) return false;
    this.#thin("dots", {
      ...thin,
      firstRow: product.firstColumn,
      x: b,
      xRow: bColumn,
      v,
      rows: columns,
      columns: depth,
    });
    return true;
  }

  /** The address of a vector's dense copy, or its own; null if too long. */
  #dense(v: number, step: number, length: number): number | null {
    if (step === 4) return v;
    if (4 * length + 16 > this.#workspaceBytes) return null;
    const out = this.#work();
    this.#thin("gather", { ...NO_THIN, v, vStep: step, out, rows: length });
    return out;
  }

  #thin(name: string, thin: Thin): void {
    const words = this.#engine.memory.i32;
    for (let i = 0; i < THIN_ARGUMENTS.length; i++) {
      words[ARGUMENTS / 4 + i] = thin[THIN_ARGUMENTS[i]!];
    }
    this.#program.exports[name]!(ARGUMENTS, 0, 0, 0);
  }

  #general(product: Product): void {
    const { rows, columns, bColumn } = product;
    const inPlace = bColumn === 4 &&
      (columns <= COLUMNS_IN_PLACE || rows < ROWS_IN_PLACE);
    const workspace = this.#work();
    const words = this.#engine.memory.i32;
    let at = ARGUMENTS / 4;
    // In the order of GEMM_ARGUMENTS.
    words[at++] = product.a;
    words[at++] = product.aRow;
    words[at++] = product.aStep;
    words[at++] = product.b;
    words[at++] = product.bStep;
    words[at++] = bColumn;
    words[at++] = product.out;
    words[at++] = 4 * columns;
    words[at++] = product.first;
    words[at++] = product.firstRow;
    words[at++] = product.firstColumn;
    words[at++] = rows;
    words[at++] = columns;
    words[at++] = product.depth;
    words[at++] = workspace;
    words[at++] = inPlace ? 0 : 1;
    // The longer side is divided: what is packed again costs least there.
    const byRows = rows >= columns;
    words[at++] = byRows ? 1 : 0;
    words[at++] = this.#workspaceBytes;
    this.#engine.run(
      this.#program,
      "gemm",
      byRows ? rows : columns,
      byRows ? this.#tileRows : TILE_COLUMNS,
      rows * columns * product.depth * NANOSECONDS,
    );
  }

  #work(): number {
    this.#workspace ??= this.#engine.allocate(
      "bool",
      this.#workspaceBytes * (this.#engine.pool?.size ?? 1),
    );
    return this.#workspace.pointer;
  }
}

const NO_THIN: Thin = {
  x: 0,
  xRow: 0,
  v: 0,
  vStep: 0,
  out: 0,
  outRow: 0,
  first: 0,
  firstRow: 0,
  firstStep: 0,
  rows: 0,
  columns: 0,
};

/** What a thin product takes over as it is. */
function thinOf(product: Product): Thin {
  return {
    ...NO_THIN,
    out: product.out,
    outRow: 4 * product.columns,
    first: product.first,
    firstRow: product.firstRow,
    firstStep: product.firstColumn,
  };
}

/**
 * Prepares the routine.
 *
 * @param multiplier The functions of the dtype.
 * @param kernel The routine.
 */
export function prepareMatmul(
  multiplier: Multiplier,
  { rank, inputs }: RoutineKernel,
): Launch {
  const batchRank = rank - 3;
  const [m, n, k] = [rank - 3, rank - 2, rank - 1];
  const biased = inputs.length === 3;
  return (call: KernelCall) => {
    const { shape, strides, offsets, buffers } = call;
    const address = (i: number) =>
      (buffers[i] as Block).pointer + 4 * offsets[i]!;
    const base: Product = {
      rows: shape[m]!,
      columns: shape[n]!,
      depth: shape[k]!,
      out: address(0),
      a: address(1),
      aRow: 4 * strides[1]![m]!,
      aStep: 4 * strides[1]![k]!,
      b: address(2),
      bStep: 4 * strides[2]![k]!,
      bColumn: 4 * strides[2]![n]!,
      first: biased ? address(3) : ZEROS,
      firstRow: biased ? 4 * strides[3]![m]! : 0,
      firstColumn: biased ? 4 * strides[3]![n]! : 0,
    };
    if (batchRank === 0) {
      multiplier.multiply(base);
      return;
    }
    const position: number[] = new Array(batchRank).fill(0);
    for (;;) {
      const at = (i: number) => {
        let offset = 0;
        for (let d = 0; d < batchRank; d++) {
          offset += position[d]! * strides[i]![d]!;
        }
        return 4 * offset;
      };
      multiplier.multiply({
        ...base,
        out: base.out + at(0),
        a: base.a + at(1),
        b: base.b + at(2),
        first: biased ? base.first + at(3) : ZEROS,
      });
      let d = batchRank - 1;
      while (d >= 0 && ++position[d]! === shape[d]!) position[d--] = 0;
      if (d < 0) return;
    }
  };
}
