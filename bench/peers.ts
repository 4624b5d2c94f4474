/**
 * Times other libraries beside every backend, on the same work:
 *
 *     deno task bench:peers [suite…] [--library NAME] [--json FILE] [--quick]
 *
 * @module
 */
import { names, parse } from "./harness/arguments.ts";
import { errorText } from "./harness/channel.ts";
import { findBackends } from "./harness/find_backends.ts";
import { machine, runtime, versions } from "./harness/machine.ts";
import type { Plan } from "./harness/plan.ts";
import { progressLine } from "./harness/progress.ts";
import { checkWritable, writeResults } from "./harness/results_file.ts";
import type { BackendLine, ResultsFile } from "./harness/schema.ts";
import { contentionWarning } from "./harness/contention.ts";
import { heading } from "./harness/table.ts";
import { runCommand, UsageError } from "./harness/usage.ts";
import { type Participant, participants } from "./peers/participants.ts";
import { PeersRun, type Player, start } from "./peers/peers_run.ts";
import { ratioTables } from "./peers/ratio_table.ts";
import { WORKS } from "./peers/works.ts";

const QUICK: Plan = {
  cases: "quick",
  passes: 1,
  rounds: 2,
  budgetMs: 30,
  minSamples: 1,
  warmUpMs: 40,
  watch: false,
};

const WHOLE: Plan = {
  cases: "all",
  passes: 1,
  rounds: 5,
  budgetMs: 120,
  minSamples: 2,
  warmUpMs: 300,
  watch: false,
};

const SUITES = [...new Set(WORKS.map(({ suite }) => suite))];
const LIBRARIES = ["tfjs", "jax-js", "PyTorch"] as const;

const HELP = `deno task bench:peers [suite…] [options]

Suites: ${SUITES.join(", ")}

  --library NAME  only ${
  LIBRARIES.join(", ")
} beside ours (again, or with commas)
  --only TEXT     only players whose names hold this, such as "wasm compiled"
                  (again, or with commas)
  --work TEXT     only work whose name holds this, such as 4-16-3
  --json FILE     write all figures to a file, for bench:compare and bench:report
  --quick         less work and fewer samples
  --help          this text`;

await runCommand(async (args) => {
  const { values, positionals } = parse({
    args,
    allowPositionals: true,
    options: {
      library: { type: "string", multiple: true },
      only: { type: "string", multiple: true },
      work: { type: "string", default: "" },
      json: { type: "string" },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (!("Deno" in globalThis)) {
    throw new UsageError("Cannot install peers on this runtime: use Deno");
  }
  const suites = chosen(positionals, SUITES, "suite");
  const libraries = chosen(names(values.library), LIBRARIES, "library");
  const works = WORKS.filter(({ suite, quick, name }) =>
    suites.includes(suite) && (quick || !values.quick) &&
    name.includes(values.work)
  );
  if (works.length === 0) {
    const known = WORKS.filter(({ suite }) => suites.includes(suite));
    throw new UsageError(
      `Cannot find work whose name holds "${values.work}"${
        values.quick ? " in quick runs" : ""
      }: ${suites.join(", ")} ${suites.length === 1 ? "has" : "have"} ${
        known.map(({ name, quick }) => quick ? name : `${name} (not quick)`)
          .join("; ")
      }`,
    );
  }
  const only = names(values.only);
  if (values.json !== undefined) await checkWritable(values.json);

  const begin = performance.now();
  const progress = progressLine();
  const backends = (await findBackends()).filter(({ available }) => available);
  const wanted = (await participants(backends.map(({ name }) => name)))
    .filter(({ library, name }) =>
      (library === "tenfold" || libraries.includes(library)) &&
      (only.length === 0 || only.some((part) => name.includes(part)))
    );
  const { players, lines } = await startAll(wanted, progress.show);
  progress.clear();
  const file: ResultsFile = {
    format: "tenfold-bench",
    version: 1,
    date: new Date().toISOString(),
    quick: values.quick,
    machine: machine(),
    runtime: runtime(),
    versions: await versions(),
    backends: lines,
    results: [],
    failures: [],
  };
  console.log(heading(file));
  const run = new PeersRun(players, values.quick ? QUICK : WHOLE);
  try {
    for (const spec of works) {
      progress.show(`${spec.suite}: ${spec.name}`);
      await run.run(spec);
    }
  } finally {
    await Promise.all(players.map((player) => player.close()));
  }
  progress.clear();
  const { results, failures } = run.outcome();
  file.results.push(...results);
  file.failures.push(...failures);
  console.log(ratioTables(works, wanted, results, failures, lines));
  if (values.json !== undefined) await writeResults(values.json, file);
  const seconds = Math.round((performance.now() - begin) / 1000);
  console.log(
    `${results.length} figures in ${seconds} s` +
      (values.json ? `, written to ${values.json}` : ""),
  );
  const warning = contentionWarning(file);
  if (warning) console.log(warning);
  return 0;
});

function chosen<Name extends string>(
  given: readonly string[],
  known: readonly Name[],
  what: string,
): readonly Name[] {
  for (const name of given) {
    if ((known as readonly string[]).includes(name)) continue;
    throw new UsageError(
      `Cannot find ${what} "${name}": the known ones are ${known.join(", ")}`,
    );
  }
  return given.length === 0 ? known : known.filter((n) => given.includes(n));
}

async function startAll(
  wanted: readonly Participant[],
  show: (what: string) => void,
): Promise<{ players: Player[]; lines: BackendLine[] }> {
  const players: Player[] = [];
  const lines: BackendLine[] = [];
  for (const participant of wanted) {
    const { name } = participant;
    show(`starting ${name}`);
    try {
      const player = await start(participant);
      players.push(player);
      const reason = player.notice;
      lines.push({ name, available: true, ...(reason ? { reason } : {}) });
    } catch (error) {
      lines.push({ name, available: false, reason: errorText(error) });
    }
  }
  return { players, lines };
}
