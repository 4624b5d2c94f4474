/**
 * When gradients were averaged, beside the backward passes that they belong to.
 *
 * @module
 */
import type { BucketEvent } from "./_bucket.ts";

/** An event of the format of `chrome://tracing`; times are microseconds. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: "X" | "M";
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly args: object;
}

/** Notes of one rank. */
export class Trace {
  readonly #rank: number;
  readonly #buckets: BucketEvent[] = [];
  readonly #passes: (readonly [begun: number, ended: number])[] = [];

  constructor(rank: number) {
    this.#rank = rank;
  }

  /** Notes when a bucket was under way. */
  bucket(event: BucketEvent): void {
    this.#buckets.push(event);
  }

  /** Notes a backward pass, from its first gradient on. */
  backward(begun: number, ended: number): void {
    this.#passes.push([begun, ended]);
  }

  /** A row of backward passes, and one for each bucket. */
  events(): TraceEvent[] {
    const pid = this.#rank;
    const label = (name: string, tid: number, text: string): TraceEvent => ({
      name,
      ph: "M",
      pid,
      tid,
      args: { name: text },
    });
    const event = (
      name: string,
      tid: number,
      [begun, ended]: readonly [number, number],
      args: object = {},
    ): TraceEvent => ({
      name,
      ph: "X",
      pid,
      tid,
      // By the clock of the machine, so that ranks lie beside one another.
      ts: (performance.timeOrigin + begun) * 1000,
      dur: (ended - begun) * 1000,
      args,
    });
    const buckets = new Set(this.#buckets.map(({ bucket }) => bucket));
    return [
      label("process_name", 0, `rank ${pid}`),
      label("thread_name", 0, "backward"),
      ...[...buckets].map((bucket) =>
        label("thread_name", 1 + bucket, `bucket ${bucket}`)
      ),
      ...this.#passes.map((pass) => event("backward", 0, pass)),
      ...this.#buckets.map(({ bucket, name, bytes, begun, done }) =>
        event(`${name} ${bucket}`, 1 + bucket, [begun, done], { bytes })
      ),
    ];
  }
}
