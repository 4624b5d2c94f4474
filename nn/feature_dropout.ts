/**
 * Dropout of channels, and dropout beside SELU.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { probability } from "./_options.ts";
import type { DropoutLayerOptions } from "./dropout.ts";
import type { DropoutOptions } from "./functional/dropout.ts";
import {
  alphaDropout,
  dropout1d,
  dropout2d,
  dropout3d,
  featureAlphaDropout,
} from "./functional/feature_dropout.ts";
import { Module } from "./module.ts";

const schema = () => z.strictObject({ p: z._default(probability, 0.5) });

/**
 * The base class of layers that drop whole channels, and of alpha dropout.
 *
 * @example The probability of any of them
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const layers: nn.FeatureDropout[] = [new nn.Dropout2d(), new nn.AlphaDropout()];
 * assertEquals(layers.map((layer) => layer.p), [0.5, 0.5]);
 * ```
 */
export abstract class FeatureDropout extends Module {
  /** The probability that a channel, or an element, is dropped. */
  readonly p: number;

  /** Creates a layer; `name` is for messages. */
  constructor(options: object, args: ArrayLike<unknown>, name: string) {
    super();
    this.p = parseArguments(schema, {}, options, args, `make ${name}`).p;
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `p=${this.p}`;
  }
}

/** The options that the function takes. */
function optionsOf({ p, training }: FeatureDropout): DropoutOptions {
  return { p, training };
}

/**
 * In training, zeroes channels of `[n, channels, length]` at random and scales
 * the others by `1 / (1 - p)`.
 *
 * @example In evaluation nothing happens
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { Dropout1d } from "@tenfold/nn";
 *
 * const layer = new Dropout1d({ p: 0.5 }).eval();
 * assertEquals(await layer.forward(ones([1, 1, 3])).sum().item(), 3);
 * ```
 */
export class Dropout1d extends FeatureDropout {
  /**
   * Creates the layer.
   *
   * @param options `p`.
   * @throws {RangeError} If `p` is not from 0 to 1.
   */
  constructor(options: DropoutLayerOptions = {}) {
    super(options, arguments, "a Dropout1d");
  }

  /** Drops in training; returns `x` itself in evaluation. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return dropout1d(x, optionsOf(this));
  }
}

/**
 * In training, zeroes channels of `[n, channels, height, width]` at random and
 * scales the others by `1 / (1 - p)` (Tompson and others, 2014).
 *
 * @example In evaluation nothing happens
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { Dropout2d } from "@tenfold/nn";
 *
 * const layer = new Dropout2d({ p: 0.5 }).eval();
 * assertEquals(await layer.forward(ones([1, 1, 1, 2])).sum().item(), 2);
 * ```
 */
export class Dropout2d extends FeatureDropout {
  /**
   * Creates the layer.
   *
   * @param options `p`.
   * @throws {RangeError} If `p` is not from 0 to 1.
   */
  constructor(options: DropoutLayerOptions = {}) {
    super(options, arguments, "a Dropout2d");
  }

  /** Drops in training; returns `x` itself in evaluation. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return dropout2d(x, optionsOf(this));
  }
}

/**
 * In training, zeroes channels of `[n, channels, depth, height, width]` at random
 * and scales the others by `1 / (1 - p)`.
 *
 * @example In evaluation nothing happens
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { Dropout3d } from "@tenfold/nn";
 *
 * const layer = new Dropout3d({ p: 0.5 }).eval();
 * assertEquals(await layer.forward(ones([1, 1, 1, 1, 3])).sum().item(), 3);
 * ```
 */
export class Dropout3d extends FeatureDropout {
  /**
   * Creates the layer.
   *
   * @param options `p`.
   * @throws {RangeError} If `p` is not from 0 to 1.
   */
  constructor(options: DropoutLayerOptions = {}) {
    super(options, arguments, "a Dropout3d");
  }

  /** Drops in training; returns `x` itself in evaluation. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return dropout3d(x, optionsOf(this));
  }
}

/**
 * Dropout for nets with `SELU`, which keeps mean 0 and variance 1 (Klambauer
 * and others, 2017).
 *
 * @example In evaluation nothing happens
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { AlphaDropout } from "@tenfold/nn";
 *
 * const layer = new AlphaDropout({ p: 0.5 }).eval();
 * assertEquals(await layer.forward(ones([3])).sum().item(), 3);
 * ```
 */
export class AlphaDropout extends FeatureDropout {
  /**
   * Creates the layer.
   *
   * @param options `p`.
   * @throws {RangeError} If `p` is not from 0 to 1.
   */
  constructor(options: DropoutLayerOptions = {}) {
    super(options, arguments, "an AlphaDropout");
  }

  /** Drops in training; returns `x` itself in evaluation. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return alphaDropout(x, optionsOf(this));
  }
}

/**
 * `AlphaDropout` of whole channels.
 *
 * @example In evaluation nothing happens
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { FeatureAlphaDropout } from "@tenfold/nn";
 *
 * const layer = new FeatureAlphaDropout({ p: 0.5 }).eval();
 * assertEquals(await layer.forward(ones([1, 1, 3])).sum().item(), 3);
 * ```
 */
export class FeatureAlphaDropout extends FeatureDropout {
  /**
   * Creates the layer.
   *
   * @param options `p`.
   * @throws {RangeError} If `p` is not from 0 to 1.
   */
  constructor(options: DropoutLayerOptions = {}) {
    super(options, arguments, "a FeatureAlphaDropout");
  }

  /** Drops in training; returns `x` itself in evaluation. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return featureAlphaDropout(x, optionsOf(this));
  }
}
