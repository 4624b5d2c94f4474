/**
 * Cases for the gradients of elementwise primitives, and the numbers at which
 * they are smooth.
 *
 * @module
 */
import type { DType, Shape } from "@tenfold/core";
import type { ElementwiseName, ElementwiseOp, Op } from "@tenfold/core/backend";
import type { Layout } from "../layout.ts";
import { apart, type Draw, near, within } from "../values.ts";
import { type Case, operand } from "./case.ts";

/** The cases of one primitive; null where no result has a gradient. */
export type Smooth<O extends Op> =
  | ((dtype: DType) => Iterable<Case<O>>)
  | null;

/** Numbers of ordinary size. */
export const plain: Draw = within(-2, 2);
const positive: Draw = within(0.4, 2.5);
const steps: Draw = near([-2, -1, 0, 1, 2], 0.3);

/** The distribution of each operand; null where the result is not a float. */
const DOMAINS: { readonly [N in ElementwiseName]: readonly Draw[] | null } = {
  add: [plain, plain],
  sub: [plain, plain],
  mul: [plain, plain],
  div: [plain, apart(0.5, 2)],
  remainder: [within(2.3, 2.6), within(0.95, 1.05)],
  pow: [positive, plain],
  maximum: [near([-1.5, 0.5], 0.3), near([-0.5, 1.5], 0.3)],
  minimum: [near([-1.5, 0.5], 0.3), near([-0.5, 1.5], 0.3)],
  atan2: [apart(0.5, 2), apart(0.5, 2)],
  neg: [plain],
  abs: [apart(0.2, 2)],
  sign: [apart(0.2, 2)],
  square: [plain],
  exp: [plain],
  expm1: [plain],
  log: [positive],
  log1p: [within(-0.5, 2)],
  log2: [positive],
  sqrt: [positive],
  rsqrt: [positive],
  reciprocal: [apart(0.5, 2)],
  sin: [plain],
  cos: [plain],
  tan: [within(-1, 1)],
  tanh: [plain],
  sigmoid: [plain],
  erf: [plain],
  gelu: [plain],
  softplus: [plain],
  floor: [near([-1.5, 0.5, 1.5], 0.3)],
  ceil: [near([-1.5, 0.5, 1.5], 0.3)],
  round: [steps],
  trunc: [near([-1.5, 0.5, 1.5], 0.3)],
  relu: [apart(0.2, 2)],
  leakyRelu: [apart(0.2, 2), within(0.1, 0.5)],
  elu: [apart(0.2, 2), within(0.5, 1.5)],
  silu: [plain],
  clamp: [near([-1.5, 0, 1.5], 0.3), within(-0.9, -0.6), within(0.6, 0.9)],
  eq: null,
  ne: null,
  lt: null,
  le: null,
  gt: null,
  ge: null,
  logicalAnd: null,
  logicalOr: null,
  logicalXor: null,
  logicalNot: null,
  isNan: null,
  isFinite: null,
  where: [plain, plain, plain],
};

/** Layouts that cases of gradients go through in round. */
export const LAYOUT_CYCLE: readonly Layout[] = [
  "dense",
  "transposed",
  "negative",
  "offset",
  "broadcast",
];

const BROADCAST: readonly Shape[] = [[2, 1], [1, 3], [3], []];

function elementwise(name: ElementwiseName): Smooth<ElementwiseOp> {
  const draws = DOMAINS[name];
  if (!draws) return null;
  return function* (dtype) {
    const one = (shape: Shape, p: number, layout: Layout = "dense") =>
      operand(
        shape,
        name === "where" && p === 0 ? "bool" : dtype,
        layout,
        draws[p],
      );
    for (let round = 0; round < 2; round++) {
      yield {
        op: { name },
        inputs: draws.map((_, p) =>
          one([2, 3], p, LAYOUT_CYCLE[(round + p) % LAYOUT_CYCLE.length])
        ),
      };
    }
    if (draws.length === 1) return;
    yield {
      op: { name },
      inputs: draws.map((_, p) => one(BROADCAST[p]!, p)),
    };
    for (let p = 0; p < draws.length; p++) {
      if (name === "where" && p === 0) continue;
      // One tensor beside numbers, each from where its operand is drawn.
      const operands = draws.map((_, q) =>
        q === p || (name === "where" && q === 0)
          ? null
          : NUMBERS[name]?.[q] ?? 0.75
      );
      yield {
        op: { name, operands },
        inputs: draws.flatMap((_, q) =>
          operands[q] === null ? [one([2, 2], q)] : []
        ),
      };
    }
  };
}

/** Numbers that suit an operand where 0.75 does not. */
const NUMBERS: { readonly [N in ElementwiseName]?: readonly number[] } = {
  remainder: [2.5, 1],
  clamp: [0, -0.75, 0.75],
  pow: [1.5, 3],
  maximum: [0, 0],
  minimum: [0, 0],
};

/** The cases of each elementwise primitive. */
export const SMOOTH_ELEMENTWISE: {
  readonly [N in ElementwiseName]: Smooth<ElementwiseOp>;
} = Object.fromEntries(
  (Object.keys(DOMAINS) as ElementwiseName[])
    .map((name) => [name, elementwise(name)]),
) as { readonly [N in ElementwiseName]: Smooth<ElementwiseOp> };
