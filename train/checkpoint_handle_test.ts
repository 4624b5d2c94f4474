import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { manualSeed, memory, scope, tensor } from "@tenfold/core";
import { loadSafetensors } from "@tenfold/data";
import * as nn from "@tenfold/nn";
import * as optim from "@tenfold/optim";
import { MemoryFile } from "../data/_testdata/page_file.ts";
import "./_testing.ts";
import { checkpoint } from "./checkpoint.ts";
import { fit } from "./fit.ts";

/** Trains, stops at a step if asked to, and tells the weight at the end. */
async function run(
  file: MemoryFile,
  epochs: number,
  stopAt = Infinity,
): Promise<number> {
  const room = scope();
  manualSeed(3);
  const model = new nn.Linear(1, 1);
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.1 });
  const batch = [tensor([[1]]), tensor([[2]])] as const;
  const controller = new AbortController();
  try {
    await fit(model, {
      loss: nn.functional.mseLoss,
      optimizer,
      train: [batch, batch, batch],
      epochs,
      progress: false,
      signal: controller.signal,
      callbacks: [
        checkpoint(file, { resume: true }),
        {
          name: "stop",
          stepEnd: ({ step }) => {
            if (step === stopAt) controller.abort();
          },
        },
      ],
    });
    return await model.weight.item();
  } finally {
    model.dispose();
    optimizer.dispose();
    room.dispose();
  }
}

describe("checkpoint to a file handle of a page", () => {
  it("keeps the last state where training is stopped, and goes on from it to the same bits", async () => {
    const before = memory().bytes;
    const file = new MemoryFile();
    const error = await assertRejects(() => run(file, 9, 7));
    assertEquals((error as Error).name, "AbortError");
    const state = await loadSafetensors(file);
    assertEquals(state["model.weight"]!.shape, [1, 1]);
    for (const kept of Object.values(state)) kept.dispose();
    assertEquals(await run(file, 9), await run(new MemoryFile(), 9));
    assertEquals(memory().bytes, before);
  });

  it("refuses what would write beside it, and a write that fails ends the run", async () => {
    const file = new MemoryFile();
    for (const options of [{ keepLast: 2 }, { best: true }]) {
      assertThrows(
        () => checkpoint(file, options),
        RangeError,
        "Cannot save checkpoints to the file handle run.safetensors with",
      );
    }
    file.full = true;
    await assertRejects(
      () => run(file, 1),
      Error,
      "Cannot write run.safetensors: the quota is used up",
    );
  });
});
