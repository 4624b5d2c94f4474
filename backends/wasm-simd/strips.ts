/**
 * Strips: calls that follow one another and work row by row run on some rows at
 * a time, so that what one has written is in the cache when the next reads it.
 *
 * @module
 */
import { DTYPES, type KernelCall } from "@tenfold/core/backend";
import type { Block } from "./allocator.ts";
import type { Work } from "./launch.ts";

/** A call of an exported function, with the arguments that it stands for. */
export interface Piece {
  /** The arguments. */
  readonly call: KernelCall;
  /** What it does. */
  readonly work: Work;
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
}

/** Bytes that the calls touch in a strip: they fit a cache of one core. */
const STRIP_BYTES = 2 ** 17;
/** Below this they are in that cache anyway. */
const FEWEST_BYTES = 2 ** 19;

/** The memory of one row of a call, in elements; each row lies `stride` on. */
interface Access {
  readonly block: Block;
  readonly written: boolean;
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

/** The longest run of calls from `begin` on that may go strip by strip. */
function stripsFrom(
  pieces: readonly (Piece | null)[],
  begin: number,
): Strips | null {
  let best: Strips | null = null;
  let rows = Infinity;
  for (let end = begin; end < pieces.length; end++) {
    const piece = pieces[end];
    if (!piece?.work.rows) break;
    rows = Math.min(rows, piece.work.size);
    const group = pieces.slice(begin, end + 1) as Piece[];
    if (group.some(({ work }) => work.size % rows !== 0)) break;
    const accesses = group.flatMap((each) => accessesOf(each, rows));
    if (!areSeparate(accesses)) break;
    const bytes = bytesOf(accesses);
    const grain = Math.max(...group.map((each) => grainOf(each, rows)));
    const height = Math.floor(STRIP_BYTES / bytes / grain) * grain;
    if (height === 0) break;
    const worthy = group.length > 1 && rows * bytes >= FEWEST_BYTES;
    if (worthy) best = { begin, count: group.length, rows, height };
  }
  return best;
}

/** Rows of which a strip has a multiple. */
function grainOf({ work: { size, grain } }: Piece, rows: number): number {
  let least = 1;
  while ((least * size / rows) % grain !== 0) least *= 2;
  return least;
}

/** What the first of `rows` rows of a call touches. */
function accessesOf({ call, work }: Piece, rows: number): Access[] {
  const { dim, outputs } = work.rows!;
  const { shape, buffers, offsets, strides } = call;
  const unit = work.size / rows;
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
    return { block: buffer as Block, written, low, high, stride };
  });
}

/** Whether no row touches what another row writes. */
function areSeparate(accesses: readonly Access[]): boolean {
  return accesses.every(({ block, written, stride }) => {
    if (!written) return true;
    const all = accesses.filter((each) => each.block === block);
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
