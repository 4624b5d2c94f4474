/**
 * Which convolutions are computed by Winograd's algorithm, and how their tiles
 * are divided. With F(2×2, 3×3) a tile is two by two positions of a plane, and
 * sixteen products of matrices over all tiles stand for thirty-six; with
 * F(4×4, 3×3), where calls ask for no more than that, it is four by four, and
 * thirty-six stand for a hundred and forty-four.
 *
 * A row of tiles is cut into segments that fit a workspace; some segments, one
 * after the other, are a block. Lavin and Gray, "Fast algorithms for
 * convolutional neural networks", CVPR 2016.
 *
 * @module
 */
import { type KernelCall, parameterOf } from "@tenfold/core/backend";
import { B, C, FILTER, G, I, IN, J, M, OUT, X, Y } from "../emit_context.ts";
import { FOUR } from "./four.ts";
import type { Scheme } from "./scheme.ts";
import { TWO } from "./two.ts";

/** Bytes between planes, for the same reason that lines are odd. */
export const APART = 64;

/** The integers that a call passes beside the operands, in this order. */
export const SCALARS = [
  "workspace",
  "workspaceBytes",
  "weights",
  "segmentTiles",
  "segments",
  "segmentsPerBlock",
  "pitch",
] as const;

/** How the tiles of a call are divided. */
export interface Division {
  /** Tiles of a segment. */
  readonly segmentTiles: number;
  /** Segments of a row of tiles. */
  readonly segments: number;
  /** All segments. */
  readonly count: number;
  /** Segments whose tiles are transformed together. */
  readonly segmentsPerBlock: number;
  /** Tiles that lines of the workspace have room for. */
  readonly pitch: number;
}

/** Fewer channels or filters are not worth the transforms. */
const FEWEST = 8;
/** With fewer tiles, the transform of the weights takes longer than it saves. */
const FEWEST_TILES = 32;
/** More are summed by the other way, in blocks. */
const MOST = 512;
/** Bytes of the workspace of a thread; what is transformed stays in L2. */
const BYTES = 640 * 1024;
/** Most tiles of a line; shorter ones cost two threads more than one gains. */
const LONGEST = 192;
/** The most weights. */
const MOST_WEIGHTS = 2 ** 17;

/** The loop dims of planes and their positions, and the one of channels. */
type Roles = readonly [
  planes: number,
  rows: number,
  columns: number,
  depth: number,
];

function suits(
  { shape, strides }: KernelCall,
  [planes, down, across, channels]: Roles,
  [tapDown, tapAcross]: readonly [number, number],
): boolean {
  const input = strides[IN]!;
  const filters = shape[M]!;
  const many = shape[channels]!;
  return shape[tapDown] === 3 && shape[tapAcross] === 3 &&
    filters >= FEWEST && many >= FEWEST && filters <= MOST && many <= MOST &&
    shape[G]! * filters * many <= MOST_WEIGHTS &&
    shape[planes]! * Math.ceil(shape[down]! / 2) *
          Math.ceil(shape[across]! / 2) >= FEWEST_TILES &&
    input[across] === 1 && input[tapAcross] === 1 &&
    input[down] === input[tapDown];
}

/** The products of a value for planes of so many rows and columns. */
function productsOf({ shift, values }: Scheme, ...plane: number[]): number {
  return plane.reduce(
    (product, extent) => product * Math.ceil(extent / 2 ** shift),
    values,
  );
}

/** The scheme that suits a call with planes of so many rows and columns. */
function schemeOf(call: KernelCall, rows: number, columns: number): Scheme {
  const fewer = productsOf(FOUR, rows, columns) <
    productsOf(TWO, rows, columns);
  return fewer && parameterOf("conv2d", "loose", call) !== 0 ? FOUR : TWO;
}

/** That of a convolution, or of its gradient by the input. */
export function forwardScheme(call: KernelCall): Scheme {
  return schemeOf(call, call.shape[Y]!, call.shape[X]!);
}

/** That of the gradient by the weight. */
export function weightScheme(call: KernelCall): Scheme {
  return schemeOf(call, call.shape[I]!, call.shape[J]!);
}

/** Whether a call is a convolution, or its gradient by the input. */
export function suitsForward(call: KernelCall): boolean {
  return suits(call, [B, Y, X, C], [I, J]) && call.strides[OUT]![X] === 1;
}

/** Whether a call is the gradient by the weight. */
export function suitsWeight(call: KernelCall): boolean {
  return suits(call, [C, I, J, B], [Y, X]) && call.strides[FILTER]![J] === 1;
}

/**
 * Divides the tiles of planes.
 *
 * @param scheme The tiles.
 * @param planes The number of planes.
 * @param height Their rows of positions.
 * @param width Positions of a row.
 * @param lines The lines of a block, of each value.
 */
export function divide(
  { shift, values }: Scheme,
  planes: number,
  height: number,
  width: number,
  lines: number,
): Division {
  const bytes = 4 * values * lines;
  const room = Math.min(LONGEST, Math.max(16, Math.floor(BYTES / bytes))) & -8;
  const rows = Math.ceil(height / 2 ** shift);
  const across = Math.ceil(width / 2 ** shift);
  const segments = Math.ceil(across / room);
  // Vectors go beyond the last tile of a row: the next one follows them.
  const by = segments === 1 ? 1 : 4;
  const segmentTiles = Math.ceil(across / segments / by) * by;
  const segmentsPerBlock = Math.max(1, Math.floor(room / segmentTiles));
  return {
    segmentTiles,
    segments: Math.ceil(across / segmentTiles),
    count: planes * rows * Math.ceil(across / segmentTiles),
    segmentsPerBlock,
    // Vectors of four tiles may go beyond the last one. An odd number of lines
    // of cache, so that neighbours do not displace one another.
    pitch: 16 * (Math.ceil((segmentsPerBlock * segmentTiles + 3) / 16) | 1),
  };
}
