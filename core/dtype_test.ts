import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  canCast,
  castNumber,
  checkDType,
  DTYPE_NAMES,
  dtypeOfNumber,
  DTYPES,
  floatOf,
  isFloating,
  numberOf,
  promote,
} from "./dtype.ts";
import { DTypeError } from "./errors.ts";
import { dtypeOfArray } from "./host_data.ts";
import { DTYPE_COUNT, DTYPE_PART } from "./key.ts";

const NUMBERS = [
  ...[0, -0, 1, -1, 0.5, -2.5, 0.1, 2 ** 24 + 1, 2 ** 31, -(2 ** 31) - 1],
  ...[1e-50, 1e300, -1e300, Infinity, -Infinity, NaN],
];

describe("the table of dtypes", () => {
  it("orders them: the wider one of two is that of the result", () => {
    for (const [i, a] of DTYPE_NAMES.entries()) {
      for (const [j, b] of DTYPE_NAMES.entries()) {
        assertEquals(promote(a, b), DTYPE_NAMES[Math.max(i, j)]);
      }
    }
  });

  it("gives each a part of its own in keys", () => {
    const parts = DTYPE_NAMES.map((dtype) => DTYPE_PART[dtype]);
    assertEquals(new Set(parts).size, DTYPE_COUNT);
    assert(parts.every((part) => part >= 0 && part < DTYPE_COUNT));
  });

  for (const dtype of DTYPE_NAMES) {
    const facts = DTYPES[dtype];

    it(`${dtype}: its array holds what a cast gives, bit for bit`, () => {
      for (const number of NUMBERS) {
        const element = castNumber(dtype, number);
        const array = facts.allocate(1);
        assertEquals(array.byteLength, facts.bytes);
        array[0] = element;
        assert(Object.is(array[0], element), `${number}`);
        assert(Object.is(castNumber(dtype, element), element), `${number}`);
      }
    });

    it(`${dtype}: no number is cast to one outside of its bounds`, () => {
      const { lowest, highest } = facts;
      for (const number of NUMBERS.filter((x) => !Number.isNaN(x))) {
        const element = castNumber(dtype, number);
        assert(element >= lowest && element <= highest, `${number}`);
      }
      assertEquals(castNumber(dtype, lowest), lowest);
      assertEquals(castNumber(dtype, highest), highest);
    });

    it(`${dtype}: what is made of it is as wide as it, or wider`, () => {
      for (const made of [facts.accumulator, floatOf(dtype), numberOf(dtype)]) {
        assertEquals(promote(dtype, made), made);
        assert(canCast(dtype, made));
        assert(DTYPES[made].kind !== "bool");
      }
      assert(isFloating(floatOf(dtype)));
      assertEquals(isFloating(dtype), facts.kind === "float");
      assertEquals(isFloating(dtypeOfNumber(0.5, dtype)), true);
    });

    it(`${dtype}: data in its array has it`, () => {
      const expected = facts.kind === "bool" ? "int32" : dtype;
      assertEquals(dtypeOfArray(facts.allocate(1)), expected);
    });
  }

  it("has no other names", () => {
    assertThrows(
      () => checkDType("float8", "make a tensor"),
      DTypeError,
      `got float8, expected one of ${DTYPE_NAMES.join(", ")}`,
    );
    assertThrows(() => checkDType("toString", "make a tensor"), DTypeError);
  });
});
