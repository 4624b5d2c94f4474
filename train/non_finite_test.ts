import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { setBackend, type Tensor } from "@tenfold/core";
import * as nn from "@tenfold/nn";
import { batches, makeRun, type Pair } from "./_testdata/poisoned_run.ts";
import { asyncBackend, captureWarnings, countingBackend } from "./_testing.ts";
import { NonFiniteError } from "./errors.ts";
import { fit } from "./fit.ts";
import type { History } from "./history.ts";
import type { Model } from "./model.ts";

async function valuesOf(model: Model): Promise<Record<string, number[]>> {
  const values: Record<string, number[]> = {};
  for (const [name, tensor] of Object.entries(model.stateDict())) {
    values[name] = [...await tensor.data()];
  }
  return values;
}

/** A loss that is not finite in some steps, counted from 1 on. */
function failingLoss(steps: readonly number[], value = NaN) {
  let step = 0;
  return (output: Tensor, target: Tensor) => {
    const loss = nn.functional.mseLoss(output, target);
    return steps.includes(++step) ? loss.mul(value) : loss;
  };
}

/** Runs a test on a device that is read at once, and on one that is not. */
function onBothKinds(name: string, test: () => Promise<void>): void {
  it(name, test);
  it(`${name}, on a device that is read asynchronously`, async () => {
    await setBackend(asyncBackend());
    try {
      await test();
    } finally {
      await setBackend("cpu-typedarray");
    }
  });
}

describe("a loss that is not finite", () => {
  onBothKinds("is said once, with the step, and training goes on", async () => {
    for (const value of [NaN, Infinity, -Infinity]) {
      let history: History | undefined;
      const lines = await captureWarnings(async () => {
        const { model, options } = makeRun({
          loss: failingLoss([7, 8, 11], value),
        });
        history = await fit(model, options);
      });
      assertEquals(lines, [
        'The loss is not finite since step 7 of epoch 2: lower the learning rate, set clipGradNorm, or look for NaN in the data, or pass onNonFinite: "throw" or "skip"',
      ]);
      assertEquals(history!.epochs.length, 3);
    }
  });

  it("is said of no sum that overflows, and costs no read", async () => {
    const backend = countingBackend();
    await setBackend(backend);
    try {
      let reads = 0;
      const lines = await captureWarnings(async () => {
        const { model, options } = makeRun();
        backend.reads = 0;
        await fit(model, options);
        reads = backend.reads;
      });
      assertEquals(lines, []);
      assertEquals(reads, 3);
    } finally {
      await setBackend("cpu-typedarray");
    }
  });

  onBothKinds("ends training before it does harm", async () => {
    const { model, options } = makeRun({ loss: failingLoss([6]) });
    let after5: Record<string, number[]> = {};
    const error = await assertRejects(
      () =>
        fit(model, {
          ...options,
          onNonFinite: "throw",
          callbacks: [{
            name: "look",
            async stepEnd(run) {
              if (run.step === 5) after5 = await valuesOf(model);
            },
          }],
        }),
      NonFiniteError,
      "Cannot fit as the loss is not finite, NaN, in step 6 of epoch 2: lower",
    );
    assertEquals([error.step, error.epoch], [6, 2]);
    assertEquals(await valuesOf(model), after5);
  });

  onBothKinds("is left out as if its batch were not there", async () => {
    const run = async (train: Pair[], onNonFinite: "skip" | "warn") => {
      const { model, options } = makeRun({
        train,
        onNonFinite,
        clipGradNorm: 0.5,
      });
      const history = await fit(model, options);
      return {
        values: await valuesOf(model),
        figures: history.epochs.map(({ train }) => train),
      };
    };
    const poisoned = batches(4, [1, 3]);
    let found: unknown;
    const lines = await captureWarnings(async () => {
      found = await run(poisoned, "skip");
    });
    const sound = poisoned.filter((_, i) => i % 2 === 0);
    assertEquals(found, await run(sound, "warn"));
    assertEquals(lines.length, 1);
    assert(
      lines[0]!.startsWith(
        "Skipped step 2 of epoch 1 as the loss is not finite, NaN, and will skip others like it without a message: lower",
      ),
      lines[0],
    );
  });

  onBothKinds("is not all: a gradient may be, too", async () => {
    // The loss is 0; the gradient of a square root there is infinite.
    const steep = (output: Tensor) => output.sub(output).sqrt().mean();
    const { model, options } = makeRun({ loss: steep, onNonFinite: "throw" });
    const before = await valuesOf(model);
    await assertRejects(
      () => fit(model, options),
      NonFiniteError,
      "Cannot fit as a gradient is not finite in step 1 of epoch 1",
    );
    assertEquals(await valuesOf(model), before);
  });

  it("in every step of an epoch ends training", async () => {
    const lines = await captureWarnings(async () => {
      const { model, options } = makeRun({
        train: batches(2, [0, 1]),
        onNonFinite: "skip",
      });
      const before = await valuesOf(model);
      await assertRejects(
        () => fit(model, options),
        NonFiniteError,
        "Cannot fit as every step of epoch 1 was skipped, none was finite",
      );
      assertEquals(await valuesOf(model), before);
    });
    assertEquals(lines.length, 1);
  });

  it("leaves nothing in memory", async () => {
    const backend = countingBackend();
    await setBackend(backend);
    try {
      const train = batches(4, [1]);
      const { model, options } = makeRun({ train, onNonFinite: "skip" });
      await captureWarnings(() => fit(model, options));
      const before = backend.bytes;
      await captureWarnings(() => fit(model, options));
      assertEquals(backend.bytes, before);
    } finally {
      await setBackend("cpu-typedarray");
    }
  });

  it("names the option that is wrong", async () => {
    const { model, options } = makeRun();
    await assertRejects(
      () => fit(model, { ...options, onNonFinite: "stop" as "skip" }),
      RangeError,
      'onNonFinite must be "warn", "throw" or "skip": got "stop"',
    );
  });
});
