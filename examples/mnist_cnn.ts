/**
 * Trains a convolutional net on MNIST, 60,000 handwritten digits of 28×28
 * pixels, and tests it on 10,000 others:
 *
 *     deno run --allow-read --allow-write=out --allow-env examples/mnist_cnn.ts
 *
 * With `--resume` it continues where it was stopped.
 *
 * @module
 */
import {
  currentBackend,
  data,
  manualSeed,
  nn,
  optim,
  setBackend,
  train,
} from "@tenfold/tenfold";
import { giveUp } from "./_arguments.ts";
import { openDigits, sayWhere } from "./_mnist.ts";
import { readOptions } from "./_options.ts";
import { report } from "./_report.ts";

const options = readOptions("mnist_cnn", {
  epochs: 3,
  batchSize: 32,
  lr: 3e-3,
});
if (options.backend) await setBackend(options.backend).catch(giveUp);
manualSeed(0); // the same numbers every time
const { learn, test } = await openDigits(options).catch(giveUp);

// Two rounds of "what is where?", each half as fine as the one before, and two
// layers that make up their mind.
const model = new nn.Sequential(
  new nn.Conv2d(1, 16, 3), // [n, 1, 28, 28] → [n, 16, 26, 26]
  new nn.ReLU(),
  new nn.MaxPool2d(2), // → [n, 16, 13, 13]
  new nn.Conv2d(16, 32, 3), // → [n, 32, 11, 11]
  new nn.ReLU(),
  new nn.MaxPool2d(2), // → [n, 32, 5, 5]
  new nn.Flatten(), // → [n, 800]
  new nn.Linear(800, 128),
  new nn.ReLU(),
  new nn.Linear(128, 10),
);

const batches = new data.DataLoader(learn, {
  batchSize: options.batchSize,
  shuffle: true,
  seed: 0,
});
const optimizer = new optim.Adam(model.parameters(), { lr: options.lr });

console.log(
  `Learning from ${learn.length} digits on ${currentBackend().name}, to read ${test.length} others`,
);
const began = performance.now();
const history = await train.fit(model, {
  loss: nn.functional.crossEntropy,
  optimizer,
  // The learning rate rises to `lr` and falls to nothing within the run.
  scheduler: new optim.OneCycleLR(optimizer, {
    maxLr: options.lr,
    epochs: options.epochs,
    stepsPerEpoch: batches.length,
  }),
  train: batches,
  validation: new data.DataLoader(test, { batchSize: 250 }),
  epochs: options.epochs,
  metrics: [train.accuracy()],
  callbacks: [
    train.checkpoint(options.checkpoint, {
      everySteps: options.saveEvery,
      resume: options.resume,
    }),
    sayWhere,
  ],
}).catch(giveUp);

await report("mnist_cnn", {
  title: "A convolutional net on MNIST",
  model,
  history,
  test,
  seconds: (performance.now() - began) / 1000,
});
