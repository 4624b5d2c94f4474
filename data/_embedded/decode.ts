/**
 * Reads what `tools/embed_data.ts` packed.
 *
 * @module
 */

const CODES = new Map(
  [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"]
    .map((char, code) => [char, code]),
);

/** Features row by row, and a label for each row. */
export interface Rows {
  /** The features in C order. */
  readonly features: Float64Array;
  /** The label of each row. */
  readonly labels: Int32Array;
}

/** Rows of whole numbers in base 64, each column with its own decimals. */
export function decodeTable(
  text: string,
  widths: readonly number[],
  decimals: readonly number[],
): Rows {
  const lines = text.split("\n");
  const features = new Float64Array(lines.length * widths.length);
  const scales = decimals.map((places) => 10 ** places);
  let next = 0;
  for (const line of lines) {
    let at = 1;
    widths.forEach((width, column) => {
      let whole = 0;
      for (const end = at + width; at < end; at++) {
        whole = whole * 64 + CODES.get(line[at]!)!;
      }
      // One correctly rounded division: the double nearest to the decimal.
      features[next++] = whole / scales[column]!;
    });
  }
  return { features, labels: labelsOf(lines) };
}

/** Rows of 64 pixels with their runs of zeros written short. */
export function decodeDigits(text: string): Rows {
  const lines = text.split("\n");
  const features = new Float64Array(lines.length * 64);
  lines.forEach((line, row) => {
    let next = row * 64;
    for (let at = 1; at < line.length; at++) {
      const code = line.charCodeAt(at);
      // "A" is a run of two zeros; the array is zero already.
      if (code >= 65 && code <= 90) next += code - 63;
      else features[next++] = code >= 97 ? code - 87 : code - 48;
    }
  });
  return { features, labels: labelsOf(lines) };
}

function labelsOf(lines: readonly string[]): Int32Array {
  return Int32Array.from(lines, (line) => Number(line[0]));
}
