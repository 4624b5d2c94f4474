import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { DType } from "@tenfold/core";
import {
  arg,
  call,
  castExpr,
  castNumber,
  constant,
  SCALAR_FUNCTIONS,
  type ScalarFacts,
  type ScalarFunction,
} from "@tenfold/core/backend";
import { BACKENDS, checkMap, type Operand } from "./testing.ts";
import { literal } from "./javascript.ts";

const FLOATS = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  -1.5,
  2.5,
  -2.5,
  3.7,
  -3.7,
  1e-8,
  -1e-8,
  0.1,
  -0.1,
  10,
  -10,
  20,
  -20,
  88,
  -88,
  100,
  -100,
  1e10,
  -1e10,
  NaN,
  Infinity,
  -Infinity,
];
const INTEGERS = [
  0,
  1,
  -1,
  2,
  -2,
  3,
  7,
  -7,
  31,
  65536,
  -65537,
  2147483647,
  -2147483648,
];

const VALUES: { readonly [D in DType]: readonly number[] } = {
  bool: [0, 1],
  int32: INTEGERS,
  float16: FLOATS.map((value) => castNumber("float16", value)),
  float32: FLOATS.map(Math.fround),
  float64: FLOATS,
};

const TAKES: { readonly [T in ScalarFacts["takes"]]: readonly DType[] } = {
  numbers: ["int32", "float32", "float64"],
  floats: ["float32", "float64"],
  integers: ["int32"],
  bools: ["bool"],
  any: ["bool", "int32", "float32", "float64"],
};

/** All lists of one value from each of the lists. */
function combinations(lists: readonly (readonly number[])[]): number[][] {
  return lists.reduce<number[][]>(
    (all, list) => all.flatMap((head) => list.map((value) => [...head, value])),
    [[]],
  );
}

/** What each operand of a function may be. */
function domains(name: ScalarFunction, dtype: DType): (readonly number[])[] {
  const { arity }: ScalarFacts = SCALAR_FUNCTIONS[name];
  const values = VALUES[dtype];
  if (name === "select") return [[0, 1], values, values];
  if (name === "shiftRight") return [values, [0, 1, 8, 31]];
  if (name === "threefry") return [INTEGERS, INTEGERS, [0, 1, 99], [0, -5]];
  return new Array(arity).fill(values);
}

function dense(dtype: DType, data: readonly number[]): Operand {
  return { dtype, data, offset: 0, strides: [1] };
}

for (const [how, backend] of BACKENDS) {
  describe(`scalar functions as ${how}`, () => {
    for (const name of Object.keys(SCALAR_FUNCTIONS) as ScalarFunction[]) {
      const { takes }: ScalarFacts = SCALAR_FUNCTIONS[name];
      it(`${name} means what the table says`, () => {
        for (const dtype of TAKES[takes]) {
          const lists = combinations(domains(name, dtype));
          const columns = lists[0]!.map((_, i) => lists.map((row) => row[i]!));
          const dtypes = columns.map((_, i) =>
            name === "select" && i === 0 ? "bool" : dtype
          );
          const expr = call(name, ...dtypes.map((d, i) => arg(i, d)));
          checkMap(
            backend,
            {
              kind: "map",
              rank: 1,
              outputs: [{ dtype: expr.dtype, access: "dense" }],
              inputs: dtypes.map((d) => ({ dtype: d, access: "dense" })),
              exprs: [expr],
              scalars: 0,
            },
            [lists.length],
            [
              dense(expr.dtype, lists.map(() => 0)),
              ...columns.map((column, i) => dense(dtypes[i]!, column)),
            ],
          );
        }
      });
    }

    it("cast truncates, saturates, makes NaN 0 and tells 0 from others", () => {
      const dtypes = Object.keys(VALUES) as DType[];
      for (
        const [from, to] of dtypes.flatMap((a) =>
          dtypes.map((b) => [a, b] as const)
        )
      ) {
        const values = VALUES[from];
        checkMap(
          backend,
          {
            kind: "map",
            rank: 1,
            outputs: [{ dtype: to, access: "dense" }],
            inputs: [{ dtype: from, access: "dense" }],
            exprs: [castExpr(arg(0, from), to)],
            scalars: 0,
          },
          [values.length],
          [dense(to, values.map(() => 0)), dense(from, values)],
        );
      }
    });

    it("select with a zero leaves no trace of what was not chosen", () => {
      for (const dtype of ["float32", "float64"] as const) {
        const values = VALUES[dtype];
        const conditions = [...values.map(() => 0), ...values.map(() => 1)];
        const x = arg(1, dtype);
        for (const zeroFirst of [true, false]) {
          const zero = constant(0, dtype);
          checkMap(
            backend,
            {
              kind: "map",
              rank: 1,
              outputs: [{ dtype, access: "dense" }],
              inputs: [
                { dtype: "bool", access: "dense" },
                { dtype, access: "dense" },
              ],
              exprs: [
                zeroFirst
                  ? call("select", arg(0, "bool"), zero, x)
                  : call("select", arg(0, "bool"), x, zero),
              ],
              scalars: 0,
            },
            [conditions.length],
            [
              dense(dtype, conditions.map(() => 5)),
              dense("bool", conditions),
              dense(dtype, [...values, ...values]),
            ],
          );
        }
      }
    });

    it("constants keep their value, whatever it is", () => {
      for (const value of [...FLOATS, 2 ** 31 - 1, 1e300, 5e-324]) {
        for (const dtype of ["float32", "float64", "int32", "bool"] as const) {
          checkMap(
            backend,
            {
              kind: "map",
              rank: 1,
              outputs: [{ dtype, access: "dense" }],
              inputs: [{ dtype, access: "dense" }],
              exprs: [
                call(
                  "select",
                  constant(1, "bool"),
                  constant(value, dtype),
                  arg(0, dtype),
                ),
              ],
              scalars: 0,
            },
            [1],
            [dense(dtype, [0]), dense(dtype, [castNumber(dtype, 1)])],
          );
        }
      }
    });
  });
}

describe("literal", () => {
  it("writes every number so that an operator may stand before it", () => {
    assertEquals(
      [1.5, -2, -0, NaN, Infinity, -Infinity, 1e-300].map(literal),
      ["1.5", "(-2)", "(-0)", "NaN", "Infinity", "(-Infinity)", "1e-300"],
    );
  });
});
