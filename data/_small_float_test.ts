import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  decodeSmallFloat,
  encodeSmallFloat,
  SMALL_FLOATS,
  type SmallFloat,
  smallFloatTable,
} from "./_small_float.ts";

const { float16, bfloat16, float8_e4m3, float8_e5m2 } = SMALL_FLOATS;

/** The code whose number is nearest, found by looking at every one. */
function nearestCode(value: number, format: SmallFloat): number {
  const table = smallFloatTable(format);
  let best = 0;
  for (let code = 0; code <= format.maxFinite; code++) {
    const nearer = Math.abs(table[code]! - value) -
      Math.abs(table[best]! - value);
    if (nearer < 0 || (nearer === 0 && code % 2 === 0)) best = code;
  }
  return best;
}

describe("small floats", () => {
  for (const [name, format] of Object.entries(SMALL_FLOATS)) {
    it(`${name}: every code survives a round trip`, () => {
      for (let code = 0; code < 2 ** format.bits; code++) {
        const value = decodeSmallFloat(code, format);
        if (Number.isNaN(value)) {
          assertEquals(encodeSmallFloat(value, format), format.nan);
        } else {
          assertEquals(encodeSmallFloat(value, format), code);
        }
      }
    });

    it(`${name}: greater codes are greater numbers`, () => {
      const table = smallFloatTable(format);
      for (let code = 1; code <= format.maxFinite; code++) {
        assert(table[code]! > table[code - 1]!);
      }
    });
  }

  it("have the numbers of their definitions", () => {
    assertEquals(decodeSmallFloat(0x3c00, float16), 1);
    assertEquals(decodeSmallFloat(0x7bff, float16), 65504);
    assertEquals(decodeSmallFloat(0x0001, float16), 2 ** -24);
    assertEquals(decodeSmallFloat(0xfc00, float16), -Infinity);
    assertEquals(decodeSmallFloat(0x3f80, bfloat16), 1);
    assertEquals(decodeSmallFloat(0x0001, bfloat16), 2 ** -133);
    assertEquals(decodeSmallFloat(0x7e, float8_e4m3), 448);
    assertEquals(decodeSmallFloat(0x01, float8_e4m3), 2 ** -9);
    assertEquals(decodeSmallFloat(0xff, float8_e4m3), NaN);
    assertEquals(decodeSmallFloat(0x7b, float8_e5m2), 57344);
    assertEquals(decodeSmallFloat(0x01, float8_e5m2), 2 ** -16);
    assertEquals(decodeSmallFloat(0xfc, float8_e5m2), -Infinity);
    assert(Object.is(decodeSmallFloat(0x8000, float16), -0));
  });

  it("round to the nearest, ties to even", () => {
    for (const format of [float8_e4m3, float8_e5m2]) {
      const step = format === float8_e4m3 ? 0.0123 : 1.7;
      for (let i = 0; i < 3000; i++) {
        const value = i * step;
        if (value >= decodeSmallFloat(format.maxFinite, format)) break;
        assertEquals(
          encodeSmallFloat(value, format),
          nearestCode(value, format),
        );
      }
    }
    // Half-way between two neighbours.
    assertEquals(encodeSmallFloat(1 + 2 ** -11, float16), 0x3c00);
    assertEquals(encodeSmallFloat(1 + 3 * 2 ** -11, float16), 0x3c02);
    assertEquals(encodeSmallFloat(2 ** -25, float16), 0);
    assertEquals(encodeSmallFloat(1.1 * 2 ** -25, float16), 1);
  });

  it("overflow as their formats say", () => {
    assertEquals(encodeSmallFloat(65519, float16), 0x7bff);
    assertEquals(encodeSmallFloat(65520, float16), 0x7c00);
    assertEquals(encodeSmallFloat(-1e300, bfloat16), 0xff80);
    assertEquals(encodeSmallFloat(1e6, float8_e4m3), 0x7f);
    assertEquals(encodeSmallFloat(Infinity, float8_e5m2), 0x7c);
  });

  it("bfloat16 is the upper half of a rounded float32", () => {
    const single = new Float32Array(1);
    const bits = new Uint32Array(single.buffer);
    for (let i = 1; i < 2000; i++) {
      single[0] = Math.sin(i) * 10 ** (i % 60 - 30);
      const word = bits[0]!;
      const rounded = (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
      assertEquals(encodeSmallFloat(single[0], bfloat16), rounded);
    }
  });
});
