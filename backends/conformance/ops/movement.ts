/**
 * The movements, position by position.
 *
 * @module
 */
import type { DType, Shape } from "@tenfold/core";
import type { MovementOp, Named, Op } from "@tenfold/core/backend";
import { ALL_LAYOUTS } from "../layout.ts";
import { anything, plain } from "../values.ts";
import { exact } from "./allow.ts";
import { BLOCKS, EVERY, operand, ordersOfDims, VECTORS } from "./cases.ts";
import type { Case, Spec, SpecFamily } from "./spec.ts";
import {
  broadcastElement,
  element,
  generate,
  type Plain,
  withDim,
} from "./plain.ts";

type Name = MovementOp["name"];
type OpOf<N extends Name> = Named<MovementOp, N>;

/** The meaning of each movement. */
export function movement(op: MovementOp, [x]: readonly Plain[]): Plain[] {
  const { shape, dtype } = x!;
  switch (op.name) {
    case "reshape":
      return [{ shape: op.shape, dtype, data: x!.data }];
    case "permute":
      return [
        generate(op.dims.map((d) => shape[d]!), dtype, (position) => {
          const from: number[] = [];
          op.dims.forEach((d, i) => from[d] = position[i]!);
          return element(x!, from);
        }),
      ];
    case "expand":
      return [
        generate(op.shape, dtype, (position) => broadcastElement(x!, position)),
      ];
    case "slice":
      return [
        generate(
          withDim(shape, op.dim, op.length),
          dtype,
          (position) => {
            const at = op.start + position[op.dim]! * op.step;
            return element(x!, withDim(position, op.dim, at));
          },
        ),
      ];
    case "unfold": {
      const windows = Math.floor((shape[op.dim]! - op.size) / op.step) + 1;
      return [
        generate(
          [...withDim(shape, op.dim, windows), op.size],
          dtype,
          (position) => {
            const inside = position[shape.length]!;
            const at = position[op.dim]! * op.step + inside;
            return element(
              x!,
              withDim(position.slice(0, -1), op.dim, at),
            );
          },
        ),
      ];
    }
    case "diagonal":
      return [diagonal(x!, op.shift, op.dim1, op.dim2)];
  }
}

/** Elements whose coordinates along two dims differ by `shift`, as last dim. */
function diagonal(
  x: Plain,
  shift: number,
  dim1: number,
  dim2: number,
): Plain {
  const pairs: [number, number][] = [];
  for (let i = 0; i < x.shape[dim1]!; i++) {
    const j = i + shift;
    if (j >= 0 && j < x.shape[dim2]!) pairs.push([i, j]);
  }
  const others = x.shape.map((_, d) => d)
    .filter((d) => d !== dim1 && d !== dim2);
  return generate(
    [...others.map((d) => x.shape[d]!), pairs.length],
    x.dtype,
    (position) => {
      const from: number[] = [];
      others.forEach((d, i) => from[d] = position[i]!);
      [from[dim1], from[dim2]] = pairs[position[others.length]!]!;
      return element(x, from);
    },
  );
}

/** One op on one operand in every layout. */
export function* everyLayout<O extends Op>(
  op: O,
  shape: Shape,
  dtype: DType,
): Iterable<Case<O>> {
  for (const layout of ALL_LAYOUTS) {
    yield { op, inputs: [operand(shape, dtype, layout, anything)] };
  }
}

const SHAPES: readonly Shape[] = [...VECTORS, ...BLOCKS];

/** The parameters of each movement for a shape. */
const MOVEMENTS: {
  readonly [N in MovementOp["name"]]: (
    shape: Shape,
  ) => readonly Omit<OpOf<N>, "name">[];
} = {
  reshape: (shape) => {
    const size = shape.reduce((n, d) => n * d, 1);
    return [
      { shape: [size] },
      { shape: [1, ...shape, 1] },
      { shape: shape.slice().reverse() },
      ...(size % 2 === 0 ? [{ shape: [2, size / 2] }] : []),
      ...(size % 3 === 0 ? [{ shape: [size / 3, 1, 3] }] : []),
    ];
  },
  permute: (shape) => ordersOfDims(shape.length).map((dims) => ({ dims })),
  expand: (shape) => [
    { shape: [3, ...shape] },
    { shape: [2, 1, ...shape] },
    { shape: shape.map((n) => n === 1 ? 5 : n) },
  ],
  slice: (shape) =>
    shape.flatMap((extent, dim) =>
      [
        { start: 0, length: extent, step: 1 },
        { start: 0, length: 0, step: 1 },
        { start: extent - 1, length: extent, step: -1 },
        { start: Math.min(1, extent - 1), length: extent >> 1, step: 1 },
        { start: 0, length: (extent + 1) >> 1, step: 2 },
        { start: extent - 1, length: Math.ceil(extent / 3), step: -3 },
      ]
        .filter(({ length }) => extent > 0 || length === 0)
        .map((part) => ({ dim, ...part, start: Math.max(0, part.start) }))
    ),
  unfold: (shape) =>
    shape.flatMap((extent, dim) =>
      [[1, 1], [2, 1], [2, 2], [3, 2], [2, 3], [extent, 1]]
        .filter(([size]) => size! >= 1 && size! <= extent)
        .map(([size, step]) => ({ dim, size: size!, step: step! }))
    ),
  diagonal: (shape) => {
    const dims = shape.map((_, d) => d);
    return dims.flatMap((dim1) =>
      dims.filter((d) => d !== dim1).flatMap((dim2) =>
        [0, 1, -2, 9].map((shift) => ({ shift, dim1, dim2 }))
      )
    );
  },
};

const MOVES: readonly (readonly [Shape, MovementOp])[] = [
  [[2, 3], { name: "reshape", shape: [3, 1, 2] }],
  [[2, 3, 2], { name: "permute", dims: [2, 0, 1] }],
  [[2, 1, 2], { name: "expand", shape: [2, 2, 3, 2] }],
  [[], { name: "expand", shape: [3] }],
  [[5, 2], { name: "slice", dim: 0, start: 1, length: 2, step: 2 }],
  [[2, 5], { name: "slice", dim: 1, start: 4, length: 3, step: -2 }],
  [[2, 7], { name: "unfold", dim: 1, size: 3, step: 2 }],
  [[5, 2], { name: "unfold", dim: 0, size: 2, step: 1 }],
  [[7], { name: "unfold", dim: 0, size: 2, step: 3 }],
  [[3, 4], { name: "diagonal", shift: 1, dim1: 0, dim2: 1 }],
  [[2, 3, 3], { name: "diagonal", shift: -1, dim1: 2, dim2: 0 }],
];

/** The spec of a movement. */
function spec<N extends Name>(name: N): Spec<OpOf<N>> {
  const parametersOf = MOVEMENTS[name] as (
    shape: Shape,
  ) => readonly Omit<OpOf<N>, "name">[];
  return {
    meaning: movement,
    dtypes: EVERY,
    *cases(dtype) {
      for (const shape of SHAPES) {
        for (const parameters of parametersOf(shape)) {
          const op = { name, ...parameters } as OpOf<N> & MovementOp;
          yield* everyLayout(op, shape, dtype) as Iterable<Case<OpOf<N>>>;
        }
      }
    },
    tolerance: exact,
    *smooth(dtype) {
      for (const [shape, op] of MOVES) {
        if (op.name !== name) continue;
        for (const layout of ["dense", "transposed"] as const) {
          const inputs = [operand(shape, dtype, layout, plain)];
          yield { op: op as OpOf<N> & MovementOp, inputs } as Case<OpOf<N>>;
        }
      }
    },
  };
}

/** The specs of the movements. */
export const MOVEMENT_SPECS: SpecFamily<MovementOp> = {
  reshape: spec("reshape"),
  permute: spec("permute"),
  expand: spec("expand"),
  slice: spec("slice"),
  unfold: spec("unfold"),
  diagonal: spec("diagonal"),
};
