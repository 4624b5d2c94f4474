/**
 * Trains on several ranks, or on one with the same global batch: once for each of
 * the cases, which are JSON, and reports what came of them.
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
import { copyFile } from "node:fs/promises";
import process from "node:process";
import { report } from "../_testing.ts";

/** What a case asks for. */
interface Case {
  readonly dtype?: "float32" | "float64";
  readonly optimizer?: "SGD" | "Adam";
  readonly samples?: number;
  readonly batch?: number;
  readonly epochs?: number;
  readonly compile?: boolean;
  readonly accumulate?: number;
  readonly clip?: number;
  /** Whether there is batch norm. */
  readonly norm?: boolean;
  readonly onNonFinite?: "throw" | "skip";
  /** Options beside the world. */
  readonly options?: object;
  /** Where to save each step; `RANK` stands for the number of the rank. */
  readonly checkpoint?: string;
  /** A checkpoint to go on from. */
  readonly from?: string;
  /** Whether ranks have other numbers of samples. */
  readonly uneven?: boolean;
  /** Epochs without gain after which to stop. */
  readonly patience?: number;
  /** The epoch in which rank 1 asks to stop. */
  readonly stopAt?: number;
  /** Whether each rank validates a part. */
  readonly validates?: boolean;
  readonly progress?: boolean;
  /** The step in which rank 1 fails. */
  readonly throwAt?: number;
}

const [json = "{}", backend = "wasm-simd"] = process.argv.slice(2);
const given: Case | readonly Case[] = JSON.parse(json);
await setBackend(backend);
const world = await init();
const { rank, worldSize } = world;
const digits = await data.loadDigits();
const pixels = await digits.data.data();
const labels = await digits.target.data();

/** Some digits. */
function datasetOf(dtype: "float32" | "float64", from: number, to: number) {
  const shape = [to - from, 64];
  const x = tensor(pixels.slice(from * 64, to * 64), { shape, dtype }).div(16);
  const y = tensor(labels.slice(from, to), { dtype: "int32" });
  return new data.TensorDataset(x, y);
}

async function run(one: Case): Promise<unknown> {
  const { dtype = "float64", samples = 64, batch = 16, epochs = 2 } = one;
  manualSeed(0);
  const dataset = datasetOf(dtype, 0, samples);
  const model = new nn.Sequential(
    new nn.Linear(64, 32, { dtype }),
    ...(one.norm ? [new nn.BatchNorm1d(32, { dtype })] : []),
    new nn.ReLU(),
    new nn.Linear(32, 10, { dtype }),
  );
  const optimizer = one.optimizer === "Adam"
    ? new optim.Adam(model.parameters(), { lr: 0.01 })
    : new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
  const part = one.uneven
    ? new data.Subset(
      dataset,
      Array.from({ length: 20 + 17 * rank }, (_, i) => i),
    )
    : new DistributedSampler(dataset, world, { seed: 3 });
  const held = datasetOf(dtype, 100, 180);
  const validation = one.validates
    ? new DistributedSampler(held, world, { shuffle: false })
    : dataset;
  let steps = 0;
  const place = one.checkpoint?.replace("RANK", String(rank));
  if (place !== undefined && one.from !== undefined && rank === 0) {
    await copyFile(one.from, place);
  }
  const history = await train.fit(model, {
    loss: nn.functional.crossEntropy,
    optimizer,
    train: new data.DataLoader(part, { batchSize: batch / worldSize }),
    validation: new data.DataLoader(validation, { batchSize: 40 }),
    epochs,
    metrics: [train.accuracy()],
    progress: one.progress ?? false,
    ...(one.compile ? { compile: true } : {}),
    ...(one.accumulate ? { accumulate: one.accumulate } : {}),
    ...(one.clip ? { clipGradNorm: one.clip } : {}),
    ...(one.onNonFinite ? { onNonFinite: one.onNonFinite } : {}),
    distributed: one.options ? { world, ...one.options } : world,
    callbacks: [
      {
        name: "test",
        stepEnd(run) {
          steps++;
          if (one.throwAt === run.step && rank === 1) {
            throw new Error("a fault of the test");
          }
        },
        epochEnd(run) {
          if (one.stopAt === run.epoch && rank === 1) run.stop();
        },
      },
      ...(one.patience
        ? [train.earlyStopping({ patience: one.patience, minDelta: 0.5 })]
        : []),
      ...(place
        ? [train.checkpoint(place, {
          resume: true,
          everySteps: 1,
          keepLast: 20,
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
  const { state } = optimizer.stateDict();
  return {
    steps,
    epochs: history.epochs.length,
    losses: history.epochs.map(({ train }) => train.loss),
    accuracy: history.epochs.map(({ train }) => train.accuracy),
    validation: history.epochs.map(({ validation }) => validation!.loss),
    weights,
    bits,
    states: Object.keys(state).length,
    mean: [...await model.buffers()[0]?.data() ?? []],
  };
}

const results: unknown[] = [];
for (const one of [given].flat()) results.push(await run(one as Case));
report(rank, results);
