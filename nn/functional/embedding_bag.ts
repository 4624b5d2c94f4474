import {
  arange,
  DTypeError,
  ShapeError,
  type Tensor,
  zeros,
} from "@tenfold/core";
import { indexAdd, scatterReduce, searchsorted } from "@tenfold/core/functions";
import {
  checkTensor,
  refuseValues,
  showShape,
  tidyNow,
} from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { checkOptions, dim, flag, oneOf, tensorOption } from "../_options.ts";
import {
  tableFields,
  type TableOptions,
  tableOptionsOf,
} from "./_table_rows.ts";
import { embedding, resolvePadding } from "./embedding.ts";

/**
 * How the rows of a bag are reduced to one.
 *
 * @example The largest of each column
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const mode: nn.EmbeddingBagMode = "max";
 * const bags = new nn.EmbeddingBag(10, 4, { mode });
 * ```
 */
export type EmbeddingBagMode = "sum" | "mean" | "max";

/**
 * Options of bags that a layer keeps.
 *
 * @example A row that does not count
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.EmbeddingBagFacts = { mode: "mean", paddingIdx: 0 };
 * const bags = new nn.EmbeddingBag(10, 4, options);
 * ```
 */
export interface EmbeddingBagFacts extends TableOptions {
  /** How the rows of a bag are reduced. @default {"mean"} */
  readonly mode?: EmbeddingBagMode;
  /**
   * Index of a row that is left out of its bag and gets no gradient; negative ones
   * count from the last.
   */
  readonly paddingIdx?: number;
  /**
   * Whether the last offset is the number of indices.
   *
   * @default {false}
   */
  readonly includeLastOffset?: boolean;
}

/**
 * Options of {@linkcode embeddingBag}.
 *
 * @example Bags of two rows and of one
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.EmbeddingBagFunctionOptions = {
 *   offsets: tensor([0, 2], { dtype: "int32" }),
 * };
 * const index = tensor([1, 2, 3], { dtype: "int32" });
 * const y = nn.functional.embeddingBag(index, randn([10, 4]), options);
 * assertEquals(y.shape, [2, 4]);
 * ```
 */
export interface EmbeddingBagFunctionOptions extends EmbeddingBagFacts {
  /** Where each bag of a 1-D index begins, int32, ascending from 0. */
  readonly offsets?: Tensor;
  /** Weight of each row, of the shape of the index; for mode `"sum"`. */
  readonly perSampleWeights?: Tensor;
}

/** The fields of {@linkcode EmbeddingBagFacts}. */
export const bagFields = () => ({
  mode: z.optional(oneOf("sum", "mean", "max")),
  paddingIdx: z.optional(dim),
  includeLastOffset: z.optional(flag),
  ...tableFields(),
});
const schema = () =>
  z.strictObject({
    ...bagFields(),
    offsets: z.optional(tensorOption),
    perSampleWeights: z.optional(tensorOption),
  });

const OPERATION = "apply embeddingBag";

/**
 * Looks up rows of a table and reduces those of each bag to one, without
 * padding bags of unequal size. Empty bags give zeros.
 *
 * @param index Int32: `[bags, n]` for bags of one size, or `[n]` with `offsets`.
 * @param weight Of shape `[rows, columns]`.
 * @param options `mode`, `offsets`, `perSampleWeights`, `paddingIdx`,
 * `includeLastOffset`, `maxNorm`, `normType` and `scaleGradByFreq`.
 * @returns Of shape `[bags, columns]`.
 * @throws {DTypeError} If index or offsets are not int32.
 * @throws {ShapeError} If shapes do not fit.
 * @throws {IndexError} If an index is out of range.
 * @throws {RangeError} If the offsets do not ascend from 0 to at most the number of
 * indices, there are weights in another mode than `"sum"`, or `scaleGradByFreq`
 * in mode `"max"`.
 * @example A bag of two rows, an empty one, and one of one row
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const table = tensor([[1, 2], [3, 4], [5, 6]]);
 * const index = tensor([2, 0, 1], { dtype: "int32" });
 * const offsets = tensor([0, 2, 2], { dtype: "int32" });
 * const y = functional.embeddingBag(index, table, { offsets, mode: "sum" });
 * assertEquals(await y.toArray(), [[6, 8], [0, 0], [3, 4]]);
 * ```
 */
export function embeddingBag(
  index: Tensor,
  weight: Tensor,
  options: EmbeddingBagFunctionOptions = {},
): Tensor {
  checkOptions(schema, options, OPERATION, arguments.length - 3);
  checkTensor(index, "the index", OPERATION);
  checkTensor(weight, "the weight", OPERATION);
  const { mode = "mean", paddingIdx, perSampleWeights } = options;
  if (perSampleWeights && mode !== "sum") {
    throw new RangeError(
      `Cannot ${OPERATION} with perSampleWeights in mode "${mode}": use mode "sum"`,
    );
  }
  if (mode === "max" && options.scaleGradByFreq) {
    throw new RangeError(
      `Cannot ${OPERATION} with scaleGradByFreq in mode "max": use mode "sum" or "mean"`,
    );
  }
  if (
    perSampleWeights && perSampleWeights.shape.join() !== index.shape.join()
  ) {
    throw new ShapeError(
      `Cannot ${OPERATION} as perSampleWeights must have the shape of the index, ${
        showShape(index.shape)
      }: got ${showShape(perSampleWeights.shape)}`,
    );
  }
  return tidyNow(() => {
    const { bags, count } = bagsOf(index, options);
    const flat = index.flatten();
    const rows = embedding(flat, weight, tableOptionsOf(options));
    const { dtype, device } = weight;
    const padding = resolvePadding(paddingIdx, weight.shape[0]!);
    const takes = padding === null ? null : flat.ne(padding);
    const empty = zeros([count, weight.shape[1]!], { dtype, device });
    if (mode === "max") {
      // What is left out goes to one more bag, which is left out then.
      const places = takes ? bags.where(takes, count) : bags;
      const room = takes ? empty.pad([0, 0, 0, 1]) : empty;
      const most = scatterReduce(
        room,
        0,
        places.unsqueeze(1).expand(rows.shape),
        rows,
        "amax",
        { includeSelf: false },
      );
      return takes ? most.narrow(0, 0, count) : most;
    }
    const weighted = perSampleWeights
      ? rows.mul(perSampleWeights.reshape([-1, 1]))
      : rows;
    const taken = takes ? weighted.where(takes.unsqueeze(1), 0) : weighted;
    const sums = indexAdd(empty, 0, bags, taken);
    if (mode === "sum") return sums;
    const each = takes
      ? takes.cast(dtype)
      : zeros(flat.shape, { dtype, device }).add(1);
    const sizes = indexAdd(zeros([count], { dtype, device }), 0, bags, each);
    return sums.div(sizes.clamp({ min: 1 }).unsqueeze(1));
  });
}

/** The bag of each index, int32, and how many bags there are. */
function bagsOf(
  index: Tensor,
  { offsets, includeLastOffset = false }: EmbeddingBagFunctionOptions,
): { bags: Tensor<"int32">; count: number } {
  const { device, ndim, shape } = index;
  if (ndim !== (offsets ? 1 : 2)) {
    throw new ShapeError(
      `Cannot ${OPERATION} as the index must be [bags, n], or [n] with offsets: got ${
        showShape(shape)
      }${offsets ? " with offsets" : ""}`,
    );
  }
  if (!offsets) {
    const [count, size] = shape as [number, number];
    const bags = arange(count, { device }).unsqueeze(1).expand([count, size]);
    return { bags: bags.reshape([count * size]) as Tensor<"int32">, count };
  }
  if (offsets.dtype !== "int32") {
    throw new DTypeError(
      `Cannot ${OPERATION} as the offsets must be int32: got ${offsets.dtype}`,
    );
  }
  const least = includeLastOffset ? 1 : 0;
  if (offsets.ndim !== 1 || offsets.size < least) {
    throw new ShapeError(
      `Cannot ${OPERATION} as the offsets must be [bags${
        includeLastOffset ? " + 1" : ""
      }]: got ${showShape(offsets.shape)}`,
    );
  }
  const length = shape[0]!;
  const count = offsets.size - least;
  const starts = offsets.narrow(0, 0, count) as Tensor<"int32">;
  refuseValues(
    OPERATION,
    () => {
      // Where each bag begins beside where the one before does.
      const ends = offsets.pad([0, 1], { value: length });
      const begins = offsets.pad([1, 0]);
      const wrong = ends.lt(begins).cast("int32").sum();
      // Nothing may stand before the first, and with the last one behind it.
      const gaps = count > 0 ? starts.narrow(0, 0, 1).ne(0).sum() : null;
      const last = includeLastOffset
        ? offsets.narrow(0, count, 1).ne(length).sum()
        : null;
      return [gaps, last].reduce<Tensor>(
        (all, one) => one ? all.add(one) : all,
        wrong,
      );
    },
    () =>
      new RangeError(
        `Cannot ${OPERATION} as the offsets must ascend from 0 to ${
          includeLastOffset ? "the last one, which is" : "at most"
        } the number of indices, ${length}`,
      ),
  );
  const positions = arange(length, { device });
  const bags = count === 0
    ? positions
    : searchsorted(starts, positions, { right: true }).sub(1);
  return { bags: bags as Tensor<"int32">, count };
}
