/**
 * Two ranks of one thread each learn from so many times the samples a second of
 * one, and gradients travel while backward goes on.
 *
 * @module
 */
import {
  type JobOptions,
  launchersHere,
  runJob,
} from "../../distributed/_testing.ts";
import { median, notTried, type Row, type Setting } from "./rows.ts";
import type { SpeedOptions, SpeedReport } from "./speed_job.ts";

const JOB = new URL("./speed_job.ts", import.meta.url);
/** How many times the samples a second two ranks must bring. */
const AT_LEAST = 1.7;
/** Runs of each kind, in turns. */
const TURNS = 5;
/** The cores that two ranks are bound to. */
const CORES = [0, 1] as const;

interface Case {
  readonly name: string;
  readonly net: SpeedOptions["net"];
  /** Samples of a step of one rank. */
  readonly batch: number;
}

const CASES: readonly Case[] = [
  { name: "CNN 16-32", net: "cnn", batch: 64 },
  { name: "784-512-256-10", net: "mlp", batch: 512 },
];

/** One and two ranks in turns, for each net and each MPI. */
export async function* speed({ quick }: Setting): AsyncGenerator<Row> {
  if (!quick) {
    for (const one of CASES) yield* compare(one);
  }
  yield await overlap();
}

/** What two ranks do: a batch each, or one together. */
const SHARES = [
  { text: "for each rank", ranks: 2, asked: true },
  { text: "for both together", ranks: 1, asked: false },
] as const;

async function* compare({ name, net, batch }: Case): AsyncGenerator<Row> {
  // Cores of a shared machine differ, by 1.4 times for minutes: one rank runs
  // on each of those that the two are bound to.
  const alone = CORES.map((): SpeedReport[] => []);
  const jobs = launchersHere().flatMap((launcher) =>
    SHARES.map((share) => ({
      launcher,
      ...share,
      reports: [] as SpeedReport[],
    }))
  );
  for (let turn = 0; turn < TURNS; turn++) {
    for (const core of CORES) {
      const through = ["taskset", "-c", String(core)];
      alone[core]!.push(await time({ net, batch }, { ranks: 0, through }));
    }
    for (const { launcher, ranks, reports } of jobs) {
      const job = { launcher, boundToCores: true };
      reports.push(await time({ net, batch: batch * ranks }, job));
    }
  }
  const rate = (report: SpeedReport) => report.samplesPerSecond;
  const cores = alone.map((reports) => median(reports.map(rate)));
  for (const { launcher, text, asked, reports } of jobs) {
    const ratios = reports.map((two, turn) => {
      const [first, second] = alone.map((reports) => rate(reports[turn]!));
      return 2 * rate(two) / (first! + second!);
    });
    const ratio = median(ratios);
    yield {
      proof: "speed",
      what: `${launcher}, ${name}, batch ${batch} ${text}`,
      found: `${ratio.toFixed(2)}×: ${
        median(reports.map(rate)).toFixed(0)
      } samples/s, one rank ${
        cores.map((one) => one.toFixed(0)).join(" and ")
      } on the cores, ${reports[0]!.bytesPerStep} bytes a step`,
      bound: asked ? `at least ${AT_LEAST}×` : "",
      holds: asked ? ratio >= AT_LEAST : null,
      figures: { ratios, alone, together: reports },
    };
  }
}

async function time(
  options: SpeedOptions,
  job: JobOptions,
): Promise<SpeedReport> {
  const { code, stderr, reports } = await runJob(
    JOB,
    [JSON.stringify(options)],
    job,
  );
  if (code !== 0) throw new Error(`It ended with ${code}: ${stderr}`);
  return reports[0];
}

/** What a trace has. */
interface TraceEvent {
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
}

/** How long buckets were under way while backward went on. */
async function overlap(): Promise<Row> {
  const what = "784-512-256-10: gradients under way in backward";
  const options: SpeedOptions = {
    net: "mlp",
    batch: 512,
    seconds: 0.3,
    trace: true,
  };
  const { trace } = await time(options, {});
  if (trace === undefined) return notTried("speed", what, "there is no trace");
  const { traceEvents } = JSON.parse(trace) as { traceEvents: TraceEvent[] };
  const passes = traceEvents.filter(({ name }) => name === "backward");
  const first = traceEvents.filter(({ name }) => name === "allReduce 0");
  const shared = passes.map(({ ts, dur }, i) => {
    const { ts: begun, dur: lasted } = first[i]!;
    return Math.min(ts + dur, begun + lasted) - Math.max(ts, begun);
  });
  const early = shared.filter((microseconds) => microseconds > 0).length;
  return {
    proof: "speed",
    what,
    found: `${early} of ${passes.length} steps, ${
      (median(shared) / 1000).toFixed(1)
    } ms of a backward`,
    bound: "every step",
    holds: early === passes.length && early > 0,
    figures: { shared },
  };
}
