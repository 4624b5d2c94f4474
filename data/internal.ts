/**
 * What the packages of Tenfold share of this one. Not for programs: names
 * change here without notice.
 *
 * @module
 */
export { elementsOf } from "./_bytes.ts";
export { besidePath } from "./_fs.ts";
export { isPageFile } from "./_page_file.ts";
export { countUp, permutation, STREAM } from "./_permutation.ts";
export { SMALL_FLOATS, smallFloatTable } from "./_small_float.ts";
export { startTimeout } from "./_start_timeout.ts";
export { deviceOption } from "./_to_tensor.ts";
export {
  fromTransferable,
  toTransferable,
  type Transferable,
} from "./_transferable.ts";
export {
  openWorker,
  parentPort,
  type Port,
  type WebWorker,
  type WorkerPort,
} from "./_worker_edge.ts";
export {
  errorOf,
  type ErrorParts,
  isMessage,
  partsOfError,
} from "./_worker_messages.ts";
