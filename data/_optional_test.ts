import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { loadOptional } from "./_optional.ts";

describe("a package that may be missing", () => {
  it("is loaded, or named with what needs it", async () => {
    const load = () => Promise.resolve(3);
    assertEquals(await loadOptional("three", "count", load), 3);
    const missing = "@tenfold/of-nobody";
    await assertRejects(
      () => loadOptional(missing, "count", () => import(missing)),
      Error,
      `Cannot count as the npm package ${missing} cannot be loaded, install it: `,
    );
  });
});
