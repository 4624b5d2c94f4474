/**
 * The edge to the module loaders of Deno, Bun and Node, which can load a module
 * of this package at once. Nothing happens when this file is imported.
 *
 * @module
 */

/** What this file needs of a runtime. */
interface Runtime {
  readonly process?: {
    getBuiltinModule?(name: "node:module"): {
      createRequire(from: string): (path: string) => unknown;
    };
  };
  readonly Deno?: {
    readonly permissions: {
      querySync(wanted: { name: "read"; path: URL }): { state: string };
    };
  };
}

/**
 * A module of this package, or undefined where the runtime loads none at once
 * or may not read its file. Nobody is asked for a permission.
 *
 * @param path The path from this folder, without an ending.
 */
export function moduleNow(path: string): unknown {
  const here: string | undefined = import.meta.url;
  if (!here?.startsWith("file:")) return undefined;
  const { process, Deno } = globalThis as Runtime;
  // The ending of this file: `.ts`, or `.js` in packages for npm.
  const ending = here.slice(here.lastIndexOf("."));
  const url = new URL(`${path}${ending}`, here);
  try {
    const read = { name: "read", path: url } as const;
    if (Deno && Deno.permissions.querySync(read).state !== "granted") {
      return undefined;
    }
    return process?.getBuiltinModule?.("node:module")
      .createRequire(here)(`./${path}${ending}`);
  } catch {
    return undefined; // in a bundle there is no such file
  }
}
