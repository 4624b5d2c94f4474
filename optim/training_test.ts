import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean, on, waiting } from "./_testing.ts";
import { manualSeed, memory, randn, scope, tensor } from "@tenfold/core";
import {
  CrossEntropyLoss,
  Dropout,
  GELU,
  LayerNorm,
  Linear,
  ReLU,
  Sequential,
} from "@tenfold/nn";
import { Adam, clipGradNorm_, CosineAnnealingLR, SGD } from "./mod.ts";

describe("training", () => {
  it(
    "holds exactly the same memory after 10,000 steps as after 10",
    clean(() => {
      manualSeed(1);
      using model = new Sequential(
        new Linear(4, 16),
        new ReLU(),
        new Linear(16, 3),
      );
      const loss = new CrossEntropyLoss();
      using optimizer = new Adam(model.parameters(), { lr: 0.01 });
      const x = randn([16, 4]);
      const y = x.narrow(1, 0, 3).argmax(1);
      const step = () => {
        using _ = scope();
        optimizer.zeroGrad();
        loss.forward(model.forward(x), y).backward();
        optimizer.step();
      };
      for (let i = 0; i < 10; i++) step();
      const { tensors, buffers, bytes } = memory();
      for (let i = 10; i < 10_000; i++) step();
      const after = memory();
      assertEquals(
        [after.tensors, after.buffers, after.bytes],
        [tensors, buffers, bytes],
      );
      assert(loss.forward(model.forward(x), y).itemSync() < 0.01);
    }),
  );

  it(
    "holds the same memory with dropout, normalisation, clipping and a schedule",
    clean(() => {
      manualSeed(2);
      using model = new Sequential(
        new Linear(4, 8),
        new LayerNorm(8),
        new GELU(),
        new Dropout({ p: 0.1 }),
        new Linear(8, 3),
      );
      const loss = new CrossEntropyLoss({ labelSmoothing: 0.1 });
      using optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
      const schedule = new CosineAnnealingLR(optimizer, { tMax: 100 });
      const x = randn([16, 4]);
      const y = x.narrow(1, 0, 3).argmax(1);
      const step = () => {
        using _ = scope();
        optimizer.zeroGrad();
        loss.forward(model.forward(x), y).backward();
        clipGradNorm_(model.parameters(), 1);
        optimizer.step();
        schedule.step();
      };
      for (let i = 0; i < 10; i++) step();
      const { tensors, buffers, bytes } = memory();
      for (let i = 10; i < 500; i++) step();
      const after = memory();
      assertEquals(
        [after.tensors, after.buffers, after.bytes],
        [tensors, buffers, bytes],
      );
    }),
  );

  it("runs where nothing can be read without waiting", async () => {
    const { tensors, buffers, bytes } = memory();
    await on(waiting("slow"), async () => {
      using _ = scope();
      manualSeed(3);
      using model = new Sequential(
        new Linear(2, 8),
        new ReLU(),
        new Linear(8, 2),
      );
      const loss = new CrossEntropyLoss();
      using optimizer = new Adam(model.parameters(), { lr: 0.05 });
      const x = randn([32, 2]);
      const y = x.select(1, 0).gt(x.select(1, 1)).cast("int32");
      let norm = tensor(0);
      for (let i = 0; i < 80; i++) {
        using s = scope();
        optimizer.zeroGrad();
        loss.forward(model.forward(x), y).backward();
        norm = s.keep(clipGradNorm_(model.parameters(), 5));
        optimizer.step();
      }
      assert(await norm.item() > 0);
      assert(await loss.forward(model.forward(x), y).item() < 0.3);
    });
    const after = memory();
    assertEquals(
      [after.tensors, after.buffers, after.bytes],
      [tensors, buffers, bytes],
    );
  });
});
