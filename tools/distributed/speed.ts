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

interface Case {
  readonly name: string;
  readonly net: SpeedOptions["net"];
  /** Samples of a step of one rank, and of two together. */
  readonly batches: readonly [one: number, two: number];
}

const CASES: readonly Case[] = [
  { name: "CNN 16-32, batch 128", net: "cnn", batches: [128, 128] },
  { name: "784-512-256-10, batch 512", net: "mlp", batches: [512, 512] },
  {
    name: "784-512-256-10, batch 512 for each rank",
    net: "mlp",
    batches: [512, 1024],
  },
];

/** One and two ranks in turns, for each net and each MPI. */
export async function* speed({ quick }: Setting): AsyncGenerator<Row> {
  if (!quick) {
    for (const one of CASES) yield* compare(one);
  }
  yield await overlap();
}

async function* compare({ name, net, batches }: Case): AsyncGenerator<Row> {
  const alone: SpeedReport[] = [];
  const launchers = launchersHere();
  const together = new Map<string, SpeedReport[]>(
    launchers.map((launcher) => [launcher, []]),
  );
  for (let turn = 0; turn < TURNS; turn++) {
    alone.push(await time({ net, batch: batches[0] }, { ranks: 0 }));
    for (const launcher of launchers) {
      const found = await time({ net, batch: batches[1] }, { launcher });
      together.get(launcher)!.push(found);
    }
  }
  const rate = (report: SpeedReport) => report.samplesPerSecond;
  for (const [launcher, reports] of together) {
    const ratios = reports.map((two, i) => rate(two) / rate(alone[i]!));
    const ratio = median(ratios);
    const [one, two] = [alone, reports].map((all) => median(all.map(rate)));
    yield {
      proof: "speed",
      what: `${launcher}, 2 ranks, ${name}`,
      found: `${ratio.toFixed(2)}×: ${one!.toFixed(0)} and ${
        two!.toFixed(0)
      } samples/s, ${reports[0]!.bytesPerStep} bytes a step`,
      bound: `at least ${AT_LEAST}×`,
      holds: ratio >= AT_LEAST,
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
