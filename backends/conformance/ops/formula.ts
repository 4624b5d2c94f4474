/**
 * Formulas: as a map, and as the sum of what the map would give.
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
import { type FormulaMeta, infer } from "@tenfold/core/internal";
import { randomExpr } from "../expressions.ts";
import { ALL_LAYOUTS } from "../layout.ts";
import type { Random } from "../random.ts";
import { EQUAL } from "../scalar_tolerance.ts";
import { common, wholes, within } from "../values.ts";
import { exact } from "./allow.ts";
import {
  BLOCKS,
  EVERY,
  NUMBERS,
  operand,
  subsetsOfDims,
  VECTORS,
} from "./cases.ts";
import { evaluator } from "./evaluate.ts";
import type { SpecFamily } from "./spec.ts";
import { broadcastElement, generate, type Plain } from "./plain.ts";
import { reduceWith, total } from "./reduce.ts";
import {
  formulaInputs,
  NUMBERS_BESIDE,
  smoothFormulas,
} from "./smooth_formulas.ts";

/** The values of a formula at every position, cast to `dtype`. */
function mapped(
  op: MapOp | MapSumOp,
  inputs: readonly Plain[],
  dtype: DType,
): Plain {
  const { formula, scalars } = op;
  const value = evaluator(formula.expr);
  const [{ loop }] = infer(op, inputs) as [FormulaMeta];
  return generate(
    loop,
    dtype,
    (position) =>
      value({
        args: inputs.map((input) => broadcastElement(input, position)),
        scalars,
        position,
      }),
  );
}

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

/** The specs of formulas. */
export const FORMULA_SPECS: SpecFamily<MapOp | MapSumOp> = {
  map: {
    meaning: (op, inputs) => [mapped(op, inputs, op.formula.expr.dtype)],
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
    tolerance: exact,
    *smooth(dtype) {
      for (const formula of smoothFormulas(dtype)) {
        for (const shapes of [[[2, 3], [2, 3], [2, 3]], [[2, 1], [3], []]]) {
          yield {
            op: { name: "map", formula, scalars: NUMBERS_BESIDE },
            inputs: formulaInputs(dtype, shapes),
          };
        }
      }
    },
  },
  mapSum: {
    /** The terms keep the digits of float64. */
    meaning(op, inputs) {
      const terms = mapped(op, inputs, "float64");
      const [result] = infer(op, inputs);
      return reduceWith(
        op,
        terms,
        result!,
        (values) => total(values) / op.divisor,
      );
    },
    dtypes: ["float16", "float32", "float64"],
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
    tolerance: exact,
    *smooth(dtype) {
      for (const [i, formula] of smoothFormulas(dtype).entries()) {
        for (const dims of [[0], [1], [0, 1]]) {
          yield {
            op: {
              name: "mapSum",
              formula,
              scalars: NUMBERS_BESIDE,
              dims,
              keepDim: i % 2 === 0,
              divisor: i % 2 === 0 ? 1 : 3,
            },
            inputs: formulaInputs(dtype, [[2, 3], [3], [2, 1]]),
          };
        }
      }
    },
  },
};
