/**
 * Checks which folder imports which. The arrows point one way:
 *
 *     examples, bench → train → nn, optim, data → core ← backends
 *
 * Tests may import more. Prints each import that breaks the rule.
 *
 * @module
 */

/** For each folder, the packages its code may import beside itself. */
const MAY_IMPORT: Record<string, string[]> = {
  core: [],
  backends: ["core"],
  nn: ["core"],
  optim: ["core"],
  data: ["core"],
  train: ["core", "nn", "optim", "data"],
  tenfold: ["core", "backends", "nn", "optim", "data", "train"],
  examples: ["tenfold", "core", "backends", "nn", "optim", "data", "train"],
  bench: ["tenfold", "core", "backends", "nn", "optim", "data", "train"],
};

/** Import, export-from and dynamic import of a fixed name. */
const SPECIFIER =
  /^\s*(?:import|export)\b[^"';]*?\bfrom\s*"([^"]+)"|^\s*import\s*"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;
const COMMENT = /\/\*[^]*?\*\/|^\s*\/\/.*$/gm;

const broken: string[] = [];
let count = 0;
for (const folder of Object.keys(MAY_IMPORT)) {
  for (const file of await sources(folder)) {
    count++;
    const text = (await Deno.readTextFile(file)).replace(COMMENT, "");
    for (const [, from, bare, dynamic] of text.matchAll(SPECIFIER)) {
      const specifier = from ?? bare ?? dynamic ?? "";
      const fault = judge(folder, file, specifier);
      if (fault) broken.push(`${file} imports "${specifier}": ${fault}`);
    }
  }
}
for (const line of broken) console.error(line);
console.log(`${count} files checked, ${broken.length} forbidden imports`);
Deno.exit(broken.length > 0 ? 1 : 0);

/** Says what is wrong with the import, if anything is. */
function judge(
  folder: string,
  file: string,
  specifier: string,
): string | undefined {
  const allowed = MAY_IMPORT[folder] ?? [];
  if (specifier.startsWith(".")) {
    const target = new URL(specifier, `file:///${file}`).pathname.slice(1);
    const into = target.split("/")[0];
    return into === folder
      ? undefined
      : `a relative import stays in its package, and this one leads to ${into}`;
  }
  const into = specifier.match(/^@tenfold\/([^/]+)/)?.[1];
  if (into === folder) return "a package imports its own files by path";
  if (into && !allowed.includes(into)) {
    const list = allowed.length > 0 ? allowed.join(", ") : "no package";
    return `${folder} may import ${list}`;
  }
  return undefined;
}

/** The TypeScript files of a folder that are neither tests nor their help. */
async function sources(folder: string): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) found.push(...await sources(path));
      else if (/(?<!_test|\btesting|_testing)\.ts$/.test(path)) {
        found.push(path);
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort();
}
