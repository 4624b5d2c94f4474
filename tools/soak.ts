/**
 * Trains for a long time and prints how much memory the process has, to see
 * that it stays flat. Not a test: a run takes minutes.
 *
 *     deno run -A tools/soak.ts --steps=100000 --threads=2
 *     bun tools/soak.ts --steps=100000 --threads=2
 *
 * `--threads=N` is the number of threads of wasm-simd, `--backend=NAME` takes
 * another one. `--loop=scope` is the README's loop (the default),
 * `--loop=item` has no scope and awaits `item()` of 2 MB of temporaries in each
 * step, `--loop=train` is the README's loop without its scope but with
 * `await loss.item()`. Exits with 1 where the process grows by more than 300 MB
 * after the first twentieth (`--loop=scope`), or beyond 1.5 GB.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import {
  data,
  memory,
  nn,
  optim,
  scope,
  setBackend,
  zeros,
} from "@tenfold/tenfold";
import { wasmSimd } from "@tenfold/backends/wasm-simd";

const { values } = parseArgs({
  options: {
    steps: { type: "string", default: "100000" },
    threads: { type: "string" },
    backend: { type: "string", default: "wasm-simd" },
    loop: { type: "string", default: "scope" },
  },
});
const steps = Number(values.steps);
await setBackend(
  values.threads === undefined
    ? values.backend
    : wasmSimd({ threads: Number(values.threads) }),
);

const digits = await data.loadDigits();
const x = digits.data.slice(0, 0, 32);
const target = digits.target.slice(0, 0, 32);
const model = new nn.Sequential(
  new nn.Linear(64, 32),
  new nn.ReLU(),
  new nn.Linear(32, 10),
);
const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });

function loss() {
  optimizer.zeroGrad();
  const value = nn.functional.crossEntropy(model.forward(x), target);
  value.backward();
  optimizer.step();
  return value;
}

const LOOPS: Record<string, () => void | Promise<unknown>> = {
  scope() {
    using _ = scope();
    loss();
  },
  item: () => zeros([256_000]).add(1).sum().item(),
  train: () => loss().item(),
};
const step = LOOPS[values.loop]!;

const megabytes = () => Math.round(process.memoryUsage().rss / 1e6);
let begin = 0;
let most = 0;
const start = performance.now();
for (let i = 1; i <= steps; i++) {
  const waits = step();
  if (waits) await waits;
  if (i % 16 === 0) most = Math.max(most, megabytes());
  if (i === Math.ceil(steps / 20)) begin = megabytes();
  if (i % Math.ceil(steps / 10) === 0) {
    const { buffers, bytes, peakBytes } = memory();
    console.log(
      `step ${i}: ${megabytes()} MB, at most ${most} MB; held: ${buffers} buffers of ${
        (bytes / 1e6).toFixed(1)
      } MB, at most ${(peakBytes / 1e6).toFixed(1)} MB`,
    );
  }
  if (most > 6000) break;
}
const grown = most - begin;
const failed = most > 1500 || (values.loop === "scope" && grown > 300);
console.log(
  `${failed ? "GROWS" : "flat"}: ${begin} MB at first, ${most} MB at most, ${
    ((performance.now() - start) * 1e3 / steps).toFixed(0)
  } µs a step`,
);
process.exit(failed ? 1 : 0);
