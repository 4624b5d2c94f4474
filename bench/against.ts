/**
 * Times this tree and another revision in one run:
 *
 *     deno task bench:against REV [suite…] [--backend NAME] [--json FILE] [--quick]
 *
 * @module
 */
import process from "node:process";
import { names, parse, suiteNames } from "./harness/arguments.ts";
import { type Checkout, checkOut } from "./harness/checkout.ts";
import { BENCH, type Contender } from "./harness/contender.ts";
import { contentionWarning } from "./harness/contention.ts";
import { findBackends } from "./harness/find_backends.ts";
import { machine, runtime, versions } from "./harness/machine.ts";
import { openRun } from "./harness/open_run.ts";
import type { Plan } from "./harness/plan.ts";
import { progressLine } from "./harness/progress.ts";
import {
  AFTER,
  AGAINST_FILE,
  type AgainstFile,
  BEFORE,
  ratioLines,
  ratiosOf,
} from "./harness/ratios.ts";
import { checkWritable, writeWhole } from "./harness/results_file.ts";
import type { Result } from "./harness/schema.ts";
import { loadSuite, type SuiteName, SUITES } from "./harness/suites.ts";
import { runCommand, UsageError } from "./harness/usage.ts";

const QUICK: Plan = {
  cases: "quick",
  passes: 2,
  rounds: 8,
  budgetMs: 12,
  minSamples: 2,
  warmUpMs: 40,
  watch: false,
};

const WHOLE: Plan = {
  cases: "all",
  passes: 3,
  rounds: 16,
  budgetMs: 20,
  minSamples: 3,
  warmUpMs: 150,
  watch: false,
};

/** What a build is held to most: the default of the library. */
const DEFAULT_BACKEND = "wasm-simd";

const HELP = `deno task bench:against REV [suite…] [options]

Suites: ${SUITES.join(", ")}
Without a suite: the essential cases of all

  --backend NAME  this backend in place of wasm-simd (again for another one, or
                  with commas); wasm-simd:2 is wasm-simd on two threads
  --json FILE     write all ratios to a file
  --quick         fewer cases and rounds: a look within minutes
  --help          this text`;

await runCommand(async (args) => {
  const { values, positionals } = parse({
    args,
    allowPositionals: true,
    options: {
      backend: { type: "string", multiple: true },
      json: { type: "string" },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [revision, ...given] = positionals;
  if (revision === undefined) {
    throw new UsageError(
      "Cannot compare with nothing: give a revision, as in bench:against HEAD~1",
    );
  }
  const chosen = suiteNames(given);
  const wanted = names(values.backend);
  if (wanted.length === 0) wanted.push(DEFAULT_BACKEND);
  if (values.json !== undefined) await checkWritable(values.json);

  const begin = performance.now();
  const progress = progressLine();
  progress.show(`checking out ${revision}`);
  const checkout = await checkOut(revision);
  const interrupt = () => checkout.remove().finally(() => process.exit(130));
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  try {
    const backends = await findBackends(wanted);
    await findBackends(wanted, checkout.bench);
    const file: AgainstFile = {
      format: "tenfold-bench-against",
      version: 1,
      date: new Date().toISOString(),
      quick: values.quick,
      machine: machine(),
      runtime: runtime(),
      versions: await versions(),
      against: { revision, commit: checkout.commit },
      backends,
      ratios: [],
      failures: [],
    };
    const sized = values.quick ? QUICK : WHOLE;
    const plan: Plan = chosen.length > 0
      ? sized
      : { ...sized, cases: "essential" };
    const suites = chosen.length > 0 ? chosen : await essentialSuites();
    const { tenfold, commit = "this tree" } = file.versions;
    console.log(
      `${file.machine.processor}, ${file.machine.cores} cores, ${file.runtime.name} ${file.runtime.version}\n` +
        `before: ${checkout.commit} (${revision}), after: ${commit} (tenfold ${tenfold})\n`,
    );
    const results: Result[] = [];
    for (const suite of suites) {
      const ratios = [];
      const failures = [];
      for (const backend of wanted) {
        const run = await openRun({
          suite,
          contenders: contenders(backend, checkout),
          plan,
          progress: (what) => progress.show(`${what}, ${backend}`),
        });
        for (let pass = 0; pass < plan.passes; pass++) await run.pass();
        const outcome = run.outcome();
        results.push(...outcome.results);
        ratios.push(...ratiosOf(outcome.results, backend));
        failures.push(...outcome.failures.map((each) => ({
          ...each,
          backend,
          error: `${each.backend}: ${each.error}`,
        })));
      }
      progress.clear();
      console.log(`${suite}\n${ratioLines(ratios, failures)}\n`);
      file.ratios.push(...ratios);
      file.failures.push(...failures);
    }
    if (values.json !== undefined) {
      const checked = AGAINST_FILE.parse(file);
      await writeWhole(values.json, `${JSON.stringify(checked, null, 1)}\n`);
    }
    const seconds = Math.round((performance.now() - begin) / 1000);
    console.log(
      `${file.ratios.length} ratios in ${seconds} s` +
        (file.failures.length > 0
          ? `, ${file.failures.length} not measured`
          : "") +
        (values.json ? `, written to ${values.json}` : ""),
    );
    const warning = contentionWarning({ ...file, results });
    if (warning) console.log(warning);
    return file.failures.length > 0 ? 1 : 0;
  } finally {
    progress.clear();
    await checkout.remove();
  }
});

function contenders(backend: string, { bench }: Checkout): Contender[] {
  return [
    { name: BEFORE, backend, bench },
    { name: AFTER, backend, bench: BENCH },
  ];
}

/** The suites with a case that a build is held to. */
async function essentialSuites(): Promise<SuiteName[]> {
  const found: SuiteName[] = [];
  for (const name of SUITES) {
    const suite = await loadSuite(name);
    if (suite.kind !== "timed") continue;
    if (suite.cases().some(({ essential }) => essential)) found.push(name);
  }
  return found;
}
