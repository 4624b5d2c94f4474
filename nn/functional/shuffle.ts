import { ShapeError, type Tensor } from "@tenfold/core";
import {
  checkCount,
  checkTensor,
  showShape,
  showValue,
  tidyNow,
} from "@tenfold/core/internal";

/** Refuses what is not a positive integer. */
function checkFactor(name: string, factor: number): void {
  if (Number.isInteger(factor) && factor >= 1) return;
  throw new RangeError(
    `Cannot apply ${name} as the factor must be a positive integer: got ${
      showValue(factor)
    }`,
  );
}

/**
 * Rearranges channels into pixels: `[..., c r², h, w]` becomes
 * `[..., c, h r, w r]` (Shi and others, 2016).
 *
 * @param x Of shape `[..., channels, height, width]`.
 * @param upscaleFactor The factor `r`.
 * @throws {ShapeError} If the number of channels is not divisible by `r²`.
 * @example Four channels of one pixel
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([1, 2, 3, 4]).reshape([4, 1, 1]);
 * const y = functional.pixelShuffle(x, 2);
 * assertEquals(await y.toArray(), [[[1, 2], [3, 4]]]);
 * ```
 */
export function pixelShuffle(x: Tensor, upscaleFactor: number): Tensor {
  checkCount("pixelShuffle", arguments.length, 2);
  checkTensor(x, "x", "apply pixelShuffle");
  checkFactor("pixelShuffle", upscaleFactor);
  const r = upscaleFactor;
  const channels = x.shape.at(-3);
  if (channels === undefined || channels % (r * r) !== 0) {
    throw new ShapeError(
      `Cannot apply pixelShuffle with a factor of ${r} as the input must be [..., channels, height, width] with channels divisible by ${
        r * r
      }: got shape ${showShape(x.shape)}`,
    );
  }
  const lead = x.shape.slice(0, -3);
  const [h, w] = x.shape.slice(-2) as [number, number];
  const c = channels / (r * r);
  const k = lead.length;
  return tidyNow(() =>
    x.reshape([...lead, c, r, r, h, w])
      .permute([...lead.keys(), k, k + 3, k + 1, k + 4, k + 2])
      .reshape([...lead, c, h * r, w * r])
  );
}

/**
 * Rearranges pixels into channels: `[..., c, h r, w r]` becomes
 * `[..., c r², h, w]`, the inverse of {@linkcode pixelShuffle}.
 *
 * @param x Of shape `[..., channels, height, width]`.
 * @param downscaleFactor The factor `r`.
 * @throws {ShapeError} If height or width is not divisible by `r`.
 * @example An image of four pixels
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const y = functional.pixelUnshuffle(tensor([[[1, 2], [3, 4]]]), 2);
 * assertEquals(await y.toArray(), [[[1]], [[2]], [[3]], [[4]]]);
 * ```
 */
export function pixelUnshuffle(x: Tensor, downscaleFactor: number): Tensor {
  checkCount("pixelUnshuffle", arguments.length, 2);
  checkTensor(x, "x", "apply pixelUnshuffle");
  checkFactor("pixelUnshuffle", downscaleFactor);
  const r = downscaleFactor;
  const [c, height, width] = x.shape.slice(-3) as [number, number, number];
  if (x.ndim < 3 || height % r !== 0 || width % r !== 0) {
    throw new ShapeError(
      `Cannot apply pixelUnshuffle with a factor of ${r} as the input must be [..., channels, height, width] with height and width divisible by it: got shape ${
        showShape(x.shape)
      }`,
    );
  }
  const lead = x.shape.slice(0, -3);
  const [h, w] = [height / r, width / r];
  const k = lead.length;
  return tidyNow(() =>
    x.reshape([...lead, c, h, r, w, r])
      .permute([...lead.keys(), k, k + 2, k + 4, k + 1, k + 3])
      .reshape([...lead, c * r * r, h, w])
  );
}

/**
 * Interleaves the channels of several groups (Zhang and others, 2017).
 *
 * @param x Of shape `[n, channels, ...]`.
 * @param groups Number of groups.
 * @throws {ShapeError} If the number of channels is not divisible by `groups`.
 * @example Two groups of two
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[[1], [2], [3], [4]]]);
 * const y = functional.channelShuffle(x, 2);
 * assertEquals(await y.toArray(), [[[1], [3], [2], [4]]]);
 * ```
 */
export function channelShuffle(x: Tensor, groups: number): Tensor {
  checkCount("channelShuffle", arguments.length, 2);
  checkTensor(x, "x", "apply channelShuffle");
  checkFactor("channelShuffle", groups);
  const [n, channels, ...rest] = x.shape;
  if (x.ndim < 3 || channels! % groups !== 0) {
    throw new ShapeError(
      `Cannot apply channelShuffle in ${groups} groups as the input must be [n, channels, ...extents] and the groups must divide the channels: got shape ${
        showShape(x.shape)
      }`,
    );
  }
  return tidyNow(() =>
    x.reshape([n!, groups, channels! / groups, ...rest])
      .transpose(1, 2).reshape(x.shape)
  );
}
