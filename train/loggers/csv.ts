/**
 * The figures of each epoch as a table of comma-separated values.
 *
 * @module
 */
import { checkCount } from "@tenfold/core/internal";
import type { Callback } from "../callback.ts";
import type { EpochRecord } from "../history.ts";
import { epochsFile } from "./_epochs_file.ts";

/**
 * A callback that writes a CSV file: a header, and a row for each epoch with
 * `epoch`, `step`, `learningRate`, `seconds` and the figures of training and
 * validation, such as `validation.accuracy`. A figure that an epoch does not
 * have is an empty field. The file is whole after each epoch, also where
 * training was resumed.
 *
 * @param path A path or a `file:` URL; an older file is replaced after the
 * first epoch.
 * @throws {FileError} In `fit`, if the file cannot be written.
 *
 * @example A table of three epochs
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data, nn, optim, tensor, train } from "@tenfold/tenfold";
 *
 * const model = new nn.Linear(1, 1);
 * await train.fit(model, {
 *   loss: nn.functional.mseLoss,
 *   optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
 *   train: [[tensor([[1]]), tensor([[2]])]],
 *   epochs: 3,
 *   callbacks: [train.loggers.csv("out/epochs.csv")],
 *   progress: false,
 * });
 * const table = await data.readCsv("out/epochs.csv");
 * assertEquals(table.columns.slice(0, 2), ["epoch", "step"]);
 * assertEquals(table.length, 3);
 * ```
 */
export function csv(path: string | URL): Callback {
  checkCount("csv", arguments.length, 1);
  return epochsFile("csv", path, toCsv);
}

function toCsv(epochs: readonly EpochRecord[]): string {
  const rows = epochs.map(flat);
  const columns = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  const lines = rows.map((row) => columns.map((name) => row.get(name) ?? ""));
  return [columns.map(quoted), ...lines].map((line) => `${line.join(",")}\n`)
    .join("");
}

/** The numbers of an epoch under their names in the table. */
function flat(record: EpochRecord): Map<string, number> {
  const { train, validation, ...own } = record;
  return new Map<string, number>([
    ...Object.entries(own),
    ...Object.entries(train).map(([name, figure]) =>
      [`train.${name}`, figure] as const
    ),
    ...Object.entries(validation ?? {}).map(([name, figure]) =>
      [`validation.${name}`, figure] as const
    ),
  ]);
}

/** A name of a metric may hold anything. */
function quoted(name: string): string {
  return /[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}
