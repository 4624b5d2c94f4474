/**
 * Rows that are looked up in a table: how long they may be, and how often they
 * count.
 *
 * @module
 */
import { autogradFunction, ones, type Tensor, zeros } from "@tenfold/core";
import { indexCopy_ } from "@tenfold/core/functions";
import { noGradNow, selectRows, tidyNow } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { anyNumber, flag, positiveNumber } from "../_options.ts";

/**
 * Options that limit the rows of a table and scale their gradients.
 *
 * @example Rows of norm 1 at most
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.TableOptions = { maxNorm: 1 };
 * const table = new nn.Embedding(10, 4, options);
 * ```
 */
export interface TableOptions {
  /**
   * Maximum norm of a row: rows with a larger norm that are looked up are
   * scaled to it, in place.
   *
   * @default {no limit}
   */
  readonly maxNorm?: number;
  /** The norm that `maxNorm` limits. @default {2} */
  readonly normType?: number;
  /**
   * Whether the gradient of a row is divided by the number of its occurrences
   * in a call.
   *
   * @default {false}
   */
  readonly scaleGradByFreq?: boolean;
}

/** The fields of {@linkcode TableOptions}. */
export const tableFields = () => ({
  maxNorm: z.optional(positiveNumber),
  normType: z.optional(anyNumber),
  scaleGradByFreq: z.optional(flag),
});

/** Those of some options that are given. */
export const tableOptionsOf = (
  { maxNorm, normType, scaleGradByFreq }: {
    readonly [K in keyof TableOptions]?: TableOptions[K] | undefined;
  },
): TableOptions => ({
  ...maxNorm === undefined ? {} : { maxNorm },
  ...normType === undefined ? {} : { normType },
  ...scaleGradByFreq ? { scaleGradByFreq } : {},
});

/** {@linkcode TableOptions} as text, for `toString`. */
export const shownTable = (options: TableOptions): string =>
  Object.entries(options).map(([name, value]) => `, ${name}=${value}`).join("");

/** The same rows, the gradient of each times its share. */
const shared = /* @__PURE__ */ autogradFunction({
  name: "embedding",
  forward(ctx, rows, share) {
    ctx.save(share);
    return rows.clone();
  },
  backward: (ctx, g) => [g.mul(ctx.saved[0]), null],
});

/**
 * Looks up rows by a flat index, as the options have them.
 *
 * @returns Of shape `[index size, columns]`.
 */
export function lookUp(
  index: Tensor,
  weight: Tensor,
  { maxNorm, normType = 2, scaleGradByFreq = false, sparse = false }:
    & TableOptions
    & { readonly sparse?: boolean },
): Tensor {
  if (maxNorm !== undefined && index.size > 0) {
    noGradNow(() =>
      tidyNow(() => {
        const rows = weight.indexSelect(0, index);
        const lengths = rows.norm(1, { p: normType, keepDim: true });
        const scaled = rows.mul(lengths.add(1e-7).reciprocal().mul(maxNorm));
        const fits = lengths.le(maxNorm);
        indexCopy_(weight, 0, index, rows.where(fits, scaled));
      })
    );
  }
  const rows = sparse
    ? selectRows(weight, index)
    : weight.indexSelect(0, index);
  if (!scaleGradByFreq || !rows.requiresGrad) return rows;
  const share = noGradNow(() => {
    const { device, dtype } = weight;
    const none = zeros([weight.shape[0]!], { device, dtype });
    const one = ones(index.shape, { device, dtype });
    return none.scatterAdd(0, index, one).indexSelect(0, index).reciprocal()
      .unsqueeze(1);
  });
  return shared(rows, share);
}
