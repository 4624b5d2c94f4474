import { cat, ShapeError, type Tensor } from "@tenfold/core";
import { checkTensor, showShape, tidyNow } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { anyNumber, checkOptions, oneOf } from "../_options.ts";

/**
 * The padding mode of an input.
 *
 * @example The elements beside the edge, reversed
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const mode: nn.functional.PadMode = "reflect";
 * const y = nn.functional.pad(tensor([[1, 2, 3]]), [2, 0], { mode });
 * assertEquals(await y.toArray(), [[3, 2, 1, 2, 3]]);
 * ```
 */
export type PadMode = "constant" | "reflect" | "replicate" | "circular";

/**
 * Options of {@linkcode pad}.
 *
 * @example A fill value of -1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.functional.PadOptions = { value: -1 };
 * const y = nn.functional.pad(tensor([1, 2]), [1, 0], options);
 * assertEquals(await y.toArray(), [-1, 1, 2]);
 * ```
 */
export interface PadOptions {
  /**
   * What fills the padding: `"constant"` one value, `"reflect"` the elements
   * beside the edge in reverse order, `"replicate"` the element at the edge,
   * and `"circular"` the elements of the opposite end.
   *
   * @default {"constant"}
   */
  readonly mode?: PadMode;
  /** The fill value of `"constant"`. @default {0} */
  readonly value?: number;
}

const schema = () =>
  z.strictObject({
    mode: z.optional(oneOf("constant", "reflect", "replicate", "circular")),
    value: z.optional(anyNumber),
  });

/**
 * Pads the last dims of a tensor.
 *
 * @param x A tensor of any shape.
 * @param amounts `[left, right]` of the last dim, then `[top, bottom]` of the
 * one before, and so on. Negative amounts crop.
 * @param options `mode` and `value`.
 * @throws {ShapeError} If a dim is too small for reflection or circular
 * padding.
 * @throws {RangeError} If the mode is unknown.
 * @example Reflection
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([1, 2, 3]);
 * const y = functional.pad(x, [2, 1], { mode: "reflect" });
 * assertEquals(await y.toArray(), [3, 2, 1, 2, 3, 2]);
 * ```
 */
export function pad(
  x: Tensor,
  amounts: readonly number[],
  options?: PadOptions,
): Tensor {
  checkOptions(schema, options, "pad", arguments.length - 3);
  checkTensor(x, "x", "pad");
  const { mode = "constant", value = 0 } = options ?? {};
  return mode === "constant"
    ? x.pad(amounts, { value })
    : padAround(x, amounts, mode);
}

/** {@linkcode pad} with elements of the input itself. */
export function padAround(
  x: Tensor,
  amounts: readonly number[],
  mode: Exclude<PadMode, "constant">,
): Tensor {
  const valid = Array.isArray(amounts) && amounts.length % 2 === 0 &&
    amounts.length <= 2 * x.ndim &&
    amounts.every(Number.isInteger);
  if (!valid) {
    throw new ShapeError(
      `Cannot pad by [${amounts}] in mode "${mode}" as the amounts must be pairs of integers for the last dims: got shape ${
        showShape(x.shape)
      }`,
    );
  }
  for (let k = 0; k < amounts.length; k += 2) {
    const extent = x.shape[x.ndim - 1 - k / 2]!;
    const [before, after] = [amounts[k]!, amounts[k + 1]!];
    const left = extent + Math.min(before, 0) + Math.min(after, 0);
    if (left < 0) {
      throw new ShapeError(
        `Cannot pad an extent of ${extent} by [${before},${after}] in mode "${mode}" as more would be cropped than there is`,
      );
    }
    const most = Math.max(before, after, 0);
    const room = { reflect: extent - 1, circular: left }[mode as string] ??
      (extent > 0 ? Infinity : 0);
    if (most <= room) continue;
    throw new ShapeError(
      `Cannot pad an extent of ${
        mode === "circular" ? left : extent
      } by ${most} in mode "${mode}": at most ${Math.max(0, room)} is possible`,
    );
  }
  return tidyNow(() => {
    let y = x;
    for (let k = 0; k < amounts.length; k += 2) {
      y = along(y, x.ndim - 1 - k / 2, amounts[k]!, amounts[k + 1]!, mode);
    }
    return y;
  });
}

function along(
  x: Tensor,
  dim: number,
  before: number,
  after: number,
  mode: Exclude<PadMode, "constant">,
): Tensor {
  if (before === 0 && after === 0) return x;
  const extent = x.shape[dim]!;
  const [start, end] = [Math.max(-before, 0), extent - Math.max(-after, 0)];
  const kept = before < 0 || after < 0 ? x.narrow(dim, start, end - start) : x;
  const part = {
    reflect: (side: number, length: number) =>
      x.narrow(dim, side < 0 ? 1 : extent - 1 - length, length).flip(dim),
    // Of what cropping leaves, as PyTorch has it.
    circular: (side: number, length: number) =>
      kept.narrow(dim, side < 0 ? end - start - length : 0, length),
    replicate: (side: number, length: number) => {
      const shape = x.shape.slice();
      shape[dim] = length;
      return x.narrow(dim, side < 0 ? 0 : extent - 1, 1).expand(shape);
    },
  }[mode];
  const parts = [kept];
  if (before > 0) parts.unshift(part(-1, before));
  if (after > 0) parts.push(part(1, after));
  return cat(parts, dim);
}
