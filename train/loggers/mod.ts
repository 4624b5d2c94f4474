/**
 * Callbacks that write the figures of training to files: `csv`, `jsonLines` and
 * `tensorboard`.
 *
 * @module
 */
export { csv } from "./csv.ts";
export { jsonLines } from "./json_lines.ts";
export {
  loadTensorboard,
  tensorboard,
  type TensorboardOptions,
} from "./tensorboard.ts";
export type { TensorboardWriter } from "./tensorboard_writer.ts";
