/**
 * The parameters of a matrix product, and the vector axes of its operands.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import type { KernelCall, RoutineKernel } from "@tenfold/core/backend";
import type { Memory } from "../device/buffer.ts";
import type { Gpu } from "../device/gpu.ts";
import { int, Params, uint } from "../wgsl/params.ts";
import {
  type EpilogueForm,
  EpilogueLayout,
  hasBias,
  type Spot,
} from "./epilogue.ts";
import { splitPositions } from "./loop.ts";

/**
 * Along which dim an operand is read four elements at a time: `k`, the other
 * one (`m` of the first operand, `n` of the second), or none.
 */
export type VectorAxis = "k" | "other" | "none";

/** The dtypes of what a shader of a product writes and reads. */
export interface MatmulDTypes {
  readonly out: DType;
  readonly a: DType;
  readonly b: DType;
  readonly bias: DType;
}

/** The variant of one shader of a product. */
export interface MatmulForm {
  /** The dtypes: float16 is computed in float32, and partial sums are that. */
  readonly dtypes: MatmulDTypes;
  /** The vector axis of the first operand. */
  readonly a: VectorAxis;
  /** The vector axis of the second operand. */
  readonly b: VectorAxis;
  /** True where there is a bias to add. */
  readonly bias: boolean;
  /** True where `k` is split and parts are written, to be summed up later. */
  readonly part: boolean;
  /** Rows of the result that one invocation computes. */
  readonly tm: number;
  /** Columns of the result that one invocation computes. */
  readonly tn: number;
  /** True where an invocation writes four columns at a time. */
  readonly four?: boolean;
  /** How an epilogue is written; null where there is none, or parts are written. */
  readonly epilogue: EpilogueForm | null;
}

/** How a product is split and tiled for one call. */
export interface MatmulCut {
  /** The first part of `k`. */
  readonly from: number;
  /** Parts of `k` from there on. */
  readonly splits: number;
  /** Length of a part. */
  readonly chunk: number;
  /** Tiles along `m`. */
  readonly tilesM: number;
  /** Tiles along `n`. */
  readonly tilesN: number;
  /**
   * Tiles along `n` that are computed for all rows before the next ones: what
   * they read of the second operand stays in a cache. `tilesN` is a multiple.
   */
  readonly panel: number;
}

interface OperandWords {
  readonly offset: number;
  readonly batch: readonly number[];
  readonly inner: number;
  readonly k: number;
}

/** The words of a product's parameters. */
export class MatmulLayout {
  /** Extent of the rows, `m`, an `i32` in WGSL. */
  readonly m: string;
  /** Extent of the columns, `n`. */
  readonly n: string;
  /** Extent of the dim that is summed over, `k`. */
  readonly k: string;
  /** Length of a part of `k`. */
  readonly chunk: string;
  /** The number of words. */
  readonly words: number;
  /** True where there is a bias. */
  readonly bias: boolean;
  /** What becomes of each result; null where that is stored as it is. */
  readonly epilogue: EpilogueLayout | null;
  readonly #rank: number;
  readonly #extents: readonly number[];
  readonly #out: number;
  readonly #a: OperandWords;
  readonly #b: OperandWords;
  readonly #biasOffset: number;
  readonly #biasStrides: readonly number[];
  readonly #cut: Readonly<Record<keyof MatmulCut, number>>;

  /** Lays out a product. */
  constructor(kernel: RoutineKernel<DType>) {
    const params = new Params();
    const { rank } = kernel;
    const batch = rank - 3;
    this.#rank = rank;
    this.bias = hasBias(kernel);
    this.#extents = Array.from({ length: rank }, () => params.take());
    this.#out = params.take();
    const placed = (): OperandWords => ({
      offset: params.take(),
      batch: Array.from({ length: batch }, () => params.take()),
      inner: params.take(),
      k: params.take(),
    });
    this.#a = placed();
    this.#b = placed();
    this.#biasOffset = params.take();
    this.#biasStrides = Array.from(
      { length: this.bias ? rank - 1 : 0 },
      () => params.take(),
    );
    this.#cut = {
      from: params.take(),
      splits: params.take(),
      chunk: params.take(),
      tilesM: params.take(),
      tilesN: params.take(),
      panel: params.take(),
    };
    this.epilogue = kernel.epilogue
      ? new EpilogueLayout(params, kernel, rank - 1)
      : null;
    this.m = int(this.#extents[batch]!);
    this.n = int(this.#extents[batch + 1]!);
    this.k = int(this.#extents[batch + 2]!);
    this.chunk = int(this.#cut.chunk);
    this.words = params.words;
  }

  /** The stride of an operand along `k`, or along its other dim. */
  stride(operand: "a" | "b", dim: "k" | "inner"): string {
    return int((operand === "a" ? this.#a : this.#b)[dim]);
  }

  /**
   * Statements that find the tile number `t`: `tile_m`, `tile_n`, `part`, the
   * matrix number `matrix`, and where the operands' matrices begin, `at_a` and
   * `at_b`.
   */
  begin(t: string): string[] {
    const { panel, splits, tilesM, tilesN } = this.#cut;
    const batch = this.#rank - 3;
    const terms = ({ batch: words }: OperandWords) =>
      words.map((word, d) => ` + p${d} * ${int(word)}`).join("");
    return [
      `let panels = ${uint(tilesN)} / ${uint(panel)};`,
      `let above = ${t} / ${uint(panel)};`,
      `let tile_m = i32(above % ${uint(tilesM)});`,
      `let outer = above / ${uint(tilesM)};`,
      `let tile_n = i32(${t} % ${uint(panel)} + outer % panels * ${
        uint(panel)
      });`,
      "let slice = outer / panels;",
      `let part = i32(slice % ${uint(splits)});`,
      `let matrix = slice / ${uint(splits)};`,
      ...(batch > 0
        ? splitPositions(
          { words: this.#extents.slice(0, batch) },
          "matrix",
          "p",
        )
        : []),
      `let at_a = ${int(this.#a.offset)}${terms(this.#a)};`,
      `let at_b = ${int(this.#b.offset)}${terms(this.#b)};`,
      ...this.biasBegin(),
    ];
  }

  /** The statement that finds the bias of a matrix, `at_bias`. */
  biasBegin(): string[] {
    if (!this.bias) return [];
    const terms = this.#biasStrides.slice(0, -2)
      .map((word, d) => ` + p${d} * ${int(word)}`);
    return [`let at_bias = ${int(this.#biasOffset)}${terms.join("")};`];
  }

  /** The number of tiles, a `u32` in WGSL. */
  get tiles(): string {
    const { splits, tilesM, tilesN } = this.#cut;
    const matrices = this.#extents.slice(0, this.#rank - 3).map(uint);
    return [uint(tilesN), uint(tilesM), uint(splits), ...matrices].join(" * ");
  }

  /** The index of an output element, or of its partial sum. */
  outAt(row: string, column: string, part: boolean): string {
    const index = this.innerAt(row, column);
    if (!part) return `${int(this.#out)} + ${index}`;
    return `part * ${this.outputs} + ${index}`;
  }

  /** The number of an element among all results. */
  innerAt(row: string, column: string): string {
    return `(i32(matrix) * ${this.m} + ${row}) * ${this.n} + ${column}`;
  }

  /** A result at a row and a column. */
  spot(row: string, column: string, value: string): Spot {
    const batch = Array.from({ length: this.#rank - 3 }, (_, d) => `p${d}`);
    return { value, positions: [...batch, row, column] };
  }

  /** Statements that store results, one or four side by side, as they become. */
  finish(
    out: string,
    names: readonly string[],
    form: EpilogueForm,
    row: string,
    column: string,
    spots: readonly Spot[],
    key: string,
  ): string[] {
    const inner = this.innerAt(row, column);
    const at = { name: out, at: `${int(this.#out)} + ${inner}` };
    return this.epilogue!.store(at, names, spots, key, form, inner);
  }

  /** The number of results of all matrices, an `i32` in WGSL. */
  get outputs(): string {
    return this.#extents.slice(0, -1).map(int).join(" * ");
  }

  /** The index of the bias of an output element. */
  biasAt(row: string, column: string): string {
    const [byRow, byColumn] = this.#biasStrides.slice(-2).map(int);
    return `at_bias + ${row} * ${byRow} + ${column} * ${byColumn}`;
  }

  /** Extents of the batch dims and of the matrix, for splitting positions. */
  get outExtents(): { words: readonly number[] } {
    return { words: this.#extents.slice(0, -1) };
  }

  /** The number of parts, a `u32` in WGSL. */
  get splits(): string {
    return uint(this.#cut.splits);
  }

  /** The first part, an `i32` in WGSL. */
  get from(): string {
    return int(this.#cut.from);
  }

  /** Statements that find the terms of part `part`, `begin` to `end`. */
  range(): string[] {
    return [
      `let begin = (${this.from} + part) * ${this.chunk};`,
      `let end = min(begin + ${this.chunk}, ${this.k});`,
    ];
  }

  /** The output's offset, an `i32` in WGSL. */
  get outOffset(): string {
    return int(this.#out);
  }

  /** Writes the parameters of a call. */
  fill(gpu: Gpu, first: number, call: KernelCall, cut: MatmulCut): void {
    const { ints } = gpu.recorder;
    const { offsets, shape, strides } = call;
    const batch = this.#rank - 3;
    const extents = this.#extents;
    for (let d = 0; d < extents.length; d++) {
      ints[first + extents[d]!] = shape[d]!;
    }
    ints[first + this.#out] = offsets[0]!;
    for (let operand = 1; operand <= 2; operand++) {
      const words = operand === 1 ? this.#a : this.#b;
      const steps = strides[operand]!;
      ints[first + words.offset] = offsets[operand]!;
      for (let d = 0; d < batch; d++) {
        ints[first + words.batch[d]!] = steps[d]!;
      }
      ints[first + words.inner] = steps[batch + operand - 1]!;
      ints[first + words.k] = steps[batch + 2]!;
    }
    if (this.bias) {
      ints[first + this.#biasOffset] = offsets[3]!;
      const steps = strides[3]!;
      for (let d = 0; d < this.#biasStrides.length; d++) {
        ints[first + this.#biasStrides[d]!] = steps[d]!;
      }
    }
    const words = this.#cut;
    ints[first + words.from] = cut.from;
    ints[first + words.splits] = cut.splits;
    ints[first + words.chunk] = cut.chunk;
    ints[first + words.tilesM] = cut.tilesM;
    ints[first + words.tilesN] = cut.tilesN;
    ints[first + words.panel] = cut.panel;
    this.epilogue?.fill(gpu, first, call);
  }
}

/**
 * The vector axis of an operand of a call: four elements can be loaded at once
 * along the dim of stride 1 where everything else is a multiple of four.
 */
export function vectorAxisOf(call: KernelCall, operand: "a" | "b"): VectorAxis {
  const index = operand === "a" ? 1 : 2;
  if ((call.buffers[index] as Memory).dtype === "int32") return "none";
  const rank = call.shape.length;
  const strides = call.strides[index]!;
  const inner = rank - (operand === "a" ? 3 : 2);
  const k = rank - 1;
  if (call.offsets[index]! % 4 !== 0) return "none";
  const along = (dim: number) =>
    strides[dim] === 1 && call.shape[dim]! % 4 === 0 &&
    strides.every((stride, d) => d === dim || stride % 4 === 0);
  if (along(k)) return "k";
  return along(inner) ? "other" : "none";
}
