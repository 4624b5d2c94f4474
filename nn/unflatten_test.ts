import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { randn } from "@tenfold/core";
import { describeLayer } from "./_layer_testing.ts";
import { Unflatten } from "./unflatten.ts";
import { clean } from "./_testing.ts";

describeLayer("Unflatten", {
  make: () => new Unflatten(1, [2, -1]),
  inputs: [[3, 6]],
  outputs: [[3, 2, 3]],
  shown: "Unflatten(dim=1, unflattenedSize=[2, -1])",
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
