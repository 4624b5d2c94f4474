/**
 * Scores each package by the rules that JSR publishes, and fails where a point is missing that a package can have before it is
 * published. Two points are no property of the files: provenance, which the
 * release workflow brings, and the runtimes, which it sets.
 *
 * `deno task publish:score`
 *
 * @module
 */
import { join } from "node:path";
import { readPackages, ROOT } from "./pack/workspace.ts";

interface Declared {
  readonly jsDoc?: { readonly doc?: string; readonly tags?: readonly Tag[] };
}

interface Tag {
  readonly kind: string;
}

interface Module {
  readonly module_doc?: Declared["jsDoc"];
  readonly symbols: readonly {
    readonly name: string;
    readonly declarations: readonly Declared[];
  }[];
}

/** Documented symbols of 100 that JSR asks for. */
const ENOUGH = 80;

// What `no slow types` means is what `deno publish --dry-run` refuses.
const dry = await new Deno.Command(Deno.execPath(), {
  args: ["publish", "--dry-run", "--allow-dirty"],
  cwd: ROOT,
}).output();

let missing = 0;
for (const { name, folder, exports, description } of await readPackages()) {
  const modules = await Promise.all(
    Object.values(exports).map((file) => documentationOf(join(folder, file))),
  );
  const symbols = modules.flatMap((module) => module.symbols);
  const told = symbols.filter(({ declarations }) =>
    declarations.some(({ jsDoc }) => jsDoc?.doc)
  );
  const readme = await Deno.readTextFile(join(ROOT, folder, "README.md"))
    .catch(() => "");
  const main = modules[0]?.module_doc;
  const share = 100 * told.length / Math.max(1, symbols.length);
  const points: readonly (readonly [string, number, boolean])[] = [
    ["has a README or a module doc", 2, readme !== "" || !!main?.doc],
    [
      "has examples in it",
      1,
      readme.includes("```") ||
      !!main?.tags?.some(({ kind }) => kind === "example"),
    ],
    [
      "has a module doc in every entry point",
      1,
      modules.every(({ module_doc }) => module_doc?.doc),
    ],
    [`has ${share.toFixed(0)} % of its symbols documented`, 5, share >= ENOUGH],
    ["has no slow types", 5, dry.success],
    [
      "has a description",
      1,
      description.length > 0 && description.length <= 250,
    ],
    // Set by the release workflow: browsers, Deno, Node and Bun.
    ["is marked for at least one runtime", 1, true],
    ["is marked for two runtimes or more", 1, true],
  ];
  const score = points.reduce((sum, [, n, holds]) => sum + (holds ? n : 0), 0);
  const most = points.reduce((sum, [, n]) => sum + n, 0) + 1;
  console.log(
    `${name}: ${score} of ${most}, and provenance; ${told.length} of ${symbols.length} symbols documented`,
  );
  for (const [what, , holds] of points) {
    if (holds) continue;
    missing++;
    console.log(`  not: ${what}`);
  }
}
if (missing > 0) Deno.exit(1);

async function documentationOf(file: string): Promise<Module> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", file],
    cwd: ROOT,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
  return Object.values(nodes)[0] as Module;
}
