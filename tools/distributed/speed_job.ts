/**
 * Trains a net for some seconds, and reports how many samples a second all
 * ranks together learned from.
 *
 *     mpirun -n 2 deno run -A tools/distributed/speed_job.ts '{"net":"cnn","batch":128}'
 *
 * @module
 */
import process from "node:process";
import { DistributedDataParallel, init } from "@tenfold/distributed";
import { wasmSimd } from "@tenfold/backends/wasm-simd";
import {
  data,
  manualSeed,
  nn,
  optim,
  randn,
  setBackend,
  train,
  zeros,
} from "@tenfold/tenfold";

/** What is trained. */
export interface SpeedOptions {
  readonly net: keyof typeof NETS;
  /** Samples of a step, of all ranks together. */
  readonly batch: number;
  readonly seconds?: number;
  readonly compile?: boolean;
  readonly optimizer?: "Adam" | "SGD";
  /** Whether to report when buckets were under way. */
  readonly trace?: boolean;
}

/** What came out. */
export interface SpeedReport {
  readonly samplesPerSecond: number;
  /** The fastest step, in milliseconds. */
  readonly fastest: number;
  readonly median: number;
  readonly bytesPerStep: number;
  readonly library: string;
  /** As `DistributedDataParallel.trace` gives it. */
  readonly trace?: string;
}

const NETS = {
  cnn: () => [
    new nn.Conv2d(1, 16, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(16, 32, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(32 * 49, 10),
  ],
  mlp: () => [
    new nn.Flatten(),
    new nn.Linear(784, 512),
    new nn.ReLU(),
    new nn.Linear(512, 256),
    new nn.ReLU(),
    new nn.Linear(256, 10),
  ],
};
/** Steps before the clock runs. */
const WARM = 15;

const options = JSON.parse(process.argv[2]!) as SpeedOptions;
const { net, batch, seconds = 1.2, compile = false, trace = false } = options;
await setBackend(wasmSimd({ threads: 1 }));
const world = await init();
manualSeed(0);
const model = new nn.Sequential(...NETS[net]());
const share = batch / world.worldSize;
const samples = new data.TensorDataset(
  randn([24 * share, 1, 28, 28]),
  zeros([24 * share], { dtype: "int32" }),
);
const replica = new DistributedDataParallel(model, world, { profile: trace });
const times: number[] = [];
let last = 0;
await train.fit(model, {
  loss: nn.functional.crossEntropy,
  optimizer: new optim[options.optimizer ?? "Adam"](model.parameters(), {
    lr: 0.001,
  }),
  train: new data.DataLoader(samples, { batchSize: share }),
  epochs: 100_000,
  progress: false,
  compile,
  distributed: replica,
  callbacks: [{
    name: "clock",
    stepEnd(run) {
      const now = performance.now();
      if (run.step > WARM) times.push(now - last);
      last = now;
    },
    epochEnd(run) {
      const sum = times.reduce((a, b) => a + b, 0);
      if (sum > seconds * 1000) run.stop();
    },
  }],
});
const sum = times.reduce((a, b) => a + b, 0);
times.sort((a, b) => a - b);
const result: SpeedReport = {
  samplesPerSecond: batch * times.length / sum * 1000,
  fastest: times[0]!,
  median: times[times.length >> 1]!,
  bytesPerStep: replica.bytesPerStep,
  library: world.library,
  ...(trace && { trace: replica.trace() }),
};
if (world.rank === 0) console.log(`RANK 0 ${JSON.stringify(result)}`);
