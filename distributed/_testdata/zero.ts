/**
 * Trains by each optimizer twice on the same ranks, with its state whole and in
 * shards, and reports how far they are apart.
 */
import {
  DistributedDataParallel,
  DistributedSampler,
  init,
  ZeroRedundancyOptimizer,
} from "@tenfold/distributed";
import {
  data,
  manualSeed,
  memory,
  nn,
  optim,
  scope,
  setBackend,
  Tensor,
  tensor,
  train,
} from "@tenfold/tenfold";
import process from "node:process";
import { report } from "../_testing.ts";

const [folder, backend = "wasm-simd", chosen = ""] = process.argv.slice(2);
await setBackend(backend);
const world = await init({ debug: true });
const { rank, worldSize } = world;
const before = memory().tensors;
const digits = await data.loadDigits();
const pixels = await digits.data.data();
const labels = await digits.target.data();
digits.data.dispose();
digits.target.dispose();
const found: Record<string, unknown> = {};

const BATCH = 16;

type Float = "float32" | "float64";

/** A net whose layers are of different sizes: the first has most elements. */
function makeModel(dtype: Float) {
  manualSeed(1);
  return new nn.Sequential(
    new nn.Linear(64, 24, { dtype }),
    new nn.Tanh(),
    new nn.Linear(24, 10, { dtype }),
  );
}

type Model = ReturnType<typeof makeModel>;

/** What is trained by, which all optimizers have. */
interface Stepping {
  step(): unknown;
  zeroGrad(): void;
  readonly paramGroups: readonly { lr: number }[];
  stateDict(): optim.OptimizerState;
  loadStateDict(state: optim.OptimizerState): void;
}

/** Whole batches, of which each rank has its part. */
async function learn(
  model: Model,
  replica: DistributedDataParallel<Model>,
  optimizer: Stepping,
  clip: (max: number) => unknown,
  from: number,
  to: number,
): Promise<number[]> {
  const losses: number[] = [];
  const dtype = model.parameters()[0]!.dtype as Float;
  const share = BATCH / worldSize;
  for (let step = from; step < to; step++) {
    using _ = scope();
    const start = (step * BATCH + rank * share) * 64;
    const x = tensor(pixels.slice(start, start + share * 64), {
      shape: [share, 64],
      dtype,
    }).div(16);
    const at = start / 64;
    const y = tensor(labels.slice(at, at + share), { dtype: "int32" });
    optimizer.zeroGrad();
    const loss = nn.functional.crossEntropy(replica.forward(x), y);
    if (replica.isOnHost) loss.backward();
    else {
      replica.noSync(() => loss.backward());
      await replica.synchronize();
    }
    if (step % 2 === 0) await clip(0.5);
    optimizer.paramGroups[0]!.lr *= 0.9; // as a schedule does
    await optimizer.step();
    const all = await world.allReduceAsync(loss.detach(), { op: "mean" });
    losses.push((await all.data())[0]!);
  }
  return losses;
}

const far = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let most = a.length === b.length ? 0 : Infinity;
  for (let i = 0; i < a.length; i++) {
    most = Math.max(most, Math.abs(a[i]! - b[i]!) / (1 + Math.abs(b[i]!)));
  }
  return most;
};

async function weightsOf(model: Model): Promise<number[]> {
  const all = await Promise.all(model.parameters().map((p) => p.data()));
  return all.flatMap((values) => [...values]);
}

function bytesOf({ state }: optim.OptimizerState): number {
  return Object.values(state).flatMap((entry) => Object.values(entry))
    .reduce<number>(
      (sum, value) =>
        value instanceof Tensor
          ? sum + value.size * (value.dtype === "float64" ? 8 : 4)
          : sum,
      0,
    );
}

type Make = (params: Tensor[]) => optim.Optimizer<{ lr: number }>;

const groups = (params: Tensor[]) => [
  { params: params.filter(({ ndim }) => ndim > 1), weightDecay: 0.1 },
  { params: params.filter(({ ndim }) => ndim < 2), lr: 0.02 },
];
const lr = 0.01;
// deno-lint-ignore no-explicit-any
const OPTIMIZERS: Record<string, (params: Tensor[]) => any> = {
  SGD: (params) => new optim.SGD(params, { lr: 0.1, momentum: 0.9 }),
  plainSGD: (params) => new optim.SGD(params, { lr: 0.1 }),
  Adam: (params) => new optim.Adam(params, { lr }),
  AdamW: (params) => new optim.AdamW(groups(params), { lr, amsgrad: true }),
  NAdam: (params) => new optim.NAdam(params, { lr }),
  RMSprop: (params) => new optim.RMSprop(params, { lr, centered: true }),
  Adafactor: (params) => new optim.Adafactor(params, { beta1: 0.9 }),
  Muon: (params) =>
    new optim.Muon([
      { params: params.filter(({ ndim }) => ndim > 1), lr },
      { params: params.filter(({ ndim }) => ndim < 2), useMuon: false, lr },
    ]),
};

/** Steps before the state is handed on, and after it. */
const half = 3;

async function compare(name: string, dtype: Float): Promise<unknown> {
  const make = OPTIMIZERS[name] as Make;
  using _ = scope();
  // Whole, to the end; its state is kept from the middle.
  const model = makeModel(dtype);
  const replica = new DistributedDataParallel(model, world);
  using optimizer = make(model.parameters());
  const clip = (max: number) => optim.clipGradNorm_(model.parameters(), max);
  const expected = await learn(model, replica, optimizer, clip, 0, 2 * half);
  replica.dispose();

  const other = makeModel(dtype);
  const replica2 = new DistributedDataParallel(other, world, {
    bucketBytes: 4096,
  });
  const inner = make(other.parameters());
  const sharded = new ZeroRedundancyOptimizer(inner, replica2);
  const clip2 = (max: number) => sharded.clipGradNorm(max);
  const losses = await learn(other, replica2, sharded, clip2, 0, half);
  const bytes = sharded.stateBytes;
  // The whole state goes on in another optimizer, of other shards.
  const file = `${folder}/${name}-${dtype}.safetensors`;
  await sharded.consolidate();
  const parts = { model: other, optimizer: sharded };
  if (rank === 0) await train.saveCheckpoint(file, parts);
  world.barrier();
  const third = makeModel(dtype);
  const replica3 = new DistributedDataParallel(third, world);
  const again = make(third.parameters());
  const shards3 = new ZeroRedundancyOptimizer(again, replica3);
  await train.loadCheckpoint(file, { model: third, optimizer: shards3 });
  const clip3 = (max: number) => shards3.clipGradNorm(max);
  losses.push(...await learn(third, replica3, shards3, clip3, half, 2 * half));
  await shards3.release();
  const released = again.stateDict();
  const whole = optimizer.stateDict();
  const states = await Promise.all(
    Object.entries(whole.state).flatMap(([number, entry]) =>
      Object.entries(entry).map(async ([key, value]) => {
        const mine = released.state[number]![key]!;
        return typeof value === "number"
          ? far([mine as number], [value])
          : far(await (mine as Tensor).data(), await value.data());
      })
    ),
  );
  const weights = far(await weightsOf(third), await weightsOf(model));
  replica2.dispose();
  sharded.dispose();
  replica3.dispose();
  again.dispose();
  for (const one of [model, other, third]) {
    for (const param of one.parameters()) {
      param.grad = null;
      param.dispose();
    }
  }
  return {
    losses: far(losses, expected),
    weights,
    states: Math.max(0, ...states),
    bytes,
    whole: bytesOf(whole),
  };
}

const names = chosen === "" ? Object.keys(OPTIMIZERS) : chosen.split(",");
// webgpu has no float64.
for (const name of backend === "webgpu" ? [] : names) {
  found[name] = await compare(name, "float64");
}
found["float32"] = await compare("Adam", "float32");
/** Fits by shards or without; the weights. */
async function fitted(shardOptimizer: boolean): Promise<number[]> {
  const shape = [32, 64];
  using x = tensor(pixels.slice(0, 32 * 64), { shape, dtype: "float32" });
  using y = tensor(labels.slice(0, 32), { dtype: "int32" });
  const model = makeModel("float32");
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.001 });
  const name = `${folder}/fit-${shardOptimizer}.safetensors`;
  await train.fit(model, {
    loss: nn.functional.crossEntropy,
    optimizer,
    train: new data.DataLoader(
      new DistributedSampler(new data.TensorDataset(x, y), world, { seed: 1 }),
      { batchSize: 4 },
    ),
    epochs: 1,
    clipGradNorm: 0.5,
    progress: false,
    callbacks: [train.checkpoint(name)],
    distributed: { world, shardOptimizer },
  });
  const weights = await weightsOf(model);
  optimizer.dispose();
  for (const param of model.parameters()) {
    param.grad = null;
    param.dispose();
  }
  return weights;
}

if (backend === "webgpu") {
  found["fit"] = far(await fitted(true), await fitted(false));
}
found["left"] = memory().tensors - before;
report(rank, found);
world.finalize();
