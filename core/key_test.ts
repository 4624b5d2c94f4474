import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { DTYPES } from "./dtype.ts";
import {
  DTYPE_COUNT,
  DTYPE_PART,
  type Key,
  withNumber,
  withPart,
} from "./key.ts";

/** A place of a key: how many parts there can be, 0 where any number may be. */
type Place = number;

const places: fc.Arbitrary<Place[]> = fc.array(
  fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 7 })),
  { maxLength: 60 },
);

function keyOf(places: readonly Place[], parts: readonly number[]): Key {
  return places.reduce<Key>(
    (key, count, i) =>
      count === 0
        ? withNumber(key, parts[i]!)
        : withPart(key, parts[i]!, count),
    0,
  );
}

function partsOf(places: readonly Place[]): fc.Arbitrary<number[]> {
  return fc.tuple(
    ...places.map((count) =>
      fc.integer({ min: 0, max: count === 0 ? 100 : count - 1 })
    ),
  );
}

describe("keys", () => {
  it("are equal where all parts are", () => {
    fc.assert(
      fc.property(
        places.chain((p) => fc.tuple(fc.constant(p), partsOf(p))),
        ([places, parts]) => {
          assertEquals(keyOf(places, parts), keyOf(places, [...parts]));
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });

  it("differ where one part differs, however many there are", () => {
    fc.assert(
      fc.property(
        places.filter((p) => p.length > 0).chain((p) =>
          fc.tuple(fc.constant(p), partsOf(p), partsOf(p), fc.nat())
        ),
        ([places, parts, others, at]) => {
          const i = at % places.length;
          const changed = parts.map((part, k) => k === i ? others[k]! : part);
          const same = changed[i] === parts[i];
          assertEquals(keyOf(places, changed) === keyOf(places, parts), same);
          const all = others.every((part, k) => part === parts[k]);
          assertEquals(keyOf(places, others) === keyOf(places, parts), all);
        },
      ),
      { seed: 2, numRuns: 2000 },
    );
  });

  it("of several lengths differ where the length is the last part", () => {
    const seen = new Map<Key, string>();
    for (let length = 0; length <= 40; length++) {
      for (let tried = 0; tried < 200; tried++) {
        const parts = Array.from(
          { length },
          (_, i) => (tried * 7 + i * tried) % 4,
        );
        const key = withNumber(
          parts.reduce<Key>((key, part) => withPart(key, part, 4), 0),
          length,
        );
        const text = parts.join();
        assertEquals(seen.get(key) ?? text, text);
        seen.set(key, text);
      }
    }
  });

  it("stay numbers where parts are few", () => {
    assertEquals(typeof keyOf([0, 5, 5, 5, 5], [4, 1, 2, 3, 4]), "number");
    assertNotEquals(keyOf([0], [30]), keyOf([0], [31]));
    assertNotEquals(keyOf([0], [31]), keyOf([0], [32]));
  });

  it("have a part for every dtype", () => {
    const parts = Object.keys(DTYPES).map((dtype) =>
      DTYPE_PART[dtype as keyof typeof DTYPES]
    );
    assertEquals(new Set(parts).size, DTYPE_COUNT);
    assert(parts.every((part) => part >= 0 && part < DTYPE_COUNT));
  });
});
