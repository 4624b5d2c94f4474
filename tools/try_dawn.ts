/**
 * Tests webgpu on Bun and Node, on the npm package `webgpu` (Dawn) and a
 * software adapter: conformance, goldens and the tests of the backend; and
 * trains the same nets on Deno, Bun and Node. The last line is `N passed,
 * N failed`.
 *
 * `deno task test:dawn` runs a part that takes a minute, `--whole` all of it.
 *
 * @module
 */
import { basename, join } from "node:path";
import { differenceOf, type Report } from "../tests/browser/_curves.ts";
import { installDawn } from "./dawn/setting.ts";
import { ROOT } from "./pack/workspace.ts";

const BUN = ["npx", "--yes", "bun@1.4.5"];
const NODE = ["npx", "--yes", "node@24"];

/** Tests that one process runs. */
interface Part {
  readonly files: readonly string[];
  /** The names of those that a minute has room for. */
  readonly only?: string;
  /** Variables of the process. */
  readonly env?: Env;
}

type Env = Readonly<Record<string, string>>;

const ofBackend = (...names: string[]): Part => ({
  files: names.map((name) => `backends/webgpu/${name}_test.ts`),
});
const conformance = (only?: string): Part => ({
  ...ofBackend("conformance"),
  ...only === undefined ? {} : { only },
});
const goldens = (...names: string[]): Part => ({
  files: names.map((name) => `tests/goldens/${name}_test.ts`),
  env: { TENFOLD_BACKEND: "webgpu" },
});

/** float16, which SwiftShader has no feature for: stored as float32. */
const HALF: Part = {
  ...ofBackend("half"),
  only: "float16, the device's own (true|false)",
};

/** Without what sorts, which takes minutes on SwiftShader. */
const MINUTE: Readonly<Record<"bun" | "node", readonly Part[]>> = {
  bun: [
    ofBackend("open", "backend"),
    conformance(
      "(matmul|conv2d|softmax|cumsum|gather|maxPool2d|pow|rsqrt) of float32",
    ),
    goldens("tensor"),
    HALF,
    ofBackend("kernels/subgroups"),
  ],
  node: [
    conformance("(matmul|conv2d|softmax|sum) of float32"),
    HALF,
    goldens("tensor"),
  ],
};

const WHOLE: readonly Part[] = [
  ofBackend("open", "backend", "half", "sequence", "training"),
  ofBackend("kernels/kernels", "kernels/long", "kernels/accuracy"),
  ofBackend("kernels/subgroups"),
  ofBackend("wgsl/scalar", "wgsl/rules"),
  conformance(),
  goldens("tensor", "nn", "functions", "optim"),
  goldens("sequence", "state_dict", "programs"),
];

const whole = Deno.args.includes("--whole");
const folder = await Deno.makeTempDir({ prefix: "tenfold-dawn-" });
let passed = 0;
let failed = 0;
try {
  const env = {
    ...await installDawn(folder),
    CI: "true",
    NO_COLOR: "1",
  };
  await Promise.all([
    testOnBun(env, whole ? WHOLE : MINUTE.bun),
    testOnNode(env, whole ? WHOLE : MINUTE.node),
  ]);
  await train(env);
} finally {
  await Deno.remove(folder, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) Deno.exit(1);

/** What a command prints, and whether it succeeds. */
async function run(
  [command, ...args]: readonly string[],
  env: Env,
): Promise<{ success: boolean; text: string; out: string }> {
  const { success, stdout, stderr } = await new Deno.Command(command!, {
    args,
    cwd: ROOT,
    env,
  }).output();
  const decoder = new TextDecoder();
  const out = decoder.decode(stdout);
  return { success, out, text: out + decoder.decode(stderr) };
}

/** Counts tests, and prints what a runner said where some failed. */
function count(
  title: string,
  { success, text }: { success: boolean; text: string },
  pattern: (word: string) => RegExp,
): void {
  const of = (word: string) =>
    text.matchAll(pattern(word)).reduce((sum, [, n]) => sum + Number(n), 0);
  const [good, bad] = [of("pass"), of("fail")];
  const wrong = bad === 0 && (!success || good === 0) ? 1 : bad;
  passed += good;
  failed += wrong;
  console.log(`${wrong ? "FAILED" : "ok    "}  ${title}, ${good} passed`);
  if (wrong) console.log(text);
}

function titleOf(runtime: string, { files }: Part): string {
  return `${runtime}: ${
    files.map((file) => basename(file, "_test.ts")).join(" ")
  }`;
}

async function testOnBun(env: Env, parts: readonly Part[]): Promise<void> {
  for (const part of parts) {
    const result = await run([
      ...BUN,
      "test",
      ...part.only ? ["--test-name-pattern", part.only] : [],
      ...part.files.map((file) => `./${file}`),
    ], { ...env, ...part.env });
    const line = (word: string) => new RegExp(`^ *(\\d+) ${word}$`, "gm");
    count(titleOf("bun", part), result, line);
  }
}

/** One script of a file with all that it imports, which Node can run. */
async function bundle(file: string): Promise<string> {
  const script = join(folder, `${basename(file, ".ts")}.mjs`);
  const { success, text } = await run(
    [...BUN, "build", file, "--target=node", `--outfile=${script}`],
    {},
  );
  if (!success) throw new Error(text);
  return script;
}

async function testOnNode(env: Env, parts: readonly Part[]): Promise<void> {
  // Beside the scripts, as the figures are beside the goldens.
  await Deno.symlink(
    join(ROOT, "tests/goldens/figures"),
    join(folder, "figures"),
  );
  const fetchFiles = new URL("dawn/node_fetch.mjs", import.meta.url).href;
  for (const part of parts) {
    const results = [];
    for (const file of part.files) {
      results.push(
        await run([
          ...NODE,
          `--import=${fetchFiles}`,
          "--test-reporter=tap",
          ...part.only ? [`--test-name-pattern=${part.only}`] : [],
          await bundle(file),
        ], { ...env, ...part.env }),
      );
    }
    const result = {
      success: results.every(({ success }) => success),
      text: results.map(({ text }) => text).join("\n"),
    };
    const line = (word: string) => new RegExp(`^# ${word} (\\d+)$`, "gm");
    count(titleOf("node", part), result, line);
  }
}

/** The same program on three runtimes; the browser test has it on the fourth. */
async function train(env: Env): Promise<void> {
  const program = "tests/browser/_program.ts";
  const runtimes: [string, readonly string[], Env][] = [
    ["deno", [Deno.execPath(), "run", "-A", "--no-check", program], {}],
    ["bun", [...BUN, program], env],
    ["node", [...NODE, await bundle(program)], env],
  ];
  for (const [name, command, variables] of runtimes) {
    const { success, out, text } = await run(command, variables);
    const problems: string[] = success ? [] : [text];
    if (success) {
      const { losses, convolution }: Report = JSON.parse(out);
      for (const curve of [losses, convolution]) {
        const { webgpu, "wasm-simd": here } = curve;
        const off = differenceOf(webgpu!, here!);
        if (!(off < 1e-3)) problems.push(`${webgpu} differ from ${here}`);
        if (!(webgpu!.at(-1)! < webgpu![0]! / 2)) problems.push("no training");
      }
    }
    if (problems.length > 0) failed++;
    else passed++;
    console.log(
      `${
        problems.length ? "FAILED" : "ok    "
      }  ${name}: loss curves within 1e-3`,
      ...problems,
    );
  }
}
