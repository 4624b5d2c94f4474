import { ShapeError, type Tensor } from "@tenfold/core";
import { checkTensor, showShape, tidyNow } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { checkOptions } from "../_options.ts";
import { overlapAdd, windowOf, windowsAlong } from "./_overlap.ts";
import {
  batched,
  naturalSize,
  pairOf,
  positiveSize,
  type Size2d,
} from "./_windows.ts";

/**
 * Options of {@linkcode unfold}.
 *
 * @example Blocks that do not overlap
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.UnfoldOptions = { kernelSize: 2, stride: 2 };
 * const x = randn([2, 3, 8, 8]);
 * assertEquals(nn.functional.unfold(x, options).shape, [2, 12, 16]);
 * ```
 */
export interface UnfoldOptions {
  /** Height and width of the blocks. */
  readonly kernelSize: Size2d;
  /** Spacing between the elements of a block. @default {1} */
  readonly dilation?: Size2d;
  /** Zero padding added to both sides of height and width. @default {0} */
  readonly padding?: Size2d;
  /** Stride from one block to the next. @default {1} */
  readonly stride?: Size2d;
}

const fields = {
  dilation: z.optional(positiveSize),
  padding: z.optional(naturalSize),
  stride: z.optional(positiveSize),
} as const;

/** The schema of {@linkcode UnfoldOptions}. */
export const unfoldSchema = () =>
  z.strictObject({ kernelSize: positiveSize, ...fields });

/**
 * Options of {@linkcode fold}.
 *
 * @example Blocks back into an image
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.FoldOptions = {
 *   outputSize: [8, 8],
 *   kernelSize: 2,
 *   stride: 2,
 * };
 * const y = nn.functional.fold(randn([2, 12, 16]), options);
 * assertEquals(y.shape, [2, 3, 8, 8]);
 * ```
 */
export interface FoldOptions extends UnfoldOptions {
  /** Height and width of the output. */
  readonly outputSize: Size2d;
}

/** The schema of {@linkcode FoldOptions}. */
export const foldSchema = () =>
  z.strictObject({
    outputSize: positiveSize,
    kernelSize: positiveSize,
    ...fields,
  });

/** The numbers of blocks along height and width of an image. */
function blocksOf(
  name: string,
  extents: readonly number[],
  options: UnfoldOptions,
): readonly [number, number] {
  const [kernel, dilation, padding, stride] = [
    options.kernelSize,
    options.dilation ?? 1,
    options.padding ?? 0,
    options.stride ?? 1,
  ].map(pairOf);
  const counts = [0, 1].map((d) =>
    Math.floor(
      (extents[d]! + 2 * padding![d]! - dilation![d]! * (kernel![d]! - 1) - 1) /
        stride![d]!,
    ) + 1
  );
  if (counts[0]! > 0 && counts[1]! > 0) return counts as [number, number];
  throw new ShapeError(
    `Cannot apply ${name} as blocks of ${
      showShape(kernel!)
    } do not fit into an image of ${showShape(extents)}`,
  );
}

/**
 * Extracts the blocks of an image as columns, as a convolution multiplies them.
 *
 * @param x Of shape `[n, channels, height, width]`, or without `n`.
 * @param options `kernelSize`, `dilation`, `padding` and `stride`.
 * @returns Of shape `[n, channels * kernel elements, blocks]`.
 * @throws {ShapeError} If no block fits.
 * @example Blocks of two
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[[1, 2, 3]]]);
 * const columns = functional.unfold(x, { kernelSize: [1, 2] });
 * assertEquals(await columns.toArray(), [[1, 2], [2, 3]]);
 * ```
 */
export function unfold(x: Tensor, options: UnfoldOptions): Tensor {
  checkOptions(
    unfoldSchema,
    options ?? { kernelSize: undefined },
    "apply unfold",
    arguments.length - 2,
  );
  return batched(x, "unfold", (batch) => {
    const [n, c] = [batch.shape[0]!, batch.shape[1]!];
    const [rows, columns] = blocksOf("unfold", batch.shape.slice(2), options);
    const [kh, kw] = pairOf(options.kernelSize);
    const [ph, pw] = pairOf(options.padding ?? 0);
    const [sh, sw] = pairOf(options.stride ?? 1);
    const [dh, dw] = pairOf(options.dilation ?? 1);
    const around = ph || pw ? batch.pad([pw, pw, ph, ph]) : batch;
    const down = windowsAlong(around, 2, kh, sh, dh);
    return windowsAlong(down, 3, kw, sw, dw)
      .permute([0, 1, 4, 5, 2, 3])
      .reshape([n, c * kh * kw, rows * columns]);
  });
}

/**
 * Puts the blocks of {@linkcode unfold} back; those that overlap are summed.
 *
 * @param x Of shape `[n, channels * kernel elements, blocks]`, or without `n`.
 * @param options `outputSize`, `kernelSize`, `dilation`, `padding` and `stride`.
 * @returns Of shape `[n, channels, ...outputSize]`.
 * @throws {ShapeError} If there is another number of blocks or of their elements.
 * @example The middle is in both blocks
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const columns = tensor([[1, 2], [2, 3]]);
 * const options = { outputSize: [1, 3], kernelSize: [1, 2] } as const;
 * const x = functional.fold(columns, options);
 * assertEquals(await x.toArray(), [[[1, 4, 3]]]);
 * ```
 */
export function fold(x: Tensor, options: FoldOptions): Tensor {
  checkOptions(
    foldSchema,
    options ?? { outputSize: undefined },
    "apply fold",
    arguments.length - 2,
  );
  checkTensor(x, "x", "apply fold");
  const size = pairOf(options.outputSize);
  const [rows, columns] = blocksOf("fold", size, options);
  const [kh, kw] = pairOf(options.kernelSize);
  const [length, blocks] = x.shape.slice(-2) as [number, number];
  if (
    (x.ndim !== 2 && x.ndim !== 3) || length % (kh * kw) !== 0 ||
    blocks !== rows * columns
  ) {
    throw new ShapeError(
      `Cannot apply fold as the input must be [n, channels * ${kh * kw}, ${
        rows * columns
      }], or without n: got shape ${showShape(x.shape)}`,
    );
  }
  const [ph, pw] = pairOf(options.padding ?? 0);
  const [sh, sw] = pairOf(options.stride ?? 1);
  const [dh, dw] = pairOf(options.dilation ?? 1);
  return tidyNow(() => {
    const c = length / (kh * kw);
    const across = overlapAdd(
      x.reshape([-1, c, kh, kw, rows, columns]).permute([0, 1, 4, 2, 5, 3]),
      4,
      5,
      sw,
      dw,
    );
    const whole = overlapAdd(across, 2, 3, sh, dh);
    const y = windowOf(windowOf(whole, 3, pw, size[1]), 2, ph, size[0]);
    return x.ndim === 3 ? y : y.squeeze(0);
  });
}
