import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { memory, scope, type Tensor, tensor } from "@tenfold/core";
import * as nn from "@tenfold/nn";
import * as optim from "@tenfold/optim";
import "./_testing.ts";
import type { Callback } from "./callback.ts";
import { fit, type FitOptions } from "./fit.ts";

const { mseLoss } = nn.functional;

/** Counts steps and ends of a run of many epochs, which `signal` may end. */
async function run(
  more: (counts: { steps: number; closed: number; ended: number }) => Partial<
    FitOptions
  >,
): Promise<{ steps: number; closed: number; ended: number; error: unknown }> {
  const counts = { steps: 0, closed: 0, ended: 0 };
  const count: Callback = {
    name: "count",
    stepEnd: () => {
      counts.steps++;
    },
    end: () => {
      counts.ended++;
    },
    close: () => {
      counts.closed++;
    },
  };
  const room = scope();
  const model = new nn.Linear(1, 1);
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  const batch: [Tensor, Tensor] = [tensor([[1]]), tensor([[2]])];
  const { callbacks = [], ...rest } = more(counts);
  let error: unknown;
  try {
    await fit(model, {
      loss: mseLoss,
      optimizer,
      train: [batch, batch, batch],
      epochs: 1000,
      progress: false,
      callbacks: [count, ...callbacks],
      ...rest,
    });
  } catch (thrown) {
    error = thrown;
  } finally {
    model.dispose();
    optimizer.dispose();
    room.dispose();
  }
  return { ...counts, error };
}

describe("fit with a signal", () => {
  it("ends between two steps, throws the reason and closes callbacks", async () => {
    const before = memory();
    const controller = new AbortController();
    const reason = new Error("enough");
    const { steps, closed, ended, error } = await run(() => ({
      signal: controller.signal,
      callbacks: [{
        name: "abort",
        stepEnd: (run) => {
          if (run.step === 4) controller.abort(reason);
        },
      }],
    }));
    assertStrictEquals(error, reason);
    assertEquals([steps, closed, ended], [4, 1, 0]);
    assertEquals(memory().bytes, before.bytes);
  });

  it("begins nothing where it was aborted before", async () => {
    const { steps, closed, error } = await run(() => ({
      signal: AbortSignal.abort(),
    }));
    assertEquals((error as Error).name, "AbortError");
    assertEquals([steps, closed], [0, 1]);
  });

  it("hears a timer, as training lets others have their turn", async () => {
    const { steps, error } = await run(() => ({
      signal: AbortSignal.timeout(60),
      epochs: 1e9,
    }));
    assertEquals((error as Error).name, "TimeoutError");
    assert(steps > 0);
  });

  it("ends the validation between two batches", async () => {
    const controller = new AbortController();
    let validated = 0;
    const { steps, error } = await run(() => ({
      signal: controller.signal,
      validation: {
        *[Symbol.iterator]() {
          for (; validated < 5; validated++) {
            if (validated === 2) controller.abort();
            yield [tensor([[1]]), tensor([[2]])];
          }
        },
      },
    }));
    assertEquals((error as Error).name, "AbortError");
    assertEquals([steps, validated], [3, 2]);
  });

  it("refuses what is not a signal", async () => {
    const { error } = await run(() => ({ signal: {} as AbortSignal }));
    assertEquals(
      (error as Error).message,
      "Cannot fit as signal must be an AbortSignal: pass the signal of a controller: got an object",
    );
  });
});
