// Trains, evaluates, saves, loads and resumes with the installed packages. The
// last line is the accuracy, which must be the same on every runtime.
import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readArrow, readParquet, Table } from "@tenfold/data/tables";
import { CharTokenizer, loadTokenizer } from "@tenfold/data/text";
import { WorkerDataset } from "@tenfold/data/worker";
import {
  compile,
  data,
  listBackends,
  manualSeed,
  nn,
  noGrad,
  optim,
  setBackend,
  tensor,
  tidy,
  train,
  zeros,
} from "@tenfold/tenfold";

const folder = await mkdtemp(join(tmpdir(), "tenfold-packages-"));
try {
  const names = (await listBackends()).map(({ name }) => name);
  deepEqual(names.sort(), ["cpu-typedarray", "wasm-simd", "webgpu"]);
  let released;
  tidy(() => {
    released = zeros([2]);
  });
  throws(() => released.add(1), /whole\.mjs:/, "names the place in this file");
  await withoutOthers();
  await inWorker();
  await rowsOfWorker();
  const [cpu, wasm] = [await run("cpu-typedarray"), await run("wasm-simd")];
  ok(Math.abs(cpu - wasm) < 0.02, `${cpu} on the processor, ${wasm} on wasm`);
  console.log(wasm);
} finally {
  await rm(folder, { recursive: true });
}

/** Packages that are not installed are named where they are used. */
async function withoutOthers() {
  equal(CharTokenizer.of("ab").decode([1, 0]), "ba");
  equal(new Table(new Map([["x", [1]]])).length, 1);
  const none = new Uint8Array(20);
  for (
    const [read, name] of [
      [readParquet, "hyparquet"],
      [readArrow, "@uwdata/flechette"],
      [loadTokenizer, "@huggingface/tokenizers"],
    ]
  ) {
    await rejects(read(none), {
      message: new RegExp(`package ${name} cannot`),
    });
  }
}

/** Node has worker threads in place of Web Workers. */
async function inWorker() {
  const url = new URL("./job.mjs", import.meta.url);
  const job = train.inWorker(url, { x: tensor([1, 2, 4]) });
  for await (const event of job) {
    deepEqual(await event.x.toArray(), [2, 4, 8]);
  }
  equal(await (await job.result).item(), 7);
  const controller = new AbortController();
  const { signal } = controller;
  const stopped = train.inWorker(url, { x: tensor([1]), wait: true }, {
    signal,
  });
  await rejects(async () => {
    for await (const _ of stopped) controller.abort();
  }, (error) => error === signal.reason);
}

/** Batches that another thread makes. */
async function rowsOfWorker() {
  const url = new URL("./rows.mjs", import.meta.url);
  const rows = await WorkerDataset.open(url, { length: 5 }, { workers: 2 });
  const loader = new data.DataLoader(rows, { batchSize: 2, prefetch: 2 });
  const seen = [];
  for await (const x of loader) seen.push(...await x.toArray());
  rows.dispose();
  deepEqual(seen, [[0, 0], [1, 1], [2, 4], [3, 9], [4, 16]]);
}

function makeModel() {
  return new nn.Sequential(
    new nn.Linear(64, 32),
    new nn.ReLU(),
    new nn.Linear(32, 10),
  );
}

async function run(backend) {
  await setBackend(backend);
  manualSeed(1);
  return await tidy(async () => {
    const { data: x, target } = await data.loadDigits();
    const [training, held] = data.randomSplit(
      new data.TensorDataset(x, target),
      [0.8, 0.2],
      { seed: 1 },
    );
    const model = makeModel();
    const optimizer = new optim.AdamW(model.parameters(), { lr: 0.01 });
    const history = await train.fit(model, {
      loss: nn.functional.crossEntropy,
      optimizer,
      train: new data.DataLoader(training, { batchSize: 64, shuffle: true }),
      validation: new data.DataLoader(held, { batchSize: 64 }),
      epochs: 3,
      metrics: { accuracy: train.accuracy() },
      callbacks: [train.checkpoint(join(folder, backend))],
      progress: false,
    });
    const svg = await history.toSvg();
    ok(svg.startsWith("<svg"));
    const path = join(folder, `${backend}.safetensors`);
    await data.saveSafetensors(path, model.stateDict());
    ok((await readFile(path)).length > 4 * (64 * 32 + 32 * 10));
    const other = makeModel();
    other.loadStateDict(await data.loadSafetensors(path));
    equal(
      await train.accuracy(other.forward(x), target),
      await train.accuracy(model.forward(x), target),
    );
    const forward = compile((batch) => noGrad(() => other.forward(batch)));
    for (let i = 0; i < 2; i++) forward(x);
    equal(forward.stats.replayed, 1);
    forward.dispose();
    return history.last.validation.accuracy;
  });
}
