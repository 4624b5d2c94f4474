/**
 * Long sums of products in parts: a running sum loses digits as it grows, so
 * that each part is summed apart, and then the parts. (Two sums for each result
 * in one invocation cost 40 % on llvmpipe, as there are no registers for them.)
 *
 * @module
 */
import type { Profile } from "../device/profile.ts";

/** The most terms of a sum that is not split for its digits. */
const MAX_UNSPLIT = 1024;
/** Terms of a part. */
const MAX_CHUNK = 512;
/** Bytes of the parts that are kept at once. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Parts that are summed up before their sum is added to the others'. */
const RUN = 32;

/** Parts that are computed together. */
export interface Pass {
  /** The first one. */
  readonly from: number;
  /** The number of parts. */
  readonly splits: number;
}

/** The split of a sum into parts. */
export interface Parts {
  /** Terms of a part. */
  readonly chunk: number;
  /** The passes, in order. */
  readonly passes: readonly Pass[];
}

/**
 * Cuts `terms` into parts: about `wanted` of them to keep the device busy, where
 * there is room, and as many as a sum needs to keep its digits.
 *
 * @param outputs The number of sums.
 * @param multiple The length of a part is a multiple of this.
 */
export function splitK(
  profile: Profile,
  { multiple, outputs, terms, wanted }: {
    readonly multiple: number;
    readonly outputs: number;
    readonly terms: number;
    readonly wanted: number;
  },
): Parts {
  const bytes = Math.min(profile.maxBindingBytes, MAX_BYTES);
  const room = Math.max(1, Math.floor(bytes / (outputs * 4)));
  const least = terms <= MAX_UNSPLIT ? 1 : Math.ceil(terms / MAX_CHUNK);
  const count = Math.max(1, Math.min(wanted, room), least);
  const chunk = Math.max(1, Math.ceil(terms / count / multiple)) * multiple;
  const splits = Math.max(1, Math.ceil(terms / chunk));
  return {
    chunk,
    passes: Array.from({ length: Math.ceil(splits / room) }, (_, i) => ({
      from: i * room,
      splits: Math.min(room, splits - i * room),
    })),
  };
}

/** Statements that sum parts up in runs; `sum` has it then. */
export function sumPartials(
  type: string,
  count: string,
  part: (number: string) => string,
): string[] {
  return [
    `var sum = ${type}();`,
    `var run = ${type}();`,
    `for (var part = 0u; part < ${count}; part++) {`,
    `run += ${part("part")};`,
    `if ((part & ${RUN - 1}u) == ${RUN - 1}u) {`,
    "sum += run;",
    `run = ${type}();`,
    "}",
    "}",
    "sum += run;",
  ];
}
