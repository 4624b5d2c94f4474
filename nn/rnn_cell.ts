/**
 * The cell of an Elman recurrent layer.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments, tidyNow } from "@tenfold/core/internal";
import {
  type CellOptions,
  RNNCellBase,
  rnnCellSchema,
} from "./_recurrent_cell.ts";
import { type Nonlinearity, RNN_KINDS } from "./functional/_rnn.ts";

/**
 * Options of {@linkcode RNNCell}.
 *
 * @example ReLU in place of tanh
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.RNNCellOptions = { nonlinearity: "relu" };
 * const cell = new nn.RNNCell(4, 8, options);
 * ```
 */
export interface RNNCellOptions extends CellOptions {
  /** The nonlinearity, `"tanh"` or `"relu"`. @default {"tanh"} */
  readonly nonlinearity?: Nonlinearity;
}

/**
 * One step of an {@linkcode RNN}; weights and initialisation are PyTorch's.
 *
 * @example Two steps
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const cell = new nn.RNNCell(3, 4);
 * const first = cell.forward(randn([2, 3]));
 * assertEquals(cell.forward(randn([2, 3]), first).shape, [2, 4]);
 * ```
 */
export class RNNCell extends RNNCellBase<[x: Tensor, state?: Tensor], Tensor> {
  /** The nonlinearity, `"tanh"` or `"relu"`. */
  readonly nonlinearity: Nonlinearity;

  /**
   * Creates the cell and initialises its weights uniformly between
   * -1/√hiddenSize and 1/√hiddenSize.
   *
   * @param inputSize Size of the last dimension of the input.
   * @param hiddenSize Size of the state.
   * @param options `nonlinearity`, `bias`, `device` and `dtype`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(
    inputSize: number,
    hiddenSize: number,
    options: RNNCellOptions = {},
  ) {
    const facts = parseArguments(
      rnnCellSchema,
      { inputSize, hiddenSize },
      options,
      arguments,
      "make an RNNCell",
    );
    super(RNN_KINDS[facts.nonlinearity], facts);
    this.nonlinearity = facts.nonlinearity;
  }

  /**
   * Computes one step.
   *
   * @param x `[N, inputSize]` or `[inputSize]`.
   * @param state The previous state, `[N, hiddenSize]` or `[hiddenSize]`; zeros
   * if omitted.
   * @returns The new state.
   * @throws {ShapeError} If a shape does not fit.
   */
  forward(x: Tensor, state?: Tensor): Tensor {
    checkCount("forward", arguments.length, 2);
    return tidyNow(() => this.step(x, state ?? null, null).state);
  }
}
