/**
 * What schedules that cycle momentum share.
 *
 * @module
 */
import type { Optimizer } from "./optimizer.ts";

/** A group with a momentum, by whichever name. */
interface WithMomentum {
  lr: number;
  momentum?: number;
  betas?: [number, number];
}

/** One value for each group. */
export function forGroups<T>(
  operation: string,
  name: string,
  value: T | readonly T[],
  groups: number,
  what = "number",
): readonly T[] {
  if (!Array.isArray(value)) return new Array<T>(groups).fill(value as T);
  if (value.length === groups) return value;
  throw new RangeError(
    `Cannot ${operation} as ${name} must be a ${what}, or one for each of ${groups} groups: got ${value.length}`,
  );
}

/** Refuses groups without a momentum. */
export function requireMomentum(schedule: string, optimizer: Optimizer): void {
  const groups: readonly WithMomentum[] = optimizer.paramGroups;
  if (
    groups.every(({ momentum, betas }) =>
      momentum !== undefined || betas !== undefined
    )
  ) return;
  throw new RangeError(
    `Cannot make a ${schedule} as the optimizer has no momentum to change: pass { cycleMomentum: false }`,
  );
}

/** Refuses to step groups of another number than at the start. */
export function requireGroups(
  schedule: string,
  optimizer: Optimizer,
  groups: number,
): void {
  const { length } = optimizer.paramGroups;
  if (length === groups) return;
  throw new RangeError(
    `Cannot step a ${schedule} as the optimizer has another number of groups: got ${length}, expected ${groups}; make the schedule after addParamGroup`,
  );
}

/** Sets the momentum of a group: of Adam and its kin, the first decay rate. */
export function setMomentum(group: WithMomentum, momentum: number): void {
  if (group.betas) group.betas = [momentum, group.betas[1]];
  else group.momentum = momentum;
}
