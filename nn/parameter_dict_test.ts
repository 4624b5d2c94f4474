import { assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones } from "@tenfold/core";
import { clean } from "./_testing.ts";
import { ParameterDict } from "./parameter_dict.ts";

describe("ParameterDict", () => {
  it(
    "refuses what is not a tensor, and names of methods",
    clean(() => {
      assertThrows(() => new ParameterDict(3 as never), TypeError, "an object");
      for (const name of ["forward", "a.b", "", "keys"]) {
        assertThrows(
          () => new ParameterDict().set(name, ones([1])),
          RangeError,
          "must not be empty, hold a dot or name a method",
        );
      }
      assertThrows(
        () => new ParameterDict({}).get("a"),
        RangeError,
        'Cannot get the parameter "a"',
      );
      assertThrows(
        () => new ParameterDict().forward(),
        TypeError,
        "parameters",
      );
    }),
  );
});
