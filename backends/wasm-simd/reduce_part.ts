/**
 * Reductions in parts: some of what is reduced at a time, so that what other
 * kernels have just written is in the cache. What one part leaves lies behind
 * the arguments until the next one.
 *
 * @module
 */

import { i32, type Local, v128 } from "./assembler.ts";
import type { EmitContext } from "./reduce.ts";
import type { Quad } from "./values.ts";

/** Bytes of the totals of four results. */
export const PART_BYTES = 32;

/**
 * Emits `reduce`, which goes on with `totals`, and after the last part `store`.
 *
 * @param at Where in what the parts before have left the first total is.
 */
export function continued(
  { kernel, layout, f, args, range: [begin, end], inParts }: EmitContext,
  totals: readonly Quad[],
  at: Local<"i32">,
  reduce: () => void,
  store: () => void,
): void {
  if (!inParts) {
    reduce();
    store();
    return;
  }
  const address = f.let(
    i32.add(i32.add(args, at), i32.const(layout.bytes)),
  );
  const vectors = totals.flatMap(({ parts }, i) =>
    parts.map((part, j) => ({ part, byte: PART_BYTES * i + 16 * j }))
  );
  f.if(begin, () => {
    for (const { part, byte } of vectors) f.set(part, v128.load(address, byte));
  });
  reduce();
  f.if(
    i32.eq(end, layout.extent(args, kernel.rank)),
    store,
    () => {
      for (const { part, byte } of vectors) {
        f.do(v128.store(address, part, byte));
      }
    },
  );
}
