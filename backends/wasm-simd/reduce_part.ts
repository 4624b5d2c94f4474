/**
 * Totals in memory: what part of a reduction has come to, until the next part
 * goes on with it or all of them are combined.
 *
 * @module
 */

import { type Code, i32, type Local, v128 } from "./assembler.ts";
import type { EmitContext } from "./reduce_context.ts";
import type { Quad } from "./values.ts";

/** Bytes that the totals of four results take at most. */
export const MOST_BYTES = 48;

/** Bytes of the totals of four results. */
export function totalBytes({ whole }: Pick<EmitContext, "whole">): number {
  return 16 * whole.vectors;
}

/** Emits what reads totals into accumulators. */
export function loadTotals(
  context: EmitContext,
  totals: readonly Quad[],
  address: Code<"i32">,
): void {
  const { f } = context;
  each(context, totals, (part, byte) => {
    f.set(part, v128.load(address, byte));
  });
}

/** Emits what writes accumulators as totals. */
export function storeTotals(
  context: EmitContext,
  totals: readonly Quad[],
  address: Code<"i32">,
): void {
  const { f } = context;
  each(context, totals, (part, byte) => {
    f.do(v128.store(address, part, byte));
  });
}

function each(
  context: EmitContext,
  totals: readonly Quad[],
  body: (part: Local<"v128">, byte: number) => void,
): void {
  const bytes = totalBytes(context);
  totals.forEach(({ parts }, i) => {
    parts.forEach((part, j) => body(part, bytes * i + 16 * j));
  });
}

/** The address behind the arguments. */
export function behind({ args, layout }: EmitContext): Code<"i32"> {
  return i32.add(args, i32.const(layout.bytes));
}

/**
 * Words behind the arguments of a reduction in shares: how many there are for a
 * result, how much of the first reduced dim each takes, where totals are.
 */
const SHARE_WORDS = ["count", "length", "address"] as const;

/** How a reduction is divided into shares. */
export type Shares = Readonly<Record<(typeof SHARE_WORDS)[number], number>>;

/** The words of a division, in order. */
export function wordsOf(shares: Shares): number[] {
  return SHARE_WORDS.map((name) => shares[name]);
}

/** Code that reads a word of the division into shares, once. */
export function share(
  { f, args, layout }: EmitContext,
  name: keyof Shares,
): Local<"i32"> {
  const byte = layout.bytes + 4 * SHARE_WORDS.indexOf(name);
  return f.hoist(layout.word(args, byte));
}
