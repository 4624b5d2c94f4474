import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { DTypeError, memory, noGrad, ones, tensor } from "@tenfold/core";
import { OWNER } from "@tenfold/core/internal";
import { clean } from "./_testing.ts";
import { Parameter } from "./mod.ts";

describe("a parameter", () => {
  it(
    "is a leaf that shares memory and belongs to no scope",
    clean(() => {
      const data = ones([2]);
      const { bytes } = memory();
      const p = new Parameter(data);
      assertEquals(memory().bytes, bytes);
      assert(p.isLeaf && p.requiresGrad && p[OWNER] === null);
      noGrad(() => p.fill_(3));
      assertEquals(data.toArraySync(), [3, 3]);
      data.dispose();
      assertEquals(p.toArraySync(), [3, 3]);
      p.dispose();
    }),
  );

  it(
    "is outside the tape of what it is made of, and dense",
    clean(() => {
      const x = tensor([[1, 2], [3, 4]], { requiresGrad: true });
      using p = new Parameter(x.mul(2).t());
      assertEquals([p.isLeaf, p.strides], [true, [2, 1]]);
      assertEquals(p.toArraySync(), [[2, 6], [4, 8]]);
    }),
  );

  it(
    "holds floats, unless it needs no gradient",
    clean(() => {
      const whole = tensor([1], { dtype: "int32" });
      const { tensors } = memory();
      assertThrows(() => new Parameter(whole), DTypeError, "int32");
      assertEquals(memory().tensors, tensors);
      using p = new Parameter(whole, { requiresGrad: false });
      assertEquals([p.dtype, p.requiresGrad], ["int32", false]);
    }),
  );
});
