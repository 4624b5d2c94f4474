// The worker of `page.mjs`.
import { data, nn, optim, tensor, train } from "@tenfold/tenfold";

train.workerJob(async (
  { x, fail, handle, epochs },
  { emit, report, signal },
) => {
  if (fail) throw new RangeError("nothing is right");
  if (handle) {
    const model = new nn.Linear(1, 1);
    const samples = new data.TensorDataset(tensor([[1]]), tensor([[2]]));
    await train.fit(model, {
      loss: nn.functional.mseLoss,
      optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
      train: new data.DataLoader(samples, { batchSize: 1 }),
      epochs,
      callbacks: [report, train.checkpoint(handle, { resume: true })],
      progress: false,
      signal,
    });
    return model.weight;
  }
  await emit({ type: "doubled", x: x.mul(2) });
  return x.sum();
});
