/**
 * Runs suites over backends: a process for each backend, which take turns.
 *
 * @module
 */
import { Channel, errorText, output, runtimeCommand } from "./channel.ts";
import type { ProbeSuite, Suite } from "./case.ts";
import { difference, type Fingerprint } from "./fingerprint.ts";
import type { Failure, Result } from "./schema.ts";
import { median, summarize, thin } from "./stats.ts";
import { loadSuite, type SuiteName } from "./suites.ts";
import type { Listed, Measured, Opened, WorkerRequest } from "./worker.ts";

/** How long everything takes. */
export interface Plan {
  /** Whether only the quick cases run. */
  readonly quick: boolean;
  /** How often the backends take turns at a case. */
  readonly rounds: number;
  /** Milliseconds of measuring in a round. */
  readonly budgetMs: number;
  /** The least number of samples in a round. */
  readonly minSamples: number;
  /** Milliseconds of warming up. */
  readonly warmUpMs: number;
}

/** For a look, within minutes. */
export const QUICK: Plan = {
  quick: true,
  rounds: 3,
  budgetMs: 25,
  minSamples: 2,
  warmUpMs: 40,
};

/** For figures to keep. */
export const WHOLE: Plan = {
  quick: false,
  rounds: 5,
  budgetMs: 120,
  minSamples: 3,
  warmUpMs: 200,
};

/** What came out of a suite. */
export interface Outcome {
  /** What the suite asks. */
  readonly question: string;
  /** What was measured. */
  readonly results: Result[];
  /** What was not. */
  readonly failures: Failure[];
}

/** What to run. */
export interface Task {
  /** The suite. */
  readonly suite: SuiteName;
  /** The backends. */
  readonly backends: readonly string[];
  /** How long. */
  readonly plan: Plan;
  /** A kernel to slow down on purpose. */
  readonly slowed?: string;
  /** Told what runs at the moment. */
  readonly progress: (what: string) => void;
}

/** Runs a suite. */
export async function runSuite(task: Task): Promise<Outcome> {
  const suite: Suite = await loadSuite(task.suite);
  return suite.kind === "probe"
    ? await runProbes(suite, task)
    : await runTimed(suite.question, task);
}

/** A backend's process. */
interface Worker {
  readonly backend: string;
  readonly channel: Channel;
  ask(request: WorkerRequest): Promise<unknown>;
}

const WORKER = new URL("./worker.ts", import.meta.url);

function startWorker(task: Task, backend: string): Worker {
  const args = [task.suite, backend, ...(task.slowed ? [task.slowed] : [])];
  const channel = new Channel(runtimeCommand(WORKER, args));
  return { backend, channel, ask: (request) => channel.request(request) };
}

async function runTimed(question: string, task: Task): Promise<Outcome> {
  const outcome: Outcome = { question, results: [], failures: [] };
  const workers = task.backends.map((backend) => startWorker(task, backend));
  try {
    const ready: Worker[] = [];
    let listed: Listed[] = [];
    for (const worker of workers) {
      try {
        listed = await worker.ask({ ask: "begin" }) as Listed[];
        ready.push(worker);
      } catch (error) {
        fail(outcome, task, "every case", worker, error);
      }
    }
    for (const work of listed) {
      if (task.plan.quick && !work.quick) continue;
      task.progress(`${task.suite}: ${work.name}`);
      await runCase(work, ready, task, outcome);
    }
  } finally {
    await Promise.all(workers.map(({ channel }) => channel.close()));
  }
  return outcome;
}

function fail(
  outcome: Outcome,
  { suite }: Task,
  work: string,
  { backend }: { backend: string },
  error: unknown,
): void {
  const text = errorText(error);
  outcome.failures.push({ suite, case: work, backend, error: text });
}

/** Opens a case everywhere, compares, measures in turns, and closes it. */
async function runCase(
  work: Listed,
  workers: readonly Worker[],
  task: Task,
  outcome: Outcome,
): Promise<void> {
  const { plan } = task;
  let running: { worker: Worker; opened: Opened; rounds: Measured[] }[] = [];
  /** Does something with each; who fails takes no further part. */
  const each = async (
    act: (entry: typeof running[number]) => Promise<void>,
  ) => {
    const left: typeof running = [];
    for (const entry of running) {
      try {
        await act(entry);
        left.push(entry);
      } catch (error) {
        fail(outcome, task, work.name, entry.worker, error);
      }
    }
    running = left;
  };

  let first: { backend: string; print: Fingerprint } | null = null;
  for (const worker of workers) {
    try {
      const opened = await worker.ask({
        ask: "open",
        name: work.name,
        warmUpMs: plan.warmUpMs,
      }) as Opened;
      running.push({ worker, opened, rounds: [] });
    } catch (error) {
      fail(outcome, task, work.name, worker, error);
    }
  }
  await each(async ({ worker, opened }) => {
    const print = opened.fingerprint;
    first ??= { backend: worker.backend, print };
    const unlike = difference(first.print, print, work.tolerance);
    if (!unlike) return;
    await worker.ask({ ask: "close" }).catch(() => {});
    throw new Error(`Against ${first.backend}: ${unlike}`);
  });
  const { budgetMs, minSamples } = plan;
  for (let round = 0; round < plan.rounds; round++) {
    await each(async ({ worker, rounds }) => {
      rounds.push(
        await worker.ask({
          ask: "measure",
          effort: { budgetMs, minSamples },
        }) as Measured,
      );
    });
    // Whoever went first goes last in the next round.
    const [head, ...others] = running;
    if (head) running = [...others, head];
  }
  await each(async ({ worker, opened, rounds }) => {
    await worker.ask({ ask: "close" });
    outcome.results.push(resultOf(task, work, worker, opened, rounds));
  });
  const order = new Map(task.backends.map((name, i) => [name, i]));
  outcome.results.sort((a, b) =>
    a.case === b.case ? order.get(a.backend)! - order.get(b.backend)! : 0
  );
}

/** At most as many samples of a case go to the file. */
const KEPT_SAMPLES = 60;

function resultOf(
  { suite }: Task,
  work: Listed,
  { backend }: Worker,
  opened: Opened,
  rounds: readonly Measured[],
): Result {
  const samples = rounds.flatMap((round) => round.samples);
  return {
    suite,
    case: work.name,
    series: work.series,
    ...(work.size === undefined ? {} : { size: work.size }),
    backend,
    unit: "ns",
    ...summarize(samples),
    rounds: rounds.map((round) => median(round.samples)),
    samples: thin(samples, KEPT_SAMPLES),
    count: samples.length,
    callsPerSample: rounds[0]?.callsPerSample ?? 1,
    pace: median(rounds.map((round) => round.pace)),
    ...(work.work ? { work: work.work } : {}),
    kernels: [...opened.kernels],
    peakBytes: opened.peakBytes,
    counted: { ...opened.counted },
  };
}

async function runProbes(suite: ProbeSuite, task: Task): Promise<Outcome> {
  const { question } = suite;
  const outcome: Outcome = { question, results: [], failures: [] };
  const count = suite.samples[task.plan.quick ? 0 : 1];
  for (const probe of suite.probes) {
    if (task.plan.quick && !probe.quick) continue;
    task.progress(`${task.suite}: ${probe.name}`);
    const found = new Map<string, Record<string, number>[]>();
    for (let i = 0; i < count; i++) {
      for (const backend of task.backends) {
        if (i > 0 && !found.has(backend)) continue;
        try {
          const printed = await output(
            runtimeCommand(suite.program, [backend, probe.name]),
          );
          const lines = printed.trim().split("\n");
          const figures = JSON.parse(lines.at(-1)!) as Record<string, number>;
          found.set(backend, [...found.get(backend) ?? [], figures]);
        } catch (error) {
          found.delete(backend);
          fail(outcome, task, probe.name, { backend }, error);
        }
      }
    }
    for (const { key, series, unit } of probe.figures) {
      for (const [backend, all] of found) {
        const samples = all.map((figures) => figures[key]!);
        outcome.results.push({
          suite: task.suite,
          case: series,
          series,
          backend,
          unit,
          ...summarize(samples),
          rounds: samples,
          samples,
          count: samples.length,
          callsPerSample: 1,
        });
      }
    }
  }
  return outcome;
}
