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
import type { Measured } from "../harness/worker.ts";
import type { Begun, PeerRequest } from "./participant.ts";
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

/** What all works gave. */
export class PeersRun {
  readonly #players: readonly Player[];
  readonly #plan: Plan;
  readonly #results: Result[] = [];
  readonly #failures = new Map<string, Failures>();

  /** Prepares to run on players that were started. */
  constructor(players: readonly Player[], plan: Plan) {
    this.#players = players;
    this.#plan = plan;
  }

  /** Does one piece of work everywhere. */
  async run(spec: WorkSpec): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "tenfold-bench-"));
    try {
      await this.#runIn(folder, spec);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  async #runIn(folder: string, spec: WorkSpec): Promise<void> {
    const files: Record<string, string> = {};
    for (const [i, input] of spec.inputs.entries()) {
      const path = join(folder, `${input.name}.bin`);
      await writeFile(path, inputBytes(input, 1000 * i + 1));
      files[input.name] = path;
    }
    const failures = new Failures(spec.suite);
    this.#failures.set(spec.name, failures);
    const rounds = new Map<Player, Measured[]>();
    let running = this.#players;
    /** Does something with each; who fails takes no further part. */
    const each = async (act: (player: Player) => Promise<void>) => {
      const left: Player[] = [];
      for (const player of running) {
        try {
          await act(player);
          left.push(player);
        } catch (error) {
          failures.add(spec.name, player.name, error);
          await player.ask({ ask: "close" }).catch(() => {});
        }
      }
      running = left;
    };

    let reference: { name: string; values: Float32Array } | null = null;
    const result = join(folder, "result.bin");
    await each(async (player) => {
      await player.ask({ ask: "open", spec, files, result });
      const { buffer } = Uint8Array.from(await readFile(result));
      const values = new Float32Array(buffer);
      reference ??= { name: player.name, values };
      const unlike = apart(reference.values, values, spec.tolerance);
      if (unlike) {
        throw new Error(
          `Its values are not those of ${reference.name}: ${unlike}`,
        );
      }
    });
    const { budgetMs, minSamples, warmUpMs } = this.#plan;
    await each(async (player) => {
      await player.ask({ ask: "warmUp", budgetMs: warmUpMs });
    });
    for (let round = 0; round < this.#plan.rounds; round++) {
      await each(async (player) => {
        const measured = await player.ask({
          ask: "measure",
          effort: { budgetMs, minSamples },
        }) as Measured;
        rounds.set(player, [...rounds.get(player) ?? [], measured]);
      });
      // Whoever went first goes last in the next round.
      running = [...running.slice(1), ...running.slice(0, 1)];
    }
    await each(async (player) => {
      await player.ask({ ask: "close" });
    });
    for (const player of this.#players) {
      const measured = rounds.get(player);
      if (measured && running.includes(player)) {
        this.#results.push(resultOf(spec, player.name, measured));
      }
    }
  }

  /** What came out. */
  outcome(): Outcome {
    const failures = [...this.#failures.values()].flatMap((f) => f.list());
    return { results: this.#results, failures };
  }
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
