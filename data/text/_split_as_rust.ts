/**
 * What the npm package splits otherwise than the library in Rust, which trained
 * the tokenizers.
 *
 * @module
 */

/** A part of a tokenizer file. */
type Part = { readonly [key: string]: unknown };

/** What `\w` is in Rust, where JavaScript has letters and digits of ASCII alone. */
const WORD = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}";

function isPart(value: unknown): value is Part {
  return typeof value === "object" && value !== null;
}

/**
 * The splitter of a tokenizer file, in terms that mean the same in both: words
 * of any script, and numbers such as ½ among the digits.
 */
export function splitAsRust(splitter: unknown): unknown {
  if (!isPart(splitter)) return splitter;
  const { type, pretokenizers, individual_digits: single } = splitter;
  if (Array.isArray(pretokenizers)) {
    return { ...splitter, pretokenizers: pretokenizers.map(splitAsRust) };
  }
  if (type === "Whitespace") {
    const Regex = `[${WORD}]+|[^${WORD}\\s]+`;
    return {
      type: "Split",
      pattern: { Regex },
      behavior: "Removed",
      invert: true,
    };
  }
  if (type === "Digits") {
    const Regex = `\\p{N}${single ? "" : "+"}`;
    return {
      type: "Split",
      pattern: { Regex },
      behavior: "Isolated",
      invert: false,
    };
  }
  return splitter;
}
