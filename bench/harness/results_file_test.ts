import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileOf, resultWith } from "./_testing.ts";
import { reportPage } from "./report.ts";
import { checkWritable, readResults, writeResults } from "./results_file.ts";
import { UsageError } from "./usage.ts";

async function inFolder(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tenfold-results-"));
  try {
    await fn(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe("files of results", () => {
  it("come back as they were written, and leave nothing beside", () =>
    inFolder(async (folder) => {
      const path = join(folder, "a.json");
      const file = fileOf([resultWith({})]);
      await checkWritable(path);
      await writeResults(path, file);
      assertEquals(await readResults(path), file);
      assertEquals(await readdir(folder), ["a.json"]);
    }));

  it("are refused in one line that names the fault", () =>
    inFolder(async (folder) => {
      const path = join(folder, "a.json");
      const refuses = async (text: string, reason: string) => {
        await writeFile(path, text);
        const error = await assertRejects(() => readResults(path), UsageError);
        assertEquals(error.message.split("\n").length, 1);
        assertStringIncludes(error.message, `Cannot read results from ${path}`);
        assertStringIncludes(error.message, reason);
      };
      await refuses("", "it is not JSON");
      await refuses("[1, 2]", "the file:");
      await refuses("{}", "format:");
      const file = fileOf([resultWith({ median: -1 })]);
      await refuses(JSON.stringify(file), "results.0.median:");
      const more = { ...fileOf([]), extra: 1 };
      await refuses(JSON.stringify(more), "extra");
      const cut = JSON.stringify(fileOf([])).slice(0, -20);
      await refuses(cut, "it is not JSON");
      await assertRejects(
        () => readResults(join(folder, "none.json")),
        UsageError,
        "there is no such file",
      );
    }));

  it("are refused a place before anything is measured", () =>
    inFolder(async (folder) => {
      const refuses = (path: string, reason: string) =>
        assertRejects(() => checkWritable(path), UsageError, reason);
      await refuses(folder, "it is a folder");
      await refuses(join(folder, "no", "a.json"), "there is no folder");
      assertEquals(await readdir(folder), []);
    }));

  it("keep an older file until the new one is whole", () =>
    inFolder(async (folder) => {
      const path = join(folder, "a.json");
      await writeFile(path, "older");
      await checkWritable(path);
      assertEquals(await readFile(path, "utf8"), "older");
    }));
});

describe("reportPage()", () => {
  it("draws charts and tables without a script, and escapes text", () => {
    const sizes = [64, 128, 256].map((size) =>
      resultWith({ size, case: `square ${size}` })
    );
    const page = reportPage(fileOf([...sizes, resultWith({ series: "thin" })]));
    assert(page.startsWith("<!doctype html>"));
    assertEquals(page.match(/<svg/g)?.length, 2);
    assertStringIncludes(page, "A &lt;processor&gt;");
    assert(!page.includes("<script"));
  });
});
