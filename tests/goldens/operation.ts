/**
 * Runs a recorded call of a tensor operation or of `nn.functional`: values,
 * then gradients, then gradients of gradients.
 *
 * @module
 */
import * as core from "@tenfold/core";
import {
  CompileError,
  currentBackend,
  DeviceError,
  grad,
  Tensor,
  tensor,
} from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { compareTensor, GRADIENTS, type Tolerance, VALUES } from "./compare.ts";
import {
  cotangent,
  decode,
  isTensorFigure,
  type TensorFigure,
} from "./read.ts";

/** A recorded call. */
export interface OperationCase {
  /** The name of the function or method. */
  readonly op: string;
  /**
   * Where it is: a method of the first argument, several of them in a chain,
   * core, core/functions, nn.functional, or a distribution.
   */
  readonly via:
    | "method"
    | "chain"
    | "core"
    | "functions"
    | "functional"
    | "distributions"
    | "fft"
    | "func"
    | "fft"
    | "func"
    | "linalg";
  /** The arguments, options last. */
  readonly args: readonly unknown[];
  /** A tensor, a list of tensors, or an object of tensors. */
  readonly out: unknown;
  /** The gradient of each tensor argument in reading order, or null. */
  readonly grads?: readonly (TensorFigure | null)[];
  /** The same at the second order. */
  readonly grads2?: readonly (TensorFigure | null)[];
  /** A stricter absolute tolerance for values. */
  readonly atol?: number;
}

/** Makes the call; a table of these stands in for `core` and `functional`. */
export type Call = (...args: unknown[]) => unknown;

/** Where functions that are not methods are looked up, by `via`. */
export type Libraries = Readonly<
  Record<string, Readonly<Record<string, unknown>>>
>;

/** The decoded arguments of a call, and the tensors among them. */
interface Arguments {
  readonly values: unknown[];
  readonly tensors: Tensor[];
}

/** Turns figures into tensors anywhere in a list of arguments. */
export function decodeArguments(
  args: readonly unknown[],
  grads?: readonly (unknown | null)[],
): Arguments {
  const tensors: Tensor[] = [];
  const convert = (value: unknown): unknown => {
    if (isTensorFigure(value)) {
      const requiresGrad = (grads?.[tensors.length] ?? null) !== null;
      const made = toTensor(value, requiresGrad);
      tensors.push(made);
      return made;
    }
    if (Array.isArray(value)) return value.map(convert);
    if (typeof value !== "object" || value === null) return value;
    if ("undefined" in value) return undefined;
    if ("number" in value) return Number(value.number);
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, convert(inner)]),
    );
  };
  return { values: args.map(convert), tensors };
}

/** Makes a tensor from a figure. */
export function toTensor(figure: TensorFigure, requiresGrad = false): Tensor {
  const { data, shape, dtype } = decode(figure);
  return tensor(data, { shape: [...shape], dtype, requiresGrad });
}

/** Compares a recorded call in every order of gradient that it holds. */
export async function checkOperation(
  figures: OperationCase,
  libraries: Libraries,
): Promise<string[]> {
  const problems: string[] = [];
  const tolerance = figures.atol === undefined
    ? VALUES
    : { ...VALUES, atol: figures.atol };

  if (refusesDtype(figures)) return [];
  const { values, tensors } = decodeArguments(figures.args, figures.grads);
  const args = await near(figures.op, values);
  const outputs = flatten(invoke(figures, args, libraries));
  const expected = flatten(figures.out);
  for (const [name, figure] of expected) {
    const found = outputs.get(name);
    if (!(found instanceof Tensor)) {
      problems.push(`there is no output ${name}`);
      continue;
    }
    await add(problems, name, found, figure, tolerance);
  }
  if (outputs.size !== expected.size) {
    problems.push(`${outputs.size} outputs instead of ${expected.size}`);
  }
  if (problems.length > 0) return problems;

  if (figures.grads) {
    weighted([...outputs.values()]).backward();
    for (const [k, figure] of figures.grads.entries()) {
      if (figure === null) continue;
      const found = tensors[k]?.grad;
      if (!found) problems.push(`argument ${k} has no gradient`);
      else await add(problems, `gradient ${k}`, found, figure, GRADIENTS);
    }
  }
  if (figures.grads2) {
    await checkSecondOrder(problems, figures, figures.grads2, libraries);
  }
  return problems;
}

/**
 * Compares the replay of a compiled call with its figures: values and first
 * gradients. What reads values is refused.
 */
export async function checkCompiledOperation(
  figures: OperationCase,
  libraries: Libraries,
): Promise<string[]> {
  const reads = figures.op in READS;
  if (refusesDtype(figures) || (reads && !currentBackend().readSync)) return [];
  const { grads: expected = [] } = figures;
  using compiled = compile((...args: unknown[]) => {
    const outputs = flatten(invoke(figures, args, libraries));
    const wanted = tensorsIn(args).filter((_, k) => expected[k]);
    const grads = wanted.length > 0
      ? grad(weighted([...outputs.values()]), wanted)
      : [];
    const detached = [...outputs].map(([name, out]) =>
      [name, out instanceof Tensor ? out.detach() : out] as const
    );
    return { outputs: Object.fromEntries(detached), grads };
  });
  // In place, a call changes its arguments.
  const call = () =>
    compiled(...decodeArguments(figures.args, figures.grads).values);
  try {
    call();
  } catch (error) {
    if (error instanceof CompileError && reads) return [];
    throw error;
  }
  const { outputs, grads } = call();
  const problems: string[] = [];
  if (compiled.stats.replayed !== 1) problems.push("it was not replayed");
  const tolerance = figures.atol === undefined
    ? VALUES
    : { ...VALUES, atol: figures.atol };
  for (const [name, figure] of flatten(figures.out)) {
    const found = outputs[name];
    if (found instanceof Tensor) {
      await add(problems, name, found, figure, tolerance);
    } else problems.push(`there is no output ${name}`);
  }
  const given = expected.filter((figure) => figure !== null);
  for (const [k, figure] of given.entries()) {
    await add(problems, `gradient ${k}`, grads[k]!, figure, GRADIENTS);
  }
  return problems;
}

/** The first case of each operation. */
export function oneOfEach<C extends { readonly op: string }>(
  cases: readonly C[],
): C[] {
  const known = new Set<string>();
  return cases.filter(({ op }) => !known.has(op) && known.add(op));
}

/** The tensors of a list of arguments, in reading order. */
function tensorsIn(args: readonly unknown[]): Tensor[] {
  return args.flatMap((arg) =>
    arg instanceof Tensor
      ? [arg]
      : typeof arg === "object" && arg !== null
      ? tensorsIn(Object.values(arg))
      : []
  );
}

/** True where a case needs a dtype that the backend lacks, and refuses. */
const refusesDtype = ({ args, out }: OperationCase): boolean =>
  refusesFloat64(
    [args, out],
    () => void decodeArguments(args).tensors[0]?.cast("float64"),
  );

/** True where figures are float64, which the backend lacks and refuses. */
export function refusesFloat64(figures: unknown, make: () => void): boolean {
  const { dtypes, name } = currentBackend();
  const needed = JSON.stringify(figures).includes("float64");
  if (!needed || dtypes.includes("float64")) return false;
  try {
    make();
  } catch (error) {
    if (error instanceof DeviceError) return true;
    throw error;
  }
  throw new Error(`${name} makes float64 tensors though it does not have them`);
}

/** Where values can be read at once. */
const PROCESSOR = cpuTypedArray();

/** Operations that read values at once: of masks, of those in a list, or of all. */
const READS: { readonly [op: string]: "masks" | "listed" | "all" } = {
  index: "masks",
  indexPut: "listed",
  indexPut_: "listed",
  maskedSelect: "masks",
  nonzero: "all",
  unique: "all",
  bincount: "all",
};

const isOptions = (arg: unknown): arg is object =>
  typeof arg === "object" && arg !== null && !(arg instanceof Tensor);

/** What an operation reads at once is brought to where it can be read. */
async function near(op: string, args: unknown[]): Promise<unknown[]> {
  const reads = READS[op];
  if (reads === undefined) return args;
  const bring = async (arg: unknown): Promise<unknown> => {
    if (Array.isArray(arg)) return await Promise.all(arg.map(bring));
    if (isOptions(arg)) {
      const values = await Promise.all(Object.values(arg).map(bring));
      return Object.fromEntries(
        Object.keys(arg).map((name, i) => [name, values[i]]),
      );
    }
    const read = arg instanceof Tensor && !arg.device.backend.readSync &&
      (reads === "all" || arg.dtype === "bool");
    return read ? await arg.to(PROCESSOR) : arg;
  };
  return await Promise.all(
    args.map((arg, i) =>
      reads === "all" || (reads === "masks" ? i > 0 : Array.isArray(arg))
        ? bring(arg)
        : arg
    ),
  );
}

async function checkSecondOrder(
  problems: string[],
  figures: OperationCase,
  expected: readonly (TensorFigure | null)[],
  libraries: Libraries,
): Promise<void> {
  const { values, tensors } = decodeArguments(figures.args, expected);
  const args = await near(figures.op, values);
  const outputs = flatten(invoke(figures, args, libraries));
  const inputs = tensors.filter((_, k) => (expected[k] ?? null) !== null);
  const first = grad(weighted([...outputs.values()]), inputs, {
    createGraph: true,
  });
  const second = grad(weighted(first), inputs);
  let position = 0;
  for (const [k, figure] of expected.entries()) {
    if (figure === null) continue;
    const found = second[position++];
    if (!found) problems.push(`argument ${k} has no second gradient`);
    else await add(problems, `second gradient ${k}`, found, figure, GRADIENTS);
  }
}

/** The sum of tensors, each weighted with its cotangent. */
export function weighted(outputs: readonly unknown[]): Tensor {
  const terms = outputs.flatMap((output, k) => {
    if (!(output instanceof Tensor) || !output.requiresGrad) return [];
    const weights = tensor(cotangent(output.size, k), {
      shape: [...output.shape],
      dtype: output.dtype,
    });
    return [output.mul(weights).sum()];
  });
  const [first, ...rest] = terms;
  if (!first) throw new Error("No output has a gradient");
  return rest.reduce((sum, term) => sum.add(term), first);
}

async function add(
  problems: string[],
  name: string,
  found: Tensor,
  figure: unknown,
  tolerance: Tolerance,
): Promise<void> {
  const problem = await compareTensor(
    found,
    decode(figure as TensorFigure),
    tolerance,
  );
  if (problem !== null) problems.push(`${name}: ${problem}`);
}

/** Outputs by name: one tensor is "value", those of a list "0", "1" … */
function flatten(out: unknown): Map<string, unknown> {
  if (out instanceof Tensor || isTensorFigure(out)) {
    return new Map([["value", out]]);
  }
  return new Map(Object.entries(out as object));
}

function callMethod(
  self: unknown,
  name: string,
  args: readonly unknown[],
): unknown {
  const method = (self as Record<string, unknown>)[name];
  if (typeof method !== "function") {
    throw new TypeError(`A tensor has no method ${name}`);
  }
  return method.apply(self, args);
}

function invoke(
  figures: OperationCase,
  args: unknown[],
  libraries: Libraries,
): unknown {
  const [self, ...rest] = args;
  if (figures.via === "method") return callMethod(self, figures.op, rest);
  if (figures.via === "chain") {
    return figures.op.split(" ").reduce(
      (x, name, i) => callMethod(x, name, rest[i] as unknown[]),
      self,
    );
  }
  const library = figures.via === "core"
    ? core as unknown as Record<string, unknown>
    : libraries[figures.via];
  const called = library?.[figures.op];
  if (typeof called !== "function") {
    throw new TypeError(`There is no ${figures.via} function ${figures.op}`);
  }
  return called(...args);
}
