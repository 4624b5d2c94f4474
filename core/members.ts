/**
 * Names of the members of a tensor that only the library reaches: symbols,
 * which only who imports this file can write.
 *
 * @module
 */

/** The memory and the view of it, if it was not released. */
export const VALUE: unique symbol = Symbol("value");
/** The place on the tape. */
export const EDGE: unique symbol = Symbol("edge");
/** The scope that releases it, if any. */
export const OWNER: unique symbol = Symbol("owner");
/** Replaces `.grad` and takes the gradient over. */
export const ADOPT_GRAD: unique symbol = Symbol("adoptGrad");
/** Moves a leaf to another device. */
export const ADOPT_VALUE: unique symbol = Symbol("adoptValue");
/** Makes a tensor of host data on the same device. */
export const UPLOAD_LIKE: unique symbol = Symbol("uploadLike");
/** Applies a primitive with the tensor as its first input. */
export const APPLY: unique symbol = Symbol("apply");
