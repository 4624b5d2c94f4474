/**
 * Datasets of tokens.
 *
 * @module
 */
import { parseArguments } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { checkIndex, type Dataset } from "../dataset.ts";

/**
 * Options of {@linkcode TokenDataset}.
 *
 * @example Samples that do not overlap
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { TokenDataset, type TokenDatasetOptions } from "@tenfold/data/text";
 *
 * const options: TokenDatasetOptions = { context: 4, stride: 4 };
 * const dataset = new TokenDataset(Int32Array.from({ length: 9 }), options);
 * assertEquals(dataset.length, 2);
 * ```
 */
export interface TokenDatasetOptions {
  /** Number of tokens in a sample. */
  readonly context: number;
  /** Number of tokens between the starts of two samples. @default {1} */
  readonly stride?: number;
}

const positive = "must be a positive integer";
const count = z.int(positive).check(z.gte(1, positive));

/**
 * A dataset for next-token prediction: a sample is `context` tokens of a text,
 * and the same number of tokens starting one later as targets. A loader
 * collates them to int32 tensors of shape `[n, context]`.
 *
 * @example Pieces of three
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { CharTokenizer, TokenDataset } from "@tenfold/data/text";
 *
 * const tokens = CharTokenizer.of("abcde").encode("abcde");
 * const dataset = new TokenDataset(tokens, { context: 3 });
 * assertEquals(dataset.length, 2);
 * assertEquals(dataset.get(1).map((one) => [...one]), [[1, 2, 3], [2, 3, 4]]);
 * ```
 */
export class TokenDataset
  implements Dataset<readonly [Int32Array, Int32Array]> {
  /** The tokens of the text. */
  readonly tokens: Int32Array;
  /** Number of tokens in a sample. */
  readonly context: number;
  /** Number of samples. */
  readonly length: number;
  readonly #stride: number;

  /**
   * Creates a dataset from tokens.
   *
   * @param tokens The tokens of a text.
   * @param options `context` and `stride`.
   * @throws {TypeError} If an option is missing, unknown or of the wrong type.
   * @throws {RangeError} If there are too few tokens for one sample.
   */
  constructor(tokens: ArrayLike<number>, options: TokenDatasetOptions) {
    const operation = "make a TokenDataset";
    const { context, stride } = parseArguments(
      z.strictObject({ context: count, stride: z._default(count, 1) }),
      { tokens },
      options,
      arguments,
      operation,
    );
    if (!(tokens?.length > context)) {
      throw new RangeError(
        `Cannot ${operation} as it takes more tokens than a sample has: got ${tokens?.length} for context ${context}`,
      );
    }
    this.tokens = tokens instanceof Int32Array
      ? tokens
      : Int32Array.from(tokens);
    this.context = context;
    this.#stride = stride;
    this.length = 1 + Math.floor((tokens.length - 1 - context) / stride);
  }

  /**
   * One sample.
   *
   * @param index From 0 to `length - 1`.
   * @returns The tokens and the targets, which are one token ahead.
   * @throws {RangeError} If the index is out of range.
   */
  get(index: number): readonly [Int32Array, Int32Array] {
    checkIndex(index, this.length);
    const at = index * this.#stride;
    const end = at + this.context;
    return [
      this.tokens.subarray(at, end),
      this.tokens.subarray(at + 1, end + 1),
    ];
  }
}
