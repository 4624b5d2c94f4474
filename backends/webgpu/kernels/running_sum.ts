/**
 * The greatest number of a row and the sum of powers beneath it, by one
 * invocation in one pass: what was summed is scaled where a greater number comes.
 *
 * @source M. Milakov and N. Gimelshein, Online normalizer calculation for
 * softmax, 2018.
 * @module
 */

/** A number of a row that is read. */
export interface RowTerm {
  /** The number, an `f32` in WGSL. */
  readonly x: string;
  /** What holds where it is a number of the row; null where it always is. */
  readonly inside: string | null;
}

/** Statements that begin `top` and `sum`. */
export const RUNNING_SUM: readonly string[] = [
  "var top = tf_neg(tf_inf());",
  "var sum = 0.0f;",
];

/**
 * Statements that add terms. Those outside of the row are equal to one of its
 * numbers, so that they are not greater than all of them.
 */
export function addToRunningSum(terms: readonly RowTerm[]): string[] {
  return [
    "let before = top;",
    ...terms.map(({ x }) => `top = tf_max(top, ${x});`),
    // Where all numbers are -Infinity, their powers are nothing so far.
    "let base = select(top, 0.0f, bitcast<u32>(top) == 0xff800000u);",
    "if (bitcast<u32>(before) != bitcast<u32>(top)) {",
    "sum *= tf_exp(before - base);",
    "}",
    "var part = 0.0f;",
    ...terms.map(({ x, inside }) => {
      const power = `tf_exp(${x} - base)`;
      return inside === null
        ? `part += ${power};`
        : `part += select(0.0f, ${power}, ${inside});`;
    }),
    "sum += part;",
  ];
}
