/** Trains for so many epochs, for the tests of what a terminal shows. */
import process from "node:process";
import "../_testing.ts";
import { tensor } from "@tenfold/core";
import { DataLoader, TensorDataset } from "@tenfold/data";
import * as nn from "@tenfold/nn";
import * as optim from "@tenfold/optim";
import { accuracy } from "../accuracy.ts";
import { fit } from "../fit.ts";

const x = tensor(Array.from({ length: 64 }, (_, i) => [i / 64, 1]));
const y = tensor(Array.from({ length: 64 }, (_, i) => i >> 5), {
  dtype: "int32",
});
const loader = new DataLoader(new TensorDataset(x, y), { batchSize: 16 });
const model = new nn.Linear(2, 2);
process.stderr.write("begin\n");
await fit(model, {
  loss: nn.functional.crossEntropy,
  optimizer: new optim.SGD(model.parameters(), { lr: 0.5 }),
  train: loader,
  validation: loader,
  epochs: Number(process.argv[2]),
  metrics: { accuracy: accuracy() },
  callbacks: [{
    name: "slow down",
    // The bar is drawn every tenth of a second.
    stepEnd: () => new Promise<void>((resolve) => setTimeout(resolve, 40)),
  }],
});
process.stderr.write("end\n");
