/**
 * The images in a tensor, beside and below each other.
 *
 * @module
 */
import type { TypedArray } from "../dtype.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/**
 * How images are laid out and which values are black and white.
 *
 * @example Four images in a row
 * ```ts
 * import type { ImageOptions } from "@tenfold/core/internal";
 *
 * const options: ImageOptions = { columns: 4, padding: 1 };
 * ```
 */
export interface ImageOptions {
  /** Number of images in a row. Without it, the grid is nearly square. */
  readonly columns?: number | undefined;
  /** Pixels between two images. */
  readonly padding?: number | undefined;
  /** The values of black and white; without it, see {@linkcode rangeOf}. */
  readonly range?: readonly [black: number, white: number] | undefined;
  /** Maximum number of images; the first ones are drawn. */
  readonly most?: number | undefined;
  /**
   * Maximum size of a side of an image in pixels; larger ones are subsampled.
   */
  readonly side?: number | undefined;
}

/**
 * A picture as bytes, a byte for each channel of each pixel.
 *
 * @example The number of bytes of a picture
 * ```ts
 * import type { Pixels } from "@tenfold/core/internal";
 *
 * function size({ width, height, channels }: Pixels): number {
 *   return width * height * channels;
 * }
 * ```
 */
export interface Pixels {
  /** The bytes, row by row. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** 1 for grey, 3 for colours, 4 for colours with opacity. */
  readonly channels: 1 | 3 | 4;
  /** The values that are black and white. */
  readonly range: readonly [black: number, white: number];
  /** Number of images. */
  readonly images: number;
  /** Number of images that are drawn. */
  readonly drawn: number;
}

/** How the dims of a tensor are read as images. */
export interface ImageLayout {
  readonly images: number;
  readonly channels: 1 | 3 | 4;
  readonly height: number;
  readonly width: number;
  /** The images in a row that belong together, such as the maps of a sample. */
  readonly columns?: number;
}

/**
 * How a shape is read: `[h, w]` is grey; `[c, h, w]` of 1, 3 or 4 channels is
 * one image, and of any other number so many grey ones; `[n, c, h, w]` likewise
 * for each sample. Null for other shapes.
 */
export function imageLayout(shape: Shape): ImageLayout | null {
  if (shape.length < 2 || shape.length > 4 || shape.includes(0)) return null;
  const [width, height] = [shape.at(-1)!, shape.at(-2)!];
  if (shape.length === 2) return { images: 1, channels: 1, height, width };
  const planes = shape.at(-3)!;
  const samples = shape.length === 4 ? shape[0]! : 1;
  if (planes === 1 || planes === 3 || planes === 4) {
    return { images: samples, channels: planes, height, width };
  }
  const layout = { images: samples * planes, channels: 1, height, width };
  return samples === 1 ? layout as ImageLayout : {
    ...layout as ImageLayout,
    columns: planes,
  };
}

/**
 * The values of black and white: 0 and 1 for what lies there, 0 and 255 for
 * int32 that lies there, else the least and the largest finite one.
 */
export function rangeOf(
  data: TypedArray,
  integers: boolean,
): readonly [black: number, white: number] {
  let [least, most] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (!Number.isFinite(value)) continue;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (least > most) return [0, 1];
  if (least >= 0 && most <= 1) return [0, 1];
  if (integers && least >= 0 && most > 15 && most <= 255) return [0, 255];
  return [least, most];
}

/** Paper around the images. */
const PAPER = 255;

/** Draws the images in a tensor; null where its shape holds none. */
export async function drawImages(
  tensor: Tensor,
  options: ImageOptions = {},
): Promise<Pixels | null> {
  const layout = imageLayout(tensor.shape);
  if (layout === null) return null;
  const { images, channels, height, width } = layout;
  const drawn = Math.min(images, options.most ?? images);
  const data = await firstElements(tensor, drawn * channels * height * width);
  const range = options.range ?? rangeOf(data, tensor.dtype === "int32");
  const step = Math.max(
    1,
    Math.ceil(Math.max(height, width) / (options.side ?? Infinity)),
  );
  const [h, w] = [Math.ceil(height / step), Math.ceil(width / step)];
  const columns = Math.min(
    drawn,
    options.columns ?? layout.columns ?? Math.ceil(Math.sqrt(drawn * h / w)),
  );
  const rows = Math.ceil(drawn / columns);
  const padding = options.padding ?? (drawn > 1 ? 2 : 0);
  const whole = {
    width: columns * w + (columns - 1) * padding,
    height: rows * h + (rows - 1) * padding,
  };
  const bytes = new Uint8Array(whole.width * whole.height * channels)
    .fill(PAPER);
  const scale = range[1] > range[0] ? 255 / (range[1] - range[0]) : 0;
  for (let n = 0; n < drawn; n++) {
    const top = Math.floor(n / columns) * (h + padding);
    const left = (n % columns) * (w + padding);
    for (let c = 0; c < channels; c++) {
      const plane = (n * channels + c) * height * width;
      for (let y = 0; y < h; y++) {
        let to = ((top + y) * whole.width + left) * channels + c;
        let from = plane + y * step * width;
        for (let x = 0; x < w; x++) {
          const value = (data[from]! - range[0]) * scale;
          // NaN is black.
          bytes[to] = value > 0 ? Math.min(255, Math.round(value)) : 0;
          to += channels;
          from += step;
        }
      }
    }
  }
  return { ...whole, data: bytes, channels, range, images, drawn };
}

/** The first elements, without reading what is not drawn. */
async function firstElements(
  tensor: Tensor,
  count: number,
): Promise<TypedArray> {
  if (count === tensor.size || tensor.ndim < 3) return await tensor.data();
  const planes = count / (tensor.shape.at(-1)! * tensor.shape.at(-2)!);
  const still = tensor.detach();
  const flat = still.flatten(0, -3);
  const part = flat.narrow(0, 0, planes);
  try {
    return await part.data();
  } finally {
    for (const made of [still, flat, part]) made.dispose();
  }
}
