import { OWNER } from "./members.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean, pause, withoutAsyncContext } from "./_testing.ts";
import { arange, full, ones } from "./creation.ts";
import { OverlapError, ReleasedError } from "./errors.ts";
import { scope, tidy, unscoped } from "./scope.ts";
import { memory } from "./storage.ts";
import type { Tensor } from "./tensor.ts";

class Pair {
  readonly #secret: Tensor;
  constructor(readonly first: Tensor, readonly rest: unknown) {
    this.#secret = ones([1]);
  }
  get secret(): Tensor {
    return this.#secret;
  }
}

/** Values that hold two tensors each. */
const HOLDERS: Record<string, (a: Tensor, b: Tensor) => unknown> = {
  "an array": (a, b) => [a, [b]],
  "a plain object": (a, b) => ({ a, deep: { b } }),
  "an object without prototype": (a, b) =>
    Object.assign(Object.create(null), { a, b }),
  "a getter of a plain object": (a, b) => ({
    get a() {
      return a;
    },
    b,
  }),
  "a symbol": (a, b) => ({ [Symbol("a")]: a, b }),
  "a Map": (a, b) => new Map<unknown, unknown>([["a", a], [b, 1]]),
  "a Set": (a, b) => new Set([a, { b }]),
  "an instance": (a, b) => new Pair(a, b),
  "instances within each other": (a, b) =>
    new Pair(a, new Map([[1, [new Pair(b, null)]]])),
  "a cycle": (a, b) => {
    const cycle: Record<string, unknown> = { a, b };
    cycle["self"] = cycle;
    return [cycle, cycle];
  },
  "an instance with a promise in a field": (a, b) =>
    new Pair(a, { b, typed: new Float32Array(9), date: new Date(0) }),
};

describe("keep and tidy", () => {
  for (const [name, hold] of Object.entries(HOLDERS)) {
    it(
      `save the tensors of ${name}`,
      clean(() => {
        const before = memory().tensors;
        const saved: Tensor[] = [];
        tidy(() => {
          const [a, b] = [ones([1]).add(1), ones([2]).add(1)];
          saved.push(a, b);
          return hold(a, b);
        });
        (() => {
          using s = scope();
          const [a, b] = [ones([1]).add(1), ones([2]).add(1)];
          saved.push(a, b);
          return s.keep(hold(a, b));
        })();
        assertEquals(saved.map((x) => x.released), [
          false,
          false,
          false,
          false,
        ]);
        assertEquals(memory().tensors, before + 4);
      }),
    );
  }

  it(
    "save deep chains",
    clean(() => {
      let chain: unknown = null;
      const last = tidy(() => {
        const end = ones([1]);
        chain = { end };
        for (let i = 0; i < 100_000; i++) chain = { next: chain };
        return { chain, end: undefined, tail: end };
      });
      assertEquals(last.tail.released, false);
    }),
  );

  const OPAQUE: [string, () => unknown, string][] = [
    ["function", () => () => ones([1]), "return the tensors that it uses"],
    ["promise", () => [Promise.resolve(ones([1]))], "await it first"],
    ["iterator", () => [ones([1])].values(), "in an array first"],
    ["iterator", () => ({ all: new Map().values() }), "in an array first"],
    ["WeakMap", () => new Map([["a", new WeakMap()]]), "use a Map or a Set"],
    ["WeakSet", () => [new WeakSet()], "use a Map or a Set"],
    ["WeakRef", () => new Set([new WeakRef({})]), "use a Map or a Set"],
  ];
  for (const [what, make, wayOut] of OPAQUE) {
    it(
      `refuse a ${what} that cannot be searched: ${wayOut}`,
      clean(async () => {
        const before = memory().tensors;
        const message = assertThrows(() => tidy(make), TypeError).message;
        assert(message.includes(what), message);
        assert(message.includes(wayOut), message);
        assertThrows(
          () => {
            using s = scope();
            s.keep(make());
          },
          TypeError,
          wayOut,
        );
        await assertRejects(
          () =>
            tidy(async () => {
              await pause();
              return [make()];
            }),
          TypeError,
        ).catch((error) => {
          // Functions in an array are looked past: they may be anything.
          if (what !== "function") throw error;
        });
        assertEquals(memory().tensors <= before + 1, true);
      }),
    );
  }

  it(
    "change nothing where they refuse",
    clean(() => {
      using s = scope();
      const x = ones([1]);
      assertThrows(() => s.keep([x, Promise.resolve()]), TypeError);
      assertEquals(x[OWNER] === s, true);
    }),
  );

  it(
    "leave alone what another scope owns",
    clean(() => {
      const x = ones([1]);
      const { [OWNER]: owner } = x;
      tidy(() => [x]);
      assertEquals(x[OWNER] === owner, true);
    }),
  );
});

describe("tidy around a generator", () => {
  function* squares(made: Tensor[]) {
    for (let i = 1; i < 4; i++) {
      const x = full([1], i);
      made.push(x);
      yield x.square();
    }
    return x2(made);
  }
  function x2(made: Tensor[]): Tensor {
    made.push(ones([1]));
    return made.at(-1)!.mul(2);
  }

  it(
    "keeps what it yields and returns, and releases the rest in the end",
    clean(() => {
      const before = memory().tensors;
      const made: Tensor[] = [];
      const generator = tidy(() => squares(made));
      const mine = ones([5]);
      const all: Tensor[] = [];
      let step = generator.next();
      for (; !step.done; step = generator.next()) {
        all.push(step.value);
        all.push(step.value.add(0));
      }
      all.push(step.value);
      assertEquals(all.flatMap((x) => x.toArraySync()), [
        1,
        1,
        4,
        4,
        9,
        9,
        2,
      ]);
      assertEquals(made.map((x) => x.released), [true, true, true, true]);
      assertEquals(mine.released, false);
      assertEquals(memory().tensors, before + 8);
    }),
  );

  it(
    "hands what it yields to the scope of whoever asks",
    clean(() => {
      const before = memory().tensors;
      for (const x of tidy(() => squares([]))) {
        using _ = scope();
        assertEquals(x.released, false);
      }
      {
        using _ = scope();
        const all = [...tidy(() => squares([]))];
        assertEquals(all.every((x) => !x.released), true);
      }
      // What it returns in the end goes to the loop as well.
      assertEquals(memory().tensors, before + 4);
    }),
  );

  it(
    "lets scopes of its body stay open while others work",
    clean(() => {
      const generator = tidy(function* () {
        using s = scope();
        for (let i = 0; i < 3; i++) yield s.keep(full([1], i));
        yield ones([1]);
      });
      const sums: unknown[] = [];
      let mine: Tensor | null = null;
      {
        using outer = scope();
        for (const x of generator) {
          mine ??= outer.keep(ones([2]));
          sums.push(x.sum().itemSync());
        }
      }
      assertEquals(sums, [0, 1, 2, 1]);
      assertEquals(mine!.released, false);
    }),
  );

  it(
    "ends with the loop, and passes errors both ways",
    clean(() => {
      const made: Tensor[] = [];
      for (const _ of tidy(() => squares(made))) break;
      assertEquals(made.map((x) => x.released), [true]);
      const failing = tidy(function* () {
        made.push(ones([1]));
        try {
          yield 1;
        } catch (error) {
          yield (error as Error).message;
        }
        throw new RangeError("in the end");
      });
      assertEquals(failing.next().value, 1);
      assertEquals(failing.throw(new Error("thrown in")).value, "thrown in");
      assertThrows(() => failing.next(), RangeError, "in the end");
      assertEquals(made[1]!.released, true);
      const echo = tidy(function* (): Generator<string, void, string> {
        const heard = yield "?";
        yield heard;
      });
      echo.next();
      assertEquals(echo.next("back").value, "back");
      echo.return();
    }),
  );

  for (
    const [runtime, on] of [
      ["with", (test: () => Promise<void>) => test()],
      ["without", withoutAsyncContext],
    ] as const
  ) {
    it(
      `takes async ones, ${runtime} asynchronous context`,
      clean(() =>
        on(async () => {
          const before = memory().tensors;
          const made: Tensor[] = [];
          const generator = tidy(async function* () {
            for (let i = 1; i < 4; i++) {
              const x = full([1], i);
              made.push(x);
              const y = x.square();
              await pause();
              yield y;
            }
          });
          const seen: number[] = [];
          const all: Tensor[] = [];
          for await (const y of generator) {
            all.push(y);
            await pause();
            seen.push(y.itemSync());
          }
          assertEquals(seen, [1, 4, 9]);
          assertEquals(made.map((x) => x.released), [true, true, true]);
          assertEquals(memory().tensors, before + 3);
        })
      ),
    );
  }
});

describe("a released tensor", () => {
  const HERE = /keep_test\.ts:\d+:\d+/;

  it(
    "names the scope that released it, and what fits",
    clean(() => {
      let x!: Tensor;
      {
        using _ = scope();
        x = ones([2, 3]);
      }
      let y!: Tensor;
      tidy(() => {
        y = ones([2, 3]);
      });
      for (const released of [x, y]) {
        for (
          const use of [
            () => released.add(1),
            () => released.dataSync(),
            () => ones([1]).add(released),
            () => released.alias(),
          ]
        ) {
          const { message } = assertThrows(use, ReleasedError);
          assert(
            message.startsWith(
              "Cannot use a released tensor of shape [2, 3] as the scope begun at ",
            ),
            message,
          );
          assert(HERE.test(message), message);
          for (const wayOut of ["scope.keep(tensor)", "Buffer", "unscoped"]) {
            assert(message.includes(wayOut), message);
          }
        }
      }
    }),
  );

  it(
    "says where it was disposed of by itself",
    clean(() => {
      using _ = scope();
      const x = ones([1]);
      x.dispose();
      assertThrows(() => x.add(1), ReleasedError, "it was disposed of");
    }),
  );

  it(
    "names scopes of async functions as well",
    clean(async () => {
      let x!: Tensor;
      await tidy(async () => {
        await pause();
        x = arange(3);
        await pause();
      });
      const { message } = assertThrows(() => x.add(1), ReleasedError);
      assert(HERE.test(message), message);
    }),
  );
});

describe("a scope that was not ended", () => {
  it("is named by the call that it was begun in", () => {
    let left!: { dispose(): void };
    const { message } = assertThrows(
      () => {
        tidy(() => {
          left = scope();
        });
      },
      OverlapError,
    );
    assert(
      /keep_test\.ts:\d+:\d+.*keep_test\.ts:\d+:\d+/.test(message),
      message,
    );
    left.dispose();
    assertThrows(
      () =>
        unscoped(() => {
          left = scope();
        }),
      OverlapError,
      "unscoped call",
    );
    left.dispose();
  });
});
