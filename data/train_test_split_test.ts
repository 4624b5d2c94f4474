import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { manualSeed, tensor } from "@tenfold/core";
import { it } from "./_clean_testing.ts";
import { withoutFloat64 } from "./_testing.ts";
import type { Dataset } from "./dataset.ts";
import { trainTestSplit } from "./train_test_split.ts";

const numbers: Dataset<number> = { length: 10, get: (i) => i };

/** How often each label occurs among some samples. */
function counts(labels: ArrayLike<unknown>, indices: Int32Array) {
  const found: { [label: string]: number } = {};
  for (const i of indices) {
    const label = String(labels[i]);
    found[label] = (found[label] ?? 0) + 1;
  }
  return found;
}

describe("trainTestSplit", () => {
  it("gives every sample to one part", () => {
    const [train, test] = trainTestSplit(numbers, { testSize: 0.3, seed: 1 });
    assertEquals([train.length, test.length], [7, 3]);
    const all = [...train.indices, ...test.indices].sort((a, b) => a - b);
    assertEquals(all, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("rounds the held-out part up, and takes a number of samples", () => {
    const sizes = (testSize?: number) => {
      const options = testSize === undefined ? {} : { testSize };
      const [train, test] = trainTestSplit(numbers, { ...options, seed: 1 });
      return [train.length, test.length];
    };
    assertEquals(sizes(), [7, 3]);
    assertEquals(sizes(0.2), [8, 2]);
    assertEquals(sizes(0.01), [9, 1]);
    assertEquals(sizes(4), [6, 4]);
  });

  it("holds the last samples out when it does not shuffle", () => {
    const [train, test] = trainTestSplit(numbers, {
      testSize: 3,
      shuffle: false,
    });
    assertEquals([...train.indices], [0, 1, 2, 3, 4, 5, 6]);
    assertEquals([...test.indices], [7, 8, 9]);
  });

  it("follows from its seed, or from the global one", () => {
    const held = (seed?: number) => {
      const [, test] = trainTestSplit(
        numbers,
        seed === undefined ? {} : { seed },
      );
      return test.indices.join();
    };
    assertEquals(held(3), held(3));
    assert(held(3) !== held(4));
    manualSeed(8);
    const first = [held(), held()];
    assert(first[0] !== first[1]);
    manualSeed(8);
    assertEquals([held(), held()], first);
  });

  it("cuts tensors", async () => {
    const x = tensor([[0, 0], [1, 10], [2, 20], [3, 30]]);
    const y = tensor([0, 1, 2, 3], { dtype: "int32" });
    const [[xTrain, yTrain], [xTest, yTest]] = trainTestSplit([x, y], {
      testSize: 1,
      seed: 2,
    });
    assertEquals(xTrain.shape, [3, 2]);
    assertEquals(xTest.shape, [1, 2]);
    const labels = [...await yTrain.data(), ...await yTest.data()];
    assertEquals(labels.toSorted(), [0, 1, 2, 3]);
    const rows = [...await xTrain.data(), ...await xTest.data()];
    assertEquals(rows, labels.flatMap((label) => [label, 10 * label]));
    assertEquals(yTrain.dtype, "int32");
  });

  it("keeps classes in proportion", () => {
    const labels = Array.from(
      { length: 100 },
      (_, i) => i < 60 ? "a" : i < 90 ? "b" : "c",
    );
    const dataset = { length: 100, get: (i: number) => i };
    const [train, test] = trainTestSplit(dataset, {
      testSize: 0.2,
      stratify: labels,
      seed: 4,
    });
    assertEquals(counts(labels, test.indices), { a: 12, b: 6, c: 2 });
    assertEquals(counts(labels, train.indices), { a: 48, b: 24, c: 8 });
    // Both parts are shuffled.
    assert(
      [...test.indices].some((index, i, all) => i > 0 && index < all[i - 1]!),
    );
  });

  it("gives what rounding leaves over to the largest remainders", () => {
    const labels = tensor([0, 0, 0, 0, 0, 1, 1, 1, 2, 2], { dtype: "int32" });
    const [, test] = trainTestSplit(numbers, {
      testSize: 3,
      stratify: labels,
      seed: 4,
    });
    // Shares of 1.5, 0.9 and 0.6.
    assertEquals(counts(labels.dataSync(), test.indices), { 0: 1, 1: 1, 2: 1 });
  });

  it("refuses parts without samples", () => {
    for (const testSize of [10, 11, 0.99]) {
      assertThrows(
        () => trainTestSplit(numbers, { testSize }),
        RangeError,
        `both parts must have samples: got testSize ${testSize} for 10 samples`,
      );
    }
    for (const testSize of [0, -1, NaN]) {
      assertThrows(
        () => trainTestSplit(numbers, { testSize }),
        RangeError,
        "Cannot split into train and test as testSize must be",
      );
    }
  });

  it("classes that cannot be read at once: the message says what to do", () => {
    const labels = tensor([0, 1, 0, 1, 0, 1, 0, 1, 0, 1], {
      device: withoutFloat64(),
    });
    assertThrows(
      () => trainTestSplit(numbers, { stratify: labels }),
      TypeError,
      "await tensor.data()",
    );
  });

  it("refuses classes that do not fit", () => {
    const split = (labels: number[], options: object = {}) => () =>
      trainTestSplit(numbers, { stratify: labels, seed: 0, ...options });
    assertThrows(
      split([1, 2]),
      RangeError,
      "stratify must name the class of each sample: got 2 classes for 10 samples",
    );
    assertThrows(
      split([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
      RangeError,
      "each class must have two samples: got one of 1",
    );
    assertThrows(
      split([0, 0, 1, 1, 2, 2, 3, 3, 4, 4]),
      RangeError,
      "both parts must have room for each of 5 classes: got 7 and 3 samples",
    );
    assertThrows(
      split([0, 0, 0, 0, 0, 1, 1, 1, 1, 1], { shuffle: false }),
      RangeError,
      "stratify draws at random",
    );
    assertThrows(
      // @ts-expect-error The classes are a list.
      () => trainTestSplit(numbers, { stratify: true }),
      TypeError,
      "stratify must be the class of each sample: got true",
    );
  });
});
