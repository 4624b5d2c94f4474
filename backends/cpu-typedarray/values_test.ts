import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { DType } from "@tenfold/core";
import {
  type Access,
  arg,
  call,
  castExpr,
  type ComputeDType,
  constant,
  type Expr,
  indexAlong,
  type MapKernel,
  scalar,
  SCALAR_FUNCTIONS,
  type ScalarFunction,
} from "@tenfold/core/backend";
import * as fc from "fast-check";
import { BACKENDS, laid, run } from "./testing.ts";

/** Functions that both ways compute to the last bit, by their operands. */
const FUNCTIONS: { readonly [D in ComputeDType]: readonly ScalarFunction[] } = {
  float32: [
    "add",
    "sub",
    "mul",
    "div",
    "max",
    "min",
    "neg",
    "abs",
    "sign",
    "floor",
    "round",
    "sqrt",
    "log",
    "softplus",
    "remainder",
    "eq",
    "lt",
    "ge",
    "isNan",
    "isFinite",
    "select",
  ],
  float64: ["add", "mul", "div", "max", "tanh", "exp", "gelu", "ne", "select"],
  int32: [
    "add",
    "sub",
    "mul",
    "remainder",
    "pow",
    "max",
    "min",
    "neg",
    "abs",
    "shiftRight",
    "bitAnd",
    "le",
    "gt",
    "select",
  ],
  bool: ["and", "or", "xor", "not", "eq", "select"],
};
const DTYPES = Object.keys(FUNCTIONS) as ComputeDType[];
const ACCESSES: readonly Access[] = [
  "dense",
  "uniform",
  "row",
  "splat",
  "strided",
];

/** Leaves that every expression can use: each dtype has one at least. */
const LEAVES: readonly Expr[] = [
  ...DTYPES.map((dtype, i) => arg(i, dtype)),
  ...DTYPES.map((dtype) => constant(0, dtype)),
  constant(-1.5, "float32"),
  constant(3, "int32"),
  scalar(0, "float32"),
  scalar(1, "int32"),
  indexAlong(0),
  indexAlong(1),
];

/** A graph from a list of choices, each of which adds one node. */
function build(choices: readonly (readonly number[])[]): Expr[] {
  const nodes = LEAVES.slice();
  const pick = (choice: number, dtype?: DType) => {
    const fitting = nodes.filter((node) => !dtype || node.dtype === dtype);
    return fitting[choice % fitting.length]!;
  };
  for (const [what = 0, a = 0, b = 0, c = 0] of choices) {
    const first = pick(a);
    const dtype = first.dtype as ComputeDType;
    if (what % 5 === 0) {
      nodes.push(castExpr(first, DTYPES[b % 4]!));
      continue;
    }
    const fn = FUNCTIONS[dtype][what % FUNCTIONS[dtype].length]!;
    if (fn === "select") {
      nodes.push(call(fn, pick(c, "bool"), first, pick(b, dtype)));
    } else if (fn === "shiftRight") {
      nodes.push(call(fn, first, constant(b % 32, "int32")));
    } else {
      const unary = SCALAR_FUNCTIONS[fn].arity === 1;
      nodes.push(unary ? call(fn, first) : call(fn, first, pick(b, dtype)));
    }
  }
  return nodes.slice(-2);
}

describe("generated code and closures", () => {
  it("agree on any expression, to the last bit", () => {
    const choice = fc.array(fc.nat(1000), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.array(choice, { minLength: 2, maxLength: 12 }),
        fc.array(fc.constantFrom(...ACCESSES), { minLength: 4, maxLength: 4 }),
        fc.nat(100),
        (choices, accesses, seed) => {
          const shape = [3, 5];
          const exprs = build(choices);
          const kernel: MapKernel = {
            kind: "map",
            rank: 2,
            outputs: exprs.map(({ dtype }) => ({ dtype, access: "dense" })),
            inputs: DTYPES.map((dtype, i) => ({ dtype, access: accesses[i]! })),
            exprs,
            scalars: 2,
          };
          const operands = [
            ...exprs.map(({ dtype }) => laid(dtype, "dense", shape, 1)),
            ...DTYPES.map((dtype, i) =>
              laid(dtype, accesses[i]!, shape, seed + i)
            ),
          ];
          const [generated, closed] = BACKENDS.map(([, backend]) =>
            run(backend, kernel, shape, operands, [0.1, 7])
          );
          assertEquals(generated, closed);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
