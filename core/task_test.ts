import { OWNER } from "./members.ts";
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean, pause, renamed, withoutAsyncContext } from "./_testing.ts";
import { enableGrad, isRecording, noGrad } from "./autograd/mode.ts";
import { ones, tensor } from "./creation.ts";
import { GradientError, OverlapError, ReleasedError } from "./errors.ts";
import {
  currentBackend,
  openDevice,
  registerBackend,
  setBackend,
} from "./registry.ts";
import { currentScope, scope, tidy, unscoped } from "./scope.ts";
import { memory } from "./storage.ts";
import { currentTask } from "./task.ts";
import type { Tensor } from "./tensor.ts";

/** Nothing of a test may be left in force. */
function untouched(test: () => Promise<void>): () => Promise<void> {
  return clean(async () => {
    const task = currentTask();
    const around = currentScope();
    await test();
    assertEquals(currentTask() === task, true);
    assertEquals(currentScope() === around, true);
    assertEquals(isRecording(), true);
  });
}

/** Two points in time that tasks tell each other about. */
function signal(): { readonly sent: Promise<void>; send(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { sent: promise, send: resolve };
}

describe("tasks that run at once", () => {
  it(
    "record or not, each as its own noGrad says",
    untouched(async () => {
      const [inside, done] = [signal(), signal()];
      const w = ones([2], { requiresGrad: true });
      const off = noGrad(async () => {
        inside.send();
        await done.sent;
        return [isRecording(), w.mul(2).requiresGrad];
      });
      await inside.sent;
      assertEquals([isRecording(), w.mul(2).requiresGrad], [true, true]);
      const on = noGrad(() =>
        enableGrad(async () => {
          await pause();
          return isRecording();
        })
      );
      assertEquals(await on, true);
      done.send();
      assertEquals(await off, [false, false]);
    }),
  );

  it(
    "leave recording on, in whatever order they end",
    untouched(async () => {
      for (const [a, b] of [[1, 9], [9, 1], [4, 4]]) {
        const modes = await Promise.all([
          noGrad(() => pause(a).then(isRecording)),
          noGrad(() => pause(b).then(isRecording)),
        ]);
        assertEquals(modes, [false, false]);
        assertEquals(isRecording(), true);
      }
      await assertRejects(() =>
        Promise.all([
          noGrad(async () => {
            await pause();
            throw new Error("inside");
          }),
          noGrad(() => pause(5)),
        ])
      );
      assertEquals(isRecording(), true);
      await pause(9);
    }),
  );

  it(
    "each own what they make, and keep what they return",
    untouched(async () => {
      const before = memory().tensors;
      const load = (ms: number) =>
        tidy(async () => {
          const x = tensor([ms]);
          await pause(ms);
          const y = x.add(1);
          await pause(ms);
          return y.mul(2);
        });
      const results = await Promise.all([load(9), load(3), load(5)]);
      assertEquals(
        results.map((x) => x.toArraySync()),
        [[20], [8], [12]],
      );
      assertEquals(memory().tensors, before + 3);
    }),
  );

  it(
    "do not take what is made beside them",
    untouched(async () => {
      const [inside, done] = [signal(), signal()];
      const task = tidy(async () => {
        inside.send();
        await done.sent;
        return ones([1]);
      });
      await inside.sent;
      const mine = ones([3]);
      const kept = tidy(() => ones([4]).add(1));
      done.send();
      await task;
      assertEquals([mine.released, kept.released], [false, false]);
    }),
  );

  it(
    "nest: what one keeps belongs to the one that awaits it",
    untouched(async () => {
      let part!: Tensor;
      const total = await tidy(async () => {
        part = await tidy(async () => {
          await pause();
          return ones([3]).mul(2);
        });
        assertEquals(part.released, false);
        return part.sum();
      });
      assertEquals(total.itemSync(), 6);
      assertEquals(part.released, true);
    }),
  );

  it(
    "take scopes and modes of their own with using",
    untouched(async () => {
      const work = (ms: number) =>
        tidy(async () => {
          using s = scope();
          using _ = noGrad();
          const x = ones([2]);
          await pause(ms);
          return s.keep(x.add(ms));
        });
      const results = await Promise.all([work(7), work(2)]);
      assertEquals(results.map((x) => x.toArraySync()), [[8, 8], [3, 3]]);
    }),
  );

  it(
    "make what outlives every scope, also after waiting",
    untouched(async () => {
      const free = await tidy(async () => {
        const promise = unscoped(async () => {
          await pause();
          return ones([2]);
        });
        ones([1]);
        return { tensor: await promise };
      });
      assertEquals(free.tensor[OWNER], null);
      free.tensor.dispose();
    }),
  );

  it(
    "that go on when their call is over belong to the one around it",
    untouched(async () => {
      const over = signal();
      let mode: Promise<boolean> | undefined;
      noGrad(() => {
        mode = over.sent.then(isRecording);
      });
      let x: Promise<Tensor> | undefined;
      await tidy(async () => {
        x = over.sent.then(() => ones([1]));
        await pause();
      });
      over.send();
      assertEquals(await mode, true);
      assertEquals((await x!).released, false);
    }),
  );

  it(
    "start with what is in force where they start",
    untouched(async () => {
      using _ = noGrad();
      assertEquals(await tidy(() => pause().then(isRecording)), false);
    }),
  );
});

describe("using, while two tasks overlap", () => {
  const inOneOrder = async (
    first: () => Promise<void>,
    second: () => Promise<void>,
  ) => {
    const results = await Promise.allSettled([first(), second()]);
    return results.map((result) =>
      result.status === "rejected" ? result.reason : null
    );
  };
  const HERE = /task_test\.ts:\d+:\d+.*task_test\.ts:\d+:\d+/;

  it(
    "is refused for scopes, with both places",
    untouched(async () => {
      const work = async (ms: number) => {
        using _ = scope();
        const x = ones([1]);
        await pause(ms);
        assertEquals(x.released, false);
      };
      const [error, other] = await inOneOrder(() => work(1), () => work(9));
      assert(error instanceof OverlapError, String(error));
      assert(HERE.test(error.message), error.message);
      assert(error.message.includes("tidy(async () => ...)"), error.message);
      assertEquals(other, null);
    }),
  );

  it(
    "is refused for modes, with both places, and leaves recording on",
    untouched(async () => {
      const work = async (ms: number, mode: typeof noGrad) => {
        using _ = mode();
        await pause(ms);
      };
      for (
        const [a, b] of [[noGrad, noGrad], [noGrad, enableGrad], [
          enableGrad,
          noGrad,
        ]]
      ) {
        const [error, other] = await inOneOrder(
          () => work(1, a!),
          () => work(9, b!),
        );
        assert(error instanceof OverlapError, String(error));
        assert(HERE.test(error.message), error.message);
        assertEquals(other, null);
        assertEquals(isRecording(), true);
      }
    }),
  );

  it(
    "names who released what the other one kept",
    untouched(async () => {
      const work = async (ms: number) => {
        using s = scope();
        const x = ones([1]);
        await pause(ms);
        return s.keep(x.add(1));
      };
      const results = await Promise.all([work(9), work(1)]);
      const error = assertThrows(
        () => results[1]!.toArraySync(),
        ReleasedError,
      );
      assert(/task_test\.ts:\d+:\d+/.test(error.message), error.message);
    }),
  );

  it(
    "names the noGrad of another task that kept a step from being recorded",
    untouched(async () => {
      const done = signal();
      const evaluating = (async () => {
        using _ = noGrad();
        await done.sent;
      })();
      const w = ones([2], { requiresGrad: true });
      const { message } = assertThrows(
        () => w.square().sum().backward(),
        GradientError,
      );
      assert(message.includes("the noGrad begun at "), message);
      assert(/task_test\.ts:\d+:\d+/.test(message), message);
      // A call of its own is not disturbed.
      await tidy(async () => {
        await pause();
        await enableGrad(async () => {
          await pause();
          w.square().sum().backward();
        });
      });
      assertEquals(w.grad!.toArraySync(), [2, 2]);
      done.send();
      await evaluating;
    }),
  );

  it(
    "holds for what runs beside it in no call, and not for calls begun before",
    untouched(async () => {
      const w = ones([2], { requiresGrad: true });
      const done = signal();
      const recorded = async () => {
        await pause();
        return w.mul(2).requiresGrad;
      };
      // Begun before, each in a call of its own or in none.
      const inCall = [tidy(recorded), enableGrad(recorded)];
      const inNone = recorded();
      const evaluating = (async () => {
        using _ = noGrad();
        await done.sent;
      })();
      assertEquals(await Promise.all(inCall), [true, true]);
      assertEquals(await inNone, false);
      // One that begins meanwhile begins as it is, unless it says other.
      assertEquals(await tidy(recorded), false);
      assertEquals(await enableGrad(recorded), true);
      done.send();
      await evaluating;
      assertEquals(await recorded(), true);
    }),
  );

  it(
    "releases what runs beside it in no call, which says so",
    untouched(async () => {
      const done = signal();
      const waiting = (async () => {
        using _ = scope();
        await done.sent;
      })();
      const mine = ones([1]);
      const [kept, free] = [
        await tidy(async () => {
          await pause();
          return ones([1]);
        }),
        unscoped(() => ones([1])),
      ];
      done.send();
      await waiting;
      for (const released of [mine, kept]) {
        const { message } = assertThrows(() => released.add(1), ReleasedError);
        assert(/scope begun at .*task_test\.ts:\d+:\d+/.test(message), message);
      }
      assertEquals(free.toArraySync(), [1]);
      free.dispose();
    }),
  );

  it("is refused out of order within one task as well", () => {
    const outer = scope();
    const inner = scope();
    assertThrows(() => outer.dispose(), OverlapError);
    assertEquals(currentScope() === inner, true);
    inner.dispose();
    outer.dispose();
    assertEquals(currentScope(), null);
  });

  it("does not hide the error that ends a call", () => {
    const left: { dispose(): void }[] = [];
    assertThrows(
      () =>
        tidy(() => {
          left.push(scope());
          throw new RangeError("inside");
        }),
      RangeError,
      "inside",
    );
    for (const each of left) each.dispose();
  });
});

describe("a runtime without asynchronous context", () => {
  it(
    "has the same calls for one task after the other",
    () =>
      withoutAsyncContext(untouched(async () => {
        const sum = await tidy(async () => {
          const x = ones([4]);
          await pause();
          return await noGrad(async () => {
            await pause();
            assertEquals(isRecording(), false);
            return x.sum();
          });
        });
        assertEquals(sum.itemSync(), 4);
        const free = await unscoped(async () => {
          await pause();
          return ones([1]);
        });
        assertEquals(free[OWNER], null);
        free.dispose();
      })),
  );

  it(
    "refuses calls that overlap, with both places",
    () =>
      withoutAsyncContext(untouched(async () => {
        const calls = [
          (ms: number) => tidy(() => pause(ms)),
          (ms: number) => noGrad(() => pause(ms)),
          (ms: number) => enableGrad(() => pause(ms)),
          (ms: number) => unscoped(() => pause(ms)),
        ];
        for (const call of calls) {
          const [first, second] = await Promise.allSettled([call(1), call(9)]);
          assertEquals(second!.status, "fulfilled");
          assertEquals(first!.status, "rejected");
          const { reason } = first as PromiseRejectedResult;
          assert(reason instanceof OverlapError, String(reason));
          assert(
            /task_test\.ts:\d+:\d+.*task_test\.ts:\d+:\d+/.test(reason.message),
            reason.message,
          );
          assertEquals(isRecording(), true);
        }
      })),
  );
});

describe("setBackend", () => {
  /** Backends that take as long to open as asked. */
  const slow = (name: string, ms: number, fails = false) => {
    let opened = 0;
    registerBackend(name, async () => {
      opened++;
      await pause(ms);
      if (fails) throw new Error("not here");
      return renamed(name);
    });
    return () => opened;
  };

  it("gives the last call what it asked for, whichever is done first", async () => {
    slow("slowest", 20);
    slow("quick", 1);
    slow("failing", 1, true);
    try {
      await Promise.all([setBackend("slowest"), setBackend("quick")]);
      assertEquals(currentBackend().name, "quick");
      await Promise.all([setBackend("quick"), setBackend("slowest")]);
      assertEquals(currentBackend().name, "slowest");
      await Promise.allSettled([setBackend("quick"), setBackend("failing")]);
      assertEquals(currentBackend().name, "quick");
    } finally {
      await setBackend("cpu-typedarray");
    }
  });

  it("opens one device for all who ask at once", async () => {
    const opened = slow("shared", 5);
    const x = tensor([1]);
    const [a, b, device] = await Promise.all([
      x.to("shared"),
      x.to("shared"),
      openDevice("shared"),
    ]);
    assertThrows(() => ones([1], { device: "unknown" }));
    assertEquals(opened(), 1);
    assertEquals(a.device === b.device && b.device === device, true);
    const sum = a.add(b);
    assertEquals(sum.toArraySync(), [2]);
    for (const each of [x, a, b, sum]) each.dispose();
  });

  it("can be tried again after a failure", async () => {
    let attempts = 0;
    registerBackend("flaky", async () => {
      await pause();
      if (attempts++ === 0) throw new Error("busy");
      return renamed("flaky");
    });
    const results = await Promise.allSettled([
      openDevice("flaky"),
      openDevice("flaky"),
    ]);
    assertEquals(results.map(({ status }) => status), ["rejected", "rejected"]);
    assertEquals(attempts, 1);
    assertEquals((await openDevice("flaky")).name, "flaky");
  });

  it("belongs to the call that it is made in", async () => {
    registerBackend("own", () => renamed("own"));
    const [chosen, done] = [signal(), signal()];
    const task = tidy(async () => {
      await setBackend("own");
      chosen.send();
      await done.sent;
      return currentBackend().name;
    });
    await chosen.sent;
    assertNotEquals(currentBackend().name, "own");
    done.send();
    assertEquals(await task, "own");
    assertNotEquals(currentBackend().name, "own");
  });
});
