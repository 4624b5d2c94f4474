/**
 * Loops of shape `[...rows, n]`, in which routines work unless they have loops
 * of their own: their parameters, and how WGSL finds the elements of a row.
 *
 * @module
 */
import type { KernelCall } from "@tenfold/core/backend";
import type { Memory } from "../device/buffer.ts";
import type { Gpu } from "../device/gpu.ts";
import type { Block } from "../device/memory.ts";
import { int, Params, uint } from "../wgsl/params.ts";
import { splitPositions } from "./loop.ts";

interface RowOperand {
  readonly offset: number;
  readonly strides: readonly number[];
}

/** The parameters of a loop over rows. */
export class RowLayout {
  /** Allocates further words. */
  readonly params: Params = new Params();
  readonly #rank: number;
  readonly #rows: number;
  readonly #extents: readonly number[];
  readonly #operands: readonly RowOperand[];

  /** Lays out a loop of `rank` dims with `operands` buffers. */
  constructor(rank: number, operands: number) {
    const { params } = this;
    this.#rank = rank;
    this.#rows = params.take();
    this.#extents = Array.from({ length: rank }, () => params.take());
    this.#operands = Array.from({ length: operands }, () => ({
      offset: params.take(),
      strides: Array.from({ length: rank }, () => params.take()),
    }));
  }

  /** The number of rows, a `u32` in WGSL. */
  get rows(): string {
    return uint(this.#rows);
  }

  /** The length of a row, an `i32` in WGSL. */
  get n(): string {
    return int(this.#extents[this.#rank - 1]!);
  }

  /**
   * Statements that find row number `row` (a `u32`) in the operands that are
   * numbered: `at0`, `at1`, … are where it begins in each.
   */
  begin(row: string, operands?: readonly number[]): string[] {
    const dims = this.#rank - 1;
    const rowExtents = { words: this.#extents.slice(0, dims) };
    return [
      ...splitPositions(rowExtents, row, "p"),
      ...(operands ?? [...this.#operands.keys()]).map((k) => {
        const { offset, strides } = this.#operands[k]!;
        const terms = strides.slice(0, dims).map((word, d) =>
          `p${d} * ${int(word)}`
        );
        return `let at${k} = ${[int(offset), ...terms].join(" + ")};`;
      }),
    ];
  }

  /** The index of element `j` (an `i32`) of the row in operand `k`. */
  at(k: number, j: string): string {
    return `at${k} + ${j} * ${this.stride(k)}`;
  }

  /** The stride along a row, an `i32` in WGSL. */
  stride(k: number): string {
    return int(this.#operands[k]!.strides[this.#rank - 1]!);
  }

  /** Writes the parameters of a call. */
  fill(gpu: Gpu, first: number, call: KernelCall): void {
    const { ints } = gpu.recorder;
    ints[first + this.#rows] = rowsOf(call);
    this.#extents.forEach((word, d) => ints[first + word] = call.shape[d]!);
    this.#operands.forEach(({ offset, strides }, k) => {
      ints[first + offset] = call.offsets[k]!;
      strides.forEach((word, d) => {
        ints[first + word] = call.strides[k]![d]!;
      });
    });
  }
}

/** The number of rows of a call. */
export function rowsOf(call: KernelCall): number {
  let rows = 1;
  for (let d = 0; d < call.shape.length - 1; d++) rows *= call.shape[d]!;
  return rows;
}

/** The length of the rows of a call. */
export function lengthOf(call: KernelCall): number {
  return call.shape[call.shape.length - 1]!;
}

/** The blocks of a call. */
export function blocksOf(call: KernelCall): Block[] {
  return call.buffers.map((buffer) => (buffer as Memory).block);
}

/**
 * Whether the rows of an output and an input lie so that four elements can be
 * read and written at once.
 */
export function readsFour(call: KernelCall): boolean {
  const last = call.shape.length - 1;
  return call.shape[last]! % 4 === 0 && call.buffers[0] !== call.buffers[1] &&
    [0, 1].every((i) =>
      call.offsets[i]! % 4 === 0 &&
      call.strides[i]!.every((stride, d) =>
        d === last ? stride === 1 : stride % 4 === 0
      )
    );
}

/** The strides of a dense tensor of this shape. */
export function denseStrides(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides.unshift(stride);
    stride *= shape[d]!;
  }
  return strides;
}

/** The largest power of two that is not above `x`. */
export function powerOfTwoBelow(x: number): number {
  return 2 ** Math.floor(Math.log2(x));
}

/** The smallest power of two that is not below `x`. */
export function powerOfTwoAbove(x: number): number {
  return 2 ** Math.ceil(Math.log2(x));
}
