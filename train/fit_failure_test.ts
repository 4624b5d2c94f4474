import { assert, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeviceError, setBackend } from "@tenfold/core";
import { makeRun } from "./_testdata/poisoned_run.ts";
import { countingBackend } from "./_testing.ts";
import type { Callback } from "./callback.ts";
import { checkpoint } from "./checkpoint.ts";
import { fit } from "./fit.ts";

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
