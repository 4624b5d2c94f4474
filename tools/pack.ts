/**
 * Packs every package of the workspace for npm: JavaScript that Node 20 runs,
 * declarations, source maps, `package.json`, README and licence, as folders
 * and tarballs.
 *
 * `deno task pack [folder]` (default: `out/npm`)
 *
 * @module
 */
import { dirname, join, resolve } from "node:path";
import { emit, exportsOf, importsOf, withoutComments } from "./pack/emit.ts";
import { packageJson, repositoryOf } from "./pack/manifest.ts";
import { type Package, readPackages, ROOT } from "./pack/workspace.ts";

/** Entry points that packages have for each other, and no program imports. */
const SHARED = new Set(["./foreign", "./int8", "./internal", "./program"]);

const target = resolve(Deno.args[0] ?? join(ROOT, "out", "npm"));
const packages = await readPackages();
const repository = repositoryOf(Deno.env.toObject());
const files = new Map<string, string>();
emit(packages, (path, text) => files.set(path, text));
dropUnreached();
await Deno.mkdir(target, { recursive: true });
for (const self of packages) {
  const folder = join(target, self.folder);
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  for (const [path, text] of filesOf(self)) {
    const to = join(target, path);
    await Deno.mkdir(dirname(to), { recursive: true });
    await Deno.writeTextFile(to, text);
  }
  await Deno.copyFile(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
  console.log(await tarball(folder));
}

/**
 * Removes the declarations that no entry point needs, and the comments of those
 * that are needed but not exported to programs.
 */
function dropUnreached(): void {
  const entries = packages.flatMap(({ folder, exports }) =>
    Object.entries(exports).map(([name, file]) => ({
      path: join(folder, file),
      shared: SHARED.has(name),
    }))
  );
  const reached = closure(entries.map(({ path }) => path), importsOf);
  const exported = closure(
    entries.filter(({ shared }) => !shared).map(({ path }) => path),
    exportsOf,
  );
  for (const [path, text] of [...files]) {
    if (!path.endsWith(".d.ts")) continue;
    if (!reached.has(path)) files.delete(path);
    else if (!exported.has(path)) files.set(path, withoutComments(path, text));
  }
}

/** The declarations of some files, and all that they lead to. */
function closure(
  paths: readonly string[],
  next: (path: string, text: string) => string[],
): Set<string> {
  const found = new Set<string>();
  const visit = (path: string): void => {
    const declarations = path.replace(/\.(d\.)?ts$/, ".d.ts");
    const text = files.get(declarations);
    if (text === undefined || found.has(declarations)) return;
    found.add(declarations);
    for (const name of next(declarations, text)) {
      if (name.startsWith(".")) visit(join(dirname(declarations), name));
    }
  };
  paths.forEach(visit);
  return found;
}

/** What goes into the folder of a package, by path. */
function* filesOf(self: Package): Generator<[string, string]> {
  const imports = new Set<string>();
  for (const [path, text] of files) {
    if (!path.startsWith(`${self.folder}/`)) continue;
    yield [path, text];
    if (!/\.(js|d\.ts)$/.test(path)) continue;
    for (const name of importsOf(path, text)) {
      if (!name.startsWith(".")) imports.add(name);
    }
  }
  const manifest = packageJson(self, imports, packages, repository);
  yield [
    join(self.folder, "package.json"),
    JSON.stringify(manifest, null, 2) + "\n",
  ];
  const readme = join(self.folder, "README.md");
  yield [readme, Deno.readTextFileSync(join(ROOT, readme))];
}

/** Packs a folder and tells the name of the tarball and its size. */
async function tarball(folder: string): Promise<string> {
  const npm = new Deno.Command("npm", {
    args: ["pack", "--json", "--pack-destination", target],
    cwd: folder,
    stderr: "inherit",
  });
  const { success, stdout } = await npm.output();
  if (!success) throw new Error(`Cannot pack ${folder}`);
  const [made] = JSON.parse(new TextDecoder().decode(stdout));
  const kilobytes = (bytes: number) => `${Math.round(bytes / 1000)} KB`;
  return `${made.filename}: ${kilobytes(made.size)}, ${
    kilobytes(made.unpackedSize)
  } unpacked`;
}
