/**
 * Elements side by side, repeated, and their differences.
 *
 * @module
 */
import type { AnyDType, DType } from "../dtype.ts";
import { ShapeError, showShape } from "../errors.ts";
import { cat } from "../functions.ts";
import { UPLOAD_LIKE } from "../members.ts";
import { checkCount, showValue } from "../options.ts";
import {
  checkPlain,
  number,
  object,
  type PlainFields,
} from "../plain_options.ts";
import { tidyNow } from "../scope.ts";
import { normalizeDim } from "../shape.ts";
import { checkTensor, type Tensor } from "../tensor.ts";
import { checkCall } from "./call.ts";

/**
 * Options of {@linkcode diff}.
 *
 * @example With a first element
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { diff, type DiffOptions, tensor } from "@tenfold/tenfold";
 *
 * const options: DiffOptions<"float32"> = { prepend: tensor([0]) };
 * assertEquals(await diff(tensor([1, 4]), options).toArray(), [1, 3]);
 * ```
 */
export interface DiffOptions<D extends DType = AnyDType> {
  /** Number of times to take the difference. @default {1} */
  readonly n?: number;
  /** The dim. @default {-1} */
  readonly dim?: number;
  /** Elements to prepend along the dim. */
  readonly prepend?: Tensor<D>;
  /** Elements to append along the dim. */
  readonly append?: Tensor<D>;
}

const DIFF: PlainFields = {
  n: number,
  dim: number,
  prepend: object,
  append: object,
};

/**
 * The differences of neighbouring elements along a dim, taken `n` times; for
 * bool whether they differ.
 *
 * @param options `n`, `dim`, `prepend` and `append`.
 * @returns One element less along the dim for each time.
 * @throws {ShapeError} If there is no dim.
 * @throws {RangeError} If n is negative or not an integer.
 * @example Steps
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { diff, tensor } from "@tenfold/tenfold";
 *
 * assertEquals(await diff(tensor([1, 4, 9])).toArray(), [3, 5]);
 * ```
 */
export function diff<D extends DType>(
  x: Tensor<D>,
  options: DiffOptions<D> = {},
): Tensor<D> {
  checkCall("diff", arguments, 2, x);
  checkPlain(DIFF, options, "diff");
  const { n = 1, dim = -1, prepend, append } = options;
  if (!Number.isInteger(n) || n < 0) {
    throw new RangeError(
      `Cannot diff as n must be a non-negative integer: got ${n}`,
    );
  }
  if (x.ndim === 0) {
    throw new ShapeError("Cannot diff a 0-d tensor as it has no neighbours");
  }
  const d = normalizeDim(dim, x.ndim, "diff");
  for (const beside of [prepend, append]) {
    if (beside !== undefined) checkTensor(beside, "what is beside", "diff");
  }
  return tidyNow(() => {
    const parts = [prepend, x, append].filter((part) => part !== undefined);
    let found: Tensor = parts.length > 1
      ? cat(parts as Tensor[], d)
      : x.alias();
    for (let i = 0; i < n; i++) {
      const rest = Math.max(0, found.shape[d]! - 1);
      const [later, earlier] = [
        found.narrow(d, found.shape[d]! - rest, rest),
        found.narrow(d, 0, rest),
      ];
      found = x.dtype === "bool" ? later.ne(earlier) : later.sub(earlier);
    }
    return found as Tensor<D>;
  });
}

/** All of them as tensors, in one array. */
function checkAll(name: string, tensors: unknown, args: number): void {
  checkCount(name, args, 1);
  if (!Array.isArray(tensors) || tensors.length === 0) {
    throw new TypeError(
      `Cannot ${name} as the tensors must be one array of at least one: got ${
        showValue(tensors)
      }`,
    );
  }
  for (const x of tensors) checkTensor(x, "each of them", name);
}

/**
 * Concatenates tensors along dim 1, vectors along dim 0.
 *
 * @param tensors Their other extents must match; 0-d ones count as vectors.
 * @throws {ShapeError} If they do not.
 * @example Columns
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { hstack, ones, zeros } from "@tenfold/tenfold";
 *
 * assertEquals(hstack([ones([2, 1]), zeros([2, 3])]).shape, [2, 4]);
 * ```
 */
export function hstack<D extends DType>(
  tensors: readonly Tensor<D>[],
): Tensor<D> {
  checkAll("hstack", tensors, arguments.length);
  return tidyNow(() => {
    const all = tensors.map((x) => x.ndim === 0 ? x.reshape([1]) : x);
    return cat(all, all[0]!.ndim === 1 ? 0 : 1);
  });
}

/**
 * Concatenates tensors along dim 0, vectors as rows.
 *
 * @param tensors Their other extents must match; 0-d ones count as vectors.
 * @throws {ShapeError} If they do not.
 * @example Rows
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, vstack } from "@tenfold/tenfold";
 *
 * const y = vstack([tensor([1, 2]), tensor([3, 4])]);
 * assertEquals(await y.toArray(), [[1, 2], [3, 4]]);
 * ```
 */
export function vstack<D extends DType>(
  tensors: readonly Tensor<D>[],
): Tensor<D> {
  checkAll("vstack", tensors, arguments.length);
  return tidyNow(() =>
    cat(tensors.map((x) => x.ndim < 2 ? x.reshape([1, x.size]) : x), 0)
  );
}

/**
 * Repeats each element several times in a row.
 *
 * @param repeats The number of repetitions: for all, or one for each index
 * along the dim.
 * @param dim The dim; by default all elements in C order, as a vector.
 * @throws {RangeError} If a number is negative or not an integer.
 * @throws {ShapeError} If the number of repetitions differs from the extent.
 * @example Twice and once
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { repeatInterleave, tensor } from "@tenfold/tenfold";
 *
 * const y = repeatInterleave(tensor([7, 8]), [2, 1]);
 * assertEquals(await y.toArray(), [7, 7, 8]);
 * ```
 */
export function repeatInterleave<D extends DType>(
  x: Tensor<D>,
  repeats: number | readonly number[],
  dim?: number,
): Tensor<D> {
  checkCall("repeatInterleave", arguments, 3, x);
  const each = typeof repeats === "number" ? [repeats] : repeats;
  if (!Array.isArray(each)) {
    throw new TypeError(
      `Cannot repeatInterleave as repeats must be a number or an array of them: got ${
        showValue(repeats)
      }`,
    );
  }
  for (const count of each) {
    if (Number.isSafeInteger(count) && count >= 0) continue;
    throw new RangeError(
      `Cannot repeatInterleave ${
        showValue(count)
      } times: give non-negative integers`,
    );
  }
  const d = dim === undefined
    ? 0
    : normalizeDim(dim, Math.max(1, x.ndim), "repeatInterleave");
  const shape = dim === undefined || x.ndim === 0 ? [x.size] : x.shape;
  const length = shape[d]!;
  if (each.length !== 1 && each.length !== length) {
    throw new ShapeError(
      `Cannot repeatInterleave as there must be one number for each of ${length} positions of dim ${d} of ${
        showShape(shape)
      }: got ${each.length}`,
    );
  }
  return tidyNow(() => {
    const lines = x.reshape(shape);
    if (each.length === 1) {
      const count = each[0]!;
      const wide = [...shape.slice(0, d + 1), count, ...shape.slice(d + 1)];
      return lines.unsqueeze(d + 1).expand(wide).reshape(
        shape.map((extent, k) => k === d ? extent * count : extent),
      );
    }
    const places = each.flatMap((count, i) => new Array<number>(count).fill(i));
    const index = Int32Array.from(places);
    return lines.indexSelect(
      d,
      x[UPLOAD_LIKE](index, [index.length], "int32"),
    );
  }) as Tensor<D>;
}
