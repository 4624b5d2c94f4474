/**
 * A dataset of rows of tensors.
 *
 * @module
 */
import { type Device, ShapeError, type Tensor, tensor } from "@tenfold/core";
import {
  checkCount,
  checkTensor,
  showShape,
  tidyNow,
} from "@tenfold/core/internal";
import { checkIndex, type Dataset } from "./dataset.ts";

/**
 * Rows of one or several tensors: sample `i` is `[a.select(0, i), …]`. A loader
 * makes each batch with one gather per tensor.
 *
 * The dataset uses the tensors that it is given and does not own them: keep
 * them alive while it is in use.
 *
 * @typeParam Tensors The tuple of tensors.
 *
 * @example Features and labels
 * ```ts
 * import { data, tensor } from "@tenfold/tenfold";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2], [3, 4], [5, 6]]);
 * const y = tensor([0, 1, 0], { dtype: "int32" });
 * const dataset = new data.TensorDataset(x, y);
 * const [features, label] = dataset.get(1);
 * assertEquals(await features.toArray(), [3, 4]);
 * assertEquals(await label.item(), 1);
 * ```
 */
export class TensorDataset<
  const Tensors extends readonly [Tensor, ...Tensor[]] = readonly [
    Tensor,
    ...Tensor[],
  ],
> implements Dataset<Tensors> {
  /** The tensors whose rows are the samples. */
  readonly tensors: Tensors;
  /** Number of samples. */
  readonly length: number;

  /**
   * Makes a dataset of the rows of tensors.
   *
   * @param tensors Tensors of the same extent along dim 0.
   * @throws {ShapeError} If there is none, one is 0-d, or the extents differ.
   */
  constructor(...tensors: Tensors) {
    for (const each of tensors) {
      checkTensor(each, "each argument", "make a TensorDataset");
    }
    const length = tensors[0]?.shape[0];
    if (
      length === undefined || tensors.some((each) => each.shape[0] !== length)
    ) {
      throw new ShapeError(
        `Cannot make a TensorDataset as the tensors must have the same extent along dim 0: got shapes ${
          tensors.map((each) => showShape(each.shape)).join(", ") || "none"
        }`,
      );
    }
    this.tensors = tensors;
    this.length = length;
  }

  /**
   * One sample: row `index` of each tensor, as views.
   *
   * @param index From 0 to `length - 1`.
   * @returns A row of each tensor.
   * @throws {RangeError} If the index is out of range.
   */
  get(index: number): Tensors {
    checkCount("get", arguments.length, 1);
    checkIndex(index, this.length);
    return this.tensors.map((each) =>
      each.select(0, index)
    ) as unknown as Tensors;
  }

  /**
   * Several samples: the rows of each tensor, gathered into tensors of their
   * own.
   *
   * @param indices The samples, in order.
   * @returns For each tensor its rows, of shape `[indices.length, ...]`.
   * @throws {RangeError} If an index is out of range.
   */
  getBatch(indices: Int32Array): Tensors {
    checkCount("getBatch", arguments.length, 1);
    indices.forEach((index) => checkIndex(index, this.length));
    // What is made on the way is released; the rows go to the caller's scope.
    return tidyNow(() => {
      const positions = new Map<Device, Tensor>();
      return this.tensors.map((each) => {
        const { device } = each;
        const position = positions.get(device) ?? tensor(indices, { device });
        positions.set(device, position);
        return each.indexSelect(0, position);
      }) as unknown as Tensors;
    });
  }
}
