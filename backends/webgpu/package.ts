/**
 * The npm package `webgpu` (Dawn), by which Bun and Node have a GPU. It is
 * looked for when a program asks, and is no dependency: it takes 130 MB.
 *
 * @module
 */

/** What the search needs of the runtime. */
interface Runtime {
  getBuiltinModule(name: "node:fs"): {
    existsSync(path: string): boolean;
    readFileSync(path: string, encoding: "utf8"): string;
  };
  getBuiltinModule(name: "node:path"): {
    readonly delimiter: string;
    dirname(path: string): string;
    join(...parts: string[]): string;
  };
  getBuiltinModule(name: "node:url"): {
    fileURLToPath(url: string): string;
    pathToFileURL(path: string): URL;
  };
  cwd(): string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The runtime, where native packages of npm are the way to a GPU. */
function runtime(): Runtime | null {
  const { process, Deno: deno } = globalThis as {
    process?: Partial<Runtime>;
    Deno?: unknown;
  };
  const usable = deno === undefined && process?.getBuiltinModule !== undefined;
  return usable ? process as Runtime : null;
}

/**
 * The address of the package's module, or null where there is none: it is
 * looked for above some folders, by default this file's and the working
 * directory, and then in the folders of `NODE_PATH`. No module is resolved for
 * that, as Bun installs a package that it is asked for where it sees no
 * `node_modules`.
 */
export function findPackage(above?: readonly string[]): string | null {
  const process = runtime();
  if (process === null) return null;
  const { existsSync, readFileSync } = process.getBuiltinModule("node:fs");
  const { delimiter, dirname, join } = process.getBuiltinModule("node:path");
  const { fileURLToPath, pathToFileURL } = process.getBuiltinModule("node:url");
  // Bundlers leave no address of this file.
  const here: string | undefined = import.meta.url;
  const places: string[] = [];
  for (
    let folder of above ?? [
      ...here?.startsWith("file:") ? [dirname(fileURLToPath(here))] : [],
      process.cwd(),
    ]
  ) {
    for (; folder !== dirname(folder); folder = dirname(folder)) {
      places.push(join(folder, "node_modules"));
    }
  }
  places.push(...(process.env["NODE_PATH"] ?? "").split(delimiter));
  const file = places.filter((place) => place !== "")
    .map((place) => join(place, "webgpu", "package.json"))
    .find((path) => existsSync(path));
  if (file === undefined) return null;
  const { main = "index.js" } = JSON.parse(readFileSync(file, "utf8"));
  return pathToFileURL(join(dirname(file), main)).href;
}
