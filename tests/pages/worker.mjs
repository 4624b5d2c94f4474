// The worker of `page.mjs`.
import { data, nn, optim, tensor, train } from "@tenfold/tenfold";

train.workerJob(async ({ x, fail, endless }, { emit, report, signal }) => {
  if (fail) throw new RangeError("nothing is right");
  if (endless) {
    const model = new nn.Linear(1, 1);
    const samples = new data.TensorDataset(tensor([[1]]), tensor([[2]]));
    await train.fit(model, {
      loss: nn.functional.mseLoss,
      optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
      train: new data.DataLoader(samples, { batchSize: 1 }),
      epochs: 1e9,
      callbacks: [report],
      progress: false,
      signal,
    });
    return null;
  }
  await emit({ type: "doubled", x: x.mul(2) });
  return x.sum();
});
