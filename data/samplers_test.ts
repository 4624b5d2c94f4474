import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { it } from "./_clean_testing.ts";
import "./_testing.ts";
import { ConcatDataset } from "./concat_dataset.ts";
import { DataLoader, type DataLoaderOptions } from "./data_loader.ts";
import {
  BatchSampler,
  SubsetRandomSampler,
  WeightedRandomSampler,
} from "./samplers.ts";

const numbers = (length: number) => ({ length, get: (i: number) => i });

/** The samples of an epoch, batch by batch. */
async function epochOf(loader: DataLoader<number, number[]>) {
  const batches: number[][] = [];
  for await (const batch of loader) batches.push(batch);
  return batches;
}

const loaderOf = (options: DataLoaderOptions<number, number[]>) =>
  new DataLoader<number, number[]>(numbers(6), {
    collate: (samples) => samples,
    ...options,
  });

describe("a loader with a sampler", () => {
  it("takes its order and its length, epoch by epoch", async () => {
    const sampler = {
      length: 3,
      indices: (epoch: number) => [epoch, 5 - epoch, 2],
    };
    const loader = loaderOf({ sampler, batchSize: 2 });
    assertEquals(loader.length, 2);
    assertEquals(await epochOf(loader), [[0, 5], [2]]);
    assertEquals(await epochOf(loader), [[1, 4], [2]]);
  });

  it("takes whole batches", async () => {
    const sampler = new BatchSampler(
      { length: 5, indices: () => [4, 3, 2, 1, 0] },
      { batchSize: 2, dropLast: true },
    );
    const loader = loaderOf({ batchSampler: sampler, prefetch: 2 });
    assertEquals(loader.length, 2);
    assertEquals(await epochOf(loader), [[4, 3], [2, 1]]);
    const uneven = { length: 2, batches: () => [[0], [1, 2, 3]] };
    const other = loaderOf({ batchSampler: uneven });
    assertEquals(await epochOf(other), [[0], [1, 2, 3]]);
  });

  it("goes on in the middle of an epoch", async () => {
    const options = () => ({
      sampler: new SubsetRandomSampler([0, 1, 3, 5], { seed: 4 }),
    });
    const whole = await epochOf(loaderOf(options()));
    const first = loaderOf(options());
    for await (const _ of first) {
      if (first.stateDict().batch === 2) break;
    }
    const second = loaderOf(options());
    second.loadStateDict({ ...first.stateDict(), epoch: 0, batch: 2 });
    assertEquals(await epochOf(second), whole.slice(2));
  });

  it("refuses two orders at once, and what is no sampler", () => {
    const sampler = { length: 1, indices: () => [0] };
    const batchSampler = { length: 1, batches: () => [[0]] };
    const cases: [DataLoaderOptions<number, number[]>, string][] = [
      [{ sampler, shuffle: true }, "sampler and shuffle exclude each other"],
      [{ batchSampler, batchSize: 2 }, "batchSampler excludes batchSize"],
      [{ batchSampler, sampler }, "batchSampler excludes batchSize"],
      [{ sampler: {} as never }, "must have a length and the method indices"],
    ];
    for (const [options, why] of cases) {
      assertThrows(() => loaderOf(options), Error, why);
    }
  });
});

describe("samplers", () => {
  it("draw by their weights", () => {
    const weights = [0, 1, 3, 0, 6];
    const sampler = new WeightedRandomSampler(weights, {
      numSamples: 10_000,
      seed: 2,
    });
    const counts = [0, 0, 0, 0, 0];
    for (const i of sampler.indices(0)) counts[i]!++;
    weights.forEach((weight, i) =>
      assert(Math.abs(counts[i]! / 1000 - weight) < 0.2, `${counts}`)
    );
    assertEquals(sampler.indices(1), sampler.indices(1));
    assert(String(sampler.indices(1)) !== String(sampler.indices(0)));
  });

  it("draw without replacement, the heavy first", () => {
    const weights = Array.from({ length: 50 }, (_, i) => i === 7 ? 1000 : 1);
    const sampler = new WeightedRandomSampler(weights, {
      numSamples: 10,
      replacement: false,
      seed: 3,
    });
    let first = 0;
    for (let epoch = 0; epoch < 100; epoch++) {
      const drawn = sampler.indices(epoch);
      assertEquals(new Set(drawn).size, 10);
      if (drawn[0] === 7) first++;
    }
    assert(first > 80, `${first}`);
    const all = new WeightedRandomSampler([0, 2, 1], {
      numSamples: 2,
      replacement: false,
      seed: 1,
    });
    assertEquals([...all.indices(0)].sort(), [1, 2]);
  });

  it("refuse weights that say nothing", () => {
    const make = (weights: number[], options = {}) => () =>
      new WeightedRandomSampler(weights, options);
    assertThrows(make([0, 0]), RangeError, "too few weights are above 0");
    assertThrows(make([1, -1]), RangeError, "weight 1 must be a number from 0");
    assertThrows(make([1, NaN]), RangeError, "weight 1");
    assertThrows(
      make([1, 0], { replacement: false }),
      RangeError,
      "got 1 for 2 samples without replacement",
    );
    assertThrows(
      () => new BatchSampler({} as never, { batchSize: 1 }),
      TypeError,
      "its sampler must have a length and an indices method",
    );
  });
});

describe("ConcatDataset", () => {
  it("has the samples of each behind those of the one before", () => {
    const epochs: number[] = [];
    const last = { ...numbers(2), setEpoch: (e: number) => epochs.push(e) };
    const all = new ConcatDataset([numbers(3), numbers(0), last]);
    assertEquals(all.length, 5);
    assertEquals([0, 1, 2, 3, 4].map((i) => all.get(i)), [0, 1, 2, 0, 1]);
    all.setEpoch(3);
    assertEquals(epochs, [3]);
    assertThrows(() => all.get(5), RangeError, "expected 0 to 4");
  });

  it("refuses what is no array of datasets", () => {
    assertThrows(() => new ConcatDataset([]), RangeError, "of no datasets");
    assertThrows(() => new ConcatDataset(numbers(2) as never), TypeError);
    assertThrows(
      () => new ConcatDataset([{} as never]),
      TypeError,
      "a dataset must have a length and a get method",
    );
  });
});
