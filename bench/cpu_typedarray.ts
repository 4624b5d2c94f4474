/**
 * How fast the typed-array backend is beside TensorFlow.js's own: one small
 * operation, a matrix product and a softmax, in one run.
 *
 *     deno run -A --no-lock bench/cpu_typedarray.ts
 *
 * @module
 */
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { manualSeed, randn, setBackend, tensor } from "@tenfold/core";
import { do_not_optimize, measure } from "mitata";

/** What is used of the peer, which is installed when the benchmark runs. */
interface Peer {
  setBackend(name: string): Promise<boolean>;
  tensor2d(values: Float32Array, shape: [number, number]): PeerTensor;
  matMul(a: PeerTensor, b: PeerTensor): PeerTensor;
  softmax(x: PeerTensor): PeerTensor;
}

interface PeerTensor {
  dataSync(): ArrayLike<number>;
  dispose(): void;
}

const VERSION = "4.22.0";
const PEER = `npm:@tensorflow/tfjs-core@${VERSION}`;
const PEER_BACKEND = `npm:@tensorflow/tfjs-backend-cpu@${VERSION}`;
const peer: Peer = await import(PEER);
await import(PEER_BACKEND);
await peer.setBackend("cpu");
await setBackend(cpuTypedArray());
manualSeed(0);

/** The median of a function's time, in milliseconds. */
async function median(run: () => void): Promise<number> {
  const stats = await measure(run, {
    warmup_samples: 5,
    min_samples: 15,
    min_cpu_time: 1e9,
  });
  return stats.p50 / 1e6;
}

function figure(
  name: string,
  value: string,
  goal: string,
  reached: boolean,
): void {
  console.log(`${reached ? "ok  " : "MISS"} ${name}: ${value} (${goal})`);
}

const [a16, b16] = [tensor(new Float32Array(16)), tensor(new Float32Array(16))];
const small = await median(() => a16.add(b16).dispose());
figure(
  "a + b on 16 elements, made and released",
  `${(small * 1e3).toFixed(2)} µs`,
  "at most 3 µs",
  small <= 3e-3,
);

const n = 512;
const [a, b] = [randn([n, n]), randn([n, n])];
const [peerA, peerB] = [a, b].map((x) =>
  peer.tensor2d(x.dataSync() as Float32Array, [n, n])
) as [PeerTensor, PeerTensor];
const ours = await median(() => {
  const product = a.matmul(b);
  do_not_optimize(product);
  product.dispose();
});
const theirs = await median(() => {
  const product = peer.matMul(peerA, peerB);
  do_not_optimize(product.dataSync());
  product.dispose();
});
const rate = (ms: number) => (2 * n ** 3 / ms / 1e6).toFixed(2);
figure(
  `matmul ${n} × ${n} × ${n}`,
  `${rate(ours)} GFLOP/s (${ours.toFixed(1)} ms) against ${rate(theirs)} (${
    theirs.toFixed(1)
  } ms), ${(theirs / ours).toFixed(1)} times as fast`,
  "at least 2 times",
  theirs / ours >= 2,
);

const x = randn([1024, 1024]);
const peerX = peer.tensor2d(x.dataSync() as Float32Array, [1024, 1024]);
const oursSoftmax = await median(() => {
  const y = x.softmax(1);
  do_not_optimize(y);
  y.dispose();
});
const theirsSoftmax = await median(() => {
  const y = peer.softmax(peerX);
  do_not_optimize(y.dataSync());
  y.dispose();
});
figure(
  "softmax 1024 × 1024",
  `${oursSoftmax.toFixed(2)} ms against ${theirsSoftmax.toFixed(1)} ms, ${
    (theirsSoftmax / oursSoftmax).toFixed(1)
  } times as fast`,
  "at least 20 times",
  theirsSoftmax / oursSoftmax >= 20,
);
