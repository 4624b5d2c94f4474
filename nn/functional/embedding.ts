import { DTypeError, IndexError, ShapeError, type Tensor } from "@tenfold/core";
import { checkTensor, showShape, tidyNow } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { checkOptions, dim, flag } from "../_options.ts";
import { lookUp, tableFields, type TableOptions } from "./_table_rows.ts";

/**
 * Options of {@linkcode embedding}.
 *
 * @example Gradients of a few rows
 * ```ts
 * import { nn, optim } from "@tenfold/tenfold";
 *
 * const options: nn.EmbeddingFunctionOptions = { sparse: true };
 * const table = new nn.Embedding(1000, 16, options);
 * const optimizer = new optim.SparseAdam(table.parameters());
 * ```
 */
export interface EmbeddingFunctionOptions extends TableOptions {
  /** Index of a row that gets no gradient; negative ones count from the last. */
  readonly paddingIdx?: number;
  /**
   * Whether the gradient of the weight holds only the rows that were looked up;
   * SGD, Adagrad and SparseAdam then update only those. Reading `weight.grad`
   * makes it dense. Not supported within `compile`.
   *
   * @default {false}
   */
  readonly sparse?: boolean;
}

const schema = () =>
  z.strictObject({
    paddingIdx: z.optional(dim),
    sparse: z.optional(flag),
    ...tableFields(),
  });

/**
 * Looks up rows of a table by index.
 *
 * @param index Of any shape, int32.
 * @param weight Of shape `[rows, columns]`.
 * @param options `paddingIdx`, `maxNorm`, `normType`, `scaleGradByFreq` and
 * `sparse`.
 * @returns Of shape `[...index shape, columns]`.
 * @throws {DTypeError} If the index is not int32.
 * @throws {IndexError} If an index is out of range.
 * @example Two rows of three
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const table = tensor([[1, 2], [3, 4], [5, 6]]);
 * const index = tensor([2, 0], { dtype: "int32" });
 * const rows = functional.embedding(index, table);
 * assertEquals(await rows.toArray(), [[5, 6], [1, 2]]);
 * ```
 */
export function embedding(
  index: Tensor,
  weight: Tensor,
  options?: EmbeddingFunctionOptions,
): Tensor {
  checkOptions(schema, options, "apply embedding", arguments.length - 3);
  checkTensor(index, "the index", "apply embedding");
  checkTensor(weight, "the weight", "apply embedding");
  if (index.dtype !== "int32") {
    throw new DTypeError(
      `Cannot apply embedding as the index must be int32: got ${index.dtype}`,
    );
  }
  if (weight.ndim !== 2) {
    throw new ShapeError(
      `Cannot apply embedding as the weight must be [rows, columns]: got shape ${
        showShape(weight.shape)
      }`,
    );
  }
  const rows = weight.shape[0]!;
  const padding = resolvePadding(options?.paddingIdx, rows);
  try {
    return tidyNow(() => {
      const picked = lookUp(index.flatten(), weight, options ?? {})
        .reshape([...index.shape, weight.shape[1]!]);
      if (padding === null) return picked;
      const learns = index.ne(padding).unsqueeze(-1);
      return picked.where(learns, picked.detach());
    });
  } catch (error) {
    if (!(error instanceof IndexError)) throw error;
    const got = /got (-?\d+)/.exec(error.message)?.[1];
    throw new IndexError(
      `Cannot apply embedding as an index is out of range: got ${got}, expected 0 to ${
        rows - 1
      } for a table of ${rows} rows`,
      { cause: error },
    );
  }
}

/** The padding row counted from the front, or null. */
export function resolvePadding(
  paddingIdx: number | undefined,
  rows: number,
): number | null {
  if (paddingIdx === undefined) return null;
  if (paddingIdx < -rows || paddingIdx >= rows) {
    throw new IndexError(
      `Cannot apply embedding as paddingIdx is out of range: got ${paddingIdx} for ${rows} rows`,
    );
  }
  return paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
}
