import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { difference, fingerprint } from "./fingerprint.ts";

const values = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i));

function changed(index: number, by: number): Float32Array {
  const other = values.slice();
  other[index]! += by;
  return other;
}

describe("fingerprint()", () => {
  it("agrees with what differs by rounding", () => {
    const other = values.map((x) => x * (1 + 1e-7));
    assertEquals(
      difference(fingerprint(values), fingerprint(other), 1e-5),
      null,
    );
  });

  it("sees one element that is wrong", () => {
    for (const index of [0, 500, 999]) {
      const other = fingerprint(changed(index, 0.5));
      assert(difference(fingerprint(values), other, 1e-3)?.includes("differ"));
    }
  });

  it("sees elements in another order", () => {
    const other = fingerprint(values.toReversed());
    assert(difference(fingerprint(values), other, 1e-3) !== null);
  });

  it("sees another size, and values that are not finite", () => {
    const few = fingerprint(values.subarray(1));
    assertEquals(
      difference(fingerprint(values), few, 1),
      "1000 elements against 999",
    );
    const bad = fingerprint(changed(3, NaN));
    assertEquals(
      difference(fingerprint(values), bad, 1),
      "values that are not finite",
    );
  });

  it("takes zeros for equal", () => {
    const zeros = fingerprint(new Float32Array(4));
    assertEquals(difference(zeros, zeros, 1e-6), null);
  });
});
