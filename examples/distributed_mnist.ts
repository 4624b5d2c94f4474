/**
 * Trains a net on several processes or machines, with the result of one:
 *
 * `mpirun -n 2 deno run -A examples/distributed_mnist.ts ../shared/data/mnist`
 *
 * Without a folder of MNIST's files it learns the 1,797 digits that are part of
 * the package. Without `mpirun` it trains on one process. A second argument is
 * the number of epochs.
 *
 * @module
 */
import process from "node:process";
import { DistributedSampler, init } from "@tenfold/distributed";
import { data, manualSeed, nn, optim, train } from "@tenfold/tenfold";

/** Samples of one step, of all ranks together. */
const BATCH = 128;

const world = await init();
manualSeed(0); // the order of samples is the same on all ranks
const [folder, epochs = "3"] = process.argv.slice(2);
const [learn, test, pixels] = await digits(folder);
const model = new nn.Sequential(
  new nn.Flatten(),
  new nn.Linear(pixels, 128),
  new nn.ReLU(),
  new nn.Linear(128, 10),
);
const began = performance.now();
const history = await train.fit(model, {
  loss: nn.functional.crossEntropy,
  optimizer: new optim.Adam(model.parameters(), { lr: 0.002 }),
  train: new data.DataLoader(new DistributedSampler(learn, world), {
    batchSize: Math.ceil(BATCH / world.worldSize),
  }),
  validation: new data.DataLoader(
    new DistributedSampler(test, world, { shuffle: false }),
    { batchSize: 500 },
  ),
  epochs: Number(epochs),
  metrics: [train.accuracy()],
  distributed: world,
});
if (world.rank === 0) {
  const { loss, accuracy } = history.last!.validation!;
  const seconds = (performance.now() - began) / 1000;
  console.log(
    `${world.worldSize} ranks, MPI: ${world.library}, ${seconds.toFixed(1)} s`,
  );
  console.log(`Test loss: ${loss!.toFixed(4)}`);
  console.log(`Test accuracy: ${accuracy!.toFixed(4)}`);
}

/** Images to learn from and to test with, and how many pixels each has. */
async function digits(
  folder: string | undefined,
): Promise<[data.Dataset, data.Dataset, number]> {
  if (folder !== undefined) {
    const options = { root: folder };
    return [
      await data.mnist(options),
      await data.mnist({ ...options, split: "test" }),
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
