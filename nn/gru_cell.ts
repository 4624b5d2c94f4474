/**
 * The cell of a GRU.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments, tidyNow } from "@tenfold/core/internal";
import {
  type CellOptions,
  cellSchema,
  RNNCellBase,
} from "./_recurrent_cell.ts";
import { GRU_KIND } from "./functional/_gru.ts";

/**
 * One step of a GRU; weights, gate order and initialisation are PyTorch's.
 *
 * @example Two steps
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const cell = new nn.GRUCell(3, 4);
 * const first = cell.forward(randn([2, 3]));
 * assertEquals(cell.forward(randn([2, 3]), first).shape, [2, 4]);
 * ```
 */
export class GRUCell extends RNNCellBase<[x: Tensor, state?: Tensor], Tensor> {
  /**
   * Creates the cell and initialises its weights uniformly between
   * -1/√hiddenSize and 1/√hiddenSize.
   *
   * @param inputSize Size of the last dimension of the input.
   * @param hiddenSize Size of the state.
   * @param options `bias`, `device` and `dtype`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    inputSize: number,
    hiddenSize: number,
    options: CellOptions = {},
  ) {
    super(
      GRU_KIND,
      parseArguments(
        cellSchema,
        { inputSize, hiddenSize },
        options,
        arguments,
        "make a GRUCell",
      ),
    );
  }

  /**
   * Takes one step.
   *
   * @param x `[N, inputSize]` or `[inputSize]`.
   * @param state The state before, `[N, hiddenSize]` or `[hiddenSize]`; zeros
   * where it is left out.
   * @returns The state after.
   * @throws {ShapeError} If a shape does not fit.
   */
  forward(x: Tensor, state?: Tensor): Tensor {
    checkCount("forward", arguments.length, 2);
    return tidyNow(() => this.step(x, state ?? null, null).state);
  }
}
