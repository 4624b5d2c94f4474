/**
 * Profiles as files that trace viewers open: the JSON of Chrome's tracing, which
 * Perfetto reads as well.
 *
 * @module
 */
import { bytesOf, nameOf, shapeOf, showExprs } from "./describe.ts";
import type { Plan } from "./plan.ts";

/** An event of a trace; times are in microseconds. */
interface TraceEvent {
  readonly name: string;
  /** `"X"` for something that takes time, `"M"` for a name. */
  readonly ph: "X" | "M";
  readonly pid: number;
  /** One row in the viewer for each plan. */
  readonly tid: number;
  readonly cat?: string;
  readonly ts?: number;
  readonly dur?: number;
  readonly args: Readonly<Record<string, unknown>>;
}

/** What plans that were profiled did, as the text of a file. */
export function trace(name: string, plans: readonly Plan[]): string {
  const traceEvents: TraceEvent[] = [
    { name: "process_name", ph: "M", pid: 1, tid: 0, args: { name } },
  ];
  plans.forEach(({ launches, profile, title }, i) => {
    const common = { pid: 1, tid: i + 1 };
    const row = { name: title };
    traceEvents.push({ name: "thread_name", ph: "M", ...common, args: row });
    for (const { kernel, begin, took } of profile?.runs() ?? []) {
      const launch = launches[kernel]!;
      traceEvents.push({
        name: nameOf(launch),
        ph: "X",
        ...common,
        cat: launch.kind,
        ts: begin * 1000,
        dur: took * 1000,
        args: {
          kernel: kernel + 1,
          shape: shapeOf(launch),
          bytes: bytesOf(launch),
          expressions: showExprs(launch),
        },
      });
    }
  });
  return JSON.stringify({ displayTimeUnit: "ms", traceEvents });
}
