import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { manualSeed, memory, randn, type Tensor } from "@tenfold/core";
import { DataLoader, TensorDataset } from "@tenfold/data";
import * as nn from "@tenfold/nn";
import { Adam, GradScaler } from "@tenfold/optim";
import "./_testing.ts";
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
