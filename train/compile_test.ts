import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  CompileError,
  manualSeed,
  memory,
  noGrad,
  ones,
  scope,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import type { Kernel, KernelCall } from "@tenfold/core/backend";
import { VALUE } from "@tenfold/core/internal";
import { DataLoader, loadIris, TensorDataset } from "@tenfold/data";
import * as nn from "@tenfold/nn";
import { Adam, AdamW, clipGradNorm_, CosineAnnealingLR } from "@tenfold/optim";
import { clean, on, renamed } from "../core/_testing.ts";
import { evaluate } from "./evaluate.ts";
import { earlyStopping } from "./early_stopping.ts";
import { fit, type FitOptions } from "./fit.ts";
import { accuracy } from "./accuracy.ts";

/** Trains a net with dropout and batch norm; gives all figures. */
async function trained(options: Partial<FitOptions>) {
  manualSeed(0);
  const iris = await loadIris();
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
    "keeps gradients where a callback may read them",
    clean(async () => {
      const callback = { name: "mine", stepEnd() {} };
      const cases = [
        [{}, false],
        [{ callbacks: [earlyStopping({ monitor: "train.loss" })] }, false],
        [{ callbacks: [callback] }, true],
        [{ callbacks: [{ ...callback, readsGradients: false }] }, false],
        [{ onNonFinite: "skip" }, true],
        [{ accumulate: 2 }, true],
      ] as const;
      for (const [options, expected] of cases) {
        manualSeed(0);
        const model = new nn.Linear(3, 2);
        const batches = [1, 2, 3, 4].map((n) =>
          [
            ones([n % 2 + 1, 3]),
            ones([
              n % 2 + 1,
              2,
            ]),
          ] as const
        );
        const optimizer = new Adam(model.parameters(), { lr: 0.1 });
        await fit(model, {
          loss: nn.functional.mseLoss,
          optimizer,
          train: batches,
          epochs: 2,
          progress: false,
          compile: true,
          ...options,
        });
        const kept = model.parameters().map(({ grad }) => grad !== null);
        assertEquals(kept, [expected, expected], JSON.stringify(options));
        optimizer.zeroGrad();
        optimizer.dispose();
        for (const p of model.parameters()) p.dispose();
        for (const tensor of batches.flat()) tensor.dispose();
      }
    }),
  );

  it(
    "evaluates as without",
    clean(async () => {
      manualSeed(1);
      const iris = await loadIris();
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

/** A net with dropout, its optimizer and schedule, and a step of it. */
function stepper(dtype: "float32" | "float64") {
  manualSeed(5);
  const model = new nn.Sequential(
    new nn.Linear(4, 16, { dtype }),
    new nn.Tanh(),
    new nn.Dropout({ p: 0.3 }),
    new nn.Linear(16, 3, { dtype }),
  );
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const scheduler = new CosineAnnealingLR(optimizer, { tMax: 100 });
  const step = (x: Tensor, y: Tensor) => {
    optimizer.zeroGrad();
    const loss = nn.functional.crossEntropy(model.forward(x), y);
    loss.backward();
    clipGradNorm_(model.parameters(), 0.5);
    optimizer.step();
    scheduler.step();
    return loss.detach();
  };
  const dispose = () => {
    optimizer.zeroGrad();
    optimizer.dispose();
    model.dispose();
  };
  return { model, step, dispose };
}

describe("a compiled step", () => {
  it(
    "is within 1e-10 of the eager one over 500 steps in float64",
    clean(async () => {
      const iris = await loadIris();
      const runs = [false, true].map((compiled) => {
        const { model, step, dispose } = stepper("float64");
        using compiledStep = compile(step);
        const run = compiled ? compiledStep : step;
        const losses = Array.from({ length: 500 }, (_, i) => {
          using _scope = scope();
          const from = 30 * (i % 5);
          const x = iris.data.narrow(0, from, 30).cast("float64");
          const y = iris.target.narrow(0, from, 30).clone();
          return run(x, y).itemSync();
        });
        if (compiled) assertEquals(compiledStep.stats.replayed, 499);
        const weights = model.parameters().flatMap((p) => [...p.dataSync()]);
        dispose();
        return [...losses, ...weights];
      });
      const off = apart(runs[0]!, runs[1]!);
      assertEquals(off < 1e-10, true, `${off} apart`);
    }),
  );

  it(
    "holds as many bytes after 10,000 calls as after 10",
    clean(() => {
      const { step, dispose } = stepper("float32");
      using compiled = compile(step);
      const x = ones([8, 4]);
      const y = zeros([8], { dtype: "int32" });
      const held = (calls: number) => {
        for (let i = 0; i < calls; i++) compiled(x, y).dispose();
        const { tensors, buffers, bytes } = memory();
        return [tensors, buffers, bytes];
      };
      const few = held(10);
      assertEquals(held(9990), few);
      dispose();
    }),
  );

  it(
    "counts the steps of each parameter as eagerly",
    clean(() => {
      const figures = [false, true].map((compiles) => {
        const params = [1, 2, 3].map((x) =>
          tensor([x, -x], { requiresGrad: true })
        );
        const [a, b, unused] = params as [Tensor, Tensor, Tensor];
        const optimizer = new Adam(
          [{ params: [a, unused], lr: 0.1 }, { params: [b], lr: 0.01 }],
          { lr: 1 },
        );
        const step = (x: Tensor) => {
          optimizer.zeroGrad();
          const loss = a.mul(b).mul(x).square().sum();
          loss.backward();
          // The second goes on from the first, with other bias corrections.
          optimizer.step();
          optimizer.step();
          return loss.detach();
        };
        using compiled = compile(step);
        const run = compiles ? compiled : step;
        const x = tensor([0.5, 2]);
        const losses: number[] = [];
        for (let i = 0; i < 6; i++) {
          if (i === 3) optimizer.paramGroups[0].lr = 0.03;
          losses.push(run(x).itemSync());
        }
        if (compiles) assertEquals(compiled.stats.replayed, 5);
        const values = params.map((p) => [...p.dataSync()]);
        optimizer.dispose();
        return { losses, values };
      });
      assertEquals(figures[1], figures[0]);
    }),
  );

  it(
    "reads the batches of a loader where they are, without a copy",
    clean(async () => {
      const backend = renamed("counting");
      let read = new Set<unknown>();
      let launches = 0;
      let writes = 0;
      const counting = {
        ...backend,
        write: (...args: Parameters<typeof backend.write>) => {
          writes++;
          backend.write(...args);
        },
        prepare: (kernel: Kernel) => {
          const launch = backend.prepare(kernel);
          return launch && ((call: KernelCall) => {
            launches++;
            for (const buffer of call.buffers) read.add(buffer);
            launch(call);
          });
        },
      };
      await on(counting, async () => {
        const { step, dispose } = stepper("float32");
        const dataset = new TensorDataset(
          ones([64, 4]),
          zeros([64], { dtype: "int32" }),
        );
        using compiled = compile(step);
        for await (const [x, y] of new DataLoader(dataset, { batchSize: 16 })) {
          [read, launches, writes] = [new Set(), 0, 0];
          compiled(x, y).dispose();
          if (compiled.stats.replayed === 0) continue;
          assertEquals(read.has(x[VALUE].storage.buffer), true, "inputs");
          assertEquals(read.has(y[VALUE].storage.buffer), true, "classes");
          assertEquals([launches, writes], [compiled.stats.launches, 0]);
        }
        assertEquals(compiled.stats.replayed, 3);
        dispose();
      });
    }),
  );

  it(
    "of two on one model, and of two tasks, takes its turn",
    clean(async () => {
      const figures: number[][] = [];
      for (const compiles of [false, true]) {
        const { model, step, dispose } = stepper("float32");
        const other = (x: Tensor) => {
          model.zeroGrad();
          const loss = model.forward(x).square().mean();
          loss.backward();
          noGrad(() => {
            for (const p of model.parameters()) p.add_(p.grad!.mul(-0.1));
          });
          return loss.detach();
        };
        using a = compile(step);
        using b = compile(other);
        const [one, two] = compiles ? [a, b] : [step, other];
        const x = ones([8, 4]);
        const y = zeros([8], { dtype: "int32" });
        const losses: number[] = [];
        const task = (run: () => Tensor) =>
          tidy(async () => {
            for (let i = 0; i < 10; i++) {
              losses.push(run().itemSync());
              await Promise.resolve();
            }
          });
        for (let i = 0; i < 5; i++) {
          losses.push(one(x, y).itemSync(), two(x).itemSync());
        }
        await Promise.all([task(() => one(x, y)), task(() => two(x))]);
        figures.push(losses);
        if (compiles) {
          assertEquals([a.stats.replayed, b.stats.replayed], [14, 14]);
        }
        dispose();
      }
      const off = apart(figures[0]!, figures[1]!);
      assertEquals(off < 1e-5, true, `${off} apart`);
    }),
  );
});
