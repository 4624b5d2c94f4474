/**
 * The fields of the options that methods of tensors take.
 *
 * @module
 */
import {
  flag,
  list,
  number,
  object,
  operand,
  type PlainFields,
} from "./plain_options.ts";

/** Those of reductions. */
export const KEEP_DIM: PlainFields = { keepDim: flag };
/** Those of `max` and `min`. */
export const EXTREMES: PlainFields = { keepDim: flag, indices: flag };
/** Those of `add`, `sub` and their changes in place. */
export const ALPHA: PlainFields = { alpha: number };
/** Those of `variance` and `std`. */
export const UNBIASED: PlainFields = { unbiased: flag, keepDim: flag };
/** Those of `norm`. */
export const NORM: PlainFields = { p: number, keepDim: flag };
/** Those of `sort` and `argsort`. */
export const SORT: PlainFields = { descending: flag };
/** Those of `topk`. */
export const TOPK: PlainFields = { largest: flag };
/** Those of `pad`. */
export const PAD: PlainFields = { value: number };
/** Those of `matmul`. */
export const MATMUL: PlainFields = { bias: object };
/** Those of `clamp`. */
export const BOUNDS: PlainFields = { min: operand, max: operand };
/** Those of `backward`. */
export const BACKWARD: PlainFields = { retainGraph: flag, createGraph: flag };
/** Those of `grad`. */
export const GRAD: PlainFields = { ...BACKWARD, gradOutputs: list };
