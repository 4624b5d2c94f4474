/**
 * Compares the collectives that the ranks are about to run: a mismatch hangs or
 * gives wrong values otherwise.
 *
 * @module
 */
import type { Communicator } from "./_communicator.ts";
import { CollectiveError } from "./errors.ts";

/** The bytes of a signature. */
const LENGTH = 256;

/**
 * Compares what each rank is about to do.
 *
 * @throws {CollectiveError} If they differ; on every rank, naming both.
 */
export function checkSignatures(
  ranks: Communicator,
  number: number,
  name: string,
  what: string,
): void {
  const own = new Uint8Array(LENGTH);
  const text = what === "" ? name : `${name} ${what}`;
  new TextEncoder().encodeInto(`${number}\n${text}`, own);
  const all = new Uint8Array(LENGTH * ranks.size);
  ranks.wait(ranks.allGather(own, all), `compare signatures of ${name}`);
  const texts = Array.from({ length: ranks.size }, (_, rank) => {
    const bytes = all.subarray(rank * LENGTH, (rank + 1) * LENGTH);
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(bytes.subarray(0, end < 0 ? LENGTH : end));
  });
  const odd = texts.findIndex((other) => other !== texts[0]);
  if (odd < 0) return;
  const show = (rank: number) => {
    const [count, ...call] = texts[rank]!.split("\n");
    return `rank ${rank} calls ${call.join(" ")} as its collective ${count}`;
  };
  throw new CollectiveError(
    `Cannot ${name} as the ranks do not agree: ${show(0)}, and ${show(odd)}`,
  );
}
