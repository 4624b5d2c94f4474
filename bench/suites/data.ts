/**
 * Throughput of data loaders.
 *
 * @module
 */
import { data, randint, randn, scope, type Tensor } from "@tenfold/tenfold";
import type { Case, Live, TimedSuite } from "../harness/case.ts";

const SAMPLES = 4096;

/** Runs whole epochs, and keeps the features of their last batch. */
function epochs(
  inputs: readonly Tensor[],
  loader: AsyncIterable<readonly Tensor[]>,
): Live {
  let last: Tensor | null = null;
  return {
    inputs,
    async run() {
      using s = scope();
      for await (const [x] of loader) {
        last?.dispose();
        last = s.keep(x) ?? null;
      }
    },
    output: () => last,
  };
}

function rows(batchSize: number, shuffle: boolean): Live {
  const x = randn([SAMPLES, 784]);
  const y = randint(0, 10, [SAMPLES]);
  const dataset = new data.TensorDataset(x, y);
  const loader = new data.DataLoader(dataset, { batchSize, shuffle, seed: 1 });
  return epochs([x, y], loader);
}

/** Samples that are arrays, made one by one. */
function arrays(batchSize: number, prefetch: number): Live {
  const image = Float32Array.from({ length: 784 }, (_, i) => i / 784);
  const dataset: data.Dataset<[Float32Array, number]> = {
    length: SAMPLES,
    get: (index) => [image, index % 10],
  };
  const loader = new data.DataLoader(dataset, { batchSize, prefetch });
  return epochs([], loader);
}

function one(
  series: string,
  size: number,
  quick: boolean,
  open: () => Live,
  changes = false,
): Case {
  return {
    series,
    size,
    label: `batches of ${size}`,
    quick,
    work: { amount: SAMPLES, unit: "sample" },
    // A shuffled epoch ends with another batch each time.
    ...(changes ? { stepsToCheck: 1 } : {}),
    open,
  };
}

/** The suite. */
export const suite: TimedSuite = {
  kind: "timed",
  question: "How many samples of 784 floats does a loader give a second?",
  axis: "samples in a batch",
  cases: () =>
    [64, 256].flatMap((size) => [
      one("tensors in order,", size, size === 64, () => rows(size, false)),
      one(
        "tensors, shuffled,",
        size,
        size === 64,
        () => rows(size, true),
        true,
      ),
      one("arrays, collated,", size, size === 64, () => arrays(size, 0)),
      one("arrays, fetched ahead,", size, false, () => arrays(size, 4)),
    ]),
};
