/**
 * Position encodings of sequences.
 *
 * @module
 */
import { arange, cat, ShapeError, stack, type Tensor } from "@tenfold/core";
import {
  checkTensor,
  parseArguments,
  showShape,
  tidyNow,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { checkOptions, positiveInteger, positiveNumber } from "./_options.ts";
import { Module } from "./module.ts";

/**
 * Options of {@linkcode SinusoidalPositions} and {@linkcode RotaryEmbedding}.
 *
 * @example A larger base, for longer sequences
 * ```ts
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.PositionOptions = { base: 500_000 };
 * const rotary = new nn.RotaryEmbedding(8, options);
 * ```
 */
export interface PositionOptions {
  /** Upper limit of the wavelengths, divided by 2π. @default {10000} */
  readonly base?: number;
}

/**
 * Options of a call of these layers.
 *
 * @example A sequence that begins at position 5
 * ```ts
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const call: nn.PositionCall = { offset: 5 };
 * const rotary = new nn.RotaryEmbedding(8);
 * const y = rotary.forward(randn([1, 2, 3, 8]), call);
 * ```
 */
export interface PositionCall {
  /** The position of the first element. @default {0} */
  readonly offset?: number;
}

const schema = () =>
  z.strictObject({
    dim: positiveInteger,
    base: z._default(positiveNumber, 10000),
  });
const callSchema = () =>
  z.strictObject({
    offset: z.optional(
      z.int("must be an integer").check(z.gte(0, "must not be negative")),
    ),
  });

/** `[length, dim / 2]`: position times frequency. */
function angles(
  x: Tensor,
  length: number,
  offset: number,
  dim: number,
  base: number,
): Tensor {
  const { device } = x;
  const dtype = x.dtype === "float64" ? "float64" : "float32";
  const places = arange(length, { device, dtype }).add(offset);
  const steps = arange(dim / 2, { device, dtype });
  const frequencies = steps.mul(-2 * Math.log(base) / dim).exp();
  return places.unsqueeze(1).mul(frequencies);
}

function checkInput(
  x: Tensor,
  dim: number,
  name: string,
): void {
  checkTensor(x, "the input", `apply ${name}`);
  if (x.ndim >= 2 && x.shape[x.ndim - 1] === dim) return;
  throw new ShapeError(
    `Cannot apply ${name} as the input must be [..., length, ${dim}]: got ${
      showShape(x.shape)
    }`,
  );
}

/** The base of a layer, once its arguments have been checked. */
function baseOf(
  name: string,
  dim: number,
  options: PositionOptions,
  all: IArguments,
): number {
  const operation = `make a ${name}`;
  const { base } = parseArguments(schema, { dim }, options, all, operation);
  if (dim % 2 === 0) return base;
  throw new RangeError(`Cannot ${operation} as dim must be even: got ${dim}`);
}

/**
 * Adds a sinusoidal position encoding: sines and cosines of the position, with
 * wavelengths from 2π to 2π times the base (Vaswani and others, 2017).
 *
 * @example The encoding of the first position alternates between 0 and 1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, zeros } from "@tenfold/tenfold";
 *
 * const y = new nn.SinusoidalPositions(4).forward(zeros([1, 4]));
 * assertEquals(await y.toArray(), [[0, 1, 0, 1]]);
 * ```
 */
export class SinusoidalPositions
  extends Module<[x: Tensor, options?: PositionCall], Tensor> {
  /** Size of the last dimension of the input. */
  readonly dim: number;
  /** Upper limit of the wavelengths, divided by 2π. */
  readonly base: number;

  /**
   * Creates the layer, which has no parameters.
   *
   * @param dim Size of the last dimension of the input, even.
   * @param options `base`.
   * @throws {RangeError} If the size is odd.
   */
  constructor(dim: number, options: PositionOptions = {}) {
    super();
    this.base = baseOf("SinusoidalPositions", dim, options, arguments);
    this.dim = dim;
  }

  /**
   * Adds the position encoding.
   *
   * @param x Of shape `[..., length, dim]`.
   * @param options `offset`.
   */
  forward(x: Tensor, options: PositionCall = {}): Tensor {
    const name = "SinusoidalPositions";
    checkOptions(callSchema, options, `apply ${name}`, arguments.length - 2);
    checkInput(x, this.dim, name);
    const { offset = 0 } = options;
    return tidyNow(() => {
      const length = x.shape[x.ndim - 2]!;
      const turns = angles(x, length, offset, this.dim, this.base);
      const both = stack([turns.sin(), turns.cos()], 2);
      return x.add(both.reshape([length, this.dim]));
    });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `${this.dim}, base=${this.base}`;
  }
}

/**
 * Rotates pairs of features of queries and keys by angles proportional to the
 * position, so that their dot products depend on relative positions only (Su
 * and others, 2021). Feature `i` of the first half is paired with feature `i`
 * of the second, as in Llama.
 *
 * @example Norms are preserved
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { nn, ones } from "@tenfold/tenfold";
 *
 * const y = new nn.RotaryEmbedding(4).forward(ones([1, 3, 4]), { offset: 5 });
 * assertAlmostEquals(await y.square().sum().item(), 12, 1e-5);
 * ```
 */
export class RotaryEmbedding
  extends Module<[x: Tensor, options?: PositionCall], Tensor> {
  /** Size of the last dimension of the input. */
  readonly dim: number;
  /** Upper limit of the wavelengths, divided by 2π. */
  readonly base: number;

  /**
   * Creates the layer, which has no parameters.
   *
   * @param dim Size of the last dimension of the input, even.
   * @param options `base`.
   * @throws {RangeError} If the size is odd.
   */
  constructor(dim: number, options: PositionOptions = {}) {
    super();
    this.base = baseOf("RotaryEmbedding", dim, options, arguments);
    this.dim = dim;
  }

  /**
   * Rotates queries or keys.
   *
   * @param x Of shape `[..., length, dim]`.
   * @param options `offset`.
   */
  forward(x: Tensor, options: PositionCall = {}): Tensor {
    const name = "RotaryEmbedding";
    checkOptions(callSchema, options, `apply ${name}`, arguments.length - 2);
    checkInput(x, this.dim, name);
    const { offset = 0 } = options;
    return tidyNow(() => {
      const length = x.shape[x.ndim - 2]!;
      const turns = angles(x, length, offset, this.dim, this.base);
      const [cos, sin] = [turns.cos(), turns.sin()];
      const [a, b] = x.split(this.dim / 2, -1) as [Tensor, Tensor];
      return cat([
        a.mul(cos).sub(b.mul(sin)),
        b.mul(cos).add(a.mul(sin)),
      ], -1);
    });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `${this.dim}, base=${this.base}`;
  }
}
