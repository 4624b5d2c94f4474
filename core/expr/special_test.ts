import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { erf, erfc, gelu, geluSlope } from "./special.ts";

/** x, erf and erfc by arithmetic of 30 digits. */
const POINTS: readonly (readonly [x: number, erf: number, erfc: number])[] = [
  [0.1, 0.1124629160182849, 0.887537083981715],
  [0.7, 0.6778011938374184, 0.32219880616258156],
  [1, 0.8427007929497149, 0.15729920705028513],
  [1.3, 0.9340079449406524, 0.06599205505934755],
  [1.9, 0.9927904292352575, 0.0072095707647425325],
  [2.5, 0.999593047982555, 0.0004069520174449589],
  [4, 0.9999999845827421, 1.541725790028002e-08],
  [9, 1.0, 4.13703174651381e-37],
  [20, 1.0, 5.395865611607901e-176],
  [26, 1.0, 5.663192408856143e-296],
];

const near = (found: number, expected: number) =>
  assert(
    Math.abs(found / expected - 1) < 1e-15,
    `${found} instead of ${expected}`,
  );

describe("the error function in float64", () => {
  it("keeps its digits, also where little is left", () => {
    for (const [x, inside, outside] of POINTS) {
      near(erf(x), inside);
      near(erf(-x), -inside);
      near(erfc(x), outside);
      near(erfc(-x), 1 + inside);
    }
  });

  it("has its limits", () => {
    const limits = [0, -0, Infinity, -Infinity, NaN];
    assertEquals(limits.map(erf), [0, -0, 1, -1, NaN]);
    assertEquals(limits.map(erfc), [1, 1, 0, 2, NaN]);
    assertEquals(limits.map(gelu), [0, -0, Infinity, 0, NaN]);
    assertEquals(limits.map(geluSlope), [0.5, 0.5, NaN, NaN, NaN]);
  });
});
