import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { arg, call } from "../expr/expr.ts";
import { costOf } from "./cost.ts";

const [x, y] = [arg(0, "float32"), arg(1, "float32")];

describe("what expressions cost", () => {
  it("counts what they share once", () => {
    const sum = call("add", x, y);
    assertEquals(costOf([sum]), 1);
    assertEquals(costOf([call("mul", sum, sum), sum]), 2);
    assert(costOf([call("div", x, y)]) > costOf([sum]));
    assert(costOf([call("exp", x)]) > costOf([call("div", x, y)]));
  });

  it("counts a part that functions of one operand have in common once", () => {
    const [value, slope] = [call("gelu", x), call("geluSlope", x)];
    const both = costOf([value, slope]);
    assert(both < costOf([value]) + costOf([slope]));
    assertEquals(costOf([slope, value]), both);
    assertEquals(
      costOf([value, call("geluSlope", y)]),
      costOf([value]) + costOf([slope]),
    );
  });
});
