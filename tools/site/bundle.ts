/**
 * The scripts and the style of the site.
 *
 * @module
 */
import { join } from "node:path";
import { readPackages, ROOT } from "../pack/workspace.ts";

const here = (path: string) => join(ROOT, "tools", "site", "assets", path);

/** Doors that are of no use in a page. */
const LEFT_OUT = /conformance$|\/program$/;

/** Writes the assets into a folder and gives their names. */
export async function buildAssets(folder: string): Promise<string[]> {
  await Deno.mkdir(folder, { recursive: true });
  const doors = (await readPackages()).flatMap(({ name, exports }) =>
    Object.keys(exports).map((path) => name + path.slice(1))
  ).filter((specifier) => !LEFT_OUT.test(specifier));
  // In the repository, as its packages are found from there.
  const entries = await Deno.makeTempDir({ dir: ROOT, prefix: ".site-" });
  try {
    const names: Record<string, string> = {};
    const sources: string[] = [];
    for (const specifier of [...doors, "@std/assert"]) {
      const name = specifier.replace("@", "").replaceAll("/", "-");
      const from = specifier === "@std/assert" ? here("assert.ts") : specifier;
      const file = join(entries, `${name}.ts`);
      await Deno.writeTextFile(file, `export * from "${from}";\n`);
      names[specifier] = `./${name}.js`;
      sources.push(file);
    }
    await bundle(sources, folder);
    await bundle([here("site.ts"), here("worker.ts")], folder);
    await Deno.writeTextFile(
      join(folder, "modules.json"),
      JSON.stringify(names),
    );
  } finally {
    await Deno.remove(entries, { recursive: true });
  }
  await Deno.copyFile(here("style.css"), join(folder, "style.css"));
  return [...Deno.readDirSync(folder)].map(({ name }) => name);
}

async function bundle(entries: string[], folder: string): Promise<void> {
  const flags = ["-q", "--minify", "--platform=browser", "--code-splitting"];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", ...flags, "--outdir", folder, ...entries],
    cwd: ROOT,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
