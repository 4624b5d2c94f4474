/**
 * Trains on several ranks, or on one with the same global batch, and reports the
 * loss of each step and the weights.
 */
import { DistributedSampler, init } from "@tenfold/distributed";
import {
  data,
  manualSeed,
  nn,
  optim,
  setBackend,
  tensor,
  train,
} from "@tenfold/tenfold";
import process from "node:process";
import { report } from "../_testing.ts";

const options = JSON.parse(process.argv[2] ?? "{}") as {
  backend?: string;
  dtype?: "float32" | "float64";
  optimizer?: "SGD" | "Adam";
  samples?: number;
  batch?: number;
  epochs?: number;
  compile?: boolean;
  accumulate?: number;
  clip?: number;
  norm?: boolean;
  zero?: boolean;
  checkpoint?: string;
  everySteps?: number;
  uneven?: boolean;
  throwAt?: number;
  pause?: number;
};
const {
  dtype = "float64",
  samples = 64,
  batch = 16,
  epochs = 2,
} = options;
await setBackend(options.backend ?? "wasm-simd");
const world = await init();
const { rank, worldSize } = world;
manualSeed(0);
const digits = await data.loadDigits();
const x = tensor((await digits.data.data()).slice(0, samples * 64), {
  shape: [samples, 64],
  dtype,
}).div(16);
const y = tensor((await digits.target.data()).slice(0, samples), {
  dtype: "int32",
});
const dataset = new data.TensorDataset(x, y);
const model = new nn.Sequential(
  new nn.Linear(64, 32, { dtype }),
  ...(options.norm ? [new nn.BatchNorm1d(32, { dtype })] : []),
  new nn.ReLU(),
  new nn.Linear(32, 10, { dtype }),
);
const losses: number[] = [];
const optimizer = options.optimizer === "Adam"
  ? new optim.Adam(model.parameters(), { lr: 0.01 })
  : new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
const part = options.uneven
  ? new data.Subset(
    dataset,
    Array.from({ length: 20 + 17 * rank }, (_, i) => i),
  )
  : new DistributedSampler(dataset, world, { seed: 3 });
const history = await train.fit(model, {
  loss: nn.functional.crossEntropy,
  optimizer,
  train: new data.DataLoader(part, { batchSize: batch / worldSize }),
  validation: new data.DataLoader(dataset, { batchSize: 40 }),
  epochs,
  metrics: [train.accuracy()],
  progress: false,
  ...(options.compile ? { compile: true } : {}),
  ...(options.accumulate ? { accumulate: options.accumulate } : {}),
  ...(options.clip ? { clipGradNorm: options.clip } : {}),
  distributed: options.zero ? { world, shardOptimizer: true } : world,
  callbacks: [
    {
      name: "losses",
      async stepEnd(run) {
        losses.push(run.step);
        if (options.throwAt === run.step && rank === 1) {
          throw new Error("a fault of the test");
        }
        if (options.pause) {
          await new Promise((r) => setTimeout(r, options.pause));
        }
      },
    },
    ...(options.checkpoint
      ? [train.checkpoint(options.checkpoint, {
        resume: true,
        ...(options.everySteps ? { everySteps: options.everySteps } : {}),
      })]
      : []),
  ],
});
let weights = 0;
let bits = "";
for (const value of Object.values(model.stateDict())) {
  const elements = Float64Array.from(await value.data());
  bits += elements.reduce((sum, x, i) => sum + x * Math.sin(i + 1), 0);
  weights += elements.reduce((sum, x) => sum + x * x, 0);
}
report(rank, {
  steps: losses.length,
  losses: history.epochs.map(({ train }) => train.loss),
  validation: history.last!.validation,
  accuracy: history.epochs.map(({ train }) => train.accuracy),
  weights,
  bits,
});
