/**
 * Picking by index.
 *
 * @module
 */
import type { DType, Shape } from "@tenfold/core";
import type { GatherOp } from "@tenfold/core/backend";
import { ALL_LAYOUTS } from "../layout.ts";
import { anything, plain, wholes } from "../values.ts";
import { exact } from "./allow.ts";
import { EVERY, operand, rotated } from "./cases.ts";
import type { SpecFamily } from "./spec.ts";
import { element, generate, withDim } from "./plain.ts";
import {
  ending,
  loopOf,
  type Maker,
  type Trial,
  type Trials,
  viewed,
} from "./trial.ts";

/** Shape of x, dim, shape of the index. */
export const PICKS: readonly (readonly [Shape, number, Shape])[] = [
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

/** The largest index along a dim. */
export const boundOf = (shape: Shape, dim: number): number =>
  Math.max(0, (shape[dim] ?? 1) - 1);

/** The spec of picking by index. */
export const GATHER_SPECS: SpecFamily<GatherOp> = {
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

/** The trials of its routine. */
export const GATHER_TRIALS: { readonly gather: Trials } = {
  gather: { dtypes: EVERY, trial: pick },
};
