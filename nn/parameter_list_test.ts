import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, type Tensor, zeros } from "@tenfold/core";
import { clean } from "./_testing.ts";
import { Module, Parameter, ParameterDict, ParameterList } from "./mod.ts";

describe("lists and dicts of parameters", () => {
  it(
    "are found under their numbers and names",
    clean(() => {
      const own = new Parameter(zeros([1]));
      class Model extends Module {
        list = new ParameterList([ones([2]), own]);
        dict = new ParameterDict({ left: own, right: ones([3]) });
        forward(x: Tensor): Tensor {
          return x;
        }
      }
      using model = new Model();
      assertEquals(Object.keys(model.stateDict()), [
        "list.0",
        "list.1",
        "dict.left",
        "dict.right",
      ]);
      assertEquals(model.parameters().length, 3);
      assertEquals([model.list.length, model.dict.size], [2, 2]);
      assertStrictEquals(model.list[1], own);
      assertStrictEquals(model.dict.get("left"), own);
      assertEquals([...model.list].map((p) => p.shape), [[2], [1]]);
      assertEquals([...model.dict].map(([name]) => name), ["left", "right"]);
      using copy = model.copy();
      assertStrictEquals(copy.list[1], copy.dict.get("left"));
      copy.list.append(ones([4]));
      copy.dict.set("up", ones([5]));
      assertEquals(copy.parameters().length, 5);
      assertEquals([copy.dict.has("up"), model.dict.has("up")], [true, false]);
    }),
  );
});

describe("ParameterList", () => {
  it(
    "refuses what is not a tensor",
    clean(() => {
      assertThrows(
        () => new ParameterList([3 as never]),
        TypeError,
        "Cannot put 3 into a ParameterList as it is not a tensor",
      );
      assertThrows(() => new ParameterList(3 as never), TypeError, "an array");
      assertThrows(
        () => new ParameterList().forward(),
        TypeError,
        "parameters",
      );
    }),
  );
});
