/**
 * The Elman recurrent layer.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import {
  type RecurrentOptions,
  RNNBase,
  rnnSchema,
  type SequenceInput,
} from "./_recurrent.ts";
import { type Nonlinearity, RNN_KINDS } from "./functional/_rnn.ts";

/**
 * Options of {@linkcode RNN}.
 *
 * @example ReLU in place of tanh
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.RNNOptions = { nonlinearity: "relu" };
 * const rnn = new nn.RNN(4, 8, options);
 * ```
 */
export interface RNNOptions extends RecurrentOptions {
  /** The nonlinearity, `"tanh"` or `"relu"`. @default {"tanh"} */
  readonly nonlinearity?: Nonlinearity;
}

/**
 * A recurrent network (Elman, 1990),
 * `h = tanh(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh)`, of one or several layers, in one
 * direction or both. Weights and initialisation are PyTorch's: `weight_ih_l0`,
 * `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, with the suffix `_reverse` for
 * the second direction.
 *
 * @example A batch of sequences
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const rnn = new nn.RNN(4, 8, { nonlinearity: "relu" });
 * const [output, h] = rnn.forward(randn([6, 3, 4]));
 * assertEquals(output.shape, [6, 3, 8]);
 * assertEquals(h.shape, [1, 3, 8]);
 * ```
 */
export class RNN extends RNNBase<
  [x: SequenceInput, state?: Tensor],
  [SequenceInput, Tensor]
> {
  /** The nonlinearity, `"tanh"` or `"relu"`. */
  readonly nonlinearity: Nonlinearity;

  /**
   * Creates the layers and initialises their weights uniformly between
   * -1/√hiddenSize and 1/√hiddenSize.
   *
   * @param inputSize Size of the last dimension of the input.
   * @param hiddenSize Size of the state.
   * @param options `numLayers`, `nonlinearity`, `bias`, `batchFirst`,
   * `dropout`, `bidirectional`, `device` and `dtype`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    const facts = parseArguments(
      rnnSchema,
      { inputSize, hiddenSize },
      options,
      arguments,
      "make an RNN",
    );
    super(RNN_KINDS[facts.nonlinearity], facts);
    this.nonlinearity = facts.nonlinearity;
  }

  /**
   * Runs over a batch of sequences.
   *
   * @param x `[T, N, inputSize]`, `[N, T, inputSize]` with `batchFirst`, or one
   * sequence `[T, inputSize]`.
   * @param state The initial state, `[layers * directions, N, hiddenSize]`,
   * without N for one sequence; zeros if omitted.
   * @returns The output of the last layer, `[T, N, directions * hiddenSize]`
   * laid out like the input, and the last states.
   * @throws {ShapeError} If a shape does not fit.
   */
  override forward(x: Tensor, state?: Tensor): [output: Tensor, state: Tensor];
  /** The same for packed sequences of unequal length. */
  override forward<X extends SequenceInput>(
    x: X,
    state?: Tensor,
  ): [output: X, state: Tensor];
  override forward(x: SequenceInput, state?: Tensor): [SequenceInput, Tensor] {
    checkCount("forward", arguments.length, 2);
    const { output, states } = this.run(x, state ?? null, null);
    return [output, states];
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    const text = super.describe();
    return this.nonlinearity === "tanh"
      ? text
      : `${text}, nonlinearity=${this.nonlinearity}`;
  }
}
