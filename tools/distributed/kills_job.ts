/**
 * Trains with checkpoints, slowly, so that there is time to kill a rank; goes on
 * from a checkpoint that is there, and reports a digest of the weights.
 *
 *     mpirun -n 2 deno run -A tools/distributed/kills_job.ts out/run.safetensors
 *
 * @module
 */
import process from "node:process";
import { DistributedSampler, init } from "@tenfold/distributed";
import { wasmSimd } from "@tenfold/backends/wasm-simd";
import {
  data,
  manualSeed,
  nn,
  optim,
  setBackend,
  type Tensor,
  train,
} from "@tenfold/tenfold";
import { report } from "../../distributed/_testing.ts";

/** Milliseconds of a pause after each step. */
const PAUSE = 15;

const [file] = process.argv.slice(2);
await setBackend(wasmSimd({ threads: 1 }));
const world = await init();
manualSeed(0);
const { data: images, target } = await data.loadDigits();
const dataset = new data.TensorDataset(images.div(16), target);
// What each rank draws of its own, and what rank 0 hands to all, must go on too.
const model = new nn.Sequential(
  new nn.Linear(64, 48),
  new nn.BatchNorm1d(48),
  new nn.ReLU(),
  new nn.Dropout({ p: 0.2 }),
  new nn.Linear(48, 10),
);
let first = 0;
await train.fit(model, {
  loss: nn.functional.crossEntropy,
  optimizer: new optim.Adam(model.parameters(), { lr: 0.002 }),
  train: new data.DataLoader(new DistributedSampler(dataset, world), {
    batchSize: Math.ceil(48 / world.worldSize),
  }),
  epochs: 4,
  metrics: [train.accuracy()],
  progress: false,
  distributed: world,
  callbacks: [
    train.checkpoint(file!, { everySteps: 7, resume: true }),
    {
      name: "slow",
      async stepEnd({ step }) {
        if (first === 0) console.log(`PID ${world.rank} ${process.pid}`);
        first ||= step;
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      },
    },
  ],
});
report(world.rank, {
  first,
  weights: await digestOf(model.parameters()),
  // The running figures of batch norm are those of rank 0 in a checkpoint.
  state: await digestOf(Object.values(model.stateDict())),
});

async function digestOf(tensors: readonly Tensor[]): Promise<string> {
  const elements = await Promise.all(tensors.map((one) => one.data()));
  const bytes = new Blob(elements.map((one) =>
    Uint8Array.from(
      new Uint8Array(one.buffer, one.byteOffset, one.byteLength),
    )
  ));
  const digest = await crypto.subtle.digest(
    "SHA-256",
    await bytes.arrayBuffer(),
  );
  return new Uint8Array(digest).toHex();
}
