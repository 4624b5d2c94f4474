/**
 * Histograms of numbers.
 *
 * @module
 */
import type { Histogram } from "./loggers/_events.ts";

/**
 * How the finite ones of some numbers are spread over intervals of one width;
 * null where there are none.
 */
export function histogramOf(
  numbers: ArrayLike<number>,
  intervals = 64,
): Histogram | null {
  let [min, max, count, sum, sumOfSquares] = [Infinity, -Infinity, 0, 0, 0];
  for (let i = 0; i < numbers.length; i++) {
    const x = numbers[i]!;
    if (!Number.isFinite(x)) continue;
    if (x < min) min = x;
    if (x > max) max = x;
    count++;
    sum += x;
    sumOfSquares += x * x;
  }
  if (count === 0) return null;
  const width = (max - min) / intervals;
  // All numbers are the same, or their distance is nothing or infinite.
  if (!(width > 0 && width < Infinity)) {
    const [limits, buckets] = [[max], [count]];
    return { min, max, count, sum, sumOfSquares, limits, buckets };
  }
  const buckets = new Array<number>(intervals).fill(0);
  for (let i = 0; i < numbers.length; i++) {
    const x = numbers[i]!;
    if (!Number.isFinite(x)) continue;
    buckets[Math.min(intervals - 1, Math.floor((x - min) / width))]!++;
  }
  const limits = buckets.map((_, i) =>
    i === intervals - 1 ? max : min + (i + 1) * width
  );
  return { min, max, count, sum, sumOfSquares, limits, buckets };
}
