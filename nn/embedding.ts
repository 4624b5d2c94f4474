/**
 * Embeddings.
 *
 * @module
 */
import { isFloating, ShapeError, type Tensor } from "@tenfold/core";
import {
  checkCount,
  checkTensor,
  noGradNow,
  parseArguments,
  showShape,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { INNER } from "./_inner.ts";
import { initRows } from "./_embedding_rows.ts";
import { emptyParameter } from "./_empty.ts";
import {
  dim,
  flag,
  placeFields,
  placeOf,
  type PlaceOptions,
  positiveInteger,
} from "./_options.ts";
import {
  shownTable,
  tableFields,
  tableOptionsOf,
} from "./functional/_table_rows.ts";
import {
  embedding,
  type EmbeddingFunctionOptions,
  resolvePadding,
} from "./functional/embedding.ts";
import { Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";

/**
 * Options of {@linkcode Embedding}.
 *
 * @example Row 0 stands for padding
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.EmbeddingOptions = { paddingIdx: 0 };
 * const table = new nn.Embedding(100, 8, options);
 * ```
 */
export interface EmbeddingOptions
  extends EmbeddingFunctionOptions, PlaceOptions {}

/**
 * Options of {@linkcode Embedding.fromPretrained}.
 *
 * @example Rows that are trained further
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.PretrainedEmbeddingOptions = { freeze: false };
 * const table = nn.Embedding.fromPretrained(randn([10, 4]), options);
 * assertEquals(table.weight.requiresGrad, true);
 * ```
 */
export interface PretrainedEmbeddingOptions extends EmbeddingOptions {
  /** Whether the rows are not learned further. @default {true} */
  readonly freeze?: boolean;
}

const schema = () =>
  z.strictObject({
    numEmbeddings: positiveInteger,
    embeddingDim: positiveInteger,
    paddingIdx: z.optional(dim),
    sparse: z.optional(flag),
    ...tableFields(),
    ...placeFields,
  });

/**
 * A table of vectors that are looked up by int32 indices. Rows are initialised
 * from the standard normal distribution; the padding row, if any, is zero and
 * gets no gradient.
 *
 * @example Words as vectors
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { Embedding } from "@tenfold/nn";
 *
 * const table = new Embedding(100, 8);
 * const words = tensor([[3, 14, 15], [92, 65, 35]], { dtype: "int32" });
 * assertEquals(table.forward(words).shape, [2, 3, 8]);
 * ```
 */
export class Embedding extends Module {
  /** Number of rows of the table. */
  readonly numEmbeddings: number;
  /** Size of each row. */
  readonly embeddingDim: number;
  /** Index of the row that gets no gradient, or null. */
  readonly paddingIdx: number | null;
  /** The weight, of shape `[numEmbeddings, embeddingDim]`. */
  weight: Parameter;
  declare private readonly [INNER]: EmbeddingFunctionOptions;

  /**
   * Creates the table and initialises its rows.
   *
   * @param numEmbeddings Number of rows of the table.
   * @param embeddingDim Size of each row.
   * @param options `paddingIdx`, `maxNorm`, `normType`, `scaleGradByFreq`,
   * `sparse`, `device` and `dtype`.
   * @throws {RangeError} If a number is not a positive integer, or the padding row
   * does not exist.
   */
  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    options: EmbeddingOptions = {},
  ) {
    super();
    const { paddingIdx, sparse, ...facts } = parseArguments(
      schema,
      { numEmbeddings, embeddingDim },
      options,
      arguments,
      "make an Embedding",
    );
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIdx = resolvePadding(paddingIdx, numEmbeddings);
    this[INNER] = {
      ...this.paddingIdx === null ? {} : { paddingIdx: this.paddingIdx },
      ...tableOptionsOf(facts),
      ...sparse ? { sparse } : {},
    };
    this.weight = emptyParameter([numEmbeddings, embeddingDim], placeOf(facts));
    this.resetParameters();
  }

  /**
   * A table of given rows.
   *
   * @param weight The rows, of shape `[rows, columns]`; copied.
   * @param options Those of the constructor, and `freeze`.
   * @throws {ShapeError} If the weight is not a matrix.
   * @example Rows from elsewhere
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { tensor } from "@tenfold/tenfold";
   * import { Embedding } from "@tenfold/nn";
   *
   * const table = Embedding.fromPretrained(tensor([[1, 2], [3, 4]]));
   * const rows = table.forward(tensor([1], { dtype: "int32" }));
   * assertEquals(await rows.toArray(), [[3, 4]]);
   * assertEquals(table.weight.requiresGrad, false);
   * ```
   */
  static fromPretrained(
    weight: Tensor,
    options: PretrainedEmbeddingOptions = {},
  ): Embedding {
    const operation = "make an Embedding of a weight";
    checkCount(operation, arguments.length, 2);
    checkTensor(weight, "the weight", operation);
    const [rows, columns] = weight.shape;
    if (weight.ndim !== 2) {
      throw new ShapeError(
        `Cannot ${operation} as it must be [rows, columns]: got shape ${
          showShape(weight.shape)
        }`,
      );
    }
    const { freeze = true, ...rest } = options;
    const place = {
      device: weight.device,
      ...isFloating(weight.dtype) ? { dtype: weight.dtype } : {},
    };
    const table = new Embedding(rows!, columns!, { ...place, ...rest });
    noGradNow(() => void table.weight.copy_(weight));
    if (freeze) table.freeze();
    return table;
  }

  /** Reinitialises the rows. */
  resetParameters(): void {
    checkCount("resetParameters", arguments.length, 0);
    initRows(this.weight, this.paddingIdx);
  }

  /**
   * Looks up rows.
   *
   * @param index Of any shape, int32.
   * @returns Of shape `[...index shape, embeddingDim]`.
   * @throws {IndexError} If an index is out of range.
   */
  forward(index: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return embedding(index, this.weight, this[INNER]);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    const { [INNER]: options, embeddingDim, numEmbeddings } = this;
    return `${numEmbeddings}, ${embeddingDim}${shownTable(options)}`;
  }
}
