/**
 * The parameters of a convolution.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import type { KernelCall, RoutineKernel } from "@tenfold/core/backend";
import type { Gpu } from "../device/gpu.ts";
import { BY_STRIDES, EpilogueLayout, hasBias } from "./epilogue.ts";
import { int, Params, uint } from "../wgsl/params.ts";
import {
  type Extents,
  fillOperandLayout,
  type OperandLayout,
  splitPositions,
  takeExtents,
  takeOperandLayout,
} from "./loop.ts";

/** The dims of the loop, in order. */
const DIMS = ["b", "g", "m", "y", "x", "c", "i", "j"] as const;
/** How many of them are not summed. */
const KEPT = 5;
/** A dim of the loop. */
export type ConvDim = typeof DIMS[number];
/** A buffer of the routine. */
export type ConvOperand = "out" | "in" | "filter" | "bias";

/** How a convolution is split and tiled for one call. */
export interface ConvCut {
  /** Tiles along the channels of the output. */
  readonly tilesM: number;
  /** Tiles along its positions. */
  readonly tilesN: number;
  /** Tiles along a row of its positions, where tiles lie in rows. */
  readonly tilesX: number;
  /** The first part of the sum. */
  readonly from: number;
  /** Parts of the sum from there on. */
  readonly splits: number;
  /** Length of a part. */
  readonly chunk: number;
  /** Rows of the filter where it was copied, with those that fill a tile. */
  readonly rows: number;
}

/** The words of a convolution's parameters. */
export class ConvLayout {
  /** True where there is a bias. */
  readonly bias: boolean;
  /** What becomes of each result; null where that is stored as it is. */
  readonly epilogue: EpilogueLayout | null;
  /** The number of words. */
  readonly words: number;
  readonly #extents: Extents;
  readonly #operandLayouts: Readonly<
    Partial<Record<ConvOperand, OperandLayout>>
  >;
  readonly #cut: Readonly<Record<keyof ConvCut, number>>;

  /** Lays out a convolution. */
  constructor(kernel: RoutineKernel<DType>) {
    const params = new Params();
    const bias = hasBias(kernel);
    this.bias = bias;
    this.#extents = takeExtents(params, DIMS.length);
    const layout = () => takeOperandLayout(params, DIMS.length);
    this.#operandLayouts = {
      out: layout(),
      in: layout(),
      filter: layout(),
      ...(bias ? { bias: layout() } : {}),
    };
    this.#cut = {
      tilesM: params.take(),
      tilesN: params.take(),
      tilesX: params.take(),
      from: params.take(),
      splits: params.take(),
      chunk: params.take(),
      rows: params.take(),
    };
    this.epilogue = kernel.epilogue
      ? new EpilogueLayout(params, kernel, KEPT)
      : null;
    this.words = params.words;
  }

  /** The extent of a dim, an `i32` in WGSL. */
  extent(dim: ConvDim): string {
    return int(this.#word(dim));
  }

  /** An operand's stride along a dim, an `i32` in WGSL. */
  stride(operand: ConvOperand, dim: ConvDim): string {
    const { strides } = this.#operandLayouts[operand]!;
    return int(strides[DIMS.indexOf(dim)]!);
  }

  /** The offset of an operand, an `i32` in WGSL. */
  offset(operand: ConvOperand): string {
    return int(this.#operandLayouts[operand]!.offset);
  }

  /** A number of the cut, a `u32` in WGSL. */
  cut(name: keyof ConvCut): string {
    return uint(this.#cut[name]);
  }

  /** The number of columns, a `u32` in WGSL. */
  get columns(): string {
    return ["b", "y", "x"].map((dim) => uint(this.#word(dim as ConvDim)))
      .join(" * ");
  }

  /** The length of the sum, an `i32` in WGSL. */
  get k(): string {
    return ["c", "i", "j"].map((dim) => this.extent(dim as ConvDim))
      .join(" * ");
  }

  /** Statements that split a number (`u32`) into positions along dims. */
  split(dims: readonly ConvDim[], linear: string, name: string): string[] {
    const words = dims.map((dim) => this.#word(dim));
    return splitPositions({ words }, linear, name);
  }

  /**
   * Statements that store a result, at an index of the output, as it becomes;
   * `names` has the output, and what the epilogue reads and writes. `column` is
   * the name of the positions of its column.
   */
  finish(
    names: readonly string[],
    at: string,
    row: string,
    column: string,
    value: string,
    key: string,
  ): string[] {
    const [b, y, x] = [0, 1, 2].map((d) => `${column}${d}`) as [
      string,
      string,
      string,
    ];
    const positions = [b, "channel_group", row, y, x];
    return this.epilogue!.store(
      { name: names[0]!, at },
      names.slice(1),
      [{ value, positions }],
      key,
      BY_STRIDES,
      "",
    );
  }

  /** Writes the parameters of a call. */
  fill(gpu: Gpu, first: number, call: KernelCall, cut: ConvCut): void {
    const { ints } = gpu.recorder;
    this.#extents.words.forEach((word, d) => {
      ints[first + word] = call.shape[d]!;
    });
    Object.values(this.#operandLayouts).forEach((layout, k) =>
      fillOperandLayout(
        ints,
        first,
        layout,
        call.offsets[k]!,
        call.strides[k]!,
      )
    );
    for (const name of Object.keys(this.#cut) as (keyof ConvCut)[]) {
      ints[first + this.#cut[name]] = cut[name];
    }
    this.epilogue?.fill(gpu, first, call);
  }

  #word(dim: ConvDim): number {
    return this.#extents.words[DIMS.indexOf(dim)]!;
  }
}
