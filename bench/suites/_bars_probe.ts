/**
 * Measures one program, eager and compiled, in a process of its own:
 * `_bars_probe.ts INDEX SECONDS`. Both take turns in one process; who begins
 * changes from pair to pair, and a device that works later is waited for at the
 * end of each turn.
 *
 * @module
 */
import { currentDevice, manualSeed, memory } from "@tenfold/tenfold";
import process from "node:process";
import type { Live } from "../harness/case.ts";
import { openBackend } from "../harness/open_backend.ts";
import { BARS, type Measured, type Opened } from "./_bars.ts";

/** Milliseconds of a turn at the least. */
const TURN = 8;

const [index = "", seconds = ""] = process.argv.slice(2);
const bar = BARS[Number(index)]!;
await openBackend(bar.backend);
const measured = bar.figure === "time"
  ? await times(1000 * Number(seconds))
  : bar.figure === "peak bytes"
  ? await peaks()
  : await compiling();
console.log(JSON.stringify(measured));
process.exit(0);

function open(compiles: boolean): Opened | Promise<Opened> {
  manualSeed(0);
  return bar.open(compiles);
}

/** Milliseconds of a call: passed, and of processors at work. */
type Taken = readonly [passed: number, worked: number];

/** So many calls, and the wait for what they have begun. */
async function turn(live: Live, calls: number): Promise<Taken> {
  const before = process.cpuUsage();
  const begin = performance.now();
  for (let i = 0; i < calls; i++) {
    const pending = live.run();
    if (pending) await pending;
  }
  await currentDevice().backend.synchronize?.();
  const passed = performance.now() - begin;
  const { user, system } = process.cpuUsage(before);
  return [passed / calls, (user + system) / 1000 / calls];
}

async function times(milliseconds: number): Promise<Measured> {
  const both = [await open(false), await open(true)] as const;
  const calls: number[] = [];
  for (const live of both) {
    // Bit by bit the runtime compiles what is called often.
    const end = performance.now() + milliseconds / 8;
    let [each] = await turn(live, 1);
    while (performance.now() < end) {
      [each] = await turn(live, callsOf(each));
    }
    calls.push(callsOf(each));
  }
  const taken: [Taken[], Taken[]] = [[], []];
  const end = performance.now() + milliseconds * 3 / 4;
  for (let pair = 0; performance.now() < end || pair < 8; pair++) {
    for (const i of pair % 2 === 0 ? [0, 1] as const : [1, 0] as const) {
      taken[i].push(await turn(both[i], calls[i]!));
    }
  }
  const ratios = (part: 0 | 1) =>
    taken[1].map((turn, i) => turn[part] / taken[0][i]![part]);
  const [eager, compiled] = taken.map((turns) =>
    turns.map(([passed]) => 1000 * passed)
  ) as [number[], number[]];
  return {
    eager: median(eager),
    compiled: median(compiled),
    ratio: median(ratios(0)),
    fastest: Math.min(...compiled) / Math.min(...eager),
    worked: median(ratios(1)),
    unit: "µs",
  };
}

function callsOf(each: number): number {
  return Math.max(1, Math.round(TURN / each));
}

async function peaks(): Promise<Measured> {
  const peak = async (compiles: boolean): Promise<number> => {
    const before = memory().bytes;
    const live = await open(compiles);
    // The first call of a compiled function runs eagerly.
    await live.run();
    memory({ resetPeak: true });
    for (let i = 0; i < 10; i++) await live.run();
    const bytes = memory().peakBytes - before;
    await live.output()!.data();
    return bytes / 1e6;
  };
  const compiled = await peak(true);
  const eager = await peak(false);
  const ratio = compiled / eager;
  return { eager, compiled, ratio, unit: "MB" };
}

/** What recording and planning take beside running, when all is warm. */
async function compiling(): Promise<Measured> {
  const taken: number[] = [];
  for (let i = 0; i < 3; i++) {
    const { run, stats } = await open(true);
    await run();
    taken.push(stats!().milliseconds);
  }
  const [first] = taken as [number];
  return { eager: 0, compiled: first, ratio: first, unit: "ms" };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
}
