import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  manualSeed,
  randn,
  setBackend,
  type Tensor,
  tidy,
} from "@tenfold/core";
import {
  DataLoader,
  FileError,
  loadSafetensors,
  saveSafetensors,
  TensorDataset,
} from "@tenfold/data";
import * as nn from "@tenfold/nn";
import * as optim from "@tenfold/optim";
import { asyncBackend, countingBackend } from "./_testing.ts";
import { accuracy } from "./accuracy.ts";
import type { Callback } from "./callback.ts";
import { checkpoint, type CheckpointOptions } from "./checkpoint.ts";
import { earlyStopping } from "./early_stopping.ts";
import { CheckpointError } from "./errors.ts";
import { fit, type FitOptions } from "./fit.ts";
import type { History } from "./history.ts";
import type { Model } from "./model.ts";

let folder = "";
let path = "";

/** Gives each test of a suite a folder of its own. */
function inFolder(): void {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tenfold-"));
    path = join(folder, "run.safetensors");
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });
}

/** Everything that a run is made of, as a script makes it. */
function setUp(seed = 0): { model: Model; options: FitOptions } {
  manualSeed(1234);
  const [x, y] = tidy(() => {
    const x = randn([50, 3]);
    return [x, x.sum(1).gt(0).cast("int32")] as const;
  });
  manualSeed(seed);
  const dataset = new TensorDataset(x, y);
  const model = new nn.Sequential(
    new nn.Linear(3, 8),
    new nn.ReLU(),
    new nn.Dropout({ p: 0.3 }),
    new nn.Linear(8, 2),
  );
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  return {
    model,
    options: {
      loss: nn.functional.crossEntropy,
      optimizer,
      scheduler: new optim.ExponentialLR(optimizer, { gamma: 0.9 }),
      train: new DataLoader(dataset, { batchSize: 8, shuffle: true }),
      validation: new DataLoader(dataset, { batchSize: 20, shuffle: true }),
      epochs: 6,
      metrics: [accuracy()],
      progress: false,
    },
  };
}

/** What is compared of a run: the parameters and the figures, but no times. */
async function outcome(model: Model, history: History) {
  const parameters = await Promise.all(
    Object.entries(model.stateDict()).map(async ([name, tensor]) =>
      [name, await tensor.data()] as const
    ),
  );
  const epochs = history.epochs.map(({ seconds: _, ...rest }) => rest);
  return { parameters, epochs };
}

/** A run that nothing interrupts. */
async function straight(more: Partial<FitOptions> = {}) {
  const { model, options } = setUp();
  return outcome(model, await fit(model, { ...options, ...more }));
}

/** A run that a power cut ends after so many steps. */
async function interrupted(
  steps: number,
  saving: CheckpointOptions,
  more: Partial<FitOptions> = {},
): Promise<void> {
  const { model, options } = setUp();
  const powerCut: Callback = {
    name: "powerCut",
    stepEnd(run) {
      if (run.step > steps) throw new Error("power cut");
    },
  };
  await assertRejects(
    () =>
      fit(model, {
        ...options,
        ...more,
        callbacks: [
          checkpoint(path, saving),
          ...more.callbacks ?? [],
          powerCut,
        ],
      }),
    Error,
    "power cut",
  );
}

/** A new run, in a program whose random numbers are others, that resumes. */
async function resumed(more: Partial<FitOptions> = {}) {
  const { model, options } = setUp(99);
  const history = await fit(model, {
    ...options,
    ...more,
    callbacks: [
      checkpoint(path, { resume: true }),
      ...more.callbacks ?? [],
    ],
  });
  return outcome(model, history);
}

describe("checkpoint", () => {
  inFolder();

  it("resumes after an epoch to the same bits", async () => {
    // 7 steps an epoch: the power fails in the fourth.
    await interrupted(24, {});
    assertEquals(await resumed(), await straight());
  });

  it("resumes within an epoch to the same bits", async () => {
    for (const steps of [1, 10, 17, 21, 41]) {
      await interrupted(steps, { everySteps: 1 });
      assertEquals(await resumed(), await straight());
    }
  });

  it("has saved before the first step", async () => {
    await interrupted(0, {});
    assertEquals(await resumed(), await straight());
  });

  it("resumes more than once", async () => {
    await interrupted(10, { everySteps: 5 });
    const { model, options } = setUp(5);
    await fit(model, {
      ...options,
      epochs: 4,
      callbacks: [checkpoint(path, { resume: true })],
    });
    assertEquals(await resumed(), await straight());
  });

  it("says that a finished run has nothing to train", async () => {
    const first = await resumed();
    const said: unknown[] = [];
    const { warn } = console;
    console.warn = (text) => said.push(text);
    try {
      assertEquals(await resumed({ progress: true }), first);
    } finally {
      console.warn = warn;
    }
    assertEquals(said, [
      "Nothing to train as all 6 epochs are done: raise epochs to go on",
    ]);
  });

  it("resumes with every optimizer and schedule to the same bits", async () => {
    for (
      const Optimizer of [
        optim.SGD,
        optim.Adam,
        optim.AdamW,
        optim.RMSprop,
        optim.Adagrad,
      ]
    ) {
      const more = (model: Model): Partial<FitOptions> => {
        const optimizer = new Optimizer(
          model.parameters(),
          Optimizer === optim.SGD ? { lr: 0.1, momentum: 0.9 } : { lr: 0.01 },
        );
        return {
          optimizer,
          scheduler: new optim.OneCycleLR(optimizer, {
            maxLr: 0.05,
            totalSteps: 42,
            cycleMomentum: Optimizer === optim.SGD,
          }),
        };
      };
      const whole = setUp();
      const expected = await outcome(
        whole.model,
        await fit(whole.model, { ...whole.options, ...more(whole.model) }),
      );
      const first = setUp();
      await assertRejects(() =>
        fit(first.model, {
          ...first.options,
          ...more(first.model),
          callbacks: [checkpoint(path, { everySteps: 1 }), {
            name: "powerCut",
            stepEnd(run) {
              if (run.step > 16) throw new Error("power cut");
            },
          }],
        })
      );
      const second = setUp(7);
      const found = await outcome(
        second.model,
        await fit(second.model, {
          ...second.options,
          ...more(second.model),
          callbacks: [checkpoint(path, { resume: true })],
        }),
      );
      assertEquals(found, expected, Optimizer.name);
      await rm(path);
    }
  });

  it("keeps what earlyStopping remembers, wherever it stands", async () => {
    const stopping = () =>
      earlyStopping({
        monitor: "validation.accuracy",
        patience: 2,
        minDelta: 0.5,
        restoreBest: true,
      });
    const expected = await straight({ callbacks: [stopping()] });
    assertEquals(expected.epochs.length, 3);
    await interrupted(15, {}, { callbacks: [stopping()] });
    assertEquals(await resumed({ callbacks: [stopping()] }), expected);
    // Once stopped, it stays so.
    assertEquals(await resumed({ callbacks: [stopping()] }), expected);
  });

  it("resumes from batches that are not a loader's", async () => {
    const batches = () => {
      manualSeed(3);
      return Array.from({ length: 5 }, () => {
        const x = randn([4, 3]);
        return [x, x.sum(1).gt(0).cast("int32")] as const;
      });
    };
    const more = () => ({ train: batches(), validation: batches() });
    await interrupted(8, { everySteps: 1 }, more());
    assertEquals(await resumed(more()), await straight(more()));
  });

  it("resumes on a device that is read asynchronously", async () => {
    await setBackend(asyncBackend());
    try {
      await interrupted(10, { everySteps: 1 });
      assertEquals(await resumed(), await straight());
    } finally {
      await setBackend("cpu-typedarray");
    }
  });

  it("begins anew where there is no file, or resume is off", async () => {
    assertEquals(
      await resumed(),
      await (async () => {
        const { model, options } = setUp(99);
        return outcome(model, await fit(model, options));
      })(),
    );
    const { model, options } = setUp();
    const history = await fit(model, {
      ...options,
      epochs: 1,
      callbacks: [checkpoint(path)],
    });
    assertEquals(history.epochs.length, 1);
  });

  it("saves as often as it is told, and the last epoch always", async () => {
    const { model, options } = setUp();
    const saved: number[] = [];
    await fit(model, {
      ...options,
      epochs: 5,
      callbacks: [checkpoint(path, { everyEpochs: 3 }), {
        name: "look",
        resume: () => rm(path),
        async save(run, at) {
          if (at !== "epoch") return;
          if ((await readdir(folder)).length === 0) return;
          saved.push(run.epoch);
          await rm(path);
        },
      }],
    });
    assertEquals(saved, [3, 5]);
  });

  it("is one file that holds the parameters by name", async () => {
    const { model, options } = setUp();
    await fit(model, {
      ...options,
      epochs: 1,
      callbacks: [checkpoint(path, { everySteps: 2 })],
    });
    assertEquals(await readdir(folder), ["run.safetensors"]);
    const tensors = await loadSafetensors(path);
    for (const [name, own] of Object.entries(model.stateDict())) {
      assertEquals(await tensors[`model.${name}`]!.data(), await own.data());
    }
  });

  it("leaves nothing in memory", async () => {
    const backend = countingBackend();
    await setBackend(backend);
    try {
      const { model, options } = setUp();
      const run = (epochs: number) =>
        fit(model, {
          ...options,
          epochs,
          callbacks: [checkpoint(path, { everySteps: 3, resume: true })],
        });
      await run(2);
      const before = backend.bytes;
      await run(4);
      assertEquals(backend.bytes, before);
    } finally {
      await setBackend("cpu-typedarray");
    }
  });
});

describe("checkpoint of something else", () => {
  inFolder();

  /** The message, and that neither file nor run has changed. */
  async function refuses(
    more: (model: Model) => Partial<FitOptions>,
    message: string,
    model: Model = setUp(1).model,
  ): Promise<void> {
    const { options } = setUp(2);
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.5 });
    const file = await readFile(path);
    const values = async () =>
      await Promise.all(model.parameters().map((p: Tensor) => p.data()));
    const before = await values();
    await assertRejects(
      () =>
        fit(model, {
          ...options,
          optimizer,
          scheduler: new optim.ExponentialLR(optimizer, { gamma: 0.5 }),
          callbacks: [checkpoint(path, { resume: true })],
          ...more(model),
        }),
      CheckpointError,
      message,
    );
    assertEquals(await values(), before);
    assertEquals(await readFile(path), file);
    assertEquals(optimizer.paramGroups[0].lr, 0.5);
  }

  beforeEach(async () => await interrupted(10, { everySteps: 1 }));

  it("names the first parameter that differs", async () => {
    await refuses(
      () => ({}),
      "Cannot resume as the checkpoint is of another net, which differs first in 3.weight: got shape [2, 8] of float32 in the checkpoint and shape [5, 8] of float32 in the model",
      new nn.Sequential(
        new nn.Linear(3, 8),
        new nn.ReLU(),
        new nn.Dropout({ p: 0.3 }),
        new nn.Linear(8, 5),
      ),
    );
    await refuses(
      () => ({}),
      "differs first in 2.weight: got none in the checkpoint and shape [2, 8] of float32 in the model",
      new nn.Sequential(
        new nn.Linear(3, 8),
        new nn.ReLU(),
        new nn.Linear(8, 2),
      ),
    );
    await refuses(
      () => ({}),
      "differs first in 3.weight: got shape [2, 8] of float32 in the checkpoint and none in the model",
      new nn.Sequential(new nn.Linear(3, 8)),
    );
  });

  it("refuses another optimizer, schedule or order of data", async () => {
    await refuses(
      (model) => ({ optimizer: new optim.SGD(model.parameters(), { lr: 1 }) }),
      "Cannot resume as the state of optimizer does not fit",
    );
    await refuses(
      () => ({ scheduler: undefined as never }),
      "Cannot resume as the checkpoint was saved with a schedule, which this run has not",
    );
    const dataset = new TensorDataset(randn([9, 3]));
    await refuses(
      () => ({ train: new DataLoader(dataset) as never }),
      "Cannot resume as the state of train does not fit: Cannot load the state of a DataLoader as it belongs to other batches: got 50 samples in batches of 8, expected 9 in batches of 1",
    );
    await refuses(
      () => ({ metrics: [] }),
      "Cannot resume within an epoch with other metrics: got accuracy, loss in the checkpoint and loss in this run",
    );
  });

  it("refuses files that are not whole checkpoints", async () => {
    const whole = await readFile(path);
    for (const cut of [0, 7, 100, whole.length - 1]) {
      await writeFile(path, whole.subarray(0, cut));
      await refuses(() => ({}), `Cannot read the checkpoint ${path} as it is`);
    }
    await saveSafetensors(path, setUp().model.stateDict());
    await refuses(() => ({}), "it is a safetensors file of something else");
    const metadata = { format: "tenfold checkpoint", version: "1" };
    await saveSafetensors(path, {}, { metadata: { ...metadata, state: "{" } });
    await refuses(() => ({}), "its state is damaged");
    await saveSafetensors(path, {}, { metadata: { ...metadata, state: "{}" } });
    await refuses(() => ({}), "Cannot resume as epoch is damaged");
  });
});

describe("checkpoint and the file system", () => {
  inFolder();

  it("makes the folder", async () => {
    path = join(folder, "a", "b", "run.safetensors");
    await interrupted(10, { everySteps: 1 });
    assertEquals(await resumed(), await straight());
  });

  it("says where it cannot write, before the first step", async () => {
    path = join(folder, "file", "run.safetensors");
    await writeFile(join(folder, "file"), "");
    const { model, options } = setUp();
    const calls: string[] = [];
    await assertRejects(
      () =>
        fit(model, {
          ...options,
          callbacks: [checkpoint(path), {
            name: "calls",
            stepEnd: () => void calls.push("stepEnd"),
          }],
        }),
      FileError,
      path,
    );
    assertEquals(calls, []);
  });

  it("names the option that is wrong", () => {
    assertThrows(
      () => checkpoint("x", { everySteps: 0 }),
      RangeError,
      "Cannot save checkpoints as everySteps must be a positive integer: got 0",
    );
    assert(checkpoint("x").name === "checkpoint");
    assertNotEquals(checkpoint("x"), checkpoint("x"));
  });
});
