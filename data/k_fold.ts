/**
 * Folds for cross-validation.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { countUp, permutation, STREAM } from "./_permutation.ts";
import { drawSeed, seedOption } from "./_seed.ts";

/**
 * Options of {@linkcode KFold} and {@linkcode StratifiedKFold}.
 *
 * @example Ten folds in random order
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data } from "@tenfold/tenfold";
 *
 * const options: data.KFoldOptions = { nSplits: 10, shuffle: true, seed: 0 };
 * assertEquals(new data.KFold(options).split(100).length, 10);
 * ```
 */
export interface KFoldOptions {
  /** Number of folds. @default {5} */
  readonly nSplits?: number;
  /** Whether samples are drawn at random. @default {false} */
  readonly shuffle?: boolean;
  /** Seed of the draw. Without it, one is drawn from the global generator. */
  readonly seed?: number;
}

/**
 * Indices of the training samples and of the test samples.
 *
 * @example The number of samples of a fold
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { data, train } from "@tenfold/tenfold";
 *
 * function sizes([train, test]: data.Fold): number[] {
 *   return [train.length, test.length];
 * }
 * assertEquals(new data.KFold().split(10).map(sizes)[0], [8, 2]);
 * ```
 */
export type Fold = [train: Int32Array, test: Int32Array];

const folds = "must be an integer from 2 on";
const schema = () =>
  z.strictObject({
    nSplits: z._default(z.int(folds).check(z.gte(2, folds)), 5),
    shuffle: z._default(z.boolean("must be true or false"), false),
    seed: seedOption,
  });

/** Each fold as the samples of its number, and all the others. */
function foldsOf(numbers: Int32Array, count: number): Fold[] {
  return Array.from({ length: count }, (_, fold) => {
    const all = countUp(numbers.length);
    return [
      all.filter((i) => numbers[i] !== fold),
      all.filter((i) => numbers[i] === fold),
    ];
  });
}

/**
 * Cross-validation: divides the samples into folds of nearly the same size,
 * each of which is the test set once. Without `shuffle`, the folds are those of
 * scikit-learn.
 *
 * @example Three folds of seven samples
 * ```ts
 * import { KFold } from "@tenfold/data";
 * import { assertEquals } from "@std/assert";
 *
 * const tests = new KFold({ nSplits: 3 }).split(7).map((
 *   [, test],
 * ) => [...test]);
 * assertEquals(tests, [[0, 1, 2], [3, 4], [5, 6]]);
 * ```
 */
export class KFold {
  /** Number of folds. */
  readonly nSplits: number;
  readonly #shuffle: boolean;
  readonly #seed: number;

  /**
   * Creates the division.
   *
   * @param options `nSplits`, `shuffle` and `seed`.
   * @throws {RangeError} If there are fewer than two folds.
   */
  constructor(options: KFoldOptions = {}) {
    const parsed = parseArguments(
      schema,
      {},
      options,
      arguments,
      "make a KFold",
    );
    this.nSplits = parsed.nSplits;
    this.#shuffle = parsed.shuffle;
    this.#seed = parsed.seed ?? (parsed.shuffle ? drawSeed() : 0);
  }

  /**
   * Divides samples.
   *
   * @param samples How many there are, or anything with a length, such as a
   * dataset.
   * @returns For each fold the indices of the training samples and of the test
   * samples.
   * @throws {RangeError} If there are fewer samples than folds.
   */
  split(samples: number | { readonly length: number }): Fold[] {
    checkCount("split", arguments.length, 1);
    const length = typeof samples === "number" ? samples : samples?.length;
    const { nSplits } = this;
    if (!Number.isInteger(length) || length < nSplits) {
      throw new RangeError(
        `Cannot split samples into ${nSplits} folds as there must be as many at least: got ${length}`,
      );
    }
    const order = this.#shuffle
      ? permutation(length, this.#seed, STREAM.folds, 0)
      : countUp(length);
    const numbers = new Int32Array(length);
    let at = 0;
    for (let fold = 0; fold < nSplits; fold++) {
      const size = Math.floor(length / nSplits) +
        (fold < length % nSplits ? 1 : 0);
      for (let i = 0; i < size; i++) numbers[order[at++]!] = fold;
    }
    return foldsOf(numbers, nSplits);
  }
}

/**
 * Cross-validation that preserves the frequency of each class in every fold.
 * Without `shuffle`, the folds are those of scikit-learn.
 *
 * @example Two folds of two classes
 * ```ts
 * import { StratifiedKFold } from "@tenfold/data";
 * import { assertEquals } from "@std/assert";
 *
 * const labels = [0, 0, 0, 0, 1, 1];
 * const folds = new StratifiedKFold({ nSplits: 2 }).split(labels);
 * assertEquals(folds.map(([, test]) => [...test]), [[0, 1, 4], [2, 3, 5]]);
 * ```
 */
export class StratifiedKFold {
  /** Number of folds. */
  readonly nSplits: number;
  readonly #shuffle: boolean;
  readonly #seed: number;

  /**
   * Creates the division.
   *
   * @param options `nSplits`, `shuffle` and `seed`.
   * @throws {RangeError} If there are fewer than two folds.
   */
  constructor(options: KFoldOptions = {}) {
    const parsed = parseArguments(
      schema,
      {},
      options,
      arguments,
      "make a StratifiedKFold",
    );
    this.nSplits = parsed.nSplits;
    this.#shuffle = parsed.shuffle;
    this.#seed = parsed.seed ?? (parsed.shuffle ? drawSeed() : 0);
  }

  /**
   * Divides samples by their classes.
   *
   * @param labels The class of each sample.
   * @returns For each fold the indices of the training samples and of the test
   * samples.
   * @throws {RangeError} If a class has fewer samples than there are folds.
   */
  split(labels: ArrayLike<number | string> | Tensor): Fold[] {
    checkCount("split", arguments.length, 1);
    const { nSplits } = this;
    const list = "dataSync" in labels ? labels.dataSync() : labels;
    const members = new Map<number | string, number[]>();
    for (let i = 0; i < list.length; i++) {
      const same = members.get(list[i]!);
      if (same === undefined) members.set(list[i]!, [i]);
      else same.push(i);
    }
    const rare = [...members].find(([, all]) => all.length < nSplits);
    if (rare !== undefined || members.size === 0) {
      throw new RangeError(
        `Cannot split samples into ${nSplits} folds as each class must have as many at least: got ${
          rare ? `${rare[1].length} of ${rare[0]}` : "no samples"
        }`,
      );
    }
    const numbers = new Int32Array(list.length);
    // Where the samples of a class would lie, were all sorted by class.
    let before = 0;
    for (const all of members.values()) {
      const sizes = new Array<number>(nSplits).fill(0);
      for (let i = 0; i < all.length; i++) sizes[(before + i) % nSplits]!++;
      const dealt = sizes.flatMap((size, fold) =>
        new Array<number>(size).fill(fold)
      );
      const order = this.#shuffle
        ? permutation(all.length, this.#seed, STREAM.folds, before + 1)
        : countUp(all.length);
      all.forEach((i, k) => numbers[i] = dealt[order[k]!]!);
      before += all.length;
    }
    return foldsOf(numbers, nSplits);
  }
}
