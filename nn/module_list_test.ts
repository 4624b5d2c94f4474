import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean } from "./_testing.ts";
import { Linear, type Module, ModuleList } from "./mod.ts";

const named = (module: Module<never[], unknown>) =>
  module.namedParameters().map(([name]) => name);

describe("a ModuleList", () => {
  it(
    "ModuleList is found like an array, and has no forward",
    clean(() => {
      using list = new ModuleList([new Linear(1, 2), new Linear(2, 1)]);
      assertEquals(list.length, 2);
      assertEquals(list[1]!.outFeatures, 1);
      assertEquals([...list].map(({ inFeatures }) => inFeatures), [1, 2]);
      assertEquals(named(list), ["0.weight", "0.bias", "1.weight", "1.bias"]);
      assertThrows(() => list.forward(), TypeError, "Cannot call forward");
    }),
  );
});
