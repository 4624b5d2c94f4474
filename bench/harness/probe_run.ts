/**
 * Runs a suite whose samples are whole processes.
 *
 * @module
 */
import type { ProbeSuite } from "./case.ts";
import { output, runtimeCommand } from "./channel.ts";
import { Failures, type Outcome, type SuiteRun, type Task } from "./plan.ts";
import type { Result } from "./schema.ts";
import { watchMachine } from "./measure.ts";
import { mean, summarize } from "./stats.ts";

type Figures = Record<string, number>;

/** A suite of probes under way. */
export class ProbeRun implements SuiteRun {
  /** What it asks. */
  readonly question: string;
  readonly #suite: ProbeSuite;
  readonly #task: Task;
  /** By probe, then by backend. */
  readonly #found = new Map<string, Map<string, Figures[]>>();
  readonly #failures: Failures;
  #taken = 0;
  #passes = 0;

  /** Prepares to run; nothing is started yet. */
  constructor(suite: ProbeSuite, task: Task) {
    this.question = suite.question;
    this.#suite = suite;
    this.#task = task;
    this.#failures = new Failures(task.suite);
  }

  /** Takes its share of the samples. */
  async pass(): Promise<void> {
    const { plan } = this.#task;
    const all = this.#suite.samples[plan.quick ? 0 : 1];
    this.#passes++;
    const until = Math.ceil(all * this.#passes / plan.passes);
    for (; this.#taken < until; this.#taken++) {
      for (const { name, quick } of this.#suite.probes) {
        if (plan.quick && !quick) continue;
        this.#task.progress(`${this.#task.suite}: ${name}`);
        for (const backend of this.#task.backends) {
          if (this.#failures.has(name, backend)) continue;
          try {
            this.#add(name, backend, await this.#run(name, backend));
          } catch (error) {
            this.#failures.add(name, backend, error);
          }
        }
      }
    }
  }

  async #run(probe: string, backend: string): Promise<Figures> {
    const command = runtimeCommand(this.#suite.program, [backend, probe]);
    const end = watchMachine();
    const lines = (await output(command)).trim().split("\n");
    const figures = JSON.parse(lines.at(-1)!) as Figures;
    const { ownMs } = figures;
    if (ownMs === undefined) return figures;
    const { wallMs, othersMs } = end(ownMs);
    return { ...figures, others: Math.max(othersMs / wallMs, 0) };
  }

  #add(probe: string, backend: string, figures: Figures): void {
    const byBackend = this.#found.get(probe) ?? new Map<string, Figures[]>();
    byBackend.set(backend, [...byBackend.get(backend) ?? [], figures]);
    this.#found.set(probe, byBackend);
  }

  /** What all passes gave. */
  outcome(): Outcome {
    const results: Result[] = [];
    for (const { name, figures } of this.#suite.probes) {
      for (const { key, series, unit } of figures) {
        for (const [backend, all] of this.#found.get(name) ?? []) {
          if (this.#failures.has(name, backend)) continue;
          const samples = all.map((each) => each[key]!);
          const others = all.flatMap((each) => each["others"] ?? []);
          results.push({
            suite: this.#task.suite,
            case: series,
            series,
            backend,
            unit,
            ...summarize(samples),
            rounds: samples,
            samples,
            count: samples.length,
            callsPerSample: 1,
            ...(others.length > 0 ? { others: mean(others) } : {}),
          });
        }
      }
    }
    return { results, failures: this.#failures.list() };
  }
}
