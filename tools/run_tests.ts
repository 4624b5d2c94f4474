/**
 * Runs the tests and ends with one plain line, "N passed, N failed".
 *
 * `deno task test` runs them on Deno, `deno task test:bun` on Bun, and
 * `deno task docs:test` runs the examples of the documentation. Paths choose
 * files or folders, other arguments go to the runner:
 * `deno task test core/ --filter=view`.
 *
 * Files named `*_no_permission_test.ts` run on Deno with no permission at all,
 * the others with every one. Where all are run, the files of a folder of short
 * tests share one process, as those of all folders do with `--together`: nine
 * tenths of their time goes into loading what they import, once for each file.
 * So do examples. With `--apart` each file, and each example, has its own.
 *
 * @module
 */
import { writeExamples } from "./doc_examples.ts";
import { stdFlags } from "./std_flags.ts";
import { showProgress, TestProgress } from "./test_progress.ts";

/** The Bun that `npx` fetches where none is installed. */
const BUN = "bun@1.4.5";

/** Folders of what is made, without tests. */
const SKIPPED = new Set(["out", "coverage"]);

/** What the folder is called in which files are that import tests. */
const JOINED = "tenfold-tests-";

/**
 * Folders of short tests that leave nothing behind. Others leave tensors to the
 * garbage collector, which the next file would see in what it counts.
 */
const SHORT = new Set(["core", "data", "nn", "optim"]);

interface Tally {
  passed: number;
  failed: number;
}

const onBun = Deno.args.includes("--bun");
const docs = Deno.args.includes("--doc");
const together = Deno.args.includes("--together");
const apart = Deno.args.includes("--apart");
const OWN = ["--bun", "--doc", "--together", "--apart"];
const args = Deno.args.filter((arg) => !OWN.includes(arg));
const flags = args.filter((arg) => arg.startsWith("-"));
const roots = args.filter((arg) => !arg.startsWith("-"));
const whole = roots.length === 0;
if (whole) roots.push(".");

const total = await (onBun ? runOnBun() : docs ? runExamples() : runOnDeno());
console.log(`${total.passed} passed, ${total.failed} failed`);
Deno.exit(total.failed > 0 ? 1 : 0);

/** The test files that the arguments choose. */
async function chosenFiles(): Promise<string[]> {
  const files = await chosen((name) => name.endsWith("_test.ts"));
  if (files.length === 0) {
    console.error(`There is no test file in ${roots.join(", ")}`);
    Deno.exit(1);
  }
  return files;
}

/** The files with a name that fits in the folders that the arguments give. */
async function chosen(fits: (name: string) => boolean): Promise<string[]> {
  return (await Promise.all(roots.map((root) => filesIn(root, fits))))
    .flat().sort();
}

/** The files in a folder and those below it, or the file itself. */
async function filesIn(
  path: string,
  fits: (name: string) => boolean,
): Promise<string[]> {
  if ((await Deno.stat(path)).isFile) return [path];
  const found: string[] = [];
  for await (const entry of Deno.readDir(path)) {
    const inner = path === "." ? entry.name : `${path}/${entry.name}`;
    if (entry.isDirectory) {
      const skipped = entry.name.startsWith(".") || SKIPPED.has(inner) ||
        entry.name === "node_modules";
      if (!skipped) found.push(...await filesIn(inner, fits));
    } else if (fits(entry.name)) {
      found.push(inner);
    }
  }
  return found;
}

async function runOnDeno(): Promise<Tally> {
  const std = await stdFlags();
  const files = await chosenFiles();
  const bare = files.filter((file) => file.endsWith("_no_permission_test.ts"));
  const open = files.filter((file) => !bare.includes(file));
  const total: Tally = { passed: 0, failed: 0 };
  using joined = join(open);
  for (
    const [group, options] of [
      [joined.files, ["-A", "--parallel"]],
      [bare, ["--no-prompt"]],
    ] as const
  ) {
    if (group.length === 0) continue;
    const progress = new TestProgress(group.length);
    const tally = await denoTest([...std, ...options, ...group], progress);
    total.passed += tally.passed;
    total.failed += tally.failed;
  }
  return total;
}

/**
 * The files to run, where one for each folder of short tests, which imports all
 * of them, stands for those in it.
 */
function join(files: readonly string[]): Disposable & { files: string[] } {
  const folder = Deno.makeTempDirSync({ prefix: JOINED });
  const short = (file: string) =>
    together || (whole && !apart && SHORT.has(file.split("/")[0]!));
  const alone = files.filter((file) => !short(file));
  const groups = Map.groupBy(
    files.filter(short),
    (file) => file.split("/")[0]!,
  );
  const joined = [...groups].map(([name, members]) => {
    const file = `${folder}/${name}_test.ts`;
    const root = `${new URL("../", import.meta.url)}`;
    const imports = members.map((member) => `import "${root}${member}";\n`);
    const last =
      `import { nothingIsLeft } from "${root}tools/nothing_left.ts";\nnothingIsLeft();\n`;
    Deno.writeTextFileSync(file, imports.join("") + last);
    return file;
  });
  return {
    files: [...joined, ...alone],
    [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }),
  };
}

/** Names a folder in place of the file that imports its tests. */
function withoutJoined(text: string): string {
  return text.replace(
    new RegExp(`\\S*${JOINED}\\w+/(\\w+)_test\\.ts`, "g"),
    "$1",
  );
}

async function runExamples(): Promise<Tally> {
  const std = await stdFlags();
  if (apart) {
    const all = ["--doc", "-A", "--parallel", "--ignore=out,**/*_test.ts"];
    return denoTest([...std, ...all, ...roots]);
  }
  // In the workspace, as what examples import is looked up from where they are.
  const folder = await Deno.makeTempDir({ dir: ".", prefix: ".examples-" });
  try {
    const files = await chosen((name) =>
      /\.(ts|md)$/.test(name) && !name.endsWith("_test.ts")
    );
    const tests = await writeExamples(files, await Deno.realPath(folder));
    return await denoTest([...std, "-A", "--parallel", ...tests]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function denoTest(
  args: string[],
  progress?: TestProgress,
): Promise<Tally> {
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      ...flags,
      `--junit-path=${report}`,
      ...args,
    ],
    stdout: progress ? "piped" : "inherit",
  }).spawn();
  if (progress) {
    const encoder = new TextEncoder();
    await showProgress(
      child.stdout,
      progress,
      (text) => Deno.stdout.writeSync(encoder.encode(withoutJoined(text))),
    );
  }
  const { success, signal } = await child.status;
  const text = await Deno.readTextFile(report);
  await Deno.remove(report);
  const tally = countCases(text);
  if (success || tally.failed > 0) return tally;
  if (signal === "SIGABRT" && isWhole(text)) {
    console.error(
      "Deno ended by SIGABRT after its last test: the driver of the software GPU adapter is unloaded while threads still end",
    );
  } else {
    tally.failed = 1;
  }
  return tally;
}

/**
 * Whether a JUnit report was written to its end, which Deno does after the last
 * test. Where a test used WebGPU on the software adapter (Mesa 22.3.6), one
 * process in twenty then aborts: exit() unloads the driver's libraries while
 * the thread of the last test still gives back its memory. No test of ours runs
 * at that time.
 */
function isWhole(report: string): boolean {
  return report.trimEnd().endsWith("</testsuites>");
}

/**
 * Counts the tests of a JUnit report. Suites are listed beside their tests and
 * count only when a hook of theirs failed.
 */
function countCases(report: string): Tally {
  const cases = [...report.matchAll(
    /<testcase name="([^"]*)"[^>]*>([^]*?)<\/testcase>/g,
  )].map(([, name = "", body = ""]) => ({ name, body }));
  const suites = new Set(
    cases.flatMap(({ name }) => {
      const path = name.split(" &gt; ");
      return path.map((_, i) => path.slice(0, i).join(" &gt; "));
    }),
  );
  const tally: Tally = { passed: 0, failed: 0 };
  for (const { name, body } of cases) {
    const failed = body.includes("<failure");
    if (!suites.has(name)) {
      if (failed) tally.failed++;
      else if (!body.includes("<skipped")) tally.passed++;
    } else if (failed && !/message="\d+ test steps? failed"/.test(body)) {
      tally.failed++;
    }
  }
  return tally;
}

async function runOnBun(): Promise<Tally> {
  using joined = join(await chosenFiles());
  const [command, ...before] = await hasBun()
    ? ["bun"] as const
    : ["npx", "--yes", BUN] as const;
  const child = new Deno.Command(command, {
    args: [
      ...before,
      "test",
      "--parallel",
      ...flags,
      ...joined.files.map((file) => file.startsWith("/") ? file : `./${file}`),
    ],
    stderr: "piped",
  }).spawn();
  let text = "";
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  for await (const bytes of child.stderr) {
    const part = decoder.decode(bytes, { stream: true });
    await Deno.stderr.write(encoder.encode(withoutJoined(part)));
    text += part;
  }
  const { success } = await child.status;
  const count = (what: string) =>
    Number(text.match(new RegExp(`^ *(\\d+) ${what}$`, "m"))?.[1] ?? 0);
  const tally: Tally = { passed: count("pass"), failed: count("fail") };
  if (!success && tally.failed === 0) tally.failed = 1;
  return tally;
}

async function hasBun(): Promise<boolean> {
  try {
    const found = await new Deno.Command("bun", {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).output();
    return found.success;
  } catch {
    return false;
  }
}
