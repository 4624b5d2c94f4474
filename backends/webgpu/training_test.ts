import { it } from "@std/testing/bdd";
import { assert, assertEquals } from "@std/assert";
import { type Backend, manualSeed, scope, setBackend } from "@tenfold/core";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { DataLoader, loadDigits, TensorDataset } from "@tenfold/data";
import * as nn from "@tenfold/nn";
import { AdamW } from "@tenfold/optim";
import { clean, describeWithAdapter, openWith } from "./testing.ts";

/** Trains the net of the demo; gives the loss of each step. */
async function train(
  backend: Backend,
  steps: number,
  afterStep: (step: number) => void = () => {},
): Promise<number[]> {
  await setBackend(backend);
  manualSeed(0);
  const { data, target } = await loadDigits();
  const pixels = data.div(16);
  // What is only forgotten goes when the collector of garbage comes by.
  data.dispose();
  const loader = new DataLoader(new TensorDataset(pixels, target), {
    batchSize: 32,
    shuffle: true,
    seed: 0,
  });
  using model = new nn.Sequential(
    new nn.Linear(64, 128),
    new nn.ReLU(),
    new nn.Dropout({ p: 0.2 }),
    new nn.Linear(128, 10),
  );
  using optimizer = new AdamW(model.parameters(), { lr: 0.005 });
  const losses: number[] = [];
  while (losses.length < steps) {
    for await (const [x, y] of loader) {
      using _ = scope();
      optimizer.zeroGrad();
      const loss = nn.functional.crossEntropy(model.forward(x!), y!);
      loss.backward();
      optimizer.step();
      losses.push(await loss.item());
      x!.dispose();
      y!.dispose();
      afterStep(losses.length);
      if (losses.length === steps) break;
    }
  }
  return losses;
}

describeWithAdapter("training on webgpu", () => {
  it(
    "follows the loss curve of the processor, two submits a step",
    clean(async () => {
      const cpu = cpuTypedArray();
      const gpu = await openWith();
      const here = await train(cpu, 50);
      let warm = 0;
      const there = await train(gpu, 50, (step) => {
        if (step === 10) warm = gpu.counters.submits;
      });
      there.forEach((loss, step) => {
        const off = Math.abs(loss - here[step]!) / here[step]!;
        assert(off < 1e-3, `step ${step}: ${loss} and ${here[step]}`);
      });
      const perStep = (gpu.counters.submits - warm) / 40;
      assert(perStep <= 2, `${perStep} submits a step`);
      await setBackend(cpu);
      gpu.dispose();
    }),
  );

  it(
    "keeps live buffers and bytes flat over 1,000 steps",
    clean(async () => {
      const gpu = await openWith();
      const seen: number[][] = [];
      await train(gpu, 1000, (step) => {
        const { buffers, bytes } = gpu.counters;
        if (step % 98 === 20) seen.push([buffers, bytes]);
      });
      assertEquals(seen.length, 10 + 1);
      for (const later of seen) assertEquals(later, seen[0]);
      await setBackend(cpuTypedArray());
      gpu.dispose();
    }),
  );
});
