// The job that `whole.mjs` runs in a worker.
import { train } from "@tenfold/tenfold";

train.workerJob(async ({ x }, { emit }) => {
  await emit({ type: "doubled", x: x.mul(2) });
  return x.sum();
});
