/**
 * The GRU.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import {
  type RecurrentOptions,
  recurrentSchema,
  RNNBase,
  type SequenceInput,
} from "./_recurrent.ts";
import { GRU_KIND } from "./functional/_gru.ts";

/**
 * Options of {@linkcode GRU}.
 *
 * @example A batch first
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.GRUOptions = { batchFirst: true };
 * const [output] = new nn.GRU(4, 8, options).forward(randn([2, 5, 4]));
 * assertEquals(output.shape, [2, 5, 8]);
 * ```
 */
export type GRUOptions = RecurrentOptions;

/**
 * Gated recurrent units (Cho and others, 2014), of one or several layers, in one
 * direction or both. Weights, gate order and initialisation are PyTorch's:
 * `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, with `_reverse`
 * behind those of the second direction.
 *
 * @example Both directions of one sequence
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const gru = new nn.GRU(4, 8, { bidirectional: true });
 * const [output, h] = gru.forward(randn([6, 4]));
 * assertEquals(output.shape, [6, 16]);
 * assertEquals(h.shape, [2, 8]);
 * ```
 */
export class GRU extends RNNBase<
  [x: SequenceInput, state?: Tensor],
  [SequenceInput, Tensor]
> {
  /**
   * Creates the layers and initialises their weights uniformly between
   * -1/√hiddenSize and 1/√hiddenSize.
   *
   * @param inputSize Size of the last dimension of the input.
   * @param hiddenSize Size of the state.
   * @param options `numLayers`, `bias`, `batchFirst`, `dropout`,
   * `bidirectional`, `device` and `dtype`.
   * @throws {RangeError} If a size is not a positive integer.
   */
  constructor(inputSize: number, hiddenSize: number, options: GRUOptions = {}) {
    super(
      GRU_KIND,
      parseArguments(
        recurrentSchema,
        { inputSize, hiddenSize },
        options,
        arguments,
        "make a GRU",
      ),
    );
  }

  /**
   * Runs over a batch of sequences.
   *
   * @param x `[T, N, inputSize]`, `[N, T, inputSize]` with `batchFirst`, or one
   * sequence `[T, inputSize]`.
   * @param state The initial state, `[layers * directions, N, hiddenSize]`,
   * without N for one sequence; zeros where it is left out.
   * @returns The output of the last layer, `[T, N, directions * hiddenSize]`
   * laid out like the input, and the last states.
   * @throws {ShapeError} If a shape does not fit.
   */
  override forward(x: Tensor, state?: Tensor): [output: Tensor, state: Tensor];
  /** The same over sequences of unequal length. */
  override forward<X extends SequenceInput>(
    x: X,
    state?: Tensor,
  ): [output: X, state: Tensor];
  override forward(x: SequenceInput, state?: Tensor): [SequenceInput, Tensor] {
    checkCount("forward", arguments.length, 2);
    const { output, states } = this.run(x, state ?? null, null);
    return [output, states];
  }
}
