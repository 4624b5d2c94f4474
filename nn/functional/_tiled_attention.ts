/**
 * Attention tile by tile: some queries of some heads at a time, against all of
 * their keys. The scores of a tile fit into a cache, and are computed once more
 * on the way back instead of being kept, so that memory grows with the length
 * and not with its square.
 *
 * @module
 */
import {
  arange,
  autogradFunction,
  cat,
  isGradEnabled,
  type Tensor,
} from "@tenfold/core";
import { APPLY, nextKey, tidyNow } from "@tenfold/core/internal";
import {
  hide,
  hideLater,
  masked,
  product,
  toSlopes,
} from "./_attention_kernels.ts";
import { gradientsOf } from "./_differentiable.ts";
import { zerosBeside } from "./_in_place.ts";

/** Scores of a tile: 4 MB of them where caches are, and more where none is. */
const TILE = { near: 2 ** 20, far: 2 ** 22 };

/** Queries of a causal tile, at most: fewer skip more of the keys. */
const CAUSAL_ROWS = 128;

/** With fewer keys, tiles are no taller than with so many: a cache has them. */
const CACHED_KEYS = 4096;

/** How many scores a device takes at a time. */
export function tileSize({ device }: Tensor): number {
  return device.backend.readSync ? TILE.near : TILE.far;
}

/** What is the same for all tiles. */
interface Plan {
  /** What broadcasts to `[..., L, S]`, without a gradient; or null. */
  readonly mask: Tensor | null;
  readonly isCausal: boolean;
  readonly scale: number;
  readonly dropout: number;
  /** The extents of the batch, which are flattened in the operands. */
  readonly batch: readonly number[];
  readonly tiles: readonly Tile[];
}

/** Where a tile lies. */
interface Tile {
  readonly item: number;
  readonly items: number;
  readonly row: number;
  readonly rows: number;
  /** How many keys its last query sees. */
  readonly keys: number;
  /** What its dropout is drawn with. */
  readonly key: readonly [number, number];
}

/** The part of a mask that a tile sees. */
function maskOf(plan: Plan, { item, row, rows, keys }: Tile): Tensor | null {
  let { mask } = plan;
  if (mask === null) return null;
  // The place of the item along each dim of the batch, the last one first.
  let rest = item;
  for (let d = plan.batch.length - 1; d >= 0; d--) {
    const extent = plan.batch[d]!;
    const at = rest % extent;
    rest = (rest - at) / extent;
    const dim = mask.ndim - 3;
    if (dim < 0) break;
    mask = mask.select(dim, mask.shape[dim] === 1 ? 0 : at);
  }
  const [height, width] = mask.shape.slice(-2);
  if (mask.ndim > 1 && height! > 1) mask = mask.narrow(-2, row, rows);
  return width! > 1 ? mask.narrow(-1, 0, keys) : mask;
}

/** The scores of a tile, of queries that are scaled; what is hidden is -∞. */
function scoresOf(plan: Plan, tile: Tile, q: Tensor, k: Tensor): Tensor {
  const mask = maskOf(plan, tile);
  const products = q.matmul(k.transpose(-1, -2));
  const scores = mask ? masked.map([products, mask]) : products;
  if (!plan.isCausal) return scores;
  const places = arange(0, tile.keys, { device: q.device });
  const queries = arange(tile.row, tile.row + tile.rows, { device: q.device });
  return scores.where(places.le(queries.unsqueeze(1)), -Infinity);
}

/** The same in place. */
function scoresNow(plan: Plan, tile: Tile, q: Tensor, k: Tensor): Tensor {
  const { row, keys } = tile;
  const mask = maskOf(plan, tile);
  const scores = q.matmul(k.transpose(-1, -2));
  if (mask) hide(scores, mask);
  // Keys up to the first query are seen by all of them.
  if (plan.isCausal && keys > row) {
    hideLater(scores.narrow(-1, row, keys - row));
  }
  return scores;
}

function dropped({ dropout: p }: Plan, { key }: Tile, x: Tensor): Tensor {
  return p > 0 ? x[APPLY]({ name: "dropout", p, key }) : x;
}

const queriesOf = (x: Tensor, { item, items, row, rows }: Tile): Tensor =>
  x.narrow(0, item, items).narrow(1, row, rows);
const keysOf = (x: Tensor, { item, items, keys }: Tile): Tensor =>
  x.narrow(0, item, items).narrow(1, 0, keys);

/** One tile, in operations with gradients. */
function apply(plan: Plan, tile: Tile, [q, k, v]: readonly Tensor[]): Tensor {
  const scores = scoresOf(plan, tile, queriesOf(q!, tile), keysOf(k!, tile));
  const weights = dropped(plan, tile, scores.softmax(-1));
  return weights.matmul(keysOf(v!, tile));
}

/** All tiles behind each other. */
function whole(plan: Plan, [q, k, v]: readonly Tensor[]): Tensor {
  const inputs = [q!.mul(plan.scale), k!, v!];
  const parts = new Map<number, Tensor[]>();
  for (const tile of plan.tiles) {
    const rows = parts.get(tile.item) ?? [];
    parts.set(tile.item, rows);
    rows.push(apply(plan, tile, inputs));
  }
  return cat([...parts.values()].map((rows) => cat(rows, 1)));
}

const attention = (plan: Plan) =>
  autogradFunction({
    name: "scaledDotProductAttention",
    forward(ctx, q, k, v) {
      const out = zerosBeside(q!, [...q!.shape.slice(0, 2), v!.shape[2]!]);
      const scaled = q!.mul(plan.scale);
      for (const tile of plan.tiles) {
        tidyNow(() => {
          const [keys, values] = [keysOf(k!, tile), keysOf(v!, tile)];
          const scores = scoresNow(plan, tile, queriesOf(scaled, tile), keys);
          const weights = dropped(plan, tile, scores.softmax(-1));
          queriesOf(out, tile).copy_(weights.matmul(values));
        });
      }
      ctx.save(q!, k!, v!, out);
      return out;
    },
    backward(ctx, g) {
      const [q, k, v, out] = ctx.saved;
      if (!isGradEnabled()) return back(plan, [q!, k!, v!], out!, g!);
      return gradientsOf(
        (inputs) => [whole(plan, inputs)],
        [q!, k!, v!],
        ctx.needsGrad,
        [g!],
      );
    },
  });

/** The gradients of queries, keys and values. */
function back(
  plan: Plan,
  [q, k, v]: readonly Tensor[],
  out: Tensor,
  g: Tensor,
): Tensor[] {
  const byQ = zerosBeside(q!, q!.shape);
  // Transposed, as products with weights on the right are faster.
  const [byK, byV] = [k!, v!].map(({ shape: [count, keys, size] }) =>
    zerosBeside(q!, [count!, size!, keys!])
  );
  const shares = product.sum([g, out], { dims: -1, keepDim: true });
  const scaled = q!.mul(plan.scale);
  for (const tile of plan.tiles) {
    tidyNow(() => {
      const [queries, by] = [queriesOf(scaled, tile), queriesOf(g, tile)];
      const [keys, values] = [keysOf(k!, tile), keysOf(v!, tile)];
      const weights = scoresNow(plan, tile, queries, keys).softmax(-1);
      const slopes = dropped(
        plan,
        tile,
        by.matmul(values.transpose(-1, -2)),
      );
      toSlopes(slopes, weights, queriesOf(shares, tile));
      const kept = dropped(plan, tile, weights);
      const { item, items } = tile;
      const add = (to: Tensor, x: Tensor, y: Tensor) =>
        to.narrow(0, item, items).narrow(2, 0, tile.keys)
          .add_(x.transpose(-1, -2).matmul(y));
      add(byV!, by, kept);
      add(byK!, queries, slopes);
      queriesOf(byQ, tile).copy_(slopes.matmul(keys));
    });
  }
  return [
    byQ.mul_(plan.scale),
    byK!.transpose(1, 2),
    byV!.transpose(1, 2),
  ];
}

/** Options of {@linkcode tiledAttention}. */
export interface TiledOptions {
  readonly mask: Tensor | null;
  readonly isCausal: boolean;
  readonly scale: number;
  readonly dropout: number;
}

/**
 * Attention of operands of one float dtype.
 *
 * @param q `[..., L, E]`.
 * @param k `[..., S, E]`.
 * @param v `[..., S, V]`.
 * @param batch To what the leading extents broadcast.
 * @param size How many scores a tile has at most, if one query fits.
 */
export function tiledAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  batch: readonly number[],
  options: TiledOptions,
  size: number,
): Tensor {
  const count = batch.reduce((product, extent) => product * extent, 1);
  const flat = (x: Tensor): Tensor => {
    const end = x.shape.slice(-2);
    return x.expand([...batch, ...end]).reshape([count, ...end]);
  };
  const [length, keys] = [q.shape[q.ndim - 2]!, k.shape[k.ndim - 2]!];
  const rows = Math.min(
    length,
    Math.max(
      16,
      Math.floor(
        Math.min(
          options.isCausal ? CAUSAL_ROWS : size / CACHED_KEYS,
          size / keys,
        ),
      ),
    ),
  );
  const { isCausal, mask } = options;
  // One mask for all of the batch lets several items share a tile.
  const alike = mask === null || mask.ndim < 3 ||
    mask.shape.slice(0, -2).every((extent) => extent === 1);
  const items = alike && rows === length
    ? Math.max(1, Math.floor(size / (length * keys)))
    : 1;
  const tiles: Tile[] = [];
  for (let item = 0; item < count; item += items) {
    for (let row = 0; row < length; row += rows) {
      const height = Math.min(rows, length - row);
      tiles.push({
        item,
        items: Math.min(items, count - item),
        row,
        rows: height,
        keys: isCausal ? Math.min(keys, row + height) : keys,
        key: options.dropout > 0 ? nextKey() : [0, 0],
      });
    }
  }
  const out = attention({ ...options, batch, tiles })(
    flat(q),
    flat(k),
    flat(v),
  );
  return out.reshape([...batch, length, v.shape[v.ndim - 1]!]);
}
