/**
 * Large float16 is computed a part at a time: what comes out is what float32
 * gives, rounded once, and less than a float32 copy of it is made on the way.
 */
import { assert, assertEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import {
  manualSeed,
  memory,
  randint,
  randn,
  type Tensor,
  tensor,
  tidy,
} from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import { autocast } from "@tenfold/core/func";
import * as nn from "@tenfold/nn";
import { Adam, GradScaler } from "@tenfold/optim";
import { clean, onEachBackend } from "./_testing.ts";

const { functional } = nn;

/** What gives one result, or several, of operands of float16 or of float32. */
type Compute = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

interface Case {
  /** The extents of the operands. */
  readonly shapes: readonly (readonly number[])[];
  readonly compute: Compute;
  /**
   * What it takes at most beside its results, of the bytes of float32 copies of
   * operands and results; without it no less than those.
   */
  readonly extra?: number;
}

/** The results and the gradients of operands by one of a few small numbers. */
const differentiated =
  (compute: (...inputs: Tensor[]) => Tensor): Compute => (...inputs) => {
    const leaves = inputs.map((x) => x.detach().requiresGrad_());
    const y = compute(...leaves);
    const values = Float32Array.from(
      { length: y.size },
      (_, i) => (i * 7 % 5 - 2) / 4,
    );
    const weights = tensor(values).reshape(y.shape).cast(y.dtype);
    y.backward(weights);
    return [y.detach(), ...leaves.map((x) => x.grad!.detach())];
  };

const indices = (extent: number, shape: readonly number[]): Tensor => {
  const size = shape.reduce((n, extent) => n * extent, 1);
  const values = Int32Array.from({ length: size }, (_, i) => i * 31 % extent);
  return tensor(values).reshape([...shape]);
};

const CASES: Readonly<Record<string, Case>> = {
  "a convolution with its gradients": {
    shapes: [[24, 3, 32, 32], [8, 3, 3, 3], [8]],
    compute: differentiated((x, w, b) =>
      functional.conv2d(x, w, b, { padding: 1 })
    ),
  },
  "one of few samples with many filters": {
    shapes: [[2, 4, 64, 64], [48, 4, 3, 3], [48]],
    compute: differentiated((x, w, b) => functional.conv2d(x, w, b)),
  },
  "one in groups with steps of two": {
    shapes: [[48, 4, 40, 40], [8, 2, 3, 3]],
    compute: differentiated((x, w) =>
      functional.conv2d(x, w, null, { groups: 2, stride: 2 })
    ),
  },
  "max pooling of windows that overlap": {
    shapes: [[16, 8, 40, 40]],
    compute: differentiated((x) =>
      functional.maxPool2d(x, { kernelSize: 3, stride: 2, padding: 1 })
    ),
  },
  "average pooling": {
    shapes: [[16, 8, 40, 40]],
    compute: differentiated((x) => functional.avgPool2d(x, { kernelSize: 2 })),
  },
  "a product of many rows": {
    shapes: [[5000, 40], [40, 24]],
    compute: differentiated((a, b) => a.matmul(b)),
  },
  "a product of many columns": {
    shapes: [[24, 40], [40, 5000]],
    compute: differentiated((a, b) => a.matmul(b)),
  },
  "a long product": {
    shapes: [[24, 20000], [20000, 8]],
    compute: (a, b) => a.matmul(b),
    extra: 0.4,
  },
  "products of a batch": {
    shapes: [[40, 50, 60], [40, 60, 50]],
    compute: (a, b) => a.matmul(b),
    extra: 0.4,
  },
  "products of a batch with one matrix": {
    shapes: [[40, 50, 60], [1, 60, 50]],
    compute: (a, b) => a.matmul(b),
    extra: 0.4,
  },
  "a linear layer": {
    shapes: [[3000, 64], [32, 64], [32]],
    compute: differentiated((x, w, b) => functional.linear(x, w, b)),
  },
  "a linear layer with many outputs": {
    shapes: [[8, 64], [4000, 64], [4000]],
    compute: (x, w, b) => functional.linear(x, w, b),
    extra: 0.4,
  },
  "a linear layer of one sample": {
    shapes: [[64], [6000, 64], [6000]],
    compute: (x, w, b) => functional.linear(x, w, b),
    extra: 0.4,
  },
  "softmax": {
    shapes: [[4000, 64]],
    compute: (x) => x.softmax(1),
    extra: 0.4,
  },
  "the logarithm of softmax along the first dim": {
    shapes: [[64, 4000]],
    compute: (x) => x.logSoftmax(0),
    extra: 0.4,
  },
  "layer norm": {
    shapes: [[4000, 64], [64], [64]],
    compute: (x, w, b) => functional.layerNorm(x, w, b),
    extra: 0.1,
  },
  "layer norm with its gradient": {
    shapes: [[4000, 64], [64]],
    compute: (x, w) => differentiated((x) => functional.layerNorm(x, w))(x),
  },
  "batch norm": {
    shapes: [[40, 8, 28, 28], [8], [8]],
    compute: (x, w, b) => functional.batchNorm(x, w, b, { training: true }),
    extra: 0.1,
  },
  "batch norm by given moments": {
    shapes: [[40, 8, 28, 28], [8], [8], [8]],
    compute: (x, mean, w, b) =>
      functional.batchNorm(x, w, b, {
        runningMean: mean,
        runningVar: mean.square().add(1),
      }),
    extra: 0.1,
  },
  "running sums": {
    shapes: [[4000, 64]],
    compute: (x) => x.cumsum(1),
    extra: 0.4,
  },
  "sorting": {
    shapes: [[4000, 64]],
    compute: (x) => {
      const { values, indices } = x.sort(1);
      return [values, indices];
    },
    extra: 0.8,
  },
  "positions of extremes": {
    shapes: [[8, 4000, 8]],
    compute: (x) => [
      x.argmax(1),
      x.argmin(1, { keepDim: true }),
      x.argmax(2),
    ],
    extra: 0.4,
  },
  "picking rows of a large table": {
    shapes: [[5000, 64]],
    compute: (x) => functional.embedding(indices(5000, [300]), x),
    extra: 0.1,
  },
  "picking with its gradient": {
    shapes: [[4000, 64]],
    compute: differentiated((x) => x.gather(0, indices(4000, [3000, 64]))),
  },
  "adding where an index says": {
    shapes: [[4000, 64], [4000, 64]],
    compute: (x, source) => x.scatterAdd(1, indices(64, [4000, 64]), source),
    // A third is the index.
    extra: 0.5,
  },
};

const list = (out: Tensor | readonly Tensor[]): readonly Tensor[] =>
  "shape" in out ? [out] : out;

onEachBackend("large float16", (backend) => {
  if (!backend.dtypes.includes("float16")) return;

  for (const [name, { shapes, compute, extra }] of Object.entries(CASES)) {
    it(
      `${name} is float32's, rounded`,
      clean(async () => {
        manualSeed(0);
        // Sums of few small multiples are exact in any order.
        const inputs = shapes.map((shape) =>
          randint(-3, 4, [...shape]).cast("float32").div(4)
        );
        const half = inputs.map((x) => x.cast("float16"));
        const before = memory({ resetPeak: true }).bytes;
        const results = list(tidy(() => compute(...half)));
        const { bytes, peakBytes } = memory();
        const expected = list(tidy(() => compute(...inputs)));
        const exact = results.map((y) =>
          y.dtype === "float16" ? y.cast("float32") : y
        );
        assertEquals(results.length, expected.length);
        for (const [i, y] of exact.entries()) {
          const rounded = expected[i]!.dtype === "float32"
            ? expected[i]!.cast("float16").cast("float32")
            : expected[i]!;
          assertEquals(y.shape, rounded.shape);
          const error = await y.sub(rounded).abs().max().item();
          // Exponentials and roots round the last place either way.
          const step = /softmax|norm/.test(name) ? 2 ** -8 : 0;
          assert(error <= step, `result ${i} differs by ${error}`);
        }
        const all = [...half, ...results];
        const single = all.reduce((n, x) => n + 4 * x.size, 0);
        assert(single > 8e5, `${single}`);
        if (extra === undefined) return;
        const beside = (peakBytes - bytes) / single;
        assert(bytes - before < single, `${bytes - before}`);
        assert(beside <= extra, `${beside} of the bytes of float32`);
      }),
    );
  }

  for (const dtype of ["autocast", "float16"] as const) {
    for (const compiles of [false, true]) {
      it(
        `a step of a CNN takes at most 0.6 of float32's bytes: ${dtype}${
          compiles ? ", compiled" : ""
        }`,
        clean(async () => {
          const single = await stepBytes("float32", compiles);
          const half = await stepBytes(dtype, compiles);
          assert(half <= 0.6 * single, `${half} of ${single}`);
        }),
      );
    }
  }
});

/** The most bytes that are held while a CNN of two convolutions is trained. */
async function stepBytes(
  dtype: "float32" | "float16" | "autocast",
  compiles: boolean,
): Promise<number> {
  const before = memory().bytes;
  const model = new nn.Sequential(
    new nn.Conv2d(1, 16, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(16, 32, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(32 * 7 * 7, 10),
  );
  const stored = dtype === "float16" ? "float16" : "float32";
  await model.to({ dtype: stored });
  const optimizer = new Adam(model.parameters());
  const scaler = new GradScaler({ initScale: 256 });
  const x = randn([64, 1, 28, 28], { dtype: stored });
  const y = randint(0, 10, [64]);
  const lossOf = (x: Tensor, y: Tensor) =>
    functional.crossEntropy(model.forward(x), y);
  const gradients = (x: Tensor, y: Tensor): Tensor => {
    optimizer.zeroGrad();
    const loss = dtype === "autocast"
      ? autocast(() => lossOf(x, y))
      : lossOf(x, y);
    (dtype === "autocast" ? scaler.scale(loss) : loss).backward();
    return loss.detach();
  };
  const step = compiles ? compile(gradients) : gradients;
  for (let i = 0; i < 3; i++) {
    if (i === 2) memory({ resetPeak: true });
    tidy(() => void step(x, y));
    if (dtype === "autocast") {
      await scaler.step(optimizer);
      scaler.update();
    } else tidy(() => optimizer.step());
  }
  const bytes = memory().peakBytes - before;
  if ("dispose" in step) (step as { dispose(): void }).dispose();
  optimizer.dispose();
  scaler.dispose();
  model.zeroGrad();
  model.dispose();
  for (const one of [x, y]) one.dispose();
  return bytes;
}
