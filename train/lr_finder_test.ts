import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  getRandomState,
  manualSeed,
  memory,
  randn,
  type Tensor,
  tidy,
} from "@tenfold/core";
import { DataLoader, TensorDataset } from "@tenfold/data";
import {
  BatchNorm1d,
  Dropout,
  functional,
  Linear,
  Sequential,
} from "@tenfold/nn";
import { Adam, SGD } from "@tenfold/optim";
import { lrFinder } from "./lr_finder.ts";
import "./_testing.ts";

const loss = functional.mseLoss;

/** A linear task, whose best rate lies near 0.1. */
function task(): { dataset: TensorDataset; dispose(): void } {
  const x = randn([64, 4]);
  const y = tidy(() => x.sum(1, { keepDim: true }));
  return {
    dataset: new TensorDataset(x, y),
    dispose: () => [x, y].forEach((t) => t.dispose()),
  };
}

describe("lrFinder", () => {
  it("raises the rate until the loss diverges, and suggests one where it falls", async () => {
    manualSeed(0);
    const { dataset, dispose } = task();
    const model = new Linear(4, 1);
    const found = await lrFinder(model, {
      loss,
      optimizer: new SGD(model.parameters(), { lr: 1 }),
      train: new DataLoader(dataset, { batchSize: 16 }),
      from: 1e-5,
      to: 100,
      steps: 80,
    });
    const { rates, losses, smoothed, suggestion } = found;
    assertEquals(rates[0], 1e-5);
    const ratio = rates[1]! / rates[0]!;
    rates.slice(1).forEach((rate, i) =>
      assert(Math.abs(rate / rates[i]! / ratio - 1) < 1e-9)
    );
    assert(rates.length < 80, "it ended where the loss diverged");
    assertEquals([losses.length, smoothed.length], [
      rates.length,
      rates.length,
    ]);
    assert(suggestion! > 1e-3 && suggestion! < 1, String(suggestion));
    const svg = await found.toSvg({ title: "R & D" });
    assert(svg.includes("R &amp; D") && svg.includes("falls fastest at"));
    model.dispose();
    dispose();
  });

  it("puts everything back: parameters, buffers, optimizer, order, random numbers, modes", async () => {
    manualSeed(3);
    const before = memory();
    const { dataset, dispose } = task();
    const model = new Sequential(
      new Linear(4, 8),
      new BatchNorm1d(8),
      new Dropout({ p: 0.5 }),
      new Linear(8, 1),
    );
    const optimizer = new Adam(model.parameters(), { lr: 0.02 });
    const train = new DataLoader(dataset, { batchSize: 16, shuffle: true });
    // So that the optimizer remembers something.
    tidy(() =>
      loss(
        model.forward(dataset.get(0)[0]!.expand([2, 4])),
        dataset.get(0)[1]!.expand([2, 1]),
      ).backward()
    );
    optimizer.step();
    optimizer.zeroGrad();
    model.eval();
    const state = () =>
      JSON.stringify([
        ...[...model.parameters(), ...model.buffers()]
          .map((t: Tensor) => t.toArraySync()),
        optimizer.paramGroups.map(({ lr }) => lr),
        Object.values(optimizer.stateDict().state).map((entry) =>
          Object.values(entry).map((part) =>
            typeof part === "number" ? part : part.toArraySync()
          )
        ),
        train.stateDict(),
        getRandomState(),
        model.modules().map(({ training }) => training),
      ]);
    const first = state();
    await lrFinder(model, { loss, optimizer, train, steps: 12 });
    assertEquals(state(), first);
    await assertRejects(
      () =>
        lrFinder(model, {
          loss: () => {
            throw new Error("as it happens");
          },
          optimizer,
          train,
        }),
      Error,
      "as it happens",
    );
    assertEquals(state(), first);
    const controller = new AbortController();
    await assertRejects(
      () =>
        lrFinder(model, {
          loss(output, target) {
            controller.abort(new Error("enough"));
            return loss(output, target);
          },
          optimizer,
          train,
          signal: controller.signal,
        }),
      Error,
      "enough",
    );
    assertEquals(state(), first);
    optimizer.dispose?.();
    model.dispose();
    dispose();
    assert(memory().tensors <= before.tensors + 16, "the state of Adam alone");
  });

  it("refuses a range that does not rise, and batches of nothing", async () => {
    const model = new Linear(1, 1);
    const optimizer = new SGD(model.parameters(), { lr: 1 });
    const refuses = (options: object, said: string) =>
      assertRejects(
        () => lrFinder(model, { loss, optimizer, train: [], ...options }),
        RangeError,
        said,
      );
    await refuses({ from: 1, to: 1 }, "from must be below to: got 1 and 1");
    await refuses({ from: -1 }, "from must be a positive number");
    await refuses({ steps: 0 }, "steps must be a positive integer");
    await refuses({}, "there are no batches");
    model.dispose();
  });
});
