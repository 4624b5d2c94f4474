/**
 * Lesson 4: a trainer, and how it can fail silently.
 *
 *     deno run examples/foundations/04_trainer.ts
 *
 * A feedforward net for classification with everything around it: layers that
 * send gradients back, a criterion, a metric, an optimizer, a data set, a
 * loader and a trainer. It learns to tell benign from malignant tumours, and
 * three species of iris. Then it is broken in four ways. Each time all shapes
 * match, no error is thrown, and it hardly learns; each time there is a fix.
 *
 * @module
 */
import {
  currentBackend,
  data,
  grad,
  manualSeed,
  nn,
  rand,
  randn,
  randperm,
  scope,
  ShapeError,
  type Tensor,
  tensor,
  tidy,
  where,
  zeros,
} from "@tenfold/tenfold";
import { check, checkClose, part } from "./_lesson.ts";

console.log(`Lesson 4: a trainer, on ${currentBackend().name}`);

// ---------------------------------------------------------------------------
part("Layers");
// If y = f(x) is a step of the net and g the gradient of the loss by y, then
// the gradient by x is g times f'(x). Each layer keeps what it needs for that,
// takes g from the layer behind it and hands its own on to the one in front,
// like runners with a baton.

interface Layer {
  forward(x: Tensor): Tensor;
  backward(g: Tensor): Tensor;
}

/** y = max(x, 0): what was cut off sends nothing back. */
class ReLU implements Layer {
  #y!: Tensor;
  forward(x: Tensor): Tensor {
    return this.#y = x.relu();
  }
  backward(g: Tensor): Tensor {
    return where(this.#y.gt(0), g, 0);
  }
}

/**
 * y_i = exp(x_i) / sum of all exp(x_k): any numbers become probabilities.
 *
 * exp(89) is more than float32 can hold. Taking the same number from all of x
 * changes nothing in the quotient, so take away the largest: then the largest
 * exponential is 1, and none overflows.
 *
 * Each y depends on each x, so the slope is a whole matrix, the Jacobian J:
 * y_i (1 - y_i) on its diagonal, -y_i y_j elsewhere. What is wanted is only its
 * product with g, and that needs no matrix: y_j (g_j - sum of g_k y_k).
 */
class Softmax implements Layer {
  #y!: Tensor;
  forward(x: Tensor): Tensor {
    const powers = x.sub(x.max(1, { keepDim: true })).exp();
    return this.#y = powers.div(powers.sum(1, { keepDim: true }));
  }
  backward(g: Tensor): Tensor {
    const y = this.#y;
    return y.mul(g.sub(g.mul(y).sum(1, { keepDim: true })));
  }
}

/**
 * y = x @ W + b. The criterion below gives a gradient for each sample; here is
 * where they meet, and the parameters get the mean of them.
 */
class Linear implements Layer {
  readonly w: Tensor;
  readonly b: Tensor;
  gradW: Tensor | null = null;
  gradB: Tensor | null = null;
  #x!: Tensor;

  constructor(inFeatures: number, outFeatures: number) {
    const bound = 1 / Math.sqrt(inFeatures);
    this.w = tidy(() =>
      rand([inFeatures, outFeatures]).mul(2 * bound).sub(bound)
    );
    this.b = zeros([outFeatures]);
  }
  forward(x: Tensor): Tensor {
    this.#x = x;
    return x.matmul(this.w).add(this.b);
  }
  backward(g: Tensor): Tensor {
    this.gradW = this.#x.t().matmul(g).div(g.shape[0]!);
    this.gradB = g.mean(0);
    return g.matmul(this.w.t());
  }
}

{
  using _ = scope();
  const softmax = new Softmax();
  const y = softmax.forward(tensor([[1, 2], [1, 1]]));
  const g = softmax.backward(tensor([[1, -1], [1, 1]]));
  console.log(`softmax of [1, 2] and [1, 1]: ${await y.toText()}`);
  console.log(`its product with [1, -1] and [1, 1]: ${await g.toText()}`);
  await checkClose(
    "softmax",
    y,
    tensor([[0.26894142, 0.73105858], [0.5, 0.5]]),
  );
  // The second row got the same gradient for both probabilities. They always
  // add up to 1, so raising both is impossible: nothing comes back.
  await checkClose(
    "its Jacobian-vector product",
    g,
    tensor([[0.39322387, -0.39322387], [0, 0]]),
  );

  // The same with the Jacobian written out, for one sample.
  const p = softmax.forward(randn([1, 5])).flatten();
  const v = randn([5]);
  const jacobian = p.unsqueeze(1).mul(
    tensor([0, 1, 2, 3, 4], { dtype: "int32" }).oneHot(5),
  ).sub(p.outer(p));
  await checkClose(
    "the same as with the whole Jacobian",
    softmax.backward(v.unsqueeze(0)).flatten(),
    jacobian.matmul(v),
  );

  const large = tensor([[100, 200]]);
  const naive = large.exp().div(large.exp().sum(1, { keepDim: true }));
  console.log(`without taking the largest away: ${await naive.toText()}`);
  await checkClose(
    "large numbers do not overflow",
    softmax.forward(large),
    tensor([[0, 1]]),
  );
}

// ---------------------------------------------------------------------------
part("Criterion and metric");
// The criterion is what the net is taught by, the metric what we ask about.
// Labels are one-hot: a row for each sample, 1 at its class and 0 elsewhere.
// Then labels and probabilities have one shape, [n, classes], and that is what
// both insist on. (Why they do is the second half of this lesson.)

function requireOneShape(what: string, y: Tensor, predicted: Tensor): void {
  if (y.shape.join() === predicted.shape.join()) return;
  throw new ShapeError(
    `Cannot compute the ${what} as labels and probabilities must have one shape: got [${
      y.shape.join(", ")
    }] and [${predicted.shape.join(", ")}]`,
  );
}

interface Criterion {
  /** The loss of each sample. */
  forward(y: Tensor, predicted: Tensor): Tensor;
  /** The gradient of each sample's loss by its probabilities. */
  backward(): Tensor;
}

/**
 * -log of the probability of the right class. Its slope is -1/p, so p must not
 * become 0: probabilities are clipped at 1e-8.
 */
class CrossEntropy implements Criterion {
  #y!: Tensor;
  #p!: Tensor;
  forward(y: Tensor, predicted: Tensor): Tensor {
    requireOneShape("cross-entropy", y, predicted);
    this.#y = y;
    this.#p = predicted.clamp({ min: 1e-8, max: 1 });
    return where(y.eq(1), this.#p.log().neg(), 0).sum(1);
  }
  backward(): Tensor {
    return where(this.#y.eq(1), this.#p.reciprocal().neg(), 0);
  }
}

type Metric = (y: Tensor, predicted: Tensor) => Tensor;

/** The share of samples whose most probable class is the right one. */
const accuracy: Metric = (y, predicted) => {
  requireOneShape("accuracy", y, predicted);
  return predicted.argmax(1).eq(y.argmax(1)).cast("float32").mean();
};

// ---------------------------------------------------------------------------
// Now all of it in a row.

class Sequential {
  readonly layers: readonly Layer[];
  readonly criterion: Criterion;
  readonly metric: Metric;
  constructor(
    layers: readonly Layer[],
    criterion: Criterion = new CrossEntropy(),
    metric: Metric = accuracy,
  ) {
    this.layers = layers;
    this.criterion = criterion;
    this.metric = metric;
  }
  forward(x: Tensor): Tensor {
    return this.layers.reduce((x, layer) => layer.forward(x), x);
  }
  backward(): void {
    const g = this.criterion.backward();
    this.layers.reduceRight((g, layer) => layer.backward(g), g);
  }
}

/** Steps down the gradient of every linear layer. */
class SGD {
  readonly model: Sequential;
  readonly lr: number;
  steps = 0;
  constructor(model: Sequential, lr: number) {
    this.model = model;
    this.lr = lr;
  }
  step(): void {
    this.steps++;
    for (const layer of this.model.layers) {
      if (!(layer instanceof Linear)) continue;
      layer.w.add_(layer.gradW!.mul(-this.lr));
      layer.b.add_(layer.gradB!.mul(-this.lr));
    }
  }
}

{
  using _ = scope();
  manualSeed(4);
  const first = new Linear(6, 8);
  const second = new Linear(8, 3);
  const model = new Sequential([first, new ReLU(), second, new Softmax()]);
  const x = randn([20, 6]);
  const labels = tensor(Array.from({ length: 20 }, (_, i) => i % 3), {
    dtype: "int32",
  });
  const y = labels.oneHot(3).cast("float32");

  const losses = model.criterion.forward(y, model.forward(x));
  model.backward();
  const byHand = [first.gradW!, first.gradB!, second.gradW!, second.gradB!];

  // The library takes the numbers before softmax and works with logarithms.
  const leaves = [first.w, first.b, second.w, second.b];
  for (const leaf of leaves) leaf.requiresGrad_();
  const logits = second.forward(first.forward(x).relu());
  const loss = nn.functional.crossEntropy(logits, labels);
  await checkClose("the library has the same loss", losses.mean(), loss);
  await checkClose("and the same gradients", byHand, grad(loss, leaves));
  for (const leaf of leaves) leaf.requiresGrad_(false);
}

// ---------------------------------------------------------------------------
part("Data");

/** Samples, and one-hot labels. */
class Dataset {
  readonly x: Tensor;
  readonly y: Tensor;
  constructor(x: Tensor, y: Tensor) {
    this.x = x;
    this.y = y;
  }
  get length(): number {
    return this.x.shape[0]!;
  }
  rows(indices: Tensor): [x: Tensor, y: Tensor] {
    return [this.x.indexSelect(0, indices), this.y.indexSelect(0, indices)];
  }
}

/** The samples in batches. The last batch may be smaller: nobody is left out. */
class DataLoader implements Iterable<[x: Tensor, y: Tensor]> {
  readonly dataset: Dataset;
  readonly batchSize: number;
  readonly shuffle: boolean;
  constructor(dataset: Dataset, batchSize: number, { shuffle = false } = {}) {
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.shuffle = shuffle;
  }
  *[Symbol.iterator](): Generator<[Tensor, Tensor]> {
    const { dataset: { x, y, length }, batchSize } = this;
    const [allX, allY] = this.shuffle
      ? this.dataset.rows(randperm(length))
      : [x, y];
    for (let start = 0; start < length; start += batchSize) {
      const size = Math.min(batchSize, length - start);
      yield [allX.narrow(0, start, size), allY.narrow(0, start, size)];
    }
  }
}

interface Epoch {
  readonly loss: number;
  readonly accuracy: number;
  readonly valLoss: number;
  readonly valAccuracy: number;
}

class Trainer {
  readonly model: Sequential;
  readonly optimizer: SGD;
  readonly trainLoader: DataLoader;
  readonly valLoader: DataLoader;
  constructor(
    model: Sequential,
    optimizer: SGD,
    trainLoader: DataLoader,
    valLoader: DataLoader,
  ) {
    this.model = model;
    this.optimizer = optimizer;
    this.trainLoader = trainLoader;
    this.valLoader = valLoader;
  }

  async train(epochs: number): Promise<Epoch[]> {
    const history: Epoch[] = [];
    for (let epoch = 0; epoch < epochs; epoch++) {
      using _ = scope(); // what an epoch makes is released at its end
      const [loss, accuracy] = await this.pass(this.trainLoader, true);
      this.endOfEpoch();
      const [valLoss, valAccuracy] = await this.pass(this.valLoader, false);
      history.push({ loss, accuracy, valLoss, valAccuracy });
    }
    return history;
  }

  /** Nothing is left to do here. Remember it for later. */
  endOfEpoch(): void {}

  /** Loss and metric over all batches; when training, a step after each. */
  async pass(
    loader: DataLoader,
    training: boolean,
  ): Promise<[loss: number, metric: number]> {
    let [loss, metric, n] = [0, 0, 0];
    for (const [x, y] of loader) {
      const predicted = this.model.forward(x);
      const losses = this.model.criterion.forward(y, predicted);
      if (training) {
        this.model.backward();
        this.optimizer.step();
      }
      // A mean over batches would give the samples of a small one more weight.
      const size = x.shape[0]!;
      loss += await losses.sum().item();
      metric += size * await this.model.metric(y, predicted).item();
      n += size;
    }
    return [loss / n, metric / n];
  }
}

/**
 * A fifth of each class is held out; features and labels of both parts. The
 * features of both are shifted and scaled by figures of the training part:
 * those of the other are not known yet when the net is put to use.
 */
async function prepare(
  { data: x, target }: data.LabeledData,
  standardise: (training: Tensor) => { mean: Tensor; std: Tensor },
): Promise<{ train: Dataset; valid: Dataset; classes: number }> {
  const classes = (await target.max().item()) + 1;
  const y = target.oneHot(classes).cast("float32");
  const [[trainX, trainY], [validX, validY]] = data.trainTestSplit([x, y], {
    testSize: 0.2,
    stratify: await target.data(),
    seed: 4,
  });
  const { mean, std } = standardise(trainX);
  const scaled = (x: Tensor) => x.sub(mean).div(std);
  return {
    train: new Dataset(scaled(trainX), trainY),
    valid: new Dataset(scaled(validX), validY),
    classes,
  };
}

/** Every feature gets mean 0 and deviation 1 of its own. */
const eachFeature = (x: Tensor) => ({ mean: x.mean(0), std: x.std(0) });

function show(name: string, history: readonly Epoch[]): Epoch {
  const epochs = history.length;
  for (const i of [0, Math.floor(epochs / 2) - 1, epochs - 1]) {
    const { loss, accuracy, valLoss, valAccuracy } = history[i]!;
    console.log(
      `${name} epoch ${String(i + 1).padStart(2)}: loss ${
        loss.toFixed(3)
      } accuracy ${accuracy.toFixed(3)}, validation loss ${
        valLoss.toFixed(3)
      } accuracy ${valAccuracy.toFixed(3)}`,
    );
  }
  return history.at(-1)!;
}

const tables = {
  "breast cancer": await data.loadBreastCancer(),
  iris: await data.loadIris(),
};
for (const [name, { data: x, target, targetNames }] of Object.entries(tables)) {
  console.log(
    `${name}: ${target.size} samples of ${x.shape[1]} features: ${
      targetNames.join(", ")
    }`,
  );
}

// ---------------------------------------------------------------------------
part("Training");

for (
  const [name, { hidden, lr, epochs }] of [
    ["breast cancer", { hidden: 16, lr: 0.5, epochs: 20 }],
    ["iris", { hidden: 16, lr: 0.5, epochs: 30 }],
  ] as const
) {
  manualSeed(9);
  const { train, valid, classes } = await prepare(tables[name], eachFeature);
  const model = new Sequential([
    new Linear(train.x.shape[1]!, hidden),
    new ReLU(),
    new Linear(hidden, classes),
    new Softmax(),
  ]);
  const trainer = new Trainer(
    model,
    new SGD(model, lr),
    new DataLoader(train, 32, { shuffle: true }),
    new DataLoader(valid, 32),
  );
  const { valAccuracy } = show(name, await trainer.train(epochs));
  // Few samples are held out: of the irises 30, so that one is 0.033 more or
  // less, and another split may well give 0.933.
  check(
    `${name}: validation accuracy ${valAccuracy.toFixed(3)} is at least 0.95`,
    valAccuracy >= 0.95,
  );
}

// ---------------------------------------------------------------------------
part("Fault 1: labels of shape [n, 1] in the loss");
// It looks tidy to store labels as a column. The formula of the criterion,
// "where the label is 1, -log p", still works: a column broadcasts against the
// [n, 2] probabilities. But now it says: if the label is 1, take -log p of both
// classes, if it is 0, of none. Half of the samples count for nothing, and the
// others want both probabilities to be large.

/** The same criterion, but it does not look at shapes. */
class BroadcastingCrossEntropy implements Criterion {
  #y!: Tensor;
  #p!: Tensor;
  forward(y: Tensor, predicted: Tensor): Tensor {
    this.#y = y;
    this.#p = predicted.clamp({ min: 1e-8, max: 1 });
    return where(y.eq(1), this.#p.log().neg(), 0).sum(1);
  }
  backward(): Tensor {
    return where(this.#y.eq(1), this.#p.reciprocal().neg(), 0);
  }
}

{
  using _ = scope();
  const predicted = tensor([[0.1, 0.9], [0.9, 0.1]]); // both are right
  const column = tensor([[1], [0]]);
  const oneHot = tensor([[0, 1], [1, 0]]);
  const wrong = new BroadcastingCrossEntropy().forward(column, predicted);
  const right = new CrossEntropy().forward(oneHot, predicted);
  console.log(`two samples, both predicted right with probability 0.9`);
  console.log(`losses with a column:  ${await wrong.toText()}`);
  console.log(`losses with one-hot:   ${await right.toText()}`);
  await checkClose(
    "the column asks for both classes, or for none",
    wrong,
    tensor([-Math.log(0.1) - Math.log(0.9), 0]),
  );
  await checkClose(
    "one-hot asks for the right class",
    right,
    tensor([
      -Math.log(0.9),
      -Math.log(0.9),
    ]),
  );
  // And a criterion that insists on one shape would have said so at once.
  let message = "";
  try {
    new CrossEntropy().forward(column, predicted);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    message = error.message;
  }
  console.log(message);
  check("the cure: refuse shapes that merely broadcast", message !== "");
}

// ---------------------------------------------------------------------------
part("Fault 2: labels of shape [n, 1] in the accuracy");
// argmax gives n classes in shape [n]. Compared with a column of n labels this
// broadcasts to a table of n × n: each prediction is compared with the label of
// every sample. The mean of the table says next to nothing about the net.

const broadcastingAccuracy: Metric = (y, predicted) =>
  predicted.argmax(1).eq(y).cast("float32").mean();

{
  using _ = scope();
  const { target } = tables["breast cancer"];
  const perfect = target.oneHot(2).cast("float32");
  const column = target.unsqueeze(1);
  const table = perfect.argmax(1).eq(column);
  const wrong = await broadcastingAccuracy(column, perfect).item();
  const right = await accuracy(perfect, perfect).item();
  console.log(
    `perfect predictions of ${target.size} tumours: [${
      target.shape.join(", ")
    }] beside [${column.shape.join(", ")}] gives [${table.shape.join(", ")}]`,
  );
  console.log(
    `accuracy ${wrong.toFixed(3)} with a column, ${
      right.toFixed(3)
    } with one shape`,
  );
  check("the column takes perfect predictions for chance", wrong < 0.6);
  check("the cure: compare like with like", right === 1);
}

// ---------------------------------------------------------------------------
part("Fault 3: one mean and one deviation for all features");
// The area of a cell's nucleus is counted in hundreds, its smoothness in
// tenths. One mean and one deviation over the whole table belong to the large
// ones; the small ones end up within a hair of each other, and the net would
// need huge weights to see them.

const wholeTable = (x: Tensor) => ({ mean: x.mean(), std: x.std() });

{
  using _ = scope();
  for (
    const [name, standardise] of [
      ["one for all", wholeTable],
      ["one for each", eachFeature],
    ] as const
  ) {
    const { train } = await prepare(tables["breast cancer"], standardise);
    const std = train.x.std(0);
    const [least, most] = [await std.min().item(), await std.max().item()];
    console.log(
      `${name.padEnd(12)} deviations of the 30 features: ${
        least.toPrecision(2)
      } to ${most.toPrecision(2)}`,
    );
    check(
      standardise === wholeTable
        ? "one for all: some features vary less than a thousandth of others"
        : "one for each: all features vary alike",
      standardise === wholeTable ? least < most / 1000 : most - least < 1e-4,
    );
  }
}

// ---------------------------------------------------------------------------
part("Fault 4: one step too many");
// A step belongs to a batch: forward, backward, step. One more step at the end
// of each epoch finds the gradients of the last batch still lying there, and
// goes down them again: that batch counts twice.

class OneStepTooMany extends Trainer {
  override endOfEpoch(): void {
    this.optimizer.step();
  }
}

for (const kind of [OneStepTooMany, Trainer]) {
  using _ = scope();
  manualSeed(9);
  const { train, valid } = await prepare(tables["breast cancer"], eachFeature);
  const layer = new Linear(30, 2);
  const model = new Sequential([layer, new Softmax()]);
  const optimizer = new SGD(model, 0.1);
  const loader = new DataLoader(train, 50, { shuffle: true });
  const trainer = new kind(model, optimizer, loader, new DataLoader(valid, 50));

  await trainer.pass(loader, true);
  const before = layer.w.clone();
  trainer.endOfEpoch();
  const moved = layer.w.sub(before);
  console.log(`${kind.name}: 10 batches, ${optimizer.steps} steps`);
  if (kind === OneStepTooMany) {
    check("eleven steps for ten batches", optimizer.steps === 11);
    await checkClose(
      "the last one goes down the last batch's gradient a second time",
      moved,
      layer.gradW!.mul(-0.1),
      1e-3,
    );
  } else {
    check(
      "the cure: a step for each batch and none besides",
      optimizer.steps === 10,
    );
    check("nothing moves after the last batch", await moved.any().item() === 0);
  }
}

// ---------------------------------------------------------------------------
part("Broken and mended");
// The smallest net, one linear layer and softmax, with all four faults, with
// each of them alone, and with none. Beside the accuracy that is reported there
// is the true one.

interface Faults {
  readonly loss?: boolean;
  readonly accuracy?: boolean;
  readonly features?: boolean;
  readonly step?: boolean;
}

/** What a data set gives that stores its labels as a column. */
const asColumn = (y: Tensor) => y.argmax(1, { keepDim: true });

class ColumnCrossEntropy extends BroadcastingCrossEntropy {
  override forward(y: Tensor, predicted: Tensor): Tensor {
    return super.forward(asColumn(y), predicted);
  }
}
const columnAccuracy: Metric = (y, predicted) =>
  broadcastingAccuracy(asColumn(y), predicted);

async function runWith(name: string, faults: Faults) {
  using _ = scope();
  manualSeed(9);
  const { train, valid } = await prepare(
    tables["breast cancer"],
    faults.features ? wholeTable : eachFeature,
  );
  const model = new Sequential(
    [new Linear(30, 2), new Softmax()],
    faults.loss ? new ColumnCrossEntropy() : new CrossEntropy(),
    faults.accuracy ? columnAccuracy : accuracy,
  );
  const trainer = new (faults.step ? OneStepTooMany : Trainer)(
    model,
    new SGD(model, 0.1),
    new DataLoader(train, 50, { shuffle: true }),
    new DataLoader(valid, 50),
  );
  const { valLoss, valAccuracy } = (await trainer.train(20)).at(-1)!;
  const truth = await accuracy(valid.y, model.forward(valid.x)).item();
  console.log(
    `${name.padEnd(38)} ${valLoss.toFixed(3)}     ${
      valAccuracy.toFixed(3)
    }     ${truth.toFixed(3)}`,
  );
  return { loss: valLoss, reported: valAccuracy, truth };
}

console.log(`${"after 20 epochs".padEnd(38)} loss   reported   true accuracy`);
const broken = await runWith("all four faults", {
  loss: true,
  accuracy: true,
  features: true,
  step: true,
});
const badLoss = await runWith("1: a column in the loss", { loss: true });
const badAccuracy = await runWith("2: a column in the accuracy", {
  accuracy: true,
});
const badFeatures = await runWith("3: one mean for all features", {
  features: true,
});
await runWith("4: one step too many", { step: true });
const mended = await runWith("none", {});

// With a column, -log p of both classes is paid for the 62.7 % of tumours that
// are labelled 1. That is least for two equal probabilities: 2 log 2 × 0.627.
check(
  `the broken loss settles near ${(2 * Math.LN2 * 0.627).toFixed(2)}`,
  Math.abs(broken.loss - 2 * Math.LN2 * 0.627) < 0.05 &&
    Math.abs(badLoss.loss - 2 * Math.LN2 * 0.627) < 0.05,
);
check("broken, it reports chance", broken.reported < 0.65);
// The extra step does the least harm here: one batch in eleven counts twice.
check(
  "a column in the accuracy alone hides a net that is right",
  badAccuracy.reported < 0.65 && badAccuracy.truth >= 0.95,
);
check(
  "one mean for all features costs accuracy",
  badFeatures.truth < mended.truth,
);
check(
  `mended, it reaches ${mended.reported.toFixed(3)}, at least 0.95`,
  mended.reported >= 0.95 && Math.abs(mended.reported - mended.truth) < 1e-6,
);
