/**
 * The packages of the workspace, as their `deno.json` files describe them.
 *
 * @module
 */
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const Workspace = z.object({ workspace: z.array(z.string()) });

const Manifest = z.object({
  name: z.string(),
  version: z.string(),
  description: z.string(),
  license: z.string(),
  exports: z.union([z.string(), z.record(z.string(), z.string())]),
  imports: z.record(z.string(), z.string()).default({}),
  publish: z.object({ exclude: z.array(z.string()).default([]) }),
});

/** A package of the workspace. */
export interface Package {
  /** Its name, such as `@tenfold/core`. */
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  /** Its folder, relative to the root. */
  readonly folder: string;
  /** Entry points: `.` or `./name`, and the source file of each. */
  readonly exports: Readonly<Record<string, string>>;
  /** Versions of npm packages that it imports, by name. */
  readonly npm: Readonly<Record<string, string>>;
  /** The TypeScript files that are published, relative to the root. */
  readonly sources: readonly string[];
}

/** Reads all packages of the workspace. */
export async function readPackages(): Promise<Package[]> {
  const { workspace } = Workspace.parse(await readJson("deno.json"));
  return await Promise.all(workspace.map(readPackage));
}

async function readPackage(member: string): Promise<Package> {
  const folder = relative(ROOT, join(ROOT, member));
  const manifest = Manifest.parse(await readJson(join(folder, "deno.json")));
  const { exports, imports, publish, ...rest } = manifest;
  const excluded = publish.exclude.map(toPattern);
  const sources: string[] = [];
  for await (const file of filesUnder(folder)) {
    const inside = relative(folder, file);
    if (excluded.some((pattern) => pattern.test(inside))) continue;
    if (inside.endsWith(".ts")) sources.push(file);
  }
  return {
    ...rest,
    folder,
    exports: typeof exports === "string" ? { ".": exports } : exports,
    npm: Object.fromEntries(Object.values(imports).map(packageAndVersion)),
    sources: sources.sort(),
  };
}

/** `["zod", "^4.6.7"]` out of `npm:zod@^4.6.7/mini`. */
function packageAndVersion(target: string): [name: string, version: string] {
  const found = /^npm:((?:@[^/]+\/)?[^@/]+)@([^/]+)/.exec(target);
  if (!found) throw new Error(`Cannot pack "${target}": not an npm package`);
  return [found[1]!, found[2]!];
}

/** A pattern of `publish.exclude`: a file, a folder, or `**\/*_end.ts`. */
function toPattern(exclude: string): RegExp {
  const body = exclude
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace("**/", "\0")
    .replaceAll("*", "[^/]*")
    .replace("\0", "(?:.*/)?");
  return new RegExp(`^${body}(?:/|$)`);
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await Deno.readTextFile(join(ROOT, path)));
}

async function* filesUnder(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(join(ROOT, folder))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* filesUnder(path);
    else yield path;
  }
}
