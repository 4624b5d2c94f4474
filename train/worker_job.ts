/**
 * The job of a worker.
 *
 * @module
 */
import { checkCount, showValue } from "@tenfold/core/internal";
import {
  errorOf,
  fromTransferable,
  isMessage,
  parentPort,
  partsOfError,
  type Port,
  toTransferable,
} from "@tenfold/data/internal";
import type { FromWorker, ToWorker } from "./_worker_messages.ts";
import type { Callback } from "./callback.ts";

/**
 * The context of a job.
 *
 * @example A job that trains until it is stopped
 * ```ts
 * import { nn, optim, randn, train } from "@tenfold/tenfold";
 *
 * async function learn(_: null, job: train.JobContext): Promise<void> {
 *   const model = new nn.Linear(2, 1);
 *   const batches = [[randn([8, 2]), randn([8, 1])]];
 *   await train.fit(model, {
 *     loss: nn.functional.mseLoss,
 *     optimizer: new optim.Adam(model.parameters()),
 *     train: batches,
 *     epochs: 10,
 *     callbacks: [job.report],
 *     signal: job.signal,
 *     progress: false,
 *   });
 * }
 * ```
 */
export interface JobContext {
  /** Aborted once the caller asks the job to stop: pass it to `fit`. */
  readonly signal: AbortSignal;
  /**
   * A callback for `fit` that sends an event for each epoch, `{ type: "epoch",
   * record, epochs }`, and at most ten times a second one for a step, `{ type:
   * "step", epoch, epochs, batch, step }`.
   */
  readonly report: Callback;
  /**
   * Sends an event of your own. Tensors in it are read and become tensors again
   * on the other side.
   */
  emit(event: object): Promise<void>;
}

/** Milliseconds between two events for steps. */
const PAUSE = 100;

/**
 * Defines what a worker does that {@linkcode inWorker} begins. It is called in
 * the worker's own module. Outside of a worker it does nothing, so that the
 * module can be imported elsewhere, too.
 *
 * @param job Takes the input of the caller and returns what the caller gets;
 * tensors travel both ways.
 *
 * @example The module of a worker
 * ```ts
 * import { data, nn, optim, train } from "@tenfold/tenfold";
 *
 * train.workerJob(async (input: { epochs: number }, { signal, report }) => {
 *   const { data: x, target } = await data.loadIris();
 *   const dataset = new data.TensorDataset(x, target);
 *   const model = new nn.Linear(4, 3);
 *   await train.fit(model, {
 *     loss: nn.functional.crossEntropy,
 *     optimizer: new optim.Adam(model.parameters()),
 *     train: new data.DataLoader(dataset, { batchSize: 16, shuffle: true }),
 *     epochs: input.epochs,
 *     callbacks: [report],
 *     progress: false,
 *     signal,
 *   });
 *   return model.stateDict();
 * });
 * ```
 */
export function workerJob<Input, Output>(
  job: (input: Input, context: JobContext) => Output | Promise<Output>,
): void {
  checkCount("workerJob", arguments.length, 1);
  if (typeof job !== "function") {
    throw new TypeError(
      `Cannot define a job as it must be a function: got ${showValue(job)}`,
    );
  }
  const controller = new AbortController();
  const port = parentPort((message) => {
    if (!isMessage(message)) return;
    const said = message as ToWorker;
    if (said.tenfold === "abort") controller.abort(errorOf(said.reason));
    else if (said.tenfold === "start") {
      run(job, said.input, port!, controller.signal);
    }
  });
  if (port) say(port, { tenfold: "ready" });
}

function say(port: Port, message: FromWorker, transfer?: ArrayBuffer[]): void {
  port.post(message, transfer);
}

async function run<Input, Output>(
  job: (input: Input, context: JobContext) => Output | Promise<Output>,
  input: unknown,
  port: Port,
  signal: AbortSignal,
): Promise<void> {
  const emit = async (event: object) => {
    const { value, transfer } = await toTransferable(event);
    say(port, { tenfold: "event", event: value }, transfer);
  };
  try {
    const report = reporter(emit);
    const context = { signal, report, emit };
    const output = await job(fromTransferable<Input>(input), context);
    const { value, transfer } = await toTransferable(output);
    say(port, { tenfold: "result", result: value }, transfer);
  } catch (error) {
    say(
      port,
      signal.aborted && error === signal.reason
        ? { tenfold: "aborted" }
        : { tenfold: "error", error: partsOfError(error) },
    );
  }
}

function reporter(emit: (event: object) => Promise<void>): Callback {
  let told = -Infinity;
  return {
    name: "report",
    readsGradients: false,
    stepEnd({ epoch, epochs, batch, step }) {
      const now = performance.now();
      if (now - told < PAUSE) return;
      told = now;
      return emit({ type: "step", epoch, epochs, batch, step });
    },
    epochEnd({ epochs }, record) {
      return emit({ type: "epoch", record, epochs });
    },
  };
}
