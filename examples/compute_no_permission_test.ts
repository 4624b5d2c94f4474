import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  currentBackend,
  data,
  manualSeed,
  memory,
  nn,
  optim,
  scope,
  tensor,
  tidy,
  train,
} from "@tenfold/tenfold";

// On Deno this file runs with no permission at all, on Bun with every one.
describe("without permission", () => {
  it("tensors compute, on the default backend", async () => {
    const x = tensor([[1, 2], [3, 4]]);
    assertEquals(await x.matmul(x).toArray(), [[7, 10], [15, 22]]);
    assert(currentBackend().dtypes.includes("float32"));
  });

  it("autograd, layers and optimizers learn from embedded data", async () => {
    manualSeed(0);
    const iris = await data.loadIris();
    const model = new nn.Sequential(
      new nn.Linear(4, 16),
      new nn.Tanh(),
      new nn.Linear(16, 3),
    );
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.05 });
    let held = 0;
    for (let step = 0; step < 100; step++) {
      using _ = scope();
      optimizer.zeroGrad();
      nn.functional.crossEntropy(model.forward(iris.data), iris.target)
        .backward();
      optimizer.step();
      if (step === 10) held = memory().bytes;
    }
    const right = tidy(() =>
      model.forward(iris.data).argmax(1).eq(iris.target).sum()
    );
    assert(await right.item() > 140);
    assert(held > 0);
  });

  it("fit shows its lines, validates and draws its curves", async () => {
    manualSeed(0);
    const cancer = await data.loadBreastCancer();
    const [learn, test] = data.trainTestSplit(
      new data.TensorDataset(cancer.data.log1p(), cancer.target),
      { stratify: cancer.target, seed: 0 },
    );
    const model = new nn.Linear(30, 2);
    const history = await train.fit(model, {
      loss: new nn.CrossEntropyLoss(),
      optimizer: new optim.Adam(model.parameters(), { lr: 0.05 }),
      train: new data.DataLoader(learn, { batchSize: 32, shuffle: true }),
      validation: new data.DataLoader(test, { batchSize: 32 }),
      epochs: 3,
      metrics: [train.accuracy(), train.f1()],
      callbacks: [train.earlyStopping({ restoreBest: true })],
    });
    assert(history.last!.validation!["accuracy"]! > 0.7);
    assert((await history.toSvg()).startsWith("<svg"));
  });
});
