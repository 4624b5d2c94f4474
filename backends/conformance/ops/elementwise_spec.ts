/**
 * From the row of an elementwise primitive to its spec: every layout,
 * broadcasting, numbers among the operands, mixed dtypes, and the edges of each
 * dtype.
 *
 * @module
 */
import { type DType, isFloating, type Shape } from "@tenfold/core";
import {
  computeDType,
  ELEMENTWISE,
  type ElementwiseName,
  type ElementwiseOp,
} from "@tenfold/core/backend";
import { type ElementwiseMeta, infer } from "@tenfold/core/internal";
import { ALL_LAYOUTS, type Layout } from "../layout.ts";
import type { Random } from "../random.ts";
import { type Draw, EDGES } from "../values.ts";
import { BLOCKS, EVERY, LAYOUT_CYCLE, operand, VECTORS } from "./cases.ts";
import type { Case, Smooth, Spec, ToleranceRule } from "./spec.ts";
import { broadcastElement, fit, generate, type Plain } from "./plain.ts";

/** The value from operands of one dtype, in float64; int32 wraps. */
export type ScalarFormula = (...operands: number[]) => number;

/** The distribution of one operand. */
export interface Domain {
  /** The numbers of ordinary cases. */
  readonly draw: Draw;
  /** The edges that make sense for it; all of the dtype's where left out. */
  readonly edges?: readonly number[];
}

/** What the suite knows of one elementwise primitive. */
export interface ElementwiseRow {
  /** Its value, for floats and for everything that does not wrap. */
  readonly formula: ScalarFormula;
  /** Where the operands of its cases come from. */
  readonly domains: readonly Domain[];
  /** Where its gradient is smooth; null where the result is not a float. */
  readonly smooth: readonly Draw[] | null;
  /** How far a backend may be from the formula. */
  readonly tolerance: ToleranceRule<ElementwiseOp>;
  /** Its value for int32, where results wrap. */
  readonly integer?: ScalarFormula;
  /** Numbers beside a tensor at which it is smooth, where 0.75 is not. */
  readonly numbers?: readonly number[];
}

/** The operands of an op in order: tensors and numbers. */
function operandsOf(
  op: ElementwiseOp,
  inputs: readonly Plain[],
): (Plain | number)[] {
  let next = 0;
  return Array.from(
    { length: ELEMENTWISE[op.name].arity },
    (_, i) => op.operands?.[i] ?? inputs[next++]!,
  );
}

/**
 * Applies a formula to the operands of an op, brought to their common dtype,
 * at each position of its result.
 */
export function overOperands(
  op: ElementwiseOp,
  inputs: readonly Plain[],
  dtype: DType,
  formula: ScalarFormula,
): Plain {
  const [{ shape, compute }] = infer(op, inputs) as [ElementwiseMeta];
  const operands = operandsOf(op, inputs);
  const selects = ELEMENTWISE[op.name].rule === "select";
  return generate(shape, dtype, (position) => {
    const values = operands.map((operand, i) => {
      const value = typeof operand === "number"
        ? operand
        : broadcastElement(operand, position);
      return fit(selects && i === 0 ? "bool" : computeDType(compute), value);
    });
    return formula(...values);
  });
}

/** Shapes that broadcast, as many as the widest primitive has operands. */
const BROADCASTS: readonly (readonly Shape[])[] = [
  [[3, 1], [1, 7], [7], []],
  [[7], [3, 7], [3, 1], [1]],
  [[], [17], [1], [17]],
  [[2, 3, 5], [3, 1], [1, 1, 5], [2, 1, 1]],
  [[1], [33], [33], []],
  [[0], [1], [], [0]],
  [[2], [3, 0, 2], [3, 1, 1], [1, 2]],
];

/** Numbers as operands: each dtype must take all of them. */
const OPERANDS: readonly number[] = [2, -3, 0.5, 0, 2.75];

function* layoutCases(
  name: ElementwiseName,
  domains: readonly Domain[],
  dtype: DType,
): Iterable<Case<ElementwiseOp>> {
  const layoutsOf = (first: number) =>
    domains.map((_, p) => ALL_LAYOUTS[(first + 3 * p) % ALL_LAYOUTS.length]!);
  for (const shape of [...VECTORS, ...BLOCKS]) {
    for (let l = 0; l < ALL_LAYOUTS.length; l++) {
      const layouts = layoutsOf(l);
      yield {
        op: { name },
        inputs: domains.map(({ draw }, p) =>
          operand(shape, dtype, layouts[p], draw)
        ),
      };
    }
  }
  if (domains.length === 1) return;
  // One operand in each layout while the others are dense.
  for (const layout of ALL_LAYOUTS) {
    for (let own = 0; own < domains.length; own++) {
      yield {
        op: { name },
        inputs: domains.map(({ draw }, p) =>
          operand([5, 9], dtype, p === own ? layout : "dense", draw)
        ),
      };
    }
  }
  for (const shapes of BROADCASTS) {
    for (const layouts of [domains.map(() => "dense" as const), layoutsOf(2)]) {
      for (let round = 0; round < domains.length; round++) {
        yield {
          op: { name },
          inputs: domains.map(({ draw }, p) =>
            operand(
              shapes[(p + round) % domains.length]!,
              dtype,
              layouts[p],
              draw,
            )
          ),
        };
      }
    }
  }
}

function* mixedCases(
  name: ElementwiseName,
  domains: readonly Domain[],
  dtype: DType,
): Iterable<Case<ElementwiseOp>> {
  for (let p = 0; p < domains.length; p++) {
    // Numbers in the place of one operand, and of all others.
    for (const value of OPERANDS) {
      for (const one of [true, false]) {
        const operands = domains.map((_, q) =>
          (q === p) === one ? value : null
        );
        if (!operands.includes(null)) continue;
        yield {
          op: { name, operands },
          inputs: domains.filter((_, q) => operands[q] === null)
            .map(({ draw }) => operand([3, 5], dtype, "dense", draw)),
        };
      }
    }
    for (const other of EVERY) {
      if (other === dtype || domains.length === 1) continue;
      yield {
        op: { name },
        inputs: domains.map(({ draw }, q) =>
          operand([4, 5], q === p ? other : dtype, "dense", draw)
        ),
      };
    }
  }
}

/** All pairs of edges; of three and more a sample. */
function* edgeCases(
  name: ElementwiseName,
  domains: readonly Domain[],
  dtype: DType,
  random: Random,
): Iterable<Case<ElementwiseOp>> {
  const lists = domains.map(({ edges }) => edges ?? EDGES[dtype]);
  const [first, second] = lists;
  const rows: number[][] = lists.length === 1
    ? first!.map((x) => [x])
    : lists.length === 2
    ? first!.flatMap((x) => second!.map((y) => [x, y]))
    : Array.from({ length: 600 }, () => lists.map((list) => random.pick(list)));
  yield {
    op: { name },
    inputs: lists.map((_, p) =>
      operand([rows.length], dtype, "dense", rows.map((row) => row[p]!))
    ),
  };
}

const SMOOTH_BROADCAST: readonly Shape[] = [[2, 1], [1, 3], [3], []];

function smoothCases(
  name: ElementwiseName,
  draws: readonly Draw[],
  numbers: readonly number[] | undefined,
): Smooth<ElementwiseOp> {
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
      inputs: draws.map((_, p) => one(SMOOTH_BROADCAST[p]!, p)),
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

/** The spec of an elementwise primitive. */
export function elementwiseSpec(
  name: ElementwiseName,
  { formula, integer, domains, tolerance, smooth, numbers }: ElementwiseRow,
): Spec<ElementwiseOp> {
  return {
    meaning(op, inputs) {
      const [{ compute, dtype }] = infer(op, inputs) as [ElementwiseMeta];
      const scalar = (compute === "int32" && integer) || formula;
      return [overOperands(op, inputs, dtype, scalar)];
    },
    dtypes: EVERY,
    *cases(dtype, random) {
      yield* layoutCases(name, domains, dtype);
      yield* mixedCases(name, domains, dtype);
      yield* edgeCases(name, domains, dtype, random);
      // One long loop, past the bodies that are unrolled.
      if (isFloating(dtype)) {
        yield {
          op: { name },
          inputs: domains.map(({ draw }) =>
            operand([1031], dtype, "dense", draw)
          ),
        };
      }
    },
    tolerance,
    smooth: smooth && smoothCases(name, smooth, numbers),
  };
}
