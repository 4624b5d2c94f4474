import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { DTypeError } from "../errors.ts";
import { arg, call, constant } from "./expr.ts";
import { expr } from "./language.ts";
import { SCALAR_FUNCTIONS, type ScalarFunction } from "./scalar.ts";

const DTYPE_OF = {
  any: "float32",
  numbers: "float64",
  floats: "float32",
  integers: "int32",
  bools: "bool",
} as const;

describe("the language of expressions", () => {
  for (const [name, { arity, takes }] of Object.entries(SCALAR_FUNCTIONS)) {
    const fn = name as ScalarFunction;
    const operands = Array.from(
      { length: arity },
      (_, i) => arg(i, fn === "select" && i === 0 ? "bool" : DTYPE_OF[takes]),
    );

    it(`${fn} calls the scalar function of its name`, () => {
      assertEquals(expr[fn](...operands), call(fn, ...operands));
    });

    if (arity < 2) continue;
    it(`${fn} takes numbers beside expressions, in their dtype`, () => {
      const last = operands.slice(0, -1);
      assertEquals(
        expr[fn](...last, 1),
        call(fn, ...last, constant(1, last.at(-1)!.dtype)),
      );
    });
  }

  it("takes a number for the condition of a choice", () => {
    const x = arg(0, "float32");
    assertEquals(
      expr.select(1, 2, x),
      call("select", constant(1, "bool"), constant(2, "float32"), x),
    );
  });

  it("refuses numbers alone, and dtypes that are mixed", () => {
    assertThrows(
      () => expr.add(1, 2),
      TypeError,
      "Cannot call add with numbers alone as they have no dtype: got 1 and 2",
    );
    assertThrows(
      () => expr.select(arg(0, "bool"), 1, 2),
      TypeError,
      "with numbers alone",
    );
    assertThrows(
      () => expr.add(arg(0, "float32"), arg(1, "int32")),
      DTypeError,
    );
    assertThrows(
      () => expr.add(arg(0, "float32"), "2" as never),
      TypeError,
      "not an expression",
    );
    assertThrows(() => expr.exp(arg(0, "float32"), 1), TypeError, "it takes 1");
  });
});
