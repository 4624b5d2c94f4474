/**
 * Medians and spreads.
 *
 * @module
 */

/** What is kept of some samples. */
export interface Summary {
  /** Half of the samples are below. */
  readonly median: number;
  /** A quarter of the samples is below. */
  readonly p25: number;
  /** A quarter of the samples is above. */
  readonly p75: number;
  /** The least sample. */
  readonly min: number;
}

/** The value below which a part `q` of sorted numbers lies. */
export function quantile(sorted: readonly number[], q: number): number {
  if (sorted.length === 0) {
    throw new RangeError("Cannot take a quantile of nothing");
  }
  const place = q * (sorted.length - 1);
  const low = sorted[Math.floor(place)]!;
  const high = sorted[Math.ceil(place)]!;
  return low + (high - low) * (place - Math.floor(place));
}

/** Numbers in ascending order, as a new array. */
export function ascending(numbers: readonly number[]): number[] {
  return [...numbers].sort((a, b) => a - b);
}

/** The value in the middle. */
export function median(numbers: readonly number[]): number {
  return quantile(ascending(numbers), 0.5);
}

/** Summarizes samples. */
export function summarize(samples: readonly number[]): Summary {
  const sorted = ascending(samples);
  return {
    median: quantile(sorted, 0.5),
    p25: quantile(sorted, 0.25),
    p75: quantile(sorted, 0.75),
    min: sorted[0]!,
  };
}

/** At most `count` of many samples, such that their quantiles stay. */
export function thin(samples: readonly number[], count: number): number[] {
  const sorted = ascending(samples);
  if (sorted.length <= count) return sorted;
  return Array.from(
    { length: count },
    (_, i) => quantile(sorted, i / (count - 1)),
  );
}

/** The mean. */
export function mean(numbers: readonly number[]): number {
  return numbers.reduce((total, x) => total + x, 0) / numbers.length;
}

/** The geometric mean, the middle of ratios. */
export function geometricMean(numbers: readonly number[]): number {
  const sum = numbers.reduce((total, x) => total + Math.log(x), 0);
  return Math.exp(sum / numbers.length);
}
