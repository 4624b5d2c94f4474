import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { CompileError, manualSeed, memory, type Tensor } from "@tenfold/core";
import { DataLoader, loadIris, TensorDataset } from "@tenfold/data";
import * as nn from "@tenfold/nn";
import { AdamW, CosineAnnealingLR } from "@tenfold/optim";
import { clean } from "../core/_testing.ts";
import { evaluate } from "./evaluate.ts";
import { fit, type FitOptions } from "./fit.ts";
import { accuracy } from "./accuracy.ts";

/** Trains a net with dropout and batch norm; gives all figures. */
async function trained(options: Partial<FitOptions>) {
  manualSeed(0);
  const iris = loadIris();
  const dataset = new TensorDataset(iris.data, iris.target);
  const model = new nn.Sequential(
    // A bias before batch norm has no gradient but what rounding leaves.
    new nn.Linear(4, 16, { bias: false }),
    new nn.BatchNorm1d(16),
    new nn.ReLU(),
    new nn.Dropout({ p: 0.2 }),
    new nn.Linear(16, 3),
  );
  const optimizer = new AdamW(model.parameters(), { lr: 0.02 });
  // The last batch is smaller: 4 of 32 and one of 22.
  const train = new DataLoader(dataset, {
    batchSize: 32,
    shuffle: true,
    seed: 0,
  });
  const history = await fit(model, {
    loss: nn.functional.crossEntropy,
    optimizer,
    train,
    validation: new DataLoader(dataset, { batchSize: 50 }),
    epochs: 5,
    metrics: [accuracy()],
    scheduler: new CosineAnnealingLR(optimizer, { tMax: 5 }),
    clipGradNorm: 1,
    progress: false,
    ...options,
  });
  const weights = model.parameters().flatMap((p) => [...p.dataSync()]);
  const buffers = model.buffers().flatMap((b) => [...b.dataSync()]);
  optimizer.dispose();
  for (const tensor of [...model.parameters(), ...model.buffers()]) {
    if ((tensor as Tensor).grad) (tensor as Tensor).grad = null;
    tensor.dispose();
  }
  for (const tensor of [iris.data, iris.target]) tensor.dispose();
  const figures = history.epochs.map(({ train, validation, learningRate }) => [
    train["loss"],
    train["accuracy"],
    validation!["loss"],
    validation!["accuracy"],
    learningRate,
  ]);
  return { figures, weights, buffers };
}

/** The largest difference of two lists. */
function apart(a: readonly number[], b: readonly number[]): number {
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);
}

describe("compile: true", () => {
  for (const onNonFinite of ["warn", "skip"] as const) {
    it(
      `trains as without, with onNonFinite ${onNonFinite}`,
      clean(async () => {
        const eager = await trained({ onNonFinite });
        const compiled = await trained({ onNonFinite, compile: true });
        assertEquals(compiled.figures.length, 5);
        // Two orders of summation of float32.
        for (const key of ["weights", "buffers"] as const) {
          const off = apart(eager[key], compiled[key]);
          assertEquals(off < 2e-5, true, `${key} are ${off} apart`);
        }
        eager.figures.forEach((row, i) => {
          const off = apart(row as number[], compiled.figures[i] as number[]);
          assertEquals(off < 1e-5, true, `epoch ${i} is ${off} apart`);
        });
      }),
    );
  }

  it(
    "evaluates as without",
    clean(async () => {
      manualSeed(1);
      const iris = loadIris();
      const dataset = new TensorDataset(iris.data, iris.target);
      const model = new nn.Linear(4, 3);
      const batches = new DataLoader(dataset, { batchSize: 40 });
      const options = {
        loss: nn.functional.crossEntropy,
        metrics: [accuracy()],
      };
      const eager = await evaluate(model, batches, options);
      const compiled = await evaluate(model, batches, {
        ...options,
        compile: true,
      });
      assertEquals(compiled["accuracy"], eager["accuracy"]);
      const off = Math.abs(compiled["loss"]! - eager["loss"]!);
      assertEquals(off < 1e-6, true);
      for (const p of model.parameters()) p.dispose();
      for (const tensor of [iris.data, iris.target]) tensor.dispose();
    }),
  );

  it("says what cannot be compiled, and leaves nothing behind", async () => {
    const before = memory().buffers;
    const error = await assertRejects(
      () =>
        trained({
          compile: true,
          loss: (output, target) => {
            output.sum().itemSync();
            return nn.functional.crossEntropy(output, target);
          },
        }),
      CompileError,
    );
    assertEquals(error.message.includes("reads the values"), true);
    // The model and its optimizer are the caller's.
    assertEquals(memory().buffers - before < 20, true);
  });
});
