/**
 * Lesson 6: convolution by unfold.
 *
 *     deno run examples/foundations/06_conv_by_unfold.ts
 *
 * A convolution looks at an image through a small window, everywhere with the
 * same weights. All windows of an image can be seen at once without copying
 * anything, and what a convolution does with each of them is a matrix product.
 * Lesson 2 built that from three loops; so here is a convolutional net built
 * only from our own parts, and it learns to read digits.
 *
 * @module
 */
import {
  arange,
  currentBackend,
  data,
  einsum,
  grad,
  manualSeed,
  memory,
  nn,
  noGrad,
  optim,
  randn,
  scope,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from "@tenfold/tenfold";
import { check, checkClose, millisecondsOf, part, showMs } from "./_lesson.ts";

manualSeed(6); // the same random numbers every time, on every backend
console.log(`Lesson 6: convolution by unfold, on ${currentBackend().name}`);

// ---------------------------------------------------------------------------
part("All windows of an image");
// A tensor is a piece of memory and strides: how far to step in memory for one
// step along each dim. Windows of width 3 along a row of 5 numbers begin at 0,
// 1 and 2. So there are two ways to step through them, from window to window
// and within a window, and both are steps of 1. unfold adds the second as a new
// last dim: the same memory, with strides [1, 1] instead of [1].
{
  using _ = scope();
  const row = arange(5);
  const windows = row.unfold(0, 3, 1);
  console.log(`${await row.toText()} unfolds to\n${await windows.toText()}`);
  console.log(`with strides [${windows.strides.join(", ")}]`);
  await checkClose(
    "three windows of three numbers",
    windows,
    tensor([[0, 1, 2], [1, 2, 3], [2, 3, 4]]),
  );

  // An image has two dims to slide along: unfold the rows, then the columns.
  const image = arange(25).reshape([1, 1, 5, 5]);
  const { bytes } = memory();
  const patches = image.unfold(2, 3, 1).unfold(3, 3, 1);
  check("unfolding takes no memory", memory().bytes === bytes);
  console.log(
    `an image of [${image.shape.join(", ")}] unfolds to [${
      patches.shape.join(", ")
    }] with strides [${patches.strides.join(", ")}]`,
  );
  check(
    "nine windows of 3×3 in 25 numbers",
    patches.size === 81 && patches.strides.join() === "25,25,5,1,5,1",
  );
  await checkClose(
    "the last one is the lower right corner",
    patches.index(0, 0, 2, 2),
    tensor([[12, 13, 14], [17, 18, 19], [22, 23, 24]]),
  );
}

// ---------------------------------------------------------------------------
part("A convolution is a matrix product");
// Output o at a place is the sum, over the channels and the pixels of the
// window there, of weight times pixel. Written as rows, one for each window,
// and columns, one for each output, that is
//
//   [n·oh·ow, c·kh·kw]  @  [c·kh·kw, o]
//
// Padding goes around the image first. With a stride of 2 it is every second
// window; with a dilation of 2, every second pixel of larger windows, a slice.

interface ConvOptions {
  readonly stride?: number;
  readonly padding?: number;
  readonly dilation?: number;
}

/** All windows: [n, c, oh, ow, kh, kw], a view of the padded images. */
function windowsOf(
  x: Tensor,
  [kh, kw]: readonly [number, number],
  { stride = 1, padding = 0, dilation = 1 }: ConvOptions = {},
): Tensor {
  const padded = padding > 0 ? x.pad([padding, padding, padding, padding]) : x;
  return padded
    .unfold(2, dilation * (kh - 1) + 1, stride)
    .unfold(3, dilation * (kw - 1) + 1, stride)
    .index("...", [null, null, dilation], [null, null, dilation]);
}

/** x [n, c, h, w], weight [o, c, kh, kw], bias [o]: [n, o, oh, ow]. */
function conv2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  options: ConvOptions = {},
): Tensor {
  const [o, c, kh, kw] = weight.shape as [number, number, number, number];
  const windows = windowsOf(x, [kh, kw], options);
  const [n, , oh, ow] = windows.shape as [number, number, number, number];
  const rows = windows.permute([0, 2, 3, 1, 4, 5])
    .reshape([n * oh * ow, c * kh * kw]);
  return rows.matmul(weight.reshape([o, c * kh * kw]).t()).add(bias)
    .reshape([n, oh, ow, o]).permute([0, 3, 1, 2]);
}

{
  using _ = scope();
  const x = randn([2, 3, 9, 8]);
  for (
    const [kernelSize, options] of [
      [[3, 3], {}],
      [[3, 3], { padding: 1 }],
      [[5, 2], { stride: 2, padding: 2 }],
      [[3, 3], { dilation: 2, padding: 2 }],
      [[1, 1], {}],
    ] as [[number, number], ConvOptions][]
  ) {
    using _ = scope();
    const layer = new nn.Conv2d(3, 4, kernelSize, options);
    const { weight, bias } = layer;
    const ours = conv2d(x, weight, bias!, options);
    const theirs = layer.forward(x);
    const name = `${kernelSize.join("×")} ${JSON.stringify(options)}`;
    await checkClose(`${name}: the numbers of Conv2d`, ours, theirs);

    // Every step is an operation of the library, so the way back is there too.
    const leaves = [x.requiresGrad_(), weight, bias!];
    const gradOutputs = [randn(theirs.shape)];
    await checkClose(
      `${name}: its gradients by input, weight and bias`,
      grad(conv2d(x, weight, bias!, options), leaves, { gradOutputs }),
      grad(layer.forward(x), leaves, { gradOutputs }),
    );
    layer.dispose();
  }

  // Einstein's notation says the same in one line, with the dims by name:
  // images n, channels c, outputs o, places y and x, pixels i and j.
  const weight = randn([4, 3, 3, 3]);
  await checkClose(
    "the same as an einsum",
    einsum("ncyxij,ocij->noyx", windowsOf(x, [3, 3]), weight),
    conv2d(x, weight, zeros([4])),
  );

  // The windows are a view, but their rows are not: there are no strides with
  // which overlapping windows lie behind each other, so reshape makes a copy,
  // nine times the image for a 3×3 kernel. A library does better: its Conv2d
  // reads the windows where they are.
  const images = randn([32, 16, 28, 28]);
  const rows = windowsOf(images, [3, 3], { padding: 1 })
    .permute([0, 2, 3, 1, 4, 5]).reshape([32 * 28 * 28, 16 * 9]);
  const mib = (t: Tensor) => `${(4 * t.size / 2 ** 20).toFixed(1)} MiB`;
  console.log(
    `32 images of [16, 28, 28]: ${mib(images)}; as rows: ${mib(rows)}`,
  );
  check(
    "rows of windows are nine times as large",
    rows.size === 9 * images.size,
  );
}

// ---------------------------------------------------------------------------
part("A net that reads digits");
// Max pooling is a window, too: 2×2, two apart, and of each the largest pixel.
const maxPool2d = (x: Tensor, size: number) =>
  windowsOf(x, [size, size], { stride: size }).max([-2, -1]);

class ConvByUnfold extends nn.Module {
  weight: nn.Parameter;
  bias: nn.Parameter;
  constructor(inChannels: number, outChannels: number, size: number) {
    super();
    using _ = scope();
    // He's weights (lessons 2 and 5): each output has so many inputs.
    const std = Math.sqrt(2 / (inChannels * size * size));
    const shape = [outChannels, inChannels, size, size];
    this.weight = new nn.Parameter(randn(shape).mul(std));
    this.bias = new nn.Parameter(zeros([outChannels]));
  }
  forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, this.bias, { padding: 1 });
  }
}

class MaxPool extends nn.Module {
  forward(x: Tensor): Tensor {
    return maxPool2d(x, 2);
  }
}

// 8×8 pixels → 4×4 → 2×2, and more channels instead.
const model = new nn.Sequential(
  new ConvByUnfold(1, 16, 3),
  new nn.ReLU(),
  new MaxPool(),
  new ConvByUnfold(16, 32, 3),
  new nn.ReLU(),
  new MaxPool(),
  new nn.Flatten(),
  new nn.Linear(32 * 2 * 2, 10),
);

// 1,797 digits that are part of the package; a fifth is held out.
const digits = await data.loadDigits();
const images = tidy(() => digits.data.reshape([-1, 1, 8, 8]).div(16));
const [[trainX, trainY], [testX, testY]] = data.trainTestSplit(
  [images, digits.target],
  { testSize: 0.2, stratify: await digits.target.data(), seed: 0 },
);
const loader = new data.DataLoader(new data.TensorDataset(trainX, trainY), {
  batchSize: 32,
  shuffle: true,
  seed: 0,
});
const optimizer = new optim.Adam(model.parameters(), { lr: 0.005 });

/** The share of test digits that a net gets right. */
async function accuracyOf(net: nn.Module): Promise<number> {
  using _ = scope();
  const predicted = noGrad(() => net.forward(testX)).argmax(1);
  return await predicted.eq(testY).cast("float32").mean().item();
}

const weights = model.parameters().reduce((sum, p) => sum + p.size, 0);
console.log(
  `${trainY.size} digits to learn from, ${testY.size} to test with, ${weights} weights`,
);
const start = performance.now();
for (let epoch = 1; epoch <= 8; epoch++) {
  using _ = scope();
  let total = 0;
  for await (const [x, y] of loader) {
    using _ = scope();
    optimizer.zeroGrad();
    const loss = nn.functional.crossEntropy(model.forward(x), y);
    loss.backward();
    optimizer.step();
    total += await loss.item() * y.size;
  }
  console.log(
    `epoch ${epoch}: loss ${(total / trainY.size).toFixed(4)}, test accuracy ${
      (await accuracyOf(model)).toFixed(4)
    }`,
  );
}
const seconds = (performance.now() - start) / 1000;
const accuracy = await accuracyOf(model);
check(
  `a test accuracy of ${accuracy.toFixed(4)}, at least 0.97, in ${
    seconds.toFixed(1)
  } s`,
  accuracy >= 0.97,
);

// ---------------------------------------------------------------------------
part("The library's layers");
// The names and shapes of the weights are the same, so they can move in.
const library = new nn.Sequential(
  new nn.Conv2d(1, 16, 3, { padding: 1 }),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
  new nn.Conv2d(16, 32, 3, { padding: 1 }),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
  new nn.Flatten(),
  new nn.Linear(32 * 2 * 2, 10),
);
library.loadStateDict(model.stateDict());
{
  using _ = scope();
  const [ours, theirs] = noGrad(() => [
    model.forward(testX),
    library.forward(testX),
  ]);
  await checkClose("Conv2d and MaxPool2d predict the same", ours, theirs);
}

// And how long does a step take? Forward and backward over 32 digits.
{
  using _ = scope();
  const x = trainX.narrow(0, 0, 32);
  const y = trainY.narrow(0, 0, 32);
  for (
    const [name, net] of [
      ["by unfold", model],
      ["the library's", library],
    ] as const
  ) {
    const ms = await millisecondsOf(() => {
      using s = scope();
      net.zeroGrad();
      const loss = nn.functional.crossEntropy(net.forward(x), y);
      loss.backward();
      return s.keep(net.parameters()[0]!.grad!.sum());
    });
    console.log(`${name.padEnd(14)} ${showMs(ms)} a step`);
  }
}
