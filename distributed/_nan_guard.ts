/**
 * NaN in reductions whose results MPI leaves open.
 *
 * @module
 */
import type { Communicator, HostArray, Reduction } from "./_communicator.ts";
import { allocateLike } from "./_host.ts";

/** What is done with the elements before and after a reduction. */
export interface NanGuard {
  /** Whether elements may be changed before. */
  readonly guards: boolean;
  /** Finds out, with all ranks, where there is NaN. */
  before(data: HostArray, ranks: Communicator): HostArray;
  /** Puts NaN where one rank had it. */
  after(data: HostArray, from?: number): void;
}

/**
 * MPI leaves open what becomes of NaN in a maximum, and its ranks may come to
 * different results: places of NaN are found by a sum.
 */
export function nanGuard(op: Reduction | "mean"): NanGuard {
  const guards = op === "max" || op === "min";
  let places: HostArray | null = null;
  return {
    guards,
    before(data: HostArray, ranks: Communicator): HostArray {
      if (!guards || data instanceof Int32Array || ranks.size === 1) {
        return data;
      }
      const any = new Int32Array(1);
      for (let i = 0; i < data.length; i++) {
        if (data[i] !== data[i]) any[0] = 1;
      }
      ranks.wait(ranks.allReduce(any, "sum"), "find NaN");
      if (any[0] === 0) return data;
      places = allocateLike(data, data.length);
      for (let i = 0; i < data.length; i++) {
        if (data[i] === data[i]) continue;
        places[i] = NaN;
        data[i] = 0;
      }
      ranks.wait(ranks.allReduce(places, "sum"), "find NaN");
      return data;
    },
    after(data: HostArray, from = 0): void {
      if (places === null) return;
      for (let i = 0; i < data.length; i++) {
        if (places[from + i] !== 0) data[i] = NaN;
      }
    },
  };
}
