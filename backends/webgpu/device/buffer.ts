/**
 * The buffers that core receives: a block of device memory and a dtype.
 *
 * @module
 */
import type { Block } from "./memory.ts";
import type { GpuDType } from "../wgsl/dtype.ts";

/**
 * Memory of one tensor. Every element takes four bytes, a bool too; a float16
 * takes two where the device has it.
 */
export interface Memory {
  /** The block of device memory. */
  readonly block: Block;
  /** The dtype of its elements. */
  readonly dtype: GpuDType;
  /** The number of its elements. The block may be larger. */
  readonly size: number;
}
