/**
 * A rank that is killed ends the job in seconds on every rank, with an error;
 * the last checkpoint loads, and training goes on from it to the same weights,
 * bit for bit.
 *
 * @module
 */
import { join } from "node:path";
import {
  type JobOptions,
  launchersHere,
  runJob,
  type RuntimeName,
} from "../../distributed/_testing.ts";
import type { Row, Setting } from "./rows.ts";

const JOB = new URL("./kills_job.ts", import.meta.url);
/** Seconds in which a job must be over. */
const WITHIN = 10;
/** Milliseconds after which a rank is killed at the latest. */
const LATEST = 1500;

/** Who is killed, and when. */
interface Kill extends JobOptions {
  readonly ranks: number;
  readonly runtime: RuntimeName;
  readonly victim: number;
  /** Milliseconds after all ranks have taken their first step. */
  readonly after: number;
}

/** What became of a job whose rank was killed. */
interface End {
  /** Seconds from the signal until the last process was gone. */
  readonly seconds: number;
  /** What is not as it should be. */
  readonly faults: readonly string[];
}

/** Kills ranks, by numbers that a seed gives. */
export async function* kills(setting: Setting): AsyncGenerator<Row> {
  const { quick, seed } = setting;
  const random = uniform(seed);
  const wholes = new Map<string, string>();
  const folder = await Deno.makeTempDir();
  try {
    const launchers = launchersHere();
    for (let i = 0; i < (quick ? launchers.length : 20); i++) {
      const { runtimes } = setting;
      const ranks = quick ? 2 : 2 + Math.floor(random() * 3);
      const kill: Kill = {
        launcher: launchers[i % launchers.length]!,
        runtime: runtimes[quick ? 0 : Math.floor(random() * runtimes.length)]!,
        ranks,
        victim: Math.floor(random() * ranks),
        after: Math.round(random() * LATEST),
      };
      yield await one(kill, wholes, join(folder, `${i}.safetensors`));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function one(
  kill: Kill,
  wholes: Map<string, string>,
  file: string,
): Promise<Row> {
  const { launcher, runtime, ranks, victim, after } = kill;
  const key = `${launcher}, ${runtime}, ${ranks} ranks`;
  const whole = wholes.get(key) ??
    (await train(kill, `${file}.whole`)).state;
  wholes.set(key, whole);
  const { seconds, faults } = await killed(kill, file);
  const resumed = await train(kill, file);
  const all = [...faults];
  if (resumed.state !== whole) all.push("the weights differ");
  return {
    proof: "kills",
    what: `${key}, rank ${victim} killed after ${after} ms`,
    found: all.length > 0
      ? all.join("; ")
      : `over in ${seconds.toFixed(1)} s; ${
        resumed.first === 0 ? "at its end" : `from step ${resumed.first} on`
      } to the same weights`,
    bound: `within ${WITHIN} s, bit for bit`,
    holds: all.length === 0,
    figures: { ...kill, seconds, first: resumed.first, faults: all },
  };
}

/** Trains to the end; what all ranks report, which must be one thing. */
async function train(
  options: JobOptions,
  file: string,
): Promise<{ first: number; state: string }> {
  const { code, stderr, reports } = await runJob(JOB, [file], options);
  if (code !== 0) throw new Error(`It ended with ${code}: ${stderr}`);
  const [report] = reports;
  if (reports.some(({ weights }) => weights !== report.weights)) {
    throw new Error("The ranks have not come to the same weights");
  }
  return report;
}

/** Starts a job, and kills a rank of it. */
async function killed(kill: Kill, file: string): Promise<End> {
  const { launcher, ranks, victim, after } = kill;
  const pids = new Map<number, number>();
  let ended: Promise<number> | undefined;
  const { code, stdout, stderr, reports } = await runJob(JOB, [file], {
    ...kill,
    onLine(line) {
      const [, rank, pid] = /^PID (\d+) (\d+)$/.exec(line) ?? [];
      if (rank === undefined) return;
      pids.set(Number(rank), Number(pid));
      if (pids.size < ranks) return;
      ended = sleep(after).then(async () => {
        const began = performance.now();
        Deno.kill(pids.get(victim)!, "SIGKILL");
        while ([...pids.values()].some(isThere)) await sleep(20);
        return (performance.now() - began) / 1000;
      });
    },
  });
  const seconds = await ended ?? Infinity;
  const faults: string[] = [];
  if (seconds > WITHIN) faults.push(`it took ${seconds.toFixed(1)} s`);
  if (code === 0) faults.push("it ended without an error");
  if (reports.length > 0) faults.push("it had ended before");
  for (let rank = 0; rank < ranks; rank++) {
    if (rank === victim) continue;
    // Open MPI's launcher lets ranks say why; MPICH's ends them, and names the
    // process.
    const own = `${stdout}\n${stderr}`.split("\n").filter((line) =>
      launcher === "mpich"
        ? line.includes("Killed (signal 9)")
        : line.includes(`Rank ${rank} of ${ranks}`) &&
          line.includes(`rank ${victim}`)
    );
    if (own.length === 0) faults.push(`rank ${rank} ends without a reason`);
  }
  return { seconds, faults };
}

function isThere(pid: number): boolean {
  // A process that nobody has waited for yet is there, and over.
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Numbers from 0 to 1 that a seed gives (mulberry32). */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
