/**
 * Runs a random program: operations one after the other, then gradients of
 * what comes out, of first and of second order.
 *
 * @module
 */
import * as core from "@tenfold/core";
import { currentBackend, grad, scope, Tensor, tensor } from "@tenfold/core";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import * as fft from "@tenfold/core/fft";
import * as functions from "@tenfold/core/functions";
import * as linalg from "@tenfold/core/linalg";
import * as nn from "@tenfold/nn";
import {
  close,
  compareTensor,
  DOUBLES,
  GRADIENTS,
  type Tolerance,
  VALUES,
} from "./compare.ts";
import { weighted } from "./operation.ts";
import { decode, type Figure, type TensorFigure } from "./read.ts";

/** A program as `tools/differential/` writes it. */
export interface ProgramCase {
  /** The tensors that go in; the first values by number. */
  readonly in: readonly TensorFigure[];
  /** Inputs that are masks of `index`, which reads them at once. */
  readonly masks?: readonly number[];
  /** A name and arguments each; a tensor is `{ t: number }`. */
  readonly steps: readonly (readonly [string, ...unknown[]])[];
  /** The numbers of the values that are compared. */
  readonly out: readonly number[];
  /** Those of them that are float64, but with roundings of float32 in them. */
  readonly loose?: readonly number[];
  /** Whether anything was rounded to float32, so that gradients are. */
  readonly rounded?: boolean;
  /** These values. */
  readonly values: readonly TensorFigure[];
  /**
   * The same where subnormal numbers count as 0 in PyTorch: a backend without
   * them may give either, element by element.
   */
  readonly flushed?: readonly TensorFigure[];
  /** Their gradients by inputs, each weighted with its cotangent. */
  readonly grads?: Readonly<Record<string, TensorFigure>>;
  /** The gradients of these, weighted likewise. */
  readonly grads2?: Readonly<Record<string, TensorFigure>>;
}

/** A tensor that came out, and what it is compared with. */
interface Found {
  readonly name: string;
  readonly tensor: Tensor;
  readonly figure: TensorFigure;
  readonly tolerance: Tolerance;
  readonly doubles: Tolerance;
}

/** How the inputs of a program are made. */
interface Inputs {
  /** Where they are; the backend in use where it is not given. */
  readonly device?: core.Backend;
  /** Whether subnormal numbers in them are 0. */
  readonly flush?: boolean;
}

/** Values of float32 that are held to the last subnormal digits. */
const TINY: Tolerance = { rtol: 1e-5, atol: 3e-45 };

const SMALLEST_NORMAL = 2 ** -126;

type Functions = Readonly<Record<string, unknown>>;

const LIBRARIES: Readonly<Record<string, Functions>> = {
  core: core as unknown as Functions,
  fft: fft as unknown as Functions,
  functions: functions as unknown as Functions,
  linalg: linalg as unknown as Functions,
  nn: nn.functional as unknown as Functions,
};

/** A program without its figures, for messages. */
export function showProgram({ in: inputs, steps }: ProgramCase): string {
  const shapes = inputs.map((figure) => {
    const [dtype, shape] = Object.entries(figure)[0] ?? [];
    return `${dtype}[${shape}]`;
  });
  return `${shapes.join(" ")} ${JSON.stringify(steps)}`;
}

/**
 * Runs a program and says how it differs from its figures. A backend without
 * float64 must refuse a program that needs it.
 */
export async function runProgram(program: ProgramCase): Promise<string[]> {
  const { dtypes, name } = currentBackend();
  const wide = JSON.stringify(program).includes('"float64"');
  if (!wide || dtypes.includes("float64")) {
    const readings = flushedReadings(program);
    return await compareAll(run(program), readings);
  }
  try {
    for (const { tensor } of run(program)) tensor.dispose();
  } catch (error) {
    if (error instanceof TypeError) return [];
    throw error;
  }
  return [`${name} runs it without having float64`];
}

/** Computes without waiting, so that no other program comes in between. */
function run(program: ProgramCase, how: Inputs = {}): Found[] {
  using s = scope();
  const found = compute(program, how);
  for (const { tensor } of found) s.keep(tensor);
  return found;
}

/**
 * What else the values may be on a backend without subnormal numbers: those of
 * PyTorch where it flushes, and those of inputs that are flushed before, where
 * that makes a difference.
 */
function flushedReadings(program: ProgramCase): Figure[][] {
  const { flushed } = program;
  if (!flushed || currentBackend().subnormals !== false) return [];
  const ofFlushed = read(program, true);
  const ofKept = read(program, false);
  ofFlushed.forEach(({ data }, k) => {
    const kept = ofKept[k]!.data;
    const figure = decode(program.values[k]!).data;
    for (let i = 0; i < data.length; i++) {
      if (Object.is(data[i], kept[i])) data[i] = figure[i]!;
    }
  });
  return [flushed.map(decode), ofFlushed];
}

/** The values of a program on a backend that keeps subnormal numbers. */
function read(program: ProgramCase, flush: boolean): Figure[] {
  const device = cpu ??= cpuTypedArray();
  return run(program, { device, flush }).map(({ tensor }) => {
    const { shape, dtype } = tensor;
    const data = tensor.dataSync();
    tensor.dispose();
    return { shape, dtype, data };
  });
}

async function compareAll(
  found: readonly Found[],
  readings: readonly (readonly Figure[])[],
): Promise<string[]> {
  const problems = await Promise.all(found.map(async (each, k) => {
    const { name, tensor, figure, tolerance, doubles } = each;
    const kept = decode(figure);
    const others = readings.map((figures) => figures[k]!);
    const expected = others.length === 0
      ? kept
      : await anyOf(tensor, kept, others);
    const problem = await compareTensor(tensor, expected, tolerance, doubles);
    return problem === null ? [] : [`${name}: ${problem}`];
  }));
  for (const { tensor } of found) tensor.dispose();
  return problems.flat();
}

/** For each element that of several figures that the result is. */
async function anyOf(
  found: Tensor,
  kept: Figure,
  others: readonly Figure[],
): Promise<Figure> {
  const data = kept.data.slice();
  const values = await found.data();
  for (let i = 0; i < data.length; i++) {
    const value = values[i]!;
    const readings = [kept, ...others].map((figure) => figure.data[i]!);
    const reading = value === 0 && readings.some(isSubnormal)
      ? 0
      : readings.find((one) => close(value, one, TINY));
    if (reading !== undefined) data[i] = reading;
  }
  return { ...kept, data };
}

/** True for numbers of float32 that may count as 0. */
function isSubnormal(x: number): boolean {
  return Math.abs(x) < SMALLEST_NORMAL;
}

function compute(program: ProgramCase, how: Inputs): Found[] {
  const inputs = program.in.map((figure, k) => input(program, figure, k, how));
  const values = perform(program, [...inputs]);
  const outputs = program.out.map((k) => values[k]!);
  const found: Found[] = program.values.map((figure, k) => ({
    name: `value ${program.out[k]}`,
    tensor: outputs[k]!,
    figure,
    tolerance: program.flushed ? TINY : VALUES,
    doubles: program.loose?.includes(program.out[k]!) ? VALUES : DOUBLES,
  }));
  const add = (
    name: string,
    gradients: readonly Tensor[],
    figures: readonly [string, TensorFigure][],
  ) => {
    for (const [i, [k, figure]] of figures.entries()) {
      found.push({
        name: `${name} ${k}`,
        tensor: gradients[i]!,
        figure,
        tolerance: GRADIENTS,
        doubles: program.rounded ? GRADIENTS : DOUBLES,
      });
    }
  };
  const { grads = {}, grads2 = {} } = program;
  const [first, second] = [Object.entries(grads), Object.entries(grads2)];
  if (first.length === 0) return found;
  const by = first.map(([k]) => inputs[Number(k)]!);
  const gradients = gradientsOf(outputs, by, second.length > 0);
  add("gradient", gradients, first);
  if (second.length === 0) return found;
  const again = second.map(([k]) => inputs[Number(k)]!);
  add("second gradient", gradientsOf(gradients, again, false), second);
  return found;
}

/** Zeros where nothing depends on the inputs, as `grad` gives them. */
function gradientsOf(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  createGraph: boolean,
): Tensor[] {
  return outputs.some((output) => output.requiresGrad)
    ? grad(weighted(outputs), inputs, { createGraph })
    : inputs.map((input) => core.zerosLike(input));
}

function input(
  program: ProgramCase,
  figure: TensorFigure,
  k: number,
  { device: chosen, flush = false }: Inputs,
): Tensor {
  const { data, shape, dtype } = decode(figure);
  const device = chosen ? { device: chosen } : {};
  const requiresGrad = program.grads?.[k] !== undefined;
  return tensor(
    flush && dtype === "float32"
      ? data.map((x) => isSubnormal(x) ? x * 0 : x)
      : data,
    { shape: [...shape], dtype, requiresGrad, ...device },
  );
}

/** Where values can be read at once. */
function near(): core.Backend {
  const backend = currentBackend();
  return backend.readSync ? backend : cpu ??= cpuTypedArray();
}

let cpu: core.Backend | undefined;

/** A mask where `index` can read it at once; itself where that is so already. */
function readable(mask: Tensor, figure: TensorFigure): Tensor {
  if (mask.device.backend.readSync) return mask;
  const { data, shape, dtype } = decode(figure);
  return tensor(data, { shape: [...shape], dtype, device: near() });
}

/** Operations that read their masks at once. */
const READS = ["index", "functions.maskedSelect"];

/** All values of a program by number: inputs, then results in order. */
export function perform(program: ProgramCase, values: Tensor[]): Tensor[] {
  const masks = new Map(program.masks?.map((k) => [k, values[k]!]));
  for (const [k, mask] of masks) masks.set(k, readable(mask, program.in[k]!));
  let step = "";
  const argument = (given: unknown): unknown => {
    if (typeof given !== "object" || given === null) return given;
    if (Array.isArray(given)) return given.map(argument);
    if ("t" in given) {
      const k = given.t as number;
      return READS.includes(step) ? masks.get(k) ?? values[k] : values[k];
    }
    if ("undefined" in given) return undefined;
    if ("number" in given) return Number(given.number);
    return Object.fromEntries(
      Object.entries(given).map(([key, inner]) => [key, argument(inner)]),
    );
  };
  for (const [name, ...given] of program.steps) {
    step = name;
    const result = call(name, given.map(argument));
    if (result instanceof Tensor) values.push(result);
    else values.push(...Object.values(result as Record<string, Tensor>));
  }
  return values;
}

function call(name: string, args: unknown[]): unknown {
  const [library, member] = name.split(".");
  const called = member === undefined
    ? (args[0] as unknown as Functions)[name]
    : LIBRARIES[library!]?.[member];
  if (typeof called !== "function") throw new TypeError(`There is no ${name}`);
  return member === undefined
    ? called.apply(args[0], args.slice(1))
    : called(...args);
}
