import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe } from "@std/testing/bdd";
import { it } from "./_clean_testing.ts";
import "./_testing.ts";
import { loadBreastCancer } from "./breast_cancer.ts";
import { loadDigits } from "./digits.ts";
import { loadIris } from "./iris.ts";
import type { LabeledData } from "./labeled_data.ts";

function dispose({ data, target }: LabeledData): void {
  data.dispose();
  target.dispose();
}

describe("the embedded data sets", () => {
  it("name their source and licence", async () => {
    for (const load of [loadDigits, loadIris, loadBreastCancer]) {
      const set = await load();
      const { description } = set;
      dispose(set);
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

  it("can be read at once from files, as before, and say so", async () => {
    const { warn } = console;
    const warned: string[] = [];
    console.warn = (text: string) => warned.push(text);
    try {
      for (const load of [loadDigits, loadIris, loadBreastCancer]) {
        const promise = load();
        const { data, target } = promise;
        assertEquals(Object.keys(promise), []);
        assertEquals(target.shape, [data.shape[0]!]);
        const set = await promise;
        // Nothing is made twice.
        assert(set.data === data && set.target === target);
        const { name } = load;
        assertEquals(warned.splice(0), [
          `${name} returns a promise: reading its data at once is deprecated and ends with 0.3, write await ${name}()`,
        ]);
        dispose(set);
      }
    } finally {
      console.warn = warn;
    }
  });
});
