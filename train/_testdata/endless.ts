/**
 * Trains without an end and saves after each step, until it is interrupted.
 * Says "saved" after the first step. Its argument is the path.
 *
 * @module
 */
import process from "node:process";
import { manualSeed, randn } from "@tenfold/core";
import { DataLoader, TensorDataset } from "@tenfold/data";
import { Linear, ReLU, Sequential } from "@tenfold/nn";
import { Adam } from "@tenfold/optim";
import "../_testing.ts";
import { checkpoint } from "../checkpoint.ts";
import { fit } from "../fit.ts";

manualSeed(0);
const x = randn([64, 100]);
const model = new Sequential(
  new Linear(100, 300),
  new ReLU(),
  new Linear(300, 100),
);
let told = false;
await fit(model, {
  loss: (output, target) => output.sub(target).square().mean(),
  optimizer: new Adam(model.parameters()),
  train: new DataLoader(new TensorDataset(x, x), {
    batchSize: 16,
    shuffle: true,
    seed: 0,
  }),
  epochs: 1e6,
  callbacks: [
    checkpoint(process.argv[2]!, { everySteps: 1, resume: true }),
    {
      name: "tell",
      save(_, at) {
        if (at === "epoch" || told) return;
        console.log("saved");
        told = true;
      },
    },
  ],
  progress: false,
});
