/**
 * The cell of an LSTM.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments, tidyNow } from "@tenfold/core/internal";
import { pairOf } from "./_recurrent.ts";
import {
  type CellOptions,
  cellSchema,
  RNNCellBase,
} from "./_recurrent_cell.ts";
import { LSTM_KIND } from "./functional/_lstm.ts";

/**
 * One step of an LSTM; weights, gate order and initialisation are PyTorch's.
 *
 * @example Two steps
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const cell = new nn.LSTMCell(3, 4);
 * let state = cell.forward(randn([2, 3]));
 * state = cell.forward(randn([2, 3]), state);
 * assertEquals(state.map(({ shape }) => shape), [[2, 4], [2, 4]]);
 * ```
 */
export class LSTMCell extends RNNCellBase<
  [x: Tensor, state?: readonly [h: Tensor, c: Tensor]],
  [h: Tensor, c: Tensor]
> {
  /**
   * Creates the cell and initialises its weights uniformly between
   * -1/√hiddenSize and 1/√hiddenSize.
   *
   * @param inputSize Size of the last dimension of the input.
   * @param hiddenSize Size of state and cell.
   * @param options `bias`, `device` and `dtype`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    inputSize: number,
    hiddenSize: number,
    options: CellOptions = {},
  ) {
    super(
      LSTM_KIND,
      parseArguments(
        cellSchema,
        { inputSize, hiddenSize },
        options,
        arguments,
        "make an LSTMCell",
      ),
    );
  }

  /**
   * Takes one step.
   *
   * @param x `[N, inputSize]` or `[inputSize]`.
   * @param state The state and cell before, `[N, hiddenSize]` or
   * `[hiddenSize]`; zeros where they are left out.
   * @returns State and cell after.
   * @throws {ShapeError} If a shape does not fit.
   */
  forward(
    x: Tensor,
    state?: readonly [h: Tensor, c: Tensor],
  ): [h: Tensor, c: Tensor] {
    checkCount("forward", arguments.length, 2);
    const [h, c] = pairOf(state, "apply LSTMCell");
    return tidyNow(() => {
      const { state, cell } = this.step(x, h, c);
      return [state, cell!];
    });
  }
}
