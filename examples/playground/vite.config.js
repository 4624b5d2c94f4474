import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What makes a page cross-origin isolated, so that memory can be shared. */
const headers = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** Where the packages of this repository are. */
const alias = [
  [/^@tenfold\/tenfold$/, "tenfold/browser.ts"],
  [/^@tenfold\/core\/backend$/, "core/backend_mod.ts"],
  [/^@tenfold\/core\/compile$/, "core/program/compile.ts"],
  [/^@tenfold\/core\/(internal|schema)$/, "core/$1.ts"],
  [/^@tenfold\/backends\/webgpu\/probe$/, "backends/webgpu/probe.ts"],
  [/^@tenfold\/data\/internal$/, "data/internal.ts"],
  [/^@tenfold\/([^/]+)$/, "$1/mod.ts"],
  [/^@tenfold\/([^/]+)\/([^/]+)$/, "$1/$2/mod.ts"],
].map(([find, file]) => ({ find, replacement: root + file }));

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
