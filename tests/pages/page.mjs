// What each bundler makes a page of: trains here, then in a worker, and puts
// what came out into `document.title`.
import {
  currentBackend,
  listBackends,
  manualSeed,
  nn,
  optim,
  scope,
  tensor,
  train,
  zeros,
} from "@tenfold/tenfold";

async function here() {
  manualSeed(1);
  const x = tensor([[0], [1], [2], [3]]);
  const y = tensor([[1], [3], [5], [7]]);
  const model = new nn.Linear(1, 1);
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  let last;
  for (let step = 0; step < 200; step++) {
    optimizer.zeroGrad();
    const loss = nn.functional.mseLoss(model.forward(x), y);
    loss.backward();
    optimizer.step();
    last = await loss.item();
  }
  return last;
}

function begin(input, options) {
  return train.inWorker(
    () =>
      new Worker(new URL("./worker.mjs", import.meta.url), { type: "module" }),
    input,
    options,
  );
}

async function inWorker() {
  const job = begin({ x: tensor([1, 2, 4]) });
  const doubled = [];
  for await (const event of job) doubled.push(...await event.x.toArray());
  const sum = await (await job.result).item();
  const failed = await begin({ fail: true }).result.catch((error) => error);
  const controller = new AbortController();
  const endless = begin({ endless: true }, { signal: controller.signal });
  let epochs = 0;
  const stopped = await (async () => {
    for await (const event of endless) {
      if (event.type === "epoch" && ++epochs === 2) controller.abort();
    }
  })().catch((error) => error.name);
  return {
    doubled,
    sum,
    error: `${failed.name}: ${failed.message}`,
    stack: failed.stack,
    stopped,
  };
}

function released() {
  const room = scope();
  const gone = zeros([2]);
  room.dispose();
  try {
    return gone.add(1);
  } catch (error) {
    return error.name;
  }
}

/** What `using` calls, as compilers write it for engines without it. */
function disposes() {
  const name = Symbol.dispose ?? Symbol.for("Symbol.dispose");
  const x = zeros([1]);
  x[name]();
  return x.disposed ?? x.isDisposed ?? released() === "ReleasedError";
}

async function report() {
  return {
    loss: await here(),
    backend: currentBackend().name,
    backends: listBackends(),
    isolated: globalThis.crossOriginIsolated,
    released: released(),
    disposes: disposes(),
    worker: typeof Worker === "undefined" || globalThis.tenfoldNoWorker
      ? null
      : await inWorker(),
  };
}

report().catch((error) => ({ failed: error.stack ?? String(error) })).then(
  (report) => {
    globalThis.tenfoldReport = JSON.stringify(report);
  },
);
