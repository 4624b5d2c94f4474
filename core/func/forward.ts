/**
 * How tangents pass each primitive, as one table beside those of gradients and
 * of batches. No rule is written a second time: a linear primitive takes the
 * tangent as it takes its input, elementwise ones multiply it by the derivative
 * that their gradient has from their expression, and all others take the
 * transpose of their gradient, which is linear in what it is given. A primitive
 * without a row does not compile.
 *
 * @module
 */
import { sumTo } from "../autograd/backward.ts";
import { grad } from "../autograd/grad.ts";
import { isRecording, withRecording } from "../autograd/mode.ts";
import type { Signature } from "../autograd/node.ts";
import { operandsOfInputs, ruleFor } from "../autograd/record.ts";
import { isFloating } from "../dtype.ts";
import { GradientError } from "../errors.ts";
import type { ElementwiseOp, Op, OpName, OpOf } from "../op.ts";
import type { RuleContext } from "../ops/gradient.ts";
import type { Shape } from "../shape.ts";
import { apply, type Tensor } from "../tensor.ts";

/** An input: its value, and its tangent if it has one. */
export interface Dual {
  readonly inner: Tensor;
  readonly tangent: Tensor | null;
}

/** The tangent of the first output; null where it has none. */
type Rule<O extends Op> = (
  op: O,
  inputs: readonly Dual[],
  output: Tensor,
  outputs: readonly Tensor[],
) => Tensor | null;

const run = (op: Op, inputs: readonly Tensor[]): Tensor =>
  apply(op, inputs, inputs[0]!.device)[0]!;

const fullLike = (x: Tensor, shape: Shape, value: number): Tensor =>
  apply({ name: "full", shape, value, dtype: x.dtype }, [], x.device)[0]!;

/** The sum of those tangents that there are. */
function total(terms: readonly (Tensor | null)[]): Tensor | null {
  const found = terms.filter((term) => term !== null);
  return found.length === 0 ? null : found.reduce((a, b) => a.add(b));
}

/** What a gradient rule sees. */
class Context implements RuleContext {
  readonly op: Op;
  readonly #inputs: readonly Tensor[];
  readonly #outputs: readonly Tensor[];
  readonly #operands: readonly number[];

  constructor(
    op: Op,
    inputs: readonly Tensor[],
    outputs: readonly Tensor[],
  ) {
    this.op = op;
    this.#inputs = inputs;
    this.#outputs = outputs;
    this.#operands = operandsOfInputs(op, inputs.length);
  }

  operand(p: number): Tensor {
    const number = (this.op as ElementwiseOp).operands?.[p];
    if (typeof number === "number") return this.full([], number);
    return this.#inputs[this.#operands.indexOf(p)]!;
  }

  output(i = 0): Tensor {
    return this.#outputs[i]!;
  }

  input(p: number): Signature {
    return this.#inputs[this.#operands.indexOf(p)] ?? this.#inputs[p]!;
  }

  apply(op: Op, inputs: readonly Tensor[]): Tensor {
    return apply(op, inputs, inputs[0]?.device ?? this.output().device)[0]!;
  }

  full(shape: Shape, value: number): Tensor {
    return fullLike(this.output(), shape, value);
  }
}

/**
 * The primitive itself, of tangents; those that lack one have zeros. An index is
 * what it is.
 */
const linear: Rule<Op> = (op, inputs) =>
  run(
    op,
    inputs.map(({ inner, tangent }, i) => {
      const index = i === 1 &&
        (op.name === "gather" || op.name === "scatterAdd");
      return tangent ?? (index ? inner : fullLike(inner, inner.shape, 0));
    }),
  );

/** The first two operands multiply each other; a third one is added. */
const product =
  (shapeOfBias: (bias: Tensor) => Tensor): Rule<Op> =>
  (op, [a, b, bias], output) =>
    total([
      a!.tangent && run(op, [a!.tangent, b!.inner]),
      b!.tangent && run(op, [a!.inner, b!.tangent]),
      bias?.tangent ? shapeOfBias(bias.tangent).expand(output.shape) : null,
    ]);

const plainProduct = product((bias) => bias);

/** The derivative, which depends on the elements at one place alone. */
const elementwise: Rule<Op> = (op, inputs, output) => {
  const { shape, dtype } = output;
  const spread = inputs.map(({ inner }) => inner.expand(shape));
  const context = new Context(op, spread, [output]);
  const operands = operandsOfInputs(op, inputs.length);
  return total(inputs.map(({ tangent }, i) => {
    const rule = tangent && ruleFor(op, operands[i]!);
    if (!rule) return null;
    return rule.grad(tangent.cast(dtype).expand(shape), context, operands[i]!);
  }));
};

/** The gradient, transposed: it is linear in what it is given. */
const transposed: Rule<Op> = (op, inputs, output, outputs) => {
  const further = isRecording();
  return withRecording(true, () => {
    const u = fullLike(output, output.shape, 0).requiresGrad_();
    const context = new Context(op, inputs.map(({ inner }) => inner), outputs);
    const terms = inputs.map(({ inner, tangent }, i) => {
      const found = tangent && ruleFor(op, i)?.grad(u, context, i);
      return found ? sumTo(found, inner.shape).mul(tangent).sum() : null;
    });
    const sum = total(terms);
    if (!sum?.requiresGrad) return null;
    return grad(sum, u, { createGraph: further })[0];
  });
};

/** Nothing that it gives has a derivative. */
const none: Rule<Op> = () => null;

/** The names of elementwise primitives. */
type ElementwiseName = OpOf<"add">["name"];

/** The rule of each primitive that is not elementwise. */
export const FORWARD: {
  readonly [N in Exclude<OpName, ElementwiseName>]: Rule<OpOf<N>>;
} = {
  map: elementwise,
  mapSum: (op, inputs, output) => {
    const { formula, scalars, dims, keepDim, divisor } = op;
    const map = { name: "map", formula, scalars } as const;
    const values = run(map, inputs.map(({ inner }) => inner));
    const tangent = elementwise(map, inputs, values, [values]);
    if (!tangent) return null;
    const sum = run({ name: "sum", dims, keepDim }, [tangent]);
    return (divisor === 1 ? sum : sum.div(divisor)).cast(output.dtype);
  },
  sum: linear,
  mean: linear,
  prod: transposed,
  max: transposed,
  min: transposed,
  any: none,
  all: none,
  logsumexp: transposed,
  norm: transposed,
  variance: transposed,
  softmax: transposed,
  logSoftmax: transposed,
  cumsum: linear,
  cumprod: transposed,
  argmax: none,
  argmin: none,
  sort: transposed,
  gather: linear,
  scatterAdd: linear,
  scatterProd: transposed,
  scatterMax: transposed,
  scatterMin: transposed,
  cat: linear,
  reshape: linear,
  permute: linear,
  expand: linear,
  slice: linear,
  unfold: linear,
  diagonal: linear,
  cast: linear,
  copy: linear,
  place: (op, ...rest) => linear({ ...op, value: 0 }, ...rest),
  placeSum: linear,
  update: (op, inputs) => {
    if (inputs.every(({ tangent }) => tangent === null)) return null;
    throw new GradientError(
      `Cannot ${op.program.label} in place within jvp as tangents would be lost: use an operation that returns a new tensor`,
    );
  },
  full: none,
  arange: none,
  eye: none,
  random: none,
  tril: linear,
  triu: linear,
  dropout: linear,
  matmul: plainProduct,
  linear: plainProduct,
  conv2d: product((bias) => bias.reshape([bias.size, 1, 1])),
  conv2dInput: plainProduct,
  conv2dWeight: plainProduct,
  maxPool2d: transposed,
  linalg: transposed,
  lines: transposed,
  linearInt8: none,
};

/** The tangent of the first output of an op that was applied to values. */
export function tangentOf(
  op: Op,
  inputs: readonly Dual[],
  outputs: readonly Tensor[],
): Tensor | null {
  if (inputs.every(({ tangent }) => tangent === null)) return null;
  const output = outputs[0];
  if (output && !isFloating(output.dtype)) return null;
  const rule = (FORWARD as { readonly [name: string]: Rule<Op> })[op.name] ??
    elementwise;
  return rule(op, inputs, output!, outputs);
}
