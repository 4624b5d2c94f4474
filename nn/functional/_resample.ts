/**
 * Resampling along a dim: each element of the output is a weighted sum of some
 * of the input.
 *
 * @module
 */
import { fused, type Tensor } from "@tenfold/core";
import { expr } from "@tenfold/core/backend";
import { UPLOAD_LIKE } from "@tenfold/core/internal";
import { constantsLike } from "./_constants.ts";

/** The elements that each element of the output takes, and their weights. */
export interface Taps {
  /** How many each takes. */
  readonly count: number;
  /** Positions in the input, those of one output element behind each other. */
  readonly at: readonly number[];
  /** The weight of each. */
  readonly weights: readonly number[];
}

/** How positions of the output lie among those of the input. */
export interface Scaling {
  readonly extent: number;
  readonly size: number;
  /** The factor that was given, or null. */
  readonly factor: number | null;
  readonly alignCorners: boolean;
}

/** From one position of the output to the next, in positions of the input. */
function stepOf({ extent, size, factor, alignCorners }: Scaling): number {
  if (alignCorners) return size > 1 ? (extent - 1) / (size - 1) : 0;
  return factor === null ? extent / size : 1 / factor;
}

/** The position in the input that an element of the output lies at. */
function sourceOf(scaling: Scaling, i: number): number {
  const step = stepOf(scaling);
  return scaling.alignCorners ? i * step : (i + 0.5) * step - 0.5;
}

const within = (position: number, extent: number): number =>
  Math.min(Math.max(position, 0), extent - 1);

/** Taps out of a list of pairs for each element. */
function tapsOf(
  size: number,
  count: number,
  pairs: (i: number) => readonly (readonly [at: number, weight: number])[],
): Taps {
  const at: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i < size; i++) {
    const own = pairs(i);
    for (let k = 0; k < count; k++) {
      const [place, weight] = own[k] ?? [own[0]![0], 0];
      at.push(place);
      weights.push(weight);
    }
  }
  return { count, at, weights };
}

/** The nearest element; `exact` takes the middles of elements. */
export function nearestTaps(scaling: Scaling, exact: boolean): Taps {
  const { extent, size, factor } = scaling;
  // In float32, as PyTorch does: it decides at the borders of elements.
  const step = Math.fround(factor === null ? extent / size : 1 / factor);
  return tapsOf(size, 1, (i) => {
    const from = Math.fround((exact ? i + 0.5 : i) * step);
    return [[Math.min(Math.floor(from), extent - 1), 1]];
  });
}

/** Two elements and the share of each. */
export function linearTaps(scaling: Scaling): Taps {
  const { extent, size } = scaling;
  return tapsOf(size, 2, (i) => {
    const from = Math.max(0, sourceOf(scaling, i));
    const first = Math.min(Math.floor(from), extent - 1);
    const share = from - first;
    return [[first, 1 - share], [within(first + 1, extent), share]];
  });
}

/** Keys's cubic of one parameter, by the distance. */
function cubic(distance: number, a: number): number {
  const x = Math.abs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

/** Four elements, those beyond the edges taken from the edges. */
export function cubicTaps(scaling: Scaling): Taps {
  return tapsOf(scaling.size, 4, (i) => {
    const from = sourceOf(scaling, i);
    const first = Math.floor(from);
    return [-1, 0, 1, 2].map((k) =>
      [
        within(first + k, scaling.extent),
        cubic(from - first - k, -0.75),
      ] as const
    );
  });
}

/** As many elements as one of the output covers, weighted by distance. */
export function smoothTaps(scaling: Scaling, isCubic: boolean): Taps {
  const { extent, size } = scaling;
  const step = stepOf(scaling);
  const wide = Math.max(step, 1);
  const support = (isCubic ? 2 : 1) * wide;
  const filter = (x: number) =>
    isCubic ? cubic(x, -0.5) : Math.max(0, 1 - Math.abs(x));
  const rows = Array.from({ length: size }, (_, i) => {
    const centre = step * (i + 0.5);
    const start = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), extent);
    const pairs = Array.from(
      { length: end - start },
      (_, k) => [start + k, filter((start + k - centre + 0.5) / wide)] as const,
    );
    const total = pairs.reduce((sum, [, weight]) => sum + weight, 0);
    return pairs.map(([at, weight]) => [at, weight / (total || 1)] as const);
  });
  const count = Math.max(...rows.map((row) => row.length));
  return tapsOf(size, count, (i) => rows[i]!);
}

const weighted = /* @__PURE__ */ fused(
  "interpolate",
  ([x, weight]) => expr.mul(x!, weight!),
);

/** Resamples a dim. */
export function resample(x: Tensor, dim: number, taps: Taps): Tensor {
  const { count, at, weights } = taps;
  const extent = x.shape[dim]!;
  const size = at.length / count;
  const [before, behind] = [x.shape.slice(0, dim), x.shape.slice(dim + 1)];
  if (count === 1) {
    const times = size / extent;
    const repeats = at.every((place, i) => place === Math.floor(i / times));
    if (Number.isInteger(times) && repeats) {
      if (times === 1) return x;
      return x.unsqueeze(dim + 1)
        .expand([...before, extent, times, ...behind])
        .reshape([...before, size, ...behind]);
    }
  }
  const index = x[UPLOAD_LIKE](Int32Array.from(at), [at.length], "int32");
  const picked = x.indexSelect(dim, index);
  if (count === 1) return picked;
  const shape = [size, count, ...behind.map(() => 1)];
  return weighted.sum([
    picked.reshape([...before, size, count, ...behind]),
    constantsLike(x, weights, shape),
  ], { dims: dim + 1 });
}
