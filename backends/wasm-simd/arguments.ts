/**
 * The layout of the arguments of a call: words at the start of the memory, the
 * same for every kind of kernel.
 *
 * @module
 */

import type { DType } from "@tenfold/core";
import {
  castNumber,
  DTYPES,
  type Expr,
  type KernelCall,
  topological,
} from "@tenfold/core/backend";
import type { Block } from "./allocator.ts";
import { type Code, type FunctionBuilder, i32 } from "./assembler.ts";
import { ARGUMENT_BYTES } from "./addresses.ts";
import type { LinearMemory } from "./memory.ts";
import { loadSplat, type Quad } from "./values.ts";

/** A run-time scalar under one of the dtypes that it is used as. */
interface ScalarSlot {
  readonly index: number;
  readonly dtype: DType;
  /** The offset in bytes. */
  readonly offset: number;
}

/** The byte of each argument, counted from the first. */
export class ArgumentLayout {
  /** The dtype of each buffer. */
  readonly dtypes: readonly DType[];
  /** The number of loop dims. */
  readonly rank: number;
  /** The bytes that arguments take. */
  readonly bytes: number;
  readonly #bytes: readonly number[];
  readonly #scalars: readonly ScalarSlot[];

  /**
   * Lays the arguments out.
   *
   * @param dtypes The dtype of each buffer.
   * @param rank The number of loop dims.
   * @param exprs Expressions with the run-time scalars.
   * @throws {RangeError} If they take more bytes than are reserved.
   */
  constructor(dtypes: readonly DType[], rank: number, exprs: readonly Expr[]) {
    this.dtypes = dtypes;
    this.#bytes = dtypes.map((dtype) => DTYPES[dtype].bytes);
    this.rank = rank;
    const words = dtypes.length * (1 + rank) + rank;
    const scalars: ScalarSlot[] = [];
    for (const node of topological(exprs)) {
      if (node.kind !== "scalar") continue;
      const { index, dtype } = node;
      if (scalars.some((s) => s.index === index && s.dtype === dtype)) continue;
      const offset = 8 * (Math.ceil(words / 2) + scalars.length);
      scalars.push({ index, dtype, offset });
    }
    this.#scalars = scalars;
    this.bytes = 8 * (Math.ceil(words / 2) + scalars.length);
    if (this.bytes > ARGUMENT_BYTES) {
      throw new RangeError(
        `Cannot prepare a kernel of ${dtypes.length} operands, ${rank} dims and ${scalars.length} scalars on wasm-simd as they take more than ${ARGUMENT_BYTES} bytes: divide it into several`,
      );
    }
  }

  /** The byte, from the first, of the address of a buffer's view. */
  pointerByte(buffer: number): number {
    return 4 * buffer;
  }

  /** The byte of the extent of a loop dim. */
  extentByte(dim: number): number {
    return 4 * (this.dtypes.length + dim);
  }

  /** The byte of a stride. */
  strideByte(buffer: number, dim: number): number {
    return 4 * (this.dtypes.length + this.rank * (1 + buffer) + dim);
  }

  /** The byte of a run-time scalar. */
  scalarByte(index: number, dtype: DType): number {
    return this.#scalars.find((s) => s.index === index && s.dtype === dtype)!
      .offset;
  }

  /** Code that reads the word at a byte of the arguments. */
  word(args: Code<"i32">, byte: number): Code<"i32"> {
    return i32.load(args, byte);
  }

  /** Code that reads the address of a buffer's view. */
  pointer(args: Code<"i32">, buffer: number): Code<"i32"> {
    return this.word(args, this.pointerByte(buffer));
  }

  /** Code that reads the extent of a loop dim. */
  extent(args: Code<"i32">, dim: number): Code<"i32"> {
    return this.word(args, this.extentByte(dim));
  }

  /** Code that reads a stride in bytes. */
  stride(args: Code<"i32">, buffer: number, dim: number): Code<"i32"> {
    return this.word(args, this.strideByte(buffer, dim));
  }

  /** A run-time scalar in every lane, read once. */
  scalar(
    f: FunctionBuilder,
    args: Code<"i32">,
    index: number,
    dtype: DType,
  ): Quad {
    const address = i32.add(args, i32.const(this.scalarByte(index, dtype)));
    return loadSplat(f, dtype, address, true);
  }

  /** Code that reads a run-time scalar that is an int32. */
  integer(args: Code<"i32">, index: number): Code<"i32"> {
    return this.word(args, this.scalarByte(index, "int32"));
  }

  /**
   * Writes the arguments of a call.
   *
   * @param memory The memory that holds them.
   * @param call The call.
   * @param flat Whether the kernel reads neither extents nor strides, or they
   * are there already.
   * @param to The address of the first, a multiple of 8.
   * @param scalars The run-time scalars; those of the call unless given.
   */
  write(
    memory: LinearMemory,
    call: KernelCall,
    flat: boolean,
    to: number,
    scalars: readonly number[] = call.scalars,
  ): void {
    const words = memory.i32;
    const start = to >>> 2;
    const { buffers, offsets } = call;
    const bytes = this.#bytes;
    const count = bytes.length;
    for (let i = 0; i < count; i++) {
      words[start + i] = (buffers[i] as Block).pointer +
        offsets[i]! * bytes[i]!;
    }
    if (!flat) {
      const { shape, strides } = call;
      const { rank } = this;
      let at = start + count;
      for (let d = 0; d < rank; d++) words[at++] = shape[d]!;
      for (let i = 0; i < count; i++) {
        const of = strides[i]!;
        for (let d = 0; d < rank; d++) words[at++] = of[d]! * bytes[i]!;
      }
    }
    for (const { index, dtype, offset } of this.#scalars) {
      const value = scalars[index]!;
      switch (dtype) {
        case "float32":
          memory.f32[start + (offset >> 2)] = value;
          break;
        case "int32":
          words[start + (offset >> 2)] = castNumber(dtype, value);
          break;
        case "bool":
          words[start + (offset >> 2)] = value === 0 ? 0 : -1;
          break;
        case "float64":
          memory.f64[(to + offset) >>> 3] = value;
          break;
      }
    }
  }
}
