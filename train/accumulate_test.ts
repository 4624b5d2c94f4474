import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { manualSeed, memory, randn, type Tensor, tensor } from "@tenfold/core";
import { DataLoader, TensorDataset } from "@tenfold/data";
import * as nn from "@tenfold/nn";
import * as optim from "@tenfold/optim";
import { it } from "./_clean_testing.ts";
import "./_testing.ts";
import { fit, type FitOptions } from "./fit.ts";
import type { Callback } from "./callback.ts";

const { mseLoss } = nn.functional;

/** What a net learns of 12 samples, or of some more. */
async function learned(
  batchSize: number,
  more: Partial<FitOptions> = {},
  samples = 12,
): Promise<{ weights: number[]; steps: number }> {
  manualSeed(0);
  const model = new nn.Sequential(
    new nn.Linear(3, 4),
    new nn.Tanh(),
    new nn.Linear(4, 1),
  );
  const [x, y] = [randn([samples, 3]), randn([samples, 1])];
  let steps = 0;
  const counts: Callback = { name: "counts", stepEnd: () => void steps++ };
  try {
    await fit(model, {
      loss: mseLoss,
      // Unlike Adam, it is not blind to the scale of gradients.
      optimizer: new optim.SGD(model.parameters(), { lr: 0.2 }),
      train: new DataLoader(new TensorDataset(x, y), { batchSize }),
      epochs: 3,
      progress: false,
      callbacks: [counts],
      ...more,
    });
    const weights = [];
    for (const one of model.parameters()) weights.push(...await one.data());
    return { weights, steps };
  } finally {
    for (const one of [x, y]) one.dispose();
    model.zeroGrad();
    model.dispose();
  }
}

function assertNear(actual: readonly number[], expected: readonly number[]) {
  assertEquals(actual.length, expected.length);
  actual.forEach((v, i) => assertAlmostEquals(v, expected[i]!, 2e-6));
}

describe("fit with accumulate", () => {
  const variants: Record<string, Partial<FitOptions>> = {
    "eager": {},
    "compiled": { compile: true },
    "where steps are checked": { onNonFinite: "throw" },
    "compiled and checked": { onNonFinite: "skip", compile: true },
    "with clipped gradients": { clipGradNorm: 0.5 },
  };
  for (const [name, more] of Object.entries(variants)) {
    it(`learns what batches of all their samples teach, ${name}`, async () => {
      const clip = more.clipGradNorm === undefined ? {} : { clipGradNorm: 0.5 };
      const whole = await learned(6, clip);
      const parts = await learned(2, { accumulate: 3, ...more });
      assertEquals([whole.steps, parts.steps], [6, 6]);
      assertNear(parts.weights, whole.weights);
    });

    it(`takes what is left as the last step of an epoch, ${name}`, async () => {
      const clip = more.clipGradNorm === undefined ? {} : { clipGradNorm: 0.5 };
      // 10 samples in batches of 2, three at once: 6 and 4.
      const whole = await learned(6, clip, 10);
      const parts = await learned(2, { accumulate: 3, ...more }, 10);
      assertEquals([whole.steps, parts.steps], [6, 6]);
      assertNear(parts.weights, whole.weights);
    });
  }

  it("holds nothing afterwards", async () => {
    const before = memory();
    await learned(2, { accumulate: 3, compile: true }, 10);
    assertEquals(memory().tensors, before.tensors);
    assertEquals(memory().bytes, before.bytes);
  });

  it("counts steps, by which schedules of steps go", async () => {
    const model = new nn.Linear(1, 1);
    const optimizer = new optim.SGD(model.parameters(), { lr: 1e-3 });
    const seen: [number, number][] = [];
    const batch = (): [Tensor, Tensor] => [tensor([[1]]), tensor([[2]])];
    const history = await fit(model, {
      loss: mseLoss,
      optimizer,
      train: [batch(), batch(), batch(), batch(), batch()],
      epochs: 2,
      accumulate: 2,
      scheduler: {
        schedule: new optim.StepLR(optimizer, { stepSize: 1, gamma: 0.5 }),
        every: "step",
      },
      callbacks: [{
        name: "places",
        stepEnd: (run) => void seen.push([run.batch, run.step]),
      }],
      progress: false,
    });
    assertEquals(seen, [[2, 1], [4, 2], [5, 3], [2, 4], [4, 5], [5, 6]]);
    assertEquals(history.last!.step, 6);
    assertAlmostEquals(optimizer.paramGroups[0].lr, 1e-3 / 64, 1e-12);
    model.zeroGrad();
    model.dispose();
  });

  it("leaves out what goes before a batch that is not finite", async () => {
    const weightOf = async (values: readonly number[], accumulate: number) => {
      const model = new nn.Linear(1, 1, { bias: false });
      nn.init.constant_(model.weight, 0.5);
      await fit(model, {
        loss: mseLoss,
        optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
        train: values.map((v): [Tensor, Tensor] => [
          tensor([[v]]),
          tensor([[1]]),
        ]),
        epochs: 1,
        accumulate,
        onNonFinite: "skip",
        progress: false,
      });
      const weight = await model.weight.item();
      model.zeroGrad();
      model.dispose();
      return weight;
    };
    assertEquals(
      await weightOf([3, NaN, 1, 2], 2),
      await weightOf([1, 2], 2),
    );
  });

  it("refuses numbers that count nothing", async () => {
    for (const accumulate of [0, 1.5, -1]) {
      await assertRejects(
        () => learned(2, { accumulate }),
        Error,
        "accumulate",
      );
    }
  });
});
