/**
 * Cases of formulas: as a map, and as the sum of what the map would give.
 *
 * @module
 */
import { type DType, isFloating, type Shape } from "@tenfold/core";
import {
  arg,
  call,
  castExpr,
  constant,
  type Expr,
  type Formula,
  type MapOp,
  type MapSumOp,
  scalar,
} from "@tenfold/core/backend";
import { randomExpr } from "../expressions.ts";
import { ALL_LAYOUTS } from "../layout.ts";
import type { Random } from "../random.ts";
import { EQUAL } from "../scalar_tolerance.ts";
import { common, wholes, within } from "../values.ts";
import {
  BLOCKS,
  type CaseRow,
  EVERY,
  NUMBERS,
  operand,
  subsetsOfDims,
  VECTORS,
} from "./case.ts";

/** Three inputs that broadcast to one another. */
const TRIPLES: readonly (readonly Shape[])[] = [
  ...[...VECTORS, ...BLOCKS].map((shape) => [shape, shape, shape]),
  [[3, 1], [1, 7], [7]],
  [[2, 3, 5], [], [3, 1]],
  [[1], [33], [1]],
  [[2, 1, 5], [3, 5], [2, 3, 1]],
];

/** A random formula over three inputs, the first of them of `dtype`. */
function randomFormula(
  dtype: DType,
  positions: number,
  random: Random,
): Formula {
  const inputs = [
    dtype,
    random.pick(EVERY.filter((d) => d !== "float64" || dtype === "float64")),
    dtype,
  ];
  const expr = randomExpr(
    { inputs, dtype, scalars: 2, dims: positions, limit: 2 ** 17 },
    4,
    random,
  );
  return { label: "formula", inputs, scalars: 2, expr };
}

const SCALARS: readonly number[] = [3, -2];

/** The cases of `map`. */
export const mapRow: CaseRow<MapOp> = {
  dtypes: NUMBERS,
  *cases(dtype, random) {
    for (const shapes of TRIPLES) {
      const rank = Math.max(...shapes.map((shape) => shape.length));
      for (let l = 0; l < ALL_LAYOUTS.length; l++) {
        const formula = randomFormula(dtype, l % 2 === 0 ? rank : 0, random);
        yield {
          op: { name: "map", formula, scalars: SCALARS },
          inputs: shapes.map((shape, i) =>
            operand(
              shape,
              formula.inputs[i]!,
              ALL_LAYOUTS[(l + 2 * i) % ALL_LAYOUTS.length],
              wholes(-3, 3),
            )
          ),
          tolerance: EQUAL,
        };
      }
    }
    // No input at all: one element.
    yield {
      op: {
        name: "map",
        formula: {
          label: "constant",
          inputs: [],
          scalars: 1,
          expr: call("mul", scalar(0, dtype), constant(7, dtype)),
        },
        scalars: [6],
      },
      inputs: [],
      tolerance: EQUAL,
    };
    if (!isFloating(dtype)) return;
    const [x, y] = [arg(0, dtype), arg(1, dtype)];
    const smooth: readonly Expr[] = [
      call("mul", call("exp", call("neg", call("mul", x, x))), y),
      call("tanh", call("add", call("sin", x), call("sigmoid", y))),
      call(
        "sqrt",
        call("add", call("mul", x, x), call("mul", y, y)),
      ),
    ];
    for (const expr of smooth) {
      yield {
        op: {
          name: "map",
          formula: {
            label: "smooth",
            inputs: [dtype, dtype],
            scalars: 0,
            expr,
          },
          scalars: [],
        },
        inputs: [
          operand([7, 9], dtype, "transposed", within(-2, 2)),
          operand([9], dtype, "negative", within(-2, 2)),
        ],
        tolerance: { epsilons: 32, scale: 1 },
      };
    }
  },
};

/** The cases of `mapSum`. */
export const mapSumRow: CaseRow<MapSumOp> = {
  dtypes: ["float32", "float64"],
  *cases(dtype, random) {
    for (const shapes of TRIPLES) {
      const rank = Math.max(...shapes.map((shape) => shape.length));
      for (const [i, dims] of subsetsOfDims(rank).entries()) {
        for (let l = 0; l < ALL_LAYOUTS.length; l++) {
          const formula = randomFormula(dtype, 0, random);
          yield {
            op: {
              name: "mapSum",
              formula,
              scalars: SCALARS,
              dims,
              keepDim: (i + l) % 2 === 0,
              divisor: [1, 4, -2][l % 3]!,
            },
            inputs: shapes.map((shape, i) =>
              operand(
                shape,
                formula.inputs[i]!,
                ALL_LAYOUTS[(l + 2 * i) % ALL_LAYOUTS.length],
                wholes(-2, 2),
              )
            ),
            tolerance: EQUAL,
          };
        }
      }
    }
    const [x, y] = [arg(0, dtype), castExpr(arg(1, "int32"), dtype)];
    const expr = call("mul", call("sub", x, y), call("sub", x, y));
    for (const shape of [[4099], [60, 70], [70, 3, 20]]) {
      for (const dims of subsetsOfDims(shape.length)) {
        yield {
          op: {
            name: "mapSum",
            formula: {
              label: "squared distance",
              inputs: [dtype, "int32"],
              scalars: 0,
              expr,
            },
            scalars: [],
            dims,
            keepDim: false,
            divisor: 7,
          },
          inputs: [
            operand(shape, dtype, "dense", common),
            operand(shape.slice(-1), "int32", "dense", wholes(-2, 2)),
          ],
          tolerance: { epsilons: 160 },
        };
      }
    }
  },
};
