/**
 * Which convolutions are computed in tiles by Winograd's algorithms over vectors
 * of channels, and how their planes are divided.
 *
 * A plane has so many tiles down and across. The first ones of each are full, the
 * others have an output less, so that no tile is half empty. Some rows of tiles
 * are a band; the same bands of some samples are computed together.
 *
 * @module
 */
import { type KernelCall, parameterOf } from "@tenfold/core/backend";
import { TILE_COLUMNS } from "../../matmul/micro.ts";
import { B, C, FILTER, G, I, IN, J, M, X, Y } from "../emit_context.ts";
import { FOUR } from "./four.ts";
import { type Scheme, THREE, THREE_OF_PHASES, TWO } from "./scheme.ts";

/** The integers that a call passes beside the operands, in this order. */
export const SCALARS = [
  "workspace",
  "workspaceBytes",
  "weights",
  "down",
  "fullDown",
  "across",
  "fullAcross",
  "bandRows",
  "bandColumns",
  "columnBands",
  "bands",
  "samples",
  "pitch",
  "planeBytes",
  "valuesAt",
  "productsAt",
  "parts",
  "blocks",
  "blockChannels",
  "sumsBytes",
  "units",
] as const;

/** Bytes between planes, so that values do not displace one another in caches. */
export const APART = 64;
/** Fewer channels or filters are not worth the transforms. */
const FEWEST = 8;
/** More are summed by another way, in blocks. */
const MOST = 512;
/** The most weights. */
const MOST_WEIGHTS = 2 ** 17;
/** With fewer positions, the transform of the weights takes longer than it saves. */
const FEWEST_POSITIONS = 128;
/** Bytes of the values of a thread, which stay in the second level of cache. */
const BYTES = 512 * 1024;
/** Most parts of a gradient by the weight, and bytes of the sums of several. */
const MOST_PARTS = 8;
const SUMS_BYTES = 1280 * 1024;

/** The loop dims of a contraction by what they are of the convolution. */
export interface Roles {
  readonly samples: number;
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
  readonly tapRows: number;
  readonly tapColumns: number;
}

/** Those of a convolution and of its gradient by the input. */
export const FORWARD: Roles = {
  samples: B,
  channels: C,
  rows: Y,
  columns: X,
  tapRows: I,
  tapColumns: J,
};
/** Those of the gradient by the weight. */
export const BY_WEIGHT: Roles = {
  samples: C,
  channels: B,
  rows: I,
  columns: J,
  tapRows: Y,
  tapColumns: X,
};

export const upTo = (count: number, by: number): number =>
  Math.ceil(count / by) * by;

/** Tiles along an axis, and how many of them are full. */
function tilesOf(extent: number, tile: number): [all: number, full: number] {
  const all = Math.ceil(extent / tile);
  return [all, Math.max(0, extent - all * (tile - 1))];
}

/** Parts of about the same size of at most so many: the size, and the number. */
function parts(count: number, most: number): [size: number, number: number] {
  const number = Math.ceil(count / Math.max(1, Math.floor(most)));
  const size = Math.ceil(count / number);
  return [size, Math.ceil(count / size)];
}

/** The schemes for the taps of a call. */
function schemesOf(
  call: KernelCall,
  { rows, columns, tapRows, tapColumns }: Roles,
): Scheme[] {
  const { shape } = call;
  const input = call.strides[IN]!;
  const taps = shape[tapRows]!;
  if (taps !== shape[tapColumns] || input[tapColumns] !== 1) return [];
  const [down, across] = [
    input[rows]! / input[tapRows]!,
    input[columns]! / input[tapColumns]!,
  ];
  if (down === 1 && across === 1) {
    if (taps === 2) return [THREE];
    if (taps !== 3) return [];
    return parameterOf("conv2d", "loose", call) !== 0 ? [FOUR, TWO] : [TWO];
  }
  return down === 2 && across === 2 && taps === 4 ? [THREE_OF_PHASES] : [];
}

/** The products of a value for planes of so many rows and columns. */
function productsOf({ tile, points }: Scheme, ...plane: number[]): number {
  return plane.reduce((product, extent) => {
    const [all, full] = tilesOf(extent, tile);
    return product * (all * (points - 1) + full);
  }, 1);
}

function suits(call: KernelCall, roles: Roles): Scheme | null {
  const { shape } = call;
  const cost = (scheme: Scheme) =>
    productsOf(scheme, shape[roles.rows]!, shape[roles.columns]!);
  const [scheme] = schemesOf(call, roles).sort((a, b) => cost(a) - cost(b));
  if (scheme === undefined) return null;
  const [filters, channels] = [shape[M]!, shape[roles.channels]!];
  const phases = scheme.step ** 2;
  const positions = shape[roles.samples]! * shape[roles.rows]! *
    shape[roles.columns]!;
  const fits = filters >= FEWEST && channels >= FEWEST && filters <= MOST &&
    channels * phases <= MOST &&
    shape[G]! * filters * channels * phases <= MOST_WEIGHTS &&
    positions >= FEWEST_POSITIONS;
  return fits ? scheme : null;
}

/** The scheme of a convolution or its gradient by the input; null if none suits. */
export function forwardScheme(call: KernelCall): Scheme | null {
  return suits(call, FORWARD);
}

/** That of the gradient by the weight. */
export function weightScheme(call: KernelCall): Scheme | null {
  return call.strides[FILTER]![J] === 1 ? suits(call, BY_WEIGHT) : null;
}

/** How a call is divided, and the parts of the workspace of a thread. */
export interface Division {
  /** Parts for threads. */
  readonly units: number;
  /** Bytes of the workspace of a thread. */
  readonly bytes: number;
  /** Bytes that all threads share. */
  readonly shared: number;
  /** The scalars from `down` on. */
  readonly scalars: readonly number[];
}

/** Bytes that hold the factors of so many filters and channels. */
function planesOf({ points }: Scheme, filters: number, depth: number): number {
  return points ** 2 * (4 * filters * depth + APART);
}

/** The bands of a call: of such channels and filters of a tile. */
function bandsOf(
  { shape }: KernelCall,
  { tile, points, step }: Scheme,
  { samples, rows, columns }: Roles,
  values: number,
): Omit<Division, "shared"> {
  const [height, width, many] = [
    shape[rows]!,
    shape[columns]!,
    shape[samples]!,
  ];
  const [down, fullDown] = tilesOf(height, tile);
  const [across, fullAcross] = tilesOf(width, tile);
  // Products are written eight filters at a time.
  const filters = upTo(shape[M]!, 8);
  const perTile = 4 * points ** 2 * (values + filters);
  // So many tiles of a row, of such rows, of samples as there is room for.
  const [bandColumns, columnBands] = parts(across, BYTES / perTile);
  const room = BYTES / (perTile * bandColumns);
  const [bandRows, bands] = parts(down, columnBands === 1 ? room : 1);
  const group = Math.max(1, Math.min(many, Math.floor(room / bandRows)));
  const tiles = group * bandRows * bandColumns;
  const pitch = upTo(step * (tile * (bandColumns - 1) + points), 4);
  const planes = 16 * pitch * step * (tile * (bandRows - 1) + points + 1);
  const plane = (lines: number) => points ** 2 * (4 * tiles * lines + APART);
  const planeBytes = upTo(planes, 64) + 64;
  const valuesAt = 4 * planeBytes;
  const productsAt = valuesAt + plane(values);
  return {
    units: columnBands * bands * Math.ceil(many / group),
    bytes: upTo(productsAt + plane(filters), 64) + 64,
    scalars: [
      down,
      fullDown,
      across,
      fullAcross,
      bandRows,
      bandColumns,
      columnBands,
      bands,
      group,
      pitch,
      planeBytes,
      valuesAt,
      productsAt,
    ],
  };
}

/** The channels of a convolution as a thread computes with them. */
function depthOf(channels: number, { step }: Scheme): number {
  return upTo(channels, 4) * step ** 2;
}

/** Divides a convolution or its gradient by the input. */
export function divideForward(call: KernelCall, scheme: Scheme): Division {
  const { shape } = call;
  const depth = depthOf(shape[C]!, scheme);
  const factors = planesOf(scheme, upTo(shape[M]!, TILE_COLUMNS), depth);
  // The other scalars are those of the gradient by the weight.
  return {
    ...bandsOf(call, scheme, FORWARD, depth),
    shared: shape[G]! * factors,
  };
}

/**
 * Divides the gradient by the weight: bands of samples into parts with sums of
 * their own, as many for any number of threads, so that the sums have the same
 * bits. Where those are large, parts are few, and threads divide channels.
 */
export function divideWeight(
  call: KernelCall,
  scheme: Scheme,
  threads: number,
): Division {
  const { shape } = call;
  const channels = shape[B]!;
  // Sums are written eight channels at a time.
  const depth = (count: number) => upTo(depthOf(count, scheme), 8);
  const { units, bytes, scalars } = bandsOf(
    call,
    scheme,
    BY_WEIGHT,
    depth(channels),
  );
  const all = shape[G]! * planesOf(scheme, shape[M]!, depth(channels));
  const several = Math.max(
    1,
    Math.min(MOST_PARTS, units, Math.floor(SUMS_BYTES / all)),
  );
  const each = upTo(Math.ceil(channels / Math.ceil(threads / several)), 8);
  const blocks = Math.ceil(channels / each);
  const sums = upTo(planesOf(scheme, shape[M]!, depth(each)), 64);
  const number = shape[G]! * several * blocks;
  return {
    units: number,
    bytes,
    shared: number * sums,
    scalars: [...scalars, several, blocks, each, sums, units],
  };
}
