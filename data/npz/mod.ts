/**
 * Reads and writes `.npz` archives of NumPy.
 *
 * @module
 */
export {
  readNpz,
  type ReadNpzOptions,
  writeNpz,
  type WriteNpzOptions,
} from "./npz.ts";
