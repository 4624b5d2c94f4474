/**
 * The second law: gradients, and gradients of gradients, agree with finite
 * differences of the reference.
 *
 * @module
 */
import { applyWindows, wrapValue } from "@tenfold/core/internal";
import {
  type DType,
  grad,
  isFloating,
  scope,
  type Tensor,
} from "@tenfold/core";
import { DTYPES } from "@tenfold/core/backend";
import { type Plain, showNumber } from "./ops/plain.ts";
import { showOp, showPlain } from "./check.ts";
import { gradientOf, secondOf, weightedLoss } from "./difference.ts";
import { positionOf } from "./element_operands.ts";
import type { Random } from "./random.ts";
import type { Session } from "./session.ts";
import type { Case } from "./ops/spec.ts";

/** The tolerance of derivatives, relative to the largest of a tensor. */
const CLOSENESS: { readonly [D in DType]: readonly [number, number] } = {
  bool: [0, 0],
  int32: [0, 0],
  float16: [2e-2, 1e-1],
  float32: [2e-5, 1e-4],
  float64: [1e-8, 1e-6],
};

/** Numbers of ordinary size, all different. */
function weights(count: number, phase: number): number[] {
  return Array.from(
    { length: count },
    (_, i) => Math.fround(Math.cos(phase + 2.3 * i)),
  );
}

/** A tensor with the given numbers. */
function tensorOf(
  session: Session,
  data: readonly number[],
  shape: readonly number[],
  dtype: DType,
): Tensor {
  const array = DTYPES[dtype].allocate(data.length);
  array.set(data);
  return wrapValue(session.device, session.device.upload(array, shape, dtype));
}

/** The sum of tensors, each weighted; null where there is none. */
function total(
  session: Session,
  tensors: readonly Tensor[],
  phase: number,
): Tensor {
  return tensors
    .map((t, i) =>
      t.mul(tensorOf(session, weights(t.size, phase + i), t.shape, t.dtype))
        .sum()
    )
    .reduce((a, b) => a.dtype === b.dtype ? a.add(b) : a.add(b.cast(a.dtype)));
}

/** The first element that is too far from the expected one. */
async function farthest(
  tensor: Tensor,
  expected: readonly number[],
  order: 1 | 2,
  operand: Plain,
): Promise<string | null> {
  const actual = await tensor.data();
  const largest = expected.reduce((m, x) => Math.max(m, Math.abs(x)), 1);
  const allowed = CLOSENESS[tensor.dtype][order - 1]! * largest;
  const at = expected.findIndex((x, i) =>
    !(Math.abs(actual[i]! - x) <= allowed)
  );
  if (at < 0) return null;
  return `element [${positionOf(operand.shape, at).join(", ")}] is ${
    actual[at]
  }, expected ${expected[at]} within ${allowed}, where the operand is ${
    showNumber(operand.data[at]!)
  }`;
}

/** Runs one case; throws an error that tells everything about it. */
export async function checkGradient(
  session: Session,
  { op, inputs }: Case,
  random: Random,
): Promise<void> {
  using _ = scope();
  const placed = inputs.map((input) => session.place(input, random));
  const plains = placed.map(({ plain }) => plain);
  const tensors = placed.map(({ value }) => {
    const tensor = wrapValue(session.device, value);
    return isFloating(tensor.dtype) ? tensor.requiresGrad_() : tensor;
  });
  const leaves = tensors.filter((tensor) => tensor.requiresGrad);
  const fail = (what: string): never => {
    throw new Error(
      `${showOp(op)} on ${session.backend.name}: ${what}${
        plains.map((plain, i) =>
          `\n  input ${i}: ${showPlain(plain, inputs[i]!.layout)}`
        ).join("")
      }`,
    );
  };
  const [first, ...others] = tensors;
  const result = applyWindows(op, first!, ...others);
  const loss = weightedLoss(op, weights(result.size, 1));
  const expected = gradientOf(loss, plains).filter((g) => g !== null);
  const output = total(session, [result], 1);
  if (!output.requiresGrad) {
    if (expected.every((g) => g.every((x) => Math.abs(x) < 1e-9))) return;
    fail("it gives no gradient");
  }
  const operands = plains.filter(({ dtype }) => isFloating(dtype));
  const gradients = grad(output, leaves, { createGraph: true });
  for (const [i, gradient] of gradients.entries()) {
    const leaf = leaves[i]!;
    if (gradient.shape.join() !== leaf.shape.join()) {
      fail(
        `the gradient of leaf ${i} has shape [${gradient.shape.join(", ")}]`,
      );
    }
    const difference = await farthest(gradient, expected[i]!, 1, operands[i]!);
    if (difference) fail(`of the gradient by leaf ${i}, ${difference}`);
  }
  await checkSecond(session, plains, leaves, gradients, loss, fail);
}

async function checkSecond(
  session: Session,
  plains: readonly Plain[],
  leaves: readonly Tensor[],
  gradients: readonly Tensor[],
  loss: ReturnType<typeof weightedLoss>,
  fail: (what: string) => never,
): Promise<void> {
  let next = 0;
  const direction = plains.map(({ dtype, data }) =>
    isFloating(dtype) ? weights(data.length, 5 + next++) : null
  );
  const operands = plains.filter(({ dtype }) => isFloating(dtype));
  const expected = secondOf(loss, plains, direction).filter((g) => g !== null);
  const slope = total(session, gradients, 5);
  const seconds = slope.requiresGrad ? grad(slope, leaves) : null;
  for (const [i, leaf] of leaves.entries()) {
    const second = seconds?.[i] ?? leaf.detach().mul(0);
    const difference = await farthest(second, expected[i]!, 2, operands[i]!);
    if (difference) {
      fail(`of the second derivative by leaf ${i}, ${difference}`);
    }
  }
}

/** Checks that a primitive without a gradient gives results without one. */
export function checkNoGradient(
  session: Session,
  { op, inputs }: Case,
  random: Random,
): void {
  using _ = scope();
  const tensors = inputs.map((input) => {
    const tensor = wrapValue(
      session.device,
      session.place(input, random).value,
    );
    return isFloating(tensor.dtype) ? tensor.requiresGrad_() : tensor;
  });
  const [first, ...others] = tensors;
  if (first && applyWindows(op, first, ...others).requiresGrad) {
    throw new Error(`${showOp(op)} gives a gradient, expected none`);
  }
}
