/**
 * The LSTM.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import {
  lstmSchema,
  pairOf,
  type RecurrentOptions,
  RNNBase,
  type SequenceInput,
} from "./_recurrent.ts";
import { LSTM_KIND } from "./functional/_lstm.ts";

/**
 * Options of {@linkcode LSTM}.
 *
 * @example A projected state
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.LSTMOptions = { projSize: 4 };
 * const [output] = new nn.LSTM(3, 8, options).forward(randn([5, 1, 3]));
 * assertEquals(output.shape, [5, 1, 4]);
 * ```
 */
export interface LSTMOptions extends RecurrentOptions {
  /** Size to which the state is projected; 0 for none. @default {0} */
  readonly projSize?: number;
}

/**
 * State and cell of every layer and direction.
 *
 * @example The state of one call, for the next
 * ```ts
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const lstm = new nn.LSTM(3, 8);
 * const [, state] = lstm.forward(randn([5, 1, 3]));
 * const next: nn.LSTMState = state;
 * lstm.forward(randn([5, 1, 3]), next);
 * ```
 */
export type LSTMState = readonly [h: Tensor, c: Tensor];

/**
 * Long short-term memory (Hochreiter and Schmidhuber, 1997), of one or several
 * layers, in one direction or both. Weights, gate order and initialisation are
 * PyTorch's: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, with
 * `_reverse` behind those of the second direction, and `weight_hr_l0` with
 * projections (Sak and others, 2014).
 *
 * @example A batch of sequences
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const lstm = new nn.LSTM(10, 20, { numLayers: 2, batchFirst: true });
 * const [output, [h, c]] = lstm.forward(randn([3, 5, 10]));
 * assertEquals(output.shape, [3, 5, 20]);
 * assertEquals(h.shape, [2, 3, 20]);
 * assertEquals(c.shape, [2, 3, 20]);
 * ```
 */
export class LSTM extends RNNBase<
  [x: SequenceInput, state?: LSTMState],
  [SequenceInput, [h: Tensor, c: Tensor]]
> {
  /** Size of the projected state; 0 for none. */
  readonly projSize: number;

  /**
   * Creates the layers and initialises their weights uniformly between
   * -1/√hiddenSize and 1/√hiddenSize.
   *
   * @param inputSize Size of the last dimension of the input.
   * @param hiddenSize Size of the cell.
   * @param options `numLayers`, `bias`, `batchFirst`, `dropout`,
   * `bidirectional`, `projSize`, `device` and `dtype`.
   * @throws {RangeError} If a size is not a positive integer, or the projection
   * is not smaller than the cell.
   */
  constructor(
    inputSize: number,
    hiddenSize: number,
    options: LSTMOptions = {},
  ) {
    const facts = parseArguments(
      lstmSchema,
      { inputSize, hiddenSize },
      options,
      arguments,
      "make an LSTM",
    );
    if (facts.projSize >= hiddenSize) {
      throw new RangeError(
        `Cannot make an LSTM as projSize must be less than hiddenSize: got ${facts.projSize} and ${hiddenSize}`,
      );
    }
    super(LSTM_KIND, facts);
    this.projSize = facts.projSize;
  }

  /**
   * Runs over a batch of sequences.
   *
   * @param x `[T, N, inputSize]`, `[N, T, inputSize]` with `batchFirst`, or one
   * sequence `[T, inputSize]`.
   * @param state The initial `[h, c]`; zeros where they are left out. `h` has
   * shape `[layers * directions, N, projSize or hiddenSize]`, `c`
   * `[layers * directions, N, hiddenSize]`, both without N for one sequence.
   * @returns The output of the last layer, `[T, N, directions * size]` laid out
   * like the input, and the last `[h, c]`.
   * @throws {ShapeError} If a shape does not fit.
   */
  override forward(
    x: Tensor,
    state?: LSTMState,
  ): [output: Tensor, state: [h: Tensor, c: Tensor]];
  /** The same over sequences of unequal length. */
  override forward<X extends SequenceInput>(
    x: X,
    state?: LSTMState,
  ): [output: X, state: [h: Tensor, c: Tensor]];
  override forward(
    x: SequenceInput,
    state?: LSTMState,
  ): [SequenceInput, [h: Tensor, c: Tensor]] {
    checkCount("forward", arguments.length, 2);
    const [h, c] = pairOf(state, "apply LSTM");
    const { output, states, cells } = this.run(x, h, c);
    return [output, [states, cells!]];
  }
}
