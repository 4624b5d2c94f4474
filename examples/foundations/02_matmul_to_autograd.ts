/**
 * Lesson 2: from three loops to autograd.
 *
 *     deno run examples/foundations/02_matmul_to_autograd.ts
 *
 * A neural net needs surprisingly little: a matrix product, a function that is
 * not linear, and the chain rule. This lesson builds all of it, first from
 * loops over numbers, then step by step up to the modules of the library. Each
 * step is compared with the one before.
 *
 * @module
 */
import { broadcastShapes } from "@tenfold/core/backend";
import {
  autogradFunction,
  currentBackend,
  einsum,
  grad,
  gradcheck,
  manualSeed,
  memory,
  nn,
  noGrad,
  ones,
  rand,
  randn,
  scope,
  ShapeError,
  stack,
  type Tensor,
  tensor,
  type TypedArray,
  zeros,
} from "@tenfold/tenfold";
import {
  check,
  checkClose,
  millisecondsOf,
  part,
  relativeError,
  showMs,
} from "./_lesson.ts";

manualSeed(2); // the same random numbers every time, on every backend
console.log(`Lesson 2: from matmul to autograd, on ${currentBackend().name}`);

// ---------------------------------------------------------------------------
part("Five ways to multiply matrices");
// c[i][j] is the sum over k of a[i][k] * b[k][j]: row i of the one, column j of
// the other.

// 1. Three loops over numbers. They have to leave the device first, which is
// not counted below.
type Sizes = readonly [m: number, k: number, n: number];

function loops(a: TypedArray, b: TypedArray, [m, inner, n]: Sizes): Tensor {
  const c = new Float32Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += a[inner * i + k]! * b[n * k + j]!;
      c[n * i + j] = sum;
    }
  }
  return tensor(c, { shape: [m, n] });
}

// 2. The innermost loop becomes two operations on whole vectors: multiply a row
// with a column, and sum.
function rowsTimesColumns(a: Tensor, b: Tensor): Tensor {
  using s = scope();
  const [m, n] = [a.shape[0]!, b.shape[1]!];
  const sums: Tensor[] = [];
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      sums.push(a.select(0, i).mul(b.select(1, j)).sum());
    }
  }
  return s.keep(stack(sums).reshape([m, n]));
}

// 3. Broadcasting (see below) takes the loop over j as well: a row stood on
// end, [k, 1], is multiplied with all columns at once.
function broadcasting(a: Tensor, b: Tensor): Tensor {
  using s = scope();
  const rows: Tensor[] = [];
  for (let i = 0; i < a.shape[0]!; i++) {
    rows.push(a.select(0, i).unsqueeze(-1).mul(b).sum(0));
  }
  return s.keep(stack(rows));
}

// 4. Einstein's notation names the dims. A letter that two operands share runs
// along both; one that is missing behind the arrow is summed over.
const einstein = (a: Tensor, b: Tensor) => einsum("ik,kj->ij", a, b);

// 5. One operation, written by people who think about nothing else.
const matmul = (a: Tensor, b: Tensor) => a.matmul(b);

/** Times some of the ways on matrices of these sizes. */
async function race(
  [m, k, n]: Sizes,
  ways: Record<string, (a: Tensor, b: Tensor) => Tensor>,
): Promise<Map<string, number>> {
  using _ = scope();
  const [a, b] = [randn([m, k]), randn([k, n])];
  const [aNumbers, bNumbers] = [await a.data(), await b.data()];
  const all: typeof ways = {
    loops: () => loops(aNumbers, bNumbers, [m, k, n]),
    ...ways,
  };
  console.log(`[${m}, ${k}] @ [${k}, ${n}]`);
  const times = new Map<string, number>();
  for (const [name, multiply] of Object.entries(all)) {
    const error = await relativeError(multiply(a, b), a.matmul(b));
    if (!(error < 1e-5)) throw new Error(`${name} multiplies wrongly`);
    const ms = await millisecondsOf(() => multiply(a, b));
    console.log(`  ${name.padEnd(16)} ${showMs(ms)}`);
    times.set(name, ms);
  }
  return times;
}

// Five images of 28×28 pixels, and ten outputs:
const times = await race([5, 784, 10], {
  rowsTimesColumns,
  broadcasting,
  einstein,
  matmul,
});
check("all five give the same product", times.size === 5);
// Operations on vectors pay once for asking and little for each number, so
// fifty pairs of small ones lose against five of large ones, or one.
// Loops over numbers are hopeless where a language is interpreted. JavaScript
// is compiled, so they do well here; but they meet their match where there is
// more to do than to ask, if the backend has more to offer than JavaScript.
await race([256, 784, 50], { broadcasting, matmul });

// ---------------------------------------------------------------------------
part("Broadcasting");
// Operations on two tensors of one shape go element by element. Where shapes
// differ, they are compared from the last dim to the first. Two extents fit
// when they are equal, or when one of them is 1 (it is then repeated), or when
// one of the shapes has run out of dims (as if there were a 1).

/** The shape of the result, or null where two shapes do not fit. */
function broadcast(a: readonly number[], b: readonly number[]) {
  const result: number[] = [];
  for (let d = 1; d <= Math.max(a.length, b.length); d++) {
    const [m, n] = [a.at(-d) ?? 1, b.at(-d) ?? 1];
    if (m !== n && m !== 1 && n !== 1) return null;
    result.unshift(m === 1 ? n : m);
  }
  return result;
}

for (
  const [a, b] of [
    [[3, 3], []], // a number beside a matrix
    [[3, 3], [3]], // the vector is a row, and is added to each row
    [[3, 3], [3, 1]], // the vector is a column, and is added to each column
    [[3, 1], [1, 3]], // a column beside a row gives a table of all pairs
    [[64, 28, 28], [28]], // missing dims count as 1
    [[2, 3], [2]], // 3 and 2 do not fit: a column would be [2, 1]
  ]
) {
  const ours = broadcast(a!, b!);
  const shown = ours ? `[${ours.join(", ")}]` : "do not fit";
  console.log(`[${a!.join(", ")}] and [${b!.join(", ")}] → ${shown}`);
  let theirs: readonly number[] | null = null;
  try {
    theirs = broadcastShapes(a!, b!, "add");
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    console.log(`  the library says: ${error.message}`);
  }
  check("the library agrees", String(theirs) === String(ours));
}

{
  using _ = scope();
  const c = tensor([10, 20, 30]);
  const m = tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]]);
  console.log(`row:    ${await c.add(m).toText()}`);
  console.log(`column: ${await c.unsqueeze(1).add(m).toText()}`);
  // unsqueeze gives a vector a dim of extent 1; so does null in an index.
  check(
    'unsqueeze(1) and index(":", null) are the same',
    String(c.unsqueeze(1).shape) === "3,1" &&
      String(c.index(":", null).shape) === "3,1",
  );

  // Nothing is copied to repeat a vector. expandAs shows what it looks like
  // then: a view whose stride along the new dim is 0, so that a step down the
  // rows does not move through memory at all.
  const { bytes } = memory();
  const t = c.expandAs(m);
  console.log(
    `c has strides [${c.strides}], as rows of m [${t.strides.join(", ")}]`,
  );
  const upright = c.unsqueeze(1).expandAs(m);
  console.log(`c on end and as columns of m [${upright.strides.join(", ")}]`);
  check("a repeated dim has stride 0", t.strides[0] === 0);
  check("nine numbers are seen in three", t.size === 9 && c.size === 3);
  check("expandAs takes no memory", memory().bytes === bytes);
  c.mul_(2);
  await checkClose(
    "what changes in the vector changes in every row",
    t,
    tensor([[20, 40, 60], [20, 40, 60], [20, 40, 60]]),
  );
}

// ---------------------------------------------------------------------------
part("Fifty layers");
// How large should the first weights be? Let us send random numbers of mean 0
// and deviation 1 through fifty matrices of random weights and look at what
// comes out.

interface Spread {
  readonly mean: number;
  readonly std: number;
}

async function fiftyLayers(
  scale: number,
  activation?: "relu",
): Promise<Spread> {
  using _ = scope();
  let x = randn([200, 100]);
  for (let i = 0; i < 50; i++) {
    x = x.matmul(randn([100, 100]).mul(scale));
    if (activation === "relu") x = x.relu();
  }
  return { mean: await x.mean().item(), std: await x.std().item() };
}

async function report(name: string, spread: Promise<Spread>): Promise<Spread> {
  const { mean, std } = await spread;
  const text = (value: number) => value.toPrecision(3).padStart(9);
  console.log(`${name.padEnd(30)} mean ${text(mean)}  std ${text(std)}`);
  return spread;
}

// Each output is a sum of 100 products of deviation 1, so its deviation is
// sqrt(100) = 10. After fifty layers that is 10^50, and float32 ends at 3.4e38:
// the numbers overflow to infinity, and infinity minus infinity is NaN.
const unscaled = await report("weights N(0, 1)", fiftyLayers(1));
check(
  "unscaled weights end in NaN",
  Number.isNaN(unscaled.mean) && Number.isNaN(unscaled.std),
);

// A hundredth of that shrinks by ten each time: 10^-50 is 0 in float32.
const tiny = await report("weights N(0, 1) × 0.01", fiftyLayers(0.01));
check(
  "weights that are too small end in zeros",
  tiny.mean === 0 && tiny.std === 0,
);

// In between lies 1 / sqrt(100). It keeps the deviation (Xavier; Glorot and
// Bengio take the mean of inputs and outputs, here 100 as well).
const xavier = await report(
  "weights × 1/sqrt(100)",
  fiftyLayers(1 / Math.sqrt(100)),
);
check("Xavier keeps the deviation", xavier.std > 0.2 && xavier.std < 5);

// But a net is not linear. ReLU turns one half of the numbers into 0 and with
// it halves their mean square, fifty times over: 2^-25 is left of the deviation.
const halved = await report(
  "the same and ReLU",
  fiftyLayers(1 / Math.sqrt(100), "relu"),
);
check("with ReLU the signal dies out", halved.std < 1e-5);

// So He and others doubled the variance of the weights: sqrt(2 / inputs).
const he = await report(
  "weights × sqrt(2/100) and ReLU",
  fiftyLayers(Math.sqrt(2 / 100), "relu"),
);
check("He scaling keeps it alive", he.std > 0.05 && he.std < 20);

// One layer, to see the numbers themselves: x has mean 0 and deviation 1.
{
  using _ = scope();
  const x = randn([2000, 100]);
  const w = randn([100, 50]);
  for (
    const [name, scale] of [
      ["unscaled", 1],
      ["Xavier", Math.sqrt(1 / 100)],
      ["He", Math.sqrt(2 / 100)],
    ] as const
  ) {
    const z = x.matmul(w.mul(scale));
    const a = z.relu();
    const figures = [z.mean(), z.std(), a.mean(), a.std()];
    const [zMean, zStd, aMean, aStd] = await Promise.all(
      figures.map((figure) => figure.item()),
    );
    console.log(
      `${name.padEnd(9)} x @ w: mean ${zMean!.toFixed(2)} std ${
        zStd!.toFixed(2)
      }, ReLU: mean ${aMean!.toFixed(2)} std ${aStd!.toFixed(2)}`,
    );
    check(
      `the deviation of x @ w is sqrt(100) × ${scale.toFixed(2)}`,
      Math.abs(zStd! / (10 * scale) - 1) < 0.05,
    );
    // Half of the numbers are 0; of a normal distribution of deviation s, ReLU
    // leaves the mean s / sqrt(2π).
    check(
      "ReLU leaves a mean of 0.4 deviations",
      Math.abs(aMean! / zStd! - 1 / Math.sqrt(2 * Math.PI)) < 0.02,
    );
  }
}

// ---------------------------------------------------------------------------
part("A net and its gradients by hand");
// Two layers and a loss, on made-up data.
const x = randn([200, 100]);
const y = randn([200]);
const w1 = randn([100, 50]).mul_(Math.sqrt(2 / 100));
const b1 = zeros([50]);
const w2 = randn([50, 1]).mul_(Math.sqrt(2 / 50));
const b2 = zeros([1]);

const lin = (x: Tensor, w: Tensor, b: Tensor) => x.matmul(w).add(b);
const relu = (x: Tensor) => x.clamp({ min: 0 });

// The output has shape [200, 1], the targets [200]. Without squeeze they would
// broadcast to [200, 200], and the loss would be a number like any other, only
// wrong. squeeze(-1) names the dim: squeeze() alone would also swallow the
// batch if one day it has a single sample.
const mse = (output: Tensor, target: Tensor) =>
  output.squeeze(-1).sub(target).square().mean();

// The chain rule, walked backwards. g is always the gradient of the loss by the
// output of a step, and each function returns it by the inputs of the step.

/** By `output`: the mean of (output - target)². */
const mseGrad = (output: Tensor, target: Tensor) =>
  output.squeeze(-1).sub(target).mul(2 / output.shape[0]!).unsqueeze(-1);

/** By `x`: nothing comes back through an element that was cut to 0. */
const reluGrad = (x: Tensor, g: Tensor) => x.gt(0).cast("float32").mul(g);

/** By `x`, `w` and `b`. */
const linGrad = (x: Tensor, w: Tensor, g: Tensor) => ({
  x: g.matmul(w.t()),
  w: x.t().matmul(g),
  b: g.sum(0),
});

function forwardAndBackward(x: Tensor, y: Tensor): Tensor[] {
  // forward
  const l1 = lin(x, w1, b1);
  const l2 = relu(l1);
  const out = lin(l2, w2, b2);
  // backward, in the opposite order; the loss itself is not needed
  const g2 = linGrad(l2, w2, mseGrad(out, y));
  const g1 = linGrad(x, w1, reluGrad(l1, g2.x));
  return [g1.x, g1.w, g1.b, g2.w, g2.b];
}
const byHand = forwardAndBackward(x, y);

// The library records what we do and finds the same.
const leaves = [x, w1, b1, w2, b2];
for (const leaf of leaves) leaf.requiresGrad_();
const loss = mse(lin(relu(lin(x, w1, b1)), w2, b2), y);
const byAutograd = grad(loss, leaves);
for (const leaf of leaves) leaf.requiresGrad_(false);
console.log(`loss ${(await loss.item()).toFixed(4)}`);
await checkClose("autograd agrees with all five gradients", byHand, byAutograd);

// ---------------------------------------------------------------------------
part("The same as classes");
// A step and its way back belong together, and so does what it remembers.
{
  class Relu {
    #x!: Tensor;
    forward(x: Tensor): Tensor {
      this.#x = x;
      return relu(x);
    }
    backward(g: Tensor): Tensor {
      return reluGrad(this.#x, g);
    }
  }

  class Lin {
    #x!: Tensor;
    readonly w: Tensor;
    readonly b: Tensor;
    gradients: Tensor[] = [];
    constructor(w: Tensor, b: Tensor) {
      this.w = w;
      this.b = b;
    }
    forward(x: Tensor): Tensor {
      this.#x = x;
      return lin(x, this.w, this.b);
    }
    backward(g: Tensor): Tensor {
      const { x, w, b } = linGrad(this.#x, this.w, g);
      this.gradients = [w, b];
      return x;
    }
  }

  class Mse {
    #output!: Tensor;
    #target!: Tensor;
    forward(output: Tensor, target: Tensor): Tensor {
      this.#output = output;
      this.#target = target;
      return mse(output, target);
    }
    backward(): Tensor {
      return mseGrad(this.#output, this.#target);
    }
  }

  const [first, second] = [new Lin(w1, b1), new Lin(w2, b2)];
  const layers = [first, new Relu(), second];
  const criterion = new Mse();

  criterion.forward(layers.reduce((x, layer) => layer.forward(x), x), y);
  const dx = layers.reduceRight(
    (g, layer) => layer.backward(g),
    criterion.backward(),
  );
  await checkClose(
    "classes with forward and backward give the same gradients",
    [dx, ...first.gradients, ...second.gradients],
    byHand,
  );
}

// ---------------------------------------------------------------------------
part("The same with a common base class");
// Remembering is the same for all of them, so one class can do it. What remains
// of each step are two formulas, and neither mentions the bookkeeping.
{
  abstract class LayerFunction {
    #inputs: Tensor[] = [];
    gradients: Tensor[] = [];

    abstract forward(...inputs: Tensor[]): Tensor;
    /** The gradients of the inputs, and into `gradients` those of the rest. */
    abstract bwd(g: Tensor, ...inputs: Tensor[]): Tensor;

    call(...inputs: Tensor[]): Tensor {
      this.#inputs = inputs;
      return this.forward(...inputs);
    }
    backward(g: Tensor): Tensor {
      return this.bwd(g, ...this.#inputs);
    }
  }

  class Relu extends LayerFunction {
    forward(x: Tensor) {
      return relu(x);
    }
    bwd(g: Tensor, x: Tensor) {
      return reluGrad(x, g);
    }
  }

  class Lin extends LayerFunction {
    readonly w: Tensor;
    readonly b: Tensor;
    constructor(w: Tensor, b: Tensor) {
      super();
      this.w = w;
      this.b = b;
    }
    forward(x: Tensor) {
      return lin(x, this.w, this.b);
    }
    bwd(g: Tensor, input: Tensor) {
      const { x, w, b } = linGrad(input, this.w, g);
      this.gradients = [w, b];
      return x;
    }
  }

  class Mse extends LayerFunction {
    forward(output: Tensor, target: Tensor) {
      return mse(output, target);
    }
    bwd(g: Tensor, output: Tensor, target: Tensor) {
      return mseGrad(output, target).mul(g);
    }
  }

  const layers = [new Lin(w1, b1), new Relu(), new Lin(w2, b2)];
  const criterion = new Mse();

  criterion.call(layers.reduce((x, layer) => layer.call(x), x), y);
  const dx = layers.reduceRight(
    (g, layer) => layer.backward(g),
    criterion.backward(ones([])),
  );
  await checkClose(
    "formulas with a common base class give the same gradients",
    [dx, ...layers.flatMap((layer) => layer.gradients)],
    byHand,
  );
}

// ---------------------------------------------------------------------------
part("A function with a gradient of its own");
// In the library such a pair of formulas is an autogradFunction. What backward
// needs is saved in forward, and the tape lets go of it once it is used.
const myRelu = autogradFunction({
  name: "myRelu",
  forward(ctx, x) {
    ctx.save(x);
    return x.clamp({ min: 0 });
  },
  backward(ctx, g) {
    return g.mul(ctx.saved[0].gt(0).cast("float32"));
  },
});
{
  using _ = scope();
  const x = randn([40, 10], { requiresGrad: true });
  const weights = rand([40, 10]);
  const [ours] = grad(myRelu(x).mul(weights).sum(), x);
  const [theirs] = grad(x.relu().mul(weights).sum(), x);
  await checkClose(
    "our ReLU has the gradient of the library's",
    ours,
    theirs,
  );

  // A check that needs no second opinion: move each input a little up and down
  // and see how the output follows. (Not across 0, where ReLU has a corner.)
  const away = tensor([-2, -1, 1, 2], { requiresGrad: true });
  check("gradcheck agrees", await gradcheck((x) => myRelu(x), [away]));
}

// ---------------------------------------------------------------------------
part("The same as modules");
// A module finds its parameters by itself: they are its fields. Weights are
// stored as [out, in], as in PyTorch, so that files of weights fit both.

class LinearLayer extends nn.Module {
  weight: nn.Parameter;
  bias: nn.Parameter;
  constructor(inFeatures: number, outFeatures: number) {
    super();
    using _ = scope();
    const scale = Math.sqrt(2 / inFeatures);
    this.weight = new nn.Parameter(
      randn([outFeatures, inFeatures]).mul(scale),
    );
    this.bias = new nn.Parameter(zeros([outFeatures]));
  }
  forward(x: Tensor): Tensor {
    return x.matmul(this.weight.t()).add(this.bias);
  }
}

const layer = new LinearLayer(10, 2);
for (const [name, parameter] of layer.namedParameters()) {
  console.log(`LinearLayer(10, 2) has ${name} [${parameter.shape.join(", ")}]`);
}
check("a module finds its parameters", layer.parameters().length === 2);

class Model extends nn.Module<[x: Tensor, target: Tensor]> {
  layers: nn.Sequential;
  constructor(linear: typeof LinearLayer | typeof nn.Linear) {
    super();
    this.layers = new nn.Sequential(
      new linear(100, 50),
      new nn.ReLU(),
      new linear(50, 1),
    );
  }
  forward(x: Tensor, target: Tensor): Tensor {
    return mse(this.layers.forward(x), target);
  }
}

for (const linear of [LinearLayer, nn.Linear]) {
  using _ = scope();
  const model = new Model(linear);
  // The weights that we had all along, under the names that modules give them.
  model.loadStateDict({
    "layers.0.weight": w1.t(),
    "layers.0.bias": b1,
    "layers.2.weight": w2.t(),
    "layers.2.bias": b2,
  });
  model.forward(x, y).backward();
  const [gw1, gb1, gw2, gb2] = model.parameters().map((p) => p.grad!);
  await checkClose(
    `${linear.name} in a Sequential: the gradients that we found by hand`,
    [gw1!.t(), gb1!, gw2!.t(), gb2!],
    byHand.slice(1),
  );

  // What it is all for: downhill. noGrad, because the step itself is not part
  // of what the next one shall differentiate.
  const before = await model.forward(x, y).item();
  for (let step = 0; step < 50; step++) {
    using _ = scope();
    model.zeroGrad();
    model.forward(x, y).backward();
    noGrad(() => {
      for (const p of model.parameters()) p.add_(p.grad!.mul(-0.05));
    });
  }
  const after = await model.forward(x, y).item();
  console.log(
    `${linear.name}: loss ${before.toFixed(4)} → ${
      after.toFixed(4)
    } in 50 steps`,
  );
  check("fifty steps downhill end lower", after < before / 2);
}
