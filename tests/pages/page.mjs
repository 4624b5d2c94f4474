// What each bundler makes a page of: trains here, then in a worker, and puts
// what came out into `document.title`.
import {
  currentBackend,
  data,
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
  return {
    doubled,
    sum,
    error: `${failed.name}: ${failed.message}`,
    stack: failed.stack,
    ...await stopped(),
  };
}

/** Stops a job, looks at the checkpoint that it leaves, and goes on from it. */
async function stopped() {
  const folder = await navigator.storage.getDirectory();
  const handle = await folder.getFileHandle("run", { create: true });
  const controller = new AbortController();
  let last = 0;
  const follow = async (epochs) => {
    const { signal } = controller;
    const job = begin({ handle, epochs }, last === 0 ? { signal } : {});
    const seen = [];
    for await (const event of job) {
      if (event.type !== "epoch") continue;
      seen.push(last = event.record.epoch);
      if (last === 2) controller.abort();
    }
    return seen;
  };
  const stopped = await follow(1e9).catch((error) => error.name);
  const kept = Object.keys(await data.loadSafetensors(handle));
  const before = last;
  const [next] = await follow(last + 3);
  return { stopped, kept, lost: before + 1 - next, last: last - before };
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
