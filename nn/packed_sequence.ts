/**
 * Sequences of unequal length in one batch.
 *
 * @module
 */
import { cat, ShapeError, type Tensor, tensor } from "@tenfold/core";
import {
  checkCount,
  checkTensor,
  parseArguments,
  showShape,
  showValue,
  tidyNow,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { anyNumber, flag, positiveInteger } from "./_options.ts";

/**
 * Sequences of unequal length without padding: the elements of all sequences at
 * step 0, then those at step 1, and so on, the longest sequence first.
 * Recurrent layers accept it in place of a padded batch, and then return one.
 *
 * Made by {@linkcode packPaddedSequence} and {@linkcode packSequence}.
 *
 * @example Of three elements and one
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { packSequence } from "@tenfold/nn";
 *
 * const packed = packSequence([tensor([1, 2, 3]), tensor([4])]);
 * assertEquals(await packed.data.toArray(), [1, 4, 2, 3]);
 * assertEquals(packed.batchSizes, [2, 1, 1]);
 * ```
 */
export class PackedSequence implements Disposable {
  /** The elements, of shape `[sum of lengths, ...]`. */
  readonly data: Tensor;
  /** Number of sequences that have an element at each step. */
  readonly batchSizes: readonly number[];
  /**
   * Index in the batch of each sequence here; null if the order is the same.
   */
  readonly sortedIndices: readonly number[] | null;
  /**
   * Index here of each sequence of the batch; null if the order is the same.
   */
  readonly unsortedIndices: readonly number[] | null;

  /**
   * Creates a packed sequence from its parts; nothing is computed.
   *
   * @param data The elements.
   * @param batchSizes Number of sequences that have an element at each step.
   * @param sortedIndices The order of the sequences, if it was changed.
   * @throws {ShapeError} If the sizes do not add up to the rows of the data.
   */
  constructor(
    data: Tensor,
    batchSizes: readonly number[],
    sortedIndices: readonly number[] | null = null,
  ) {
    checkCount("make a PackedSequence", arguments.length, 3);
    checkTensor(data, "the data", "make a PackedSequence");
    const total = batchSizes.reduce((sum, size) => sum + size, 0);
    const falls = batchSizes.every((size, t) =>
      size > 0 && size <= (batchSizes[t - 1] ?? size)
    );
    if (total !== data.shape[0] || !falls) {
      throw new ShapeError(
        `Cannot make a PackedSequence as the batch sizes must fall and add up to the rows of the data: got sizes ${
          showShape(batchSizes)
        } and data ${showShape(data.shape)}`,
      );
    }
    this.data = data;
    this.batchSizes = batchSizes;
    this.sortedIndices = sortedIndices;
    this.unsortedIndices = sortedIndices && inverse(sortedIndices);
  }

  /** Releases the memory of the data. */
  [Symbol.dispose](): void {
    this.data.dispose();
  }
}

function inverse(order: readonly number[]): number[] {
  const places = new Array<number>(order.length);
  order.forEach((from, to) => places[from] = to);
  return places;
}

/** The rows of a dim in another order. */
export function reorder(
  x: Tensor,
  dim: number,
  order: readonly number[] | null,
): Tensor {
  if (order === null) return x;
  const index = tensor([...order], { dtype: "int32", device: x.device });
  return x.indexSelect(dim, index);
}

/**
 * Options of {@linkcode packPaddedSequence} and {@linkcode packSequence}.
 *
 * @example Sequences in any order
 * ```ts
 * import { nn, ones } from "@tenfold/tenfold";
 *
 * const options: nn.PackOptions = { enforceSorted: false };
 * const packed = nn.packSequence([ones([2, 4]), ones([3, 4])], options);
 * ```
 */
export interface PackOptions {
  /** Whether the input is `[N, T, ...]` instead of `[T, N, ...]`. @default {false} */
  readonly batchFirst?: boolean;
  /**
   * Whether the sequences must be sorted by length in decreasing order.
   *
   * @default {true}
   */
  readonly enforceSorted?: boolean;
}

const packSchema = () =>
  z.strictObject({
    batchFirst: z._default(flag, false),
    enforceSorted: z._default(flag, true),
  });

/** How many of the lengths, longest first, reach each step. */
function sizesOf(lengths: readonly number[]): number[] {
  return Array.from(
    { length: lengths[0] ?? 0 },
    (_, t) => lengths.filter((length) => length > t).length,
  );
}

function checkLengths(
  lengths: readonly number[],
  batch: number,
  longest: number,
  operation: string,
): void {
  const fits = Array.isArray(lengths) && lengths.length === batch &&
    lengths.every((n) => Number.isInteger(n) && n > 0 && n <= longest);
  if (fits) return;
  throw new RangeError(
    `Cannot ${operation} as the lengths must be an array of ${batch} integers from 1 to ${longest}: got ${
      showValue(lengths)
    }`,
  );
}

/** The order by falling length; null where they come so. */
function orderOf(
  lengths: readonly number[],
  enforceSorted: boolean,
  operation: string,
): number[] | null {
  const falls = lengths.every((n, i) => i === 0 || n <= lengths[i - 1]!);
  if (enforceSorted && !falls) {
    throw new RangeError(
      `Cannot ${operation} as the lengths must fall: got ${
        showShape(lengths)
      }, pass { enforceSorted: false }`,
    );
  }
  if (enforceSorted) return null;
  const places = lengths.map((_, i) => i);
  return places.sort((a, b) => lengths[b]! - lengths[a]! || a - b);
}

/**
 * Packs a padded batch of sequences.
 *
 * @param input Of shape `[T, N, ...]`, or `[N, T, ...]` with `batchFirst`.
 * @param lengths The length of each sequence, from 1 to T.
 * @param options `batchFirst` and `enforceSorted`.
 * @throws {RangeError} If a length is out of range, or the lengths are not in
 * decreasing order with `enforceSorted`.
 * @example Two sequences, of two elements and of one
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const padded = tensor([[1, 2], [3, 0]]);
 * const packed = nn.packPaddedSequence(padded, [2, 1], { batchFirst: true });
 * assertEquals(packed.data.toArraySync(), [1, 3, 2]);
 * assertEquals(packed.batchSizes, [2, 1]);
 * ```
 */
export function packPaddedSequence(
  input: Tensor,
  lengths: readonly number[],
  options: PackOptions = {},
): PackedSequence {
  const operation = "packPaddedSequence";
  const { batchFirst, enforceSorted } = parseArguments(
    packSchema,
    { input, lengths },
    options,
    arguments,
    operation,
  );
  checkTensor(input, "the input", operation);
  if (input.ndim < 2) {
    throw new ShapeError(
      `Cannot ${operation} as the input must have a dim of time and one of sequences: got shape ${
        showShape(input.shape)
      }`,
    );
  }
  const [first, second] = input.shape;
  const [longest, batch] = batchFirst ? [second!, first!] : [first!, second!];
  checkLengths(lengths, batch, longest, operation);
  const order = orderOf(lengths, enforceSorted, operation);
  const sorted = order ? order.map((i) => lengths[i]!) : lengths;
  const sizes = sizesOf(sorted);
  const data = tidyNow(() => {
    const timeFirst = batchFirst ? input.transpose(0, 1) : input;
    const rows = reorder(timeFirst, 1, order);
    return cat(sizes.map((size, t) => rows.select(0, t).narrow(0, 0, size)));
  });
  return new PackedSequence(data, sizes, order);
}

/**
 * Packs a list of sequences, each `[length, ...]`.
 *
 * @param sequences The sequences.
 * @param options `enforceSorted`.
 * @throws {RangeError} If the lengths are not in decreasing order with
 * `enforceSorted`.
 * @example The longest comes first
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const packed = nn.packSequence([tensor([1]), tensor([2, 3])], {
 *   enforceSorted: false,
 * });
 * assertEquals(packed.data.toArraySync(), [2, 1, 3]);
 * ```
 */
export function packSequence(
  sequences: readonly Tensor[],
  options: Pick<PackOptions, "enforceSorted"> = {},
): PackedSequence {
  checkCount("packSequence", arguments.length, 2);
  checkSequences(sequences, "packSequence");
  const lengths = sequences.map((x) => x.shape[0]!);
  const padded = padSequence(sequences);
  try {
    return packPaddedSequence(padded, lengths, options);
  } finally {
    padded.dispose();
  }
}

/**
 * Options of {@linkcode padPackedSequence}.
 *
 * @example Six steps, filled with -1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, ones } from "@tenfold/tenfold";
 *
 * const packed = nn.packSequence([ones([3, 4]), ones([2, 4])]);
 * const options: nn.PadPackedOptions = { totalLength: 6, paddingValue: -1 };
 * const [padded] = nn.padPackedSequence(packed, options);
 * assertEquals(padded.shape, [6, 2, 4]);
 * ```
 */
export interface PadPackedOptions {
  /** Whether the result is `[N, T, ...]` instead of `[T, N, ...]`. @default {false} */
  readonly batchFirst?: boolean;
  /** Value of the padding. @default {0} */
  readonly paddingValue?: number;
  /** Length to pad to. @default {the longest length} */
  readonly totalLength?: number;
}

const padPackedSchema = () =>
  z.strictObject({
    batchFirst: z._default(flag, false),
    paddingValue: z._default(anyNumber, 0),
    totalLength: z.optional(positiveInteger),
  });

/**
 * Pads a packed batch of sequences: the inverse of
 * {@linkcode packPaddedSequence}.
 *
 * @param sequence The packed batch.
 * @param options `batchFirst`, `paddingValue` and `totalLength`.
 * @returns The batch, in the order before packing, and the lengths.
 * @throws {RangeError} If `totalLength` is less than the longest length.
 * @example There and back
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const packed = nn.packSequence([tensor([1, 2]), tensor([3])]);
 * const [padded, lengths] = nn.padPackedSequence(packed, { batchFirst: true });
 * assertEquals(padded.toArraySync(), [[1, 2], [3, 0]]);
 * assertEquals(lengths, [2, 1]);
 * ```
 */
export function padPackedSequence(
  sequence: PackedSequence,
  options: PadPackedOptions = {},
): [padded: Tensor, lengths: number[]] {
  const operation = "padPackedSequence";
  const { batchFirst, paddingValue, totalLength } = parseArguments(
    padPackedSchema,
    { sequence },
    options,
    arguments,
    operation,
  );
  checkPacked(sequence, operation);
  const { data, batchSizes, unsortedIndices } = sequence;
  const longest = batchSizes.length;
  if (totalLength !== undefined && totalLength < longest) {
    throw new RangeError(
      `Cannot ${operation} to a length of ${totalLength} as the longest sequence has ${longest} elements`,
    );
  }
  const batch = batchSizes[0]!;
  const sorted = Array.from(
    { length: batch },
    (_, i) => batchSizes.filter((size) => size > i).length,
  );
  const lengths = unsortedIndices
    ? unsortedIndices.map((i) => sorted[i]!)
    : sorted;
  const padded = tidyNow(() => {
    let start = 0;
    const rest = data.shape.slice(1);
    const rows = batchSizes.map((size) => {
      const step = data.narrow(0, start, size);
      start += size;
      const amounts = [...rest.flatMap(() => [0, 0]), 0, batch - size];
      const whole = size === batch
        ? step
        : step.pad(amounts, { value: paddingValue });
      return whole.unsqueeze(0);
    });
    const missing = (totalLength ?? longest) - longest;
    const amounts = [...rest.flatMap(() => [0, 0]), 0, 0, 0, missing];
    const joined = cat(rows);
    const timeFirst = reorder(
      missing > 0 ? joined.pad(amounts, { value: paddingValue }) : joined,
      1,
      unsortedIndices,
    );
    return batchFirst ? timeFirst.transpose(0, 1) : timeFirst;
  });
  return [padded, lengths];
}

/**
 * Options of {@linkcode padSequence}.
 *
 * @example The batch first
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, ones } from "@tenfold/tenfold";
 *
 * const options: nn.PadSequenceOptions = { batchFirst: true };
 * const padded = nn.padSequence([ones([3, 4]), ones([2, 4])], options);
 * assertEquals(padded.shape, [2, 3, 4]);
 * ```
 */
export interface PadSequenceOptions {
  /** Whether the result is `[N, T, ...]` instead of `[T, N, ...]`. @default {false} */
  readonly batchFirst?: boolean;
  /** Value of the padding. @default {0} */
  readonly paddingValue?: number;
}

const padSchema = () =>
  z.strictObject({
    batchFirst: z._default(flag, false),
    paddingValue: z._default(anyNumber, 0),
  });

/**
 * Pads sequences of unequal length to a batch.
 *
 * @param sequences Each of shape `[length, ...]`.
 * @param options `batchFirst` and `paddingValue`.
 * @returns Of shape `[T, N, ...]`, or `[N, T, ...]` with `batchFirst`.
 * @throws {ShapeError} If there are no sequences, or their other extents
 * differ.
 * @example Zeros after the shorter one
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const sequences = [tensor([1, 2]), tensor([3])];
 * const padded = nn.padSequence(sequences, { batchFirst: true });
 * assertEquals(padded.toArraySync(), [[1, 2], [3, 0]]);
 * ```
 */
export function padSequence(
  sequences: readonly Tensor[],
  options: PadSequenceOptions = {},
): Tensor {
  const operation = "padSequence";
  const { batchFirst, paddingValue } = parseArguments(
    padSchema,
    { sequences },
    options,
    arguments,
    operation,
  );
  checkSequences(sequences, operation);
  const longest = Math.max(...sequences.map((x) => x.shape[0]!));
  return tidyNow(() => {
    const rows = sequences.map((x) => {
      const amounts = [
        ...x.shape.slice(1).flatMap(() => [0, 0]),
        0,
        longest - x.shape[0]!,
      ];
      return x.pad(amounts, { value: paddingValue });
    });
    const dim = batchFirst ? 0 : 1;
    return cat(rows.map((row) => row.unsqueeze(dim)), dim);
  });
}

/** Refuses anything but sequences with a dim of time. */
function checkSequences(
  sequences: readonly Tensor[],
  operation: string,
): void {
  if (!Array.isArray(sequences) || sequences.length === 0) {
    throw new TypeError(
      `Cannot ${operation} as the sequences must be an array of tensors: got ${
        showValue(sequences)
      }`,
    );
  }
  for (const [i, sequence] of sequences.entries()) {
    checkTensor(sequence, `sequence ${i}`, operation);
    const rest = sequence.shape.slice(1).join();
    if (
      sequence.ndim > 0 && rest === sequences[0]!.shape.slice(1).join()
    ) continue;
    throw new ShapeError(
      `Cannot ${operation} as all sequences must be [length, ...] with the same further extents: got ${
        showShape(sequences[0]!.shape)
      } and ${showShape(sequence.shape)}`,
    );
  }
}

function checkPacked(
  value: unknown,
  operation: string,
): asserts value is PackedSequence {
  if (value instanceof PackedSequence) return;
  throw new TypeError(
    `Cannot ${operation} as the sequence must be a PackedSequence: got ${
      showValue(value)
    }, make one with packPaddedSequence`,
  );
}
