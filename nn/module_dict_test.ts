import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean } from "./_testing.ts";
import { Linear } from "./linear.ts";
import { ModuleDict } from "./module_dict.ts";

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
