import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import "./_testing.ts";
import * as backend from "./backend_mod.ts";
import * as deprecated from "./deprecated.ts";
import * as internal from "./internal.ts";
import * as users from "./mod.ts";

/** What users call; names that moved to other doors stay until 0.3. */
const USERS = Object.keys(users).filter((name) => !(name in deprecated));

const DOORS = [USERS, Object.keys(backend), Object.keys(internal)];

describe("the doors of core", () => {
  it("have no name in common", () => {
    const names = DOORS.flat();
    assertEquals(names.length, new Set(names).size);
  });

  it("give users what they call and nothing else", () => {
    const names = new Set(USERS);
    for (const name of ["tensor", "grad", "noGrad", "tidy", "fused"]) {
      assert(names.has(name), name);
    }
    for (
      const name of ["View", "Value", "Task", "call", "compile", "parseOptions"]
    ) {
      assert(!names.has(name), name);
    }
    assert(names.size < 80, `${names.size} names`);
  });
});

describe("a tensor", () => {
  it("shows nothing of what is inside", () => {
    const x = users.tensor([1, 2], { requiresGrad: true });
    const y = x.mul(2);
    for (
      const name of [
        "value",
        "edge",
        "owner",
        "apply",
        "adoptGrad",
        "adoptValue",
        "uploadLike",
      ]
    ) {
      assert(!(name in y), name);
    }
    y.dispose();
    x.dispose();
  });
});
