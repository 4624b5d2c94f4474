/** The jobs of the tests of `inWorker`, by name. */
import "../../_testing.ts";
import { DataLoader, TensorDataset } from "@tenfold/data";
import type { Tensor } from "@tenfold/core";
import * as nn from "@tenfold/nn";
import * as optim from "@tenfold/optim";
import { checkpoint } from "../../checkpoint.ts";
import { fit } from "../../fit.ts";
import { workerJob } from "../../worker_job.ts";

interface Input {
  readonly job: "fit" | "fail" | "hang";
  readonly epochs: number;
  readonly x: Tensor;
  readonly y: Tensor;
  readonly state: nn.StateDict;
  /** Where to keep checkpoints, from which the job goes on. */
  readonly path?: string;
}

workerJob(async (input: Input, context) => {
  const { job, epochs, x, y, state, path } = input;
  const { signal, report, emit } = context;
  if (job === "fail") throw new RangeError("nothing is right");
  if (job === "hang") { while (true); }
  const model = new nn.Linear(2, 1);
  model.loadStateDict(state);
  await emit({ type: "began", weight: model.weight });
  const history = await fit(model, {
    loss: nn.functional.mseLoss,
    optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
    train: new DataLoader(new TensorDataset(x, y), { batchSize: 2 }),
    epochs,
    callbacks: path === undefined
      ? [report]
      : [report, checkpoint(path, { resume: true })],
    progress: false,
    signal,
  });
  return { state: model.stateDict(), loss: history.last!.train["loss"] };
});
