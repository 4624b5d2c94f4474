/**
 * What a GPU does with Tenfold, for whoever has one, in less than five minutes
 * and without a network: the adapter, conformance, goldens, the tests of the
 * backend, and a table of speeds beside PyTorch where that has CUDA.
 *
 * `deno task gpu [folder]` writes `gpu.json` and `gpu.html` (default: `out`) as
 * soon as a part is done. The last line is `N passed, N failed`.
 *
 * @module
 */
import { join } from "node:path";
import { availableParallelism } from "node:os";
import { WebgpuBackend } from "../../backends/webgpu/backend.ts";
import { profileOf } from "../../backends/webgpu/device/profile.ts";
import { openDevice } from "../../backends/webgpu/open.ts";
import { ROOT } from "../pack/workspace.ts";
import { pageOf, type Report, type Result } from "./page.ts";
import { type Timed, type Work, worksOf } from "./works.ts";

/** The last line of `deno test`. */
const STEPS = /passed \((\d+) steps?\)(?: \| \d+ failed \((\d+) steps?)?/;
/** Seconds that each command of a part may take. */
const LIMITS = { conformance: 120, goldens: 90, tests: 90, speed: 90 };
/** Seconds after which no more is tested, and after which all is over. */
const MOST = { tested: 200, all: 290 };
const begin = performance.now();

const folder = Deno.args.find((arg) => !arg.startsWith("-")) ??
  join(ROOT, "out");
const adapter = await navigator.gpu?.requestAdapter();
if (!adapter) {
  console.error("There is no WebGPU adapter");
  Deno.exit(1);
}
const report: Report = { date: new Date().toISOString(), ...await describe() };
await write();

const map = join(ROOT, "tools/offline/import_map.json");
const deno = (...args: string[]) => [Deno.execPath(), ...args];
const test = (...files: string[]) =>
  deno("test", "-A", "-q", "--no-check", "--import-map", map, ...files);
const workers = Math.min(10, availableParallelism());

report.conformance = sum(
  await Promise.all(
    Array.from({ length: workers }, (_, i) =>
      run(
        deno(
          ...["run", "-A", "--no-check", "tools/conformance.ts", "webgpu"],
          // A rehearsal on the processor has no time for all of it.
          report.software ? "(matmul|conv2d|softmax|sum) of float32" : "",
          `--shard=${i}/${workers}`,
        ),
        LIMITS.conformance,
        /(\d+) passed, (\d+) failed/,
      )),
  ),
);
await write();
const goldens = report.software
  ? ["nn"]
  : ["tensor", "nn", "functions", "optim", "sequence"];
report.goldens = sum(
  await each(goldens, (name) =>
    run(
      test(`tests/goldens/${name}_test.ts`),
      LIMITS.goldens,
      STEPS,
      { TENFOLD_BACKEND: "webgpu" },
    )),
);
await write();
const tests = report.software
  ? ["backend"]
  : ["backend", "training", "epilogue", "kernels/kernels", "kernels/accuracy"];
report.tests = sum(
  await each(tests, (name) =>
    run(
      test(`backends/webgpu/${name}_test.ts`),
      LIMITS.tests,
      STEPS,
    )),
);
await write();
const works = worksOf(report.software);
report.works = works;
report.speed = await timed(
  deno(
    ...["run", "-A", "--no-check", "tools/gpu/speed.ts"],
    ...report.software ? ["--small"] : [],
  ),
);
await write();
report.pytorch = await timed(
  ["python3", "tools/gpu/speed.py", JSON.stringify(works satisfies Work[])],
);
await write();

const parts = [report.conformance, report.goldens, report.tests];
const failed = parts.reduce((sum, part) => sum + part.failed, 0);
console.log(
  `${
    parts.reduce((sum, part) => sum + part.passed, 0)
  } passed, ${failed} failed`,
);
Deno.exit(failed > 0 ? 1 : 0);

/** The adapter, as the backend sees it. */
async function describe() {
  const { info, features } = adapter!;
  const device = await openDevice(adapter!);
  const profile = profileOf(device, info);
  const backend = new WebgpuBackend(device, profile, "report");
  backend.dispose();
  return {
    adapter: [info.vendor, info.architecture, info.device, info.description]
      .filter(Boolean).join(" "),
    runtime: navigator.userAgent,
    software: profile.software,
    features: [...features].sort(),
    profile: { ...profile },
  };
}

async function write(): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(
    join(folder, "gpu.json"),
    `${JSON.stringify(report, null, 2)}\n`,
  );
  await Deno.writeTextFile(join(folder, "gpu.html"), pageOf(report));
}

/** As many at a time as there are workers. */
async function each<T>(
  names: readonly string[],
  act: (name: string) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  for (let i = 0; i < names.length; i += workers) {
    results.push(...await Promise.all(names.slice(i, i + workers).map(act)));
  }
  return results;
}

/** Runs tests; those that end too late have failed. */
async function run(
  command: readonly string[],
  seconds: number,
  pattern: RegExp,
  env: Record<string, string> = {},
): Promise<Result> {
  const { text, success } = await output(command, seconds, MOST.tested, env);
  const [, passed = "0", bad = "0"] = text.match(pattern) ?? [];
  const failed = success ? Number(bad) : Math.max(Number(bad), 1);
  return {
    passed: Number(passed),
    failed,
    ...failed > 0 ? { problems: text.slice(-4000) } : {},
  };
}

function sum(results: readonly Result[]): Result {
  const problems = results.flatMap(({ problems }) => problems ?? []);
  return {
    passed: results.reduce((sum, { passed }) => sum + passed, 0),
    failed: results.reduce((sum, { failed }) => sum + failed, 0),
    ...problems.length > 0 ? { problems: problems.join("\n") } : {},
  };
}

async function timed(command: readonly string[]): Promise<Timed[] | string> {
  const { text, out } = await output(command, LIMITS.speed, MOST.all);
  const lines = out.split("\n").filter((line) => line.startsWith("{"))
    .map((line): Timed => JSON.parse(line));
  return lines.length > 0 ? lines : text.trim();
}

async function output(
  [command, ...args]: readonly string[],
  seconds: number,
  most: number,
  env: Record<string, string> = {},
): Promise<{ success: boolean; out: string; text: string }> {
  const left = most * 1000 - (performance.now() - begin);
  const limit = Math.max(Math.min(seconds * 1000, left), 0);
  try {
    const { success, stdout, stderr } = await new Deno.Command(command!, {
      args,
      cwd: ROOT,
      env: { ...env, NO_COLOR: "1" },
      signal: AbortSignal.timeout(limit),
    }).output();
    const decoder = new TextDecoder();
    const out = decoder.decode(stdout);
    return { success, out, text: out + decoder.decode(stderr) };
  } catch (error) {
    return { success: false, out: "", text: String(error) };
  }
}
