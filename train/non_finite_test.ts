import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DeviceError,
  manualSeed,
  randn,
  setBackend,
  type Tensor,
  tidy,
} from "@tenfold/core";
import { loadSafetensors } from "@tenfold/data";
import * as nn from "@tenfold/nn";
import * as optim from "@tenfold/optim";
import { asyncBackend, countingBackend } from "./_testing.ts";
import type { Callback } from "./callback.ts";
import { checkpoint, type CheckpointOptions } from "./checkpoint.ts";
import { NonFiniteError } from "./errors.ts";
import { fit, type FitOptions } from "./fit.ts";
import type { History } from "./history.ts";
import type { Model } from "./model.ts";

/** What `work` says with `console.warn`. */
async function warnings(work: () => Promise<unknown>): Promise<string[]> {
  const lines: string[] = [];
  const { warn } = console;
  console.warn = (...parts) => void lines.push(parts.join(" "));
  try {
    await work();
  } finally {
    console.warn = warn;
  }
  return lines;
}

type Pair = readonly [Tensor, Tensor];

function batches(count: number, poisoned: readonly number[] = []): Pair[] {
  manualSeed(4);
  return Array.from({ length: count }, (_, i) =>
    tidy(() => {
      const x = randn([6, 3]);
      const y = x.sum(1, { keepDim: true });
      return [poisoned.includes(i) ? x.mul(NaN) : x, y] as const;
    }));
}

/** A net with buffers, whose running figures a bad batch would spoil. */
function makeRun(more: Partial<FitOptions> = {}): {
  model: Model;
  options: FitOptions;
} {
  manualSeed(9);
  const model = new nn.Sequential(
    new nn.Linear(3, 4),
    new nn.BatchNorm1d(4),
    new nn.Linear(4, 1),
  );
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  return {
    model,
    options: {
      loss: nn.functional.mseLoss,
      optimizer,
      epochs: 3,
      progress: false,
      ...more,
      train: more.train ?? batches(4),
    },
  };
}

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
      const lines = await warnings(async () => {
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
      const lines = await warnings(async () => {
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
    const lines = await warnings(async () => {
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
    const lines = await warnings(async () => {
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
      await warnings(() => fit(model, options));
      const before = backend.bytes;
      await warnings(() => fit(model, options));
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

/** Saves in a folder of its own, and gives what lies there in the end. */
async function saved(
  saving: CheckpointOptions,
  more: Partial<FitOptions>,
  look: (folder: string, history: History) => Promise<void>,
): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "tenfold-"));
  try {
    const { model, options } = makeRun(more);
    let history: History | undefined;
    const lines = await warnings(async () => {
      history = await fit(model, {
        ...options,
        callbacks: [checkpoint(join(folder, "run.safetensors"), saving)],
      });
    });
    await look(folder, history!);
    return lines;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function stepOf(path: string): Promise<number> {
  const { model, options } = makeRun();
  let step = -1;
  await fit(model, {
    ...options,
    callbacks: [checkpoint(path, { resume: true, keepLast: 1 }), {
      name: "look",
      resume(run) {
        step = run.step;
        run.stop();
      },
    }],
  });
  return step;
}

describe("checkpoint", () => {
  it("keeps the last state that is finite", async () => {
    const lines = await saved(
      { everySteps: 1 },
      { loss: failingLoss([7]) },
      async (folder) => {
        const path = join(folder, "run.safetensors");
        for (const tensor of Object.values(await loadSafetensors(path))) {
          assert([...await tensor.data()].every(Number.isFinite));
        }
        assertEquals(await stepOf(path), 6);
      },
    );
    assertEquals(lines.length, 2);
    assert(
      lines[0]!.includes(
        "stays as it was after step 6 as 0.bias is not finite after step 7",
      ),
      lines[0],
    );
  });

  it("saves what was not finite from the beginning", async () => {
    class Masked extends nn.Module {
      linear = new nn.Linear(3, 1);
      mask = new nn.Buffer(randn([2]).mul(0).log());
      forward(x: Tensor): Tensor {
        return this.linear.forward(x);
      }
    }
    const folder = await mkdtemp(join(tmpdir(), "tenfold-"));
    try {
      const path = join(folder, "run.safetensors");
      for (const [epochs, resume] of [[1, false], [2, true], [3, false]]) {
        manualSeed(1);
        const model = new Masked();
        const lines = await warnings(() =>
          fit(model, {
            ...makeRun().options,
            optimizer: new optim.SGD(model.parameters(), { lr: 0.01 }),
            epochs: epochs as number,
            callbacks: [checkpoint(path, { resume: resume as boolean })],
          })
        );
        assertEquals(lines, []);
        const file = await loadSafetensors(path);
        assertEquals(
          await file["model.linear.weight"]!.data(),
          await model.linear.weight.data(),
        );
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("keeps as many states as it is told", async () => {
    await saved({ everySteps: 2, keepLast: 3 }, {}, async (folder) => {
      assertEquals((await readdir(folder)).sort(), [
        "run-step10.safetensors",
        "run-step8.safetensors",
        "run.safetensors",
      ]);
      for (const step of [8, 10]) {
        assertEquals(
          await stepOf(join(folder, `run-step${step}.safetensors`)),
          step,
        );
      }
      assertEquals(await stepOf(join(folder, "run.safetensors")), 12);
      // A run that resumes goes on with them.
      const { model, options } = makeRun({ epochs: 4 });
      await fit(model, {
        ...options,
        callbacks: [
          checkpoint(join(folder, "run.safetensors"), {
            keepLast: 3,
            resume: true,
          }),
        ],
      });
      assertEquals((await readdir(folder)).sort(), [
        "run-step10.safetensors",
        "run-step12.safetensors",
        "run.safetensors",
      ]);
    });
  });

  it("keeps the state of the best epoch", async () => {
    await saved(
      { best: true, everyEpochs: 5 },
      { validation: batches(1), epochs: 6 },
      async (folder, history) => {
        const losses = history.figures("validation.loss");
        const best = losses.indexOf(Math.min(...losses)) + 1;
        assertEquals(
          await stepOf(join(folder, "run-best.safetensors")),
          4 * best,
        );
      },
    );
    // Of figures that fall the first is the best where larger is better.
    await saved(
      { best: { monitor: "validation.loss", mode: "max" } },
      { validation: batches(1) },
      async (folder, history) => {
        const losses = history.figures("validation.loss");
        const best = losses.indexOf(Math.max(...losses)) + 1;
        assertEquals(
          await stepOf(join(folder, "run-best.safetensors")),
          4 * best,
        );
      },
    );
  });

  it("remembers how good the best epoch was", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tenfold-"));
    try {
      const path = join(folder, "run.safetensors");
      // Figures of the epochs, in the order in which they are computed.
      const figures = [5, 2, 3, 4, 1];
      const run = async (epochs: number) => {
        const { model, options } = makeRun({ epochs });
        const done = { epochs: 0 };
        await fit(model, {
          ...options,
          metrics: {
            figure: {
              name: "figure",
              statistics: (output) => output.sum().mul(0),
              compute: () => figures[done.epochs]!,
            },
          },
          callbacks: [
            checkpoint(path, {
              best: { monitor: "train.figure" },
              resume: true,
            }),
            {
              name: "count",
              resume: ({ epoch }) => void (done.epochs = epoch),
              epochEnd: ({ epoch }) => void (done.epochs = epoch),
            },
          ],
        });
        const { model: other, options: more } = makeRun();
        let step = 0;
        await fit(other, {
          ...more,
          metrics: { figure: () => 0 as never },
          callbacks: [
            checkpoint(join(folder, "run-best.safetensors"), { resume: true }),
            {
              name: "look",
              resume(run) {
                step = run.step;
                run.stop();
              },
            },
          ],
        });
        return step / 4;
      };
      assertEquals(await run(1), 1);
      assertEquals(await run(2), 2);
      assertEquals(await run(3), 2);
      assertEquals(await run(4), 2);
      assertEquals(await run(5), 5);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("names the option that is wrong", () => {
    for (
      const [options, message] of [
        [{ keepLast: 0 }, "keepLast must be a positive integer: got 0"],
        [{ best: 3 }, "best must be true or false: got 3"],
        [{ best: { mode: "up" } }, 'mode must be "min" or "max"'],
      ] as [CheckpointOptions, string][]
    ) {
      let error: Error | undefined;
      try {
        checkpoint("x", options);
      } catch (thrown) {
        error = thrown as Error;
      }
      assert(
        error?.message.startsWith("Cannot save checkpoints as") &&
          error.message.includes(message),
        error?.message,
      );
    }
  });
});

describe("fit that fails", () => {
  it("throws the first error, whatever callbacks do in close", async () => {
    const { model, options } = makeRun();
    const closing: Callback = {
      name: "closing",
      close: () => Promise.reject(new Error("cannot close")),
    };
    await assertRejects(
      () =>
        fit(model, {
          ...options,
          callbacks: [closing, {
            name: "failing",
            stepEnd() {
              throw new Error("no more");
            },
          }],
        }),
      Error,
      "no more",
    );
    await assertRejects(
      () => fit(model, { ...options, callbacks: [closing] }),
      Error,
      "cannot close",
    );
  });

  it("says from where a run can go on whose device was lost", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tenfold-"));
    const path = join(folder, "run.safetensors");
    const backend = countingBackend();
    let lost = false;
    const device = Object.defineProperty({ ...backend, name: "gpu" }, "lost", {
      get: () => lost,
    });
    await setBackend(device);
    try {
      const lose: Callback = {
        name: "lose",
        stepEnd(run) {
          if (run.step < 6) return;
          lost = true;
          throw new DeviceError("the device was lost");
        },
      };
      for (const saves of [false, true]) {
        lost = false;
        const { model, options } = makeRun();
        const error = await assertRejects(
          () =>
            fit(model, {
              ...options,
              callbacks: [
                ...(saves ? [checkpoint(path, { everySteps: 4 })] : []),
                lose,
              ],
            }),
          DeviceError,
          "Cannot go on with fit as the device of gpu was lost after step 6 (epoch 2), and the parameters with it",
        );
        assert(
          error.message.endsWith(
            saves
              ? `call fit with train.checkpoint("${path}", { resume: true }), which goes on from step 4`
              : "with train.checkpoint(path) among the callbacks, so that a run can go on from its last state",
          ),
          error.message,
        );
        assert((error.cause as Error).message === "the device was lost");
      }
    } finally {
      await setBackend("cpu-typedarray");
      await rm(folder, { recursive: true });
    }
  });
});
