/**
 * What a layer knows and nobody else is to see: a field that is found neither by
 * traversal nor by `Object.keys`. Fields with `#` could not be copied.
 *
 * @module
 */

/** The name of the field. */
export const INNER: unique symbol = Symbol("inner");
