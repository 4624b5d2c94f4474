/**
 * Compares layers, losses, functions and initializers with PyTorch, on one
 * backend.
 *
 * @module
 */
import { type Backend, grad, manualSeed, Tensor, zeros } from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import * as nn from "@tenfold/nn";
import { close, compareTensor, EXACT, GRADIENTS, VALUES } from "./compare.ts";
import { onBackend, type Runner, testCases } from "./harness.ts";
import { type LayerFigure, makeLayer } from "./layers.ts";
import {
  checkCompiledOperation,
  checkOperation,
  type Libraries,
  oneOfEach,
  type OperationCase,
  toTensor,
  weighted,
} from "./operation.ts";
import { decode, readFigures, type TensorFigure } from "./read.ts";
import { FUNCTIONS, INITIALIZERS, LAYERS } from "./surface.ts";
import { statistics } from "./tensor_suite.ts";

type Named = Readonly<Record<string, TensorFigure>>;

/** A module with its state, called one or several times. */
export interface LayerCase extends LayerFigure {
  readonly state: Named;
  readonly steps: readonly {
    readonly train: boolean;
    readonly input: TensorFigure;
    readonly out: TensorFigure;
    readonly grads?: Named;
    readonly grads2?: Named;
    readonly buffers?: Named;
  }[];
}

/** What an initializer, or a layer's own start, drew in PyTorch. */
interface InitCase {
  readonly init?: string;
  readonly layerInit?: string;
  readonly name?: string;
  /** Whether what it is drawn from has no bounds. */
  readonly normal?: boolean;
  readonly shape: readonly number[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly mean: number;
  readonly std: number;
  readonly low: number;
  readonly high: number;
}

/** The class of each loss function. */
const LOSS_CLASSES: Readonly<Record<string, string>> = {
  mseLoss: "MSELoss",
  l1Loss: "L1Loss",
  huberLoss: "HuberLoss",
  crossEntropy: "CrossEntropyLoss",
  nllLoss: "NLLLoss",
  binaryCrossEntropy: "BCELoss",
  binaryCrossEntropyWithLogits: "BCEWithLogitsLoss",
  smoothL1Loss: "SmoothL1Loss",
  klDivLoss: "KLDivLoss",
  gaussianNllLoss: "GaussianNLLLoss",
  poissonNllLoss: "PoissonNLLLoss",
  marginRankingLoss: "MarginRankingLoss",
  hingeEmbeddingLoss: "HingeEmbeddingLoss",
  cosineEmbeddingLoss: "CosineEmbeddingLoss",
  tripletMarginLoss: "TripletMarginLoss",
  tripletMarginWithDistanceLoss: "TripletMarginWithDistanceLoss",
  softMarginLoss: "SoftMarginLoss",
  multiLabelSoftMarginLoss: "MultiLabelSoftMarginLoss",
  multiMarginLoss: "MultiMarginLoss",
  multiLabelMarginLoss: "MultiLabelMarginLoss",
  pairwiseDistance: "PairwiseDistance",
  cosineSimilarity: "CosineSimilarity",
};

/** Losses that are compiled on every backend, of each kind one. */
const FEW: ReadonlySet<string> = new Set([
  "mseLoss",
  "huberLoss",
  "crossEntropy",
  "binaryCrossEntropyWithLogits",
  "cosineEmbeddingLoss",
]);

/** The figure files of layers and of nn.functional. */
const GROUPS = [
  "layers",
  "convolution",
  "batch_norm",
  "embedding",
  "convolutions",
  "transposed",
  "activations",
  "norms",
  "pooling",
  "resampling",
  "paddings",
  "weight_norms",
  "formulas",
];

/** The files of modules of several inputs, which another suite compares. */
const SEQUENCES = ["recurrent", "attention", "bags", "corner_cases"];

const [layers, losses, init, sequences] = await Promise.all([
  Promise.all(
    GROUPS.map((group) => readFigures<LayerCase | OperationCase>(group)),
  ).then((files) => files.flatMap((file) => file.cases)),
  Promise.all(
    ["losses", "more_losses"].map((group) => readFigures<OperationCase>(group)),
  ).then((files) => ({ cases: files.flatMap((file) => file.cases) })),
  readFigures<InitCase>("init"),
  Promise.all(
    SEQUENCES.map((group) => readFigures<LayerFigure | OperationCase>(group)),
  ).then((files) => files.flatMap((file) => file.cases)),
]);

/** The gradients of PyTorch's CTC loss are those by what stands before. */
const LIBRARIES: Libraries = {
  functional: {
    ...nn.functional,
    ctcLossOfLogits: (
      logits: Tensor,
      targets: Tensor,
      options: nn.functional.CtcLossOptions,
    ) => nn.functional.ctcLoss(logits.logSoftmax(-1), targets, options),
  },
};

type Callable = new (options?: object) => {
  forward(...inputs: unknown[]): Tensor;
};

/** The losses as modules, called like their functions. */
const LOSS_MODULES: Libraries = {
  functional: {
    ...Object.fromEntries(
      Object.entries(LOSS_CLASSES).map(([name, title]) => [
        name,
        (...args: unknown[]) => {
          const options = args.at(-1) instanceof Tensor ? {} : args.pop();
          const Loss = (nn as unknown as Record<string, Callable>)[title];
          if (Loss === undefined) throw new TypeError(`nn has no ${title}`);
          return new Loss(options as object).forward(...args);
        },
      ]),
    ),
    ctcLossOfLogits: (
      logits: Tensor,
      targets: Tensor,
      options: nn.functional.CtcLossOptions,
    ) => {
      const { inputLengths, targetLengths, ...rest } = options;
      return new nn.CTCLoss(rest)
        .forward(logits.logSoftmax(-1), targets, inputLengths, targetLengths);
    },
    normalize: nn.functional.normalize,
  },
};

/**
 * Declares the tests of `@tenfold/nn`.
 *
 * @param runner The test runner's functions.
 * @param backend The backend, or the name of a registered one.
 */
export function nnGoldens(runner: Runner, backend: Backend | string): void {
  const modules = layers.filter((c): c is LayerCase => "layer" in c);
  const functions = [...layers, ...sequences].filter((
    c,
  ): c is OperationCase => "op" in c);
  onBackend(runner, "Goldens of nn", backend, () => {
    runner.describe("layers", () => {
      testCases(runner, modules, (c) => c.layer, checkLayer);
    });
    runner.describe("compiled layers", () => {
      testCases(runner, modules, (c) => c.layer, checkCompiledLayer);
    });
    runner.describe("functional", () => {
      testCases(
        runner,
        functions,
        (c) => c.op,
        (c) => checkOperation(c, LIBRARIES),
      );
    });
    const waits = typeof backend !== "string" && !backend.readSync;
    runner.describe("compiled functions and losses", () => {
      const all = [...functions, ...losses.cases];
      // Shaders take their time to compile.
      const cases = waits ? all.filter(({ op }) => FEW.has(op)) : all;
      testCases(
        runner,
        waits ? oneOfEach(cases) : cases,
        (c) => c.op,
        (c) => checkCompiledOperation(c, LIBRARIES),
      );
    });
    runner.describe("losses", () => {
      testCases(
        runner,
        losses.cases,
        (c) => c.op,
        (c) => checkOperation(c, LIBRARIES),
      );
    });
    runner.describe("losses as modules", () => {
      testCases(
        runner,
        losses.cases,
        (c) => LOSS_CLASSES[c.op] ?? c.op,
        (c) => checkOperation(c, LOSS_MODULES),
      );
    });
    runner.describe("init", () => {
      testCases(
        runner,
        init.cases,
        (c) => c.init ?? c.layerInit ?? "",
        checkInit,
      );
    });
    runner.it("every layer, function and initializer has figures", () => {
      const covered = new Set([
        ...modules.map((c) => c.layer),
        ...sequences.flatMap((c) => "layer" in c ? [c.layer] : []),
        ...[...functions, ...losses.cases].map((c) => c.op),
        ...init.cases.map((c) => c.init),
      ]);
      const bare = [...LAYERS, ...FUNCTIONS, ...INITIALIZERS].filter((name) =>
        !covered.has(name)
      );
      if (bare.length > 0) throw new Error(`No figures: ${bare.join(", ")}`);
      return Promise.resolve();
    });
  });
}

/** Compares a layer's outputs, gradients and buffers, call after call. */
export async function checkLayer(figures: LayerCase): Promise<string[]> {
  const problems: string[] = [];
  const module = makeLayer(figures);
  const state = Object.fromEntries(
    Object.entries(figures.state).map(([name, t]) => [name, toTensor(t)]),
  );
  module.loadStateDict(state, { strict: true });
  for (const [number, step] of figures.steps.entries()) {
    if (step.train) module.train();
    else module.eval();
    const where = figures.steps.length > 1 ? `call ${number}, ` : "";
    const input = toTensor(step.input, step.grads?.input !== undefined);
    const out = module.forward(input) as Tensor;
    const compare = async (
      name: string,
      found: Tensor | null | undefined,
      figure: TensorFigure,
      tolerance = GRADIENTS,
    ) => {
      const problem = found
        ? await compareTensor(found, decode(figure), tolerance)
        : "missing";
      if (problem !== null) problems.push(`${where}${name}: ${problem}`);
    };
    await compare("output", out, step.out, VALUES);
    if (step.grads) {
      const named = new Map<string, Tensor>([
        ...(input.requiresGrad ? [["input", input] as const] : []),
        ...module.namedParameters(),
      ]);
      const wanted = Object.keys(step.grads).map((name) => {
        const found = named.get(name);
        if (!found) throw new TypeError(`There is no parameter ${name}`);
        return found;
      });
      const first = grad(weighted([out]), wanted, {
        createGraph: step.grads2 !== undefined,
      });
      for (const [k, [name, figure]] of Object.entries(step.grads).entries()) {
        await compare(`gradient of ${name}`, first[k], figure);
      }
      if (step.grads2) {
        const second = grad(weighted(first), wanted);
        for (
          const [k, [name, figure]] of Object.entries(step.grads2).entries()
        ) {
          await compare(`second gradient of ${name}`, second[k], figure);
        }
      }
    }
    const buffers = new Map<string, Tensor>(module.namedBuffers());
    for (const [name, figure] of Object.entries(step.buffers ?? {})) {
      await compare(`buffer ${name}`, buffers.get(name), figure, VALUES);
    }
  }
  const names = Object.keys(module.stateDict()).sort().join();
  const expected = Object.keys(figures.state).sort().join();
  if (names !== expected) {
    problems.push(`state dict of ${names} instead of ${expected}`);
  }
  return problems;
}

/**
 * Compares a compiled layer with its figures where it is replayed: outputs and
 * gradients of the second call of each step.
 */
async function checkCompiledLayer(figures: LayerCase): Promise<string[]> {
  const problems: string[] = [];
  // Steps after the first begin with what those before have left behind.
  for (const step of figures.steps.slice(0, 1)) {
    const module = makeLayer(figures);
    const load = () =>
      module.loadStateDict(Object.fromEntries(
        Object.entries(figures.state).map(([name, t]) => [name, toTensor(t)]),
      ));
    if (!step.train) module.eval();
    const names = Object.keys(step.grads ?? {});
    using compiled = compile((input: Tensor) => {
      const out = module.forward(input) as Tensor;
      const named = new Map<string, Tensor>([
        ["input", input],
        ...module.namedParameters(),
      ]);
      const wanted = names.map((name) => named.get(name)!);
      const grads = names.length > 0 ? grad(weighted([out]), wanted) : [];
      return { out: out.detach(), grads };
    });
    const input = toTensor(step.input, step.grads?.["input"] !== undefined);
    load();
    compiled(input);
    load();
    const { out, grads } = compiled(input);
    if (compiled.stats.replayed !== 1) problems.push("it was not replayed");
    const wanted = [step.out, ...names.map((name) => step.grads![name]!)];
    for (const [k, found] of [out, ...grads].entries()) {
      const tolerance = k === 0 ? VALUES : GRADIENTS;
      const problem = found
        ? await compareTensor(found, decode(wanted[k]!), tolerance)
        : "missing";
      const name = k === 0 ? "output" : `gradient of ${names[k - 1]}`;
      if (problem !== null) problems.push(`${name}: ${problem}`);
    }
    for (const [name, figure] of Object.entries(step.buffers ?? {})) {
      const buffer = new Map(module.namedBuffers()).get(name)!;
      const problem = await compareTensor(buffer, decode(figure), VALUES);
      if (problem !== null) problems.push(`buffer ${name}: ${problem}`);
    }
  }
  return problems;
}

/**
 * Compares the mean, deviation and bounds of a sample with those of PyTorch's
 * sample: both wander around the true ones.
 */
async function checkInit(figures: InitCase): Promise<string[]> {
  manualSeed(7);
  const sample = figures.init === undefined
    ? startOf(figures)
    : initialized(figures, figures.init);
  const data = Float64Array.from(await sample.data());
  const problems: string[] = [];
  if (sample.shape.join() !== figures.shape.join()) {
    problems.push(`shape [${sample.shape}] instead of [${figures.shape}]`);
  }
  const { mean, std } = statistics(data);
  const slack = figures.std === 0
    ? EXACT
    : { rtol: 0, atol: 7 * figures.std / Math.sqrt(data.length) };
  if (!close(mean, figures.mean, slack)) {
    problems.push(`mean ${mean} instead of ${figures.mean}`);
  }
  if (!close(std, figures.std, slack)) {
    problems.push(`deviation ${std} instead of ${figures.std}`);
  }
  // extremes of bounded samples lie close together, those of others roughly
  const bounded = !figures.normal && !/ormal|ortho/.test(figures.init ?? "");
  const wide = (figures.high - figures.low) *
    (bounded ? 10 / data.length : 0.3);
  for (
    const [name, found, expected] of [
      ["minimum", Math.min(...data), figures.low],
      ["maximum", Math.max(...data), figures.high],
    ] as const
  ) {
    if (!close(found, expected, { rtol: 0, atol: wide })) {
      problems.push(`${name} ${found} instead of ${expected}`);
    }
  }
  if (figures.init === "orthogonal_") {
    problems.push(...await checkOrthogonal(sample, figures.options.gain ?? 1));
  }
  return problems;
}

function initialized(figures: InitCase, name: string): Tensor {
  const target = zeros([...figures.shape]);
  const initializers = nn.init as unknown as Record<
    string,
    (t: Tensor, ...rest: unknown[]) => unknown
  >;
  const initialize = initializers[name];
  if (initialize === undefined) throw new TypeError(`nn.init has no ${name}`);
  const { val, ...options } = figures.options;
  const named = Object.keys(options).length > 0 ? [options] : [];
  const rest = val === undefined ? named : [val];
  initialize(target, ...rest);
  return target;
}

function startOf(figures: InitCase): Tensor {
  const layer = makeLayer({
    layer: figures.layerInit!,
    options: figures.options,
  });
  return layer.stateDict()[figures.name!]!;
}

/** Rows (or columns, where there are fewer) are orthogonal, of length gain. */
async function checkOrthogonal(
  sample: Tensor,
  gain: unknown,
): Promise<string[]> {
  const flat = sample.flatten(1);
  const [rows = 0, columns = 0] = flat.shape;
  const gram = rows <= columns ? flat.matmul(flat.t()) : flat.t().matmul(flat);
  const n = Math.min(rows, columns);
  const data = await gram.data();
  for (let i = 0; i < n * n; i++) {
    const expected = i % (n + 1) === 0 ? Number(gain) ** 2 : 0;
    if (!close(data[i]!, expected, { rtol: 1e-5, atol: 1e-5 })) {
      return [`is not orthogonal: ${data[i]} instead of ${expected}`];
    }
  }
  return [];
}
