import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import process from "node:process";
import { inFolder, start } from "./_testing.ts";

/** A folder where the packages are installed, if somebody says. */
const packages = process.env.TENFOLD_ONNX_MODELS;

describe("the example of fine-tuning", () => {
  it("says how the model is fetched where it is not there", async () => {
    await inFolder(async (folder) => {
      const { code, output } = await start("finetune.ts", [], folder).outcome;
      assertEquals(code, 1, output);
      assertStringIncludes(output, "run npm install --prefix out/packages");
    });
  });

  (packages ? it : it.ignore)(
    "reads more digits after it has learned, and exports what it learned",
    async () => {
      await inFolder(async (folder) => {
        const { code, output } = await start(
          "finetune.ts",
          ["--packages", packages!, "--learn", "128", "--test", "128"],
          folder,
        ).outcome;
        assertEquals(code, 0, output);
        const share = (word: string) =>
          Number(output.match(new RegExp(`${word}: (\\d+\\.\\d) %`))?.[1]);
        assert(share("After") > share("Before"), output);
        assertStringIncludes(output, "onnxruntime-node gives the same");
      });
    },
  );
});
