/**
 * Lesson 1: layers that keep no hidden state.
 *
 *     deno run examples/foundations/01_explicit_layers.ts
 *
 * A layer is a function that can also say how a change of its output goes back
 * to its input and its weights. To do so it must remember something from the
 * forward pass. Here that memory, the cache, is handed to the caller: `forward`
 * returns it, `backward` takes it. Nothing is hidden, nothing is kept by
 * accident, and a network turns out to be a layer like any other.
 *
 * @module
 */
import {
  currentBackend,
  grad,
  manualSeed,
  ones,
  rand,
  randn,
  scope,
  type Tensor,
  unscoped,
  where,
  zeros,
  zerosLike,
} from "@tenfold/tenfold";
import {
  check,
  checkClose,
  millisecondsOf,
  part,
  relativeError,
  showMs,
} from "./_lesson.ts";

manualSeed(1); // the same random numbers every time, on every backend
console.log(
  `Lesson 1: layers with explicit caches, on ${currentBackend().name}`,
);

// ---------------------------------------------------------------------------
part("Which dim comes first?");
// On paper one sample is a column and a layer is W·x + b. For many samples at
// once there are two ways to lay out the numbers:
//
//   samples as columns   W [out, in]  @  X [in, n]     as on paper
//   samples as rows      X [n, in]    @  W [in, out]   batch first
//
// Both are the same arithmetic. Let us first see what the clock says.
{
  using _ = scope();
  const [n, inDim, outDim] = [3000, 20, 40];
  const x = randn([n, inDim]);
  const w = randn([inDim, outDim]);
  // The same numbers, laid out the other way round in memory.
  const xColumns = x.t().contiguous();
  const wColumns = w.t().contiguous();

  const rows = await millisecondsOf(() => x.matmul(w));
  const columns = await millisecondsOf(() => wColumns.matmul(xColumns));
  console.log(`x @ w      [3000, 20] @ [20, 40]  ${showMs(rows)}`);
  console.log(`wT @ xT    [40, 20] @ [20, 3000]  ${showMs(columns)}`);
  await checkClose(
    "both give the same numbers",
    wColumns.matmul(xColumns).t(),
    x.matmul(w),
  );

  // What decides is not that product but what lies around it. Memory is a long
  // row of numbers, and in C order the last dim is the one that lies together.
  // With samples as rows, a batch is one piece of that row: a view that any
  // kernel can read from front to back. With samples as columns, a batch is
  // scattered: 32 numbers of one feature, then a jump over all other samples.
  const batch = x.narrow(0, 64, 32);
  const scattered = xColumns.narrow(1, 64, 32);
  console.log(`a batch of rows has strides [${batch.strides.join(", ")}]`);
  console.log(
    `a batch of columns has strides [${scattered.strides.join(", ")}]`,
  );
  check("a batch of rows lies in one piece", batch.strides[0] === inDim);
  check("a batch of columns is scattered", scattered.strides[0] === n);
}
// From here on the batch comes first: x is [n, in], w is [in, out], x @ w + b.

// ---------------------------------------------------------------------------
part("A layer");

/**
 * A function of tensors and its way back.
 *
 * The gradients come in the order of the parameters, so that whoever updates
 * parameters needs to know nothing else about a layer.
 */
interface Layer<Cache = unknown> {
  /** What is learned. */
  readonly parameters: Tensor[];
  /** The output, and whatever `backward` will need. */
  forward(x: Tensor): [y: Tensor, cache: Cache];
  /** From the gradient by the output: those by the input and the parameters. */
  backward(dy: Tensor, cache: Cache): [dx: Tensor, gradients: Tensor[]];
}

// How should the weights start? Choosing by name is convenient, a function is
// open to everything else. Both names draw from a normal distribution and
// differ in its deviation:
//
//   xavier   sqrt(2 / (in + out))   for tanh and other odd functions
//   he       sqrt(2 / in)           for ReLU, which drops half of the signal
//
// Glorot and Bengio, 2010; He, Zhang, Ren and Sun, 2015. Lesson 2 shows where
// the formulas come from.

type Init = "xavier" | "he" | ((inDim: number, hiddenDim: number) => Tensor);

function initialWeights(inDim: number, hiddenDim: number, init: Init): Tensor {
  if (typeof init === "function") return init(inDim, hiddenDim);
  const deviations = {
    xavier: Math.sqrt(2 / (inDim + hiddenDim)),
    he: Math.sqrt(2 / inDim),
  };
  if (!Object.hasOwn(deviations, init)) {
    throw new RangeError(
      `Cannot initialise a FullyConnected by "${init}": give "xavier", "he" or a function of inDim and hiddenDim`,
    );
  }
  return randn([inDim, hiddenDim]).mul_(deviations[init]);
}

/** y = x @ w + b. Its gradients need the input: that is its cache. */
class FullyConnected implements Layer<Tensor> {
  readonly w: Tensor;
  readonly b: Tensor;

  constructor(
    inDim: number,
    hiddenDim: number,
    { init = "xavier" }: { init?: Init } = {},
  ) {
    this.w = initialWeights(inDim, hiddenDim, init);
    this.b = zeros([hiddenDim]);
  }

  get parameters(): Tensor[] {
    return [this.w, this.b];
  }

  forward(x: Tensor): [Tensor, Tensor] {
    return [x.matmul(this.w).add(this.b), x];
  }

  // The shapes leave no choice: dw must look like w [in, out], so it can only
  // be xT [in, n] @ dy [n, out]; dx must look like x [n, in], so it is
  // dy [n, out] @ wT [out, in]. The bias was added to each of the n rows, so
  // its gradient is the sum over them.
  backward(dy: Tensor, x: Tensor): [Tensor, Tensor[]] {
    return [dy.matmul(this.w.t()), [x.t().matmul(dy), dy.sum(0)]];
  }
}

/** y = tanh(x). The slope is 1 - y², so the *output* is what to remember. */
class Tanh implements Layer<Tensor> {
  readonly parameters: Tensor[] = [];

  forward(x: Tensor): [Tensor, Tensor] {
    const y = x.tanh();
    return [y, y];
  }

  backward(dy: Tensor, y: Tensor): [Tensor, Tensor[]] {
    return [y.square().neg().add(1).mul(dy), []];
  }
}

/** y = max(x, 0). The output will do here too: it is positive where x was. */
class ReLU implements Layer<Tensor> {
  readonly parameters: Tensor[] = [];

  forward(x: Tensor): [Tensor, Tensor] {
    const y = x.relu();
    return [y, y];
  }

  backward(dy: Tensor, y: Tensor): [Tensor, Tensor[]] {
    return [where(y.gt(0), dy, 0), []];
  }
}

/**
 * Layers in a row. Its cache is the list of their caches, its parameters are
 * all of theirs: it has everything that a layer has, so it is one, and networks
 * can be put into networks.
 */
class Network implements Layer<unknown[]> {
  readonly layers: readonly Layer[];

  constructor(...layers: Layer[]) {
    this.layers = layers;
  }

  get parameters(): Tensor[] {
    return this.layers.flatMap((layer) => layer.parameters);
  }

  forward(x: Tensor): [Tensor, unknown[]] {
    const caches: unknown[] = [];
    for (const layer of this.layers) {
      const [y, cache] = layer.forward(x);
      caches.push(cache);
      x = y;
    }
    return [x, caches];
  }

  backward(dy: Tensor, caches: unknown[]): [Tensor, Tensor[]] {
    const gradients: Tensor[][] = [];
    for (const [i, layer] of [...this.layers.entries()].reverse()) {
      const [dx, own] = layer.backward(dy, caches[i]);
      gradients.unshift(own);
      dy = dx;
    }
    return [dy, gradients.flat()];
  }
}

/** The mean of (ŷ - y)², and its gradient by ŷ: 2 (ŷ - y) / number of terms. */
const mse = {
  loss: (predicted: Tensor, target: Tensor): Tensor =>
    predicted.sub(target).square().mean(),
  gradient: (predicted: Tensor, target: Tensor): Tensor =>
    predicted.sub(target).mul(2 / predicted.size),
};

{
  using _ = scope();
  const net = new Network(
    new FullyConnected(10, 20, { init: "xavier" }),
    new Tanh(),
    new FullyConnected(20, 3, { init: "xavier" }),
  );
  const [y, caches] = net.forward(randn([100, 10]));
  const [dx, gradients] = net.backward(randn([100, 3]), caches);
  console.log(`forward  [100, 10] → [${y.shape.join(", ")}]`);
  console.log(
    `backward [100, 3]  → [${dx.shape.join(", ")}], parameters ${
      gradients.map((g) => `[${g.shape.join(", ")}]`).join(" ")
    }`,
  );
  // Had Tanh remembered its input, the network would hold two tensors for it.
  // Its output is the next layer's input anyway, so they share one.
  check(
    "Tanh and the layer behind it cache one tensor",
    caches[1] === caches[2],
  );
}

// A name that nobody knows is answered by those that are known.
try {
  new FullyConnected(10, 20, { init: "glorot" as "xavier" });
  check("an unknown name is refused", false);
} catch (error) {
  if (!(error instanceof RangeError)) throw error;
  console.log(`init: "glorot" → ${error.message}`);
}

// ---------------------------------------------------------------------------
part("Is the way back right?");
// A wrong gradient often still learns a little, which makes it hard to notice.
// The library can differentiate everything that we compute, so it can check
// each of our formulas. Any dy will do, and a random one hides nothing.

/** Compares every gradient of a layer with what autograd finds. */
async function checkLayer(
  name: string,
  layer: Layer,
  x: Tensor,
): Promise<void> {
  using _ = scope();
  const [y, cache] = layer.forward(x);
  const dy = randn(y.shape);
  const [dx, gradients] = layer.backward(dy, cache);

  // Now let the library watch: forward again, this time recorded.
  const leaves = [x, ...layer.parameters];
  for (const leaf of leaves) leaf.requiresGrad_();
  const expected = grad(layer.forward(x)[0], leaves, { gradOutputs: [dy] });
  for (const leaf of leaves) leaf.requiresGrad_(false);

  await checkClose(
    `${name}: gradients by the input and ${gradients.length} parameters`,
    [dx, ...gradients],
    expected,
  );
}

await checkLayer(
  "FullyConnected",
  new FullyConnected(10, 20),
  randn([100, 10]),
);
await checkLayer("Tanh", new Tanh(), randn([100, 10]));
await checkLayer("ReLU", new ReLU(), randn([100, 10]));

// Networks nest: a block is a layer of the next network.
const block = (width: number) =>
  new Network(new FullyConnected(width, width, { init: "he" }), new ReLU());
const nested = new Network(
  new FullyConnected(6, 8),
  new Tanh(),
  new Network(block(8), block(8)),
  new FullyConnected(8, 2),
);
await checkLayer("A network of networks", nested, randn([50, 6]));

{
  using _ = scope();
  const predicted = randn([100, 3], { requiresGrad: true });
  const target = randn([100, 3]);
  const [expected] = grad(mse.loss(predicted, target), predicted);
  await checkClose(
    "MSE: gradient by the prediction",
    mse.gradient(predicted, target),
    expected,
  );

  // A tempting shortcut: average the error over the outputs of each sample and
  // send that back to all of them. The shapes fit by broadcasting, and with one
  // output it is even right. With three it is another function's gradient.
  const averaged = predicted.sub(target).mean(1, { keepDim: true })
    .mul(2 / predicted.shape[0]!).expandAs(predicted);
  const error = await relativeError(averaged, expected);
  check(
    `the error averaged over the outputs is caught: it is off by ${
      (100 * error).toFixed(0)
    } %`,
    error > 0.1,
  );
}

// ---------------------------------------------------------------------------
part("Learning");
// What to do with gradients is not the layers' business. An update takes
// parameters and gradients, and any update works with any network.

/** Changes parameters, given their gradients. */
type Update = (parameters: Tensor[], gradients: Tensor[]) => void;

/** θ ← θ - lr g. It remembers nothing. */
const sgd = (lr: number): Update => (parameters, gradients) => {
  for (const [i, p] of parameters.entries()) p.add_(gradients[i]!.mul(-lr));
};

/** ν ← α ν + lr g, then θ ← θ - ν. It remembers how fast it was going. */
function momentum(lr: number, alpha: number): Update {
  let velocities: Tensor[] | null = null;
  return (parameters, gradients) => {
    // They outlive the step that makes them, so no scope may own them.
    velocities ??= unscoped(() => parameters.map((p) => zerosLike(p)));
    for (const [i, p] of parameters.entries()) {
      const v = velocities[i]!.mul_(alpha).add_(gradients[i]!.mul(lr));
      p.add_(v.neg());
    }
  };
}

interface Lesson {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly update: Update;
  readonly epochs: number;
}

/**
 * Trains any layer. A function rather than a method: how to train differs from
 * one day to the next, and a network need not know.
 *
 * @returns The losses before each epoch and after the last one.
 */
async function train(
  network: Layer,
  { x, y, update, epochs }: Lesson,
): Promise<number[]> {
  const losses: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    using _ = scope(); // everything of this epoch is released at its end
    const [predicted, cache] = network.forward(x);
    const [, gradients] = network.backward(mse.gradient(predicted, y), cache);
    update(network.parameters, gradients);
    losses.push(await mse.loss(predicted, y).item());
  }
  using _ = scope();
  losses.push(await mse.loss(network.forward(x)[0], y).item());
  return losses;
}

// The task: is the product of two numbers positive? No straight line through
// the plane tells, so the hidden units have to find different directions.
const x = rand([400, 2]).mul(2).sub(1);
const y = x.prod(1, { keepDim: true }).sign();

const HIDDEN = 16;
const onesInit = (inDim: number, hiddenDim: number) => ones([inDim, hiddenDim]);

function classifier(init: Init): Network {
  return new Network(
    new FullyConnected(2, HIDDEN, { init }),
    new Tanh(),
    new FullyConnected(HIDDEN, 1, { init }),
  );
}

const final = new Map<string, number>();
for (
  const [name, init, update] of [
    ["all ones, SGD", onesInit, sgd(0.05)],
    ["xavier, SGD", "xavier", sgd(0.05)],
    ["xavier, momentum", "xavier", momentum(0.05, 0.9)],
  ] as const
) {
  manualSeed(3); // the two Xavier networks start with the same weights
  const network = classifier(init);
  const losses = await train(network, { x, y, update, epochs: 150 });
  const shown = [0, 50, 100, 150].map((i) => losses[i]!.toFixed(3));
  console.log(`${name.padEnd(18)} loss ${shown.join(" → ")}`);
  final.set(name, losses.at(-1)!);

  if (init !== onesInit) continue;
  // Equal weights give equal outputs, equal outputs get equal gradients, and
  // equal gradients keep the weights equal: sixteen units do the work of one.
  using _ = scope();
  const { w } = network.layers[0] as FullyConnected;
  await checkClose(
    "after 150 epochs all 16 units still have the same weights",
    w.max(1),
    w.min(1),
    1e-6,
  );
}

check(
  "weights of ones learn nothing: always answering 0 has a loss of 1",
  final.get("all ones, SGD")! > 0.9,
);
check("random weights learn", final.get("xavier, SGD")! < 0.8);
check(
  "momentum learns more in the same time",
  final.get("xavier, momentum")! < 0.6 * final.get("xavier, SGD")!,
);
