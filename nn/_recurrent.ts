/**
 * What the recurrent layers share: their weights, and the way of a batch
 * through layers and directions.
 *
 * @module
 */
import { cat, ShapeError, stack, type Tensor, zeros } from "@tenfold/core";
import {
  checkCount,
  checkTensor,
  showShape,
  showValue,
  tidyNow,
} from "@tenfold/core/internal";
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
  probability,
} from "./_options.ts";
import {
  type Kind,
  recur,
  type RecurrentWeights,
} from "./functional/_recurrent.ts";
import type { Nonlinearity } from "./functional/_rnn.ts";
import { Steps } from "./functional/_steps.ts";
import { uniform_ } from "./init/plain.ts";
import { Module } from "./module.ts";
import { PackedSequence, reorder } from "./packed_sequence.ts";
import type { Parameter } from "./parameter.ts";

/**
 * Options of recurrent layers.
 *
 * @example Two layers in both directions
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.RecurrentOptions = { numLayers: 2, bidirectional: true };
 * const gru = new nn.GRU(4, 8, options);
 * const [output] = gru.forward(randn([5, 1, 4]));
 * assertEquals(output.shape, [5, 1, 16]);
 * ```
 */
export interface RecurrentOptions extends PlaceOptions {
  /** Number of stacked layers. @default {1} */
  readonly numLayers?: number;
  /** Whether the layers have learnable biases. @default {true} */
  readonly bias?: boolean;
  /** Whether input and output are `[N, T, ...]` instead of `[T, N, ...]`. @default {false} */
  readonly batchFirst?: boolean;
  /** Dropout probability on the output of every layer but the last. @default {0} */
  readonly dropout?: number;
  /** Whether the layers also run in the reverse direction. @default {false} */
  readonly bidirectional?: boolean;
}

const fields = () => ({
  inputSize: positiveInteger,
  hiddenSize: positiveInteger,
  numLayers: z._default(positiveInteger, 1),
  bias: z._default(flag, true),
  batchFirst: z._default(flag, false),
  dropout: z._default(probability, 0),
  bidirectional: z._default(flag, false),
  ...placeFields,
});

/** The options of a GRU. */
export const recurrentSchema = () => z.strictObject(fields());
/** The options of an RNN. */
export const rnnSchema = () =>
  z.strictObject({
    ...fields(),
    nonlinearity: z._default(oneOf("tanh", "relu"), "tanh"),
  });
/** The options of an LSTM. */
export const lstmSchema = () =>
  z.strictObject({
    ...fields(),
    projSize: z._default(
      z.int("must be an integer").check(z.gte(0, "must not be negative")),
      0,
    ),
  });

/** Options with their defaults. */
export interface RecurrentFacts {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  readonly nonlinearity?: Nonlinearity;
  readonly projSize?: number;
  readonly device?: PlaceOptions["device"] | undefined;
  readonly dtype?: PlaceOptions["dtype"] | undefined;
}

/**
 * Input of a recurrent layer: a padded batch, one sequence, or a packed batch.
 *
 * @example Sequences of lengths 3 and 2
 * ```ts
 * import { nn, ones } from "@tenfold/tenfold";
 *
 * const input: nn.SequenceInput = nn.packSequence([
 *   ones([3, 4]),
 *   ones([2, 4]),
 * ]);
 * const [output] = new nn.LSTM(4, 8).forward(input);
 * ```
 */
export type SequenceInput = Tensor | PackedSequence;

/** What one pass through all layers gives; the states are stacked. */
interface Passed {
  readonly output: SequenceInput;
  readonly states: Tensor;
  readonly cells: Tensor | null;
}

/**
 * Base class of the recurrent layers.
 *
 * @example The size of any recurrent layer's state
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const layer = new nn.GRU(8, 16, { numLayers: 2 });
 * assertEquals(layer instanceof nn.RNNBase, true);
 * assertEquals([layer.numLayers, layer.hiddenSize], [2, 16]);
 * ```
 */
export abstract class RNNBase<
  Inputs extends readonly unknown[],
  Output,
> extends Module<Inputs, Output> {
  /** Size of the last dimension of the input. */
  readonly inputSize: number;
  /** Size of the state. */
  readonly hiddenSize: number;
  /** Number of layers. */
  readonly numLayers: number;
  /** Whether the layers have biases. */
  readonly bias: boolean;
  /** Whether input and output are `[N, T, ...]`. */
  readonly batchFirst: boolean;
  /** Dropout probability between layers. */
  readonly dropout: number;
  /** Whether the layers also run in the reverse direction. */
  readonly bidirectional: boolean;
  declare private readonly [INNER]: Inner;

  /**
   * Makes the weights and initialises them uniformly between -1/√hiddenSize
   * and 1/√hiddenSize.
   *
   * @internal
   */
  protected constructor(kind: Kind, facts: RecurrentFacts) {
    super();
    const { bias, bidirectional, hiddenSize, inputSize, projSize = 0 } = facts;
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.numLayers = facts.numLayers;
    this.bias = bias;
    this.batchFirst = facts.batchFirst;
    this.dropout = facts.dropout;
    this.bidirectional = bidirectional;
    this[INNER] = { kind, projSize };
    const where = placeOf(facts);
    const rows = kind.gates * hiddenSize;
    const width = projSize || hiddenSize;
    const make = (name: string, shape: readonly number[]) => {
      fieldsOf(this)[name] = emptyParameter(shape, where);
    };
    for (let layer = 0; layer < this.numLayers; layer++) {
      const size = layer === 0 ? inputSize : width * directionsOf(this);
      for (const suffix of suffixes.call(this, layer)) {
        make(`weight_ih_${suffix}`, [rows, size]);
        make(`weight_hh_${suffix}`, [rows, width]);
        if (bias) {
          make(`bias_ih_${suffix}`, [rows]);
          make(`bias_hh_${suffix}`, [rows]);
        }
        if (projSize > 0) make(`weight_hr_${suffix}`, [projSize, hiddenSize]);
      }
    }
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
   * Takes a batch through all layers; everything is checked before.
   *
   * @internal
   */
  protected run(
    input: SequenceInput,
    state: Tensor | null,
    cell: Tensor | null,
  ): Passed {
    checkCount("run", arguments.length, 3);
    const batch = batchOf.call(this, input);
    const { hiddenSize } = this;
    const widths = [this[INNER].projSize || hiddenSize, hiddenSize];
    for (const [i, initial] of [state, cell].entries()) {
      if (initial) checkState.call(this, initial, batch, widths[i]!, i === 0);
    }
    return tidyNow(() => {
      const order = input instanceof PackedSequence
        ? input.sortedIndices
        : null;
      const initial = (given: Tensor | null, width: number): Tensor => {
        const shape = [this.numLayers * directionsOf(this), batch.count, width];
        // No parameter while functionalCall has put a tensor in its place.
        const { dtype, device } = weightsOf.call(this, "l0").input;
        if (!given) return zeros(shape, { dtype, device });
        return reorder(batch.single ? given.unsqueeze(1) : given, 1, order);
      };
      const found = throughLayers.call(
        this,
        batch,
        initial(state, widths[0]!),
        this[INNER].kind.hasCell ? initial(cell, widths[1]!) : null,
      );
      const finals = (given: Tensor[]): Tensor => {
        const all = stack(given);
        if (batch.single) return all.squeeze(1);
        const back = input instanceof PackedSequence
          ? input.unsortedIndices
          : null;
        return reorder(all, 1, back);
      };
      return {
        output: outputOf.call(this, input, batch, found.rows),
        states: finals(found.states),
        cells: this[INNER].kind.hasCell ? finals(found.cells) : null,
      };
    });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    const words = [`${this.inputSize}`, `${this.hiddenSize}`];
    if (this[INNER].projSize > 0) {
      words.push(`projSize=${this[INNER].projSize}`);
    }
    if (this.numLayers > 1) words.push(`numLayers=${this.numLayers}`);
    if (!this.bias) words.push("bias=false");
    if (this.batchFirst) words.push("batchFirst=true");
    if (this.dropout > 0) words.push(`dropout=${this.dropout}`);
    if (this.bidirectional) words.push("bidirectional=true");
    return words.join(", ");
  }
}

function suffixes(
  this: AnyRecurrent,
  layer: number,
): string[] {
  const forth = `l${layer}`;
  return this.bidirectional ? [forth, `${forth}_reverse`] : [forth];
}

function weightsOf(
  this: AnyRecurrent,
  suffix: string,
): RecurrentWeights {
  const all = fieldsOf(this);
  return {
    input: all[`weight_ih_${suffix}`]!,
    hidden: all[`weight_hh_${suffix}`]!,
    inputBias: all[`bias_ih_${suffix}`] ?? null,
    hiddenBias: all[`bias_hh_${suffix}`] ?? null,
    projection: all[`weight_hr_${suffix}`] ?? null,
  };
}

/** All layers over packed rows. */
function throughLayers(
  this: AnyRecurrent,
  { counts, rows: input }: Batch,
  state: Tensor,
  cell: Tensor | null,
): { rows: Tensor; states: Tensor[]; cells: Tensor[] } {
  const ways = [new Steps(counts, false), new Steps(counts, true)];
  const [states, cells]: [Tensor[], Tensor[]] = [[], []];
  let rows = input;
  for (let layer = 0; layer < this.numLayers; layer++) {
    if (layer > 0 && this.training && this.dropout > 0) {
      rows = rows.dropout(this.dropout);
    }
    const outputs = suffixes.call(this, layer).map((suffix, way) => {
      const steps = ways[way]!;
      const place = layer * directionsOf(this) + way;
      const { output, cell: last } = recur(
        kindOf(this),
        steps,
        rows,
        state.select(0, place),
        cell && cell.select(0, place),
        weightsOf.call(this, suffix),
      );
      states.push(steps.last((t) => steps.rows(output, t)));
      if (last) cells.push(last);
      return output;
    });
    rows = outputs.length === 1 ? outputs[0]! : cat(outputs, 1);
  }
  return { rows, states, cells };
}

function outputOf(
  this: AnyRecurrent,
  input: SequenceInput,
  { count, counts, single }: Batch,
  rows: Tensor,
): SequenceInput {
  if (input instanceof PackedSequence) {
    return new PackedSequence(rows, input.batchSizes, input.sortedIndices);
  }
  if (single) return rows;
  const output = rows.reshape([counts.length, count, rows.shape[1]!]);
  return this.batchFirst ? output.transpose(0, 1) : output;
}

/** The rows of the input, step by step. */
function batchOf(
  this: AnyRecurrent,
  input: SequenceInput,
): Batch {
  const { inputSize } = this;
  const operation = `apply ${this.constructor.name}`;
  if (input instanceof PackedSequence) {
    const { data, batchSizes } = input;
    if (data.ndim !== 2 || data.shape[1] !== inputSize) {
      throw new ShapeError(
        `Cannot ${operation} as the elements of the packed sequences must have ${inputSize} features: got data of shape ${
          showShape(data.shape)
        }`,
      );
    }
    const [count] = batchSizes;
    return { rows: data, counts: batchSizes, count: count!, single: false };
  }
  checkTensor(input, "the input", operation);
  const { ndim, shape } = input;
  const single = ndim === 2;
  const [first = 0, second = 0] = shape;
  const flip = this.batchFirst && !single;
  const [length, count] = single
    ? [first, 1]
    : flip
    ? [second, first]
    : [first, second];
  if (
    (ndim !== 2 && ndim !== 3) || shape[ndim - 1] !== inputSize ||
    length === 0 || count === 0
  ) {
    throw new ShapeError(
      `Cannot ${operation} as the input must be ${
        this.batchFirst ? "[N, T" : "[T, N"
      }, ${inputSize}] or [T, ${inputSize}], with at least one element: got ${
        showShape(shape)
      }`,
    );
  }
  return {
    get rows() {
      const timeFirst = flip ? input.transpose(0, 1) : input;
      return timeFirst.reshape([length * count, inputSize]);
    },
    counts: new Array<number>(length).fill(count),
    count,
    single,
  };
}

function checkState(
  this: AnyRecurrent,
  state: Tensor,
  { count, single }: Batch,
  width: number,
  isState: boolean,
): void {
  const operation = `apply ${this.constructor.name}`;
  const what = isState ? "the initial state" : "the initial cell";
  checkTensor(state, what, operation);
  const layers = this.numLayers * directionsOf(this);
  const wanted = single ? [layers, width] : [layers, count, width];
  if (state.shape.join() === wanted.join()) return;
  throw new ShapeError(
    `Cannot ${operation} as ${what} must have shape ${showShape(wanted)}: got ${
      showShape(state.shape)
    }`,
  );
}

type AnyRecurrent = RNNBase<never[], unknown>;

/** What a layer keeps for itself. */
interface Inner {
  readonly kind: Kind;
  readonly projSize: number;
}

const kindOf = (layer: AnyRecurrent): Kind =>
  (layer as unknown as { readonly [INNER]: Inner })[INNER].kind;

/** The weights, which are fields of the layer. */
function fieldsOf(layer: AnyRecurrent): { [name: string]: Parameter } {
  return layer as unknown as { [name: string]: Parameter };
}

const directionsOf = (layer: AnyRecurrent): number =>
  layer.bidirectional ? 2 : 1;

/** The input of all steps. */
interface Batch {
  /** `[total, inputSize]`. */
  readonly rows: Tensor;
  /** How many sequences reach each step. */
  readonly counts: readonly number[];
  /** How many sequences there are. */
  readonly count: number;
  /** Whether the input is one sequence without a dim of the batch. */
  readonly single: boolean;
}

/** Refuses a pair of states that is none. */
export function pairOf(
  value: unknown,
  operation: string,
): [Tensor | null, Tensor | null] {
  if (value === undefined || value === null) return [null, null];
  if (Array.isArray(value) && value.length === 2) {
    return value as [Tensor, Tensor];
  }
  throw new TypeError(
    `Cannot ${operation} as the initial states must be [h, c]: got ${
      showValue(value)
    }`,
  );
}
