/**
 * Checks who imports whom, and prints each import that breaks a rule, and each
 * layer, function and optimizer without a test beside it:
 *
 * - The arrows between the packages point one way:
 *   `examples, bench → distributed → train, onnx → nn, optim, data → core ← backends`.
 * - Backends and their suite do not import one another.
 * - No files import one another in a circle at run time.
 * - `nn`, `optim`, `data` and `train` import zod in one file each.
 * - Files of `core` import, at run time, only what ARCHITECTURE.md lists above
 *   them or in the same row, and each of them is listed there.
 *
 * Tests may import more.
 *
 * @module
 */
import {
  findCircles,
  findDisorder,
  type ImportGraph,
  importsOf,
  listedOrder,
  resolveImport,
} from "./import_graph.ts";

/** For each folder, the packages its code may import beside itself. */
const MAY_IMPORT: Record<string, string[]> = {
  core: [],
  backends: ["core"],
  nn: ["core"],
  optim: ["core"],
  data: ["core"],
  train: ["core", "nn", "optim", "data"],
  onnx: ["core", "nn", "data"],
  distributed: ["core", "nn", "optim", "data", "train"],
  tenfold: ["core", "backends", "nn", "optim", "data", "train"],
  examples: [
    "tenfold",
    "core",
    "backends",
    "nn",
    "optim",
    "data",
    "train",
    "onnx",
    "distributed",
  ],
  bench: [
    "tenfold",
    "core",
    "backends",
    "nn",
    "optim",
    "data",
    "train",
    "onnx",
    "distributed",
  ],
};

/** Packages with many schemas, one file of which names the library. */
const ONE_DOOR = ["nn", "optim", "data", "train"];

/** Folders in which each file that is public has a test beside it. */
const TESTED = ["nn", "nn/functional", "optim"];

const broken: string[] = [];
const graph = new Map<string, string[]>();
for (const folder of Object.keys(MAY_IMPORT)) {
  for (const file of await sources(folder)) {
    const targets: string[] = [];
    for (
      const { specifier, atRunTime } of importsOf(await Deno.readTextFile(file))
    ) {
      const wrong = judge(folder, file, specifier);
      if (wrong) broken.push(`${file} imports "${specifier}": ${wrong}`);
      if (atRunTime && specifier.startsWith(".")) {
        targets.push(resolveImport(file, specifier));
      }
    }
    graph.set(file, targets);
  }
}
for (const circle of findCircles(graph)) {
  broken.push(`Files import one another at run time: ${circle.join(" → ")}`);
}
const order = listedOrder(
  await Deno.readTextFile("ARCHITECTURE.md"),
  "## Inside core",
);
for (const line of findDisorder(within(graph, "core/"), order)) {
  broken.push(`Not as ARCHITECTURE.md lists it: in core, ${line}`);
}
for (const folder of TESTED) {
  const inside = [...Deno.readDirSync(folder)].map(({ name }) => name);
  for (const name of inside) {
    if (!/^(?!_|mod\.|internal\.).*(?<!_test)\.ts$/.test(name)) continue;
    if (!inside.includes(name.replace(/\.ts$/, "_test.ts"))) {
      broken.push(`${folder}/${name} has no test beside it`);
    }
  }
}
for (const line of broken) console.error(line);
console.log(`${graph.size} files checked, ${broken.length} rules broken`);
Deno.exit(broken.length > 0 ? 1 : 0);

/** What is wrong with the import, if anything is. */
function judge(
  folder: string,
  file: string,
  specifier: string,
): string | undefined {
  const allowed = MAY_IMPORT[folder] ?? [];
  if (specifier.startsWith(".")) {
    const [into, part] = resolveImport(file, specifier).split("/");
    if (folder === "backends" && part !== file.split("/")[1]) {
      return "each backend and the suite stand alone";
    }
    return into === folder
      ? undefined
      : `a relative import stays in its package, and this one leads to ${into}`;
  }
  if (/^zod\b/.test(specifier) && `${folder}/_zod.ts` !== file) {
    if (ONE_DOOR.includes(folder)) return `write ${folder}/_zod.ts`;
  }
  const into = specifier.match(/^@tenfold\/([^/]+)/)?.[1];
  if (into === folder) return "a package imports its own files by path";
  if (into && !allowed.includes(into)) {
    const list = allowed.length > 0 ? allowed.join(", ") : "no package";
    return `${folder} may import ${list}`;
  }
  return undefined;
}

/** The part of a graph below a folder, with paths that begin there. */
function within(graph: ImportGraph, folder: string): ImportGraph {
  return new Map(
    graph.entries()
      .filter(([file]) => file.startsWith(folder))
      .map(([file, targets]) => [
        file.slice(folder.length),
        targets.map((target) => target.slice(folder.length)),
      ]),
  );
}

/** The TypeScript files of a folder that are neither tests nor their help. */
async function sources(folder: string): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) {
        if (entry.name !== "_testdata") found.push(...await sources(path));
      } else if (/(?<!_test|\btesting|_testing)\.ts$/.test(path)) {
        found.push(path);
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort();
}
