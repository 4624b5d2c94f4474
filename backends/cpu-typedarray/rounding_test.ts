import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  accumulator,
  arg,
  call,
  castExpr,
  constant,
  indexAlong,
  type MapKernel,
  scalar,
} from "@tenfold/core/backend";
import { BACKENDS, run } from "./testing.ts";
import { roundedNodes } from "./rounding.ts";

const x = arg(0, "float32");
const product = call("mul", x, x);

describe("roundedNodes", () => {
  it("leaves alone what is only added, multiplied or stored", () => {
    const root = call("add", product, call("exp", product));
    assertEquals(roundedNodes([root]).size, 0);
  });

  it("rounds what is compared, cast or cut off", () => {
    for (const fn of ["floor", "isFinite", "sign"] as const) {
      assertEquals([...roundedNodes([call(fn, product)])], [product]);
    }
    const compared = call("lt", product, constant(0.3, "float32"));
    assertEquals([...roundedNodes([compared])], [product]);
    for (const dtype of ["int32", "bool", "float64"] as const) {
      assertEquals([...roundedNodes([castExpr(product, dtype)])], [product]);
    }
    const sum = accumulator("float32");
    assertEquals([...roundedNodes([castExpr(sum, "int32")])], [sum]);
  });

  it("rounds a cast from float64 or int32, and nothing that is float64", () => {
    for (const dtype of ["float64", "int32"] as const) {
      const narrow = castExpr(arg(0, dtype), "float32");
      assertEquals([...roundedNodes([call("exp", narrow)])], [narrow]);
    }
    const wide = call("mul", arg(0, "float64"), arg(0, "float64"));
    assertEquals(roundedNodes([call("floor", wide)]).size, 0);
  });

  it("rounds each step from random bits to a uniform number", () => {
    const bits = call(
      "threefry",
      scalar(0, "int32"),
      scalar(1, "int32"),
      indexAlong(0),
      constant(0, "int32"),
    );
    const unit = call(
      "mul",
      castExpr(call("shiftRight", bits, constant(8, "int32")), "float32"),
      constant(2 ** -24, "float32"),
    );
    const spread = call("mul", unit, scalar(2, "float32"));
    const rounded = roundedNodes([call("add", spread, scalar(3, "float32"))]);
    assert(rounded.has(unit) && rounded.has(spread));
    // A logarithm differs between devices in its last bits anyway.
    const log = call("log", unit);
    assert(!roundedNodes([call("mul", log, log)]).has(log));
  });
});

for (const [how, backend] of BACKENDS) {
  describe(`rounding in ${how}`, () => {
    const kernel = (root: MapKernel["exprs"][number]): MapKernel => ({
      kind: "map",
      rank: 1,
      outputs: [{ dtype: root.dtype, access: "dense" }],
      inputs: [{ dtype: "float32", access: "dense" }],
      exprs: [root],
      scalars: 0,
    });
    const apply = (root: MapKernel["exprs"][number], input: number) =>
      run(backend, kernel(root), [1], [
        { dtype: root.dtype, data: [0], offset: 0, strides: [1] },
        {
          dtype: "float32",
          data: [Math.fround(input)],
          offset: 0,
          strides: [1],
        },
      ])[0]![0];

    it("a comparison sees the float32 number", () => {
      // 0.1 * 3 is 0.3 in float32 and more than that in float64.
      const three = call("mul", x, constant(3, "float32"));
      const equal = call("eq", three, constant(0.3, "float32"));
      assertEquals(
        apply(equal, 0.1),
        Math.fround(Math.fround(0.1) * 3) === Math.fround(0.3) ? 1 : 0,
      );
      assertEquals(
        apply(
          call("floor", call("add", x, constant(1, "float32"))),
          1 - 2 ** -25,
        ),
        2,
      );
    });

    it("overflow is found where it is asked for", () => {
      const square = call("mul", x, x);
      assertEquals(apply(call("isFinite", square), 1e30), 0);
      assertEquals(apply(call("sqrt", square), 1e30), Math.fround(1e30));
    });
  });
}
