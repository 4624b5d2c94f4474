import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  isGradEnabled,
  manualSeed,
  memory,
  scope,
  type Tensor,
  tensor,
} from "@tenfold/core";
import { currentTask } from "@tenfold/core/internal";
import { DataLoader, TensorDataset } from "@tenfold/data";
import { Dropout, functional, Linear, Module, Sequential } from "@tenfold/nn";
import { SGD } from "@tenfold/optim";
import { pause, withoutAsyncContext } from "../core/_testing.ts";
import "./_testing.ts";
import type { Callback } from "./callback.ts";
import { evaluate } from "./evaluate.ts";
import { fit } from "./fit.ts";

/** Tells in which mode it was called, and whether operations were recorded. */
class Witness extends Module {
  readonly seen: string[] = [];

  forward(x: Tensor): Tensor {
    const mode = this.training ? "training" : "evaluation";
    this.seen.push(`${mode}, ${isGradEnabled() ? "recording" : "not"}`);
    return x;
  }
}

const dataset = new TensorDataset(
  tensor([[1], [2], [3], [4], [5], [6]]),
  tensor([[2], [4], [6], [8], [10], [12]]),
);

/** Batches that let others have their turn in between. */
async function* batches(count: number, ms = 1) {
  const loader = new DataLoader(dataset, { batchSize: 2 });
  while (count > 0) {
    for await (const batch of loader) {
      await pause(ms);
      yield batch;
      if (--count === 0) return;
    }
  }
}

function makeModel(): { model: Sequential; witness: Witness } {
  manualSeed(0);
  const witness = new Witness();
  const model = new Sequential(
    new Linear(1, 1),
    witness,
    new Dropout({ p: 0 }),
  );
  return { model, witness };
}

function training(model: Sequential, callbacks: Callback[] = []) {
  return fit(model, {
    loss: functional.mseLoss,
    optimizer: new SGD(model.parameters(), { lr: 0.001 }),
    train: { [Symbol.asyncIterator]: () => batches(4) },
    epochs: 2,
    progress: false,
    callbacks,
  });
}

const assessing = (model: Sequential, ms = 1) =>
  evaluate(model, { [Symbol.asyncIterator]: () => batches(5, ms) }, {
    loss: functional.mseLoss,
  });

const modesOf = (model: Sequential) =>
  model.modules().map(({ training }) => training);

for (
  const [runtime, on] of [
    ["where tasks can be told apart", (test: () => Promise<void>) => test()],
    ["where they cannot", withoutAsyncContext],
  ] as const
) {
  describe(`fit and evaluate at once, ${runtime}`, () => {
    it("each have their own mode, and leave the one before", () =>
      on(async () => {
        for (const before of [true, false]) {
          const { model, witness } = makeModel();
          model.train(before);
          model[2]!.training = true;
          const modes = modesOf(model);
          await Promise.all([
            training(model),
            assessing(model),
            assessing(model, 3),
          ]);
          const count = (what: string) =>
            witness.seen.filter((seen) => seen === what).length;
          assertEquals(witness.seen.length, 8 + 5 + 5);
          assertEquals(count("training, recording"), 8);
          assertEquals(count("evaluation, not"), 10);
          assertEquals(modesOf(model), modes);
          assertEquals(isGradEnabled(), true);
          model.dispose();
        }
      }));

    it("two evaluations leave the mode as it was", () =>
      on(async () => {
        const { model } = makeModel();
        await Promise.all([assessing(model, 1), assessing(model, 4)]);
        assertEquals(modesOf(model), [true, true, true, true]);
        model.dispose();
      }));

    it("two fits of one model train it in training mode", () =>
      on(async () => {
        const { model, witness } = makeModel();
        model.eval();
        await Promise.all([training(model), training(model)]);
        assertEquals(new Set(witness.seen), new Set(["training, recording"]));
        assertEquals(modesOf(model), [false, false, false, false]);
        model.dispose();
      }));

    it("come to the same figures as one after the other", () =>
      on(async () => {
        const alone: number[] = [];
        for (const together of [false, true]) {
          const [a, b] = [makeModel().model, makeModel().model];
          const first = training(a);
          if (!together) await first;
          const second = training(b);
          const losses = [await first, await second].flatMap((history) =>
            history.epochs.map(({ train }) => train.loss!)
          );
          if (together) assertEquals(losses, alone);
          else alone.push(...losses);
          a.dispose();
          b.dispose();
        }
      }));

    it("leave the mode as it was when one of them fails", () =>
      on(async () => {
        const { model } = makeModel();
        const failing: Callback = {
          name: "failing",
          stepEnd() {
            throw new Error("enough");
          },
        };
        const task = currentTask();
        const rest = assessing(model);
        await assertRejects(() => training(model, [failing]), Error, "enough");
        assertEquals(modesOf(model), [true, true, true, true]);
        await rest;
        assertEquals(modesOf(model), [true, true, true, true]);
        assert(currentTask() === task);
        model.dispose();
      }));

    it("leave nothing in memory", () =>
      on(async () => {
        const { model } = makeModel();
        await training(model);
        const use = () => [memory().tensors, memory().bytes];
        model.zeroGrad();
        const before = use();
        {
          using _ = scope();
          await Promise.all([training(model), assessing(model)]);
        }
        model.zeroGrad();
        assertEquals(use(), before);
        model.dispose();
      }));

    it("modes that callbacks set end with fit", () =>
      on(async () => {
        const { model, witness } = makeModel();
        const freezing: Callback = {
          name: "freezing",
          stepEnd: (run) => void run.model.eval(),
        };
        await training(model, [freezing]);
        assertEquals(
          witness.seen.filter((seen) => seen.startsWith("training")).length,
          2,
        );
        assertEquals(modesOf(model), [true, true, true, true]);
        model.dispose();
      }));
  });
}
