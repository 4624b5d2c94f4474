import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memory, scope, type Tensor, tensor } from "@tenfold/core";
import { DataLoader, TensorDataset } from "@tenfold/data";
import { fromTransferable, toTransferable } from "@tenfold/data/internal";
import * as nn from "@tenfold/nn";
import * as optim from "@tenfold/optim";
import "./_testing.ts";
import { fit } from "./fit.ts";
import { inWorker, type JobEvent } from "./in_worker.ts";

const JOB = new URL("./_testdata/worker/job.ts", import.meta.url);

interface Output {
  readonly state: nn.StateDict;
  readonly loss: number;
}

type Event = JobEvent | { readonly type: "began"; readonly weight: Tensor };

/** The input of a job, and the model that it begins with. */
function inputs(job: "fit" | "fail" | "hang", epochs: number) {
  const x = tensor([[1, 2], [3, 4], [5, 6], [7, 8]]).div(8);
  const y = x.sum(1, { keepDim: true });
  const model = new nn.Linear(2, 1);
  const state = model.stateDict();
  return { model, input: { job, epochs, x, y, state } };
}

/** Runs `work`, which leaves no tensor behind. */
async function balanced(work: () => Promise<void>): Promise<void> {
  const before = memory().bytes;
  await work();
  assertEquals(memory().bytes, before);
}

describe("inWorker", () => {
  it("does not wait without end for a module that defines no job", async () => {
    const data = "../data/_testdata/worker/";
    const silent = new URL(`${data}silent.ts`, import.meta.url);
    await assertRejects(
      () => inWorker(silent, {}, { startTimeout: 20 }).result,
      Error,
      "its module has not called workerJob within 20 ms",
    );
    const dataset = new URL(`${data}squares.ts`, import.meta.url);
    await assertRejects(
      () => inWorker(dataset, {}).result,
      Error,
      "call workerJob in it",
    );
  });

  it("trains elsewhere, to the same bits, with an event for each epoch", async () => {
    await balanced(async () => {
      const room = scope();
      const { model, input } = inputs("fit", 3);
      const job = inWorker<Output, Event>(JOB, input);
      const events: Event[] = [];
      for await (const event of job) events.push(event);
      const { state, loss } = await job.result;
      const epochs = events.filter((event) => event.type === "epoch");
      assertEquals(epochs.map(({ record }) => record.epoch), [1, 2, 3]);
      assertEquals(epochs.at(-1)!.record.train["loss"], loss);
      const [began] = events;
      assert(began?.type === "began");
      assertEquals(await began.weight.toArray(), await model.weight.toArray());
      const untrained = await model.weight.toArray();
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
      await fit(model, {
        loss: nn.functional.mseLoss,
        optimizer,
        train: new DataLoader(new TensorDataset(input.x, input.y), {
          batchSize: 2,
        }),
        epochs: 3,
        progress: false,
      });
      assertEquals(
        await state["weight"]!.toArray(),
        await model.weight.toArray(),
      );
      assertNotEquals(await model.weight.toArray(), untrained);
      for (const sent of [began.weight, ...Object.values(state)]) {
        sent.dispose();
      }
      optimizer.dispose();
      model.dispose();
      room.dispose();
    });
  });

  it("stops between two steps where it is asked to", async () => {
    await balanced(async () => {
      const room = scope();
      const { model, input } = inputs("fit", 1e9);
      const controller = new AbortController();
      const job = inWorker<Output, Event>(JOB, input, {
        signal: controller.signal,
      });
      let epochs = 0;
      const error = await assertRejects(async () => {
        for await (const event of job) {
          if (event.type === "began") event.weight.dispose();
          if (event.type === "epoch" && ++epochs === 2) controller.abort();
        }
      });
      assertEquals((error as Error).name, "AbortError");
      assert(epochs >= 2);
      model.dispose();
      room.dispose();
    });
  });

  it("rejects with the reason of the signal itself, which need not be one that can be sent", async () => {
    await balanced(async () => {
      const room = scope();
      const { model, input } = inputs("fit", 1e9);
      const controller = new AbortController();
      const reason = { button: "stop", label: () => "Stop" };
      const job = inWorker<Output, Event>(JOB, input, {
        signal: controller.signal,
      });
      const thrown = await (async () => {
        for await (const event of job) {
          if (event.type === "began") event.weight.dispose();
          if (event.type === "epoch") controller.abort(reason);
        }
      })().catch((error: unknown) => error);
      assertStrictEquals(thrown, reason);
      model.dispose();
      room.dispose();
    });
  });

  it("leaves the last checkpoint where it is stopped, from which a job goes on to the same bits", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tenfold-worker-"));
    try {
      await balanced(async () => {
        const room = scope();
        const { model, input } = inputs("fit", 1e9);
        const path = join(folder, "run.safetensors");
        const controller = new AbortController();
        const job = inWorker<Output, Event>(JOB, { ...input, path }, {
          signal: controller.signal,
        });
        let last = 0;
        await assertRejects(async () => {
          for await (const event of job) {
            if (event.type === "began") event.weight.dispose();
            if (event.type === "epoch") last = event.record.epoch;
            if (last === 2) controller.abort();
          }
        });
        assert(last >= 2);
        /** The weight and the epochs of a job without a stop. */
        const whole = async (epochs: number, path?: string) => {
          const job = inWorker<Output, Event>(JOB, { ...input, epochs, path });
          const seen: number[] = [];
          for await (const event of job) {
            if (event.type === "began") event.weight.dispose();
            if (event.type === "epoch") seen.push(event.record.epoch);
          }
          const { state } = await job.result;
          const weight = await state["weight"]!.toArray();
          for (const sent of Object.values(state)) sent.dispose();
          return { weight, seen };
        };
        const further = await whole(last + 5, path);
        // It went on after the last epoch that was over.
        assert(further.seen.length <= 5, `${further.seen}`);
        assertEquals(further.weight, (await whole(last + 5)).weight);
        model.dispose();
        room.dispose();
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("brings errors with their name and stack", async () => {
    const room = scope();
    const { model, input } = inputs("fail", 1);
    const error = await assertRejects(
      () => inWorker(JOB, input).result,
      Error,
      "nothing is right",
    ) as Error;
    assertEquals(error.name, "RangeError");
    assert(error.stack!.includes("job.ts"), error.stack);
    model.dispose();
    room.dispose();
  });

  it("ends one that hears nothing", async () => {
    const room = scope();
    const { model, input } = inputs("hang", 1);
    const job = inWorker(JOB, input);
    setTimeout(() => job.terminate(), 50);
    await assertRejects(() => job.result, Error, "The job was terminated");
    model.dispose();
    room.dispose();
  });

  it("does not begin where it is aborted before, and says what cannot be sent", async () => {
    await assertRejects(
      () => inWorker(JOB, {}, { signal: AbortSignal.abort() }).result,
      Error,
      "abort",
    );
    await assertRejects(
      () => inWorker(JOB, { fn: () => 1 }).result,
      Error,
      "Cannot run a job in a worker as its input cannot be sent to another thread",
    );
    assertThrows(
      () => inWorker(JOB, {}, { signal: 1 as never }),
      TypeError,
      "signal must be an AbortSignal",
    );
  });

  it("says what its module throws, and where", async () => {
    const module = new URL("./_testdata/worker/broken.ts", import.meta.url);
    const { message, cause } = await assertRejects(
      () => inWorker(module, {}).result,
      Error,
      "this module is broken",
    );
    const where = `${message}${(cause as Error | undefined)?.stack}`;
    assert(where.includes("broken.ts"), where);
  });

  it("says how its module is named", {
    ignore: "Bun" in globalThis, // There, names are relative to the folder.
  }, async () => {
    await assertRejects(
      () => inWorker("./job.ts", {}).result,
      Error,
      'new URL("./job.ts", import.meta.url)',
    );
  });

  it("says where there is no such module", async () => {
    await assertRejects(
      () => inWorker(new URL("./missing.ts", import.meta.url), {}).result,
      Error,
      "Cannot run a job in a worker as it failed",
    );
  });
});

describe("toTransferable", () => {
  it("keeps build, dtypes, shapes and values", async () => {
    await balanced(async () => {
      const original = {
        list: [tensor([[1.5], [2.5]]), tensor([true, false])],
        whole: tensor([1, -2], { dtype: "int32" }),
        empty: tensor([], { shape: [0, 3] }),
        name: "net",
        none: null,
        map: new Map([[1, 2]]),
      };
      const { value, transfer } = await toTransferable(original);
      assertEquals(transfer.length, 4);
      const sent = structuredClone(value, { transfer });
      const again = fromTransferable<typeof original>(sent);
      const parts = (
        { list, whole, empty }: typeof original,
      ) => [...list, whole, empty];
      const facts = (value: typeof original) =>
        Promise.all(
          parts(value).map(async (t) => [t.dtype, t.shape, await t.toArray()]),
        );
      assertEquals(await facts(again), await facts(original));
      assertEquals([again.name, again.none, again.map.get(1)], [
        "net",
        null,
        2,
      ]);
      for (const t of [...parts(again), ...parts(original)]) t.dispose();
    });
  });
});
