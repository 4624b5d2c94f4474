/**
 * Who imports the core, layers or the umbrella gets none of the libraries that
 * read files of others: each stands behind an entry point of its own.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readFile } from "node:fs/promises";
import { importsOf, resolveImport } from "../tools/import_graph.ts";

const ROOT = new URL("../", import.meta.url);

const HEAVY =
  /^(@cwasm\/|hyparquet|@uwdata\/|lz4js|fzstd|@huggingface\/|@bufbuild\/|fast-check)/;

interface Manifest {
  readonly exports: string | { readonly [entry: string]: string };
}

const entries = new Map<string, string>();
for (
  const folder of "core backends nn optim data train onnx distributed tenfold"
    .split(" ")
) {
  const { exports } = JSON.parse(
    await readFile(new URL(`${folder}/deno.json`, ROOT), "utf8"),
  ) as Manifest;
  const all = typeof exports === "string" ? { ".": exports } : exports;
  for (const [entry, file] of Object.entries(all)) {
    entries.set(
      `@tenfold/${folder}${entry.slice(1)}`,
      `${folder}/${file.slice(2)}`,
    );
  }
}

/** The packages of others that an entry loads as soon as it is imported. */
async function loadedBy(entry: string): Promise<Set<string>> {
  const files = new Set([entries.get(entry)!]);
  const packages = new Set<string>();
  for (const file of files) {
    const text = await readFile(new URL(file, ROOT), "utf8");
    for (const { specifier, atRunTime } of importsOf(text)) {
      if (!atRunTime) continue;
      if (specifier.startsWith(".")) files.add(resolveImport(file, specifier));
      else if (entries.has(specifier)) files.add(entries.get(specifier)!);
      else packages.add(specifier);
    }
  }
  return packages;
}

describe("libraries that read files of others", () => {
  for (
    const name of ["core", "nn", "optim", "data", "train", "tenfold"]
  ) {
    it(`are not loaded by @tenfold/${name}`, async () => {
      const loaded = await loadedBy(`@tenfold/${name}`);
      assertEquals([...loaded].filter((one) => HEAVY.test(one)), []);
    });
  }

  it("are loaded with the first file alone, by the entries made of them", async () => {
    for (const entry of ["tables", "text", "images"]) {
      const loaded = await loadedBy(`@tenfold/data/${entry}`);
      assertEquals([...loaded].filter((one) => HEAVY.test(one)), [], entry);
    }
  });
});
