/**
 * `.npz` archives of NumPy, read and written.
 *
 * @module
 */
export {
  readNpz,
  type ReadNpzOptions,
  writeNpz,
  type WriteNpzOptions,
} from "./npz.ts";
