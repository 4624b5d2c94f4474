/**
 * The work that all libraries do, as data: what goes in, and how results are
 * compared. Each library has its own program that does it.
 *
 * @module
 */
import type { Work } from "../harness/case.ts";

/** A tensor that goes in, as a file of little-endian numbers in C order. */
export interface InputSpec {
  /** What the work calls it. */
  readonly name: string;
  /** Its extents. */
  readonly shape: readonly number[];
  /** Uniform floats, classes as int32, or those classes as one-hot floats. */
  readonly values: "uniform" | "classes" | "oneHot";
  /** Floats go from minus this to this. @default {1} */
  readonly scale?: number;
}

/** What is done. */
export type WorkKind =
  | "add"
  | "exp"
  | "gelu"
  | "where"
  | "sum"
  | "softmax"
  | "matmul"
  | "matmulTransposed"
  | "convolution"
  | "convolutionGradients"
  | "trainMlp"
  | "trainCnn"
  | NetKind;

/** Nets that ours and PyTorch train. */
export type NetKind =
  | "trainResNet"
  | "trainDcgan"
  | "trainGpt"
  | "trainLstm"
  | "trainGru";

/** One piece of work. */
export interface WorkSpec {
  /** A line of the table. */
  readonly name: string;
  /** The suite it belongs to. */
  readonly suite: string;
  /** What is done. */
  readonly kind: WorkKind;
  /** Whether quick runs have it. */
  readonly quick: boolean;
  /** What goes in. */
  readonly inputs: readonly InputSpec[];
  /** The dim of a reduction. */
  readonly dim?: number;
  /** The optimizer of a training step: SGD (0.01) or Adam (0.001). */
  readonly optimizer?: "SGD" | "Adam";
  /** What a call gets through. */
  readonly work?: Work;
  /** How far results may lie apart, relative to the largest value. */
  readonly tolerance: number;
}

const uniform = (name: string, ...shape: number[]): InputSpec => ({
  name,
  shape,
  values: "uniform",
});

function elementwise(kind: WorkKind, size: number, quick = true): WorkSpec {
  const inputs = [uniform("a", size)];
  if (kind === "add" || kind === "where") inputs.push(uniform("b", size));
  return {
    name: `${kind}, ${size === 2 ** 20 ? "2^20" : size} elements`,
    suite: size < 1000 ? "dispatch" : "elementwise",
    kind,
    quick,
    inputs,
    work: { amount: 4 * size * (inputs.length + 1), unit: "byte" },
    tolerance: 1e-4,
  };
}

function rows(kind: "sum" | "softmax", dim: number, quick: boolean): WorkSpec {
  return {
    name: `${kind} over dim ${dim}, 1024×1024`,
    suite: "reduce",
    kind,
    dim,
    quick,
    inputs: [uniform("a", 1024, 1024)],
    work: {
      amount: 4 * 2 ** 20 * (kind === "softmax" ? 2 : 1),
      unit: "byte",
    },
    tolerance: 1e-4,
  };
}

function product(n: number, transposed: boolean, quick: boolean): WorkSpec {
  return {
    name: transposed ? `A·Bᵀ, ${n}` : `matmul, ${n}`,
    suite: "matmul",
    kind: transposed ? "matmulTransposed" : "matmul",
    quick,
    inputs: [uniform("a", n, n), uniform("b", n, n)],
    work: { amount: 2 * n ** 3, unit: "FLOP" },
    tolerance: 1e-4,
  };
}

function convolution(gradients: boolean): WorkSpec {
  const flops = 2 * 64 * 14 * 14 * 32 * 16 * 9;
  return {
    name: `conv 16→32, 3×3 on 14×14, ${gradients ? "gradients" : "forward"}`,
    suite: "convolution",
    kind: gradients ? "convolutionGradients" : "convolution",
    quick: true,
    inputs: [
      uniform("x", 64, 16, 14, 14),
      uniform("w", 32, 16, 3, 3),
      ...(gradients ? [uniform("g", 64, 32, 14, 14)] : []),
    ],
    work: { amount: (gradients ? 2 : 1) * flops, unit: "FLOP" },
    tolerance: 1e-3,
  };
}

function batchOf(shape: number[], classes: number): InputSpec[] {
  const [batch = 1] = shape;
  return [
    uniform("x", ...shape),
    { name: "classes", shape: [batch], values: "classes", scale: classes },
    {
      name: "oneHot",
      shape: [batch, classes],
      values: "oneHot",
      scale: classes,
    },
  ];
}

/** A weight as PyTorch draws it, from minus to plus one over √(fan in). */
function weight(name: string, ...shape: number[]): InputSpec {
  const fanIn = shape.slice(1).reduce((product, n) => product * n, 1);
  return { name, shape, values: "uniform", scale: 1 / Math.sqrt(fanIn) };
}

function bias(name: string, size: number, fanIn: number): InputSpec {
  return {
    name,
    shape: [size],
    values: "uniform",
    scale: 1 / Math.sqrt(fanIn),
  };
}

function mlp(
  widths: number[],
  batch: number,
  optimizer: "SGD" | "Adam",
): WorkSpec {
  const layers = widths.slice(1).flatMap((out, i) => [
    weight(`w${i}`, out, widths[i]!),
    bias(`b${i}`, out, widths[i]!),
  ]);
  return {
    name: `step ${widths.join("-")}, batch ${batch}, ${optimizer}`,
    suite: "train",
    kind: "trainMlp",
    quick: true,
    optimizer,
    inputs: [...batchOf([batch, widths[0]!], widths.at(-1)!), ...layers],
    work: { amount: batch, unit: "sample" },
    tolerance: 1e-3,
  };
}

const CNN: WorkSpec = {
  name: "step CNN 16-32, batch 64, Adam",
  suite: "train",
  kind: "trainCnn",
  quick: true,
  optimizer: "Adam",
  inputs: [
    ...batchOf([64, 1, 28, 28], 10),
    weight("w0", 16, 1, 3, 3),
    bias("b0", 16, 9),
    weight("w1", 32, 16, 3, 3),
    bias("b1", 32, 144),
    weight("w2", 10, 32 * 7 * 7),
    bias("b2", 10, 32 * 7 * 7),
  ],
  work: { amount: 64, unit: "sample" },
  tolerance: 1e-3,
};

/** Weights `w0`, `w1`, … of shapes, and what else goes in. */
function net(
  kind: NetKind,
  name: string,
  inputs: readonly InputSpec[],
  ...weights: readonly number[][]
): WorkSpec {
  return {
    name,
    suite: "nets",
    kind,
    quick: false,
    optimizer: "Adam",
    inputs: [...inputs, ...weights.map((w, i) => weight(`w${i}`, ...w))],
    work: { amount: inputs[0]!.shape[0]!, unit: "sample" },
    tolerance: 1e-3,
  };
}

const RESNET = net(
  "trainResNet",
  "step ResNet 16-32-64, batch 64, Adam",
  batchOf([64, 1, 28, 28], 10),
  [16, 1, 3, 3],
  [16, 16, 3, 3],
  [16, 16, 3, 3],
  [32, 16, 3, 3],
  [32, 32, 3, 3],
  [32, 16, 1, 1],
  [64, 32, 3, 3],
  [64, 64, 3, 3],
  [64, 32, 1, 1],
  [10, 64],
);

const DCGAN = net(
  "trainDcgan",
  "step DCGAN 28×28, batch 64, Adam",
  [uniform("x", 64, 1, 28, 28), uniform("z", 64, 64, 1, 1)],
  [64, 64, 7, 7],
  [64, 32, 4, 4],
  [32, 1, 4, 4],
  [32, 1, 4, 4],
  [64, 32, 4, 4],
  [1, 64, 7, 7],
);

/** A GPT of 4 layers of 128, on pieces of 64 of 65 characters. */
const GPT = net(
  "trainGpt",
  "step GPT 4×128, batch 12 of 64, AdamW",
  [
    { name: "x", shape: [12, 64], values: "classes", scale: 65 },
    { name: "y", shape: [12, 64], values: "classes", scale: 61 },
  ],
  [65, 128],
  [64, 128],
  ...[1, 2, 3, 4].flatMap(() => [
    [384, 128],
    [128, 128],
    [512, 128],
    [128, 512],
  ]),
  [65, 128],
);

/** A recurrent layer of 256 that reads 128 steps of 32 samples. */
const recurrent = (kind: "LSTM" | "GRU", gates: number) =>
  net(
    kind === "LSTM" ? "trainLstm" : "trainGru",
    `${kind} [32, 128, 256], forward and backward`,
    [uniform("x", 32, 128, 256)],
    [gates * 256, 256],
    [gates * 256, 256],
  );

/** All the work. */
export const WORKS: readonly WorkSpec[] = [
  elementwise("add", 16),
  elementwise("add", 2 ** 20),
  elementwise("exp", 2 ** 20),
  elementwise("gelu", 2 ** 20),
  elementwise("where", 2 ** 20, false),
  rows("sum", 0, true),
  rows("sum", 1, false),
  rows("softmax", 1, true),
  product(64, false, false),
  product(128, false, false),
  product(256, false, true),
  product(512, false, true),
  product(1024, false, true),
  product(512, true, false),
  convolution(false),
  convolution(true),
  mlp([4, 16, 3], 16, "SGD"),
  mlp([784, 50, 10], 64, "SGD"),
  mlp([784, 512, 256, 10], 128, "Adam"),
  CNN,
  RESNET,
  DCGAN,
  GPT,
  recurrent("LSTM", 4),
  recurrent("GRU", 3),
];

/** How many training steps are checked, loss by loss. */
export const CHECKED_STEPS = 3;

/** The bytes of an input; the same on every machine. */
export function inputBytes(spec: InputSpec, seed: number): Uint8Array {
  const size = spec.shape.reduce((product, n) => product * n, 1);
  const { values, scale = 1 } = spec;
  switch (values) {
    case "uniform": {
      const next = generator(seed);
      const floats = new Float32Array(size);
      for (let i = 0; i < size; i++) floats[i] = (2 * next() - 1) * scale;
      return new Uint8Array(floats.buffer);
    }
    case "classes": {
      const classes = Int32Array.from({ length: size }, (_, i) => i % scale);
      return new Uint8Array(classes.buffer);
    }
    case "oneHot": {
      const floats = new Float32Array(size);
      for (let i = 0; i < size / scale; i++) floats[i * scale + i % scale] = 1;
      return new Uint8Array(floats.buffer);
    }
  }
}

/** Numbers from 0 to 1 by a counter and a mixing function (SplitMix32). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}
