/**
 * Saving training as it goes on, and going on from there.
 *
 * @module
 */
import { parseArguments, scope } from "@tenfold/core";
import * as z from "zod";
import {
  decodeCheckpoint,
  readIfThere,
  writeCheckpoint,
} from "./_checkpoint_file.ts";
import { flag, positiveInt } from "./_options.ts";
import type { Callback, Run } from "./callback.ts";

/** Options of {@linkcode checkpoint}. */
export interface CheckpointOptions {
  /**
   * After how many epochs to save; the last epoch is saved in any case.
   *
   * @default {1}
   */
  everyEpochs?: number;
  /** After how many steps to save as well, within epochs. */
  everySteps?: number;
  /**
   * Whether to go on from the file where there is one.
   *
   * @default {false}
   */
  resume?: boolean;
}

const optionsSchema = z.strictObject({
  everyEpochs: positiveInt.default(1),
  everySteps: positiveInt.optional(),
  resume: flag.default(false),
});

/**
 * Saves all that the rest of training depends on: the model, the optimizer, the
 * schedule, the state of the random numbers, the place in the order of the
 * data, the history, and what other callbacks remember. A run that resumes
 * comes to the very same parameters as one that was never interrupted; the
 * options of its optimizer, the learning rate too, are those that were saved.
 *
 * The file is written under another name, flushed and renamed: whenever the
 * program stops, a whole checkpoint is there, the first one before the first
 * epoch. It is a safetensors file, in
 * which the parameters are named `model.` and their own names.
 *
 * @param path Where to save: a path or a `file:` URL.
 * @param options How often to save, and whether to resume.
 * @returns The callback for `fit`.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 * @throws {RangeError} If an option has a wrong value.
 *
 * @example Train for two epochs, later for two more
 * ```ts
 * import { data, manualSeed, nn, optim, train } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const iris = data.loadIris();
 * const dataset = new data.TensorDataset(iris.data, iris.target);
 * const folder = await Deno.makeTempDir();
 * async function run(epochs: number) {
 *   manualSeed(0);
 *   const model = new nn.Linear(4, 3);
 *   return await train.fit(model, {
 *     loss: nn.functional.crossEntropy,
 *     optimizer: new optim.Adam(model.parameters()),
 *     train: new data.DataLoader(dataset, { batchSize: 50, shuffle: true }),
 *     epochs,
 *     callbacks: [
 *       train.checkpoint(`${folder}/run.safetensors`, { resume: true }),
 *     ],
 *     progress: false,
 *   });
 * }
 * assertEquals((await run(2)).epochs.length, 2);
 * assertEquals((await run(4)).epochs.length, 4);
 * ```
 */
export function checkpoint(
  path: string | URL,
  options: CheckpointOptions = {},
): Callback {
  const { everyEpochs, everySteps, resume } = parseArguments(
    optionsSchema,
    { path },
    options,
    arguments,
    "save checkpoints",
  );
  return {
    name: "checkpoint",
    async resume(run) {
      const bytes = await readIfThere(path);
      // A file that cannot be written shows now, not after the first epoch.
      if (bytes === null) await writeCheckpoint(path, () => run.stateDict());
      if (bytes === null || !resume) return;
      using _ = scope();
      const device = run.model.parameters()[0]?.device;
      run.loadStateDict(decodeCheckpoint(bytes, path, device));
    },
    async save(run, at) {
      const due = at === "epoch"
        ? run.epoch % everyEpochs === 0 || isLast(run)
        : everySteps !== undefined && run.step % everySteps === 0;
      if (due) await writeCheckpoint(path, () => run.stateDict());
    },
  };
}

function isLast(run: Run): boolean {
  return run.stopped || run.epoch >= run.epochs;
}
