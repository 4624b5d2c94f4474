import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { KernelCall } from "@tenfold/core/backend";
import { Recent } from "./recent.ts";

const like = (change: Partial<KernelCall> = {}): KernelCall => ({
  shape: [2, 3],
  buffers: [{ dtype: "float32" }, { dtype: "float16" }],
  offsets: [0, 4],
  strides: [[3, 1], [0, 1]],
  scalars: [],
  ...change,
});

describe("recent choices", () => {
  it("are found for calls of the same form, wherever their operands lie", () => {
    const recent = new Recent<string>();
    assertEquals(recent.keep(like(), "chosen"), "chosen");
    assertEquals(recent.find(like()), "chosen");
    assertEquals(recent.find(like({ offsets: [8, 12] })), "chosen");
  });

  it("are not found for calls of another form", () => {
    const recent = new Recent<string>();
    recent.keep(like(), "chosen");
    const others: Partial<KernelCall>[] = [
      { shape: [3, 2] },
      { shape: [2, 3, 1] },
      { offsets: [0, 5] },
      { strides: [[3, 1], [3, 1]] },
      { buffers: [{ dtype: "float32" }, { dtype: "float32" }] },
    ];
    for (const other of others) assertEquals(recent.find(like(other)), null);
    recent.clear();
    assertEquals(recent.find(like()), null);
  });

  it("replace the oldest", () => {
    const recent = new Recent<number>();
    for (let n = 0; n < 9; n++) recent.keep(like({ shape: [n, 3] }), n);
    assertEquals(recent.find(like({ shape: [0, 3] })), null);
    assertEquals(recent.find(like({ shape: [1, 3] })), 1);
    assertEquals(recent.find(like({ shape: [8, 3] })), 8);
  });
});
