import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import "@tenfold/tenfold";
import {
  memory,
  noGrad,
  ones,
  scope,
  setBackend,
  type Tensor,
} from "@tenfold/core";
import { Linear } from "@tenfold/nn";
import { Adam, LBFGS } from "@tenfold/optim";
import { describeWithAdapter } from "../backends/webgpu/testing.ts";
import { launchersHere, runJob } from "./_testing.ts";
import { DistributedDataParallel } from "./data_parallel.ts";
import { init } from "./init.ts";
import { ZeroRedundancyOptimizer } from "./zero_redundancy_optimizer.ts";

/** What the script tells of an optimizer. */
interface Figures {
  readonly losses: number;
  readonly weights: number;
  readonly states: number;
}

/** Calls a function with a folder of its own. */
async function inFolder<T>(fn: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(`${tmpdir()}/tenfold-`);
  try {
    return await fn(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

for (const launcher of launchersHere()) {
  describe(`optimizers in shards on ${launcher}`, () => {
    for (const ranks of [2, 4]) {
      it(`step ${ranks} ranks as whole ones, and are saved whole`, async () => {
        const chosen = ranks === 2 ? "" : "SGD,Adam,Muon";
        const job = await inFolder((folder) =>
          runJob("zero.ts", [folder, "wasm-simd", chosen], { launcher, ranks })
        );
        assertEquals([job.code, job.reports.length], [0, ranks], job.stderr);
        for (const report of job.reports) {
          const { left, ...found } = report;
          assertEquals(left, 0);
          for (const [name, one] of Object.entries<Figures>(found)) {
            const bound = name === "float32" ? 1e-6 : 1e-12;
            const far = Math.max(one.losses, one.weights, one.states);
            assert(far < bound, `${name}: ${far}`);
          }
        }
        for (const name of Object.keys(job.reports[0])) {
          if (name === "left") continue;
          const bytes = job.reports.map((report) => report[name].bytes);
          const { whole } = job.reports[0][name];
          assertEquals([name, bytes.reduce((a, b) => a + b)], [name, whole]);
          // Matrices that cannot be cut go to one rank each.
          if (name === "Muon" || name === "Adafactor") continue;
          for (const one of bytes) {
            assert(Math.abs(one - whole / ranks) <= 64, `${name}: ${bytes}`);
          }
        }
      });
    }
  });
}

if (launchersHere().length > 0) {
  describeWithAdapter("two ranks on webgpu", () => {
    it("train by way of the host, in loops and in fit", async () => {
      const job = await inFolder((folder) =>
        runJob("zero.ts", [folder, "webgpu"])
      );
      assertEquals([job.code, job.reports.length], [0, 2], job.stderr);
      for (const { float32, fit, left } of job.reports) {
        const far = Math.max(float32.losses, float32.weights, float32.states);
        assert(far < 1e-6, String(far));
        assert(fit < 1e-6, String(fit));
        assertEquals([float32.whole, float32.bytes], [14480, 7240]);
        assertEquals(left, 0);
      }
    });
  });
}

describe("ZeroRedundancyOptimizer", () => {
  it("is the optimizer itself in a world of one", async () => {
    await setBackend("cpu-typedarray");
    const before = memory().tensors;
    const train = async (sharded: boolean) => {
      const model = new Linear(3, 1, { bias: false });
      noGrad(() => model.weight.fill_(0.5));
      const replica = new DistributedDataParallel(model, await init());
      const adam = new Adam(model.parameters(), { lr: 0.1 });
      const zero = new ZeroRedundancyOptimizer(adam, replica);
      const optimizer = sharded ? zero : adam;
      for (let step = 0; step < 3; step++) {
        optimizer.zeroGrad();
        using _ = scope();
        replica.forward(ones([2, 3])).square().mean().backward();
        if (sharded) assertEquals(typeof zero.clipGradNorm(1e9), "number");
        await optimizer.step();
      }
      const weight = [...await model.weight.data()];
      const { step, expAvg } = zero.stateDict().state["0"]!;
      const state = [step, ...(expAvg as Tensor).dataSync()];
      assertEquals(zero.stateBytes, 2 * 3 * 4);
      zero.zeroGrad();
      zero.dispose();
      replica.dispose();
      model.weight.dispose();
      return [weight, state];
    };
    assertEquals(await train(true), await train(false));
    assertEquals(memory().tensors, before);
  });

  it("refuses what cannot be divided", async () => {
    await setBackend("cpu-typedarray");
    const before = memory().tensors;
    const model = new Linear(3, 1);
    const other = new Linear(2, 1);
    const replica = new DistributedDataParallel(model, await init());
    const adam = new Adam(model.parameters());
    assertThrows(
      () => new ZeroRedundancyOptimizer(new LBFGS(model.parameters()), replica),
      TypeError,
      "Cannot shard an optimizer LBFGS, whose steps need all gradients on each rank",
    );
    assertThrows(
      () => new ZeroRedundancyOptimizer({ step() {} } as never, replica),
      TypeError,
      "Cannot shard an optimizer that is not one of @tenfold/optim",
    );
    assertThrows(
      () => new ZeroRedundancyOptimizer(adam, model as never),
      TypeError,
      "Cannot shard an optimizer without a DistributedDataParallel",
    );
    assertThrows(
      () => new ZeroRedundancyOptimizer(new Adam(other.parameters()), replica),
      TypeError,
      "Cannot shard an optimizer as a parameter of shape [1, 2] is not one of the model's",
    );
    const zero = new ZeroRedundancyOptimizer(adam, replica);
    assertThrows(
      () => new ZeroRedundancyOptimizer(adam, replica),
      Error,
      "Cannot shard an optimizer as its DistributedDataParallel has one already",
    );
    assertThrows(
      () => zero.clipGradNorm(-1),
      RangeError,
      "Cannot clip gradients to a norm of -1",
    );
    zero.release();
    assertThrows(
      () => zero.step(),
      Error,
      "Cannot step by a sharded optimizer that was released",
    );
    replica.dispose();
    for (const param of [...model.parameters(), ...other.parameters()]) {
      param.dispose();
    }
    assertEquals(memory().tensors, before);
  });
});
