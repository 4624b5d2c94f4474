/**
 * Gradients of elementwise primitives, in every layout and at the edges of
 * their dtypes, where no difference can be taken: they agree with formulas.
 *
 * @module
 */
import { type DType, grad, isFloating, scope, type Shape } from "@tenfold/core";
import type { ElementwiseName, ElementwiseOp } from "@tenfold/core/backend";
import { applyWindows, wrapValue } from "@tenfold/core/internal";
import { fit, type Plain } from "./ops/plain.ts";
import { differenceOf, showOp, showPlain } from "./check.ts";
import { flushed } from "./compare.ts";
import { ALL_LAYOUTS, type Layout } from "./layout.ts";
import type { Random } from "./random.ts";
import type { Operand, Session } from "./session.ts";
import { SLOPES, type Slopes } from "./slopes.ts";
import { common, type Draw, EDGES } from "./values.ts";
import { BLOCKS, operand, VECTORS } from "./ops/cases.ts";

/** What comes from above, at the edges. */
const UPSTREAM: readonly number[] = [
  0,
  -0,
  1,
  -2.5,
  1000,
  2 ** -126,
  -(2 ** -149),
  Infinity,
  -Infinity,
  NaN,
];

/** One primitive on operands, and the gradient of its result. */
interface GradientCase {
  readonly op: ElementwiseOp;
  readonly inputs: readonly Operand[];
  readonly upstream: Operand;
}

/** A draw of one of some numbers. */
const oneOf = (numbers: readonly number[]): Draw => (random) =>
  random.pick(numbers);

/** The cases of one primitive. */
export function* gradientCases(
  name: ElementwiseName,
  slopes: Slopes,
  dtype: DType,
  random: Random,
): Iterable<GradientCase> {
  const arity = slopes.by.length;
  const edges = slopes.by.map((_, p) => slopes.edges?.[p] ?? EDGES[dtype]);
  const draws = slopes.by.map((_, p) => slopes.draws?.[p] ?? common);
  const op: ElementwiseOp = { name };
  const over = (
    shape: Shape,
    layouts: readonly Layout[],
    values: readonly Draw[],
    upstream: Draw,
  ): GradientCase => ({
    op,
    inputs: values.map((draw, p) => operand(shape, dtype, layouts[p], draw)),
    upstream: operand(shape, dtype, layouts[arity], upstream),
  });
  for (const shape of [...VECTORS, ...BLOCKS]) {
    for (let l = 0; l < ALL_LAYOUTS.length; l++) {
      const layouts = Array.from(
        { length: arity + 1 },
        (_, p) => ALL_LAYOUTS[(l + 3 * p) % ALL_LAYOUTS.length]!,
      );
      yield over(shape, layouts, draws, common);
      yield over(shape, layouts, edges.map(oneOf), oneOf(UPSTREAM));
    }
  }
  // Each edge of one operand below each gradient, and each pair of two once.
  const rows = arity === 1
    ? edges[0]!.map((x) => [x])
    : arity === 2
    ? edges[0]!.flatMap((x) => edges[1]!.map((y) => [x, y]))
    : Array.from({ length: 300 }, () => edges.map((list) => random.pick(list)));
  const full = arity === 1
    ? rows.flatMap((row) => UPSTREAM.map((g) => [...row, g]))
    : rows.map((row) => [...row, random.pick(UPSTREAM)]);
  const column = (p: number) =>
    operand([full.length], dtype, "dense", full.map((row) => row[p]!));
  const all = Array.from({ length: arity + 1 }, (_, p) => column(p));
  yield { op, inputs: all.slice(0, -1), upstream: all.at(-1)! };
  // Numbers in the place of each operand.
  for (let p = 1; p < arity; p++) {
    const value = slopes.edges?.[p]?.[1] ?? 0.5;
    yield {
      op: {
        name,
        operands: all.map((_, q) => q === p ? value : null).slice(0, -1),
      },
      inputs: all.slice(0, -1).filter((_, q) => q !== p),
      upstream: all.at(-1)!,
    };
  }
}

/** Checks the gradients of one case by all its operands. */
export async function checkGradientAtEdges(
  session: Session,
  { op, inputs, upstream }: GradientCase,
  random: Random,
): Promise<void> {
  using _ = scope();
  const { by, epsilons = 0, scale, floor } = SLOPES[op.name]!;
  const placed = inputs.map((input) => session.place(input, random));
  const above = session.place(upstream, random);
  const tensors = placed.map(({ value }, p) => {
    const tensor = wrapValue(session.device, value);
    return by[positionIn(op, p)] ? tensor.requiresGrad_() : tensor;
  });
  const [first, ...others] = tensors;
  const result = applyWindows(op, first!, ...others);
  const leaves = tensors.filter((tensor) => tensor.requiresGrad);
  const gradOutputs = [wrapValue(session.device, above.value)];
  const gradients = grad(result, leaves, { gradOutputs });
  const plains = placed.map(({ plain }) => plain);
  let next = 0;
  for (const [p, tensor] of tensors.entries()) {
    if (!tensor.requiresGrad) continue;
    const slope = by[positionIn(op, p)]!;
    const over = (
      formula: (g: number, ...operands: number[]) => number,
      of: readonly Plain[],
      g: Plain,
      dtype: DType,
    ): Plain => ({
      shape: result.shape,
      dtype,
      data: g.data.map((value, i) =>
        fit(dtype, formula(value, ...operandsAt(op, of, i)))
      ),
    });
    const { dtype } = above.plain;
    const expected = over(slope, plains, above.plain, dtype);
    const flushing = {
      flushed: over(slope, plains.map(flushed), flushed(above.plain), dtype),
      exact: over(slope, plains, above.plain, "float64"),
    };
    const sizes = scale &&
      over(
        (...args) => Math.abs(scale(...args)),
        plains,
        above.plain,
        "float64",
      );
    const difference = differenceOf(
      await gradients[next++]!.data(),
      expected,
      {
        epsilons,
        ...sizes
          ? { scale: sizes.data.map((x) => Number.isNaN(x) ? 0 : x) }
          : {},
        ...floor === undefined ? {} : { floor },
      },
      session.backend.subnormals ? null : flushing,
    );
    if (difference === null) continue;
    const { text, at } = difference;
    throw new Error(
      `the gradient of ${showOp(op)} by operand ${
        positionIn(op, p)
      } on ${session.backend.name}: ${text}, where the operands are ${
        operandsAt(op, plains, at).join(", ")
      } and the gradient of the result is ${above.plain.data[at]}${
        plains.map((plain, i) =>
          `\n  input ${i}: ${showPlain(plain, inputs[i]!.layout)}`
        ).join("")
      }\n  gradient: ${showPlain(above.plain, upstream.layout)}`,
    );
  }
}

/** Which operand input `p` is, behind the numbers before it. */
function positionIn({ operands }: ElementwiseOp, p: number): number {
  if (operands === undefined) return p;
  return operands.flatMap((value, q) => value === null ? [q] : [])[p]!;
}

/** The operands of an element: those of tensors, and numbers. */
function operandsAt(
  { name, operands }: ElementwiseOp,
  inputs: readonly Plain[],
  i: number,
): number[] {
  let next = 0;
  const number = (q: number) => {
    const value = operands?.[q] ?? null;
    return value === null ? null : fit(inputs[0]!.dtype, value);
  };
  return SLOPES[name]!.by.map((_, q) => number(q) ?? inputs[next++]!.data[i]!);
}

/** The primitives whose gradients are checked. */
export const GRADIENT_NAMES: readonly ElementwiseName[] = Object.keys(
  SLOPES,
) as ElementwiseName[];

/**
 * The dtypes that gradients have, but for float16: it is computed in float32,
 * and most edges are beyond it.
 */
export const GRADIENT_DTYPES: readonly DType[] = (Object.keys(EDGES) as DType[])
  .filter((dtype) => isFloating(dtype) && dtype !== "float16");
