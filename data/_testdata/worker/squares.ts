/** What the tests of datasets in workers serve, by name. */
import "../../_testing.ts";
import { tensor } from "@tenfold/core";
import { StreamLoader } from "../../stream/mod.ts";
import { serveDataset } from "../../worker/mod.ts";

interface Input {
  readonly kind: "samples" | "batches" | "stream" | "fail" | "nothing";
  readonly length: number;
}

serveDataset<Input>(async ({ kind, length }) => {
  await Promise.resolve();
  let epoch = -1;
  switch (kind) {
    case "samples":
      return {
        length,
        setEpoch: (given: number) => void (epoch = given),
        get: (i: number) => {
          if (i === 13) throw new RangeError("it is 13");
          return [[i, i * i], epoch] as const;
        },
      };
    case "batches":
      return {
        length,
        get: (i: number) => tensor([i]),
        getBatch: (indices: Int32Array) => ({
          indices: [...indices],
          x: tensor([...indices]).mul(2),
        }),
      };
    case "stream":
      return new StreamLoader({
        *[Symbol.iterator]() {
          for (let i = 0; i < length; i++) {
            if (i === 13) throw new RangeError("it is 13");
            yield [i];
          }
        },
      }, { batchSize: 2 });
    case "fail":
      throw new RangeError("there is no such file");
    case "nothing":
      return 3 as never;
  }
});
