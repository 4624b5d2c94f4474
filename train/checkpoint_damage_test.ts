import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ones, setBackend, type Tensor } from "@tenfold/core";
import {
  DataLoader,
  parseSafetensors,
  serializeSafetensors,
  TensorDataset,
} from "@tenfold/data";
import * as nn from "@tenfold/nn";
import * as optim from "@tenfold/optim";
import { countingBackend } from "./_testing.ts";
import { resumeFromDamaged, withoutShapes } from "./_testdata/damage.ts";
import type { Callback } from "./callback.ts";
import { checkpoint } from "./checkpoint.ts";
import { earlyStopping } from "./early_stopping.ts";
import { CheckpointError } from "./errors.ts";
import { fit } from "./fit.ts";

/** A run that writes a checkpoint, or resumes from it. */
async function run(
  path: string,
  callbacks: Callback[],
  model = new nn.Linear(1, 1),
  optimizer: optim.Optimizer = new optim.Adam(model.parameters()),
): Promise<void> {
  await fit(model, {
    loss: nn.functional.mseLoss,
    optimizer,
    train: [[ones([1, 1]), ones([1, 1])]],
    epochs: 2,
    callbacks: [...callbacks, checkpoint(path, { resume: true })],
    progress: false,
  });
}

async function inFolder(work: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tenfold-"));
  try {
    await work(join(folder, "run.safetensors"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Changes the plain values of a checkpoint. */
async function edit(
  path: string,
  change: (state: Record<string, unknown>) => void,
): Promise<void> {
  const { tensors, metadata } = parseSafetensors(await readFile(path));
  const state = JSON.parse(metadata["state"]!);
  change(state);
  await writeFile(
    path,
    serializeSafetensors({
      tensors,
      metadata: { ...metadata, state: JSON.stringify(state) },
    }),
  );
}

describe("a damaged checkpoint", () => {
  it("changes nothing, or is sound still, in 400 cases", async () => {
    // tools/fuzz_checkpoints.ts runs as many as one likes.
    const report = await resumeFromDamaged(400);
    assertEquals(report.faults, []);
    assert(report.refused > 200 && report.taken > 20, JSON.stringify(report));
  });

  it("changes nothing either in the layout without shapes, in 200 cases", async () => {
    const report = await resumeFromDamaged(200, 7, withoutShapes);
    assertEquals(report.faults, []);
    assert(report.refused > 100 && report.taken > 10, JSON.stringify(report));
  });

  it("is refused where no batch is left to validate on", async () => {
    await inFolder(async (path) => {
      const x = ones([4, 1]);
      const model = new nn.Linear(1, 1);
      const validation = new DataLoader(new TensorDataset(x, x), {
        batchSize: 2,
      });
      const run = (epochs: number) =>
        fit(model, {
          loss: nn.functional.mseLoss,
          optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
          train: [[x, x]],
          validation,
          epochs,
          callbacks: [checkpoint(path, { resume: true })],
          progress: false,
        });
      await run(1);
      await edit(path, (state) => {
        (state["validation"] as { batch: number }).batch = 2;
      });
      await assertRejects(
        () => run(2),
        CheckpointError,
        "validation is damaged: nothing is left of its 2 batches at batch 2",
      );
    });
  });

  it("leaves every part alone when the last one refuses", async () => {
    await inFolder(async (path) => {
      const remembering = (): Callback & { state: number } => ({
        name: "remembering",
        state: 1,
        stateDict() {
          return { state: this.state };
        },
        loadStateDict(state) {
          this.state = (state as { state: number }).state;
        },
      });
      const saved = { ...remembering(), state: 5 };
      await run(path, [saved]);
      const model = new nn.Linear(1, 1);
      const before = await model.weight.item();
      const optimizer = new optim.Adam(model.parameters(), { lr: 0.5 });
      const own = remembering();
      // The model itself refuses, after all else was loaded.
      const { loadStateDict } = model;
      let calls = 0;
      model.loadStateDict = (state: Record<string, Tensor>) => {
        if (calls++ === 0) throw new Error("no room");
        return loadStateDict.call(model, state);
      };
      await assertRejects(
        () => run(path, [own], model, optimizer),
        CheckpointError,
        "Cannot resume as the state of model does not fit: no room",
      );
      assertEquals(await model.weight.item(), before);
      assertEquals(optimizer.paramGroups[0].lr, 0.5);
      assertEquals(optimizer.stateDict().state, {});
      assertEquals(own.state, 1);
    });
  });

  it("is one whose figures contradict each other", async () => {
    const cases: [string, unknown, string][] = [
      ["epoch", 1, "history is damaged: it must have one record"],
      ["step", 1, "step is damaged: it lies before the steps"],
      ["history", [], "history is damaged: it must have one record"],
      ["random", null, "random is damaged"],
      ["callbacks", 3, "callbacks is damaged"],
    ];
    for (const [key, value, message] of cases) {
      await inFolder(async (path) => {
        await run(path, []);
        await edit(path, (state) => {
          state[key] = value;
        });
        await assertRejects(
          () => run(path, []),
          CheckpointError,
          `Cannot resume as ${message}`,
        );
      });
    }
  });

  it("is one whose best parameters are of another net", async () => {
    await inFolder(async (path) => {
      await run(path, [earlyStopping()]);
      await assertRejects(
        () => run(path, [earlyStopping({ restoreBest: true })]),
        CheckpointError,
        "the state of the callback earlyStopping does not fit: Cannot stop early as what was remembered has no parameters: it was saved without restoreBest",
      );
    });
  });

  it("leaves nothing in memory when it is refused", async () => {
    const backend = countingBackend();
    await setBackend(backend);
    try {
      await inFolder(async (path) => {
        await run(path, [earlyStopping({ restoreBest: true })]);
        await edit(path, (state) => {
          delete (state["optimizer"] as Record<string, unknown>)["state"];
        });
        const model = new nn.Linear(1, 1);
        const optimizer = new optim.Adam(model.parameters());
        const batch = [ones([1, 1]), ones([1, 1])];
        const refuse = async () => {
          await assertRejects(
            () =>
              fit(model, {
                loss: nn.functional.mseLoss,
                optimizer,
                train: [batch],
                epochs: 2,
                callbacks: [
                  earlyStopping({ restoreBest: true }),
                  checkpoint(path, { resume: true }),
                ],
                progress: false,
              }),
            CheckpointError,
            "Cannot resume as the state of optimizer does not fit",
          );
        };
        // Whatever earlier runs left may be collected until then.
        await refuse();
        const before = backend.bytes;
        for (let i = 0; i < 20; i++) await refuse();
        assert(backend.bytes <= before, `${backend.bytes} after ${before}`);
      });
    } finally {
      await setBackend("cpu-typedarray");
    }
  });
});
