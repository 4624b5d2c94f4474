/**
 * Nets of sequences: a GPT, recurrent layers, attention over many tokens, one
 * gradient for all parts of a split, and tokens out of a model.
 *
 * @module
 */
import {
  arange,
  grad,
  nn,
  noGrad,
  randint,
  randn,
  type Tensor,
  tensor,
} from "@tenfold/tenfold";
import {
  type Case,
  type Live,
  scoped,
  type TimedSuite,
} from "../harness/case.ts";
import { GPT, gptStep, KINDS } from "./_gpt.ts";

const [CONTEXT, BATCH] = [64, 12];

function gpt(): Live {
  const model = new GPT(CONTEXT);
  const [x, y] = [0, 1].map(() => randint(0, KINDS, [BATCH, CONTEXT])) as [
    Tensor,
    Tensor,
  ];
  return scoped([x, y, ...model.parameters()], gptStep(model, x, y));
}

function recurrent(kind: "LSTM" | "GRU"): Live {
  const layer = kind === "LSTM" ? new nn.LSTM(256, 256) : new nn.GRU(256, 256);
  const x = randn([128, 32, 256], { requiresGrad: true });
  const wanted = [x, ...layer.parameters()];
  return scoped(wanted, () => {
    const [y] = layer instanceof nn.LSTM ? layer.forward(x) : layer.forward(x);
    return grad(y.sum(), wanted)[0]!;
  });
}

function attention(length: number, tiled: boolean, isCausal: boolean): Live {
  // As many scores at each length.
  const heads = 2 ** 24 / length ** 2;
  const make = () => randn([heads, length, 64], { requiresGrad: true });
  const [q, k, v] = [make(), make(), make()];
  return scoped([q, k, v], () => {
    const out = tiled
      ? nn.functional.scaledDotProductAttention(q, k, v, { isCausal })
      : scores(q, k, isCausal).matmul(v);
    return grad(out.sum(), [q, k, v])[0]!;
  });
}

/** The weights of attention, all at once. */
function scores(q: Tensor, k: Tensor, isCausal: boolean): Tensor {
  const length = q.shape[1]!;
  const products = q.matmul(k.transpose(-1, -2)).mul(1 / 8);
  if (!isCausal) return products.softmax(-1);
  const places = arange(0, length);
  const seen = places.le(places.unsqueeze(1));
  return products.where(seen, -Infinity).softmax(-1);
}

function parts(): Live {
  const x = randn([32, 384, 512], { requiresGrad: true });
  return scoped([x], () => {
    const all = x.split(1, 1).map((part, i) => part.mul(i + 1));
    return grad(all.map((part) => part.sum()), [x])[0]!;
  });
}

function generation(cache: boolean): Live {
  const model = new GPT(256);
  let last: Tensor | null = null;
  return {
    inputs: model.parameters(),
    async run() {
      last?.dispose();
      const next = (x: Tensor, kept: nn.KVCache | null) =>
        noGrad(() => model.forward(x, kept));
      const settings = { maxNewTokens: 255, contextLength: 256, cache };
      last = tensor(await nn.generate(next, [0], settings));
    },
    output: () => last,
  };
}

/** The suite. */
export const suite: TimedSuite = {
  kind: "timed",
  question: "How long do nets of sequences take?",
  cases: (): Case[] => [
    {
      series: "GPT of 4 × 128, batch 12, context 64: step",
      quick: true,
      essential: true,
      work: { amount: BATCH * CONTEXT, unit: "sample" },
      stepsToCheck: 3,
      tolerance: 1e-3,
      open: gpt,
    },
    ...(["LSTM", "GRU"] as const).map((kind) => ({
      series: `${kind} [32, 128, 256]: forward and backward`,
      quick: kind === "LSTM",
      tolerance: 1e-3,
      open: () => recurrent(kind),
    })),
    ...[1024, 4096].flatMap((size) =>
      [true, false].flatMap((causal) =>
        [true, false].map((tiled) => ({
          series: `${causal ? "causal attention" : "attention"}, ${
            tiled ? "tiled" : "by its scores"
          }`,
          size,
          tolerance: 1e-3,
          open: () => attention(size, tiled, causal),
        }))
      )
    ),
    { series: "384 parts of [32, 384, 512] and their gradient", open: parts },
    ...[true, false].map((cache) => ({
      series: `255 tokens of a GPT, ${cache ? "with" : "without"} a cache`,
      // A draw on the edge between two tokens may fall on either side.
      tolerance: Infinity,
      open: () => generation(cache),
    })),
  ],
};
