/**
 * Times a piece of work with mitata: after a warm-up, in samples that last
 * long enough for the clock.
 *
 * @module
 */
import { measure } from "mitata";
import { cpus } from "node:os";
import process from "node:process";

/** What is timed. */
export type Call = () => void | Promise<void>;

/** How long to measure. */
export interface Effort {
  /** Milliseconds to spend. */
  readonly budgetMs: number;
  /** The least number of samples, however long they take. */
  readonly minSamples: number;
}

/** Work that is warm, and how it is sampled. */
export interface Warm {
  /** The work. */
  readonly call: Call;
  /** How many calls make a sample. */
  readonly callsPerSample: number;
  /** Milliseconds of a call. */
  readonly callMs: number;
  /** Waits for the device at the end of a sample, where it computes later. */
  readonly synchronize: (() => Promise<void>) | undefined;
}

/** A sample of a device that computes within the call lasts that long. */
const SAMPLE_MS = 0.5;
/** A sample that ends with a wait lasts at least and at most that long. */
const AWAITED_SAMPLE_MS = [5, 40] as const;
/** And as many times longer than waiting for nothing. */
const WAIT_SHARE = 12;
/** Warming up goes on while a call still becomes faster by this much. */
const FASTER = 0.98;
/** At most so many times as long as asked for. */
const PATIENCE = 12;
/** More calls than this are never queued before waiting for them. */
const MAX_QUEUED = 8192;

/**
 * Calls the work until it is warm, and finds how many calls make a sample. A
 * step of many functions is compiled bit by bit: it is warm when it has not
 * become faster for a while.
 *
 * @param call The work.
 * @param budgetMs Milliseconds without a gain after which it is warm.
 * @param synchronize Waits for the device, where it computes later.
 */
export async function warmUp(
  call: Call,
  budgetMs: number,
  synchronize?: () => Promise<void>,
): Promise<Warm> {
  collectGarbage();
  const wanted = synchronize ? await awaitedSample(synchronize) : SAMPLE_MS;
  const most = synchronize ? MAX_QUEUED : Infinity;
  let end = performance.now() + budgetMs;
  const latest = end + (PATIENCE - 1) * budgetMs;
  let batch = 1;
  // The fastest batch counts: others may have been interrupted.
  let perCall = Infinity;
  for (;;) {
    const begin = performance.now();
    await repeat(call, batch);
    await synchronize?.();
    const now = performance.now();
    // A clock may be too coarse for a few calls.
    if (now > begin) {
      const taken = (now - begin) / batch;
      if (taken < FASTER * perCall) end = Math.min(now + budgetMs, latest);
      perCall = Math.min(perCall, taken);
    }
    const known = perCall < Infinity && batch * perCall >= wanted;
    const enough = known || batch === most;
    if (enough && now >= end) {
      const calls = Math.min(Math.ceil(wanted / perCall), most);
      const callsPerSample = Math.max(calls, 1);
      return { call, callsPerSample, callMs: perCall, synchronize };
    }
    if (!enough) batch = Math.min(2 * batch, most);
  }
}

/** How long a sample lasts, so that the wait at its end does not count. */
async function awaitedSample(
  synchronize: () => Promise<void>,
): Promise<number> {
  let idle = Infinity;
  for (let i = 0; i < 3; i++) {
    const begin = performance.now();
    await synchronize();
    idle = Math.min(idle, performance.now() - begin);
  }
  const [least, most] = AWAITED_SAMPLE_MS;
  return Math.min(Math.max(WAIT_SHARE * idle, least), most);
}

async function repeat(call: Call, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const pending = call();
    if (pending) await pending;
  }
}

/**
 * Measures work that is warm.
 *
 * @returns The nanoseconds of one call, from each sample.
 */
export async function sample(warm: Warm, effort: Effort): Promise<number[]> {
  const { call, callsPerSample, callMs, synchronize } = warm;
  const { budgetMs, minSamples } = effort;
  const common = {
    gc: false,
    min_cpu_time: budgetMs * 1e6,
    // Of a call that takes seconds, one sample a round has to do.
    min_samples: callMs > 5 * budgetMs ? 1 : minSamples,
  };
  if (synchronize) {
    const whole = async () => {
      await repeat(call, callsPerSample);
      await synchronize();
    };
    const { samples } = await measure(whole, { ...common, ...ONE_BY_ONE });
    return samples.map((ns) => ns / callsPerSample);
  }
  const { samples } = await measure(call, {
    ...common,
    ...(callsPerSample === 1 ? ONE_BY_ONE : inBatchesOf(callsPerSample)),
  });
  return samples;
}

/** mitata decides by its first calls whether to batch; here it is settled. */
const ONE_BY_ONE = { warmup_threshold: -1 };

function inBatchesOf(calls: number): Record<string, number> {
  const unroll = 4;
  return {
    warmup_threshold: Infinity,
    batch_threshold: Infinity,
    batch_unroll: unroll,
    batch_samples: unroll * Math.ceil(calls / unroll),
  };
}

function collectGarbage(): void {
  const { gc, Bun: bun } = globalThis as {
    gc?: () => void;
    Bun?: { gc(wait: boolean): void };
  };
  if (bun) bun.gc(true);
  else gc?.();
}

/** A stretch of time, and what else went on in it. */
export interface Meanwhile {
  /** Milliseconds that passed. */
  readonly wallMs: number;
  /** Milliseconds of processor time that this process took. */
  readonly ownMs: number;
  /** Milliseconds of processor time that other programs took. */
  readonly othersMs: number;
}

/**
 * Begins to watch the machine; the returned function ends it, and is told the
 * processor time of a process that was started meanwhile.
 */
export function watchMachine(): (startedMs?: number) => Meanwhile {
  const wall = performance.now();
  const busy = busyMs();
  const before = ownMs();
  return (startedMs = 0) => {
    const own = ownMs() - before + startedMs;
    const othersMs = busyMs() - busy - own;
    return { wallMs: performance.now() - wall, ownMs: own, othersMs };
  };
}

/** Processor time of all programs, in steps of the system's clock. */
function busyMs(): number {
  return cpus().reduce(
    (sum, { times }) => sum + times.user + times.nice + times.sys + times.irq,
    0,
  );
}

/** Processor time of this process, over all threads. */
function ownMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
