/**
 * The learning rates of an optimizer.
 *
 * @module
 */
import type { Optimizer } from "./optimizer.ts";

/** The current learning rate of each group, of which there is at least one. */
export function ratesOf({ paramGroups }: Optimizer): [number, ...number[]] {
  const [first, ...others] = paramGroups;
  return [first.lr, ...others.map(({ lr }) => lr)];
}
