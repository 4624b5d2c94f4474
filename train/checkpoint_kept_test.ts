import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manualSeed, randn, type Tensor } from "@tenfold/core";
import { loadSafetensors } from "@tenfold/data";
import * as nn from "@tenfold/nn";
import * as optim from "@tenfold/optim";
import { batches, makeRun } from "./_testdata/poisoned_run.ts";
import { captureWarnings } from "./_testing.ts";
import { checkpoint, type CheckpointOptions } from "./checkpoint.ts";
import { fit, type FitOptions } from "./fit.ts";
import type { History } from "./history.ts";

/** A loss that is not finite in some steps, counted from 1 on. */
function failingLoss(steps: readonly number[], value = NaN) {
  let step = 0;
  return (output: Tensor, target: Tensor) => {
    const loss = nn.functional.mseLoss(output, target);
    return steps.includes(++step) ? loss.mul(value) : loss;
  };
}

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
    const lines = await captureWarnings(async () => {
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
        const lines = await captureWarnings(() =>
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
