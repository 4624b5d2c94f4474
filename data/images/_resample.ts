/**
 * Resampling with a filter whose support grows where a picture shrinks, in
 * fixed point, as Pillow does it: the same bytes come out.
 *
 * @module
 */
import type { Image } from "./image.ts";

/**
 * The interpolation between pixels.
 *
 * @example Pixels that stay as they are
 * ```ts
 * import { type Interpolation, resize } from "@tenfold/data/images";
 *
 * const interpolation: Interpolation = "nearest";
 * const larger = resize(64, { interpolation });
 * ```
 */
export type Interpolation = "nearest" | "bilinear" | "bicubic";

/** A filter: how far it reaches, and its weights. */
interface Filter {
  readonly reach: number;
  weight(x: number): number;
}

const FILTERS: Readonly<Record<"bilinear" | "bicubic", Filter>> = {
  bilinear: { reach: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: {
    reach: 2,
    weight: (x) => {
      const [a, t] = [-0.5, Math.abs(x)];
      if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
      return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
    },
  },
};

/** Fixed point: bits behind the point. */
const ONE = 2 ** 22;

/** Which pixels of a line make one pixel, and by which weights. */
interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

function tapsOf(from: number, to: number, filter: Filter): Taps[] {
  const scale = from / to;
  const wide = Math.max(scale, 1);
  const reach = filter.reach * wide;
  return Array.from({ length: to }, (_, i) => {
    const center = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - reach + 0.5));
    const end = Math.min(from, Math.trunc(center + reach + 0.5));
    const raw = Array.from(
      { length: end - first },
      (_, j) => filter.weight((j + first - center + 0.5) / wide),
    );
    const sum = raw.reduce((total, one) => total + one, 0);
    const weights = raw.map((one) => {
      const share = one / sum * ONE;
      return Math.trunc(share + (share < 0 ? -0.5 : 0.5));
    });
    return { first, weights };
  });
}

/** Resamples lines whose pixels lie `step` apart, `lines` of them. */
function along(
  data: Uint8Array,
  out: Uint8Array,
  taps: readonly Taps[],
  place: (line: number, at: number) => number,
  outPlace: (line: number, at: number) => number,
  lines: number,
): void {
  for (let line = 0; line < lines; line++) {
    for (let i = 0; i < taps.length; i++) {
      const { first, weights } = taps[i]!;
      let [r, g, b] = [ONE / 2, ONE / 2, ONE / 2];
      for (let j = 0; j < weights.length; j++) {
        const weight = weights[j]!;
        const at = place(line, first + j);
        r += data[at]! * weight;
        g += data[at + 1]! * weight;
        b += data[at + 2]! * weight;
      }
      const to = outPlace(line, i);
      out[to] = clamped(r);
      out[to + 1] = clamped(g);
      out[to + 2] = clamped(b);
    }
  }
}

const clamped = (sum: number) =>
  Math.min(255, Math.max(0, Math.floor(sum / ONE)));

/** A picture in another size. */
export function resample(
  image: Image,
  width: number,
  height: number,
  by: Interpolation,
): Image {
  if (image.width === width && image.height === height) return image;
  if (by === "nearest") return nearest(image, width, height);
  const filter = FILTERS[by];
  let { data } = image;
  if (image.width !== width) {
    const out = new Uint8Array(width * image.height * 3);
    along(
      data,
      out,
      tapsOf(image.width, width, filter),
      (line, at) => (line * image.width + at) * 3,
      (line, at) => (line * width + at) * 3,
      image.height,
    );
    data = out;
  }
  if (image.height !== height) {
    const out = new Uint8Array(width * height * 3);
    const place = (line: number, at: number) => (at * width + line) * 3;
    const taps = tapsOf(image.height, height, filter);
    along(data, out, taps, place, place, width);
    data = out;
  }
  return { width, height, data };
}

function nearest(image: Image, width: number, height: number): Image {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y + 0.5) * image.height / height) * image.width;
    for (let x = 0; x < width; x++) {
      const from = (row + Math.floor((x + 0.5) * image.width / width)) * 3;
      data.set(image.data.subarray(from, from + 3), (y * width + x) * 3);
    }
  }
  return { width, height, data };
}
