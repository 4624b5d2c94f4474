// The job that `whole.mjs` runs in a worker.
import { train } from "@tenfold/tenfold";

train.workerJob(async ({ x, wait }, { emit, signal }) => {
  await emit({ type: "doubled", x: x.mul(2) });
  if (wait) {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    signal.throwIfAborted();
  }
  return x.sum();
});
