/**
 * Picking by index, and adding where an index says.
 *
 * @module
 */
import { type DType, isFloating, type Shape } from "@tenfold/core";
import type { GatherOp, ScatterAddOp } from "@tenfold/core/backend";
import { ALL_LAYOUTS } from "../layout.ts";
import {
  anything,
  common,
  type Draw,
  plain,
  wholes,
  wrapping,
} from "../values.ts";
import { exact, extentAlong, ofSizes, sizes } from "./allow.ts";
import { EVERY, NUMBERS, operand, rotated } from "./cases.ts";
import type { Meaning, SpecFamily } from "./spec.ts";
import {
  element,
  fit,
  flatIndex,
  generate,
  positions,
  withDim,
} from "./plain.ts";
import {
  ending,
  loopOf,
  type Maker,
  type Trial,
  type Trials,
  viewed,
} from "./trial.ts";

/** Sums in the order of the index. */
const scatterAdd: Meaning<ScatterAddOp> = (op, [x, index, src]) => {
  const { shape, dtype } = x!;
  const data = x!.data.slice();
  for (const position of positions(index!.shape)) {
    const target = shape.length === 0
      ? []
      : withDim(position, op.dim, element(index!, position));
    const at = flatIndex(shape, target);
    const sum = data[at]! + fit(dtype, element(src!, position));
    data[at] = dtype === "int32" ? sum | 0 : sum;
  }
  return [{ shape, dtype, data: data.map((value) => fit(dtype, value)) }];
};

/** Shape of x, dim, shape of the index. */
const PICKS: readonly (readonly [Shape, number, Shape])[] = [
  [[], 0, []],
  [[1], 0, [3]],
  [[7], 0, [0]],
  [[7], 0, [17]],
  [[33], 0, [33]],
  [[3, 7], 0, [5, 7]],
  [[3, 7], 1, [3, 9]],
  [[3, 7], 1, [2, 3]],
  [[17, 3], 0, [33, 2]],
  [[1, 5], 0, [4, 5]],
  [[2, 3, 5], 0, [4, 3, 5]],
  [[2, 3, 5], 1, [2, 7, 5]],
  [[2, 3, 5], 2, [1, 3, 9]],
  [[3, 0, 2], 0, [3, 0, 2]],
  [[2, 1, 3, 2], 2, [2, 1, 5, 2]],
  [[300, 3], 0, [900, 3]],
  [[40, 50], 1, [40, 60]],
];

const boundOf = (shape: Shape, dim: number): number =>
  Math.max(0, (shape[dim] ?? 1) - 1);

/** The specs of what an index steers. */
export const GATHER_SPECS: SpecFamily<GatherOp | ScatterAddOp> = {
  gather: {
    meaning(op, [x, index]) {
      return [
        generate(
          index!.shape,
          x!.dtype,
          (position) =>
            x!.shape.length === 0 ? x!.data[0]! : element(
              x!,
              withDim(position, op.dim, element(index!, position)),
            ),
        ),
      ];
    },
    dtypes: EVERY,
    *cases(dtype) {
      for (const [shape, dim, index] of PICKS) {
        for (let l = 0; l < ALL_LAYOUTS.length; l++) {
          for (const round of [0, 3]) {
            yield {
              op: { name: "gather", dim },
              inputs: [
                operand(shape, dtype, rotated(l), anything),
                operand(
                  index,
                  "int32",
                  round === 0 ? "dense" : rotated(l + round),
                  wholes(0, boundOf(shape, dim)),
                ),
              ],
            };
          }
        }
      }
    },
    tolerance: exact,
    *smooth(dtype) {
      yield {
        op: { name: "gather", dim: 1 },
        inputs: [
          operand([2, 3], dtype, "transposed", plain),
          operand([2, 5], "int32", "dense", wholes(0, 2)),
        ],
      };
      yield {
        op: { name: "gather", dim: 0 },
        inputs: [
          operand([4, 3], dtype, "dense", plain),
          operand([3, 2], "int32", "dense", wholes(0, 3)),
        ],
      };
    },
  },
  scatterAdd: {
    meaning: scatterAdd,
    dtypes: NUMBERS,
    *cases(dtype) {
      const draw: Draw = dtype === "int32" ? wrapping : common;
      for (const [shape, dim, index] of PICKS) {
        for (let l = 0; l < ALL_LAYOUTS.length; l++) {
          for (const round of [0, 3]) {
            const layoutOf = (i: number) =>
              round === 0 ? "dense" : rotated(l + round + i);
            yield {
              op: { name: "scatterAdd", dim },
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
      for (const other of EVERY) {
        // Floats are not added into integers.
        if (isFloating(other) && !isFloating(dtype)) continue;
        yield {
          op: { name: "scatterAdd", dim: 0 },
          inputs: [
            operand([4, 3], dtype),
            operand([6, 3], "int32", "dense", wholes(0, 3)),
            operand([6, 3], other),
          ],
        };
      }
    },
    tolerance(op, [x, index, src]) {
      const [a, b] = sizes([x!, src!]);
      const all = [a!, index!, b!];
      return ofSizes(scatterAdd, op, all, extentAlong(op, index!));
    },
    *smooth(dtype) {
      yield {
        op: { name: "scatterAdd", dim: 0 },
        inputs: [
          operand([3, 2], dtype, "transposed", plain),
          operand([4, 2], "int32", "dense", wholes(0, 2)),
          operand([5, 2], dtype, "dense", plain),
        ],
      };
    },
  },
};

function pick(maker: Maker, dtype: DType): Trial {
  const { random } = maker;
  const shape = loopOf(random);
  const bound = random.whole(1, 9);
  const x = maker.input(ending(shape, bound), dtype);
  const index = maker.input(shape, "int32", () => random.whole(0, bound - 1));
  return {
    name: "gather",
    shape,
    outputs: [maker.output(shape, dtype)],
    inputs: [viewed(x, shape, x.view.strides), index],
    scalars: [bound],
    op: { name: "gather", dim: shape.length - 1 },
    plains: [maker.plain(x, dtype), maker.plain(index, "int32")],
  };
}

function add(maker: Maker, dtype: DType): Trial {
  const { random } = maker;
  const shape = loopOf(random);
  const bound = random.whole(1, 9);
  const out = maker.output(ending(shape, bound), dtype);
  const index = maker.input(shape, "int32", () => random.whole(0, bound - 1));
  const src = maker.input(shape, dtype);
  return {
    name: "scatterAdd",
    shape,
    outputs: [out],
    inputs: [index, src],
    scalars: [bound],
    op: { name: "scatterAdd", dim: shape.length - 1 },
    plains: [
      maker.plain(out, dtype),
      maker.plain(index, "int32"),
      maker.plain(src, dtype),
    ],
  };
}

/** The trials of their routines. */
export const GATHER_TRIALS: {
  readonly gather: Trials;
  readonly scatterAdd: Trials;
} = {
  gather: { dtypes: EVERY, trial: pick },
  scatterAdd: { dtypes: NUMBERS, trial: add },
};
