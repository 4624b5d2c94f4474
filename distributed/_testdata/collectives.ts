/** Runs every collective on several ranks, and reports what came out. */
import { init } from "@tenfold/distributed";
import { arange, memory, setBackend, tensor } from "@tenfold/tenfold";
import process from "node:process";
import { defaultThreads } from "../../backends/wasm-simd/threads/default_threads.ts";
import { report } from "../_testing.ts";

const [backend = "wasm-simd", debug = ""] = process.argv.slice(2);
await setBackend(backend);
const world = await init({ debug: debug === "debug" });
const { rank, worldSize } = world;
const before = memory().tensors;
const found: Record<string, unknown> = {};
const own = (...values: number[]) => tensor(values.map((x) => x * (rank + 1)));

for (const op of ["sum", "mean", "max", "min"] as const) {
  const x = own(1, -2, 3);
  found[op] = [...(await world.allReduceAsync(x, { op })).dataSync()];
  x.dispose();
  const y = own(1, -2, 3);
  found[`${op} now`] = [...world.allReduce(y, { op }).dataSync()];
  y.dispose();
}
{
  using x = tensor([1, rank === 1 ? NaN : 2, 3]);
  found["max with NaN"] = [...world.allReduce(x, { op: "max" }).dataSync()]
    .map(String);
}
for (const dtype of ["float64", "int32"] as const) {
  using x = tensor([2 ** 20 + rank, rank], { dtype });
  found[dtype] = [...world.allReduce(x).dataSync()];
}
{
  // More parts than are under way at once, of which one rank waits for all.
  using x = arange(1_500_000, { dtype: "float32" });
  if (rank === 0) world.allReduce(x);
  else await world.allReduceAsync(x);
  world.allReduce(x, { op: "max" });
  found["large"] = x.dataSync().every((sum, i) => sum === worldSize * i);
  // A view that is not dense.
  using matrix = tensor([[1, 2], [3, 4]]);
  using turned = matrix.t();
  world.allReduce(turned);
  found["view"] = [...matrix.dataSync()];
  using empty = tensor([]);
  world.allReduce(empty);
}
{
  using x = own(7, 8);
  found["broadcast"] = [...world.broadcast(x, { from: 1 }).dataSync()];
  using flags = tensor([rank === 0, false], { dtype: "bool" });
  found["broadcast of bools"] = [
    ...(await world.broadcastAsync(flags)).dataSync(),
  ];
}
{
  using x = own(1, 2);
  using all = world.allGather(x);
  found["allGather"] = await all.toArray();
  using later = await world.allGatherAsync(x);
  found["allGather later"] = await later.toArray();
}
{
  using x = tensor(
    Float32Array.from({ length: worldSize * 2 }, (_, i) => i * (rank + 1)),
    { shape: [worldSize, 2] },
  );
  using part = world.reduceScatter(x);
  using later = await world.reduceScatterAsync(x, { op: "mean" });
  found["reduceScatter"] = [part.shape, ...part.dataSync()];
  found["reduceScatter later"] = [...later.dataSync()];
}
{
  // Several at once, in the order of the calls.
  const many = [1, 2, 3].map((x) => own(x));
  const done = many.map((x) => world.allReduceAsync(x));
  await world.barrierAsync();
  found["at once"] = (await Promise.all(done)).map((x) => x.dataSync()[0]);
  for (const x of many) x.dispose();
}
world.barrier();
found["threads"] = defaultThreads();
found["library"] = world.library.split(" ")[0];
found["left"] = memory().tensors - before;
report(rank, found);
world.finalize();
