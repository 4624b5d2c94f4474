import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { inFolder, start } from "./_testing.ts";

/** A small net, few steps. */
const QUICK = "--layers 1 --width 32 --context 16 --batch 8 --every 20"
  .split(" ");

describe("gpt.ts", () => {
  it("learns a text, writes, and goes on where it was stopped", async () => {
    await inFolder(async (folder) => {
      const text = join(folder, "text");
      await writeFile(
        text,
        gzipSync("to be or not to be, that is the question. ".repeat(50)),
      );
      const run = (...args: string[]) =>
        start("gpt.ts", ["--text", text, ...QUICK, ...args], folder).outcome;
      const first = await run("--steps", "40");
      assertEquals(first.code, 0, first.output);
      const lossOf = (output: string) =>
        Number(output.trimEnd().match(/Validation loss: (\d\.\d+)$/)?.[1]);
      assert(lossOf(first.output) < 2.5, first.output);
      assertEquals(first.output.match(/^\d+ tokens\/s$/gm)?.length, 2);
      assertEquals((await readdir(join(folder, "out"))).sort(), [
        "gpt.checkpoint.safetensors",
        "gpt.svg",
      ]);
      const curves = await readFile(join(folder, "out", "gpt.svg"), "utf8");
      assertStringIncludes(curves, "A GPT reads Shakespeare");

      const other = await run("--resume", "--steps", "60");
      assertEquals(other.code, 1, other.output);
      assertStringIncludes(other.output, "Cannot resume");
      const again = await run("--resume", "--steps", "40");
      assertEquals(again.code, 0, again.output);
      assertEquals(lossOf(again.output), lossOf(first.output));
    });
  });

  it("says in one line how the text is fetched, and what options there are", async () => {
    await inFolder(async (folder) => {
      const short = join(folder, "short");
      await writeFile(short, "to be");
      const few = await start("gpt.ts", ["--text", short], folder).outcome;
      assertEquals(few.code, 1, few.output);
      assertEquals(
        few.output.trim(),
        "Cannot learn from 5 characters in pieces of 64: at least 650 are needed",
      );
      await rm(short);
      const missing = await start("gpt.ts", [], folder).outcome;
      assertEquals(missing.code, 1, missing.output);
      assertStringIncludes(missing.output, "Cannot find tiny-shakespeare.txt");
      const { code, output } = await start(
        "gpt.ts",
        ["--steps", "many"],
        folder,
      ).outcome;
      assertEquals(code, 1, output);
      assertStringIncludes(output, "--steps as it must be positive: got many");
      assertStringIncludes(output, "[--width 128]");
      assertEquals(await readdir(folder), []);
    });
  });
});
