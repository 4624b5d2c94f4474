import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  manualSeed,
  memory,
  ReleasedError,
  scope,
  type Tensor,
  tensor,
  unscoped,
} from "@tenfold/core";
import { clean } from "../core/_testing.ts";
import "./_testing.ts";
import { ConcatDataset } from "./concat_dataset.ts";
import { DataLoader, type DataLoaderOptions } from "./data_loader.ts";
import type { Dataset } from "./dataset.ts";
import { DatasetError } from "./errors.ts";
import { randomSplit } from "./random_split.ts";
import { Subset } from "./subset.ts";
import { TensorDataset } from "./tensor_dataset.ts";

const numbers: Dataset<number> = { length: 10, get: (i) => i };

/** A loader whose batches are lists of numbers. */
function listing(
  options: DataLoaderOptions<number, number[]> = {},
  dataset = numbers,
): DataLoader<number, number[]> {
  return new DataLoader(dataset, {
    collate: (samples) => samples,
    ...options,
  });
}

/** All that is left of an epoch; its tensors belong to the scope around it. */
async function drain<T>(batches: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  using s = scope();
  for await (const batch of batches) all.push(s.keep(batch));
  return all;
}

const later = (ms = 1) => new Promise((resolve) => setTimeout(resolve, ms));

describe("DataLoader", () => {
  it("gives batches in order, the last one smaller", async () => {
    const loader = listing({ batchSize: 4 });
    assertEquals(loader.length, 3);
    assertEquals(await drain(loader), [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]);
  });

  it("leaves the last batch out when asked", async () => {
    const loader = listing({ batchSize: 4, dropLast: true });
    assertEquals(loader.length, 2);
    assertEquals((await drain(loader)).flat().length, 8);
    assertEquals(await drain(listing({ batchSize: 11, dropLast: true })), []);
  });

  it("has batches of one by default", async () => {
    assertEquals((await drain(listing())).length, 10);
  });

  it("gives no batch of no samples", async () => {
    const none: Dataset<number> = { length: 0, get: () => 0 };
    assertEquals(await drain(listing({ shuffle: true, seed: 1 }, none)), []);
  });

  it(
    "collates by default",
    clean(async () => {
      const dataset = {
        length: 3,
        get: (i: number) => ({ x: [i, i + 0.5], even: i % 2 === 0 }),
      };
      const loader = new DataLoader(dataset, { batchSize: 2 });
      const [first, second] = await drain(loader);
      assertEquals(await first!.x.toArray(), [[0, 0.5], [1, 1.5]]);
      assertEquals(first!.even.dtype, "bool");
      assertEquals(second!.x.shape, [1, 2]);
    }),
  );

  it(
    "gathers the rows of tensors without asking for each",
    clean(async () => {
      class Counting extends TensorDataset<readonly [Tensor, Tensor]> {
        asked = 0;
        override get(index: number) {
          this.asked++;
          return super.get(index);
        }
      }
      const dataset = new Counting(
        tensor([[0, 0], [1, 10], [2, 20]]),
        tensor([0, 1, 2], { dtype: "int32" }),
      );
      const loader = new DataLoader(new Subset(dataset, [2, 1, 0]), {
        batchSize: 2,
      });
      const batches = await drain(loader);
      const [x, y] = batches[0] as [Tensor, Tensor];
      assertEquals(await x.toArray(), [[2, 20], [1, 10]]);
      assertEquals(await y.toArray(), [2, 1]);
      assertEquals(dataset.asked, 0);
      // A collate of one's own gets the samples themselves.
      const own = new DataLoader(dataset, {
        batchSize: 3,
        collate: (samples) => samples.length,
      });
      assertEquals(await drain(own), [3]);
      assertEquals(dataset.asked, 3);
    }),
  );

  it("shuffles each epoch in an order of its own", async () => {
    const loader = listing({ batchSize: 10, shuffle: true, seed: 5 });
    const [[first], [second]] = [await drain(loader), await drain(loader)];
    assert(first!.join() !== second!.join());
    assertEquals(first!.toSorted(), second!.toSorted());
    assertEquals(first!.toSorted((a, b) => a - b), await numbersUpTo(10));
    const again = listing({ batchSize: 10, shuffle: true, seed: 5 });
    assertEquals(await drain(again), [first]);
    assertEquals(await drain(again), [second]);
    const other = listing({ batchSize: 10, shuffle: true, seed: 6 });
    assert((await drain(other)).join() !== first!.join());
  });

  it("draws its seed from the global generator", async () => {
    const order = async () => (await drain(listing({ shuffle: true }))).join();
    manualSeed(3);
    const first = [await order(), await order()];
    assert(first[0] !== first[1]);
    manualSeed(3);
    assertEquals([await order(), await order()], first);
  });

  it("takes collates that wait", async () => {
    const loader = listing({
      batchSize: 5,
      collate: async (samples) => {
        await later();
        return samples.map((sample) => -sample);
      },
    });
    assertEquals((await drain(loader))[1], [-5, -6, -7, -8, -9]);
  });

  it("takes the elements of an array as samples", async () => {
    const before = memory();
    const samples: [number[], number][] = [[[1, 2], 0], [[3, 4], 1]];
    const loader = new DataLoader(samples, { batchSize: 2 });
    for await (const [x, y] of loader) {
      assertEquals(await x.toArray(), [[1, 2], [3, 4]]);
      assertEquals(await y.toArray(), [0, 1]);
    }
    samples.push([[5, 6], 2]);
    assertEquals(loader.length, 2);
    assertEquals(new Subset(samples, [2]).get(0), [[5, 6], 2]);
    assertEquals(new ConcatDataset([samples, samples]).get(5), [[5, 6], 2]);
    const [first, second] = randomSplit(samples, [2, 1], { seed: 0 });
    assertEquals([first!.length, second!.length], [2, 1]);
    assertEquals(memory().tensors, before.tensors);
  });

  it("refuses what is not a dataset", () => {
    using wrong = tensor([1]);
    const cases: [unknown, string][] = [
      [undefined, "got undefined"],
      ["ab", 'got "ab"'],
      [wrong, "got a Tensor"],
      [{ length: 1.5, get: () => 1 }, "got length 1.5"],
    ];
    for (const [dataset, message] of cases) {
      assertThrows(
        () => new DataLoader(dataset as Dataset),
        TypeError,
        `Cannot make a DataLoader as a dataset must have a length and a get method, or be an array: ${message}`,
      );
    }
  });

  it("names the field of a wrong option", () => {
    const make = (options: object) => () => new DataLoader(numbers, options);
    const cases: [object, typeof RangeError | typeof TypeError, string][] = [
      [
        { batchSize: 0 },
        RangeError,
        "batchSize must be a positive integer: got 0",
      ],
      [
        { batchSize: -1 },
        RangeError,
        "batchSize must be a positive integer: got -1",
      ],
      [
        { batchSize: 1.5 },
        RangeError,
        "batchSize must be a positive integer: got 1.5",
      ],
      [
        { batchSize: "8" },
        TypeError,
        'batchSize must be a positive integer: got "8"',
      ],
      [
        { prefetch: -1 },
        RangeError,
        "prefetch must be an integer from 0 on: got -1",
      ],
      [{ shuffle: 1 }, TypeError, "shuffle must be true or false: got 1"],
      [{ seed: NaN }, RangeError, "seed must be an integer: got NaN"],
      [
        { collate: [] },
        TypeError,
        "collate must be a function: got []",
      ],
      [{ batchsize: 4 }, TypeError, "there is no such option: got batchsize"],
    ];
    for (const [options, type, message] of cases) {
      assertThrows(
        make(options),
        type,
        `Cannot make a DataLoader as ${message}`,
      );
    }
  });
});

function numbersUpTo(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

describe("a dataset that waits", () => {
  /** Counts how many samples are under way. */
  function slow(length = 10) {
    const dataset = {
      length,
      started: 0,
      ended: 0,
      async get(i: number): Promise<number> {
        dataset.started++;
        await later((i * 7) % 5);
        dataset.ended++;
        return i;
      },
    };
    return dataset;
  }

  it("keeps the order of its samples, fetched ahead or not", async () => {
    for (const prefetch of [0, 1, 3, 100]) {
      const dataset = slow();
      const batches = await drain(listing({ batchSize: 3, prefetch }, dataset));
      assertEquals(batches.flat(), numbersUpTo(10));
      assertEquals(dataset.started, 10);
    }
  });

  it("is asked for as many batches ahead as prefetch says", async () => {
    const dataset = slow();
    const batches = listing({ batchSize: 2, prefetch: 2 }, dataset)
      [Symbol.asyncIterator]();
    await batches.next();
    assertEquals(dataset.started, 6);
    await batches.next();
    assertEquals(dataset.started, 8);
    await batches.return();
    assertEquals(dataset.ended, 8);
  });

  it("is not asked for anything before the loop asks", () => {
    const dataset = slow();
    listing({ prefetch: 4 }, dataset)[Symbol.asyncIterator]();
    assertEquals(dataset.started, 0);
  });

  it("leaves nothing under way when the loop breaks", async () => {
    const dataset = slow();
    for await (const _ of listing({ batchSize: 2, prefetch: 3 }, dataset)) {
      break;
    }
    assertEquals(dataset.started, 8);
    assertEquals(dataset.ended, 8);
  });
});

describe("a dataset that throws midway", () => {
  const at = (bad: number, how: (i: number) => number | Promise<number>) => ({
    length: 10,
    get: (i: number) => i === bad ? how(i) : i,
  });
  const throws = (i: number): number => {
    throw new Error(`no disk for ${i}`);
  };
  const rejects = async (i: number): Promise<number> => {
    await later();
    throw new Error(`no disk for ${i}`);
  };

  for (
    const [name, how] of [["throws", throws], ["rejects", rejects]] as const
  ) {
    for (const prefetch of [0, 2, 9]) {
      it(`${name}: the index is named, prefetch ${prefetch}`, async () => {
        const loader = listing({ batchSize: 2, prefetch }, at(5, how));
        const seen: number[] = [];
        const error = await assertRejects(async () => {
          for await (const batch of loader) seen.push(...batch);
        }, DatasetError);
        assertEquals(
          error.message,
          "Cannot get sample 5 as the dataset failed: no disk for 5",
        );
        assertEquals(error.indices, [5]);
        assertEquals((error.cause as Error).message, "no disk for 5");
        // What was sound before it has been handed out.
        assertEquals(seen, [0, 1, 2, 3]);
      });
    }
  }

  it("several failures under way end in one error", async () => {
    const dataset = {
      length: 8,
      get: async (i: number) => {
        await later(8 - i);
        if (i >= 2) throw new Error(`bad ${i}`);
        return i;
      },
    };
    const error = await assertRejects(
      () => drain(listing({ batchSize: 2, prefetch: 9 }, dataset)),
      DatasetError,
    );
    assertEquals(error.indices, [2]);
    // Time for a rejection that nobody handles to show itself.
    await later(20);
  });

  it("names the samples of a batch that fails as a whole", async () => {
    const dataset = {
      length: 20,
      get: (i: number) => i,
      getBatch(indices: Int32Array) {
        if (indices.includes(12)) throw new RangeError("torn page");
        return [...indices];
      },
    };
    const loader = new DataLoader<number, number[]>(dataset, { batchSize: 10 });
    const error = await assertRejects(() => drain(loader), DatasetError);
    assertEquals(
      error.message,
      "Cannot get samples 10, 11, 12, 13, 14, 15, 16, 17, … as the dataset failed: torn page",
    );
    assertEquals(error.indices.length, 10);
  });

  it("can be gone through again", async () => {
    let broken = true;
    const dataset = at(5, (i) => broken ? throws(i) : i);
    const loader = listing({ batchSize: 5 }, dataset);
    await assertRejects(() => drain(loader), DatasetError);
    broken = false;
    assertEquals((await drain(loader)).flat(), numbersUpTo(10));
  });

  it("errors of collate and of the loop pass as they are", async () => {
    const failing = listing({
      collate: () => {
        throw new SyntaxError("mine");
      },
    });
    await assertRejects(() => drain(failing), SyntaxError, "mine");
    await assertRejects(
      async () => {
        for await (const _ of listing({ prefetch: 2 })) {
          throw new SyntaxError("body");
        }
      },
      SyntaxError,
      "body",
    );
  });
});

describe("the state of a loader", () => {
  const options = { batchSize: 3, shuffle: true, seed: 11 };

  it("goes on with the very same batches, wherever it was saved", async () => {
    const whole = listing(options);
    const epochs = [
      await drain(whole),
      await drain(whole),
      await drain(whole),
    ].flat();
    for (let stop = 0; stop <= epochs.length; stop++) {
      const loader = listing(options);
      const batches: number[][] = [];
      let state = JSON.stringify(loader.stateDict());
      outer: while (batches.length < stop) {
        for await (const batch of loader) {
          batches.push(batch);
          state = JSON.stringify(loader.stateDict());
          if (batches.length === stop) break outer;
        }
      }
      const resumed = listing({ ...options, seed: 999 });
      resumed.loadStateDict(JSON.parse(state));
      while (batches.length < epochs.length) {
        batches.push(...await drain(resumed));
      }
      assertEquals(batches, epochs, `stopped after ${stop} batches`);
    }
  });

  it("says where it stands", async () => {
    const loader = listing(options);
    const standing = { seed: 11, samples: 10, batchSize: 3 };
    assertEquals(loader.stateDict(), { ...standing, epoch: 0, batch: 0 });
    for await (const _ of loader) {
      assertEquals(loader.stateDict(), { ...standing, epoch: 0, batch: 1 });
      break;
    }
    assertEquals(loader.stateDict(), { ...standing, epoch: 1, batch: 0 });
    await drain(loader);
    assertEquals(loader.stateDict(), { ...standing, epoch: 2, batch: 0 });
  });

  it("does not count what is fetched ahead", async () => {
    const loader = listing({ ...options, prefetch: 2 });
    for await (const _ of loader) {
      assertEquals(loader.stateDict().batch, 1);
      break;
    }
  });

  it("two loops at once are two epochs", async () => {
    const loader = listing(options);
    const [a, b] = [
      loader[Symbol.asyncIterator](),
      loader[Symbol.asyncIterator](),
    ];
    const first = [(await a.next()).value, (await b.next()).value];
    const again = listing(options);
    assertEquals([(await drain(again))[0], (await drain(again))[0]], first);
    await a.return();
    await b.return();
  });

  it("refuses what is not a state, or another loader's", () => {
    const loader = listing(options);
    const state = loader.stateDict();
    assertThrows(
      () => loader.loadStateDict({ ...state, samples: 12 }),
      RangeError,
      "it belongs to other batches: got 12 samples in batches of 3, expected 10 in batches of 3",
    );
    assertThrows(
      () => loader.loadStateDict({ ...state, epoch: -1 }),
      RangeError,
      "Cannot load the state of a DataLoader as epoch must be an integer from 0 on: got -1",
    );
    assertThrows(
      () => loader.loadStateDict({} as typeof state),
      TypeError,
      "seed must be an integer: got undefined",
    );
  });
});

describe("the batches of a loader", () => {
  const dataset = new TensorDataset(tensor([[1], [2], [3], [4]]));
  const loaderOf = () => new DataLoader(dataset, { batchSize: 2 });
  const use = () => [memory().tensors, memory().bytes];

  it("are released when the next one is asked for", async () => {
    const before = use();
    let last: Tensor | null = null;
    for await (const [x] of loaderOf()) {
      using _ = scope();
      assertEquals(last?.released ?? true, true);
      assertEquals(x.mul(2).released, false);
      assertEquals(memory().tensors, before[0]! + 2);
      last = x;
    }
    assertEquals(last!.released, true);
    assertEquals(use(), before);
  });

  it("live on where a scope keeps them, or in a copy", async () => {
    const kept: Tensor[] = [];
    for await (const batch of loaderOf()) {
      using s = scope();
      const [x] = s.keep(batch);
      kept.push(x, s.keep(x.clone()));
    }
    assertEquals(
      await Promise.all(kept.map((x) => x.toArray())),
      [[[1], [2]], [[1], [2]], [[3], [4]], [[3], [4]]],
    );
    for (const x of kept) x.dispose();
  });

  it("belong to the scope around the one that keeps them", async () => {
    const before = use();
    {
      using _ = scope();
      const batches = await drain(
        new DataLoader(dataset, { batchSize: 2, shuffle: true, seed: 1 }),
      );
      assertEquals(batches.map(([x]) => x.released), [false, false]);
    }
    assertEquals(use(), before);
  });

  it("say so when they are used after their turn", async () => {
    let last: Tensor | null = null;
    for await (const [x] of loaderOf()) last ??= x;
    assertThrows(
      () => last!.add(1),
      ReleasedError,
      "as its turn in the loop over a DataLoader has ended: save it with scope.keep(tensor) or copy it with tensor.clone()",
    );
  });

  it("may be disposed of by the loop", async () => {
    const before = use();
    for await (const [x] of loaderOf()) x.dispose();
    assertEquals(use(), before);
  });

  for (const prefetch of [0, 1, 5]) {
    const options = { batchSize: 1, prefetch };

    it(`leave nothing behind when a loop is left early, prefetch ${prefetch}`, async () => {
      const before = use();
      for await (const _ of new DataLoader(dataset, options)) break;
      await assertRejects(async () => {
        for await (const _ of new DataLoader(dataset, options)) {
          throw new Error("body");
        }
      });
      const batches = new DataLoader(dataset, options)[Symbol.asyncIterator]();
      await batches.next();
      await batches.return();
      assertEquals(use(), before);
    });

    it(`take with them what get and collate made, prefetch ${prefetch}`, async () => {
      const before = use();
      const samples: Dataset<Tensor> = {
        length: 4,
        get: (i) => tensor([i, 1]).mul(2),
      };
      const loader = new DataLoader(samples, {
        ...options,
        collate: ([first]) => ({ x: first!.add(1), other: first!.exp() }),
      });
      const seen: unknown[] = [];
      for await (const { x } of loader) {
        using _ = scope();
        seen.push(await x.toArray());
      }
      assertEquals(seen, [[1, 3], [3, 3], [5, 3], [7, 3]]);
      assertEquals(use(), before);
      await assertRejects(async () => {
        for await (const _ of new DataLoader(samples, options)) {
          throw new Error("body");
        }
      });
      assertEquals(use(), before);
    });

    it(`never join a scope of the program, prefetch ${prefetch}`, async () => {
      const before = use();
      const samples: Dataset<Tensor> = {
        length: 6,
        async get(i) {
          await later(i % 3);
          const x = tensor([i]);
          await later(i % 2);
          return x.add(1);
        },
      };
      const seen: unknown[] = [];
      for await (const x of new DataLoader(samples, options)) {
        using _ = scope();
        x.mul(3);
        await later(3);
        seen.push(await x.toArray());
      }
      assertEquals(seen.flat(2), [1, 2, 3, 4, 5, 6]);
      assertEquals(use(), before);
    });
  }

  it("are not owned by the loader where the dataset had them before", async () => {
    const before = use();
    const rows = [tensor([1]), tensor([2])];
    const samples: Dataset<Tensor> = { length: 2, get: (i) => rows[i]! };
    const same = new DataLoader(samples, { collate: ([row]) => row! });
    for await (const _ of same);
    assertEquals(rows.map((row) => row.released), [false, false]);
    for (const row of rows) row.dispose();
    assertEquals(use(), before);
  });

  it("name the way out where a dataset keeps what it made", async () => {
    const made: Tensor[] = [];
    const caching = (make: (i: number) => Tensor): Dataset<Tensor> => ({
      length: 2,
      get: (i) => made[i] ??= make(i),
    });
    const epoch = async (samples: Dataset<Tensor>) => {
      for await (const _ of new DataLoader(samples));
    };
    await epoch(caching((i) => tensor([i])));
    await assertRejects(
      () => epoch(caching((i) => tensor([i]))),
      ReleasedError,
      "its turn in the loop",
    );
    made.length = 0;
    const outliving = caching((i) => unscoped(() => tensor([i])));
    await epoch(outliving);
    await epoch(outliving);
    for (const x of made) x.dispose();
  });
});
