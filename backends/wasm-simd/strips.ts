/**
 * Strips: calls that follow one another and work row by row run on some rows at
 * a time, so that what one has written is in the cache when the next reads it.
 *
 * @module
 */
import { DTYPES, type KernelCall } from "@tenfold/core/backend";
import type { Block } from "./allocator.ts";
import type { Parts, Work } from "./launch.ts";

/** A call of an exported function, with the arguments that it stands for. */
export interface Piece {
  /** The arguments. */
  readonly call: KernelCall;
  /** What it does. */
  readonly work: Work;
  /** How it is done in parts of what it reduces, where it can be. */
  readonly parts?: Parts | null;
}

/** Calls that run one after another on each strip. */
export interface Strips {
  /** The first of them. */
  readonly begin: number;
  /** How many there are. */
  readonly count: number;
  /** The rows that all of them have. */
  readonly rows: number;
  /** The rows of a strip; the last one may have fewer. */
  readonly height: number;
  /** Those, counted from the first, whose rows are parts of what they reduce. */
  readonly divided: readonly number[];
}

/** Bytes that the calls touch in a strip: they fit a cache of one core. */
const STRIP_BYTES = 2 ** 17;
/** Below this they are in that cache anyway. */
const FEWEST_BYTES = 2 ** 19;

/** The memory of one row of a call, in elements; each row lies `stride` on. */
interface Access {
  readonly block: Block;
  readonly written: boolean;
  /** Whether it is touched after the last row alone. */
  readonly late: boolean;
  readonly low: number;
  readonly high: number;
  readonly stride: number;
}

/** What is worth it among calls; null where a call must run by itself. */
export function findStrips(pieces: readonly (Piece | null)[]): Strips[] {
  const found: Strips[] = [];
  for (let begin = 0; begin < pieces.length;) {
    const strips = stripsFrom(pieces, begin);
    if (strips === null) begin++;
    else {
      found.push(strips);
      begin += strips.count;
    }
  }
  return found;
}

/** A piece and the loop dim along which it goes. */
interface Walk extends Piece {
  /** Which dim. */
  readonly dim: number;
  /** Its extent. */
  readonly size: number;
  /** Whether it reduces that dim. */
  readonly divided: boolean;
}

/** The ways in which a call may go over rows, the better one first. */
function walksOf(piece: Piece): Walk[] {
  const { work: { rows, size }, parts } = piece;
  return [
    ...parts
      ? [{ ...piece, dim: parts.dim, size: parts.size, divided: true }]
      : [],
    ...rows ? [{ ...piece, dim: rows.dim, size, divided: false }] : [],
  ];
}

/** The longest run of calls from `begin` on that may go strip by strip. */
function stripsFrom(
  pieces: readonly (Piece | null)[],
  begin: number,
): Strips | null {
  let best: Strips | null = null;
  let group: readonly Walk[] = [];
  for (let end = begin; end < pieces.length; end++) {
    const piece = pieces[end];
    if (!piece) break;
    let found: Strips | null = null;
    for (const walk of walksOf(piece)) {
      const longer = [...group, walk];
      found = stripsOf(longer, begin);
      if (found === null) continue;
      group = longer;
      break;
    }
    if (found === null) break;
    const { count, rows } = found;
    const bytes = bytesOf(group.flatMap((each) => accessesOf(each, rows)));
    if (count > 1 && rows * bytes >= FEWEST_BYTES) best = found;
  }
  return best;
}

/** How calls go strip by strip; null where they may not. */
function stripsOf(group: readonly Walk[], begin: number): Strips | null {
  const rows = Math.min(...group.map(({ size }) => size));
  if (group.some(({ size }) => size % rows !== 0)) return null;
  const accesses = group.flatMap((each) => accessesOf(each, rows));
  if (!areSeparate(accesses)) return null;
  const grain = Math.max(...group.map((each) => grainOf(each, rows)));
  const height = Math.floor(STRIP_BYTES / bytesOf(accesses) / grain) * grain;
  if (height === 0) return null;
  const divided = group.flatMap(({ divided }, i) => divided ? [i] : []);
  return { begin, count: group.length, rows, height, divided };
}

/** Rows of which a strip has a multiple. */
function grainOf({ size, divided, work: { grain } }: Walk, rows: number) {
  let least = 1;
  while (!divided && (least * size / rows) % grain !== 0) least *= 2;
  return least;
}

/** What the first of `rows` rows of a call touches. */
function accessesOf(
  { call, work, parts, dim, size, divided }: Walk,
  rows: number,
): Access[] {
  const outputs = work.rows!.outputs;
  const { shape, buffers, offsets, strides } = call;
  const unit = size / rows;
  return buffers.map((buffer, k) => {
    let low = offsets[k]!;
    let high = low;
    shape.forEach((extent, d) => {
      const reach = ((d === dim ? unit : extent) - 1) * strides[k]![d]!;
      if (reach < 0) low += reach;
      else high += reach;
    });
    const stride = unit * strides[k]![dim]!;
    const written = k < outputs;
    const late = divided && (written || parts!.late.includes(k));
    return { block: buffer as Block, written, late, low, high, stride };
  });
}

/** Whether no row touches what another row writes. */
function areSeparate(accesses: readonly Access[]): boolean {
  return accesses.every(({ block, written, late, stride }, i) => {
    if (!written) return true;
    const all = accesses.filter((each) => each.block === block);
    // After the last row others run in order, and may read what is there.
    if (late) {
      return all.every((each) =>
        each.late && (!each.written || each === accesses[i])
      );
    }
    const low = Math.min(...all.map((each) => each.low));
    const high = Math.max(...all.map((each) => each.high));
    return high - low < stride && all.every((each) => each.stride === stride);
  });
}

/** The bytes of one row of everything. */
function bytesOf(accesses: readonly Access[]): number {
  const strides = new Map<Block, number>();
  for (const { block, stride } of accesses) {
    strides.set(block, Math.max(strides.get(block) ?? 0, Math.abs(stride)));
  }
  let bytes = 0;
  for (const [{ dtype }, stride] of strides) {
    bytes += stride * DTYPES[dtype].bytes;
  }
  return Math.max(bytes, 1);
}
