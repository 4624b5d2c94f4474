/**
 * Running extremes and logarithms of sums along a dim.
 *
 * @module
 */
import { type AnyDType, type DType, type FloatOf, floatOf } from "../dtype.ts";
import { cat } from "../functions.ts";
import { APPLY } from "../members.ts";
import type { LinesOp } from "../op.ts";
import { addLines } from "../ops/lines.ts";
import { tidyNow } from "../scope.ts";
import { normalizeDim } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { logaddexp } from "./arithmetic.ts";
import { checkCall, positionsAlong } from "./call.ts";

/**
 * Values along a dim, and their indices.
 *
 * @example The largest so far
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cummax, tensor, type ValuesAndIndices } from "@tenfold/tenfold";
 *
 * const { values, indices }: ValuesAndIndices = cummax(tensor([1, 3, 2]), 0);
 * assertEquals(await values.toArray(), [1, 3, 3]);
 * assertEquals(await indices.toArray(), [0, 1, 1]);
 * ```
 */
export interface ValuesAndIndices<D extends DType = AnyDType> {
  /** The values. */
  readonly values: Tensor<D>;
  /** Their int32 indices along the dim. */
  readonly indices: Tensor<"int32">;
}

/**
 * Combines each element with all before it: every step takes in as many again
 * as the one before it. Each tensor of the state is `[..., length, ...]`.
 */
function scan(
  state: readonly Tensor[],
  dim: number,
  combine: (
    before: readonly Tensor[],
    here: readonly Tensor[],
  ) => readonly Tensor[],
): readonly Tensor[] {
  const length = state[0]!.shape[dim] ?? 1;
  for (let by = 1; by < length; by *= 2) {
    const part = (start: number, length: number) =>
      state.map((x) => x.narrow(dim, start, length));
    const heads = part(0, by);
    const joined = combine(part(0, length - by), part(by, length - by));
    state = heads.map((head, i) => cat([head, joined[i]!], dim));
  }
  return state;
}

/**
 * Applies an algorithm that goes from one element to the next along a dim; null
 * where memory cannot be read without waiting, or holds nothing.
 */
function alongLines(
  algorithm: LinesOp["algorithm"],
  x: Tensor,
  dim: number,
): Tensor | null {
  if (x.ndim === 0 || x.size === 0 || !x.device.backend.readSync) return null;
  addLines();
  const lines = x.transpose(dim, -1);
  return lines[APPLY]({ name: "lines", algorithm }).transpose(dim, -1);
}

function runningExtreme<D extends DType>(
  x: Tensor<D>,
  dim: number,
  name: "cummax" | "cummin",
): ValuesAndIndices<D> {
  const d = normalizeDim(dim, x.ndim, name);
  return tidyNow(() => {
    const largest = name === "cummax";
    const algorithm = largest ? "cumargmax" : "cumargmin";
    const indices = alongLines(algorithm, x.detach(), d) ??
      // Of several equal ones the last counts, and NaN wins.
      scan([x.detach(), positionsAlong(x, x.shape, d)], d, (before, here) => {
        const [a, b] = [here[0]!, before[0]!];
        const stays = (largest ? a.ge(b) : a.le(b)).logicalOr(a.isNan());
        return here.map((y, i) => y.where(stays, before[i]!));
      })[1]!;
    const found = indices.contiguous();
    return { values: x.gather(d, found), indices: found };
  }) as ValuesAndIndices<D>;
}

/**
 * The running largest element along a dim; NaN from the first NaN on.
 *
 * @param dim The dim; negative ones count from the last.
 * @returns The values and their int32 indices: of equal ones the last.
 * @example Records
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cummax, tensor } from "@tenfold/tenfold";
 *
 * const { values, indices } = cummax(tensor([1, 3, 2, 5]), 0);
 * assertEquals(await values.toArray(), [1, 3, 3, 5]);
 * assertEquals(await indices.toArray(), [0, 1, 1, 3]);
 * ```
 */
export function cummax<D extends DType>(
  x: Tensor<D>,
  dim: number,
): ValuesAndIndices<D> {
  checkCall("cummax", arguments, 2, x);
  return runningExtreme(x, dim, "cummax");
}

/**
 * The running smallest element along a dim; NaN from the first NaN on.
 *
 * @param dim The dim; negative ones count from the last.
 * @returns The values and their int32 indices: of equal ones the last.
 * @example Running minima
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cummin, tensor } from "@tenfold/tenfold";
 *
 * const { values } = cummin(tensor([3, 1, 2]), 0);
 * assertEquals(await values.toArray(), [3, 1, 1]);
 * ```
 */
export function cummin<D extends DType>(
  x: Tensor<D>,
  dim: number,
): ValuesAndIndices<D> {
  checkCall("cummin", arguments, 2, x);
  return runningExtreme(x, dim, "cummin");
}

/**
 * `log(cumsum(exp(x)))` along a dim, without overflow.
 *
 * @param dim The dim; negative ones count from the last.
 * @returns A tensor of the same shape; float32 for integers.
 * @example Running sums of probabilities
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { logcumsumexp, tensor } from "@tenfold/tenfold";
 *
 * const y = logcumsumexp(tensor([1000, 1000]), 0);
 * assertAlmostEquals(await y.index(1).item(), 1000 + Math.LN2, 1e-3);
 * ```
 */
export function logcumsumexp<D extends DType>(
  x: Tensor<D>,
  dim: number,
): Tensor<FloatOf<D>> {
  checkCall("logcumsumexp", arguments, 2, x);
  const d = normalizeDim(dim, x.ndim, "logcumsumexp");
  return tidyNow(() => {
    const start = x.cast(floatOf(x.dtype as DType));
    const sums = alongLines("logcumsumexp", start, d) ??
      scan([start], d, ([before], [here]) => [logaddexp(here!, before!)])[0];
    return sums as Tensor<FloatOf<D>>;
  });
}
