/**
 * Trains nets of sequences, and compares their losses step by step with
 * PyTorch's from the same weights on the same batches: a GPT of 4 layers of 128,
 * an LSTM of 2 layers, and a GRU of both directions. Weights and batches are made
 * as `generators/training.py` makes them, out of numbers that are exact in
 * float32.
 *
 * @module
 */
import {
  arange,
  type Backend,
  type DType,
  noGrad,
  type Tensor,
  tensor,
  tidy,
} from "@tenfold/core";
import * as nn from "@tenfold/nn";
import * as optim from "@tenfold/optim";
import { onBackend, type Runner } from "./harness.ts";
import { decode, readFigures, type TensorFigure } from "./read.ts";

/** The losses of a net. */
interface TrainingCase {
  readonly net: "GPT" | "LSTM" | "GRU";
  readonly dtype: "float32" | "float64";
  readonly losses: TensorFigure;
}

/** How far a loss may be off, relative to it. */
const TOLERANCE = { float32: 1e-5, float64: 1e-9 };
const BATCHES = 4;
const GPT = { layers: 4, width: 128, context: 8, batch: 2, kinds: 29 };
const SEQUENCE = { length: 12, batch: 8, features: 16, hidden: 32, kinds: 5 };

const { cases } = await readFigures<TrainingCase>("training");

/** 32 bits for each number from 0 on, mixed as murmur's finalizer does. */
function bits(i: number, key: number): number {
  let h = (Math.imul(i, 2654435761) + key * 40503 + 12345) >>> 0;
  for (const [shift, factor] of [[16, 0x85ebca6b], [13, 0xc2b2ae35]] as const) {
    h = Math.imul(h ^ (h >>> shift), factor) >>> 0;
  }
  return (h ^ (h >>> 16)) >>> 0;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

function numbers(shape: readonly number[], key: number, bound: number) {
  return Float64Array.from(
    { length: sizeOf(shape) },
    (_, i) => (bits(i, key) % 2048 - 1024) / 1024 * bound,
  );
}

function integers(shape: readonly number[], key: number, most: number) {
  return Int32Array.from(
    { length: sizeOf(shape) },
    (_, i) => bits(i, key) % most,
  );
}

class GPTNet extends nn.Module<[Tensor], Tensor> {
  token: nn.Embedding;
  position: nn.Embedding;
  blocks: nn.TransformerEncoder;
  head: nn.Linear;

  constructor(dtype: DType) {
    super();
    const { context, kinds, layers, width } = GPT;
    this.token = new nn.Embedding(kinds, width, { dtype });
    this.position = new nn.Embedding(context, width, { dtype });
    const layer = new nn.TransformerEncoderLayer(width, 4, {
      dimFeedforward: 4 * width,
      dropout: 0,
      activation: "gelu",
      batchFirst: true,
      normFirst: true,
      dtype,
    });
    const norm = new nn.LayerNorm(width, { dtype });
    this.blocks = new nn.TransformerEncoder(layer, layers, { norm });
    this.head = new nn.Linear(width, kinds, { dtype });
    layer.dispose();
  }

  forward(x: Tensor): Tensor {
    const places = this.position.forward(arange(0, GPT.context));
    const input = this.token.forward(x).add(places);
    return this.head.forward(this.blocks.forward(input, { isCausal: true }));
  }
}

class SequenceNet extends nn.Module<[Tensor], Tensor> {
  layer: nn.LSTM | nn.GRU;
  head: nn.Linear;

  constructor(kind: "LSTM" | "GRU", dtype: DType) {
    super();
    const { features, hidden, kinds } = SEQUENCE;
    const isLstm = kind === "LSTM";
    this.layer = isLstm
      ? new nn.LSTM(features, hidden, { numLayers: 2, dtype })
      : new nn.GRU(features, hidden, { bidirectional: true, dtype });
    this.head = new nn.Linear(isLstm ? hidden : 2 * hidden, kinds, { dtype });
  }

  forward(x: Tensor): Tensor {
    const { layer } = this;
    const [y] = layer instanceof nn.LSTM ? layer.forward(x) : layer.forward(x);
    return this.head.forward(y);
  }
}

function netOf({ net, dtype }: TrainingCase): nn.Module<[Tensor], Tensor> {
  const made = net === "GPT" ? new GPTNet(dtype) : new SequenceNet(net, dtype);
  const named = made.namedParameters().toSorted(([a], [b]) => a < b ? -1 : 1);
  for (const [key, [name, parameter]] of named.entries()) {
    const isNorm = name.includes("norm") && name.endsWith("weight");
    const values = numbers(parameter.shape, key, 1 / 16)
      .map((value) => isNorm ? value + 1 : value);
    noGrad(() =>
      tidy(() => {
        const { shape } = parameter;
        parameter.copy_(tensor(values, { shape, dtype }));
      })
    );
  }
  return made;
}

/** The batch of a step: inputs and targets. */
function batchOf({ net, dtype }: TrainingCase, step: number): Tensor[] {
  const key = 1000 + step % BATCHES;
  if (net === "GPT") {
    const { batch, context, kinds } = GPT;
    const shape = [batch, context];
    const x = integers(shape, key, kinds);
    const y = x.map((token, i) => {
      const before = i % context === 0 ? i + context - 1 : i - 1;
      return (7 * token + x[before]!) % kinds;
    });
    return [tensor(x, { shape }), tensor(y, { shape })];
  }
  const { batch, features, kinds, length } = SEQUENCE;
  const shape = [length, batch];
  const full = [...shape, features];
  return [
    tensor(numbers(full, key, 1), { shape: full, dtype }),
    tensor(integers(shape, key + 100, kinds), { shape }),
  ];
}

async function checkCase(figures: TrainingCase): Promise<void> {
  const expected = decode(figures.losses).data;
  using net = netOf(figures);
  const optimizer = new optim.Adam(net.parameters(), { lr: 1e-3 });
  const problems: string[] = [];
  for (let step = 0; step < expected.length; step++) {
    const loss = tidy(() => {
      const [x, y] = batchOf(figures, step) as [Tensor, Tensor];
      optimizer.zeroGrad();
      const out = net.forward(x).flatten(0, 1);
      const loss = nn.functional.crossEntropy(out, y.flatten());
      loss.backward();
      optimizer.step();
      return loss.detach();
    });
    const found = await loss.item();
    loss.dispose();
    const off = Math.abs(found - expected[step]!) / expected[step]!;
    if (!(off <= TOLERANCE[figures.dtype])) {
      problems.push(
        `step ${step}: ${found}, not ${expected[step]}: off by ${off}`,
      );
    }
  }
  optimizer.dispose();
  if (problems.length > 0) {
    throw new Error(
      `${problems.length} losses differ from PyTorch's, first\n${
        problems.slice(0, 3).join("\n")
      }`,
    );
  }
}

/**
 * Declares the tests of losses.
 *
 * @param runner The test runner's functions.
 * @param backend The backend.
 */
export function trainingGoldens(runner: Runner, backend: Backend): void {
  onBackend(runner, "Losses of training", backend, () => {
    const able = cases.filter(({ dtype }) =>
      (backend.dtypes as readonly string[]).includes(dtype)
    );
    for (const figures of able) {
      const steps = decode(figures.losses).data.length;
      runner.it(
        `${figures.net}, ${steps} steps in ${figures.dtype}`,
        () => checkCase(figures),
      );
    }
  });
}
