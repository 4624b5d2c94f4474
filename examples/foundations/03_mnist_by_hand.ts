/**
 * Lesson 3: MNIST by hand.
 *
 *     deno run --allow-read --allow-env examples/foundations/03_mnist_by_hand.ts
 *
 * One pass forward and backward over 50,000 handwritten digits, first in plain
 * functions, then in classes, then in the library. The results of the formulas
 * are compared with autograd each time. `--data FOLDER` says where the MNIST
 * files are, `--limit 1000` uses fewer digits, and `--digits` uses the small
 * ones that are part of the package.
 *
 * @module
 */
import {
  currentBackend,
  grad,
  manualSeed,
  memory,
  nn,
  randn,
  scope,
  type Tensor,
  tidy,
  zeros,
} from "@tenfold/tenfold";
import { openDigits } from "./_digits.ts";
import { check, checkClose, part, ready } from "./_lesson.ts";

manualSeed(3); // the same random weights every time, on every backend
console.log(`Lesson 3: MNIST by hand, on ${currentBackend().name}`);

const { name, train, valid } = await openDigits();
const { x, y } = train;
const [n, m] = [x.shape[0]!, x.shape[1]!];
const classes = (await y.max().item()) + 1;
console.log(`${name}: ${n} samples of ${m} pixels, ${classes} digits`);

/** Everything must agree this well, relative to the largest number. */
const TOLERANCE = 1e-4;

// ---------------------------------------------------------------------------
part("Forward");
// Two layers with 50 hidden units between them. The output is one number, and
// the loss asks how far it is from the value of the digit. (That is no good way
// to recognise digits: a 3 taken for an 8 is no worse than a 3 taken for a 7.
// It keeps the last step simple; lesson 4 has the right one.)
const hidden = 50;
const w1 = randn([m, hidden]);
const b1 = zeros([hidden]);
const w2 = randn([hidden, 1]);
const b2 = zeros([1]);

const lin = (x: Tensor, w: Tensor, b: Tensor) => x.matmul(w).add(b);
const relu = (x: Tensor) => x.clamp({ min: 0 });
const model = (x: Tensor) => lin(relu(lin(x, w1, b1)), w2, b2);

// The output has a trailing dim of 1 that the targets do not have. It has to
// go, or the difference broadcasts to [n, n].
const mse = (output: Tensor, target: Tensor) =>
  output.index(":", 0).sub(target).square().mean();

{
  using _ = scope();
  const activations = relu(lin(valid.x, w1, b1));
  const zero = await activations.eq(0).cast("float32").mean().item();
  console.log(
    `hidden layer on ${valid.x.shape[0]} other digits: [${
      activations.shape.join(", ")
    }], ${(100 * zero).toFixed(0)} % zeros`,
  );
  check("ReLU leaves nothing negative", await activations.min().item() >= 0);

  const output = model(valid.x);
  console.log(
    `output [${output.shape.join(", ")}], without its last dim [${
      output.index(":", 0).shape.join(", ")
    }]`,
  );
}
{
  using _ = scope();
  const loss = await mse(model(x), y).item();
  console.log(`loss ${loss.toFixed(2)}: random weights are far off`);
}

// ---------------------------------------------------------------------------
part("Backward by hand");
// Backwards through each step: g is the gradient of the loss by its output.
const linGrad = (x: Tensor, w: Tensor, g: Tensor) => ({
  x: g.matmul(w.t()),
  w: x.t().matmul(g),
  b: g.sum(0),
});

// Why is the gradient of the weights xᵀ @ g? Weight [i, j] multiplies input i
// on its way to output j, in every sample: its gradient is the sum over the
// samples of x[i] * g[j]. Written down like that, as a product of all pairs and
// a sum, it is right, but has to hold a number for each sample, input and
// output. The matrix product adds them up as it goes.
{
  using _ = scope();
  const some = x.narrow(0, 0, Math.min(n, 32));
  const g = randn([some.shape[0]!, hidden]);
  const pairs = some.unsqueeze(-1).mul(g.unsqueeze(1));
  await checkClose(
    "a sum over all pairs is a matrix product",
    some.t().matmul(g),
    pairs.sum(0),
    TOLERANCE,
  );
  const gigabytes = (n * m * hidden * 4) / 1e9;
  console.log(
    `all pairs of ${some.shape[0]} samples: [${
      pairs.shape.join(", ")
    }]; of ${n}: ${gigabytes.toFixed(1)} GB`,
  );
}

function forwardAndBackward(x: Tensor, y: Tensor): Tensor[] {
  // forward
  const l1 = lin(x, w1, b1);
  const l2 = relu(l1);
  const out = lin(l2, w2, b2);
  // backward: the loss is the mean of difference², so begin with 2 / n times it
  const difference = out.index(":", 0).sub(y);
  const dOut = difference.unsqueeze(1).mul(2 / x.shape[0]!);
  const d2 = linGrad(l2, w2, dOut);
  const dl1 = l1.gt(0).cast("float32").mul(d2.x);
  const d1 = linGrad(x, w1, dl1);
  return [d1.x, d1.w, d1.b, d2.w, d2.b];
}

/** Gradients by the input, the weights and biases: what all else must match. */
const byHand = tidy(() => forwardAndBackward(x, y));
const NAMES = ["input", "w1", "b1", "w2", "b2"];

/** Compares gradients with those found by hand, one by one. */
async function compare(what: string, gradients: readonly Tensor[]) {
  for (const [i, gradient] of gradients.entries()) {
    const by = NAMES[i + NAMES.length - gradients.length]!;
    const expected = byHand[i + NAMES.length - gradients.length]!;
    await checkClose(
      `${what}: gradient by ${by}`,
      gradient,
      expected,
      TOLERANCE,
    );
  }
}

{
  using _ = scope();
  const leaves = [x, w1, b1, w2, b2];
  for (const leaf of leaves) leaf.requiresGrad_();
  await compare("autograd", grad(mse(model(x), y), leaves));
  for (const leaf of leaves) leaf.requiresGrad_(false);
}

// ---------------------------------------------------------------------------
/** How long a pass took, in milliseconds. */
interface Times {
  readonly forward: number;
  readonly backward: number;
}
const times = new Map<string, Times>();

/** A few digits: the first pass over them compiles kernels, untimed. */
const fewX = x.narrow(0, 0, Math.min(n, 32));
const fewY = y.narrow(0, 0, Math.min(n, 32));

/** Runs something to its end and says how long that took. */
async function timed(work: () => Tensor): Promise<[Tensor, number]> {
  await ready();
  const start = performance.now();
  const result = work();
  await ready(); // a GPU may still be at it
  return [result, performance.now() - start];
}

part("Layers as classes");
// A class keeps what its way back will need. The numbers in `gradients` are
// what an optimizer would use.
{
  class Relu {
    #x!: Tensor;
    forward(x: Tensor): Tensor {
      this.#x = x;
      return relu(x);
    }
    backward(g: Tensor): Tensor {
      return this.#x.gt(0).cast("float32").mul(g);
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
    #difference!: Tensor;
    forward(output: Tensor, target: Tensor): Tensor {
      this.#difference = output.index(":", 0).sub(target);
      return this.#difference.square().mean();
    }
    backward(): Tensor {
      return this.#difference.unsqueeze(1).mul(2 / this.#difference.size);
    }
  }

  class Model {
    readonly first = new Lin(w1, b1);
    readonly second = new Lin(w2, b2);
    readonly layers = [this.first, new Relu(), this.second];
    readonly criterion = new Mse();
    forward(x: Tensor, target: Tensor): Tensor {
      const output = this.layers.reduce((x, layer) => layer.forward(x), x);
      return this.criterion.forward(output, target);
    }
    backward(): Tensor {
      const g = this.criterion.backward();
      return this.layers.reduceRight((g, layer) => layer.backward(g), g);
    }
  }

  using _ = scope();
  const model = new Model();
  model.forward(fewX, fewY);
  model.backward();
  const [, forward] = await timed(() => model.forward(x, y));
  const [dx, backward] = await timed(() => model.backward());
  times.set("classes", { forward, backward });
  await compare("classes", [
    dx,
    ...model.first.gradients,
    ...model.second.gradients,
  ]);
}

// ---------------------------------------------------------------------------
part("Module.forward and bwd");
// Keeping the inputs is the same in all of them, so a base class does it, and
// of each layer remain two formulas.
{
  abstract class Module {
    #inputs: Tensor[] = [];
    gradients: Tensor[] = [];

    abstract forward(...inputs: Tensor[]): Tensor;
    abstract bwd(g: Tensor | null, ...inputs: Tensor[]): Tensor;

    call(...inputs: Tensor[]): Tensor {
      this.#inputs = inputs;
      return this.forward(...inputs);
    }
    backward(g: Tensor | null = null): Tensor {
      return this.bwd(g, ...this.#inputs);
    }
  }

  class Relu extends Module {
    forward(x: Tensor) {
      return relu(x);
    }
    bwd(g: Tensor, x: Tensor) {
      return x.gt(0).cast("float32").mul(g);
    }
  }

  class Lin extends Module {
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

  class Mse extends Module {
    forward(output: Tensor, target: Tensor) {
      return mse(output, target);
    }
    bwd(_: null, output: Tensor, target: Tensor) {
      return output.sub(target.unsqueeze(1)).mul(2 / target.size);
    }
  }

  class Model extends Module {
    readonly layers = [new Lin(w1, b1), new Relu(), new Lin(w2, b2)];
    readonly criterion = new Mse();
    forward(x: Tensor, target: Tensor) {
      const output = this.layers.reduce((x, layer) => layer.call(x), x);
      return this.criterion.call(output, target);
    }
    bwd() {
      const dx = this.layers.reduceRight(
        (g, layer) => layer.backward(g),
        this.criterion.backward(),
      );
      this.gradients = this.layers.flatMap((layer) => layer.gradients);
      return dx;
    }
  }

  using _ = scope();
  const model = new Model();
  model.call(fewX, fewY);
  model.backward();
  const [, forward] = await timed(() => model.call(x, y));
  const [dx, backward] = await timed(() => model.backward());
  times.set("Module", { forward, backward });
  await compare("Module", [dx, ...model.gradients]);
}

// ---------------------------------------------------------------------------
part("The library");
// A module of the library needs `forward` alone: the way back is recorded on
// the way. Nobody asks for the gradient of the digits themselves, so unlike our
// classes it does not compute it.
{
  class Linear extends nn.Module {
    w: nn.Parameter;
    b: nn.Parameter;
    constructor(w: Tensor, b: Tensor) {
      super();
      this.w = new nn.Parameter(w);
      this.b = new nn.Parameter(b);
    }
    forward(x: Tensor): Tensor {
      return lin(x, this.w, this.b);
    }
  }

  class Model extends nn.Module<[x: Tensor, target: Tensor]> {
    layers = new nn.Sequential(
      new Linear(w1, b1),
      new nn.ReLU(),
      new Linear(w2, b2),
    );
    forward(x: Tensor, target: Tensor): Tensor {
      const output = this.layers.forward(x);
      return nn.functional.mseLoss(output, target.unsqueeze(1));
    }
  }

  using _ = scope();
  const model = new Model();
  model.forward(fewX, fewY).backward();
  model.zeroGrad();
  const [loss, forward] = await timed(() => model.forward(x, y));
  const [, backward] = await timed(() => {
    loss.backward();
    return model.parameters()[0]!.grad!;
  });
  times.set("library", { forward, backward });
  await compare("library", model.parameters().map((p) => p.grad!));

  const [, b] = model.parameters();
  const shown = (await b!.grad!.data()).slice(0, 5);
  console.log(
    `first of the 50 gradients by b1: ${
      [...shown].map((g) => g.toFixed(2)).join(", ")
    }`,
  );
}

// ---------------------------------------------------------------------------
part("Wall times");
console.log(`one pass over ${n} digits    forward    backward`);
for (const [name, { forward, backward }] of times) {
  const text = (ms: number) => `${ms.toFixed(0)} ms`.padStart(10);
  console.log(`${name.padEnd(27)} ${text(forward)}  ${text(backward)}`);
}
const megabytes = memory().peakBytes / 2 ** 20;
console.log(`largest memory in use: ${megabytes.toFixed(0)} MiB`);
