import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as tenfold from "@tenfold/tenfold";

const { data, nn, ones, optim } = tenfold;

type Callable = (...args: unknown[]) => unknown;

/** What stands where a tensor belongs. */
const WRONG: readonly unknown[] = [
  1,
  "1",
  true,
  null,
  undefined,
  [1, 2],
  new Float32Array(2),
  {},
];

/** The functions of tensors with as many as they cannot do without. */
const TENSORS: { readonly [name: string]: number } = {
  bilinear: 3,
  binaryCrossEntropy: 2,
  binaryCrossEntropyWithLogits: 2,
  conv1d: 2,
  conv2d: 2,
  conv3d: 2,
  convTranspose1d: 2,
  convTranspose2d: 2,
  convTranspose3d: 2,
  cosineEmbeddingLoss: 3,
  cosineSimilarity: 2,
  crossEntropy: 2,
  ctcLoss: 2,
  embedding: 2,
  gaussianNllLoss: 3,
  gridSample: 2,
  hingeEmbeddingLoss: 2,
  huberLoss: 2,
  klDivLoss: 2,
  l1Loss: 2,
  linear: 2,
  marginRankingLoss: 3,
  maxUnpool1d: 2,
  maxUnpool2d: 2,
  maxUnpool3d: 2,
  mseLoss: 2,
  multiLabelMarginLoss: 2,
  multiLabelSoftMarginLoss: 2,
  multiMarginLoss: 2,
  nllLoss: 2,
  pairwiseDistance: 2,
  poissonNllLoss: 2,
  prelu: 2,
  scaledDotProductAttention: 3,
  smoothL1Loss: 2,
  softMarginLoss: 2,
  tripletMarginLoss: 3,
  tripletMarginWithDistanceLoss: 3,
};

/** What functions need behind their tensors. */
const REST: { readonly [name: string]: readonly unknown[] } = {
  adaptiveAvgPool1d: [{ outputSize: 1 }],
  adaptiveAvgPool2d: [{ outputSize: 1 }],
  adaptiveAvgPool3d: [{ outputSize: 1 }],
  adaptiveMaxPool1d: [{ outputSize: 1 }],
  adaptiveMaxPool1dWithIndices: [{ outputSize: 1 }],
  adaptiveMaxPool2d: [{ outputSize: 1 }],
  adaptiveMaxPool2dWithIndices: [{ outputSize: 1 }],
  adaptiveMaxPool3d: [{ outputSize: 1 }],
  adaptiveMaxPool3dWithIndices: [{ outputSize: 1 }],
  affineGrid: [[1, 1, 1, 1]],
  avgPool1d: [{ kernelSize: 1 }],
  avgPool2d: [{ kernelSize: 1 }],
  avgPool3d: [{ kernelSize: 1 }],
  channelShuffle: [1],
  ctcLoss: [{ inputLengths: [1], targetLengths: [1] }],
  groupNorm: [{ numGroups: 1 }],
  fold: [{ outputSize: 1, kernelSize: 1 }],
  interpolate: [{ size: 1 }],
  layerNorm: [{ normalizedShape: [2] }],
  localResponseNorm: [{ size: 1 }],
  logSoftmax: [0],
  lpPool1d: [{ normType: 2, kernelSize: 1 }],
  lpPool2d: [{ normType: 2, kernelSize: 1 }],
  maxPool1d: [{ kernelSize: 1 }],
  maxPool1dWithIndices: [{ kernelSize: 1 }],
  maxPool2d: [{ kernelSize: 1 }],
  maxPool2dWithIndices: [{ kernelSize: 1 }],
  maxPool3d: [{ kernelSize: 1 }],
  maxPool3dWithIndices: [{ kernelSize: 1 }],
  maxUnpool1d: [{ kernelSize: 1 }],
  maxUnpool2d: [{ kernelSize: 1 }],
  maxUnpool3d: [{ kernelSize: 1 }],
  pixelShuffle: [1],
  pixelUnshuffle: [1],
  unfold: [{ kernelSize: 1 }],
  pad: [[0, 0]],
  softmax: [0],
  softmin: [0],
  threshold: [{ threshold: 0, value: 0 }],
};

/** One of each layer. */
const layers = (): tenfold.nn.Module[] => [
  new nn.AdaptiveAvgPool1d(1),
  new nn.AdaptiveAvgPool2d(1),
  new nn.AdaptiveAvgPool3d(1),
  new nn.AdaptiveMaxPool1d(1),
  new nn.AdaptiveMaxPool2d(1),
  new nn.AdaptiveMaxPool3d(1),
  new nn.AvgPool1d(1),
  new nn.AvgPool3d(1),
  new nn.ChannelShuffle(1),
  new nn.Fold(1, 1),
  new nn.LPPool1d(2, 1),
  new nn.LPPool2d(2, 1),
  new nn.MaxPool1d(1),
  new nn.MaxPool3d(1),
  new nn.PixelShuffle(1),
  new nn.PixelUnshuffle(1),
  new nn.Unfold(1),
  new nn.Upsample({ size: 1 }),
  new nn.AlphaDropout(),
  new nn.AvgPool2d(1),
  new nn.BatchNorm1d(2),
  new nn.BatchNorm2d(2),
  new nn.BatchNorm3d(2),
  new nn.CELU(),
  new nn.Conv1d(1, 1, 1),
  new nn.Conv2d(1, 1, 1),
  new nn.Conv2d(1, 1, 1, { paddingMode: "reflect", padding: 1 }),
  new nn.Conv3d(1, 1, 1),
  new nn.ConvTranspose1d(1, 1, 1),
  new nn.ConvTranspose2d(1, 1, 1),
  new nn.ConvTranspose3d(1, 1, 1),
  new nn.Dropout(),
  new nn.Dropout1d(),
  new nn.Dropout2d(),
  new nn.Dropout3d(),
  new nn.ELU(),
  new nn.Embedding(2, 2),
  new nn.FeatureAlphaDropout(),
  new nn.Flatten(),
  new nn.GELU(),
  new nn.GLU(),
  new nn.GroupNorm(1, 2),
  new nn.Hardshrink(),
  new nn.Hardsigmoid(),
  new nn.Hardswish(),
  new nn.Hardtanh(),
  new nn.Identity(),
  new nn.InstanceNorm1d(2),
  new nn.InstanceNorm2d(2),
  new nn.InstanceNorm3d(2),
  new nn.LayerNorm(2),
  new nn.LeakyReLU(),
  new nn.Linear(2, 2),
  new nn.LocalResponseNorm(1),
  new nn.LogSigmoid(),
  new nn.LogSoftmax({ dim: 0 }),
  new nn.MaxPool2d(1),
  new nn.Mish(),
  new nn.PReLU(),
  new nn.ReLU(),
  new nn.ReLU6(),
  new nn.RReLU(),
  new nn.SELU(),
  new nn.Sequential(new nn.Linear(2, 2)),
  new nn.SiLU(),
  new nn.Sigmoid(),
  new nn.Softmax({ dim: 0 }),
  new nn.Softmax2d(),
  new nn.Softmin(),
  new nn.Softplus(),
  new nn.Softshrink(),
  new nn.Softsign(),
  new nn.Tanh(),
  new nn.Tanhshrink(),
  new nn.Threshold({ threshold: 0, value: 0 }),
];

const USUAL = /^Cannot .* as .* must be a tensor: got /;

/** What a call says that takes something else than a tensor. */
function said(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return error instanceof TypeError
      ? error.message
      : `${(error as Error).name}: ${(error as Error).message}`;
  }
  return "nothing";
}

/** Those calls that are not refused by the usual message. */
function unusual(calls: Iterable<[string, () => unknown]>): string[] {
  using _ = tenfold.scope();
  return [...calls].map(([name, call]) => `${name}: ${said(call)}`)
    .filter((line) => !USUAL.test(line.slice(line.indexOf(": ") + 2)));
}

describe("something else where a tensor belongs", () => {
  it("is refused by every function of nn", () => {
    const x = ones([2, 2]);
    const calls: [string, () => unknown][] = [];
    for (const [name, fn] of Object.entries(nn.functional)) {
      const count = TENSORS[name] ?? 1;
      for (let place = 0; place < count; place++) {
        for (const wrong of WRONG) {
          const args: unknown[] = new Array(count).fill(x);
          args[place] = wrong;
          calls.push([
            `${name} ${place}`,
            () => (fn as Callable)(...args, ...REST[name] ?? []),
          ]);
        }
      }
    }
    assertEquals(unusual(calls), []);
    x.dispose();
  });

  it("is refused by every layer", () => {
    for (const layer of layers()) {
      assertEquals(
        unusual(WRONG.map((wrong) => [
          layer.constructor.name,
          () => layer.forward(wrong as tenfold.Tensor),
        ])),
        [],
      );
      layer[Symbol.dispose]();
    }
  });

  it("is refused by initialisers, parameters, data and optimizers", () => {
    const x = ones([2, 2], { requiresGrad: true });
    const { calculateGain: _, ...fillers } = nn.init;
    const takers: { readonly [name: string]: (x: tenfold.Tensor) => unknown } =
      {
        ...fillers as object,
        Buffer: (x) => new nn.Buffer(x),
        MinMaxScaler: (x) => new data.MinMaxScaler().fit(x),
        Parameter: (x) => new nn.Parameter(x),
        StandardScaler: (x) => new data.StandardScaler().fit(x),
        TensorDataset: (x) => new data.TensorDataset(x),
        clipGradNorm_: (x) => optim.clipGradNorm_([x], 1),
        clipGradValue_: (x) => optim.clipGradValue_([x], 1),
        einsum: (x) => tenfold.einsum("ij->ji", x),
        onesLike: (x) => tenfold.onesLike(x),
        stack: (y) => tenfold.stack([x, y]),
        zerosLike: (x) => tenfold.zerosLike(x),
      };
    const calls: [string, () => unknown][] = [];
    for (const [name, take] of Object.entries(takers)) {
      for (const wrong of WRONG) {
        if (name === "einsum" && Array.isArray(wrong)) continue;
        const rest = name === "constant_" ? [1] : [];
        calls.push([name, () => (take as Callable)(wrong, ...rest)]);
      }
    }
    assertEquals(unusual(calls), []);
    for (const wrong of WRONG) {
      if (wrong === null || wrong === undefined) continue;
      assertEquals(
        unusual([["grad", () => x.grad = wrong as tenfold.Tensor]]),
        [],
      );
    }
    x.dispose();
  });

  it("says how to make one", () => {
    assertEquals(
      said(() => nn.functional.relu([1, -1] as never)),
      "Cannot apply relu as x must be a tensor: got [1, -1], make a tensor of it with tensor(data)",
    );
  });
});
