/**
 * Runs the same work on all participants, in turns.
 *
 * @module
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Channel } from "../harness/channel.ts";
import { Failures, type Outcome, type Plan } from "../harness/plan.ts";
import type { Result } from "../harness/schema.ts";
import { median, summarize, thin } from "../harness/stats.ts";
import { Turns } from "../harness/turns.ts";
import type { Measured } from "../harness/worker.ts";
import type { Begun, OpenedPeer, PeerRequest } from "./participant.ts";
import type { Participant } from "./participants.ts";
import { inputBytes, type WorkSpec } from "./works.ts";

/** A participant whose process runs. */
export interface Player extends Participant {
  /** What it said of itself. */
  readonly notice: string;
  /** Asks its process. */
  ask(request: PeerRequest): Promise<unknown>;
  /** Lets its process end. */
  close(): Promise<void>;
}

/** Starts a participant; a peer's packages are installed by that. */
export async function start(participant: Participant): Promise<Player> {
  const channel = new Channel(participant.command);
  const ask = (request: PeerRequest) => channel.request(request);
  try {
    const { notice } = await ask({ ask: "begin" }) as Begun;
    return { ...participant, notice, ask, close: () => channel.close() };
  } catch (error) {
    await channel.close();
    throw error;
  }
}

/** Who takes longer for a call is not asked for another one. */
const PATIENCE_MS = { quick: 2_000, whole: 20_000 };

/** What all works gave. */
export class PeersRun {
  readonly #players: readonly Player[];
  readonly #plan: Plan;
  readonly #results: Result[] = [];
  readonly #failures: Failures[] = [];

  /** Prepares to run on players that were started. */
  constructor(players: readonly Player[], plan: Plan) {
    this.#players = players;
    this.#plan = plan;
  }

  /** Does one piece of work everywhere. */
  async run(spec: WorkSpec): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "tenfold-bench-"));
    try {
      const files = await writeInputs(folder, spec);
      await this.#runWith(spec, files, join(folder, "result.bin"));
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  async #runWith(
    spec: WorkSpec,
    files: Record<string, string>,
    result: string,
  ): Promise<void> {
    const failures = new Failures(spec.suite);
    this.#failures.push(failures);
    const turns = new Turns(this.#players, async (player, reason) => {
      failures.add(spec.name, player.name, reason);
      await player.ask({ ask: "close" }).catch(() => {});
    });
    const { cases, rounds, budgetMs, minSamples, warmUpMs } = this.#plan;
    const found = new Map<Player, Result>();

    // Values are compared before anything is timed.
    const patienceMs = PATIENCE_MS[cases === "quick" ? "quick" : "whole"];
    let first: { name: string; values: Float32Array } | null = null;
    await turns.each(async (player) => {
      const { slowMs } = await player.ask({
        ask: "open",
        spec,
        files,
        result,
        patienceMs,
      }) as OpenedPeer;
      const { buffer } = Uint8Array.from(await readFile(result));
      const values = new Float32Array(buffer);
      first ??= { name: player.name, values };
      // Who is slow has shown the first of several steps only.
      const shown = slowMs === null || spec.suite !== "train"
        ? first.values
        : first.values.subarray(0, values.length);
      const unlike = apart(shown, values, spec.tolerance);
      if (unlike) {
        throw new Error(`Its values are not those of ${first.name}: ${unlike}`);
      }
      if (slowMs === null) return;
      found.set(player, slowResult(spec, player.name, slowMs));
      await player.ask({ ask: "close" });
    });
    turns.release((player) => found.has(player));

    const measured = new Map<Player, Measured[]>();
    await turns.each(async (player) => {
      await player.ask({ ask: "warmUp", budgetMs: warmUpMs });
    });
    await turns.rounds(rounds, async (player) => {
      const effort = { budgetMs, minSamples };
      const answer = await player.ask({ ask: "measure", effort }) as Measured;
      measured.set(player, [...measured.get(player) ?? [], answer]);
    });
    await turns.each(async (player) => {
      await player.ask({ ask: "close" });
      found.set(player, resultOf(spec, player.name, measured.get(player)!));
    });
    for (const player of this.#players) {
      const result = found.get(player);
      if (result) this.#results.push(result);
    }
  }

  /** What came out. */
  outcome(): Outcome {
    const failures = this.#failures.flatMap((each) => each.list());
    return { results: this.#results, failures };
  }
}

async function writeInputs(
  folder: string,
  spec: WorkSpec,
): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const [i, input] of spec.inputs.entries()) {
    const path = join(folder, `${input.name}.bin`);
    await writeFile(path, inputBytes(input, 1000 * i + 1));
    files[input.name] = path;
  }
  return files;
}

function resultOf(
  { suite, name, work }: WorkSpec,
  backend: string,
  rounds: readonly Measured[],
): Result {
  const samples = rounds.flatMap((round) => round.samples);
  const total = (key: "wallMs" | "ownMs" | "othersMs") =>
    rounds.reduce((sum, round) => sum + round[key], 0);
  return {
    suite,
    case: name,
    series: name,
    backend,
    unit: "ns",
    ...summarize(samples),
    rounds: rounds.map((round) => median(round.samples)),
    samples: thin(samples, 60),
    count: samples.length,
    callsPerSample: rounds[0]?.callsPerSample ?? 1,
    own: total("ownMs") / total("wallMs"),
    others: Math.max(total("othersMs") / total("wallMs"), 0),
    ...(work ? { work } : {}),
  };
}

/** The result of who was too slow to be called more than once. */
function slowResult(
  { suite, name, work }: WorkSpec,
  backend: string,
  ms: number,
): Result {
  const samples = [ms * 1e6];
  return {
    suite,
    case: name,
    series: name,
    backend,
    unit: "ns",
    ...summarize(samples),
    rounds: samples,
    samples,
    count: 1,
    callsPerSample: 1,
    ...(work ? { work } : {}),
  };
}

/** How far values lie apart, if that is more than allowed. */
function apart(
  expected: Float32Array,
  values: Float32Array,
  tolerance: number,
): string | null {
  if (values.length !== expected.length) {
    return `${values.length} elements, expected ${expected.length}`;
  }
  let scale = 0;
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i]!));
    const far = Math.abs(values[i]! - expected[i]!);
    if (!(far <= most)) most = far;
  }
  if (most <= tolerance * scale) return null;
  return `${(most / scale).toExponential(1)} of the largest apart`;
}
