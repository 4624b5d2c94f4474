import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { memory, type Tensor } from "@tenfold/core";
import { it } from "../_clean_testing.ts";
import "../_testing.ts";
import { DataLoader, DatasetError, Subset } from "../mod.ts";
import { serveDataset, WorkerDataset, WorkerStream } from "./mod.ts";

const SQUARES = new URL("../_testdata/worker/squares.ts", import.meta.url);
/** The module of a job, which serves no dataset. */
const JOB = new URL(
  "../../train/_testdata/worker/job.ts",
  import.meta.url,
);

/** Defines nothing at all. */
const SILENT = new URL("../_testdata/worker/silent.ts", import.meta.url);

/** Runs `work`, which leaves no tensor behind. */
async function balanced(work: () => Promise<void>): Promise<void> {
  const before = memory().bytes;
  await work();
  assertEquals(memory().bytes, before);
}

const samples = (length: number, workers = 1) =>
  WorkerDataset.open<readonly [Tensor, number]>(
    SQUARES,
    { kind: "samples", length },
    { workers },
  );

/** The batches of an epoch: the first numbers of samples, and their epochs. */
async function epochOf(
  loader: AsyncIterable<unknown>,
): Promise<[number[], number[]][]> {
  const seen: [number[], number[]][] = [];
  for await (const batch of loader) {
    const [x, epoch] = batch as [Tensor, Tensor];
    const rows = await x.toArray() as number[][];
    rows.forEach(([i, square]) => assertEquals(square, i! * i!));
    seen.push([rows.map(([i]) => i!), await epoch.toArray() as number[]]);
  }
  return seen;
}

describe("WorkerDataset", () => {
  for (const workers of [1, 2]) {
    it(`gives the batches of ${workers} workers in order, epoch after epoch`, () =>
      balanced(async () => {
        const dataset = await samples(7, workers);
        assertEquals(dataset.length, 7);
        for (const prefetch of [0, 1, 5]) {
          const loader = new DataLoader(dataset, { batchSize: 3, prefetch });
          for (const epoch of [0, 1]) {
            assertEquals(await epochOf(loader), [
              [[0, 1, 2], [epoch, epoch, epoch]],
              [[3, 4, 5], [epoch, epoch, epoch]],
              [[6], [epoch]],
            ]);
          }
        }
        dataset.dispose();
      }));
  }

  it("shuffles as a loader over the same dataset here, and as a part", () =>
    balanced(async () => {
      const dataset = await samples(9);
      const here = { length: 9, get: (i: number) => [[i, i * i], 0] as const };
      const options = { batchSize: 4, shuffle: true, seed: 3, prefetch: 1 };
      assertEquals(
        await epochOf(new DataLoader(dataset, options)),
        await epochOf(new DataLoader(here, options)),
      );
      const part = new Subset(dataset, [8, 2, 4]);
      const [[first]] = await epochOf(
        new DataLoader(part, { batchSize: 3 }),
      ) as [[number[], number[]]];
      assertEquals(first, [8, 2, 4]);
      dataset.dispose();
    }));

  it("gives single samples to a collate of the loader's", () =>
    balanced(async () => {
      const dataset = await samples(3);
      const loader = new DataLoader(dataset, {
        batchSize: 2,
        collate: (list) => list.map(([pair]) => pair),
      });
      const seen = [];
      for await (const batch of loader) seen.push(...batch);
      assertEquals(seen as unknown, [[0, 0], [1, 1], [2, 4]]);
      dataset.dispose();
    }));

  it("uses the dataset's own batches, whatever they are", () =>
    balanced(async () => {
      const dataset = await WorkerDataset.open(SQUARES, {
        kind: "batches",
        length: 5,
      });
      const seen: unknown[] = [];
      for await (
        const batch of new DataLoader(dataset, { batchSize: 2, prefetch: 2 })
      ) {
        const { indices, x } = batch as unknown as {
          indices: number[];
          x: Tensor;
        };
        seen.push([indices, await x.toArray()]);
      }
      assertEquals(seen, [
        [[0, 1], [0, 2]],
        [[2, 3], [4, 6]],
        [[4], [8]],
      ]);
      dataset.dispose();
    }));

  it("says which sample failed, and goes on", () =>
    balanced(async () => {
      const dataset = await samples(20);
      const loader = new DataLoader(dataset, { batchSize: 4, prefetch: 3 });
      await assertRejects(
        () => epochOf(loader),
        DatasetError,
        "sample 13: it is 13",
      );
      await assertRejects(
        () => dataset.get(13),
        Error,
        "it is 13",
      );
      assertEquals((await dataset.get(2))[1], 0);
      assertThrows(() => dataset.get(20), RangeError, "got 20");
      dataset.dispose();
    }));

  it("ends with its workers", async () => {
    const dataset = await samples(4);
    const waiting = dataset.get(1);
    dataset.dispose();
    await assertRejects(() => waiting, Error, "the worker was ended");
    await assertRejects(() => dataset.get(1), Error, "the worker was ended");
  });

  it("does not wait without end for a module that serves nothing", async () => {
    const late = "its module has not called serveDataset within 20 ms";
    const options = { startTimeout: 20 };
    await assertRejects(
      () => WorkerDataset.open(SILENT, {}, options),
      Error,
      late,
    );
    await assertRejects(
      () => WorkerStream.open(SILENT, {}, options),
      Error,
      late,
    );
    await assertRejects(
      () => WorkerStream.open(SILENT, {}, { startTimeout: 0 }),
      RangeError,
      "startTimeout must be a positive number of milliseconds",
    );
    const patient = await WorkerDataset.open(
      SQUARES,
      { kind: "samples", length: 1 },
      { startTimeout: Infinity },
    );
    patient.dispose();
  });

  it("says what the worker does not serve, or cannot open", async () => {
    const open = (kind: string) =>
      WorkerDataset.open(SQUARES, { kind, length: 1 });
    const begins = "Cannot open a dataset in a worker";
    await assertRejects(() => open("fail"), Error, "there is no such file");
    await assertRejects(() => open("nothing"), Error, "be iterable: got 3");
    await assertRejects(() => open("stream"), TypeError, "by WorkerStream");
    await assertRejects(
      () => WorkerDataset.open(JOB, {}),
      Error,
      "call serveDataset in it",
    );
    await assertRejects(
      () => WorkerDataset.open(new URL("./missing.ts", import.meta.url), {}),
      Error,
      begins,
    );
    await assertRejects(
      () => WorkerDataset.open(SQUARES, { fn: () => 1 }),
      Error,
      "cannot be sent to another thread",
    );
    await assertRejects(
      () => WorkerDataset.open(SQUARES, {}, { workers: 0 }),
      RangeError,
      "workers must be a positive integer",
    );
  });
});

describe("WorkerStream", () => {
  const stream = (length: number, prefetch: number) =>
    WorkerStream.open<Tensor>(SQUARES, { kind: "stream", length }, {
      prefetch,
    });

  for (const prefetch of [0, 1, 9]) {
    it(`gives the batches in order, epoch after epoch, ${prefetch} ahead`, () =>
      balanced(async () => {
        const batches = await stream(5, prefetch);
        for (let epoch = 0; epoch < 2; epoch++) {
          const seen: unknown[] = [];
          for await (const x of batches) seen.push(await x.toArray());
          assertEquals(seen, [[[0], [1]], [[2], [3]], [[4]]]);
        }
        for await (const x of batches) {
          assertEquals(await x.toArray(), [[0], [1]]);
          break;
        }
        const again = [];
        for await (const x of batches) again.push(x.shape[0]);
        assertEquals(again, [2, 2, 1]);
        batches.dispose();
      }));
  }

  it("ends with the error of the stream", () =>
    balanced(async () => {
      const batches = await stream(20, 2);
      let seen = 0;
      await assertRejects(
        async () => {
          for await (const _ of batches) seen++;
        },
        Error,
        "it is 13",
      );
      assertEquals(seen, 6);
      batches.dispose();
    }));

  it("has one place", () =>
    balanced(async () => {
      const batches = await stream(5, 1);
      for await (const _ of batches) {
        await assertRejects(
          async () => {
            for await (const _ of batches) { /* never */ }
          },
          Error,
          "it has one place",
        );
        break;
      }
      await assertRejects(
        () => WorkerStream.open(SQUARES, { kind: "samples", length: 1 }),
        TypeError,
        "by WorkerDataset",
      );
      batches.dispose();
    }));
});

describe("serveDataset", () => {
  it("does nothing outside of a worker, and takes a function", () => {
    serveDataset(() => []);
    assertThrows(
      () => serveDataset(3 as never),
      TypeError,
      "must be a function that opens one: got 3",
    );
    assert(true);
  });
});
