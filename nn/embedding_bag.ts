/**
 * Embeddings of bags.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { INNER } from "./_inner.ts";
import { initRows } from "./_embedding_rows.ts";
import { emptyParameter } from "./_empty.ts";
import {
  placeFields,
  placeOf,
  type PlaceOptions,
  positiveInteger,
} from "./_options.ts";
import {
  shownTable,
  type TableOptions,
  tableOptionsOf,
} from "./functional/_table_rows.ts";
import { resolvePadding } from "./functional/embedding.ts";
import {
  bagFields,
  embeddingBag,
  type EmbeddingBagFacts,
  type EmbeddingBagMode,
} from "./functional/embedding_bag.ts";
import { Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";

/**
 * Options of {@linkcode EmbeddingBag}.
 *
 * @example The sum of the rows of a bag
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.EmbeddingBagOptions = { mode: "sum" };
 * const bags = new nn.EmbeddingBag(10, 4, options);
 * const index = tensor([[1, 2], [3, 3]], { dtype: "int32" });
 * assertEquals(bags.forward(index).shape, [2, 4]);
 * ```
 */
export interface EmbeddingBagOptions extends EmbeddingBagFacts, PlaceOptions {}

const schema = () =>
  z.strictObject({
    numEmbeddings: positiveInteger,
    embeddingDim: positiveInteger,
    ...bagFields(),
    ...placeFields,
  });

/**
 * A table of vectors of which those of each bag are summed, averaged or reduced to
 * their largest elements. Rows are initialised from the standard normal
 * distribution, and the padding row is zero.
 *
 * @example Two bags of three words
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { EmbeddingBag } from "@tenfold/nn";
 *
 * const table = new EmbeddingBag(100, 8, { mode: "sum" });
 * const words = tensor([[3, 14, 15], [92, 65, 35]], { dtype: "int32" });
 * assertEquals(table.forward(words).shape, [2, 8]);
 * ```
 */
export class EmbeddingBag extends Module<
  [index: Tensor, offsets?: Tensor | null, perSampleWeights?: Tensor | null]
> {
  /** Number of rows of the table. */
  readonly numEmbeddings: number;
  /** Size of each row. */
  readonly embeddingDim: number;
  /** How the rows of a bag are reduced to one. */
  readonly mode: EmbeddingBagMode;
  /** Index of the row that is left out of its bag, or null. */
  readonly paddingIdx: number | null;
  /** Whether the last offset is the number of indices. */
  readonly includeLastOffset: boolean;
  /** The weight, of shape `[numEmbeddings, embeddingDim]`. */
  weight: Parameter;
  declare private readonly [INNER]: TableOptions;

  /**
   * Creates the table and initialises its rows.
   *
   * @param numEmbeddings Number of rows of the table.
   * @param embeddingDim Size of each row.
   * @param options `mode`, `paddingIdx`, `includeLastOffset`, `maxNorm`,
   * `normType`, `scaleGradByFreq`, `device` and `dtype`.
   * @throws {RangeError} If a number is not a positive integer, or the padding row
   * does not exist.
   */
  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    options: EmbeddingBagOptions = {},
  ) {
    super();
    const { mode, paddingIdx, includeLastOffset, ...facts } = parseArguments(
      schema,
      { numEmbeddings, embeddingDim },
      options,
      arguments,
      "make an EmbeddingBag",
    );
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.mode = mode ?? "mean";
    this.paddingIdx = resolvePadding(paddingIdx, numEmbeddings);
    this.includeLastOffset = includeLastOffset ?? false;
    this[INNER] = tableOptionsOf(facts);
    this.weight = emptyParameter([numEmbeddings, embeddingDim], placeOf(facts));
    this.resetParameters();
  }

  /** Reinitialises the rows. */
  resetParameters(): void {
    checkCount("resetParameters", arguments.length, 0);
    initRows(this.weight, this.paddingIdx);
  }

  /**
   * Looks up the rows of each bag and reduces them.
   *
   * @param index Int32: `[bags, n]`, or `[n]` with `offsets`.
   * @param offsets Where each bag of a 1-D index begins, int32.
   * @param perSampleWeights What each row is multiplied by; mode `"sum"`.
   * @returns Of shape `[bags, embeddingDim]`; zeros for empty bags.
   * @throws {IndexError} If an index is out of range.
   */
  forward(
    index: Tensor,
    offsets?: Tensor | null,
    perSampleWeights?: Tensor | null,
  ): Tensor {
    checkCount("forward", arguments.length, 3);
    const { mode, includeLastOffset, paddingIdx } = this;
    return embeddingBag(index, this.weight, {
      mode,
      includeLastOffset,
      ...this[INNER],
      ...paddingIdx === null ? {} : { paddingIdx },
      ...offsets ? { offsets } : {},
      ...perSampleWeights ? { perSampleWeights } : {},
    });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    const padding = this.paddingIdx === null
      ? ""
      : `, paddingIdx=${this.paddingIdx}`;
    return `${this.numEmbeddings}, ${this.embeddingDim}, mode=${this.mode}${padding}${
      shownTable(this[INNER])
    }`;
  }
}
