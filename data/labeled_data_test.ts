import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import "./_testing.ts";
import { loadBreastCancer } from "./breast_cancer.ts";
import { loadDigits } from "./digits.ts";
import { loadIris } from "./iris.ts";

describe("the embedded data sets", () => {
  it("name their source and licence", async () => {
    for (const load of [loadDigits, loadIris, loadBreastCancer]) {
      const { description } = await load();
      assert(/UCI\s+Machine\s+Learning\s+Repository/.test(description));
      assert(description.includes("https://doi.org/10.24432/"));
      assert(description.includes("CC BY 4.0"));
    }
  });

  it("name the field of a wrong option", async () => {
    await assertRejects(
      () => loadDigits({ layout: "cube" as "flat" }),
      RangeError,
      'Cannot load the digits as layout must be "flat" or "image": got "cube"',
    );
  });

  it("say that they are promises where their fields are read at once", async () => {
    for (const load of [loadDigits, loadIris, loadBreastCancer]) {
      const promise = load();
      const set = await promise;
      assertEquals(Object.keys(promise), []);
      for (const field of Object.keys(set)) {
        assertThrows(
          () => Reflect.get(promise, field),
          TypeError,
          `Cannot read ${field} of what ${load.name} returns as it is a promise: write await ${load.name}()`,
        );
      }
    }
  });
});
