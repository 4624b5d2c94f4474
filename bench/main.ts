/**
 * Benchmarks every backend:
 *
 *     deno task bench [suite…] [--backend NAME] [--json FILE] [--quick]
 *
 * @module
 */
import { names, parse, suiteNames } from "./harness/arguments.ts";
import { findBackends } from "./harness/find_backends.ts";
import { machine, runtime, versions } from "./harness/machine.ts";
import { checkWritable, writeResults } from "./harness/results_file.ts";
import { backendsHere } from "./harness/contender.ts";
import { QUICK, type SuiteRun, WHOLE } from "./harness/plan.ts";
import type { ResultsFile } from "./harness/schema.ts";
import { openRun } from "./harness/open_run.ts";
import { type SuiteName, SUITES } from "./harness/suites.ts";
import { contentionWarning } from "./harness/contention.ts";
import { heading, suiteTable } from "./harness/table.ts";
import { progressLine } from "./harness/progress.ts";
import { runCommand } from "./harness/usage.ts";

const HELP = `deno task bench [suite…] [options]

Suites: ${SUITES.join(", ")}

  --backend NAME  only this backend (again for another one, or with commas);
                  wasm-simd:2 is wasm-simd on two threads
  --json FILE     write all figures to a file
  --quick         fewer cases and samples: a look within minutes
  --slow KERNEL   run kernels with this in their names twice, to see that
                  bench:compare finds them
  --help          this text`;

await runCommand(async (args) => {
  const { values, positionals } = parse({
    args,
    allowPositionals: true,
    options: {
      backend: { type: "string", multiple: true },
      json: { type: "string" },
      quick: { type: "boolean", default: false },
      slow: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const chosen = suiteNames(positionals);
  const suites = chosen.length > 0 ? chosen : [...SUITES];
  if (values.json !== undefined) await checkWritable(values.json);
  const backends = await findBackends(names(values.backend));

  const file: ResultsFile = {
    format: "tenfold-bench",
    version: 1,
    date: new Date().toISOString(),
    quick: values.quick,
    machine: machine(),
    runtime: runtime(),
    versions: await versions(),
    ...(values.slow ? { slowed: values.slow } : {}),
    backends,
    results: [],
    failures: [],
  };
  console.log(heading(file));
  const begin = performance.now();
  const plan = values.quick ? QUICK : WHOLE;
  const progress = progressLine();
  const runs: [SuiteName, SuiteRun][] = [];
  for (const suite of suites) {
    const run = await openRun({
      suite,
      contenders: backendsHere(
        backends.filter(({ available }) => available).map(({ name }) => name),
      ),
      plan,
      ...(values.slow ? { slowed: values.slow } : {}),
      progress: progress.show,
    });
    runs.push([suite, run]);
  }
  // Passes lie apart in time, so that no passing disturbance hits all of them.
  for (let pass = 1; pass <= plan.passes; pass++) {
    for (const [suite, run] of runs) {
      await run.pass();
      progress.clear();
      if (pass < plan.passes) continue;
      const { results, failures } = run.outcome();
      console.log(suiteTable(suite, run.question, results, failures));
      file.results.push(...results);
      file.failures.push(...failures);
    }
  }
  if (values.json !== undefined) await writeResults(values.json, file);
  const seconds = Math.round((performance.now() - begin) / 1000);
  const failed = file.failures.length;
  console.log(
    `${file.results.length} figures in ${seconds} s` +
      (failed > 0 ? `, ${failed} not measured` : "") +
      (values.json ? `, written to ${values.json}` : ""),
  );
  const warning = contentionWarning(file);
  if (warning) console.log(warning);
  return 0;
});
