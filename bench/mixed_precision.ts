/**
 * What mixed precision costs in accuracy: a CNN on MNIST, the same seeds in
 * float32 and in float16 side by side.
 *
 *     deno run -A bench/mixed_precision.ts ../shared/data/mnist 3 wasm-simd
 *
 * @module
 */
import {
  data,
  manualSeed,
  memory,
  nn,
  optim,
  setBackend,
  train,
} from "@tenfold/tenfold";

const [root = "mnist", seeds = "3", backend = "wasm-simd"] = Deno.args;
await setBackend(backend);
const learn = await data.mnist({ root });
const test = await data.mnist({ root, split: "test" });

/** What one run of an epoch comes to. */
interface Outcome {
  readonly accuracy: number;
  readonly seconds: number;
  readonly megabytes: number;
}

async function run(seed: number, mixedPrecision: boolean): Promise<Outcome> {
  manualSeed(seed);
  const model = new nn.Sequential(
    new nn.Conv2d(1, 16, 3),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(16, 32, 3),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(800, 128),
    new nn.ReLU(),
    new nn.Linear(128, 10),
  );
  const batches = new data.DataLoader(learn, {
    batchSize: 64,
    shuffle: true,
    seed,
  });
  const optimizer = new optim.Adam(model.parameters(), { lr: 3e-3 });
  memory({ resetPeak: true });
  const began = performance.now();
  await train.fit(model, {
    loss: nn.functional.crossEntropy,
    optimizer,
    scheduler: new optim.OneCycleLR(optimizer, {
      maxLr: 3e-3,
      epochs: 1,
      stepsPerEpoch: batches.length,
    }),
    train: batches,
    epochs: 1,
    mixedPrecision,
    progress: false,
  });
  const seconds = (performance.now() - began) / 1000;
  const megabytes = memory().peakBytes / 1e6;
  const tests = new data.DataLoader(test, { batchSize: 250 });
  const figures = await train.evaluate(model, tests, {
    metrics: [train.accuracy()],
  });
  optimizer.dispose();
  model.zeroGrad();
  model.dispose();
  return { accuracy: 100 * figures["accuracy"]!, seconds, megabytes };
}

console.log("| seed | float32 % | float16 % | s | s | MB | MB |");
console.log("| ---- | --------- | --------- | - | - | -- | -- |");
for (let seed = 0; seed < Number(seeds); seed++) {
  const [single, half] = [await run(seed, false), await run(seed, true)];
  const cells = [
    ...[single, half].map(({ accuracy }) => accuracy.toFixed(2)),
    ...[single, half].map(({ seconds }) => seconds.toFixed(0)),
    ...[single, half].map(({ megabytes }) => megabytes.toFixed(1)),
  ];
  console.log(`| ${seed} | ${cells.join(" | ")} |`);
}
