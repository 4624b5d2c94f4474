/**
 * Rank 0 of four ends as soon as its part of a collective is over, which rank 2
 * begins late, and rank 3 waits for that; or, with the argument `early`, before
 * it.
 */
import { init } from "@tenfold/distributed";
import { arange, zeros } from "@tenfold/tenfold";
import process from "node:process";
import { report } from "../_testing.ts";

const world = await init();
const { rank } = world;
const early = process.argv[2] === "early";
const tensors = Array.from(
  { length: early && rank === 0 ? 4 : 5 },
  () => rank === 0 ? arange(300, { dtype: "float32" }) : zeros([300]),
);
if (rank === 2) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
}
const all = await Promise.all(
  tensors.map((one) => world.broadcastAsync(one)),
);
report(rank, all.map((one) => one.dataSync()[299]));
