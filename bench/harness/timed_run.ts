/**
 * Runs a timed suite: a process for each contender, which take turns.
 *
 * @module
 */
import { Channel, runtimeCommand } from "./channel.ts";
import type { Contender } from "./contender.ts";
import { difference, type Fingerprint } from "./fingerprint.ts";
import {
  Failures,
  type Outcome,
  plans,
  type SuiteRun,
  type Task,
} from "./plan.ts";
import type { Result } from "./schema.ts";
import { median, summarize, thin } from "./stats.ts";
import { Turns } from "./turns.ts";
import type { Listed, Measured, Opened, WorkerRequest } from "./worker.ts";

/** A contender's process. */
interface Worker {
  readonly name: string;
  readonly channel: Channel;
  readonly ask: (request: WorkerRequest) => Promise<unknown>;
}

function startWorker(
  { suite, slowed }: Task,
  { name, backend, bench }: Contender,
): Worker {
  const program = new URL("./harness/worker.ts", bench);
  const args = [suite, backend, ...(slowed ? [slowed] : [])];
  const channel = new Channel(runtimeCommand(program, args));
  return { name, channel, ask: (request) => channel.request(request) };
}

/** What the passes gave for one case. */
interface Gathered {
  readonly work: Listed;
  /** What the first contender computed in the first pass. */
  reference: { name: string; print: Fingerprint } | null;
  readonly opened: Map<string, Opened>;
  readonly rounds: Map<string, Measured[]>;
}

/** At most as many samples of a case go to the file. */
const KEPT_SAMPLES = 60;

/** A timed suite under way. */
export class TimedRun implements SuiteRun {
  /** What it asks. */
  readonly question: string;
  readonly #task: Task;
  readonly #gathered = new Map<string, Gathered>();
  readonly #failures: Failures;

  /** Prepares to run; nothing is started yet. */
  constructor(question: string, task: Task) {
    this.question = question;
    this.#task = task;
    this.#failures = new Failures(task.suite);
  }

  /** Runs every case once more, in new processes. */
  async pass(): Promise<void> {
    const { contenders, plan, suite, progress } = this.#task;
    const workers = contenders.map((each) => startWorker(this.#task, each));
    try {
      const ready: Worker[] = [];
      let listed: Listed[] = [];
      for (const worker of workers) {
        try {
          listed = await worker.ask({ ask: "begin" }) as Listed[];
          ready.push(worker);
        } catch (error) {
          this.#failures.add("every case", worker.name, error);
        }
      }
      for (const work of listed) {
        if (!plans(plan, work)) continue;
        progress(`${suite}: ${work.name}`);
        await this.#runCase(this.#gather(work), ready);
      }
    } finally {
      await Promise.all(workers.map(({ channel }) => channel.close()));
    }
  }

  #gather(work: Listed): Gathered {
    let gathered = this.#gathered.get(work.name);
    if (!gathered) {
      gathered = {
        work,
        reference: null,
        opened: new Map(),
        rounds: new Map(),
      };
      this.#gathered.set(work.name, gathered);
    }
    return gathered;
  }

  /** Opens a case everywhere, compares, measures in turns, and closes it. */
  async #runCase(
    gathered: Gathered,
    workers: readonly Worker[],
  ): Promise<void> {
    const work = gathered.work.name;
    const { rounds, budgetMs, minSamples } = this.#task.plan;
    const turns = new Turns(
      workers.filter(({ name }) => !this.#failures.has(work, name)),
      ({ name }, reason) => this.#failures.add(work, name, reason),
    );
    await turns.each((worker) => this.#open(gathered, worker));
    await turns.rounds(rounds, async ({ name, ask }) => {
      const effort = { budgetMs, minSamples };
      const measured = await ask({ ask: "measure", effort }) as Measured;
      const before = gathered.rounds.get(name) ?? [];
      gathered.rounds.set(name, [...before, measured]);
    });
    await turns.each(async ({ ask }) => {
      await ask({ ask: "close" });
    });
  }

  async #open(gathered: Gathered, worker: Worker): Promise<void> {
    const { work, opened } = gathered;
    const { name } = worker;
    const { warmUpMs, watch } = this.#task.plan;
    const answer = await worker.ask({
      ask: "open",
      name: work.name,
      warmUpMs,
      watch: watch && !opened.has(name),
    }) as Opened;
    if (!opened.has(name)) opened.set(name, answer);
    const print = answer.fingerprint;
    gathered.reference ??= { name, print };
    const unlike = difference(gathered.reference.print, print, work.tolerance);
    if (!unlike) return;
    await worker.ask({ ask: "close" }).catch(() => {});
    throw new Error(`Against ${gathered.reference.name}: ${unlike}`);
  }

  /** What all passes gave, in the order of the cases and contenders. */
  outcome(): Outcome {
    const results: Result[] = [];
    for (const gathered of this.#gathered.values()) {
      for (const { name } of this.#task.contenders) {
        if (this.#failures.has(gathered.work.name, name)) continue;
        const rounds = gathered.rounds.get(name);
        const opened = gathered.opened.get(name);
        if (!rounds || !opened) continue;
        results.push(
          resultOf(this.#task.suite, gathered.work, name, opened, rounds),
        );
      }
    }
    return { results, failures: this.#failures.list() };
  }
}

function resultOf(
  suite: string,
  work: Listed,
  backend: string,
  opened: Opened,
  rounds: readonly Measured[],
): Result {
  const samples = rounds.flatMap((round) => round.samples);
  const total = (key: "wallMs" | "ownMs" | "othersMs") =>
    rounds.reduce((sum, round) => sum + round[key], 0);
  return {
    suite,
    case: work.name,
    series: work.series,
    ...(work.size === undefined ? {} : { size: work.size }),
    backend,
    unit: "ns",
    ...summarize(samples),
    rounds: rounds.map((round) => median(round.samples)),
    quartiles: rounds.map((round) => summarize(round.samples).p25),
    busy: rounds.map(({ ownMs, wallMs }) => ownMs / wallMs),
    samples: thin(samples, KEPT_SAMPLES),
    count: samples.length,
    callsPerSample: rounds[0]?.callsPerSample ?? 1,
    own: total("ownMs") / total("wallMs"),
    others: Math.max(total("othersMs") / total("wallMs"), 0),
    ...(work.work ? { work: work.work } : {}),
    ...(opened.seen
      ? { ...opened.seen, kernels: [...opened.seen.kernels] }
      : {}),
    counted: { ...opened.counted },
  };
}
