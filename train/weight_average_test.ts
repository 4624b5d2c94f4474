import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { manualSeed, memory, randn, type Tensor } from "@tenfold/core";
import * as nn from "@tenfold/nn";
import * as optim from "@tenfold/optim";
import "./_testing.ts";
import { checkpoint } from "./checkpoint.ts";
import { fit } from "./fit.ts";
import { weightAverage } from "./weight_average.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { mseLoss } = nn.functional;

function net() {
  manualSeed(0);
  return new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3));
}

function batches(): [Tensor, Tensor][] {
  manualSeed(1);
  return [1, 2, 3].map(() => [randn([4, 2]), randn([4, 3])]);
}

describe("weightAverage", () => {
  for (const compile of [false, true]) {
    it(`is what its formula says${compile ? ", of compiled steps" : ""}`, async () => {
      const model = net();
      const average = weightAverage({ decay: 0.9 });
      let expected: number[] | undefined;
      await fit(model, {
        loss: mseLoss,
        optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
        train: batches(),
        epochs: 2,
        compile,
        callbacks: [average, {
          name: "by hand",
          async stepEnd() {
            const now = [...await model.parameters()[0]!.data()];
            expected = expected?.map((v, i) => 0.9 * v + 0.1 * now[i]!) ?? now;
          },
        }],
        progress: false,
      });
      const { weights } = average;
      assertEquals(Object.keys(weights), Object.keys(model.stateDict()));
      const values = await weights["0.weight"]!.data();
      expected!.forEach((v, i) => assertAlmostEquals(values[i]!, v, 1e-6));
      // Buffers are those of the model.
      assertEquals(
        await weights["1.running_mean"]!.toArray(),
        await model.stateDict()["1.running_mean"]!.toArray(),
      );
      const before = memory().tensors;
      average.dispose();
      assertEquals(
        memory().tensors,
        before - Object.keys(model.stateDict()).length,
      );
      assertEquals(average.weights, {});
    });
  }

  it("goes on from a checkpoint", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tenfold-"));
    try {
      const run = async (epochs: number, path: string) => {
        const model = net();
        const average = weightAverage({ decay: 0.8 });
        await fit(model, {
          loss: mseLoss,
          optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
          train: batches(),
          epochs,
          callbacks: [average, checkpoint(path, { resume: true })],
          progress: false,
        });
        return [...await average.weights["0.weight"]!.data()];
      };
      const whole = await run(3, join(folder, "a.safetensors"));
      const parted = join(folder, "b.safetensors");
      await run(1, parted);
      assertEquals(await run(3, parted), whole);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("refuses a decay that keeps everything, or less than nothing", () => {
    for (const decay of [1, -0.1, NaN]) {
      assertThrows(() => weightAverage({ decay }), Error, "decay must be");
    }
  });
});
