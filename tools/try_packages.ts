/**
 * Installs the packages for npm from their tarballs into an empty folder of
 * each runtime, runs the README's first program and `tests/packages/whole.mjs`
 * there, and compiles the program by `tsc`. The last line is `N passed, N
 * failed`.
 *
 * `deno task test:packages [runtime…]`, such as `node@20 bun`
 *
 * @module
 */
import { join } from "node:path";
import { readPackages, ROOT } from "./pack/workspace.ts";

/** How a runtime installs and runs. */
interface Runtime {
  readonly name: string;
  readonly install: readonly string[];
  readonly run: readonly string[];
  /** Whether it knows `using`. */
  readonly using: boolean;
}

/** What is installed: it brings the others. */
const UMBRELLA = "@tenfold/tenfold";

/** The most that is installed, in MB. */
const MOST = 12;

const NPM = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"];

const RUNTIMES: readonly Runtime[] = [
  // Deno installs no tarballs: it takes what npm has installed.
  {
    name: "deno",
    install: NPM,
    run: [Deno.execPath(), "run", "-A", "--node-modules-dir=manual"],
    using: true,
  },
  {
    name: "bun",
    install: ["npx", "--yes", "bun@1.4.5", "install"],
    run: ["npx", "--yes", "bun@1.4.5"],
    using: true,
  },
  ...[20, 22, 24, 26].map((major) => ({
    name: `node@${major}`,
    install: NPM,
    run: ["npx", "--yes", `node@${major}`],
    using: major >= 24,
  })),
];

const wanted = Deno.args.length > 0 ? Deno.args : RUNTIMES.map((r) => r.name);
const unknown = wanted.find((name) => !RUNTIMES.some((r) => r.name === name));
if (unknown !== undefined) throw new RangeError(`No runtime ${unknown}`);

const folder = await Deno.makeTempDir({ prefix: "tenfold-packages-" });
let passed = 0;
let failed = 0;
const printed = new Map<string, string>();
try {
  const tarballs = join(folder, "tarballs");
  await output(ROOT, [
    Deno.execPath(),
    "run",
    "-A",
    "tools/pack.ts",
    tarballs,
  ]);
  const packages = Object.fromEntries(
    (await readPackages()).map(({ name, version }) => {
      const file = `${name.slice(1).replace("/", "-")}-${version}.tgz`;
      return [name, `file:${join(tarballs, file)}`];
    }),
  );
  const readme = await readmeProgram();
  for (const runtime of RUNTIMES) {
    if (!wanted.includes(runtime.name)) continue;
    const inside = join(folder, runtime.name);
    await Deno.mkdir(inside);
    const write = (name: string, text: string) =>
      Deno.writeTextFile(join(inside, name), text);
    await write(
      "package.json",
      JSON.stringify({
        type: "module",
        dependencies: { [UMBRELLA]: packages[UMBRELLA] },
        // The others, which no registry has yet.
        overrides: packages,
      }),
    );
    await write("readme.mjs", runtime.using ? readme : withTidy(readme));
    for (const name of ["whole.mjs", "job.mjs", "rows.mjs"]) {
      await Deno.copyFile(
        join(ROOT, "tests/packages", name),
        join(inside, name),
      );
    }
    await attempt(`${runtime.name}: install`, async () => {
      await output(inside, runtime.install);
      const installed = await megabytes(join(inside, "node_modules"));
      if (installed >= MOST) {
        throw new Error(`${installed.toFixed(1)} MB, more than ${MOST}`);
      }
      return `${installed.toFixed(1)} MB`;
    });
    for (const program of ["readme.mjs", "whole.mjs"]) {
      await attempt(`${runtime.name}: ${program}`, async () => {
        const text = await output(inside, [...runtime.run, program]);
        const last = text.trim().split("\n").at(-1)!;
        const first = printed.get(program) ?? last;
        printed.set(program, first);
        if (last !== first) throw new Error(`${last}, elsewhere ${first}`);
        return last;
      });
    }
    if (!runtime.name.startsWith("node")) continue;
    await attempt(`${runtime.name}: types under nodenext`, async () => {
      await write("readme.ts", readme);
      const tsc = ["npx", "--yes", "-p", "typescript@6.0.3", "tsc", "--noEmit"];
      const options = "--strict --module nodenext --target es2022".split(" ");
      return await output(inside, [...tsc, ...options, "readme.ts"]);
    });
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) Deno.exit(1);

async function attempt(
  title: string,
  work: () => Promise<string>,
): Promise<void> {
  try {
    console.log(`ok      ${title} ${await work()}`.trimEnd());
    passed++;
  } catch (error) {
    console.log(`FAILED  ${title} ${(error as Error).message}`);
    failed++;
  }
}

/** What a command prints; an error with all of it if it fails. */
async function output(
  cwd: string,
  [command, ...args]: readonly string[],
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command!, {
    args,
    cwd,
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (success) return text;
  throw new Error(`${text}${new TextDecoder().decode(stderr)}`);
}

/** The README's first program. */
async function readmeProgram(): Promise<string> {
  const text = await Deno.readTextFile(join(ROOT, "README.md"));
  const [, program] = /## Train something\n\n```ts\n([^]*?)```/.exec(text)!;
  return program!;
}

/** The same program with a call of `tidy` in place of `using`. */
function withTidy(program: string): string {
  const changed = program
    .replace(
      / \{\n +using _ = scope\(\);.*\n([^]*?)\n\}/,
      " tidy(() => {\n$1\n});",
    )
    .replace("scope,", "tidy,");
  if (changed.includes("using ")) throw new Error("Cannot replace `using`");
  return changed;
}

async function megabytes(path: string): Promise<number> {
  const bytes = async (folder: string): Promise<number> => {
    let sum = 0;
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const inside = join(folder, name);
      sum += isDirectory
        ? await bytes(inside)
        : (await Deno.lstat(inside)).size;
    }
    return sum;
  };
  return await bytes(path) / 1e6;
}
