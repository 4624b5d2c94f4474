import { assert } from "@std/assert";
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
  bilinear: [
    [[1, 1, 3, 4]],
    (x) => F.interpolate(x!, { size: [5, 2], mode: "bilinear" }),
  ],
  bicubic: [
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
};

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
