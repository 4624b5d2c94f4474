import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean } from "../_testing.ts";
import { ones, zeros } from "../creation.ts";
import type { DType } from "../dtype.ts";
import { DTypeError, IndexError } from "../errors.ts";
import {
  accumulator,
  arg,
  call,
  castExpr,
  constant,
  type Expr,
  indexAlong,
  scalar,
} from "./expr.ts";
import { SCALAR_FUNCTIONS, type ScalarFunction } from "./scalar.ts";
import { apply, updateInPlace } from "../tensor.ts";

const DTYPES: readonly DType[] = ["bool", "int32", "float32", "float64"];
const FUNCTIONS = Object.keys(SCALAR_FUNCTIONS) as ScalarFunction[];

/** Which dtypes each kind of scalar function takes, said once more. */
const TAKES: Readonly<Record<string, readonly DType[]>> = {
  any: DTYPES,
  numbers: ["int32", "float32", "float64"],
  floats: ["float32", "float64"],
  integers: ["int32"],
  bools: ["bool"],
};

const TEXT = "0" as unknown as number;

describe("an expression", () => {
  it("takes operands of one dtype, for every scalar function", () => {
    for (const fn of FUNCTIONS) {
      const { arity, takes } = SCALAR_FUNCTIONS[fn];
      const first: Expr[] = fn === "select" ? [arg(9, "bool")] : [];
      for (const dtype of DTYPES) {
        const operands = [...first];
        while (operands.length < arity) {
          operands.push(arg(operands.length, dtype));
        }
        if (!TAKES[takes]!.includes(dtype)) {
          assertThrows(
            () => call(fn, ...operands),
            DTypeError,
            `Cannot call ${fn} as its operands must be ${takes}: got ${dtype}`,
          );
          continue;
        }
        const bool = takes === "bools" ||
          /^(eq|ne|[lg][te]|isNan|isFinite)$/.test(fn);
        assertEquals(call(fn, ...operands).dtype, bool ? "bool" : dtype, fn);
        if (arity - first.length < 2) continue;
        for (const other of DTYPES) {
          if (other === dtype) continue;
          const mixed = [...operands.slice(0, -1), arg(0, other)];
          assertThrows(
            () => call(fn, ...mixed),
            DTypeError,
            `Cannot call ${fn} as its operands must share a dtype`,
          );
        }
      }
    }
  });

  it("takes a bool as the condition of select", () => {
    const x = arg(0, "float32");
    assertThrows(
      () => call("select", x, x, x),
      DTypeError,
      "Cannot call select as its condition must be bool: got float32",
    );
  });

  it("takes as many operands as its function has, all of them expressions", () => {
    const x = arg(0, "float32");
    assertThrows(
      () => call("add", x),
      TypeError,
      "Cannot call add with 1 operands as it takes 2",
    );
    assertThrows(
      () => call("add", x, 1 as unknown as Expr),
      TypeError,
      "Cannot call add with an operand that is not an expression: got 1, write it as constant(value, dtype)",
    );
    assertThrows(
      () => call("toString" as ScalarFunction, x),
      TypeError,
      'Cannot call a scalar function that does not exist: got "toString"',
    );
    assertThrows(() => castExpr(undefined as never, "int32"), TypeError);
  });

  it("refuses text where a number belongs, in every node", () => {
    const code = "0]; globalThis.broken = true; scalars[0" as unknown as number;
    for (const text of [TEXT, code]) {
      for (
        const make of [
          () => arg(text, "float32"),
          () => scalar(text, "float32"),
          () => constant(text, "float32"),
          () => indexAlong(text),
        ]
      ) {
        assertThrows(make, TypeError, "must be a number: got ");
      }
    }
  });

  it("refuses positions that are none, and unknown dtypes", () => {
    for (const position of [-1, 0.5, NaN, Infinity]) {
      assertThrows(() => arg(position, "int32"), RangeError, "non-negative");
      assertThrows(() => scalar(position, "int32"), RangeError);
      assertThrows(() => indexAlong(position), RangeError);
    }
    const half = "float8" as DType;
    for (
      const make of [
        () => arg(0, half),
        () => scalar(0, half),
        () => constant(0, half),
        () => accumulator(half),
        () => castExpr(arg(0, "int32"), half),
      ]
    ) {
      assertThrows(make, DTypeError, "the dtype is unknown: got float8");
    }
  });
});

describe("a kernel", () => {
  const run = (expr: Expr, inputs: readonly DType[] = ["float32"]) =>
    apply({
      name: "map",
      formula: { label: "f", inputs, scalars: 1, expr },
      scalars: [1],
    }, inputs.map((dtype) => ones([3], { dtype })));

  it(
    "refuses expressions that were written by hand and are not typed",
    clean(() => {
      const x = arg(0, "float32");
      for (
        const expr of [
          { kind: "scalar", index: "0", dtype: "float32" },
          { kind: "const", value: "1", dtype: "float32" },
          { kind: "index", dim: "0", dtype: "int32" },
          { kind: "index", dim: 0, dtype: "float32" },
          { kind: "call", fn: "neg", args: [x], dtype: "int32" },
          { kind: "call", fn: "add", args: [x, x, x], dtype: "float32" },
          { kind: "cast", value: x, dtype: "half" },
          { kind: "text", dtype: "float32" },
        ]
      ) {
        assertThrows(() => run(expr as unknown as Expr), TypeError);
      }
    }),
  );

  it(
    "refuses inputs, scalars and positions that are not there",
    clean(() => {
      assertThrows(() => run(arg(1, "float32")), RangeError, "got 1 of 1");
      assertThrows(() => run(scalar(1, "float32")), RangeError, "got 1 of 1");
      assertThrows(
        () => run(arg(0, "int32")),
        DTypeError,
        "the dtype of a node (arg) does not follow from its operands: got int32, expected float32",
      );
      assertThrows(
        () => run(indexAlong(1)),
        IndexError,
        "Cannot take the position along dim 1 as the result has 1 dims",
      );
    }),
  );

  it(
    "writes into its target what has the target's dtype",
    clean(() => {
      const target = zeros([2], { dtype: "int32" });
      const program = {
        label: "step",
        inputs: ["int32"] as const,
        exprs: [constant(1, "float32")],
      };
      assertThrows(
        () => updateInPlace(program, [target], [], []),
        DTypeError,
        "Cannot step in place as the new value of target 0 is float32: cast it to int32",
      );
      assertEquals(target.toArraySync(), [0, 0]);
      const scaled = {
        label: "scale",
        inputs: ["int32"] as const,
        exprs: [call("mul", arg(0, "int32"), scalar(0, "int32"))],
      };
      updateInPlace(scaled, [target], [], [2]);
      assertThrows(
        () => updateInPlace(scaled, [target], [], []),
        RangeError,
        "Cannot scale in place with 0 run-time scalars: it takes 1",
      );
    }),
  );
});
