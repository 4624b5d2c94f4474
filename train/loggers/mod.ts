/**
 * Callbacks that write the figures of training to files: `csv`, `jsonLines` and
 * `tensorboard`.
 *
 * @example A line of CSV for each epoch
 * ```ts
 * import { train } from "@tenfold/tenfold";
 *
 * const path = `${await Deno.makeTempDir()}/run.csv`;
 * const callback: train.Callback = train.loggers.csv(path);
 * ```
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
