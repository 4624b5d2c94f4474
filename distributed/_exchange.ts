/**
 * Plain values of all ranks.
 *
 * @module
 */
import type { Communicator } from "./_communicator.ts";

/** What each rank passes, by rank, as JSON carries it. */
export function exchange<T>(ranks: Communicator, value: T): T[] {
  const text = new TextEncoder().encode(JSON.stringify(value) ?? "null");
  const lengths = new Int32Array(ranks.size);
  const own = Int32Array.of(text.length);
  ranks.wait(ranks.allGather(own, lengths), "exchange");
  const longest = Math.max(...lengths);
  const padded = new Uint8Array(longest);
  padded.set(text);
  const all = new Uint8Array(longest * ranks.size);
  ranks.wait(ranks.allGather(padded, all), "exchange");
  return Array.from(lengths, (length, rank) => {
    const start = rank * longest;
    const bytes = all.subarray(start, start + length);
    return JSON.parse(new TextDecoder().decode(bytes)) as T;
  });
}
