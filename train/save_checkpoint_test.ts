import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { join } from "node:path";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { manualSeed, randn, scope } from "@tenfold/core";
import { readBytes } from "@tenfold/data";
import { Dropout, functional, Linear, Sequential } from "@tenfold/nn";
import {
  Adam,
  GradScaler,
  LinearLR,
  Muon,
  SequentialLR,
  SGD,
  StepLR,
} from "@tenfold/optim";
import { clean } from "../core/_testing.ts";
import "./_testing.ts";
import { CheckpointError } from "./errors.ts";
import { loadCheckpoint, saveCheckpoint } from "./save_checkpoint.ts";

/** Runs with a folder that goes afterwards. */
const inFolder = (test: (path: string) => Promise<void>) =>
  clean(async () => {
    const folder = await mkdtemp(join(tmpdir(), "tenfold-"));
    try {
      await test(join(folder, "run.safetensors"));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

/** A net, its optimizer and its schedule; random numbers go on. */
function make(kind: "Adam" | "Muon" = "Adam") {
  const model = new Sequential(
    new Linear(3, 4, { bias: false }),
    new Dropout({ p: 0.5 }),
    new Linear(4, 2, { bias: false }),
  );
  const params = model.parameters();
  const optimizer = kind === "Adam"
    ? new Adam(params, { lr: 0.1 })
    : new Muon(params, { lr: 0.1 });
  const scheduler = new SequentialLR(optimizer, {
    schedulers: [
      new LinearLR(optimizer, { totalIters: 3 }),
      new StepLR(optimizer, { stepSize: 2 }),
    ],
    milestones: [3],
  });
  return { model, optimizer, scheduler };
}

/** Some steps on random data, which take random numbers. */
function train({ model, optimizer, scheduler }: ReturnType<typeof make>) {
  for (let step = 0; step < 4; step++) {
    using _ = scope();
    optimizer.zeroGrad();
    const loss = functional.mseLoss(
      model.forward(randn([5, 3])),
      randn([5, 2]),
    );
    loss.backward();
    optimizer.step();
    scheduler.step();
  }
}

const weights = ({ model }: ReturnType<typeof make>) =>
  model.parameters().map((p) => [...p.dataSync()]);

const release = (parts: ReturnType<typeof make>) => {
  parts.optimizer.dispose();
  for (const p of parts.model.parameters()) p.dispose();
};

describe("a checkpoint of a loop of one's own", () => {
  it(
    "holds the state of a scaler, and lets another one go on",
    inFolder(async (path) => {
      using model = new Linear(3, 1);
      using optimizer = new SGD(model.parameters(), { lr: 0.1 });
      using scaler = new GradScaler({ initScale: 2 ** 20, growthInterval: 5 });
      for (const scale of [1, Infinity, 1, 1]) {
        using _ = scope();
        optimizer.zeroGrad();
        const loss = model.forward(randn([4, 3])).square().mean().mul(scale);
        scaler.scale(loss).backward();
        await scaler.step(optimizer);
        scaler.update();
      }
      model.zeroGrad();
      await saveCheckpoint(path, { model, scaler });
      using other = new GradScaler({ initScale: 3 });
      await loadCheckpoint(path, { model, scaler: other });
      assertEquals(other.stateDict(), {
        scale: 2 ** 19,
        growth_factor: 2,
        backoff_factor: 0.5,
        growth_interval: 5,
        _growth_tracker: 2,
      });
    }),
  );

  for (const kind of ["Adam", "Muon"] as const) {
    it(
      `goes on bit for bit with ${kind}`,
      inFolder(async (path) => {
        manualSeed(1);
        const straight = make(kind);
        train(straight);
        train(straight);
        manualSeed(1);
        const first = make(kind);
        train(first);
        await saveCheckpoint(path, first, { epoch: 3, best: NaN });
        manualSeed(99);
        const second = make(kind);
        const extra = await loadCheckpoint(path, second);
        assertEquals(extra, { epoch: 3, best: NaN });
        train(second);
        assertEquals(weights(second), weights(straight));
        assertEquals(second.scheduler.lrs(), straight.scheduler.lrs());
        for (const parts of [straight, first, second]) release(parts);
      }),
    );
  }

  it(
    "loads some of its parts, from bytes too",
    inFolder(async (path) => {
      const first = make();
      await saveCheckpoint(path, first);
      const { model, ...second } = make();
      assertEquals(await loadCheckpoint(await readBytes(path), { model }), {});
      assertEquals(weights({ model, ...second }), weights(first));
      release(first);
      release({ model, ...second });
    }),
  );

  it(
    "changes nothing where a part is missing or refuses",
    inFolder(async (path) => {
      const first = make();
      train(first);
      await saveCheckpoint(path, {
        net: first.model,
        optimizer: first.optimizer,
      });
      const second = make("Muon");
      train(second);
      const before = weights(second);
      await assertRejects(
        () => loadCheckpoint(path, { model: second.model }),
        CheckpointError,
        "it has no part model: it has net, optimizer",
      );
      await assertRejects(
        () =>
          loadCheckpoint(path, {
            net: second.model,
            optimizer: second.optimizer,
          }),
        CheckpointError,
        "the state of optimizer does not fit",
      );
      assertEquals(weights(second), before);
      await assertRejects(
        () => saveCheckpoint(path, { model: {} as never }),
        TypeError,
        "model must have stateDict and loadStateDict",
      );
      await assertRejects(
        () => saveCheckpoint(path, { random: second.model }),
        TypeError,
        "a part named random",
      );
      await assertRejects(
        () => saveCheckpoint(path, {}),
        TypeError,
        "such as { model, optimizer }",
      );
      await assertRejects(
        () => saveCheckpoint(path, second, { fn: () => 1 }),
        TypeError,
        "it is not a plain value",
      );
      release(first);
      release(second);
    }),
  );
});
