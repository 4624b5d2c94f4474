/**
 * Times an all-reduce in place of so many bytes, as `all_reduce.c` does. Rank 0
 * prints the milliseconds of each.
 *
 *     mpirun -n 2 deno run -A tools/distributed/all_reduce_job.ts 67108864 9
 *
 * @module
 */
import process from "node:process";
import { init } from "@tenfold/distributed";
import { wasmSimd } from "@tenfold/backends/wasm-simd";
import { full, setBackend, tidy } from "@tenfold/tenfold";

/** Calls before the clock runs. */
const WARM = 2;

const [bytes, runs] = process.argv.slice(2).map(Number) as [number, number];
await setBackend(wasmSimd({ threads: 1 }));
const world = await init();
const { rank, worldSize } = world;
const times: number[] = [];
for (let run = -WARM; run < runs; run++) {
  tidy(() => {
    const x = full([bytes / 4], rank + 1, { dtype: "float32" });
    world.barrier();
    const began = performance.now();
    world.allReduce(x);
    const ms = performance.now() - began;
    const expected = worldSize * (worldSize + 1) / 2;
    for (const at of [0, bytes / 4 - 1]) {
      const found = x.slice(0, at, at + 1).itemSync();
      if (found !== expected) throw new Error(`${found} is not ${expected}`);
    }
    if (run >= 0) times.push(ms);
  });
}
if (rank === 0) console.log(`RANK 0 ${JSON.stringify(times)}`);
