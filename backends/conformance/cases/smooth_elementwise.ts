/**
 * Cases for the gradients of elementwise primitives, and the numbers at which
 * they are smooth.
 *
 * @module
 */
import type { DType, Shape } from "@tenfold/core";
import type { ElementwiseName, ElementwiseOp, Op } from "@tenfold/core/backend";
import type { Layout } from "../layout.ts";
import { ELEMENTWISE_SPECS } from "../ops/elementwise.ts";
import { type Case, operand } from "./case.ts";

/** The cases of one primitive; null where no result has a gradient. */
export type Smooth<O extends Op> =
  | ((dtype: DType) => Iterable<Case<O>>)
  | null;

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
  const { smooth: draws, numbers } = ELEMENTWISE_SPECS[name];
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
        q === p || (name === "where" && q === 0) ? null : numbers?.[q] ?? 0.75
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

/** The cases of each elementwise primitive. */
export const SMOOTH_ELEMENTWISE: {
  readonly [N in ElementwiseName]: Smooth<ElementwiseOp>;
} = Object.fromEntries(
  (Object.keys(ELEMENTWISE_SPECS) as ElementwiseName[])
    .map((name) => [name, elementwise(name)]),
) as { readonly [N in ElementwiseName]: Smooth<ElementwiseOp> };
