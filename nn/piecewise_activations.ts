/**
 * Piecewise activation functions as layers.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { checkCount, parseArguments } from "@tenfold/core/internal";
import * as z from "./_zod.ts";
import { INNER } from "./_inner.ts";
import { emptyParameter } from "./_empty.ts";
import {
  finite,
  placeFields,
  placeOf,
  type PlaceOptions,
  positiveInteger,
} from "./_options.ts";
import {
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  type HardtanhOptions,
  hardtanhSchema,
  prelu,
  relu6,
  rrelu,
  type RReluOptions,
  rreluSchema,
  type ShrinkOptions,
  shrinkSchema,
  softshrink,
  threshold,
  type ThresholdOptions,
  thresholdSchema,
} from "./functional/piecewise_activations.ts";
import { Module } from "./module.ts";
import type { Parameter } from "./parameter.ts";

/**
 * `x` limited to the range from `minVal` to `maxVal`.
 *
 * @example Within the bounds
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { Hardtanh } from "@tenfold/nn";
 *
 * const layer = new Hardtanh();
 * const y = layer.forward(tensor([-3, 0.5, 2]));
 * assertEquals(await y.toArray(), [-1, 0.5, 1]);
 * ```
 */
export class Hardtanh extends Module {
  /** The smallest output. */
  readonly minVal: number;
  /** The largest output. */
  readonly maxVal: number;
  declare private readonly [INNER]: HardtanhOptions;

  /**
   * Creates the layer.
   *
   * @param options `minVal` and `maxVal`.
   */
  constructor(options: HardtanhOptions = {}) {
    super();
    const parsed = parseArguments(
      hardtanhSchema,
      {},
      options,
      arguments,
      "make a Hardtanh",
    );
    this.minVal = parsed.minVal ?? -1;
    this.maxVal = parsed.maxVal ?? 1;
    this[INNER] = parsed as HardtanhOptions;
  }

  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return hardtanh(x, this[INNER]);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `minVal=${this.minVal}, maxVal=${this.maxVal}`;
  }
}

/**
 * `x` limited to the range from 0 to 6.
 *
 * @example Within the bounds
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { ReLU6 } from "@tenfold/nn";
 *
 * const y = new ReLU6().forward(tensor([-1, 2, 8]));
 * assertEquals(await y.toArray(), [0, 2, 6]);
 * ```
 */
export class ReLU6 extends Module {
  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return relu6(x);
  }
}

/**
 * 0 below -3, 1 above 3, and `x / 6 + 1 / 2` between them.
 *
 * @example From 0 to 1
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { Hardsigmoid } from "@tenfold/nn";
 *
 * const layer = new Hardsigmoid();
 * const y = layer.forward(tensor([-5, 0, 5]));
 * assertEquals(await y.toArray(), [0, 0.5, 1]);
 * ```
 */
export class Hardsigmoid extends Module {
  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return hardsigmoid(x);
  }
}

/**
 * 0 below -3, `x` above 3, and `x (x + 3) / 6` between them.
 *
 * @example Large inputs are kept
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { Hardswish } from "@tenfold/nn";
 *
 * const layer = new Hardswish();
 * const y = layer.forward(tensor([-5, 3, 4]));
 * assertEquals(await y.toArray(), [0, 3, 4]);
 * ```
 */
export class Hardswish extends Module {
  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return hardswish(x);
  }
}

/**
 * `x` where it is above `threshold`, else `value`.
 *
 * @example What is too small is replaced
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { Threshold } from "@tenfold/nn";
 *
 * const layer = new Threshold({ threshold: 0.1, value: 20 });
 * assertEquals(await layer.forward(tensor([0, 1])).toArray(), [20, 1]);
 * ```
 */
export class Threshold extends Module {
  /** The threshold: inputs above it are kept. */
  readonly threshold: number;
  /** The value that replaces all other inputs. */
  readonly value: number;
  declare private readonly [INNER]: ThresholdOptions;

  /**
   * Creates the layer.
   *
   * @param options `threshold` and `value`.
   */
  constructor(options: ThresholdOptions) {
    super();
    const parsed = parseArguments(
      thresholdSchema,
      {},
      options,
      arguments,
      "make a Threshold",
    );
    this.threshold = parsed.threshold;
    this.value = parsed.value;
    this[INNER] = parsed as ThresholdOptions;
  }

  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return threshold(x, this[INNER]);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `threshold=${this.threshold}, value=${this.value}`;
  }
}

/**
 * 0 from `-lambd` to `lambd`, `x` elsewhere.
 *
 * @example Small inputs are left out
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { Hardshrink } from "@tenfold/nn";
 *
 * const layer = new Hardshrink();
 * const y = layer.forward(tensor([-0.4, 0.4, 2]));
 * assertEquals(await y.toArray(), [0, 0, 2]);
 * ```
 */
export class Hardshrink extends Module {
  /** Inputs from `-lambd` to `lambd` give 0. */
  readonly lambd: number;
  declare private readonly [INNER]: ShrinkOptions;

  /**
   * Creates the layer.
   *
   * @param options `lambd`.
   */
  constructor(options: ShrinkOptions = {}) {
    super();
    const parsed = parseArguments(
      shrinkSchema,
      {},
      options,
      arguments,
      "make a Hardshrink",
    );
    this.lambd = parsed.lambd ?? 0.5;
    this[INNER] = parsed as ShrinkOptions;
  }

  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return hardshrink(x, this[INNER]);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `lambd=${this.lambd}`;
  }
}

/**
 * `x` shrunk towards 0 by `lambd`, and 0 where `|x|` is less than `lambd`.
 *
 * @example Towards 0
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { Softshrink } from "@tenfold/nn";
 *
 * const layer = new Softshrink();
 * assertEquals(await layer.forward(tensor([0.25, 2])).toArray(), [0, 1.5]);
 * ```
 */
export class Softshrink extends Module {
  /** Amount by which inputs are shrunk towards 0. */
  readonly lambd: number;
  declare private readonly [INNER]: ShrinkOptions;

  /**
   * Creates the layer.
   *
   * @param options `lambd`.
   */
  constructor(options: ShrinkOptions = {}) {
    super();
    const parsed = parseArguments(
      shrinkSchema,
      {},
      options,
      arguments,
      "make a Softshrink",
    );
    this.lambd = parsed.lambd ?? 0.5;
    this[INNER] = parsed as ShrinkOptions;
  }

  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return softshrink(x, this[INNER]);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `lambd=${this.lambd}`;
  }
}

/**
 * Options of {@linkcode PReLU}.
 *
 * @example A slope for each of 8 channels
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const options: nn.PReluOptions = { numParameters: 8 };
 * const layer = new nn.PReLU(options);
 * assertEquals(layer.weight.shape, [8]);
 * ```
 */
export interface PReluOptions extends PlaceOptions {
  /** Number of slopes: 1, or the number of channels. @default {1} */
  readonly numParameters?: number;
  /** Initial value of the slopes. @default {0.25} */
  readonly init?: number;
}

const preluSchema = () =>
  z.strictObject({
    numParameters: z._default(positiveInteger, 1),
    init: z._default(finite, 0.25),
    ...placeFields,
  });

/**
 * `x` where it is positive, else `weight * x` with a learned weight (He and
 * others, 2015).
 *
 * @example A slope for each channel
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { randn } from "@tenfold/tenfold";
 * import { PReLU } from "@tenfold/nn";
 *
 * const layer = new PReLU({ numParameters: 3 });
 * assertEquals(layer.forward(randn([2, 3, 4])).shape, [2, 3, 4]);
 * ```
 */
export class PReLU extends Module {
  /** Number of slopes. */
  readonly numParameters: number;
  /** The slopes, of shape `[numParameters]`. */
  weight: Parameter;

  /**
   * Creates the layer.
   *
   * @param options `numParameters`, `init`, `device` and `dtype`.
   * @throws {RangeError} If the number of slopes is not a positive integer.
   */
  constructor(options: PReluOptions = {}) {
    super();
    const { numParameters, init, ...place } = parseArguments(
      preluSchema,
      {},
      options,
      arguments,
      "make a PReLU",
    );
    this.numParameters = numParameters;
    this.weight = emptyParameter([numParameters], placeOf(place), init);
  }

  /**
   * Applies the function to each element.
   *
   * @throws {ShapeError} If the number of slopes is neither 1 nor the extent of
   * dim 1.
   */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return prelu(x, this.weight);
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `numParameters=${this.numParameters}`;
  }
}

/**
 * `x` where it is positive, else `slope * x` with a random slope in training.
 *
 * @example The mean slope in evaluation
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { RReLU } from "@tenfold/nn";
 *
 * const layer = new RReLU({ lower: 0.25, upper: 0.75 }).eval();
 * assertEquals(await layer.forward(tensor([-8, 1])).toArray(), [-4, 1]);
 * ```
 */
export class RReLU extends Module {
  /** The smallest slope. */
  readonly lower: number;
  /** The largest slope. */
  readonly upper: number;

  /**
   * Creates the layer.
   *
   * @param options `lower` and `upper`.
   */
  constructor(options: Omit<RReluOptions, "training"> = {}) {
    super();
    const parsed = parseArguments(
      rreluSchema,
      {},
      options,
      arguments,
      "make an RReLU",
    );
    this.lower = parsed.lower ?? 1 / 8;
    this.upper = parsed.upper ?? 1 / 3;
  }

  /** Applies the function to each element. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return rrelu(x, {
      lower: this.lower,
      upper: this.upper,
      training: this.training,
    });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `lower=${this.lower}, upper=${this.upper}`;
  }
}
