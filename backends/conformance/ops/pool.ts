/**
 * Max pooling, window by window.
 *
 * @module
 */
import type { Shape } from "@tenfold/core";
import type { MaxPool2dOp } from "@tenfold/core/backend";
import { infer } from "@tenfold/core/internal";
import { ALL_LAYOUTS } from "../layout.ts";
import { anything, common } from "../values.ts";
import { exact } from "./allow.ts";
import { distinct, operand } from "./cases.ts";
import type { SpecFamily } from "./spec.ts";
import { element, generate, type Plain, positions } from "./plain.ts";
import { inside, type Pair, tap, WINDOW } from "./window.ts";

/** Shape, window, stride, padding, dilation, ceil. */
const POOLS: readonly (readonly [Shape, Pair, Pair, Pair, Pair, boolean])[] = [
  [[1, 1, 1], [1, 1], [1, 1], [0, 0], [1, 1], false],
  [[2, 4, 4], [2, 2], [2, 2], [0, 0], [1, 1], false],
  [[2, 3, 7, 5], [2, 2], [2, 2], [0, 0], [1, 1], false],
  [[2, 3, 7, 5], [2, 2], [2, 2], [0, 0], [1, 1], true],
  [[2, 3, 7, 5], [3, 2], [2, 1], [1, 1], [1, 1], false],
  [[2, 3, 7, 5], [3, 3], [2, 2], [1, 1], [1, 1], true],
  [[1, 2, 9, 9], [3, 3], [1, 2], [1, 0], [2, 3], false],
  [[0, 3, 4, 4], [2, 2], [2, 2], [0, 0], [1, 1], false],
  [[33, 1, 6, 6], [2, 3], [2, 3], [0, 0], [1, 1], false],
];

/** The specs of pooling. */
export const POOL_SPECS: SpecFamily<MaxPool2dOp> = {
  maxPool2d: {
    /** The largest elements, and where they are. */
    meaning(op, inputs) {
      const [x] = inputs as [Plain];
      const { shape } = infer(op, inputs)[0]!;
      const rank = shape.length;
      const best = (place: readonly number[]): [number, number] => {
        let found: [number, number] = [-Infinity, -1];
        for (const [k, l] of positions(op.size)) {
          const h = tap(op, 0, place[rank - 2]!, k!);
          const w = tap(op, 1, place[rank - 1]!, l!);
          if (!inside(h, w, x.shape)) continue;
          const value = element(x, [...place.slice(0, -2), h, w]);
          const wins = found[1] < 0 || value > found[0] ||
            (Number.isNaN(value) && !Number.isNaN(found[0]));
          if (wins) found = [value, h * x.shape[rank - 1]! + w];
        }
        return found;
      };
      return [
        generate(shape, x.dtype, (place) => best(place)[0]),
        generate(shape, "int32", (place) => best(place)[1]),
      ];
    },
    dtypes: ["float16", "float32", "float64"],
    *cases(dtype) {
      for (const [shape, size, stride, padding, dilation, ceil] of POOLS) {
        for (const layout of ALL_LAYOUTS) {
          for (const draw of [common, anything]) {
            yield {
              op: { name: "maxPool2d", size, stride, padding, dilation, ceil },
              inputs: [operand(shape, dtype, layout, draw)],
            };
          }
        }
      }
    },
    tolerance: exact,
    *smooth(dtype) {
      yield {
        op: { name: "maxPool2d", size: [2, 2], ceil: false, ...WINDOW },
        inputs: [operand([1, 2, 3, 4], dtype, "dense", distinct(24))],
      };
    },
  },
};
