/**
 * Gradients of random programs: smooth operations one after the other, run on
 * a backend and differentiated, against finite differences of the same program
 * in the reference.
 *
 * @module
 */
import { applyWindows, wrapValue } from "@tenfold/core/internal";
import {
  full,
  grad,
  noGrad,
  scope,
  type Shape,
  type Tensor,
} from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import { sizeOf } from "@tenfold/core/backend";
import { LINE_NAMES } from "./ops/along.ts";
import type { Plain } from "./ops/plain.ts";
import { reference } from "./ops/table.ts";
import { showOp } from "./check.ts";
import { gradientOf, lifted, type Loss } from "./difference.ts";
import { movementOf } from "./movements.ts";
import type { Step } from "./steps.ts";
import { Random } from "./random.ts";
import type { Session } from "./session.ts";
import { within } from "./values.ts";

const UNARY = [
  "tanh",
  "sigmoid",
  "sin",
  "cos",
  "gelu",
  "silu",
  "softplus",
  "erf",
  "square",
  "neg",
] as const;

/** The tolerance of a gradient, relative to the largest of its tensor. */
const CLOSENESS = 5e-4;

/** How far two orders of summation of float32 may be apart, relatively. */
const SUMMATION = 2e-5;

/** All values of a program, leaves first. */
function run(steps: readonly Step[], leaves: readonly Plain[]): Plain[] {
  const values = leaves.slice();
  for (const { op, inputs } of steps) {
    values.push(reference(op, inputs.map((i) => values[i]!))[0]!);
  }
  return values;
}

/** An operation that fits the values so far. */
function next(values: readonly Plain[], random: Random): Step {
  // The newest values are the likeliest, so that programs grow deep.
  const from = Math.max(0, values.length - 4);
  const i = random.whole(from, values.length - 1);
  const { shape, data } = values[i]!;
  if (data.some((x) => Math.abs(x) > 4)) {
    return { op: { name: "tanh" }, inputs: [i] };
  }
  const dim = random.whole(0, Math.max(0, shape.length - 1));
  const choice = random.whole(0, 7);
  if (choice === 1) {
    const partner = values.findIndex((other) =>
      other.shape.join() === shape.join() && other !== values[i]
    );
    const name = random.pick(["add", "sub", "mul"] as const);
    return { op: { name }, inputs: [i, partner < 0 ? i : partner] };
  }
  if (choice === 2 && shape.length > 0) {
    const name = random.pick(["sum", "mean", "logsumexp"] as const);
    return {
      op: { name, dims: [dim], keepDim: random.chance(0.7) },
      inputs: [i],
    };
  }
  if (choice === 3) {
    const name = random.pick(LINE_NAMES);
    return { op: { name, dim }, inputs: [i] };
  }
  if (choice === 4) {
    const op = movementOf(shape, random);
    if (op && !(op.name === "slice" && op.length === 0)) {
      return { op, inputs: [i] };
    }
  }
  if (choice === 5) {
    const j = values.findIndex((other) =>
      other.shape.length === 2 && shape.length >= 2 &&
      other.shape[0] === shape[shape.length - 1]
    );
    if (j >= 0) return { op: { name: "matmul" }, inputs: [i, j] };
  }
  if (choice === 6 && shape.length > 0) {
    return { op: { name: "cat", dim }, inputs: [i, i] };
  }
  return { op: { name: random.pick(UNARY) }, inputs: [i] };
}

const SHAPES: readonly Shape[] = [[3, 2], [2, 3]];

/** A program with its leaves. */
interface Smooth {
  readonly leaves: Tensor[];
  readonly plains: Plain[];
  readonly steps: Step[];
  /** All values that the reference gives, leaves first. */
  readonly values: Plain[];
}

/** Makes a program, and its leaves on the device. */
function makeProgram(session: Session, seed: number, length: number): Smooth {
  const random = new Random(seed, "smooth program");
  const placed = SHAPES.map((shape, i) =>
    session.place({
      shape,
      dtype: "float32",
      layout: i === 0 ? "dense" : "transposed",
      values: within(-1.5, 1.5),
    }, random)
  );
  const plains = placed.map(({ plain }) => plain);
  const steps: Step[] = [];
  const guesses = plains.slice();
  for (let i = 0; i < length; i++) {
    const step = next(guesses, random);
    const [made] = reference(step.op, step.inputs.map((j) => guesses[j]!));
    if (sizeOf(made!.shape) > 200 || made!.shape.length > 5) continue;
    steps.push(step);
    guesses.push(made!);
  }
  const leaves = placed.map(({ value }) =>
    wrapValue(session.device, value).requiresGrad_()
  );
  return { leaves, plains, steps, values: guesses };
}

/** All values of a program on the device, leaves first. */
function apply(steps: readonly Step[], leaves: readonly Tensor[]): Tensor[] {
  const tensors = leaves.slice();
  for (const { op, inputs } of steps) {
    const [first, ...others] = inputs.map((i) => tensors[i]!);
    tensors.push(applyWindows(op, first!, ...others));
  }
  return tensors;
}

/** The program as text. */
function show(steps: readonly Step[], leaves: number): string {
  return steps.map(({ op, inputs }, k) =>
    `\n  ${k + leaves}: ${showOp(op)} of ${inputs.join(", ")}`
  ).join("");
}

/**
 * Trains the leaves of a program, compiled and not, from the same values: the
 * losses and the leaves have to agree, but for the order of sums.
 */
export async function checkProgramTraining(
  session: Session,
  seed: number,
  length: number,
): Promise<void> {
  const runs: number[][][] = [];
  for (const compiled of [false, true]) {
    using _ = scope();
    const { leaves, steps } = makeProgram(session, seed, length);
    const train = (scale: Tensor) => {
      for (const leaf of leaves) leaf.grad = null;
      const tensors = apply(steps, leaves);
      // The mean of nothing is no number.
      const loss = tensors.filter(({ size }) => size > 0)
        .map((t) => t.mul(scale).mean())
        .reduce((a, b) => a.add(b));
      loss.backward();
      noGrad(() => {
        for (const leaf of leaves) {
          const { grad } = leaf;
          if (grad) leaf.add_(grad.mul(-0.01)).mul_(0.999);
        }
      });
      return [loss.detach(), tensors[tensors.length - 1]!.detach().sum(0)];
    };
    using step = compile(train);
    const figures: number[][] = [];
    for (let i = 0; i < 4; i++) {
      const scale = full([], 1 + i / 4, { device: session.device });
      for (const result of (compiled ? step : train)(scale)) {
        figures.push([...await result.data()]);
      }
    }
    for (const leaf of leaves) {
      figures.push([...await leaf.data()], [...await leaf.grad!.data()]);
      leaf.grad = null;
    }
    if (compiled && step.stats.replayed !== 3) {
      throw new Error(
        `A step was replayed ${step.stats.replayed} times of 3:${
          show(steps, 2)
        }`,
      );
    }
    runs.push(figures);
  }
  const [eager, compiled] = runs as [number[][], number[][]];
  for (const [i, expected] of eager.entries()) {
    const largest = expected.filter(Number.isFinite).reduce(
      (m, x) => Math.max(m, Math.abs(x)),
      1,
    );
    const at = expected.findIndex((x, j) =>
      !Object.is(compiled[i]![j], x) &&
      !(Math.abs(compiled[i]![j]! - x) <= SUMMATION * largest)
    );
    if (at < 0) continue;
    const { steps } = makeProgram(session, seed, length);
    throw new Error(
      `Element ${at} of figure ${i} of a compiled step on ${session.backend.name} is ${
        compiled[i]![at]
      }, where the step gives ${expected[at]}:${show(steps, 2)}`,
    );
  }
}

/** Makes, runs and differentiates one program. */
export async function checkProgramGradient(
  session: Session,
  seed: number,
  length: number,
): Promise<void> {
  using _ = scope();
  const program = makeProgram(session, seed, length);
  const { leaves, plains, steps, values: guesses } = program;
  const tensors = apply(steps, leaves);
  // Everything that was computed counts, so that no branch is left out.
  const weights = guesses.map((_, i) => i % 2 === 0 ? 1 : -0.5);
  const output = tensors.map((t, i) => t.mul(weights[i]!).sum())
    .reduce((a, b) => a.add(b));
  const gradients = grad(output, leaves);
  const exact = lifted(steps);
  const loss: Loss = (inputs) =>
    run(exact, inputs.map(lifted)).reduce(
      (sum, { data }, i) =>
        sum + weights[i]! * data.reduce((part, x) => part + x, 0),
      0,
    );
  const expected = gradientOf(loss, plains);
  for (const [i, gradient] of gradients.entries()) {
    const actual = await gradient.data();
    const largest = expected[i]!.reduce((m, x) => Math.max(m, Math.abs(x)), 1);
    const at = expected[i]!.findIndex((x, j) =>
      !(Math.abs(actual[j]! - x) <= CLOSENESS * largest)
    );
    if (at < 0) continue;
    throw new Error(
      `Element ${at} of the gradient by leaf ${i} on ${session.backend.name} is ${
        actual[at]
      }, expected ${expected[i]![at]}, of the sum of all values of${
        show(steps, plains.length)
      }\n  leaves ${JSON.stringify(plains)}`,
    );
  }
}
