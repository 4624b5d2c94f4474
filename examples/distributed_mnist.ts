/**
 * Trains a net on several processes or machines, with the same result as on
 * one:
 *
 *     mpirun -n 2 deno run -A examples/distributed_mnist.ts --data ../shared/data/mnist
 *
 * Without a folder of MNIST files it trains on the 1,797 digits that are part
 * of the package, and without `mpirun` in one process. `--curve FILE` writes
 * the loss of each step, which is the same on any number of ranks.
 *
 * @module
 */
import process from "node:process";
import { writeFileSync } from "node:fs";
import { DistributedSampler, init } from "@tenfold/distributed";
import {
  data,
  manualSeed,
  nn,
  optim,
  stack,
  type Tensor,
  train,
  unscoped,
} from "@tenfold/tenfold";
import { giveUp, readArguments } from "./_arguments.ts";

/** Samples of one step, of all ranks together. */
const BATCH = 128;

const options = await readArguments({
  data: "",
  samples: 60_000,
  epochs: 3,
  optimizer: "Adam",
  lr: 0.002,
  dtype: "float32",
  compile: false,
  curve: "",
});
const dtype = options.dtype as "float32" | "float64";
const world = await init();
manualSeed(0); // the order of samples is the same on all ranks
const [learn, test, pixels] = await digits().catch(giveUp);

/** The pixels in the dtype of the net. */
class Cast extends nn.Module {
  forward(x: Tensor): Tensor {
    return x.cast(dtype);
  }
}

const model = new nn.Sequential(
  new Cast(),
  new nn.Flatten(),
  new nn.Linear(pixels, 128, { dtype }),
  new nn.ReLU(),
  new nn.Linear(128, 10, { dtype }),
);
const losses: Tensor[] = [];
const began = performance.now();
const history = await train.fit(model, {
  loss(output, target) {
    const loss = nn.functional.crossEntropy(output, target);
    const noted = options.curve && !options.compile && model.training;
    if (noted) losses.push(unscoped(() => loss.detach()));
    return loss;
  },
  optimizer: new (options.optimizer === "SGD" ? optim.SGD : optim.Adam)(
    model.parameters(),
    { lr: options.lr },
  ),
  train: new data.DataLoader(new DistributedSampler(learn, world), {
    batchSize: Math.ceil(BATCH / world.worldSize),
  }),
  validation: new data.DataLoader(
    new DistributedSampler(test, world, { shuffle: false }),
    { batchSize: 500 },
  ),
  epochs: options.epochs,
  metrics: [train.accuracy()],
  compile: options.compile,
  distributed: world,
});
if (options.curve) await writeCurve(options.curve);
if (world.rank === 0) {
  const validation = history.last?.validation;
  const seconds = (performance.now() - began) / 1000;
  console.log(
    `${world.worldSize} ranks, MPI: ${world.library}, ${seconds.toFixed(1)} s`,
  );
  console.log(`Test loss: ${validation?.loss?.toFixed(4)}`);
  console.log(`Test accuracy: ${validation?.accuracy?.toFixed(4)}`);
}

/** Images to learn from and to test with, and how many pixels each has. */
async function digits(): Promise<[data.Dataset, data.Dataset, number]> {
  const root = options.data || process.env["TENFOLD_DATA"];
  if (root) {
    const { rawImages, rawLabels } = await data.mnist({ root });
    return [
      new data.MnistDataset(
        rawImages.subarray(0, 784 * options.samples),
        rawLabels.subarray(0, options.samples),
      ),
      await data.mnist({ root, split: "test" }),
      784,
    ];
  }
  const { data: images, target } = await data.loadDigits();
  const [[xTrain, yTrain], [xTest, yTest]] = data.trainTestSplit(
    [images.div(16), target],
    { testSize: 0.2, stratify: await target.data(), seed: 0 },
  );
  return [
    new data.TensorDataset(xTrain, yTrain),
    new data.TensorDataset(xTest, yTest),
    64,
  ];
}

/** Writes the loss of each step, and the figures of each epoch. */
async function writeCurve(file: string): Promise<void> {
  const steps = losses.length === 0
    ? []
    : await world.allReduce(stack(losses), { op: "mean" }).toArray();
  if (world.rank > 0) return;
  const curve = { steps, epochs: history.epochs };
  writeFileSync(file, `${JSON.stringify(curve, null, 2)}\n`);
}
