/**
 * Text: tokenizers of the Hugging Face Hub, a tokenizer of characters, and
 * datasets of tokens.
 *
 * @example Batches of a text
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 * import { CharTokenizer, TokenDataset } from "@tenfold/data/text";
 *
 * const text = "to be or not to be";
 * const tokenizer = CharTokenizer.of(text);
 * const dataset = new TokenDataset(tokenizer.encode(text), { context: 8 });
 * for await (const [x, y] of new data.DataLoader(dataset, { batchSize: 5 })) {
 *   assertEquals([x.shape, y.dtype], [[5, 8], "int32"]);
 * }
 * ```
 *
 * @module
 */
export type { Dataset } from "../dataset.ts";
export type { ByteSource } from "../source.ts";
export * from "./char_tokenizer.ts";
export * from "./tiny_shakespeare.ts";
export * from "./token_dataset.ts";
export * from "./tokenizer.ts";
