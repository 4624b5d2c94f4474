/**
 * A process that runs the cases of one suite on one backend, as it is asked
 * to: `worker.ts SUITE BACKEND [KERNEL]`. With a kernel, that one is slowed
 * down.
 *
 * @module
 */
import { currentBackend, manualSeed, setBackend } from "@tenfold/tenfold";
import process from "node:process";
import * as z from "zod";
import { slowDown, watch } from "./backend_wraps.ts";
import { type Case, caseName, type Live, type Work } from "./case.ts";
import { serve } from "./channel.ts";
import { difference, type Fingerprint, fingerprint } from "./fingerprint.ts";
import {
  type Meanwhile,
  sample,
  type Warm,
  warmUp,
  watchMachine,
} from "./measure.ts";
import { openBackend } from "./open_backend.ts";
import { loadSuite } from "./suites.ts";

const effort = z.object({ budgetMs: z.number(), minSamples: z.number() });

const REQUEST = z.discriminatedUnion("ask", [
  z.object({ ask: z.literal("begin") }),
  z.object({
    ask: z.literal("open"),
    name: z.string(),
    warmUpMs: z.number(),
    /** Whether to see which kernels run, on a device of its own. */
    watch: z.boolean(),
  }),
  z.object({ ask: z.literal("measure"), effort }),
  z.object({ ask: z.literal("close") }),
]);

/** What a worker is asked. */
export type WorkerRequest = z.infer<typeof REQUEST>;

/** One line of what `begin` answers: a case without its code. */
export interface Listed {
  /** The series and size. */
  readonly name: string;
  /** What is done. */
  readonly series: string;
  /** Where on the curve. */
  readonly size?: number;
  /** Whether quick runs have it. */
  readonly quick: boolean;
  /** Whether builds are held to it. */
  readonly essential: boolean;
  /** What a call gets through. */
  readonly work?: Work;
  /** How far backends may differ. */
  readonly tolerance: number;
}

/** What `open` answers. */
export interface Opened {
  /** What was computed. */
  readonly fingerprint: Fingerprint;
  /** What was seen, where it was asked for. */
  readonly seen?: {
    /** The kernels that ran. */
    readonly kernels: readonly string[];
    /** The most bytes that tensors held. */
    readonly peakBytes: number;
  };
  /** What the device counted during one call, where it counts. */
  readonly counted: Readonly<Record<string, number>>;
}

/** What `measure` answers. */
export interface Measured extends Meanwhile {
  /** The nanoseconds of one call, from each sample. */
  readonly samples: readonly number[];
  /** How many calls make a sample. */
  readonly callsPerSample: number;
}

const [suiteName = "", backendName = "", slowKernel] = process.argv.slice(2);

let cases = new Map<string, Case>();
let open: { work: Case; live: Live; warm: Warm; first: Fingerprint } | null =
  null;

await serve(async (message) => {
  const request = REQUEST.parse(message);
  switch (request.ask) {
    case "begin":
      return await begin();
    case "open":
      return await openCase(request);
    case "measure": {
      const { warm } = opened();
      const end = watchMachine();
      const samples = await sample(warm, request.effort);
      const { callsPerSample } = warm;
      return { samples, callsPerSample, ...end() } satisfies Measured;
    }
    case "close":
      return await closeCase();
  }
});

async function begin(): Promise<Listed[]> {
  await openBackend(backendName);
  if (slowKernel) slowDown(currentBackend(), slowKernel);
  const suite = await loadSuite(suiteName);
  if (suite.kind !== "timed") {
    throw new TypeError(`Cannot time the suite ${suiteName}`);
  }
  cases = new Map(suite.cases().map((work) => [caseName(work), work]));
  return [...cases].map(([name, work]) => ({
    name,
    series: work.series,
    ...(work.size === undefined ? {} : { size: work.size }),
    quick: work.quick ?? false,
    essential: work.essential ?? false,
    ...(work.work ? { work: work.work } : {}),
    tolerance: toleranceOf(work),
  }));
}

function toleranceOf({ tolerance = 1e-4 }: Case): number {
  return tolerance;
}

function opened(): NonNullable<typeof open> {
  if (!open) throw new Error("Cannot measure before a case is open");
  return open;
}

async function openCase(
  { name, warmUpMs, watch }: WorkerRequest & { ask: "open" },
): Promise<Opened> {
  const work = cases.get(name);
  if (!work) throw new RangeError(`Cannot find the case ${name}`);
  const observed = watch ? await observe(work) : null;
  const live = await start(work);
  const first = await check(work, live);
  const unlike = observed &&
    difference(observed.fingerprint, first, toleranceOf(work));
  if (unlike) throw new Error(`Two runs of it give ${unlike}`);
  const counted = await count(live);
  const warm = await warmUp(
    () => live.run(),
    warmUpMs,
    currentBackend().readSync ? undefined : () => wait(live),
  );
  open = { work, live, warm, first };
  const seen = observed?.seen;
  return { fingerprint: first, ...(seen ? { seen } : {}), counted };
}

/** Runs a case on a device that is watched, and so is too slow to time. */
async function observe(work: Case): Promise<Required<Omit<Opened, "counted">>> {
  const backend = currentBackend();
  const watched = watch(backend);
  await setBackend(watched.backend);
  try {
    const live = await start(work);
    // What sets the case up is not what it measures.
    watched.kernels.clear();
    const fingerprint = await check(work, live);
    await stop(live);
    const kernels = [...watched.kernels].sort();
    return { fingerprint, seen: { kernels, peakBytes: watched.peakBytes } };
  } finally {
    await setBackend(backend);
  }
}

async function start(work: Case): Promise<Live> {
  manualSeed(0);
  return await work.open();
}

/** Runs the work as often as its check needs, and reads what came out. */
async function check(work: Case, live: Live): Promise<Fingerprint> {
  for (let i = 0; i < (work.stepsToCheck ?? 1); i++) await live.run();
  return await printOf(live);
}

async function printOf(live: Live): Promise<Fingerprint> {
  const result = live.output();
  if (!result) throw new Error("It computed nothing");
  return fingerprint(await result.data());
}

async function wait(live: Live): Promise<void> {
  const backend = currentBackend();
  if (backend.synchronize) await backend.synchronize();
  else await live.output()?.data();
}

/** What the device counts during one call, such as submits. */
async function count(live: Live): Promise<Record<string, number>> {
  await wait(live);
  const before = counters();
  await live.run();
  await wait(live);
  const after = counters();
  return Object.fromEntries(
    Object.entries(after)
      .map(([key, value]) => [key, value - (before[key] ?? 0)] as const)
      .filter(([, change]) => change > 0),
  );
}

function counters(): Record<string, number> {
  return (currentBackend() as { counters?: Record<string, number> })
    .counters ?? {};
}

/** Checks what the last timed call computed, and lets the case go. */
async function closeCase(): Promise<void> {
  const { work, live, first } = opened();
  open = null;
  const last = await printOf(live);
  await stop(live);
  if (work.stepsToCheck !== undefined) {
    if (!Number.isFinite(last.magnitude)) {
      throw new Error("It ended with values that are not finite");
    }
    return;
  }
  const unlike = difference(first, last, toleranceOf(work));
  if (unlike) throw new Error(`Its last call gave ${unlike}`);
}

async function stop(live: Live): Promise<void> {
  await wait(live);
  live.output()?.dispose();
  for (const input of live.inputs) input.dispose();
}
