import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  DTypeError,
  memory,
  noGrad,
  ones,
  ShapeError,
  tensor,
} from "@tenfold/core";
import { OWNER } from "@tenfold/core/internal";
import { clean } from "./_testing.ts";
import { Parameter, parametersToVector, vectorToParameters } from "./mod.ts";

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

describe("parameters as a vector", () => {
  it(
    "go there and back, with gradients",
    clean(() => {
      const [a, b] = [
        new Parameter(tensor([[1, 2]])),
        new Parameter(tensor(3)),
      ];
      const vector = parametersToVector([a, b]);
      assertEquals(vector.toArraySync(), [1, 2, 3]);
      vector.square().sum().backward();
      assertEquals(a.grad!.toArraySync(), [[2, 4]]);
      vectorToParameters(vector.mul(-2), [a, b]);
      assertEquals(a.toArraySync(), [[-2, -4]]);
      assertEquals(b.toArraySync(), -6);
      assert(a.isLeaf && a.requiresGrad);
      assertThrows(
        () => vectorToParameters(ones([2]), [a, b]),
        ShapeError,
        "[3]",
      );
      a.dispose();
      b.dispose();
    }),
  );
});
