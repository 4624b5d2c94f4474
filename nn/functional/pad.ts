import { cat, ShapeError, type Tensor } from "@tenfold/core";
import { checkTensor, showShape, tidyNow } from "@tenfold/core/internal";
import * as z from "zod/mini";
import { checkOptions, oneOf } from "../_options.ts";

/** What stands around an input that is padded. */
export type PadMode = "constant" | "reflect" | "replicate" | "circular";

/** Options of {@linkcode pad}. */
export interface PadOptions {
  /**
   * `"constant"` adds one value, `"reflect"` the elements beside the edge in
   * reverse order, `"replicate"` the element at the edge, and `"circular"` the
   * elements of the other end.
   *
   * @default {"constant"}
   */
  readonly mode?: PadMode;
  /** The value that `"constant"` adds. @default {0} */
  readonly value?: number;
}

const schema = () =>
  z.strictObject({
    mode: z.optional(oneOf("constant", "reflect", "replicate", "circular")),
    value: z.optional(z.number("must be a number")),
  });

/**
 * Adds elements around the last dims.
 *
 * @param x A tensor of any shape.
 * @param amounts `[left, right]` of the last dim, then `[top, bottom]` of the
 * one before, and so on. Negative amounts crop, with mode `"constant"`.
 * @param options `mode` and `value`.
 * @throws {ShapeError} If a dim is too small to be reflected or wrapped around.
 * @throws {RangeError} If the mode is unknown.
 * @example The elements beside the edges once more
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
    amounts.every((amount) => Number.isInteger(amount) && amount >= 0);
  if (!valid) {
    throw new ShapeError(
      `Cannot pad by [${amounts}] in mode "${mode}" as the amounts must be pairs of non-negative integers for the last dims: got shape ${
        showShape(x.shape)
      }`,
    );
  }
  for (let k = 0; k < amounts.length; k += 2) {
    const extent = x.shape[x.ndim - 1 - k / 2]!;
    const most = Math.max(amounts[k]!, amounts[k + 1]!);
    const room = { reflect: extent - 1, circular: extent }[mode as string] ??
      (extent > 0 ? Infinity : 0);
    if (most <= room) continue;
    throw new ShapeError(
      `Cannot pad an extent of ${extent} by ${most} in mode "${mode}": at most ${
        Math.max(0, room)
      } is possible`,
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
  const part = {
    reflect: (start: number, length: number) =>
      x.narrow(dim, start < 0 ? 1 : extent - 1 - length, length).flip(dim),
    circular: (start: number, length: number) =>
      x.narrow(dim, start < 0 ? extent - length : 0, length),
    replicate: (start: number, length: number) => {
      const shape = x.shape.slice();
      shape[dim] = length;
      return x.narrow(dim, start < 0 ? 0 : extent - 1, 1).expand(shape);
    },
  }[mode];
  const parts = [x];
  if (before > 0) parts.unshift(part(-1, before));
  if (after > 0) parts.push(part(1, after));
  return cat(parts, dim);
}
