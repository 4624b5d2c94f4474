import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What makes a page cross-origin isolated, so that memory can be shared. */
const headers = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** Where the packages of this repository are, as their `deno.json` say. */
const { workspace } = readJson("deno.json");
const alias = workspace.flatMap((folder) => {
  const { name, exports } = readJson(`${folder}/deno.json`);
  const entries = typeof exports === "string" ? { ".": exports } : exports;
  return Object.entries(entries).map(([entry, file]) => ({
    find: new RegExp(`^${name}${entry.slice(1)}$`),
    replacement: `${root}${folder.slice(2)}/${
      // As the package for npm does in browsers.
      name === "@tenfold/tenfold" ? "browser.ts" : file.slice(2)}`,
  }));
});

function readJson(path) {
  return JSON.parse(readFileSync(root + path, "utf8"));
}

export default {
  // Static files that run from any folder of any host.
  base: "./",
  resolve: { alias },
  server: {
    host: "127.0.0.1",
    port: 8080,
    headers,
    fs: { allow: [root] },
  },
  preview: { host: "127.0.0.1", port: 8080, headers },
  build: {
    outDir: `${root}out/playground`,
    emptyOutDir: true,
    chunkSizeWarningLimit: 1000,
  },
};
