import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { noGrad, setBackend, type Tensor, tensor, tidy } from "@tenfold/core";
import * as nn from "@tenfold/nn";
import type { Optimizing } from "./optimizing.ts";
import { countingBackend } from "./_testing.ts";
import { earlyStopping, type EarlyStoppingOptions } from "./early_stopping.ts";
import { fit, type FitOptions } from "./fit.ts";

/** A model that is one number. */
class Constant extends nn.Module {
  value = tidy(() => new nn.Parameter(tensor([0])));
  forward(x: Tensor): Tensor {
    return x.mul(this.value);
  }
}

/** An optimizer that knows what the losses shall be. */
function scripted(model: Constant, losses: readonly number[]): Optimizing {
  let step = 0;
  return {
    paramGroups: [{ lr: 1 }],
    zeroGrad: () => model.zeroGrad(),
    step: () => noGrad(() => model.value.fill_(losses[step++]!)),
    stateDict: () => ({ step }),
    loadStateDict: (state: { step: number }) => {
      step = state.step;
    },
  };
}

/** Trains along some validation losses; tells how far, and what is left. */
async function run(
  losses: readonly number[],
  options: EarlyStoppingOptions,
  more: Partial<FitOptions> = {},
): Promise<[epochs: number, value: number]> {
  const model = new Constant();
  const batch = [tensor([1]), tensor([0])];
  const history = await fit(model, {
    loss: (output) => output.sum(),
    optimizer: scripted(model, losses),
    train: [batch],
    validation: [batch],
    epochs: losses.length,
    callbacks: [earlyStopping(options)],
    progress: false,
    ...more,
  });
  return [history.epochs.length, await model.value.item()];
}

describe("earlyStopping", () => {
  it("waits for as many epochs as it has patience", async () => {
    const losses = [5, 4, 6, 6, 3, 6, 6, 6, 1];
    assertEquals(await run(losses, { patience: 1 }), [3, 6]);
    assertEquals(await run(losses, { patience: 2 }), [4, 6]);
    assertEquals(await run(losses, { patience: 3 }), [8, 6]);
    assertEquals(await run(losses, { patience: 4 }), [9, 1]);
    assertEquals(await run(losses, { patience: 0 }), [3, 6]);
  });

  it("counts only gains above minDelta", async () => {
    const losses = [5, 4.9, 4.8, 4.7, 4.6];
    assertEquals((await run(losses, { patience: 2, minDelta: 0.5 }))[0], 3);
    assertEquals((await run(losses, { patience: 2, minDelta: 0.15 }))[0], 5);
  });

  it("ends with the best parameters where that is asked for", async () => {
    const losses = [5, 2, 6, 6, 6];
    assertEquals(
      await run(losses, { patience: 2, restoreBest: true }),
      [4, 2],
    );
    assertEquals(
      await run([5, 4, 3, 8], { patience: 3, restoreBest: true }),
      [4, 3],
    );
  });

  it("knows which figures are better when larger", async () => {
    const metrics = { accuracy: (output: Tensor) => output.sum() };
    const watch = { monitor: "validation.accuracy", patience: 1 };
    assertEquals((await run([1, 2, 3, 2], watch, { metrics }))[0], 4);
    assertEquals(
      (await run([1, 2, 3, 2], { ...watch, mode: "min" }, { metrics }))[0],
      2,
    );
  });

  it("does not take NaN for a gain", async () => {
    assertEquals((await run([NaN, NaN, 1, NaN, NaN], { patience: 2 }))[0], 2);
    assertEquals((await run([NaN, 3, NaN, NaN], { patience: 2 }))[0], 4);
  });

  it("leaves none of the parameters behind that it remembered", async () => {
    const backend = countingBackend();
    await setBackend(backend);
    try {
      const batches = [[tensor([1]), tensor([0])]];
      const model = new Constant();
      const losses = [5, 4, 3, 8, 2, 1, 9];
      await fit(model, {
        loss: (output) => output.sum(),
        optimizer: scripted(model, losses),
        train: batches,
        epochs: losses.length,
        progress: false,
        callbacks: [earlyStopping({ restoreBest: true })],
      });
      model.dispose();
      for (const each of batches[0]!) each.dispose();
      // A handle that is left keeps the memory of the parameter.
      assertEquals(backend.bytes, 0);
    } finally {
      await setBackend("cpu-typedarray");
    }
  });

  it("serves several runs", async () => {
    const callback = earlyStopping({ patience: 1, restoreBest: true });
    const model = new Constant();
    const batch = [tensor([1]), tensor([0])];
    const train = (losses: number[]) =>
      fit(model, {
        loss: (output) => output.sum(),
        optimizer: scripted(model, losses),
        train: [batch],
        validation: [batch],
        epochs: losses.length,
        callbacks: [callback],
        progress: false,
      });
    await train([1, 2]);
    assertEquals((await train([9, 8, 7])).epochs.length, 3);
  });

  it("refuses figures that there are not, and bad options", async () => {
    await assertRejects(
      () => run([1], { monitor: "validation.f1" }),
      RangeError,
      'Cannot find the figure "validation.f1" in epoch 1',
    );
    assertThrows(
      () => earlyStopping({ patience: -1 }),
      RangeError,
      "Cannot stop early as patience must be an integer from 0 on: got -1",
    );
    assertThrows(
      () => earlyStopping({ patence: 1 } as EarlyStoppingOptions),
      TypeError,
      "no such option: got patence",
    );
  });
});
