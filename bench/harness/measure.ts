/**
 * Times a piece of work with mitata: after a warm-up, in samples that last
 * long enough for the clock.
 *
 * @module
 */
import { measure } from "mitata";

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
  /** Waits for the device at the end of a sample, where it computes later. */
  readonly synchronize: (() => Promise<void>) | undefined;
}

/** A sample of a device that computes within the call lasts that long. */
const SAMPLE_MS = 0.5;
/** A sample that ends with a wait lasts that long. */
const AWAITED_SAMPLE_MS = 8;
/** More calls than this are never queued before waiting for them. */
const MAX_QUEUED = 512;

/**
 * Calls the work until it is warm, and finds how many calls make a sample.
 *
 * @param call The work.
 * @param budgetMs Milliseconds to go on at least.
 * @param synchronize Waits for the device, where it computes later.
 */
export async function warmUp(
  call: Call,
  budgetMs: number,
  synchronize?: () => Promise<void>,
): Promise<Warm> {
  const wanted = synchronize ? AWAITED_SAMPLE_MS : SAMPLE_MS;
  const most = synchronize ? MAX_QUEUED : Infinity;
  const end = performance.now() + budgetMs;
  let batch = 1;
  for (;;) {
    const begin = performance.now();
    await repeat(call, batch);
    await synchronize?.();
    const now = performance.now();
    const took = now - begin;
    const enough = took >= wanted || batch === most;
    if (enough && now >= end) {
      const calls = Math.ceil(batch * wanted / took);
      const callsPerSample = Math.min(Math.max(calls, 1), most);
      return { call, callsPerSample, synchronize };
    }
    if (!enough) batch = Math.min(2 * batch, most);
  }
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
  collectGarbage();
  const { call, callsPerSample, synchronize } = warm;
  const common = {
    gc: false,
    min_cpu_time: effort.budgetMs * 1e6,
    min_samples: effort.minSamples,
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

let sink = 0;

/**
 * The nanoseconds of a fixed piece of JavaScript that no change of ours
 * touches: how fast this machine is at the moment.
 */
export function pace(): number {
  let best = Infinity;
  for (let round = 0; round < 5; round++) {
    const begin = performance.now();
    let x = 0.5;
    for (let i = 0; i < 100_000; i++) x = x * 1.000001 + 1e-9 * (i & 7);
    sink += x;
    best = Math.min(best, performance.now() - begin);
  }
  if (!Number.isFinite(sink)) throw new Error("Cannot pace the machine");
  return best * 1e6;
}
