// Runs against the real library where JSR can be reached and against the
// adapter elsewhere: both must behave alike.
import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  fail,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";

function refuses(fn: () => unknown): void {
  let refused = false;
  try {
    fn();
  } catch (error) {
    if (!(error instanceof AssertionError)) throw error;
    refused = true;
  }
  if (!refused) throw new Error(`Expected an AssertionError from ${fn}`);
}

function throwing(error: unknown): () => never {
  return () => {
    throw error;
  };
}

describe("assertEquals()", () => {
  it("compares deeply", () => {
    assertEquals({ a: [1, { b: "c" }] }, { a: [1, { b: "c" }] });
    assertEquals(new Map([[{ k: 1 }, 2]]), new Map([[{ k: 1 }, 2]]));
    assertEquals(new Set([[1]]), new Set([[1]]));
    refuses(() => assertEquals({ a: [1, 2] }, { a: [1, 3] }));
    refuses(() => assertEquals([1, 2], [1, 2, 3]));
    refuses(() => assertEquals(new Set([1]), new Set([2])));
    refuses(() => assertEquals<unknown>({ a: undefined }, {}));
    refuses(() => assertEquals<unknown>(1, "1"));
  });

  it("takes NaN for equal to NaN and 0 to -0", () => {
    assertEquals([NaN, 0], [NaN, -0]);
    assertEquals(new Float32Array([NaN, 0]), new Float32Array([NaN, -0]));
  });

  it("compares typed arrays by class and elements", () => {
    assertEquals(new Int32Array([1, 2]), new Int32Array([1, 2]));
    refuses(() => assertEquals(new Int32Array([1]), new Int32Array([2])));
    refuses(() => assertEquals(new Int32Array([1]), new Int32Array([1, 2])));
    refuses(() =>
      assertEquals<unknown>(new Int32Array([1]), new Float32Array([1]))
    );
    refuses(() => assertEquals<unknown>(new Int32Array([1]), [1]));
  });

  it("compares values that hold themselves", () => {
    const a: unknown[] = [];
    const b: unknown[] = [];
    a.push(a);
    b.push(b);
    assertEquals(a, b);
  });
});

describe("assertThrows()", () => {
  it("returns what was thrown", () => {
    const error = assertThrows(
      throwing(new RangeError("Cannot divide: got 0")),
      RangeError,
      "got 0",
    );
    assertStrictEquals(error.message, "Cannot divide: got 0");
  });

  it("refuses silence, another class and another message", () => {
    const throws = throwing(new TypeError("Cannot add"));
    refuses(() => assertThrows(() => {}));
    refuses(() => assertThrows(throws, RangeError));
    refuses(() => assertThrows(throws, TypeError, "subtract"));
  });
});

describe("assertRejects()", () => {
  it("resolves to the reason", async () => {
    const reason = await assertRejects(
      () => Promise.reject(new RangeError("Cannot read")),
      RangeError,
      "read",
    );
    assertStrictEquals(reason.message, "Cannot read");
  });

  it("refuses a promise that is kept and a throw without one", async () => {
    await assertRejects(
      () => assertRejects(() => Promise.resolve()),
      AssertionError,
    );
    await assertRejects(
      () => assertRejects(throwing(new Error("at once"))),
      AssertionError,
    );
    await assertRejects(
      () => assertRejects(() => Promise.reject(new Error("a")), TypeError),
      AssertionError,
    );
  });
});

describe("the other assertions", () => {
  it("hold where they should", () => {
    assert(1);
    assertFalse(0);
    assertNotEquals([1], [2]);
    assertStrictEquals(NaN, NaN);
    assertAlmostEquals(1, 1 + 1e-9);
    assertAlmostEquals(NaN, NaN);
    assertAlmostEquals(1, 1.5, 0.5);
    assertArrayIncludes([1, 2, 3], [3, 1]);
    assertExists(0);
    assertInstanceOf([], Array);
    assertGreater(2, 1);
    assertGreaterOrEqual(2, 2);
    assertLess(1, 2);
    assertLessOrEqual(2, 2);
    assertMatch("tensor", /^ten/);
    assertStringIncludes("tensor", "sor");
  });

  it("refuse where they should", () => {
    refuses(() => assert(0));
    refuses(() => assertFalse(1));
    refuses(() => assertNotEquals([1], [1]));
    refuses(() => assertStrictEquals(0, -0));
    refuses(() => assertAlmostEquals(1, 1.001));
    refuses(() => assertAlmostEquals(NaN, 1, Infinity));
    refuses(() => assertArrayIncludes([1, 2], [3]));
    refuses(() => assertExists(null));
    refuses(() => assertInstanceOf({}, Array));
    refuses(() => assertGreater(1, 1));
    refuses(() => assertGreaterOrEqual(1, 2));
    refuses(() => assertLess(1, 1));
    refuses(() => assertLessOrEqual(2, 1));
    refuses(() => assertMatch("tensor", /^sor/));
    refuses(() => assertStringIncludes("tensor", "net"));
    refuses(() => fail());
  });
});
