import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { randn, tensor } from "@tenfold/core";
import { clean } from "./_testing.ts";
import { functionalCall } from "./functional_call.ts";
import { Linear } from "./linear.ts";
import { Sequential } from "./sequential.ts";

describe("functionalCall", () => {
  it(
    "replaces parameters during the call, wherever they stand",
    clean(async () => {
      const layer = new Linear(1, 1, { bias: false });
      using model = new Sequential(layer, layer);
      const before = model.parameters();
      const weight = tensor([[3]], { requiresGrad: true });
      const y = functionalCall(model, { "0.weight": weight }, tensor([[2]]));
      assertEquals(await y.item(), 18);
      y.sum().backward();
      assertEquals(await weight.grad!.item(), 12);
      assertEquals(model.parameters(), before);
      assertEquals(layer.weight.grad, null);
    }),
  );

  it(
    "puts them back where forward throws, and refuses what does not fit",
    clean(() => {
      using model = new Linear(2, 1);
      const { weight } = model;
      const other = randn([1, 2]);
      assertThrows(() =>
        functionalCall(model, { weight: other }, randn([1, 5]))
      );
      assertEquals(model.weight === weight, true);
      assertThrows(
        () => functionalCall(model, { gain: other }, other),
        RangeError,
        "the names are weight, bias",
      );
      assertThrows(
        () => functionalCall(model, { weight: randn([2]) }, other),
        TypeError,
        "must be a tensor of shape [1, 2]",
      );
    }),
  );
});
