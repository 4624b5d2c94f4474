/**
 * Fingerprints of results: a few numbers that say whether two backends
 * computed the same.
 *
 * @module
 */

/** What is compared of a result. */
export interface Fingerprint {
  /** How many elements there are. */
  readonly size: number;
  /** The sum of the absolute values, in float64. */
  readonly magnitude: number;
  /** Sums with pseudorandom signs: each moves when any element does. */
  readonly sketches: readonly number[];
}

const SKETCHES = 2;

/** Takes the fingerprint of some elements. */
export function fingerprint(data: ArrayLike<number>): Fingerprint {
  const sketches = new Array<number>(SKETCHES).fill(0);
  let magnitude = 0;
  let bits = 0x9e3779b9;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    magnitude += Math.abs(value);
    // xorshift, so that the signs of neighbours have nothing in common.
    bits ^= bits << 13;
    bits ^= bits >>> 17;
    bits ^= bits << 5;
    for (let s = 0; s < SKETCHES; s++) {
      sketches[s]! += (bits >>> (7 * s)) & 1 ? value : -value;
    }
  }
  return { size: data.length, magnitude, sketches };
}

/**
 * Says how two results differ, or null where they agree to within `tolerance`
 * of their magnitude.
 */
export function difference(
  a: Fingerprint,
  b: Fingerprint,
  tolerance: number,
): string | null {
  if (a.size !== b.size) {
    return `${a.size} elements against ${b.size}`;
  }
  for (const { magnitude } of [a, b]) {
    if (!Number.isFinite(magnitude)) return "values that are not finite";
  }
  // A sum of n values of random sign grows with the root of n.
  const scale = Math.max(a.magnitude, b.magnitude) /
    Math.sqrt(Math.max(a.size, 1));
  const pairs = [
    [a.magnitude, b.magnitude, Math.max(a.magnitude, b.magnitude)] as const,
    ...a.sketches.map((sketch, i) => [sketch, b.sketches[i]!, scale] as const),
  ];
  for (const [x, y, unit] of pairs) {
    if (Math.abs(x - y) > tolerance * unit) {
      const relative = Math.abs(x - y) / unit;
      return `values that differ by ${relative.toExponential(1)} of their size`;
    }
  }
  return null;
}
