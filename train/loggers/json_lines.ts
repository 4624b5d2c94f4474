/**
 * The figures of each epoch as lines of JSON.
 *
 * @module
 */
import { checkCount } from "@tenfold/core/internal";
import type { Callback } from "../callback.ts";
import { epochsFile } from "./_epochs_file.ts";

/**
 * A callback that writes a file of JSON lines: an object for each epoch, as
 * `history.epochs` has it. A figure that is not finite is `null`, as JSON has no
 * other numbers. The file is whole after each epoch, also where training was
 * resumed.
 *
 * @param path A path or a `file:` URL; an older file is replaced after the
 * first epoch.
 * @throws {FileError} In `fit`, if the file cannot be written.
 *
 * @example A line for each epoch
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data, nn, optim, tensor, train } from "@tenfold/tenfold";
 *
 * const model = new nn.Linear(1, 1);
 * await train.fit(model, {
 *   loss: nn.functional.mseLoss,
 *   optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
 *   train: [[tensor([[1]]), tensor([[2]])]],
 *   epochs: 2,
 *   callbacks: [train.loggers.jsonLines("out/epochs.jsonl")],
 *   progress: false,
 * });
 * const bytes = await data.readBytes("out/epochs.jsonl");
 * const lines = new TextDecoder().decode(bytes).trim().split("\n");
 * assertEquals(lines.map((line) => JSON.parse(line).epoch), [1, 2]);
 * ```
 */
export function jsonLines(path: string | URL): Callback {
  checkCount("jsonLines", arguments.length, 1);
  return epochsFile(
    "jsonLines",
    path,
    (epochs) => epochs.map((record) => `${JSON.stringify(record)}\n`).join(""),
  );
}
