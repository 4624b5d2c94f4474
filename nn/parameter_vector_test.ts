import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, ShapeError, tensor } from "@tenfold/core";
import { clean } from "./_testing.ts";
import { Parameter } from "./parameter.ts";
import { parametersToVector, vectorToParameters } from "./parameter_vector.ts";

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
