/**
 * Attention tile by tile: some queries of some heads at a time, against all of
 * their keys. The scores of a tile fit into a cache, and are computed once more
 * on the way back instead of being kept, so that memory grows with the length
 * and not with its square.
 *
 * @module
 */
import {
  autogradFunction,
  cat,
  fused,
  type FusedFunction,
  grad,
  isGradEnabled,
  type Tensor,
  zeros,
} from "@tenfold/core";
import { call, constant, indexAlong } from "@tenfold/core/backend";
import { APPLY, nextKey, tidyNow } from "@tenfold/core/internal";

/** Scores of a tile: 4 MB of them where caches are, and more where none is. */
const TILE = { near: 2 ** 20, far: 2 ** 22 };

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

/** Inputs: score, maybe a mask; the scale and the first row. */
const scoresOf: (FusedFunction | undefined)[] = [];

function scores(ndim: number, isCausal: boolean): FusedFunction {
  return scoresOf[2 * ndim + Number(isCausal)] ??= fused(
    "attention",
    ([score, mask], [scale, row]) => {
      let value = call("mul", score, scale!);
      let shown = null;
      if (mask?.dtype === "bool") shown = mask;
      else if (mask) value = call("add", value, mask);
      if (isCausal) {
        const last = call("add", indexAlong(ndim - 2), row!);
        const seen = call("le", indexAlong(ndim - 1), last);
        shown = shown ? call("and", seen, shown) : seen;
      }
      const hidden = constant(-Infinity, value.dtype);
      return shown ? call("select", shown, value, hidden) : value;
    },
    { inputs: ["number", "mask"], scalars: ["number", "int32"] },
  );
}

/** Inputs: weight, its gradient, the sum of both along the keys. */
const byScore = /* @__PURE__ */ fused(
  "attention",
  ([p, g, sum], [scale]) =>
    call("mul", call("mul", p, call("sub", g, sum)), scale),
  { scalars: 1 },
);
const product = /* @__PURE__ */ fused(
  "attention",
  ([a, b]) => call("mul", a, b),
);

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

/** The weights of a tile, before dropout. */
function weightsOf(plan: Plan, tile: Tile, q: Tensor, k: Tensor): Tensor {
  const mask = maskOf(plan, tile);
  const across = k.transpose(-1, -2);
  if (!mask && !plan.isCausal) {
    return q.mul(plan.scale).matmul(across).softmax(-1);
  }
  const products = q.matmul(across);
  return scores(products.ndim, plan.isCausal)
    .map(mask ? [products, mask] : [products], [plan.scale, tile.row])
    .softmax(-1);
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
  const weights = weightsOf(plan, tile, queriesOf(q!, tile), keysOf(k!, tile));
  return dropped(plan, tile, weights).matmul(keysOf(v!, tile));
}

/** All tiles behind each other. */
function whole(plan: Plan, inputs: readonly Tensor[]): Tensor {
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
      const { dtype, device } = q!;
      const shape = [q!.shape[0]!, q!.shape[1]!, v!.shape[2]!];
      const out = zeros(shape, { dtype, device });
      for (const tile of plan.tiles) {
        tidyNow(() => {
          queriesOf(out, tile).copy_(apply(plan, tile, [q!, k!, v!]));
        });
      }
      ctx.save(q!, k!, v!, out);
      return out;
    },
    backward(ctx, g) {
      const [q, k, v, out] = ctx.saved;
      if (!isGradEnabled()) return back(plan, [q!, k!, v!], out!, g!);
      // Nodes of their own: a gradient by one must not run through another.
      const inputs = [q!, k!, v!].map((x) => x.reshape(x.shape));
      const wanted = inputs.filter((_, i) => ctx.needsGrad[i]);
      const found = grad(whole(plan, inputs), wanted, {
        createGraph: true,
        gradOutputs: [g!],
      });
      let next = 0;
      return ctx.needsGrad.map((need) => need ? found[next++]! : null);
    },
  });

/** The gradients of queries, keys and values. */
function back(
  plan: Plan,
  [q, k, v]: readonly Tensor[],
  out: Tensor,
  g: Tensor,
): Tensor[] {
  const { dtype, device } = q!;
  const [byQ, byK, byV] = [q!, k!, v!].map(({ shape }) =>
    zeros(shape, { dtype, device })
  );
  const sums = product.sum([g, out], { dims: -1, keepDim: true });
  for (const tile of plan.tiles) {
    tidyNow(() => {
      const [queries, by] = [queriesOf(q!, tile), queriesOf(g, tile)];
      const [keys, values] = [keysOf(k!, tile), keysOf(v!, tile)];
      const weights = weightsOf(plan, tile, queries, keys);
      const kept = dropped(plan, tile, weights);
      keysOf(byV!, tile).add_(kept.transpose(-1, -2).matmul(by));
      const raw = by.matmul(values.transpose(-1, -2));
      const slopes = byScore.map(
        [weights, dropped(plan, tile, raw), queriesOf(sums, tile)],
        [plan.scale],
      );
      queriesOf(byQ!, tile).copy_(slopes.matmul(keys));
      keysOf(byK!, tile).add_(slopes.transpose(-1, -2).matmul(queries));
    });
  }
  return [byQ!, byK!, byV!];
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
      Math.min(options.isCausal ? 128 : 1024, Math.floor(size / keys)),
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
