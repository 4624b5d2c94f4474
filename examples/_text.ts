/**
 * A text to learn from, as tokens and as pieces.
 *
 * @module
 */
import process from "node:process";
import { gunzipSync } from "node:zlib";
import { data } from "@tenfold/tenfold";
import * as texts from "@tenfold/data/text";
import { giveUp } from "./_arguments.ts";

/** Where the text is, and how to cut it. */
export interface TextOptions {
  /** A file to learn from in place of Shakespeare, or "". */
  readonly text: string;
  /** The folder of Shakespeare. */
  readonly data: string;
  /** Whether to fetch him. */
  readonly download: boolean;
  /** Tokens in a piece. */
  readonly context: number;
}

/** A text whose characters are tokens. */
export interface Text {
  readonly tokenizer: texts.CharTokenizer;
  /** Number of characters to learn from. */
  readonly length: number;
  /** Pieces to learn from, others in each epoch. */
  readonly learn: data.Dataset;
  /** Pieces of the last tenth, to test with. */
  readonly test: data.Dataset;
}

/** The text of a file, also of one that gzip has packed. */
async function readText(path: string): Promise<string> {
  const bytes = await data.readBytes(path);
  const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  try {
    const plain = packed ? gunzipSync(bytes) : bytes;
    return new TextDecoder("utf-8", { fatal: true }).decode(plain);
  } catch (cause) {
    const what = packed ? "whole" : "UTF-8 text";
    throw new data.DataFormatError(
      `Cannot learn from ${path} as it is not ${what}`,
      { cause },
    );
  }
}

/**
 * Opens a text.
 *
 * @param options Where it is, and the length of the pieces.
 * @param count Number of pieces in an epoch.
 */
export async function openText(
  { context, download, ...where }: TextOptions,
  count: number,
): Promise<Text> {
  const text = where.text
    ? await readText(where.text).catch(giveUp)
    : await texts.tinyShakespeare({ root: where.data, download }).catch(giveUp);
  // A tenth is kept to test with, and must be a piece long.
  if (text.length < 10 * (context + 1)) {
    console.error(
      `Cannot learn from ${text.length} characters in pieces of ${context}: at least ${
        10 * (context + 1)
      } are needed`,
    );
    process.exit(1);
  }
  const tokenizer = texts.CharTokenizer.of(text);
  const tokens = tokenizer.encode(text);
  const length = Math.floor(0.9 * tokens.length);
  const [head, tail] = [tokens.subarray(0, length), tokens.subarray(length)];
  const pieces = new texts.TokenDataset(head, { context });
  let epoch = 0;
  const learn: data.Dataset = {
    length: count,
    setEpoch: (now) => epoch = now,
    // Multiples of the golden ratio lie evenly all over the text.
    get(i) {
      const place = ((epoch * count + i) * 0.6180339887498949) % 1;
      return pieces.get(Math.floor(place * pieces.length));
    },
  };
  const test = new texts.TokenDataset(tail, { context, stride: context });
  return { tokenizer, length, learn, test };
}
