/**
 * The `package.json` of a package.
 *
 * @module
 */
import { toJs } from "./emit.ts";
import type { Package } from "./workspace.ts";

/**
 * Modules that must be kept even where nothing is imported from them: the
 * umbrella registers the backends, and core brings `Symbol.dispose` along.
 */
const WITH_SIDE_EFFECTS: Readonly<Record<string, readonly string[]>> = {
  "@tenfold/core": ["./dispose_symbol.js"],
  "@tenfold/tenfold": [
    "./_environment.js",
    "./_register_backends.js",
    "./browser.js",
    "./mod.js",
  ],
};

/** Entry points that bundlers for browsers take in the place of the first. */
const IN_BROWSERS: Readonly<Record<string, string>> = {
  "@tenfold/tenfold": "./browser.js",
};

/**
 * What only one entry point of a package needs: who uses that installs it.
 * `fast-check` makes the random cases of the conformance suite.
 */
const OPTIONAL: ReadonlySet<string> = new Set([
  "@cwasm/jpeg-turbo",
  "@cwasm/lodepng",
  "@huggingface/tokenizers",
  "@uwdata/flechette",
  "fast-check",
  "fzstd",
  "hyparquet",
  "hyparquet-compressors",
  "lz4js",
]);

/** What a package looks for when it is asked to, without an import. */
const LOOKED_FOR: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "@tenfold/backends": { webgpu: "^0.6.2" },
};

/** What browsers do themselves: bundlers for them leave it out. */
const NOT_IN_BROWSERS: Readonly<Record<string, readonly string[]>> = {
  "@tenfold/data": ["@cwasm/jpeg-turbo", "@cwasm/lodepng"],
};

/**
 * Where a workflow of GitHub runs, as npm writes it: a package that is published
 * with provenance must name it. Null elsewhere.
 */
export function repositoryOf(
  environment: { readonly [variable: string]: string | undefined },
): string | null {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = environment;
  return server && name ? `git+${server}/${name}.git` : null;
}

/**
 * @param imports The bare specifiers that its files import.
 * @param repository Where its sources are, if that is known.
 * @throws {Error} If one of them is not declared in its `deno.json`.
 */
export function packageJson(
  self: Package,
  imports: ReadonlySet<string>,
  packages: readonly Package[],
  repository: string | null,
): Record<string, unknown> {
  const dependencies: Record<string, string> = {};
  const optional: Record<string, string> = { ...LOOKED_FOR[self.name] };
  for (const name of [...new Set([...imports].map(packageOf))].sort()) {
    if (name === self.name || name.startsWith("node:")) continue;
    const other = packages.find((p) => p.name === name);
    const version = other ? `^${other.version}` : self.npm[name];
    if (version === undefined) {
      throw new Error(`${self.name} imports ${name}, which it does not list`);
    }
    (OPTIONAL.has(name) ? optional : dependencies)[name] = version;
  }
  return {
    name: self.name,
    version: self.version,
    description: self.description,
    license: self.license,
    ...repository !== null && {
      repository: { type: "git", url: repository, directory: self.folder },
    },
    type: "module",
    engines: { node: ">=20" },
    sideEffects: WITH_SIDE_EFFECTS[self.name] ?? false,
    exports: {
      ...Object.fromEntries(
        Object.entries(self.exports).map(([entry, file]) => [entry, {
          types: file.replace(/\.ts$/, ".d.ts"),
          ...entry === "." && IN_BROWSERS[self.name] !== undefined &&
            { browser: IN_BROWSERS[self.name] },
          default: toJs(file),
        }]),
      ),
      "./package.json": "./package.json",
    },
    ...self.name in NOT_IN_BROWSERS && {
      browser: Object.fromEntries(
        NOT_IN_BROWSERS[self.name]!.map((name) => [name, false]),
      ),
    },
    dependencies,
    ...Object.keys(optional).length > 0 && {
      peerDependencies: optional,
      peerDependenciesMeta: Object.fromEntries(
        Object.keys(optional).map((name) => [name, { optional: true }]),
      ),
    },
  };
}

/** `@scope/name` or `name`, without what follows. */
function packageOf(specifier: string): string {
  const parts = specifier.split("/");
  return parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}
