/**
 * What the lessons share: announcing what comes next, measuring, and checking a
 * result before it is used.
 *
 * @module
 */
import { currentBackend, type Tensor } from "@tenfold/tenfold";

/** Begins a part of a lesson. */
export function part(title: string): void {
  console.log(`\n${title}\n${"─".repeat(title.length)}`);
}

/**
 * Prints a claim if it holds.
 *
 * @throws {Error} If it does not.
 */
export function check(claim: string, holds: boolean): void {
  if (!holds) throw new Error(`Check failed: ${claim}`);
  console.log(`✓ ${claim}`);
}

/**
 * The largest difference of two tensors, as a part of the largest number in
 * the expected one.
 */
export async function relativeError(
  actual: Tensor,
  expected: Tensor,
): Promise<number> {
  if (actual.shape.join() !== expected.shape.join()) {
    throw new Error(
      `Check failed: the shapes [${actual.shape}] and [${expected.shape}] differ`,
    );
  }
  const [a, b] = [await actual.data(), await expected.data()];
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < b.length; i++) {
    // Math.max keeps a NaN, so that one wrong number is never overlooked.
    difference = Math.max(difference, Math.abs(a[i]! - b[i]!));
    largest = Math.max(largest, Math.abs(b[i]!));
  }
  return difference === 0 ? 0 : difference / largest;
}

/**
 * Prints that tensors agree, and how closely: of several pairs, the one that
 * agrees least.
 *
 * @throws {Error} If they do not.
 */
export async function checkClose(
  claim: string,
  actual: Tensor | readonly Tensor[],
  expected: Tensor | readonly Tensor[],
  tolerance = 1e-5,
): Promise<void> {
  const [found, wanted] = [[actual].flat(), [expected].flat()];
  if (found.length !== wanted.length) {
    throw new Error(
      `Check failed: ${claim}: ${found.length} tensors, not ${wanted.length}`,
    );
  }
  let error = 0;
  for (const [i, tensor] of found.entries()) {
    error = Math.max(error, await relativeError(tensor, wanted[i]!));
  }
  const shown = error === 0 ? "exactly" : `relative error ${showError(error)}`;
  check(`${claim} (${shown})`, error <= tolerance);
}

/** An error as text. */
function showError(error: number): string {
  return Number.isFinite(error) ? error.toExponential(0) : String(error);
}

/** Waits until the device has done all that it was asked for. */
export async function ready(): Promise<void> {
  // Those that compute at once have nothing to wait for.
  await currentBackend().synchronize?.();
}

/**
 * The time of one call, in milliseconds: the best of several rounds, each of
 * as many calls as fit into about 20 ms.
 */
export async function millisecondsOf(work: () => Tensor): Promise<number> {
  const round = async (calls: number): Promise<number> => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) work().dispose();
    await ready();
    return (performance.now() - start) / calls;
  };
  await round(3); // the first calls compile kernels
  const calls = Math.max(1, Math.min(500, Math.ceil(20 / await round(1))));
  let best = Infinity;
  for (let i = 0; i < 4; i++) best = Math.min(best, await round(calls));
  return best;
}

/** Milliseconds as text, with the digits that mean something. */
export function showMs(milliseconds: number): string {
  return `${milliseconds.toPrecision(3).padStart(8)} ms`;
}
