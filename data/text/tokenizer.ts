/**
 * Tokenizers of the Hugging Face Hub.
 *
 * @module
 */
import type { Tokenizer as HubTokenizer } from "@huggingface/tokenizers";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import { loadOptional } from "../_optional.ts";
import * as z from "../_zod.ts";
import { DataFormatError, messageOf } from "../errors.ts";
import { type ByteSource, readBytes } from "../source.ts";
import { splitAsRust } from "./_split_as_rust.ts";

/**
 * Converts text to tokens and tokens to text.
 *
 * @example The number of tokens of a text
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { CharTokenizer, type Tokenizer } from "@tenfold/data/text";
 *
 * function count(tokenizer: Tokenizer, text: string): number {
 *   return tokenizer.encode(text).length;
 * }
 * assertEquals(count(new CharTokenizer("abc"), "cab"), 3);
 * ```
 */
export interface Tokenizer {
  /** Size of the vocabulary, including special tokens. */
  readonly size: number;
  /**
   * Converts a text to tokens.
   *
   * @param text The text.
   * @param options `special`: whether special tokens are added that mark its
   * ends.
   * @throws {RangeError} If part of the text has no token.
   */
  encode(text: string, options?: { readonly special?: boolean }): Int32Array;
  /** Converts tokens to text, without special tokens. */
  decode(tokens: ArrayLike<number>): string;
}

/**
 * Options of {@linkcode loadTokenizer}.
 *
 * @example The configuration beside the tokenizer
 * ```ts
 * import type { LoadTokenizerOptions } from "@tenfold/data/text";
 *
 * const options: LoadTokenizerOptions = {
 *   config: "model/tokenizer_config.json",
 * };
 * ```
 */
export interface LoadTokenizerOptions {
  /** The `tokenizer_config.json` of the tokenizer, if there is one. */
  readonly config?: ByteSource;
}

async function readJson(source: ByteSource): Promise<object> {
  const bytes = await readBytes(source);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new DataFormatError(
      `Cannot load the tokenizer as the file is not JSON: ${messageOf(cause)}`,
      { cause },
    );
  }
  if (typeof value === "object" && value !== null) return value;
  throw new DataFormatError(
    "Cannot load the tokenizer as the file holds no object",
  );
}

class FromHub implements Tokenizer {
  readonly size: number;
  readonly #inner: HubTokenizer;

  constructor(inner: HubTokenizer, size: number) {
    this.#inner = inner;
    this.size = size;
  }

  encode(
    text: string,
    options: { readonly special?: boolean } = {},
  ): Int32Array {
    checkCount("encode", arguments.length, 2);
    const { ids, tokens } = this.#inner.encode(text, {
      add_special_tokens: options.special ?? true,
    });
    const at = ids.indexOf(undefined as never);
    if (at >= 0) {
      throw new RangeError(
        `Cannot encode text as the tokenizer has no token for what it does not know: got ${
          JSON.stringify(tokens[at])
        }`,
      );
    }
    return Int32Array.from(ids);
  }

  decode(tokens: ArrayLike<number>): string {
    checkCount("decode", arguments.length, 1);
    if (tokens.length === 0) return ""; // which the package refuses
    return this.#inner.decode(Array.from(tokens), {
      skip_special_tokens: true,
    });
  }
}

/**
 * Loads the `tokenizer.json` of a tokenizer of the Hugging Face Hub: byte-pair
 * encoding, WordPiece or Unigram, with its normaliser, pre-tokenizer and
 * special tokens. The npm package `@huggingface/tokenizers` is loaded in the
 * first call.
 *
 * @param source A path, a URL, a `Blob` or `File`, or bytes.
 * @param options `config`.
 * @returns The tokenizer.
 * @throws {DataFormatError} If the file is not a supported tokenizer.
 * @throws {FileError} If it cannot be read.
 * @throws {TypeError} If an option is unknown.
 * @throws {Error} If the package cannot be loaded.
 *
 * @example Tokens of a text
 * ```ts ignore
 * import { loadTokenizer } from "@tenfold/data/text";
 *
 * const tokenizer = await loadTokenizer("tokenizer.json");
 * const tokens = tokenizer.encode("Hello world");
 * console.log(tokenizer.decode(tokens));
 * ```
 */
export async function loadTokenizer(
  source: ByteSource,
  options: LoadTokenizerOptions = {},
): Promise<Tokenizer> {
  const { config } = parseArguments(
    z.strictObject({ config: z.optional(z.custom<ByteSource>()) }),
    { source },
    options,
    arguments,
    "load a tokenizer",
  );
  const { Tokenizer: Hub } = await loadOptional(
    "@huggingface/tokenizers",
    "load the tokenizer",
    () => import("@huggingface/tokenizers"),
  );
  const tokenizer = await readJson(source);
  const beside = config === undefined ? {} : await readJson(config);
  const { model, added_tokens: added = [] } = tokenizer as {
    readonly model?: {
      readonly type?: unknown;
      readonly vocab?: unknown;
      readonly unk_token?: unknown;
    };
    readonly added_tokens?: readonly { readonly id: number }[];
  };
  const vocabulary = model?.vocab;
  if (typeof vocabulary !== "object" || vocabulary === null) {
    throw new DataFormatError(
      "Cannot load the tokenizer as it is not a tokenizer.json with a model and its vocabulary",
    );
  }
  const known = Array.isArray(vocabulary)
    ? vocabulary.length
    : 1 + Object.values(vocabulary as Record<string, number>).reduce(
      (most, id) => Math.max(most, id),
      -1,
    );
  const size = added.reduce((most, { id }) => Math.max(most, id + 1), known);
  try {
    const { pre_tokenizer } = tokenizer as { readonly pre_tokenizer?: unknown };
    const inner = new Hub(
      { ...tokenizer, pre_tokenizer: splitAsRust(pre_tokenizer) },
      {
        // Spaces before punctuation stay, as in Python, if no file says else.
        clean_up_tokenization_spaces: false,
        // Of models of whole words the package seeks it here alone.
        unk_token: model?.unk_token,
        ...beside,
      },
    );
    return new FromHub(inner, size);
  } catch (cause) {
    throw new DataFormatError(
      `Cannot load the tokenizer: ${messageOf(cause)}`,
      { cause },
    );
  }
}
