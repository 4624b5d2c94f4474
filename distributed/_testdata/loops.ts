/**
 * Loops of one's own on several ranks: each case compares the gradients that come
 * out with those that this rank computes alone of the data of all.
 */
import {
  DistributedDataParallel,
  init,
  ZeroRedundancyOptimizer,
} from "@tenfold/distributed";
import { compile } from "@tenfold/core/compile";
import {
  manualSeed,
  memory,
  nn,
  optim,
  randn,
  setBackend,
  type Tensor,
  tensor,
  tidy,
} from "@tenfold/tenfold";
import process from "node:process";
import { report } from "../_testing.ts";

const [backend = "wasm-simd"] = process.argv.slice(2);
await setBackend(backend);
const world = await init({ debug: true });
const { rank, worldSize } = world;
const before = memory().tensors;

type Model = nn.Module<[Tensor], Tensor>;

/** The data of a rank, which all ranks can draw. */
function dataOf(rank: number): Tensor {
  manualSeed(100 + rank);
  return randn([4, 6], { dtype: "float64" });
}

/** A net with a branch that is not always used. */
class Branches extends nn.Module<[Tensor], Tensor> {
  stem = new nn.Linear(6, 5, { dtype: "float64" });
  left = new nn.Linear(5, 3, { dtype: "float64" });
  right = new nn.Linear(5, 3, { dtype: "float64" });
  idle = new nn.Linear(2, 2, { dtype: "float64" });
  takesLeft = true;

  forward(x: Tensor): Tensor {
    const y = this.stem.forward(x).tanh();
    return (this.takesLeft ? this.left : this.right).forward(y);
  }
}

const lossOf = (y: Tensor): Tensor => y.square().mean();

function makeModel<M extends Model>(make: () => M): M {
  manualSeed(7);
  return make();
}

async function gradientsOf(
  model: Model,
): Promise<Record<string, number[] | null>> {
  const found: Record<string, number[] | null> = {};
  for (const [name, { grad }] of model.namedParameters()) {
    found[name] = grad === null ? null : [...await grad.data()];
  }
  return found;
}

/** The mean over the ranks of the gradients that each has alone. */
async function expectedOf<M extends Model>(
  make: () => M,
  backward: (model: M, rank: number) => void,
): Promise<Record<string, number[] | null>> {
  const sums: Record<string, number[] | null> = {};
  for (let other = 0; other < worldSize; other++) {
    const model = makeModel(make);
    tidy(() => backward(model, other));
    for (const [name, values] of Object.entries(await gradientsOf(model))) {
      const sum = sums[name] ?? null;
      sums[name] = values === null
        ? sum
        : values.map((x, i) => (sum?.[i] ?? 0) + x / worldSize);
    }
    drop(model);
  }
  return sums;
}

function drop(model: Model): void {
  for (const param of model.parameters()) {
    param.grad = null;
    param.dispose();
  }
}

/** How far two lots of gradients are apart; the names of those that are missing. */
function apart(
  found: Record<string, number[] | null>,
  expected: Record<string, number[] | null>,
): number | string {
  let most = 0;
  for (const [name, values] of Object.entries(expected)) {
    const own = found[name] ?? null;
    if (values === null || own === null) {
      if (values === own) continue;
      return `${name} is ${own === null ? "missing" : "there"}`;
    }
    values.forEach((x, i) => most = Math.max(most, Math.abs(x - own[i]!)));
  }
  return most;
}

/** A backward on all ranks, in the place of one that is alone. */
async function averaged<M extends Model>(
  make: () => M,
  backward: (model: M, rank: number) => void,
  options: object = {},
): Promise<number | string> {
  const model = makeModel(make);
  const replica = new DistributedDataParallel(model, world, options);
  tidy(() => backward(model, rank));
  const found = await gradientsOf(model);
  replica.dispose();
  drop(model);
  return apart(found, await expectedOf(make, backward));
}

const found: Record<string, unknown> = {};
const linear = () => new nn.Linear(6, 3, { dtype: "float64" });
const linear6 = () => new nn.Linear(3, 6, { dtype: "float64" });
const once = (model: Model, rank: number) =>
  lossOf(model.forward(dataOf(rank))).backward();

// A parameter that one rank alone uses, and one that none uses.
found.branches = await averaged(() => new Branches(), (model, rank) => {
  model.takesLeft = rank === 0;
  once(model, rank);
});
// Each parameter is larger than a bucket.
found.tinyBuckets = await averaged(() => new Branches(), once, {
  bucketBytes: 8,
});
// Layers of two dtypes.
class Mixed extends nn.Module<[Tensor], Tensor> {
  wide = new nn.Linear(6, 4, { dtype: "float64" });
  narrow = new nn.Linear(4, 3);
  last = new nn.Linear(3, 2, { dtype: "float64" });
  forward(x: Tensor): Tensor {
    const y = this.narrow.forward(this.wide.forward(x).cast("float32"));
    return this.last.forward(y.cast("float64"));
  }
}
found.mixed = await averaged(() => new Mixed(), once);
// Frozen layers send nothing, and learn again once they are thawed.
{
  const model = makeModel(() => new Branches());
  model.stem.freeze();
  const replica = new DistributedDataParallel(model, world);
  const frozen = replica.bytesPerStep;
  tidy(() => lossOf(replica.forward(dataOf(rank))).backward());
  const none = model.stem.weight.grad === null;
  model.stem.unfreeze();
  model.zeroGrad();
  tidy(() => lossOf(replica.forward(dataOf(rank))).backward());
  const expected = await expectedOf(() => new Branches(), once);
  found.thawed = apart(await gradientsOf(model), expected);
  found.frozen = [none, replica.bytesPerStep - frozen];
  replica.dispose();
  drop(model);
}
// Gradients of two batches, averaged once.
found.noSync = await (async () => {
  const model = makeModel(linear);
  const replica = new DistributedDataParallel(model, world);
  const batch = (from: number) =>
    tidy(() => lossOf(replica.forward(dataOf(from + rank))).div(2).backward());
  replica.noSync(() => batch(10));
  const alone = await gradientsOf(model);
  batch(20);
  const both = await gradientsOf(model);
  replica.dispose();
  drop(model);
  const expected = await expectedOf(linear, (model, rank) => {
    for (const from of [10, 20]) {
      lossOf(model.forward(dataOf(from + rank))).div(2).backward();
    }
  });
  using first = tensor([alone["weight"]![0]!], { dtype: "float64" });
  using ofAll = world.allGather(first);
  return [apart(both, expected), new Set(await ofAll.data()).size];
})();

// Two models, whose gradients come of one backward; one is disposed then.
found.two = await (async () => {
  const models = [makeModel(linear), makeModel(() => new Branches())];
  const replicas = models.map((model) =>
    new DistributedDataParallel<Model>(model, world)
  );
  tidy(() => {
    const [a, b] = replicas.map((one) => lossOf(one.forward(dataOf(rank))));
    a!.add(b!).backward();
  });
  const apartBy = [
    apart(await gradientsOf(models[0]!), await expectedOf<Model>(linear, once)),
    apart(
      await gradientsOf(models[1]!),
      await expectedOf<Model>(() => new Branches(), once),
    ),
  ];
  for (const replica of replicas) replica.dispose();
  // A replica that was disposed averages no longer.
  models[0]!.zeroGrad();
  tidy(() => once(models[0]!, 30 + rank));
  const alone = makeModel(linear);
  tidy(() => once(alone, 30 + rank));
  apartBy.push(
    apart(await gradientsOf(models[0]!), await gradientsOf(alone)),
  );
  for (const model of [...models, alone]) drop(model);
  return apartBy;
})();

// Steps that are compiled, with collectives between them.
found.compiled = await (async () => {
  const train = async (compiled: boolean, sharded: boolean) => {
    const model = makeModel(() => new Branches());
    const replica = new DistributedDataParallel(model, world);
    const adam = new optim.Adam(model.parameters(), { lr: 0.1 });
    const optimizer = sharded
      ? new ZeroRedundancyOptimizer(adam, replica)
      : adam;
    const forward = (x: Tensor) => {
      const loss = lossOf(model.forward(x));
      replica.noSync(() => loss.backward());
      return loss;
    };
    const step = compiled ? compile(forward) : forward;
    for (let i = 0; i < 4; i++) {
      const x = dataOf(10 * i + rank);
      optimizer.zeroGrad();
      tidy(() => void step(x));
      await replica.synchronize();
      await optimizer.step();
      x.dispose();
    }
    const weights = [...await model.stem.weight.data()];
    if ("dispose" in step) (step as { dispose(): void }).dispose();
    optimizer.dispose();
    replica.dispose();
    drop(model);
    return weights;
  };
  const expected = await train(false, false);
  const others = [await train(true, false), await train(true, true)];
  return others.map((weights) =>
    Math.max(...weights.map((x, i) => Math.abs(x - expected[i]!)))
  );
})();

// More ranks than elements: some have no shard.
found.small = await (async () => {
  const train = async (sharded: boolean) => {
    const model = makeModel(() =>
      new nn.Linear(6, 1, { dtype: "float64", bias: false })
    );
    const scalar = makeModel(() => new nn.PReLU({ dtype: "float64" } as never));
    const net = new nn.Sequential(model, scalar);
    const replica = new DistributedDataParallel(net, world, { bucketBytes: 8 });
    const adam = new optim.Adam(net.parameters(), { lr: 0.1 });
    const optimizer = sharded
      ? new ZeroRedundancyOptimizer(adam, replica)
      : adam;
    for (let i = 0; i < 3; i++) {
      optimizer.zeroGrad();
      tidy(() => lossOf(replica.forward(dataOf(rank))).backward());
      await optimizer.step();
    }
    const weights = (await Promise.all(
      net.parameters().map(async (param) => [...await param.data()]),
    )).flat();
    optimizer.dispose();
    replica.dispose();
    drop(net);
    return weights;
  };
  const expected = await train(false);
  const weights = await train(true);
  return Math.max(...weights.map((x, i) => Math.abs(x - expected[i]!)));
})();

// A trace of two backward passes, of all ranks.
for (const sharded of [false, true]) {
  const model = makeModel(() =>
    new nn.Sequential(linear(), new nn.Tanh(), linear6())
  );
  const replica = new DistributedDataParallel(model, world, {
    bucketBytes: 64,
    profile: true,
  });
  const adam = new optim.Adam(model.parameters());
  const optimizer = sharded ? new ZeroRedundancyOptimizer(adam, replica) : adam;
  for (let i = 0; i < 2; i++) {
    tidy(() => lossOf(replica.forward(dataOf(rank))).backward());
  }
  found[sharded ? "shardedTrace" : "trace"] =
    JSON.parse(replica.trace({ allRanks: true })).traceEvents;
  optimizer.dispose();
  replica.dispose();
  drop(model);
}

// Shards refuse gradients that were not averaged.
{
  const model = makeModel(linear);
  const replica = new DistributedDataParallel(model, world);
  const adam = new optim.Adam(model.parameters());
  const optimizer = new ZeroRedundancyOptimizer(adam, replica);
  replica.noSync(() => tidy(() => once(model, rank)));
  try {
    await optimizer.step();
  } catch (error) {
    found.refused = (error as Error).message;
  }
  optimizer.dispose();
  replica.dispose();
  drop(model);
}
found.left = memory().tensors - before;
report(rank, found);
world.finalize();
