/**
 * What copies elements to their place, and changes in place.
 *
 * @module
 */
import type { Shape } from "@tenfold/core";
import {
  type CastOp,
  type CatOp,
  type CopyOp,
  type MovementOp,
  type PlaceOp,
  type PlaceSumOp,
  sizeOf,
  type UpdateOp,
} from "@tenfold/core/backend";
import { infer } from "@tenfold/core/internal";
import { ALL_LAYOUTS, type Layout } from "../layout.ts";
import { anything, common, EDGES, plain } from "../values.ts";
import { exact, ofSizes } from "./allow.ts";
import { BLOCKS, EVERY, NUMBERS, operand, VECTORS } from "./cases.ts";
import { evaluator } from "./evaluate.ts";
import type { Meaning, SpecFamily } from "./spec.ts";
import { everyLayout, movement } from "./movement.ts";
import {
  broadcastElement,
  element,
  fit,
  generate,
  type Plain,
  withDim,
} from "./plain.ts";
import { updateCases } from "./update_cases.ts";

/** The flat indices of a shape, moved as windows say. */
function placesOf(
  shape: PlaceOp["shape"],
  windows: readonly MovementOp[],
): readonly number[] {
  const data = Array.from({ length: sizeOf(shape) }, (_, i) => i);
  let places: Plain = { shape, dtype: "float64", data };
  for (const window of windows) {
    [places] = movement(window, [places]) as [Plain];
  }
  return [...places.data];
}

/** Outputs with windows in them, and the shape that fits the windows. */
const WINDOWS: readonly (readonly [Shape, Shape, readonly MovementOp[]])[] = [
  [[], [], []],
  [[7], [7], []],
  [[3], [9], [{ name: "slice", dim: 0, start: 2, length: 3, step: 1 }]],
  [[3], [9], [{ name: "slice", dim: 0, start: 8, length: 3, step: -3 }]],
  [[0], [4], [{ name: "slice", dim: 0, start: 0, length: 0, step: 1 }]],
  [[3, 5], [7, 9], [
    { name: "slice", dim: 0, start: 2, length: 3, step: 2 },
    { name: "slice", dim: 1, start: 4, length: 5, step: 1 },
  ]],
  [[5, 3], [3, 5], [{ name: "permute", dims: [1, 0] }]],
  [[3], [3, 5], [{ name: "diagonal", shift: 1, dim1: 0, dim2: 1 }]],
  [[2, 4], [2, 4, 6], [{ name: "diagonal", shift: 0, dim1: 2, dim2: 1 }]],
  [[3, 1, 2], [4, 3, 2], [
    { name: "permute", dims: [1, 0, 2] },
    { name: "slice", dim: 1, start: 3, length: 1, step: -1 },
  ]],
  [[3, 2], [8], [{ name: "unfold", dim: 0, size: 2, step: 3 }]],
  [[2, 6], [12], [{ name: "reshape", shape: [2, 6] }]],
  [[17, 33], [19, 40], [
    { name: "slice", dim: 0, start: 1, length: 17, step: 1 },
    { name: "slice", dim: 1, start: 35, length: 33, step: -1 },
  ]],
];

/** Part of a dim. */
const part = (
  dim: number,
  start: number,
  length: number,
  step = 1,
): readonly MovementOp[] => [{ name: "slice", dim, start, length, step }];

/** The whole, and for each input its shape and the way to its place. */
const SUMS: readonly (readonly [
  Shape,
  readonly (readonly [Shape, readonly MovementOp[]])[],
])[] = [
  [[], [[[], []]]],
  [[7], [[[7], []], [[7], []]]],
  [[9], [[[3], part(0, 2, 3)], [[3], part(0, 8, 3, -3)], [[0], part(0, 0, 0)]]],
  [[5, 4], [
    [[1, 4], part(0, 3, 1)],
    [[5, 4], []],
    [[5, 2], part(1, 1, 2)],
    [[2, 4], part(0, 2, 2)],
  ]],
  [[4, 5], [
    [[4], [{ name: "diagonal", shift: 0, dim1: 0, dim2: 1 }]],
    [[4], [{ name: "diagonal", shift: 1, dim1: 0, dim2: 1 }]],
    [[5, 4], [{ name: "permute", dims: [1, 0] }]],
  ]],
  [[10], [
    [[3, 2], [{ name: "unfold", dim: 0, size: 2, step: 3 }]],
    [[2, 5], [{ name: "reshape", shape: [2, 5] }]],
  ]],
  [
    [17, 3],
    Array.from({ length: 17 }, (_, i) => [[1, 3], part(0, i, 1)] as const),
  ],
];

/** Every element is added where it goes. */
const placeSum: Meaning<PlaceSumOp> = ({ shape, places }, inputs) => {
  const { dtype } = inputs[0]!;
  const data: number[] = new Array(sizeOf(shape)).fill(0);
  inputs.forEach((x, k) =>
    placesOf(shape, places[k]!).forEach((place, i) => {
      const sum = data[place]! + x.data[i]!;
      data[place] = dtype === "int32" ? sum | 0 : sum;
    })
  );
  return [{ shape, dtype, data }];
};

/** The specs of what copies elements to their place. */
export const ASSIGN_SPECS: SpecFamily<
  CastOp | CopyOp | PlaceOp | PlaceSumOp | CatOp | UpdateOp
> = {
  cast: {
    meaning: (op, [x]) => [{
      shape: x!.shape,
      dtype: op.dtype,
      data: x!.data.map((value) => fit(op.dtype, value)),
    }],
    dtypes: EVERY,
    *cases(dtype) {
      for (const to of EVERY) {
        const op = { name: "cast", dtype: to } as const;
        for (const shape of [[], [7], [33], [0], [3, 7], [2, 3, 5]]) {
          yield* everyLayout(op, shape, dtype);
        }
        // Halves and whole numbers around the edge of int32, out of range too.
        const edges = [
          ...EDGES[dtype],
          ...EDGES.int32,
          ...EDGES.float32,
          ...[0.999, -0.999, 1.999, 2147483520, 2147483904, -2147483904],
        ];
        yield {
          op,
          inputs: [operand([edges.length], dtype, "dense", edges)],
        };
      }
    },
    tolerance: exact,
    *smooth(dtype) {
      yield {
        op: { name: "cast", dtype },
        inputs: [operand([2, 3], dtype, "transposed", plain)],
      };
      if (dtype !== "float64") return;
      yield {
        op: { name: "cast", dtype: "float64" },
        inputs: [operand([3], "float32", "dense", plain)],
      };
    },
  },
  copy: {
    meaning: (_, [x]) => [x!],
    dtypes: EVERY,
    *cases(dtype) {
      for (const shape of [...VECTORS, ...BLOCKS, [130, 70]]) {
        yield* everyLayout({ name: "copy" }, shape, dtype);
      }
      const edges = EDGES[dtype];
      yield {
        op: { name: "copy" },
        inputs: [operand([edges.length], dtype, "dense", edges)],
      };
    },
    tolerance: exact,
    *smooth(dtype) {
      yield {
        op: { name: "copy" },
        inputs: [operand([2, 3], dtype, "transposed", plain)],
      };
    },
  },
  place: {
    meaning(op, [x]) {
      const data: number[] = new Array(sizeOf(op.shape))
        .fill(fit(x!.dtype, op.value));
      placesOf(op.shape, op.windows).forEach((place, i) =>
        data[place] = x!.data[i]!
      );
      return [{ shape: op.shape, dtype: x!.dtype, data }];
    },
    dtypes: EVERY,
    *cases(dtype) {
      const values = dtype === "bool"
        ? [0, 1]
        : dtype === "int32"
        ? [0, -7]
        : [0, -2.5, NaN, -Infinity];
      for (const [inner, shape, windows] of WINDOWS) {
        for (const value of values) {
          for (const layout of ALL_LAYOUTS) {
            yield {
              op: { name: "place", shape, value, windows },
              inputs: [operand(inner, dtype, layout)],
            };
          }
        }
      }
    },
    tolerance: exact,
    *smooth(dtype) {
      yield {
        op: {
          name: "place",
          shape: [4, 5],
          value: 0.5,
          windows: [
            { name: "slice", dim: 0, start: 3, length: 2, step: -2 },
            { name: "slice", dim: 1, start: 1, length: 3, step: 1 },
          ],
        },
        inputs: [operand([2, 3], dtype, "negative", plain)],
      };
      yield {
        op: {
          name: "place",
          shape: [3, 4],
          value: 0,
          windows: [{ name: "diagonal", shift: 1, dim1: 0, dim2: 1 }],
        },
        inputs: [operand([3], dtype, "dense", plain)],
      };
    },
  },
  placeSum: {
    meaning: placeSum,
    dtypes: NUMBERS,
    *cases(dtype) {
      for (const [shape, parts] of SUMS) {
        for (let l = 0; l < ALL_LAYOUTS.length; l++) {
          yield {
            op: {
              name: "placeSum",
              shape,
              places: parts.map(([, windows]) => windows),
            },
            inputs: parts.map(([inner], i) =>
              operand(
                inner,
                dtype,
                ALL_LAYOUTS[(l + i) % ALL_LAYOUTS.length],
                common,
              )
            ),
          };
        }
      }
    },
    tolerance: (op, inputs) => ofSizes(placeSum, op, inputs, inputs.length),
    *smooth(dtype) {
      yield {
        op: {
          name: "placeSum",
          shape: [4, 3],
          places: [
            [{ name: "slice", dim: 0, start: 1, length: 2, step: 1 }],
            [],
            [{ name: "diagonal", shift: 0, dim1: 0, dim2: 1 }],
          ],
        },
        inputs: [
          operand([2, 3], dtype, "negative", plain),
          operand([4, 3], dtype, "transposed", plain),
          operand([3], dtype, "dense", plain),
        ],
      };
    },
  },
  cat: {
    meaning(op, inputs) {
      const { shape, dtype } = infer(op, inputs)[0]!;
      return [
        generate(shape, dtype, (position) => {
          let at = position[op.dim]!;
          const input = inputs.find((x) => {
            if (at < x.shape[op.dim]!) return true;
            at -= x.shape[op.dim]!;
            return false;
          })!;
          return element(input, withDim(position, op.dim, at));
        }),
      ];
    },
    dtypes: EVERY,
    *cases(dtype) {
      const lists: readonly (readonly [number, readonly Shape[]])[] = [
        [0, [[3]]],
        [0, [[3], [0], [17]]],
        [0, [[0], [0]]],
        [0, [[2, 3], [1, 3], [4, 3]]],
        [1, [[3, 2], [3, 7], [3, 1]]],
        [1, [[2, 3, 5], [2, 1, 5], [2, 4, 5]]],
        [2, [[2, 3, 5], [2, 3, 33]]],
        [0, Array.from({ length: 12 }, (_, i) => [i, 2])],
      ];
      for (const [dim, shapes] of lists) {
        for (let l = 0; l < ALL_LAYOUTS.length; l++) {
          const layoutOf = (i: number): Layout =>
            ALL_LAYOUTS[(l + i) % ALL_LAYOUTS.length]!;
          yield {
            op: { name: "cat", dim },
            inputs: shapes.map((shape, i) =>
              operand(shape, dtype, layoutOf(i), anything)
            ),
          };
        }
      }
      for (const other of EVERY) {
        yield {
          op: { name: "cat", dim: 0 },
          inputs: [
            operand([4], other, "dense", common),
            operand([5], dtype, "negative", common),
            operand([1], other, "dense", common),
          ],
        };
      }
    },
    tolerance: exact,
    *smooth(dtype) {
      yield {
        op: { name: "cat", dim: 1 },
        inputs: [
          operand([2, 1], dtype, "dense", plain),
          operand([2, 3], dtype, "transposed", plain),
          operand([2, 0], dtype, "dense", plain),
          operand([2, 2], dtype, "dense", plain),
        ],
      };
    },
  },
  update: {
    /**
     * What each target holds afterwards. Every expression sees the inputs as
     * they were before.
     */
    meaning(op, inputs) {
      return inputs.slice(0, op.targets).map((target, t) => {
        const value = evaluator(op.program.exprs[t]!);
        return generate(
          target.shape,
          target.dtype,
          (position) =>
            value({
              args: inputs.map((input) => broadcastElement(input, position)),
              scalars: op.scalars,
              position,
            }),
        );
      });
    },
    dtypes: EVERY,
    cases: updateCases,
    tolerance: exact,
    smooth: null,
  },
};
