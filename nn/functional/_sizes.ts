/**
 * Sizes of windows in any number of dims: one number for all of them, or one
 * for each.
 *
 * @module
 */
import { ShapeError, type Tensor } from "@tenfold/core";
import { checkTensor, showShape, tidyNow } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { positiveInteger } from "../_options.ts";

/**
 * One number, or an array of one number.
 *
 * @example A kernel of 3
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const kernelSize: nn.Size1d = 3;
 * const conv = new nn.Conv1d(4, 8, kernelSize);
 * ```
 */
export type Size1d = number | readonly [number];

/**
 * One number for all three dims, or `[depth, height, width]`.
 *
 * @example A kernel that spans one frame
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const kernelSize: nn.Size3d = [1, 3, 3];
 * const conv = new nn.Conv3d(3, 8, kernelSize);
 * ```
 */
export type Size3d = number | readonly [number, number, number];

/**
 * A size in any number of dims.
 *
 * @example Options for any number of dims
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * type Options<S extends nn.AnySize> = nn.ConvolutionOptions<S>;
 * const options: Options<nn.Size2d> = { stride: [1, 2] };
 * ```
 */
export type AnySize = number | readonly number[];

/** The names of the spatial dims of an input. */
const NAMES: readonly (readonly string[])[] = [
  [],
  ["length"],
  ["height", "width"],
  ["depth", "height", "width"],
];

const natural = z.int().check(z.gte(0));

/** Says what a size must be. */
const words = (what: string, dims: number): string =>
  `must be a ${what} integer or an array of ${dims}`;

/** The schema of a size in `dims` dims, of the type that is asked for. */
export function sizeSchema<S extends AnySize>(
  dims: number,
  what: "positive" | "non-negative",
): z.ZodMiniType<S> {
  const one = what === "positive" ? positiveInteger : natural;
  const all = z.readonly(z.array(one).check(z.length(dims)));
  return z.union([one, all], words(what, dims)) as unknown as z.ZodMiniType<S>;
}

/** One number for each dim. */
export function sizesOf(size: AnySize, dims: number): readonly number[] {
  return typeof size === "number" ? new Array<number>(dims).fill(size) : size;
}

/**
 * Calls `fn` with a batch: an input with `dims` dims besides its channels is a
 * batch of one.
 *
 * @throws {ShapeError} If it has another number of dims.
 */
export function batchedIn<Y extends Tensor | readonly Tensor[]>(
  dims: number,
  x: Tensor,
  operation: string,
  fn: (x: Tensor) => Y,
): Y {
  checkTensor(x, "x", `apply ${operation}`);
  if (x.ndim === dims + 2) return tidyNow(() => fn(x));
  if (x.ndim === dims + 1) {
    return tidyNow(() => {
      const y = fn(x.unsqueeze(0));
      return (Array.isArray(y)
        ? y.map((part) => part.squeeze(0))
        : (y as Tensor).squeeze(0)) as Y;
    });
  }
  const shape = `channels, ${NAMES[dims]!.join(", ")}`;
  throw new ShapeError(
    `Cannot apply ${operation} as the input must be [n, ${shape}], or [${shape}]: got shape ${
      showShape(x.shape)
    }`,
  );
}

/** The shape of an input as text, such as `n, channels, height, width`. */
export function spatialNames(dims: number): string {
  return NAMES[dims]!.join(", ");
}
