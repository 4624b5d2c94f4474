/**
 * When gradients were averaged, beside the backward passes that they belong to.
 *
 * @module
 */
import type { BucketEvent } from "./_bucket.ts";

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

  /** The text of a file that Perfetto and `chrome://tracing` open. */
  toJSON(): string {
    const pid = this.#rank;
    const event = (
      name: string,
      tid: number,
      [begun, ended]: readonly [number, number],
      args: object = {},
    ) => ({
      name,
      ph: "X",
      pid,
      tid,
      ts: begun * 1000,
      dur: (ended - begun) * 1000,
      args,
    });
    return JSON.stringify({
      traceEvents: [
        ...this.#passes.map((pass) => event("backward", 0, pass)),
        ...this.#buckets.map(({ bucket, bytes, begun, done }) =>
          event(`allReduce ${bucket}`, 1 + bucket, [begun, done], { bytes })
        ),
      ],
    });
  }
}
