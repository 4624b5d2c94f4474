/**
 * What the emitters of tiles share: where the tiles of a band are.
 *
 * The tiles of a band lie in four classes, one after the other: of partial rows
 * and full columns, of full rows and full columns, of full rows and partial
 * columns, of partial rows and partial columns. So those that need a product of
 * the last point, of rows, of columns or of both, follow one another.
 *
 * @module
 */
import {
  type Code,
  type FunctionBuilder,
  i32,
  type Local,
  select,
} from "../../assembler.ts";
import { smaller } from "../../matmul/panels.ts";
import type { Arguments } from "../call_reader.ts";
import type { SCALARS } from "./plan.ts";
import type { Scheme } from "./scheme.ts";

const ZERO = i32.const(0);

/** The arguments of a call. */
export type Reads = Arguments<(typeof SCALARS)[number]>;

/** A band of some samples. */
export interface Band {
  /** The first of its samples, and how many there are. */
  readonly first: Local<"i32">;
  readonly samples: Local<"i32">;
  /** Its rows of tiles, and how many of them are full. */
  readonly rows: Local<"i32">;
  readonly full: Local<"i32">;
  /** The row of positions that it begins with, and the one behind its last. */
  readonly top: Local<"i32">;
  readonly bottom: Local<"i32">;
  /** Tiles of its rows, and how many of them are full. */
  readonly across: Local<"i32">;
  readonly fullAcross: Local<"i32">;
  /** The first position of its rows, and the one behind the last. */
  readonly left: Local<"i32">;
  readonly right: Local<"i32">;
  /** The first tile of each class, and the number of tiles. */
  readonly fullFull: Local<"i32">;
  readonly fullPartial: Local<"i32">;
  readonly partialPartial: Local<"i32">;
  readonly tiles: Local<"i32">;
}

/** The position that a tile begins with. */
function startOf(
  f: FunctionBuilder,
  { tile }: Scheme,
  index: Local<"i32">,
  full: Local<"i32">,
): Local<"i32"> {
  const fewer = f.let(i32.sub(index, full));
  f.if(i32.lt_s(fewer, ZERO), () => f.set(fewer, ZERO));
  return f.let(i32.sub(i32.mul(index, i32.const(tile)), fewer));
}

/** Emits where a unit of work is. */
export function locateBand(
  f: FunctionBuilder,
  reads: Reads,
  scheme: Scheme,
  unit: Local<"i32">,
  allSamples: Local<"i32">,
): Band {
  // Bands of columns follow one another, then those of rows, then samples.
  const rest = f.let(unit);
  const along = (
    bands: "bands" | "columnBands",
    length: "bandRows" | "bandColumns",
    all: "down" | "across",
    allFull: "fullDown" | "fullAcross",
  ) => {
    const [limit, size] = [reads.scalar(bands), reads.scalar(length)];
    const first = f.let(i32.mul(i32.rem_u(rest, limit), size));
    f.set(rest, i32.div_u(rest, limit));
    const count = smaller(f, i32.sub(reads.scalar(all), first), size);
    const wholes = reads.scalar(allFull);
    const full = smaller(f, i32.sub(wholes, first), count);
    f.if(i32.lt_s(full, ZERO), () => f.set(full, ZERO));
    const end = f.let(i32.add(first, count));
    return {
      count,
      full,
      from: startOf(f, scheme, first, wholes),
      to: startOf(f, scheme, end, wholes),
    };
  };
  const columns = along("columnBands", "bandColumns", "across", "fullAcross");
  const lines = along("bands", "bandRows", "down", "fullDown");
  const group = reads.scalar("samples");
  const first = f.let(i32.mul(rest, group));
  const samples = smaller(f, i32.sub(allSamples, first), group);
  const [rows, full] = [lines.count, lines.full];
  const fullAcross = columns.full;
  const partialAcross = f.let(i32.sub(columns.count, fullAcross));
  const times = (a: Code<"i32">, b: Code<"i32">) =>
    i32.mul(samples, i32.mul(a, b));
  const fullFull = f.let(times(i32.sub(rows, full), fullAcross));
  const fullPartial = f.let(i32.add(fullFull, times(full, fullAcross)));
  const partialPartial = f.let(
    i32.add(fullPartial, times(full, partialAcross)),
  );
  return {
    first,
    samples,
    rows,
    full,
    top: lines.from,
    bottom: lines.to,
    across: columns.count,
    fullAcross,
    left: columns.from,
    right: columns.to,
    fullFull,
    fullPartial,
    partialPartial,
    tiles: f.let(times(rows, columns.count)),
  };
}

/** A row of tiles of a sample. */
export interface TileRow {
  /** Its first row of positions, counted from the top of the band. */
  readonly top: Local<"i32">;
  /** Whether it is full. */
  readonly isFull: Local<"i32">;
  /** Its first tile of full columns, and its first of partial ones. */
  readonly tile: Local<"i32">;
  readonly other: Local<"i32">;
}

/** Loops over the rows of tiles of a sample of a band. */
export function overRows(
  f: FunctionBuilder,
  tile: number,
  {
    rows,
    full,
    across,
    fullAcross,
    fullFull,
    fullPartial,
    partialPartial,
  }: Band,
  sample: Local<"i32">,
  body: (row: TileRow) => void,
): void {
  const partialAcross = i32.sub(across, fullAcross);
  const top = f.let(ZERO);
  const row = f.let(ZERO);
  const partial = f.let(i32.sub(rows, full));
  f.for(row, rows, 1, () => {
    const isFull = f.let(i32.lt_s(row, full));
    const before = f.let(
      i32.add(
        i32.mul(sample, select(isFull, full, partial)),
        i32.sub(row, select(isFull, ZERO, full)),
      ),
    );
    body({
      top,
      isFull,
      tile: f.let(
        i32.add(
          select(isFull, fullFull, ZERO),
          i32.mul(before, fullAcross),
        ),
      ),
      other: f.let(
        i32.add(
          select(isFull, fullPartial, partialPartial),
          i32.mul(before, partialAcross),
        ),
      ),
    });
    f.increase(top, i32.add(i32.const(tile - 1), isFull));
  });
}

/** Loops over the values: each, its first tile and the one behind its last. */
export function overValues(
  f: FunctionBuilder,
  { points }: Scheme,
  { fullFull, fullPartial, partialPartial, tiles }: Band,
  body: (
    value: Local<"i32">,
    first: Local<"i32">,
    end: Local<"i32">,
  ) => void,
): void {
  const value = f.let(ZERO);
  const last = i32.const(points - 1);
  const row = f.let(ZERO);
  f.for(row, i32.const(points), 1, () => {
    const column = f.let(ZERO);
    f.for(column, i32.const(points), 1, () => {
      const down = i32.eq(row, last);
      const first = f.let(select(down, fullFull, ZERO));
      const end = f.let(select(down, partialPartial, tiles));
      f.if(i32.eq(column, last), () => f.set(end, fullPartial));
      body(value, first, end);
      f.increase(value, 1);
    });
  });
}

/** Channels whose values fill a line of cache, computed side by side. */
const TOGETHER = 16;

/** Loops over channels, sixteen at a time: the first, and how many there are. */
export function overChannels(
  f: FunctionBuilder,
  channels: Local<"i32">,
  body: (first: Local<"i32">, count: Local<"i32">) => void,
): void {
  const first = f.let(ZERO);
  f.for(first, channels, TOGETHER, () => {
    body(first, smaller(f, i32.sub(channels, first), TOGETHER));
  });
}

/**
 * Loops over some channels, four at a time: where their vectors are, and which
 * they are. Addresses beside them go on by so many bytes.
 */
export function eachOf(
  f: FunctionBuilder,
  count: Local<"i32">,
  planes: Local<"i32">,
  planeBytes: Local<"i32">,
  first: Local<"i32">,
  body: (planes: Local<"i32">, first: Local<"i32">) => void,
  beside: readonly (readonly [Local<"i32">, Code<"i32">])[] = [],
): void {
  const at = f.let(planes);
  const channel = f.let(first);
  const index = f.let(ZERO);
  f.for(index, count, 4, () => {
    body(at, channel);
    f.increase(at, planeBytes);
    f.increase(channel, 4);
    for (const [address, bytes] of beside) f.increase(address, bytes);
  });
}
