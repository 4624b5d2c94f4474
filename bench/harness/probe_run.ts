/**
 * Runs a suite whose samples are whole processes.
 *
 * @module
 */
import type { Contender } from "./contender.ts";
import type { ProbeSuite } from "./case.ts";
import { output, runtimeCommand } from "./channel.ts";
import {
  Failures,
  type Outcome,
  plans,
  type SuiteRun,
  type Task,
} from "./plan.ts";
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
  /** By probe, then by contender. */
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
    const all = this.#suite.samples[plan.cases === "quick" ? 0 : 1];
    this.#passes++;
    const until = Math.ceil(all * this.#passes / plan.passes);
    for (; this.#taken < until; this.#taken++) {
      for (const probe of this.#suite.probes) {
        if (!plans(plan, probe)) continue;
        this.#task.progress(`${this.#task.suite}: ${probe.name}`);
        for (const contender of this.#inTurn()) {
          if (this.#failures.has(probe.name, contender.name)) continue;
          try {
            const figures = await this.#run(probe.name, contender);
            this.#add(probe.name, contender.name, figures);
          } catch (error) {
            this.#failures.add(probe.name, contender.name, error);
          }
        }
      }
    }
  }

  /** Who began is last in the next sample. */
  #inTurn(): readonly Contender[] {
    const { contenders } = this.#task;
    const first = this.#taken % contenders.length;
    return [...contenders.slice(first), ...contenders.slice(0, first)];
  }

  async #run(
    probe: string,
    { backend, bench }: Contender,
  ): Promise<Figures> {
    const program = new URL(`./suites/${this.#suite.program}`, bench);
    const command = runtimeCommand(program, [backend, probe]);
    const end = watchMachine();
    const lines = (await output(command)).trim().split("\n");
    const figures = JSON.parse(lines.at(-1)!) as Figures;
    const { ownMs } = figures;
    if (ownMs === undefined) return figures;
    const { wallMs, othersMs } = end(ownMs);
    return { ...figures, others: Math.max(othersMs / wallMs, 0) };
  }

  #add(probe: string, contender: string, figures: Figures): void {
    const all = this.#found.get(probe) ?? new Map<string, Figures[]>();
    all.set(contender, [...all.get(contender) ?? [], figures]);
    this.#found.set(probe, all);
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
