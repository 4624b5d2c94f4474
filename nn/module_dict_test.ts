import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { randn, tensor } from "@tenfold/core";
import { clean } from "./_testing.ts";
import { functionalCall } from "./functional_call.ts";
import { Linear } from "./linear.ts";
import { ModuleDict } from "./module_dict.ts";
import { Sequential } from "./sequential.ts";
import { Unflatten } from "./unflatten.ts";

describe("ModuleDict", () => {
  it(
    "names its modules in the state dict",
    clean(() => {
      using dict = new ModuleDict({ a: new Linear(1, 1), b: new Linear(1, 2) });
      assertEquals(Object.keys(dict.stateDict()), [
        "a.weight",
        "a.bias",
        "b.weight",
        "b.bias",
      ]);
      assertEquals(dict.size, 2);
      assertEquals(dict.has("c"), false);
      assertEquals([...dict].map(([name]) => name), ["a", "b"]);
      assertEquals(dict.get("b").weight.shape, [2, 1]);
    }),
  );

  it("refuses what is not a module, and names of methods", () => {
    assertThrows(
      () => new ModuleDict({ a: 1 as never }),
      TypeError,
      "is not a Module",
    );
    for (const name of ["forward", "", "a.b"]) {
      assertThrows(
        () => new ModuleDict().set(name, new ModuleDict()),
        RangeError,
        "under the name",
      );
    }
    assertThrows(() => new ModuleDict().get("a"), RangeError, "is not there");
  });
});

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

describe("Unflatten", () => {
  it(
    "splits a dim, with one extent found",
    clean(() => {
      const layer = new Unflatten(-1, [2, -1]);
      assertEquals(layer.forward(randn([3, 6])).shape, [3, 2, 3]);
      assertThrows(() => new Unflatten(1, 2 as never), TypeError);
    }),
  );
});
