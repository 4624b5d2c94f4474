/**
 * The bundlers that make pages, and what each is asked to do: the page as a
 * module, its worker as a classic script, which allows no top-level await.
 *
 * @module
 */
import { join } from "node:path";
import { output, viteBuild } from "./run.ts";

/** Bundles `page.mjs` and `worker.mjs` of a folder into another. */
export interface Bundler {
  readonly name: string;
  bundle(from: string, to: string): Promise<void>;
}

const FILES = ["page.mjs", "worker.mjs"] as const;

/** Writes `index.html` beside the scripts. */
async function writePage(folder: string): Promise<void> {
  await Deno.writeTextFile(
    join(folder, "index.html"),
    '<!doctype html><meta charset="utf-8"><title>test</title>' +
      '<link rel="icon" href="data:,">' +
      '<script type="module" src="./page.mjs"></script>',
  );
}

/** @param tools The folder with esbuild and Vite. */
export function bundlersOf(tools: string): readonly Bundler[] {
  const command = (name: string) => join(tools, "node_modules", ".bin", name);
  return [
    {
      name: "esbuild",
      async bundle(from, to) {
        for (const file of FILES) {
          const format = file === "page.mjs" ? "esm" : "iife";
          await output(from, [
            command("esbuild"),
            file,
            "--bundle",
            "--minify",
            // As for a Safari without `using`.
            "--target=safari16.4",
            "--platform=browser",
            `--format=${format}`,
            `--outfile=${join(to, file)}`,
          ]);
        }
        await writePage(to);
      },
    },
    {
      name: "bun build",
      async bundle(from, to) {
        for (const file of FILES) {
          const format = file === "page.mjs" ? "esm" : "iife";
          await output(from, [
            "npx",
            "--yes",
            "bun@1.4.5",
            "build",
            file,
            "--minify",
            "--target=browser",
            `--format=${format}`,
            `--outfile=${join(to, file)}`,
          ]);
        }
        await writePage(to);
      },
    },
    {
      name: "Vite",
      async bundle(from, to) {
        await writePage(from);
        await viteBuild(from, [
          command("vite"),
          "build",
          "--logLevel=warn",
          `--outDir=${to}`,
          "--base=./",
          "--emptyOutDir",
        ]);
      },
    },
    {
      // Deno installs no tarballs: it takes what npm has installed, without the
      // condition "browser" of packages, so the entry is named.
      name: "deno bundle",
      async bundle(from, to) {
        for (const file of FILES) {
          const text = await Deno.readTextFile(join(from, file));
          const entry = `deno_${file}`;
          await Deno.writeTextFile(
            join(from, entry),
            text.replace('"@tenfold/tenfold"', '"@tenfold/tenfold/browser"'),
          );
          await output(from, [
            Deno.execPath(),
            "bundle",
            "--quiet",
            "--node-modules-dir=manual",
            "--minify",
            "--platform=browser",
            `--output=${join(to, file)}`,
            entry,
          ]);
        }
        await writePage(to);
      },
    },
  ];
}
