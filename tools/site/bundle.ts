/**
 * The scripts and the style of the site.
 *
 * @module
 */
import { join } from "node:path";
import { readPackages, ROOT } from "../pack/workspace.ts";
import { NOT_IN_PAGES } from "./markdown.ts";

const here = (path: string) => join(ROOT, "tools", "site", "assets", path);

/** Writes the assets into a folder and gives their names. */
export async function buildAssets(folder: string): Promise<string[]> {
  await Deno.mkdir(folder, { recursive: true });
  const doors = (await readPackages()).flatMap(({ name, exports }) =>
    Object.keys(exports).map((path) => name + path.slice(1))
  ).filter((specifier) => !NOT_IN_PAGES.test(specifier));
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
  // Names of classes stay, as models are printed by them.
  const flags = ["-q", "--minify", "--keep-names", "--platform=browser"];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", ...flags, "--code-splitting"],
      ...["--outdir", folder, ...entries],
    ],
    cwd: ROOT,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
