/**
 * A tokenizer of characters.
 *
 * @module
 */
import { checkCount } from "@tenfold/core/internal";
import type { Tokenizer } from "./tokenizer.ts";

/**
 * A tokenizer whose tokens are characters (Unicode code points).
 *
 * @example There and back
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { CharTokenizer } from "@tenfold/data/text";
 *
 * const tokenizer = CharTokenizer.of("banana");
 * assertEquals(tokenizer.characters, "abn");
 * assertEquals([...tokenizer.encode("nab")], [2, 0, 1]);
 * assertEquals(tokenizer.decode([1, 0, 2]), "ban");
 * ```
 */
export class CharTokenizer implements Tokenizer {
  /** The characters, in the order of their tokens. */
  readonly characters: string;
  readonly #list: readonly string[];
  readonly #tokens: ReadonlyMap<string, number>;

  /**
   * Creates a tokenizer of characters.
   *
   * @param characters The characters, each once.
   * @throws {RangeError} If a character is repeated, or there are none.
   */
  constructor(characters: string) {
    checkCount("make a CharTokenizer", arguments.length, 1);
    this.#list = Array.from(characters);
    this.#tokens = new Map(this.#list.map((char, token) => [char, token]));
    if (this.#tokens.size !== this.#list.length || this.#list.length === 0) {
      throw new RangeError(
        `Cannot make a CharTokenizer as it takes characters, each once: got ${
          JSON.stringify(characters.slice(0, 80))
        }, use CharTokenizer.of for those of a text`,
      );
    }
    this.characters = characters;
  }

  /**
   * Creates a tokenizer of the distinct characters of a text, sorted.
   *
   * @param text The text.
   * @returns The tokenizer.
   */
  static of(text: string): CharTokenizer {
    checkCount("CharTokenizer.of", arguments.length, 1);
    const codes = new Set<number>();
    for (const char of text) codes.add(char.codePointAt(0)!);
    const sorted = [...codes].sort((a, b) => a - b);
    return new CharTokenizer(
      sorted.map((code) => String.fromCodePoint(code)).join(""),
    );
  }

  /** Size of the vocabulary. */
  get size(): number {
    return this.#list.length;
  }

  /**
   * Converts a text to tokens.
   *
   * @param text The text.
   * @returns A token for each character.
   * @throws {RangeError} If a character is unknown; the message names it.
   */
  encode(text: string): Int32Array {
    checkCount("encode", arguments.length, 2);
    const out = new Int32Array(text.length);
    let length = 0;
    for (const char of text) {
      const token = this.#tokens.get(char);
      if (token === undefined) {
        throw new RangeError(
          `Cannot encode text as a character is not known: got ${
            JSON.stringify(char)
          } at ${length}`,
        );
      }
      out[length++] = token;
    }
    return out.slice(0, length);
  }

  /**
   * Converts tokens to text.
   *
   * @param tokens The tokens.
   * @returns The text.
   * @throws {RangeError} If a token is out of range.
   */
  decode(tokens: ArrayLike<number>): string {
    checkCount("decode", arguments.length, 1);
    return Array.from(tokens, (token) => {
      const char = this.#list[token];
      if (char !== undefined) return char;
      throw new RangeError(
        `Cannot decode tokens as one is out of range: got ${token}, expected 0 to ${
          this.size - 1
        }`,
      );
    }).join("");
  }
}
