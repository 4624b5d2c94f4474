/**
 * Combining with elements where an index says.
 *
 * @module
 */
import { type DType, isFloating } from "@tenfold/core";
import type { ScatterOp } from "@tenfold/core/backend";
import { ALL_LAYOUTS } from "../layout.ts";
import {
  anything,
  common,
  type Draw,
  plain,
  wholes,
  wrapping,
} from "../values.ts";
import { equal, extentAlong, ofSizes, sizes } from "./allow.ts";
import { distinct, EVERY, NUMBERS, operand, rotated } from "./cases.ts";
import { boundOf, PICKS } from "./gather.ts";
import { element, fit, flatIndex, positions, withDim } from "./plain.ts";
import type { Meaning, Spec, SpecFamily } from "./spec.ts";
import {
  ending,
  loopOf,
  type Maker,
  type Trial,
  type Trials,
} from "./trial.ts";

type Name = ScatterOp["name"];

/** What two elements become; integers wrap. */
const COMBINE: { readonly [N in Name]: (a: number, b: number) => number } = {
  scatterAdd: (a, b) => a + b,
  scatterProd: (a, b) => a * b,
  scatterMax: Math.max,
  scatterMin: Math.min,
};

/** Combines in the order of the index. */
const scatter: Meaning<ScatterOp> = (op, [x, index, src]) => {
  const { shape, dtype } = x!;
  const data = x!.data.slice();
  const wraps = dtype === "int32";
  for (const position of positions(index!.shape)) {
    const target = shape.length === 0
      ? []
      : withDim(position, op.dim, element(index!, position));
    const at = flatIndex(shape, target);
    const added = fit(dtype, element(src!, position));
    data[at] = wraps && op.name === "scatterProd"
      ? Math.imul(data[at]!, added)
      : COMBINE[op.name](data[at]!, added);
    if (wraps) data[at] = data[at]! | 0;
  }
  return [{ shape, dtype, data: data.map((value) => fit(dtype, value)) }];
};

const drawOf = (name: Name, dtype: DType): Draw => {
  if (dtype === "int32") return wrapping;
  if (name === "scatterAdd") return common;
  // Products of many stay in range.
  return name === "scatterProd"
    ? (random) => random.chance(0.05) ? 0 : random.between(0.5, 1.5)
    : anything;
};

const specOf = (name: Name): Spec<ScatterOp> => ({
  meaning: scatter,
  dtypes: EVERY,
  *cases(dtype) {
    const draw = drawOf(name, dtype);
    for (const [shape, dim, index] of PICKS) {
      for (let l = 0; l < ALL_LAYOUTS.length; l++) {
        for (const round of [0, 3]) {
          const layoutOf = (i: number) =>
            round === 0 ? "dense" : rotated(l + round + i);
          yield {
            op: { name, dim },
            inputs: [
              operand(shape, dtype, rotated(l), draw),
              operand(
                index,
                "int32",
                layoutOf(1),
                wholes(0, boundOf(shape, dim)),
              ),
              // The source may be larger than the index.
              operand(
                index.map((n) => l % 2 === 0 ? n : n + 1),
                dtype,
                layoutOf(2),
                draw,
              ),
            ],
          };
        }
      }
    }
    // One index for each row, longer than a vector, of numbers or of one.
    for (const layout of ["dense", "splat"] as const) {
      yield {
        op: { name, dim: 0 },
        inputs: [
          operand([4, 37], dtype, "dense", draw),
          operand([6, 37], "int32", "splat", wholes(0, 3)),
          operand([6, 37], dtype, layout, draw),
        ],
      };
    }
    for (const other of EVERY) {
      // Floats are not combined with integers, nor these with bools.
      if (isFloating(other) && !isFloating(dtype)) continue;
      if (other === "int32" && dtype === "bool") continue;
      yield {
        op: { name, dim: 0 },
        inputs: [
          operand([4, 3], dtype),
          operand([6, 3], "int32", "dense", wholes(0, 3)),
          operand([6, 3], other),
        ],
      };
    }
  },
  tolerance(op, [x, index, src]) {
    if (name === "scatterMax" || name === "scatterMin") return equal();
    const [a, b] = sizes([x!, src!]);
    const all = [a!, index!, b!];
    return ofSizes(scatter, op, all, extentAlong(op, index!));
  },
  *smooth(dtype) {
    const numbers = distinct(16);
    const index = operand([4, 2], "int32", "dense", wholes(0, 2));
    const extreme = name === "scatterMax" || name === "scatterMin";
    yield {
      op: { name, dim: 0 },
      inputs: [
        operand(
          [3, 2],
          dtype,
          "transposed",
          extreme ? numbers.slice(10) : plain,
        ),
        index,
        operand([5, 2], dtype, "dense", extreme ? numbers.slice(0, 10) : plain),
      ],
    };
  },
});

/** The specs of what combines where an index says. */
export const SCATTER_SPECS: SpecFamily<ScatterOp> = {
  scatterAdd: specOf("scatterAdd"),
  scatterProd: specOf("scatterProd"),
  scatterMax: specOf("scatterMax"),
  scatterMin: specOf("scatterMin"),
};

const trialOf = (name: Name) => (maker: Maker, dtype: DType): Trial => {
  const { random } = maker;
  const shape = loopOf(random);
  const bound = random.whole(1, 9);
  const out = maker.output(ending(shape, bound), dtype);
  const index = maker.input(shape, "int32", () => random.whole(0, bound - 1));
  const src = maker.input(shape, dtype);
  return {
    name,
    shape,
    outputs: [out],
    inputs: [index, src],
    scalars: [bound],
    op: { name, dim: shape.length - 1 },
    plains: [
      maker.plain(out, dtype),
      maker.plain(index, "int32"),
      maker.plain(src, dtype),
    ],
  };
};

/** The trials of their routines. */
export const SCATTER_TRIALS: { readonly [N in Name]: Trials } = {
  scatterAdd: { dtypes: NUMBERS, trial: trialOf("scatterAdd") },
  scatterProd: { dtypes: NUMBERS, trial: trialOf("scatterProd") },
  scatterMax: { dtypes: NUMBERS, trial: trialOf("scatterMax") },
  scatterMin: { dtypes: NUMBERS, trial: trialOf("scatterMin") },
};
