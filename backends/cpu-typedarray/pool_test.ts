import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Pool, roundedLength } from "./pool.ts";

describe("Pool", () => {
  it("gives out again what was given back, by dtype and size", () => {
    const pool = new Pool(1024);
    const array = pool.take("float32", 10);
    pool.give(array);
    assert(pool.take("int32", 10) !== array);
    assert(pool.take("float32", 11) !== array);
    assert(pool.take("float32", 10) === array);
    assert(pool.take("float32", 10) !== array);
  });

  it("makes every dtype's kind of array", () => {
    const pool = new Pool(1024);
    for (const dtype of ["bool", "int32", "float32", "float64"] as const) {
      const array = pool.take(dtype, 4);
      pool.give(array);
      assert(pool.take(dtype, 4) === array);
    }
  });

  it("counts its bytes, and lets everything go rather than keep too many", () => {
    const pool = new Pool(100);
    const arrays = Array.from({ length: 3 }, () => pool.take("float64", 5));
    pool.give(arrays[0]!);
    pool.give(arrays[1]!);
    assertEquals(pool.bytes, 80);
    pool.give(arrays[2]!);
    assertEquals(pool.bytes, 40);
    pool.take("float64", 5);
    assertEquals(pool.bytes, 0);
  });

  it("does not take what is larger than its limit, nor anything at limit 0", () => {
    const pool = new Pool(0);
    const array = pool.take("float32", 4);
    pool.give(array);
    assertEquals(pool.bytes, 0);
    assert(pool.take("float32", 4) !== array);
  });
});

describe("roundedLength", () => {
  it("is never less than asked, nor more than an eighth more", () => {
    for (let size = 1; size < 5000; size++) {
      const length = roundedLength(size);
      assert(length >= size && length <= size * 1.125, `${size}: ${length}`);
      assertEquals(roundedLength(length), length);
    }
    assertEquals(roundedLength(2 ** 31 - 1), 2 ** 31);
  });
});
