import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  gradcheck,
  manualSeed,
  randn,
  type Tensor,
  tensor,
} from "@tenfold/core";
import { clean } from "./_testing.ts";
import * as F from "./functional/mod.ts";

type Call = readonly [
  shapes: readonly (readonly number[])[],
  call: (...inputs: Tensor[]) => Tensor,
];

const bag = () => tensor([2, 0, 1, 2], { dtype: "int32" });
const offsets = () => tensor([0, 3, 3], { dtype: "int32" });

const classes = () => tensor([2, 0, 3], { dtype: "int32" });

/** Where two elements go that are put back. */
const places = (shape: number[]) => tensor([3, 1], { shape, dtype: "int32" });

const signs = () => tensor([1, -1, 1]);

/** Calls at points where they are smooth. */
const CALLS: { readonly [name: string]: Call } = {
  conv1d: [
    [[1, 2, 4], [2, 2, 3], [2]],
    (x, w, b) => F.conv1d(x!, w!, b!, { padding: 1, stride: 2 }),
  ],
  conv3d: [
    [[1, 2, 3, 2, 3], [2, 1, 2, 2, 2]],
    (x, w) => F.conv3d(x!, w!, { groups: 2 }),
  ],
  convTranspose1d: [
    [[1, 2, 3], [2, 1, 3], [1]],
    (x, w, b) => F.convTranspose1d(x!, w!, b!, { stride: 2, outputPadding: 1 }),
  ],
  convTranspose2d: [
    [[1, 1, 2, 2], [1, 2, 2, 2]],
    (x, w) => F.convTranspose2d(x!, w!, { stride: 2 }),
  ],
  convTranspose3d: [
    [[1, 1, 2, 1, 2], [1, 1, 2, 2, 2]],
    (x, w) => F.convTranspose3d(x!, w!, { dilation: 2 }),
  ],
  "pad reflect": [[[1, 4]], (x) => F.pad(x!, [2, 1], { mode: "reflect" })],
  "pad circular": [[[1, 4]], (x) => F.pad(x!, [2, 1], { mode: "circular" })],
  "pad replicate": [[[1, 4]], (x) => F.pad(x!, [2, 1], { mode: "replicate" })],
  "embeddingBag sum": [
    [[3, 2], [4]],
    (w, scale) =>
      F.embeddingBag(bag(), w!, {
        offsets: offsets(),
        mode: "sum",
        perSampleWeights: scale!,
      }),
  ],
  "embeddingBag mean": [
    [[3, 2]],
    (w) => F.embeddingBag(bag(), w!, { offsets: offsets(), paddingIdx: 1 }),
  ],
  "embeddingBag max": [
    [[3, 2]],
    (w) => F.embeddingBag(bag(), w!, { offsets: offsets(), mode: "max" }),
  ],
  groupNorm: [
    [[2, 4, 3], [4], [4]],
    (x, w, b) => F.groupNorm(x!, w!, b!, { numGroups: 2 }),
  ],
  instanceNorm: [
    [[2, 2, 4], [2], [2]],
    (x, w, b) => F.instanceNorm(x!, w!, b!),
  ],
  localResponseNorm: [
    [[1, 4, 2]],
    (x) => F.localResponseNorm(x!, { size: 3, alpha: 0.5 }),
  ],
  prelu: [[[2, 3], [3]], (x, w) => F.prelu(x!, w!)],
  hardtanh: [[[5]], (x) => F.hardtanh(x!)],
  hardswish: [[[5]], (x) => F.hardswish(x!)],
  softshrink: [[[5]], (x) => F.softshrink(x!, { lambd: 0.1 })],
  mish: [[[5]], (x) => F.mish(x!)],
  selu: [[[5]], (x) => F.selu(x!)],
  celu: [[[5]], (x) => F.celu(x!, { alpha: 0.7 })],
  glu: [[[2, 4]], (x) => F.glu(x!)],
  softsign: [[[5]], (x) => F.softsign(x!)],
  logSigmoid: [[[5]], (x) => F.logSigmoid(x!)],
  tanhshrink: [[[5]], (x) => F.tanhshrink(x!)],
  smoothL1Loss: [[[5], [5]], (x, y) => F.smoothL1Loss(x!, y!)],
  klDivLoss: [[[5], [5]], (x, y) => F.klDivLoss(x!, y!.sigmoid())],
  gaussianNllLoss: [
    [[4], [4], [4]],
    (x, y, v) => F.gaussianNllLoss(x!, y!, v!.exp(), { full: true }),
  ],
  poissonNllLoss: [[[4], [4]], (x, y) => F.poissonNllLoss(x!, y!.exp())],
  marginRankingLoss: [
    [[3], [3]],
    (a, b) => F.marginRankingLoss(a!, b!, signs()),
  ],
  cosineEmbeddingLoss: [
    [[3, 2], [3, 2]],
    (a, b) => F.cosineEmbeddingLoss(a!, b!, signs()),
  ],
  tripletMarginLoss: [
    [[2, 3], [2, 3], [2, 3]],
    (a, p, n) => F.tripletMarginLoss(a!, p!, n!, { margin: 3 }),
  ],
  multiLabelSoftMarginLoss: [
    [[2, 3], [2, 3]],
    (x, y) => F.multiLabelSoftMarginLoss(x!, y!.sigmoid()),
  ],
  ctcLoss: [
    [[5, 2, 3]],
    (x) =>
      F.ctcLoss(x!, tensor([[1, 1], [2, 0]], { dtype: "int32" }), {
        inputLengths: [5, 4],
        targetLengths: [2, 1],
      }),
  ],
  cosineSimilarity: [[[2, 3], [2, 3]], (a, b) => F.cosineSimilarity(a!, b!)],
  normalize: [[[2, 3]], (x) => F.normalize(x!)],
  maxPool3d: [[[1, 1, 2, 4, 4]], (x) => F.maxPool3d(x!, { kernelSize: 2 })],
  avgPool3d: [
    [[1, 1, 2, 3, 4]],
    (x) => F.avgPool3d(x!, { kernelSize: 2, padding: 1 }),
  ],
  adaptiveMaxPool2d: [
    [[1, 1, 5, 4]],
    (x) => F.adaptiveMaxPool2d(x!, { outputSize: 3 }),
  ],
  lpPool1d: [
    [[1, 1, 6]],
    (x) => F.lpPool1d(x!.exp(), { normType: 3, kernelSize: 2 }),
  ],
  "interpolate bilinear": [
    [[1, 1, 3, 4]],
    (x) => F.interpolate(x!, { size: [5, 2], mode: "bilinear" }),
  ],
  "interpolate bicubic": [
    [[1, 1, 3, 4]],
    (x) =>
      F.interpolate(x!, { size: [2, 7], mode: "bicubic", antialias: true }),
  ],
  pixelShuffle: [[[4, 2, 1]], (x) => F.pixelShuffle(x!, 2)],
  unfold: [[[1, 1, 4, 3]], (x) => F.unfold(x!, { kernelSize: 2, padding: 1 })],
  fold: [[[1, 4, 6]], (x) => F.fold(x!, { outputSize: [4, 3], kernelSize: 2 })],
  gridSample: [
    [[1, 2, 3, 4], [1, 2, 2, 2]],
    (x, g) => F.gridSample(x!, g!.tanh(), { mode: "bicubic" }),
  ],
  bilinear: [
    [[2, 3], [2, 2], [2, 3, 2], [2]],
    (a, b, w, c) => F.bilinear(a!, b!, w!, c!),
  ],
  linear: [[[2, 3], [4, 3], [4]], (x, w, b) => F.linear(x!, w!, b!)],
  conv2d: [
    [[1, 2, 3, 4], [2, 1, 2, 2], [2]],
    (x, w, b) => F.conv2d(x!, w!, b!, { groups: 2, stride: 2, padding: 1 }),
  ],
  embedding: [[[3, 2]], (w) => F.embedding(bag(), w!)],
  layerNorm: [
    [[2, 4], [4], [4]],
    (x, w, b) => F.layerNorm(x!, w!, b!, { normalizedShape: [4] }),
  ],
  batchNorm: [
    [[3, 2, 2], [2], [2]],
    (x, w, b) => F.batchNorm(x!, w!, b!, { training: true }),
  ],
  scaledDotProductAttention: [
    [[1, 2, 3, 2], [1, 2, 3, 2], [1, 2, 3, 2]],
    (q, k, v) => F.scaledDotProductAttention(q!, k!, v!, { isCausal: true }),
  ],
  relu: [[[5]], (x) => F.relu(x!)],
  relu6: [[[5]], (x) => F.relu6(x!)],
  leakyRelu: [[[5]], (x) => F.leakyRelu(x!, { negativeSlope: 0.2 })],
  elu: [[[5]], (x) => F.elu(x!, { alpha: 0.7 })],
  gelu: [[[5]], (x) => F.gelu(x!)],
  "gelu tanh": [[[5]], (x) => F.gelu(x!, { approximate: "tanh" })],
  silu: [[[5]], (x) => F.silu(x!)],
  tanh: [[[5]], (x) => F.tanh(x!)],
  sigmoid: [[[5]], (x) => F.sigmoid(x!)],
  softplus: [[[5]], (x) => F.softplus(x!, { beta: 2 })],
  hardsigmoid: [[[5]], (x) => F.hardsigmoid(x!)],
  hardshrink: [[[5]], (x) => F.hardshrink(x!, { lambd: 0.1 })],
  threshold: [[[5]], (x) => F.threshold(x!, { threshold: 0.1, value: 2 })],
  rrelu: [[[5]], (x) => F.rrelu(x!)],
  softmax: [[[2, 3]], (x) => F.softmax(x!, 1)],
  softmin: [[[2, 3]], (x) => F.softmin(x!, 1)],
  logSoftmax: [[[2, 3]], (x) => F.logSoftmax(x!, 1)],
  // What is drawn is the same in each call.
  ...Object.fromEntries(
    ([
      ["dropout", F.dropout, [6]],
      ["dropout1d", F.dropout1d, [2, 3, 2]],
      ["dropout2d", F.dropout2d, [2, 2, 2, 1]],
      ["dropout3d", F.dropout3d, [2, 2, 1, 1, 2]],
      ["alphaDropout", F.alphaDropout, [6]],
      ["featureAlphaDropout", F.featureAlphaDropout, [2, 3, 2]],
    ] as const).map(([name, call, shape]) => [
      name,
      [[shape], (x: Tensor) => {
        manualSeed(5);
        return call(x, { p: 0.4, training: true });
      }],
    ]),
  ),
  mseLoss: [[[5], [5]], (x, y) => F.mseLoss(x!, y!)],
  l1Loss: [[[5], [5]], (x, y) => F.l1Loss(x!, y!)],
  huberLoss: [[[5], [5]], (x, y) => F.huberLoss(x!, y!, { delta: 0.7 })],
  softMarginLoss: [[[3]], (x) => F.softMarginLoss(x!, signs())],
  hingeEmbeddingLoss: [[[3]], (x) => F.hingeEmbeddingLoss(x!, signs())],
  crossEntropy: [
    [[3, 4]],
    (x) => F.crossEntropy(x!, classes(), { labelSmoothing: 0.1 }),
  ],
  "crossEntropy of probabilities": [
    [[3, 4], [3, 4]],
    (x, y) => F.crossEntropy(x!, y!.softmax(1)),
  ],
  nllLoss: [[[3, 4]], (x) => F.nllLoss(x!, classes(), { reduction: "sum" })],
  binaryCrossEntropy: [
    [[4], [4]],
    (x, y) => F.binaryCrossEntropy(x!.sigmoid(), y!.sigmoid()),
  ],
  binaryCrossEntropyWithLogits: [
    [[4], [4]],
    (x, y) => F.binaryCrossEntropyWithLogits(x!, y!.sigmoid()),
  ],
  multiMarginLoss: [
    [[3, 4]],
    (x) => F.multiMarginLoss(x!, classes(), { p: 2, margin: 0.7 }),
  ],
  multiLabelMarginLoss: [
    [[2, 3]],
    (x) =>
      F.multiLabelMarginLoss(
        x!,
        tensor([[2, 0, -1], [1, -1, 0]], { dtype: "int32" }),
      ),
  ],
  tripletMarginWithDistanceLoss: [
    [[2, 3], [2, 3], [2, 3]],
    (a, p, n) => F.tripletMarginWithDistanceLoss(a!, p!, n!, { margin: 3 }),
  ],
  pairwiseDistance: [[[2, 3], [3]], (a, b) => F.pairwiseDistance(a!, b!)],
  "pairwiseDistance of the largest": [
    [[2, 3], [2, 3]],
    (a, b) => F.pairwiseDistance(a!, b!, { p: Infinity }),
  ],
  maxPool1d: [[[1, 1, 6]], (x) => F.maxPool1d(x!, { kernelSize: 2 })],
  maxPool2d: [
    [[1, 1, 4, 4]],
    (x) => F.maxPool2d(x!, { kernelSize: 3, stride: 1, padding: 1 }),
  ],
  ...Object.fromEntries(
    ([
      ["maxPool1dWithIndices", F.maxPool1dWithIndices, [1, 1, 6]],
      ["maxPool2dWithIndices", F.maxPool2dWithIndices, [1, 1, 4, 4]],
      ["maxPool3dWithIndices", F.maxPool3dWithIndices, [1, 1, 2, 4, 4]],
    ] as const).map(([name, call, shape]) => [
      name,
      [[shape], (x: Tensor) => call(x, { kernelSize: 2 })[0]],
    ]),
  ),
  ...Object.fromEntries(
    ([
      ["adaptiveAvgPool1d", F.adaptiveAvgPool1d, [1, 1, 7]],
      ["adaptiveAvgPool2d", F.adaptiveAvgPool2d, [1, 1, 5, 4]],
      ["adaptiveAvgPool3d", F.adaptiveAvgPool3d, [1, 1, 3, 4, 3]],
      ["adaptiveMaxPool1d", F.adaptiveMaxPool1d, [1, 1, 7]],
      ["adaptiveMaxPool3d", F.adaptiveMaxPool3d, [1, 1, 3, 4, 3]],
    ] as const).map(([name, call, shape]) => [
      name,
      [[shape], (x: Tensor) => call(x, { outputSize: 2 }) as Tensor],
    ]),
  ),
  ...Object.fromEntries(
    ([
      ["adaptiveMaxPool1dWithIndices", F.adaptiveMaxPool1dWithIndices, [2, 7]],
      [
        "adaptiveMaxPool2dWithIndices",
        F.adaptiveMaxPool2dWithIndices,
        [1, 5, 4],
      ],
      [
        "adaptiveMaxPool3dWithIndices",
        F.adaptiveMaxPool3dWithIndices,
        [1, 3, 4, 3],
      ],
    ] as const).map(([name, call, shape]) => [
      name,
      [[shape], (x: Tensor) => call(x, { outputSize: 2 })[0]],
    ]),
  ),
  maxUnpool1d: [
    [[1, 1, 2]],
    (x) => F.maxUnpool1d(x!, places([1, 1, 2]), { kernelSize: 2 }),
  ],
  maxUnpool2d: [
    [[1, 1, 2, 1]],
    (x) => F.maxUnpool2d(x!, places([1, 1, 2, 1]), { kernelSize: 2 }),
  ],
  maxUnpool3d: [
    [[1, 1, 1, 2, 1]],
    (x) => F.maxUnpool3d(x!, places([1, 1, 1, 2, 1]), { kernelSize: 2 }),
  ],
  avgPool1d: [
    [[1, 1, 5]],
    (x) =>
      F.avgPool1d(x!, { kernelSize: 2, padding: 1, countIncludePad: false }),
  ],
  avgPool2d: [
    [[1, 1, 4, 3]],
    (x) => F.avgPool2d(x!, { kernelSize: 2, ceilMode: true }),
  ],
  lpPool2d: [
    [[1, 1, 4, 4]],
    (x) => F.lpPool2d(x!.exp(), { normType: 3, kernelSize: 2 }),
  ],
  channelShuffle: [[[1, 4, 2]], (x) => F.channelShuffle(x!, 2)],
  pixelUnshuffle: [[[1, 2, 4]], (x) => F.pixelUnshuffle(x!, 2)],
  affineGrid: [[[1, 2, 3]], (theta) => F.affineGrid(theta!, [1, 1, 2, 3])],
};

describe("the table of gradients of nn.functional", () => {
  it("has every function", () => {
    const names = Object.keys(CALLS).join(" ") +
      " " + Object.values(CALLS).map(([, call]) => String(call)).join(" ");
    const missing = Object.keys(F).filter((name) =>
      !new RegExp(`\\b${name}\\b`).test(names)
    );
    assertEquals(missing, []);
  });
});

describe("gradients of nn.functional", () => {
  for (const [name, [shapes, call]] of Object.entries(CALLS)) {
    it(
      `${name} agrees with differences, twice`,
      clean(async () => {
        manualSeed(3);
        const inputs = shapes.map((shape) =>
          randn(shape, { dtype: "float64" }).requiresGrad_()
        );
        assert(
          await gradcheck((...xs) => call(...xs), inputs, {
            secondOrder: true,
          }),
        );
      }),
    );
  }
});
