/**
 * Checkpoints of training.
 *
 * @module
 */
import { parseArguments, parseOptions, tidyNow } from "@tenfold/core/internal";
import { type PageFile, readBytes, writeFileAtomic } from "@tenfold/data";
import { isPageFile } from "@tenfold/data/internal";
import * as z from "./_zod.ts";
import {
  decodeCheckpoint,
  encodeCheckpoint,
  nonFiniteTensors,
  readIfThere,
} from "./_checkpoint_file.ts";
import { beside, removeFile, stepsBeside } from "./_folder.ts";
import { defaultMode, defaultMonitor, gainOver } from "./_monitor.ts";
import { flag, positiveInt, text } from "./_options.ts";
import type { Callback, Run } from "./callback.ts";
import { isSharded } from "./distributing.ts";
import { anyNumber, figureOf } from "./history.ts";

/**
 * Options of {@linkcode checkpoint}.
 *
 * @example Every hundred steps, and the best epoch
 * ```ts
 * import { train } from "@tenfold/tenfold";
 *
 * const options: train.CheckpointOptions = {
 *   everySteps: 100,
 *   best: true,
 *   resume: true,
 * };
 * const callback = train.checkpoint("out/run.safetensors", options);
 * ```
 */
export interface CheckpointOptions {
  /**
   * Number of epochs between checkpoints; the last epoch is always saved.
   *
   * @default {1}
   */
  everyEpochs?: number;
  /** Number of steps between checkpoints within epochs. */
  everySteps?: number;
  /**
   * Number of checkpoints to keep: the last one under the path, those before it
   * beside it, such as `run-step120.safetensors`.
   *
   * @default {1}
   */
  keepLast?: number;
  /**
   * Whether to keep the state of the best epoch too, beside the path, such as
   * `run-best.safetensors`: by the loss of the validation (of training where
   * there is none), or by the given metric.
   *
   * @default {false}
   */
  best?: boolean | BestOptions;
  /**
   * Whether to resume from the file, where there is one.
   *
   * @default {false}
   */
  resume?: boolean;
}

/**
 * Which epoch is the best one for {@linkcode checkpoint}.
 *
 * @example The epoch of the highest accuracy
 * ```ts
 * import { train } from "@tenfold/tenfold";
 *
 * const best: train.BestOptions = { monitor: "validation.accuracy" };
 * const callback = train.checkpoint("out/run.safetensors", { best });
 * ```
 */
export interface BestOptions {
  /**
   * The metric to monitor, such as `"validation.accuracy"`.
   *
   * @default {"validation.loss", or "train.loss" without validation}
   */
  monitor?: string;
  /**
   * Whether smaller or larger values are better.
   *
   * @default {"max" for the metrics of this package, "min" for anything else}
   */
  mode?: "min" | "max";
}

const bestSchema = z.strictObject({
  monitor: z.optional(text),
  mode: z.optional(z.enum(["min", "max"], 'must be "min" or "max"')),
});

const optionsSchema = z.strictObject({
  everyEpochs: z._default(positiveInt, 1),
  everySteps: z.optional(positiveInt),
  keepLast: z._default(positiveInt, 1),
  best: z.optional(z.unknown()),
  resume: z._default(flag, false),
});

const savedState = z.strictObject({ best: anyNumber });

/**
 * Saves the whole state of training: the model, the optimizer, the schedule, the
 * scaler of mixed precision, the random state, the position in the data, the history, and the state of other
 * callbacks. A resumed run reaches the same parameters, bit for bit, as one that
 * was not interrupted; the options of its optimizer, the learning rate included,
 * are those that were saved.
 *
 * The file is written under another name, flushed and renamed: whenever the
 * program stops, a whole checkpoint is there, the first one before the first
 * epoch. A state whose parameters are NaN or infinite is not saved: the file
 * keeps the last one that is finite, and this is said once. It is a safetensors
 * file, in which the parameters are named `model.` and their own names.
 *
 * Where several ranks train together, rank 0 alone reads and writes the file, and
 * a run goes on from it on any number of ranks.
 *
 * In a page, where there are no paths, the file is a `FileSystemFileHandle`,
 * which a worker takes as a part of its input; `keepLast` and `best`, which
 * write further files beside it, need a path.
 *
 * @param path Where to save: a path, a `file:` URL or a `FileSystemFileHandle`.
 * @param options `everyEpochs`, `everySteps`, `keepLast`, `best` and `resume`.
 * @returns The callback for `fit`.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 * @throws {RangeError} If an option has a wrong value.
 *
 * @example Train for two epochs, later for two more
 * ```ts
 * import { data, manualSeed, nn, optim, train } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const iris = await data.loadIris();
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
  path: string | URL | PageFile,
  options: CheckpointOptions = {},
): Callback {
  const { everyEpochs, everySteps, keepLast, best, resume } = parseArguments(
    optionsSchema,
    { path },
    options,
    arguments,
    "save checkpoints",
  );
  const watched = watchedFor(best);
  const place = isPageFile(path) ? path.name : String(path);
  if (isPageFile(path) && (keepLast > 1 || watched !== null)) {
    throw new RangeError(
      `Cannot save checkpoints to the file handle ${place} with ${
        watched === null ? `keepLast ${keepLast}` : "best"
      } as no file can be written beside it: pass a path or leave the option out`,
    );
  }
  /** The path of a file beside the checkpoint. */
  const next = (suffix: string) => beside(path as string | URL, suffix);
  let record = NaN;
  let last: number | undefined;
  let earlier: number[] = [];
  let told = false;
  /** What was not finite from the beginning, such as a mask of infinities. */
  let exempt = new Set<string>();

  /** Whether a state can be gone on from; says so once where it cannot. */
  function isFinite(run: Run, bytes: Uint8Array): boolean {
    const odd = nonFiniteTensors(bytes).find((name) => !exempt.has(name));
    if (odd === undefined) return true;
    if (!told) {
      run.note(
        `The checkpoint ${place} ${
          last === undefined
            ? "is not written"
            : `stays as it was after step ${last}`
        } as ${
          odd.replace(/^model\./, "")
        } is not finite after step ${run.step}`,
      );
    }
    told = true;
    return false;
  }

  /** Writes the newest state, those before it going beside it. */
  async function write(run: Run, bytes: Uint8Array): Promise<void> {
    const { step } = run;
    if (keepLast > 1 && last !== undefined && last !== step) {
      const before = await readBytes(path);
      await writeFileAtomic(next(`-step${last}`), before);
      earlier = [...earlier.filter((other) => other !== last), last];
    }
    await writeFileAtomic(path, bytes);
    last = step;
    while (earlier.length >= keepLast) {
      await removeFile(next(`-step${earlier.shift()}`));
    }
  }

  /** Whether this rank writes, where there are several. */
  const isFirst = ({ replica }: Run): boolean => (replica?.rank ?? 0) === 0;

  /** The state as bytes on rank 0; all ranks have to ask. */
  async function encoded(run: Run): Promise<Uint8Array | null> {
    if (isSharded(run.optimizer)) await run.optimizer.consolidate();
    if (isFirst(run)) return await encodeCheckpoint(() => run.stateDict());
    tidyNow(() => void run.stateDict());
    return null;
  }

  /** The bytes of the file, which rank 0 reads. */
  async function read(run: Run): Promise<Uint8Array | null> {
    const bytes = isFirst(run) ? await readIfThere(path) : null;
    return run.replica === undefined ? bytes : run.replica.share(bytes);
  }

  /** Whether the epoch that is over is the best so far. */
  function isBest(run: Run): boolean {
    const epoch = run.history.last;
    if (watched === null || epoch === undefined) return false;
    const monitor = watched.monitor ?? defaultMonitor(run);
    const figure = figureOf(epoch, monitor);
    const gain = gainOver(record, figure, watched.mode ?? defaultMode(monitor));
    const better = gain > 0 || (Number.isNaN(record) && !Number.isNaN(figure));
    if (better) record = figure;
    return better;
  }

  const callback: Callback = {
    name: "checkpoint",
    readsGradients: false,
    start() {
      // A callback that serves a second run begins anew.
      [record, last, earlier, told] = [NaN, undefined, [], false];
    },
    async resume(run) {
      const bytes = await read(run);
      if (bytes === null || !resume) {
        const first = await encoded(run);
        if (first === null) return;
        exempt = new Set(nonFiniteTensors(first));
        // A file that cannot be written shows now, not after the first epoch.
        if (bytes === null) await write(run, first);
        return;
      }
      if (isSharded(run.optimizer)) await run.optimizer.consolidate();
      tidyNow(() => {
        const device = run.model.parameters()[0]?.device;
        run.loadStateDict(decodeCheckpoint(bytes, place, device));
      });
      exempt = new Set(nonFiniteTensors(bytes));
      last = run.step;
      if (keepLast > 1 && isFirst(run)) {
        earlier = (await stepsBeside(path as string | URL)).filter((step) =>
          step < run.step
        )
          .sort((a, b) => a - b);
      }
    },
    async save(run, at) {
      const due = at === "epoch"
        ? run.epoch % everyEpochs === 0 || isLast(run)
        : everySteps !== undefined && run.step % everySteps === 0;
      const before = record;
      const improved = at === "epoch" && isBest(run);
      if (!due && !improved) return;
      const bytes = await encoded(run);
      const own = bytes === null || isFinite(run, bytes);
      const [finite] = run.replica?.exchange(own) ?? [own];
      if (!finite) {
        record = before;
        return;
      }
      if (bytes === null) {
        last = run.step;
        return;
      }
      if (due) await write(run, bytes);
      if (improved) await writeFileAtomic(next("-best"), bytes);
    },
    lastSave() {
      return last === undefined ? undefined : { path: place, step: last };
    },
  };
  if (watched === null) return callback;
  return {
    ...callback,
    stateDict: () => ({ best: record }),
    loadStateDict(state) {
      const { data } = savedState.safeParse(state);
      if (data === undefined) {
        throw new TypeError(
          "Cannot save checkpoints as what was remembered of the best epoch is damaged",
        );
      }
      record = data.best;
    },
  };
}

/** What makes an epoch the best one, or null where that is not asked. */
function watchedFor(best: unknown): z.output<typeof bestSchema> | null {
  const operation = "save checkpoints";
  if (typeof best === "object" && best !== null) {
    return parseOptions(z.object({ best: bestSchema }), { best }, operation)
      .best;
  }
  const schema = z.object({ best: z._default(flag, false) });
  return parseOptions(schema, { best }, operation).best ? {} : null;
}

function isLast(run: Run): boolean {
  return run.stopped || run.epoch >= run.epochs;
}
