/**
 * What lies where at the beginning of the memory. It stands apart from the
 * engine for modules that are loaded when they are used.
 *
 * @module
 */

/** The address of a few zeros that nothing ever overwrites. */
export const ZEROS = 0;
const ZERO_BYTES = 64;
/** The address of the status of kernels: a flag and a number. */
export const STATUS: number = ZEROS + ZERO_BYTES;
/** The address of the arguments of kernels, behind the words of threads. */
export const ARGUMENTS = 4096;
/** The first byte that the allocator may give away. */
export const HEAP = 32768;
/** Bytes that arguments have room for: 40 operands of 100 dims, and more. */
export const ARGUMENT_BYTES: number = HEAP - ARGUMENTS;
