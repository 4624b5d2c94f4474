/**
 * The figures of training as event files of TensorBoard.
 *
 * @module
 */
import { parseArguments } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { flag } from "../_options.ts";
import type { Callback, Run } from "../callback.ts";
import type { TensorboardWriter } from "./tensorboard_writer.ts";

/**
 * Options of {@linkcode tensorboard}.
 *
 * @example Histograms of all weights
 * ```ts
 * import { train } from "@tenfold/tenfold";
 *
 * const options: train.loggers.TensorboardOptions = { histograms: true };
 * const callback = train.loggers.tensorboard("out/runs/first", options);
 * ```
 */
export interface TensorboardOptions {
  /**
   * Whether to write histograms of every parameter and its gradient after each
   * epoch, which reads them all.
   *
   * @default {false}
   */
  histograms?: boolean;
}

const optionsSchema = z.strictObject({ histograms: z._default(flag, false) });

/**
 * The writer behind {@linkcode tensorboard}, to write what else is of interest,
 * such as images. It is loaded when it is asked for.
 *
 * @returns The module with the class `TensorboardWriter`.
 *
 * @example A figure of one's own
 * ```ts
 * import { train } from "@tenfold/tenfold";
 *
 * const { TensorboardWriter } = await train.loggers.loadTensorboard();
 * const writer = new TensorboardWriter(await Deno.makeTempDir());
 * await writer.scalar("temperature", 0.8, 1);
 * ```
 */
export function loadTensorboard(): Promise<
  { readonly TensorboardWriter: typeof TensorboardWriter }
> {
  return import("./tensorboard_writer.ts");
}

/**
 * A callback that writes an event file of TensorBoard: the graph of the model's
 * modules, and after each epoch `loss/train`, `loss/validation`, the same of
 * each metric, and `learningRate`, over the steps. See it with `tensorboard
 * --logdir` and the folder, or the folder above several runs.
 *
 * @param folder The folder of the run, a path or a `file:` URL.
 * @param options What else to write.
 * @throws {FileError} In `fit`, if the file cannot be written.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 *
 * @example With histograms
 * ```ts
 * import { nn, optim, tensor, train } from "@tenfold/tenfold";
 *
 * const model = new nn.Linear(1, 1);
 * await train.fit(model, {
 *   loss: nn.functional.mseLoss,
 *   optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
 *   train: [[tensor([[1]]), tensor([[2]])]],
 *   epochs: 3,
 *   callbacks: [train.loggers.tensorboard("out/runs/a", { histograms: true })],
 *   progress: false,
 * });
 * ```
 */
export function tensorboard(
  folder: string | URL,
  options: TensorboardOptions = {},
): Callback {
  const { histograms } = parseArguments(
    optionsSchema,
    { folder },
    options,
    arguments,
    "log for TensorBoard",
  );
  let writer: TensorboardWriter | undefined;
  return {
    name: `tensorboard ${folder}`,
    firstRankOnly: true,
    readsGradients: histograms,
    async start(run) {
      const { TensorboardWriter } = await loadTensorboard();
      writer = new TensorboardWriter(folder);
      await writer.graph(run.model);
    },
    async epochEnd(run, record) {
      const figures: Record<string, number> = {
        learningRate: record.learningRate,
      };
      for (const part of ["train", "validation"] as const) {
        for (const [name, figure] of Object.entries(record[part] ?? {})) {
          figures[`${name}/${part}`] = figure;
        }
      }
      await writer!.scalars(figures, record.step);
      if (histograms) await writeHistograms(writer!, run, record.step);
    },
  };
}

async function writeHistograms(
  writer: TensorboardWriter,
  run: Run,
  step: number,
): Promise<void> {
  for (const [name, parameter] of run.model.namedParameters()) {
    await writer.histogram(`parameters/${name}`, parameter, step);
    const { grad } = parameter;
    if (grad) await writer.histogram(`gradients/${name}`, grad, step);
  }
}
