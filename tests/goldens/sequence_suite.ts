/**
 * Compares modules of several inputs and outputs with PyTorch, on one backend:
 * recurrent nets, attention and transformers, bags of embeddings.
 *
 * @module
 */
import { type Backend, grad, Tensor } from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import * as nn from "@tenfold/nn";
import { compareTensor, GRADIENTS, VALUES } from "./compare.ts";
import { onBackend, type Runner, testCases } from "./harness.ts";
import { type LayerFigure, makeLayer } from "./layers.ts";
import { decodeArguments, toTensor, weighted } from "./operation.ts";
import { decode, readFigures, type TensorFigure } from "./read.ts";

type Named = Readonly<Record<string, TensorFigure>>;
type Listed = readonly (TensorFigure | null)[];

/** One call of a module. */
interface ModuleCase extends LayerFigure {
  readonly state: Named;
  readonly train: boolean;
  readonly args: readonly unknown[];
  readonly out: readonly TensorFigure[];
  readonly grads: Listed;
  readonly parameters: Named;
  readonly grads2?: Listed;
  readonly parameters2?: Named;
}

/** The figure files. */
const GROUPS = ["recurrent", "attention", "bags", "corner_cases"];

const cases = (await Promise.all(
  GROUPS.map((group) => readFigures<ModuleCase>(group)),
)).flatMap((file) => file.cases).filter((c) => "layer" in c);

/** Packed batches among arguments. */
function withPacked(value: unknown): unknown {
  if (value instanceof Tensor || typeof value !== "object" || !value) {
    return value;
  }
  if (Array.isArray(value)) return value.map(withPacked);
  if (!("packed" in value)) return value;
  const { packed, batchSizes, sortedIndices } = value as {
    packed: Tensor;
    batchSizes: number[];
    sortedIndices: number[];
  };
  return new nn.PackedSequence(packed, batchSizes, sortedIndices);
}

/** The tensors of an output in reading order. */
function flat(out: unknown): Tensor[] {
  if (out instanceof Tensor) return [out];
  if (out instanceof nn.PackedSequence) return [out.data];
  return Array.isArray(out) ? out.flatMap(flat) : [];
}

function moduleOf(figures: ModuleCase): nn.Module<unknown[], unknown> {
  const module = makeLayer(figures) as unknown as nn.Module<
    unknown[],
    unknown
  >;
  load(module, figures);
  return module.train(figures.train);
}

function load(module: nn.AnyModule, { state }: ModuleCase): void {
  module.loadStateDict(Object.fromEntries(
    Object.entries(state).map(([name, t]) => [name, toTensor(t)]),
  ));
}

/** Outputs and gradients as figures have them, and those that it found. */
async function checkModule(figures: ModuleCase): Promise<string[]> {
  const problems: string[] = [];
  const compare = async (
    name: string,
    found: Tensor | undefined,
    figure: TensorFigure,
    tolerance = GRADIENTS,
  ) => {
    const problem = found
      ? await compareTensor(found, decode(figure), tolerance)
      : "missing";
    if (problem !== null) problems.push(`${name}: ${problem}`);
  };
  const module = moduleOf(figures);
  const { values, tensors } = decodeArguments(figures.args, figures.grads);
  // Self-attention takes one tensor in three places.
  const args = () => {
    const list = values.map(withPacked);
    const alone = figures.layer === "MultiheadAttention" &&
      !(list[1] instanceof Tensor);
    return alone ? [list[0], list[0], ...list] : list;
  };
  const outputs = flat(module.forward(...args()));
  if (outputs.length !== figures.out.length) {
    problems.push(`${outputs.length} outputs, not ${figures.out.length}`);
  }
  for (const [k, figure] of figures.out.entries()) {
    await compare(`output ${k}`, outputs[k], figure, VALUES);
  }
  const inputs = tensors.filter((_, k) => figures.grads[k]);
  const named = Object.fromEntries(module.namedParameters());
  const names = Object.keys(figures.parameters);
  const wanted = [...inputs, ...names.map((name) => named[name]!)];
  const titles = [...inputs.map((_, k) => `argument ${k}`), ...names];
  const expected = (of: Listed, by: Named) => [
    ...of.filter((figure) => figure !== null),
    ...names.map((name) => by[name]!),
  ];
  const { grads2, parameters2 } = figures;
  const first = grad(weighted(outputs), wanted, {
    createGraph: grads2 !== undefined,
  });
  const figures1 = expected(figures.grads, figures.parameters);
  for (const [k, figure] of figures1.entries()) {
    await compare(`gradient of ${titles[k]}`, first[k], figure);
  }
  if (grads2 && parameters2) {
    const second = grad(weighted(first), wanted);
    for (const [k, figure] of expected(grads2, parameters2).entries()) {
      await compare(`second gradient of ${titles[k]}`, second[k], figure);
    }
    // The first order once more, by its own way.
    const plain = flat(module.forward(...args()));
    const again = grad(weighted(plain), wanted);
    for (const [k, figure] of figures1.entries()) {
      await compare(`plain gradient of ${titles[k]}`, again[k], figure);
    }
  }
  const own = Object.keys(module.stateDict()).join();
  if (own !== Object.keys(figures.state).join()) {
    problems.push(`state dict of ${own}`);
  }
  return problems;
}

/** Compares the replay of a compiled call. */
async function checkCompiled(figures: ModuleCase): Promise<string[]> {
  const problems: string[] = [];
  const module = moduleOf(figures);
  const names = Object.keys(figures.parameters);
  const { values, tensors } = decodeArguments(figures.args, figures.grads);
  const list = values.map(withPacked);
  const alone = figures.layer === "MultiheadAttention" &&
    !(list[1] instanceof Tensor);
  const args = alone ? [list[0], list[0], ...list] : list;
  const inputs = tensors.filter((_, k) => figures.grads[k]);
  using compiled = compile((...inputs: Tensor[]) => {
    const out = flat(module.forward(...args));
    const named = Object.fromEntries(module.namedParameters());
    const wanted = [...inputs, ...names.map((name) => named[name]!)];
    const grads = grad(weighted(out), wanted);
    return { out: out.map((t) => t.detach()), grads };
  });
  compiled(...inputs);
  load(module, figures);
  const { out, grads } = compiled(...inputs);
  if (compiled.stats.replayed !== 1) problems.push("it was not replayed");
  const expected = [
    ...figures.out,
    ...figures.grads.filter((figure) => figure !== null),
    ...names.map((name) => figures.parameters[name]!),
  ];
  for (const [k, found] of [...out, ...grads].entries()) {
    const tolerance = k < out.length ? VALUES : GRADIENTS;
    const figure = decode(expected[k]!);
    const problem = await compareTensor(found, figure, tolerance);
    if (problem !== null) problems.push(`result ${k}: ${problem}`);
  }
  return problems;
}

/**
 * Declares the tests of modules with several inputs and outputs.
 *
 * @param runner The test runner's functions.
 * @param backend The backend, or the name of a registered one.
 */
export function sequenceGoldens(
  runner: Runner,
  backend: Backend | string,
): void {
  onBackend(runner, "Goldens of sequences", backend, () => {
    runner.describe("modules", () => {
      testCases(runner, cases, (c) => c.layer, checkModule);
    });
    runner.describe("compiled modules", () => {
      const name = typeof backend === "string" ? backend : backend.name;
      // Shaders of many fused kernels take a software adapter minutes.
      const many = name !== "webgpu";
      const some = cases.filter((c) =>
        c.parameters2 === undefined && (many || /Cell$/.test(c.layer))
      );
      testCases(runner, some, (c) => c.layer, checkCompiled);
    });
  });
}
