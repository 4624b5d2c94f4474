import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manualSeed, memory, randn, type Tensor } from "@tenfold/core";
import { DataLoader, TensorDataset } from "@tenfold/data";
import * as nn from "@tenfold/nn";
import { Adam, GradScaler, type GradScalerState } from "@tenfold/optim";
import "./_testing.ts";
import type { Callback } from "./callback.ts";
import { checkpoint } from "./checkpoint.ts";
import { fit, type FitOptions } from "./fit.ts";

/** The weights of a net after three epochs, and the dtypes that it computed. */
async function learned(
  more: Partial<FitOptions> = {},
): Promise<{ weights: number[]; dtypes: Set<string> }> {
  manualSeed(0);
  const model = new nn.Sequential(
    new nn.Linear(3, 8),
    new nn.Tanh(),
    new nn.Linear(8, 1),
  );
  const [x, y] = [randn([13, 3]), randn([13, 1])];
  const dtypes = new Set<string>();
  using optimizer = new Adam(model.parameters(), { lr: 0.05 });
  try {
    await fit(model, {
      loss: (output: Tensor, target: Tensor) => {
        dtypes.add(output.dtype);
        return nn.functional.mseLoss(output, target);
      },
      optimizer,
      train: new DataLoader(new TensorDataset(x, y), { batchSize: 4 }),
      epochs: 3,
      progress: false,
      ...more,
    });
    const weights: number[] = [];
    for (const one of model.parameters()) {
      assertEquals(one.dtype, "float32");
      weights.push(...await one.data());
    }
    return { weights, dtypes };
  } finally {
    for (const one of [x, y]) one.dispose();
    model.zeroGrad();
    model.dispose();
  }
}

describe("fit with mixedPrecision", () => {
  const variants: Record<string, Partial<FitOptions>> = {
    "eager": {},
    "compiled": { compile: true },
    "with clipped gradients": { clipGradNorm: 0.5 },
    "over several batches a step": { accumulate: 3 },
    "over several, compiled and clipped": {
      accumulate: 3,
      compile: true,
      clipGradNorm: 0.5,
    },
  };
  for (const [name, more] of Object.entries(variants)) {
    it(`learns nearly what float32 learns, ${name}`, async () => {
      const before = memory();
      const plain = await learned(more);
      // One that fits from the beginning, so that no step is left out.
      const scaler = new GradScaler({ initScale: 256 });
      const mixed = await learned({ ...more, mixedPrecision: scaler });
      assertEquals([...plain.dtypes], ["float32"]);
      assertEquals([...mixed.dtypes], ["float16"]);
      mixed.weights.forEach((w, i) =>
        assertAlmostEquals(w, plain.weights[i]!, 5e-3)
      );
      scaler.dispose();
      const after = memory();
      assertEquals(
        [after.tensors, after.buffers],
        [before.tensors, before.buffers],
      );
    });
  }

  it("leaves steps out until the scale fits, and goes on with a scaler", async () => {
    const scaler = new GradScaler({ initScale: 2 ** 40, growthInterval: 1000 });
    const { weights } = await learned({ mixedPrecision: scaler });
    assert(weights.every(Number.isFinite));
    const own = await learned({ mixedPrecision: true });
    assert(own.weights.every(Number.isFinite));
    const scale = scaler.getScale();
    assert(scale < 2 ** 40 && scale >= 2 ** 28, `${scale}`);
    scaler.dispose();
  });

  for (const everySteps of [undefined, 3]) {
    const where = everySteps === undefined ? "an epoch" : "the midst of one";
    it(`resumes bit for bit from ${where}, with the state of the scaler`, async () => {
      const folder = await mkdtemp(join(tmpdir(), "tenfold-"));
      const path = join(folder, "run.safetensors");
      // It leaves steps out at first, and grows now and then.
      const make = () =>
        new GradScaler({ initScale: 2 ** 30, growthInterval: 3 });
      const resuming = checkpoint(path, {
        resume: true,
        ...everySteps && { everySteps },
      });
      try {
        const whole = make();
        const once = await learned({ mixedPrecision: whole });
        const first = make();
        if (everySteps === undefined) {
          await learned({
            mixedPrecision: first,
            epochs: 1,
            callbacks: [resuming],
          });
        } else {
          const halt: Callback = {
            name: "halt",
            save(run) {
              if (run.step === 6) throw new Error("power cut");
            },
          };
          await assertRejects(
            () =>
              learned({ mixedPrecision: first, callbacks: [resuming, halt] }),
            Error,
            "power cut",
          );
        }
        const state = first.stateDict() as GradScalerState;
        assert(state.scale < 2 ** 30 || state._growth_tracker > 0);
        // One of its own begins elsewhere, and takes what was saved.
        const second = new GradScaler({ initScale: 2 });
        const again = await learned({
          mixedPrecision: second,
          callbacks: [resuming],
        });
        assertEquals(again.weights, once.weights);
        assertEquals(second.stateDict(), whole.stateDict());
        for (const one of [whole, first, second]) one.dispose();
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  }

  it("a model of float16 is resumed bit for bit as well", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tenfold-"));
    const path = join(folder, "run.safetensors");
    const run = async (epochs: number, resume: boolean): Promise<number[]> => {
      manualSeed(0);
      using model = new nn.Linear(3, 1, { dtype: "float16" });
      using optimizer = new Adam(model.parameters(), { lr: 0.05 });
      const x = randn([12, 3], { dtype: "float16" });
      const y = randn([12, 1], { dtype: "float16" });
      await fit(model, {
        loss: nn.functional.mseLoss,
        optimizer,
        train: new DataLoader(new TensorDataset(x, y), { batchSize: 4 }),
        epochs,
        callbacks: [checkpoint(path, { resume })],
        progress: false,
      });
      model.zeroGrad();
      for (const one of [x, y]) one.dispose();
      assertEquals(model.weight.dtype, "float16");
      return [...await model.weight.data()];
    };
    try {
      const whole = await run(4, false);
      await run(2, false);
      assertEquals(await run(4, true), whole);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("refuses what it does not go with", async () => {
    await assertRejects(
      () => learned({ mixedPrecision: true, onNonFinite: "skip" }),
      RangeError,
      "leave onNonFinite out",
    );
    await assertRejects(
      () => learned({ mixedPrecision: "float16" as never }),
      TypeError,
      "must be true, false or a GradScaler",
    );
  });
});
