/**
 * What the cells of recurrent layers share: their weights and the checks of
 * what they take.
 *
 * @module
 */
import { ShapeError, type Tensor, zeros } from "@tenfold/core";
import { checkCount, checkTensor, showShape } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { INNER } from "./_inner.ts";
import { emptyParameter } from "./_empty.ts";
import {
  flag,
  oneOf,
  placeFields,
  placeOf,
  type PlaceOptions,
  positiveInteger,
} from "./_options.ts";
import type {
  Kind,
  RecurrentWeights,
  StepResult,
} from "./functional/_recurrent.ts";
import { linear } from "./functional/linear.ts";
import { uniform_ } from "./init/plain.ts";
import { Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";

/**
 * Options of the cells of recurrent layers.
 *
 * @example No biases
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.CellOptions = { bias: false };
 * const cell = new nn.GRUCell(4, 8, options);
 * assertEquals([...cell.parameters()].length, 2);
 * ```
 */
export interface CellOptions extends PlaceOptions {
  /** Whether the cell has learnable biases. @default {true} */
  readonly bias?: boolean;
}

const fields = () => ({
  inputSize: positiveInteger,
  hiddenSize: positiveInteger,
  bias: z._default(flag, true),
  ...placeFields,
});

/** The options of a GRUCell and of an LSTMCell. */
export const cellSchema = () => z.strictObject(fields());
/** The options of an RNNCell. */
export const rnnCellSchema = () =>
  z.strictObject({
    ...fields(),
    nonlinearity: z._default(oneOf("tanh", "relu"), "tanh"),
  });

interface CellFacts {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly bias: boolean;
  readonly device?: PlaceOptions["device"] | undefined;
  readonly dtype?: PlaceOptions["dtype"] | undefined;
}

/**
 * Base class of the cells of recurrent layers.
 *
 * @example The sizes of any cell
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const cell = new nn.GRUCell(8, 16);
 * assertEquals(cell instanceof nn.RNNCellBase, true);
 * assertEquals([cell.inputSize, cell.hiddenSize], [8, 16]);
 * ```
 */
export abstract class RNNCellBase<Inputs extends readonly unknown[], Output>
  extends Module<Inputs, Output> {
  /** Size of the last dimension of the input. */
  readonly inputSize: number;
  /** Size of the state. */
  readonly hiddenSize: number;
  /** The input-hidden weight, of shape `[gates * hiddenSize, inputSize]`. */
  weight_ih: Parameter;
  /** The hidden-hidden weight, of shape `[gates * hiddenSize, hiddenSize]`. */
  weight_hh: Parameter;
  /** The input-hidden bias, of shape `[gates * hiddenSize]`, or null. */
  bias_ih: Parameter | null;
  /** The hidden-hidden bias, of shape `[gates * hiddenSize]`, or null. */
  bias_hh: Parameter | null;
  declare private readonly [INNER]: Kind;

  /**
   * Makes the weights and initialises them uniformly between -1/√hiddenSize
   * and 1/√hiddenSize.
   *
   * @internal
   */
  protected constructor(kind: Kind, facts: CellFacts) {
    super();
    const { bias, hiddenSize, inputSize } = facts;
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this[INNER] = kind;
    const where = placeOf(facts);
    const rows = kind.gates * hiddenSize;
    this.weight_ih = emptyParameter([rows, inputSize], where);
    this.weight_hh = emptyParameter([rows, hiddenSize], where);
    this.bias_ih = bias ? emptyParameter([rows], where) : null;
    this.bias_hh = bias ? emptyParameter([rows], where) : null;
    this.resetParameters();
  }

  /** Reinitialises all weights. */
  resetParameters(): void {
    checkCount("resetParameters", arguments.length, 0);
    const bound = 1 / Math.sqrt(this.hiddenSize);
    for (const weight of this.parameters()) {
      uniform_(weight, { a: -bound, b: bound });
    }
  }

  /**
   * One step, with zeros where states are left out.
   *
   * @internal
   */
  protected step(
    x: Tensor,
    state: Tensor | null,
    cell: Tensor | null,
  ): StepResult {
    checkCount("step", arguments.length, 3);
    const name = this.constructor.name;
    const { hiddenSize, inputSize } = this;
    checkTensor(x, "the input", `apply ${name}`);
    const single = x.ndim === 1;
    if (x.ndim < 1 || x.ndim > 2 || x.shape[x.ndim - 1] !== inputSize) {
      throw new ShapeError(
        `Cannot apply ${name} as the input must be [N, ${inputSize}] or [${inputSize}]: got ${
          showShape(x.shape)
        }`,
      );
    }
    const wanted = [...x.shape.slice(0, -1), hiddenSize];
    const given = (value: Tensor | null, what: string): Tensor => {
      if (value === null) {
        const { dtype, device } = this.weight_hh;
        return zeros(single ? [1, hiddenSize] : wanted, { dtype, device });
      }
      checkTensor(value, what, `apply ${name}`);
      if (value.shape.join() !== wanted.join()) {
        throw new ShapeError(
          `Cannot apply ${name} as ${what} must have shape ${
            showShape(wanted)
          }: got ${showShape(value.shape)}`,
        );
      }
      return single ? value.unsqueeze(0) : value;
    };
    const before = given(state, "the state");
    const held = this[INNER].hasCell ? given(cell, "the cell") : null;
    const weights: RecurrentWeights = {
      input: this.weight_ih,
      hidden: this.weight_hh,
      inputBias: this.bias_ih,
      hiddenBias: this.bias_hh,
      projection: null,
    };
    const rows = single ? x.unsqueeze(0) : x;
    const fromInput = linear(rows, weights.input, weights.inputBias);
    const result = this[INNER].step(fromInput, before, held, weights);
    if (!single) return result;
    return {
      state: result.state.squeeze(0),
      cell: result.cell && result.cell.squeeze(0),
    };
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    const bias = this.bias_ih ? "" : ", bias=false";
    return `${this.inputSize}, ${this.hiddenSize}${bias}`;
  }
}
