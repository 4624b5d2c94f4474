/**
 * Padding layers.
 *
 * @module
 */
import { ShapeError, type Tensor } from "@tenfold/core";
import {
  checkCount,
  checkTensor,
  showShape,
  showValue,
} from "@tenfold/core/internal";
import { pad, type PadMode } from "./functional/pad.ts";
import { Module } from "./module.ts";

/**
 * Amounts of padding: one number for all sides, or `[left, right]` of the last
 * dim, then `[top, bottom]` of the one before, and so on.
 *
 * @example One element at the left, two at the right
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, ones } from "@tenfold/tenfold";
 *
 * const amounts: nn.PaddingAmounts = [1, 2];
 * const y = new nn.ZeroPad1d(amounts).forward(ones([1, 1, 3]));
 * assertEquals(y.shape, [1, 1, 6]);
 * ```
 */
export type PaddingAmounts = number | readonly number[];

/**
 * Base class of the padding layers.
 *
 * @example What any of them adds
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const layer: nn.Padding = new nn.ReflectionPad1d([1, 2]);
 * assertEquals([layer.padding, layer.mode], [[1, 2], "reflect"]);
 * ```
 */
export abstract class Padding extends Module {
  /**
   * Amounts of padding, `[left, right, top, bottom, ...]`; negative ones crop.
   */
  readonly padding: readonly number[];
  /** The padding mode; see {@linkcode functional.pad}. */
  readonly mode: PadMode;
  /** Fill value of the mode `"constant"`. */
  readonly value: number;

  /** Creates a layer that pads `dims` dims. */
  constructor(dims: number, padding: PaddingAmounts, mode: PadMode, value = 0) {
    super();
    const amounts = typeof padding === "number"
      ? new Array<number>(2 * dims).fill(padding)
      : padding;
    if (
      !Array.isArray(amounts) || amounts.length !== 2 * dims ||
      !amounts.every(Number.isInteger)
    ) {
      throw new RangeError(
        `Cannot make a ${new.target.name} as the padding must be an integer or an array of ${
          2 * dims
        }: got ${showValue(padding)}`,
      );
    }
    if (typeof value !== "number") {
      throw new TypeError(
        `Cannot make a ${new.target.name} as the value must be a number: got ${
          showValue(value)
        }`,
      );
    }
    this.padding = amounts;
    this.mode = mode;
    this.value = value;
  }

  /** Pads `x` of shape `[n, channels, ...extents]`, or without `n`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    const { mode, padding, value } = this;
    const { name } = this.constructor;
    checkTensor(x, "x", `apply ${name}`);
    const dims = padding.length / 2;
    if (x.ndim !== dims + 1 && x.ndim !== dims + 2) {
      throw new ShapeError(
        `Cannot apply ${name} as the input must have ${dims + 1} or ${
          dims + 2
        } dims: got shape ${showShape(x.shape)}`,
      );
    }
    return pad(x, padding, mode === "constant" ? { mode, value } : { mode });
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    const value = this.value === 0 ? "" : `, value=${this.value}`;
    return `[${this.padding.join(", ")}]${value}`;
  }
}

/**
 * Pads sequences with zeros.
 *
 * @example One element on each side
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { ZeroPad1d } from "@tenfold/nn";
 *
 * const y = new ZeroPad1d(1).forward(ones([1, 2, 4]));
 * assertEquals(y.shape, [1, 2, 6]);
 * ```
 */
export class ZeroPad1d extends Padding {
  /**
   * Creates the layer.
   *
   * @param padding Amounts of padding on each side.
   * @throws {RangeError} If an amount is not an integer, or their number does
   * not fit the dims.
   */
  constructor(padding: PaddingAmounts) {
    checkCount("make a ZeroPad1d", arguments.length, 1);
    super(1, padding, "constant");
  }
}

/**
 * Pads images with zeros.
 *
 * @example One element on each side
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { ZeroPad2d } from "@tenfold/nn";
 *
 * const y = new ZeroPad2d(1).forward(ones([1, 2, 4, 5]));
 * assertEquals(y.shape, [1, 2, 6, 7]);
 * ```
 */
export class ZeroPad2d extends Padding {
  /**
   * Creates the layer.
   *
   * @param padding Amounts of padding on each side.
   * @throws {RangeError} If an amount is not an integer, or their number does
   * not fit the dims.
   */
  constructor(padding: PaddingAmounts) {
    checkCount("make a ZeroPad2d", arguments.length, 1);
    super(2, padding, "constant");
  }
}

/**
 * Pads volumes with zeros.
 *
 * @example One element on each side
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { ZeroPad3d } from "@tenfold/nn";
 *
 * const y = new ZeroPad3d(1).forward(ones([1, 2, 4, 5, 3]));
 * assertEquals(y.shape, [1, 2, 6, 7, 5]);
 * ```
 */
export class ZeroPad3d extends Padding {
  /**
   * Creates the layer.
   *
   * @param padding Amounts of padding on each side.
   * @throws {RangeError} If an amount is not an integer, or their number does
   * not fit the dims.
   */
  constructor(padding: PaddingAmounts) {
    checkCount("make a ZeroPad3d", arguments.length, 1);
    super(3, padding, "constant");
  }
}

/**
 * Pads sequences with a constant value.
 *
 * @example One element on each side
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { ConstantPad1d } from "@tenfold/nn";
 *
 * const y = new ConstantPad1d(1, 0.5).forward(ones([1, 2, 4]));
 * assertEquals(y.shape, [1, 2, 6]);
 * ```
 */
export class ConstantPad1d extends Padding {
  /**
   * Creates the layer.
   *
   * @param padding Amounts of padding on each side.
   * @param value The fill value.
   * @throws {RangeError} If an amount is not an integer, or their number does
   * not fit the dims.
   */
  constructor(padding: PaddingAmounts, value: number) {
    checkCount("make a ConstantPad1d", arguments.length, 2);
    super(1, padding, "constant", value);
  }
}

/**
 * Pads images with a constant value.
 *
 * @example One element on each side
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { ConstantPad2d } from "@tenfold/nn";
 *
 * const y = new ConstantPad2d(1, 0.5).forward(ones([1, 2, 4, 5]));
 * assertEquals(y.shape, [1, 2, 6, 7]);
 * ```
 */
export class ConstantPad2d extends Padding {
  /**
   * Creates the layer.
   *
   * @param padding Amounts of padding on each side.
   * @param value The fill value.
   * @throws {RangeError} If an amount is not an integer, or their number does
   * not fit the dims.
   */
  constructor(padding: PaddingAmounts, value: number) {
    checkCount("make a ConstantPad2d", arguments.length, 2);
    super(2, padding, "constant", value);
  }
}

/**
 * Pads volumes with a constant value.
 *
 * @example One element on each side
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { ConstantPad3d } from "@tenfold/nn";
 *
 * const y = new ConstantPad3d(1, 0.5).forward(ones([1, 2, 4, 5, 3]));
 * assertEquals(y.shape, [1, 2, 6, 7, 5]);
 * ```
 */
export class ConstantPad3d extends Padding {
  /**
   * Creates the layer.
   *
   * @param padding Amounts of padding on each side.
   * @param value The fill value.
   * @throws {RangeError} If an amount is not an integer, or their number does
   * not fit the dims.
   */
  constructor(padding: PaddingAmounts, value: number) {
    checkCount("make a ConstantPad3d", arguments.length, 2);
    super(3, padding, "constant", value);
  }
}

/**
 * Pads sequences with a reflection of the elements beside the edges.
 *
 * @example One element on each side
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { ReflectionPad1d } from "@tenfold/nn";
 *
 * const y = new ReflectionPad1d(1).forward(ones([1, 2, 4]));
 * assertEquals(y.shape, [1, 2, 6]);
 * ```
 */
export class ReflectionPad1d extends Padding {
  /**
   * Creates the layer.
   *
   * @param padding Amounts of padding on each side.
   * @throws {RangeError} If an amount is not an integer, or their number does
   * not fit the dims.
   */
  constructor(padding: PaddingAmounts) {
    checkCount("make a ReflectionPad1d", arguments.length, 1);
    super(1, padding, "reflect");
  }
}

/**
 * Pads images with a reflection of the elements beside the edges.
 *
 * @example One element on each side
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { ReflectionPad2d } from "@tenfold/nn";
 *
 * const y = new ReflectionPad2d(1).forward(ones([1, 2, 4, 5]));
 * assertEquals(y.shape, [1, 2, 6, 7]);
 * ```
 */
export class ReflectionPad2d extends Padding {
  /**
   * Creates the layer.
   *
   * @param padding Amounts of padding on each side.
   * @throws {RangeError} If an amount is not an integer, or their number does
   * not fit the dims.
   */
  constructor(padding: PaddingAmounts) {
    checkCount("make a ReflectionPad2d", arguments.length, 1);
    super(2, padding, "reflect");
  }
}

/**
 * Pads volumes with a reflection of the elements beside the edges.
 *
 * @example One element on each side
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { ReflectionPad3d } from "@tenfold/nn";
 *
 * const y = new ReflectionPad3d(1).forward(ones([1, 2, 4, 5, 3]));
 * assertEquals(y.shape, [1, 2, 6, 7, 5]);
 * ```
 */
export class ReflectionPad3d extends Padding {
  /**
   * Creates the layer.
   *
   * @param padding Amounts of padding on each side.
   * @throws {RangeError} If an amount is not an integer, or their number does
   * not fit the dims.
   */
  constructor(padding: PaddingAmounts) {
    checkCount("make a ReflectionPad3d", arguments.length, 1);
    super(3, padding, "reflect");
  }
}

/**
 * Pads sequences by replicating the elements at the edges.
 *
 * @example One element on each side
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { ReplicationPad1d } from "@tenfold/nn";
 *
 * const y = new ReplicationPad1d(1).forward(ones([1, 2, 4]));
 * assertEquals(y.shape, [1, 2, 6]);
 * ```
 */
export class ReplicationPad1d extends Padding {
  /**
   * Creates the layer.
   *
   * @param padding Amounts of padding on each side.
   * @throws {RangeError} If an amount is not an integer, or their number does
   * not fit the dims.
   */
  constructor(padding: PaddingAmounts) {
    checkCount("make a ReplicationPad1d", arguments.length, 1);
    super(1, padding, "replicate");
  }
}

/**
 * Pads images by replicating the elements at the edges.
 *
 * @example One element on each side
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { ReplicationPad2d } from "@tenfold/nn";
 *
 * const y = new ReplicationPad2d(1).forward(ones([1, 2, 4, 5]));
 * assertEquals(y.shape, [1, 2, 6, 7]);
 * ```
 */
export class ReplicationPad2d extends Padding {
  /**
   * Creates the layer.
   *
   * @param padding Amounts of padding on each side.
   * @throws {RangeError} If an amount is not an integer, or their number does
   * not fit the dims.
   */
  constructor(padding: PaddingAmounts) {
    checkCount("make a ReplicationPad2d", arguments.length, 1);
    super(2, padding, "replicate");
  }
}

/**
 * Pads volumes by replicating the elements at the edges.
 *
 * @example One element on each side
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { ReplicationPad3d } from "@tenfold/nn";
 *
 * const y = new ReplicationPad3d(1).forward(ones([1, 2, 4, 5, 3]));
 * assertEquals(y.shape, [1, 2, 6, 7, 5]);
 * ```
 */
export class ReplicationPad3d extends Padding {
  /**
   * Creates the layer.
   *
   * @param padding Amounts of padding on each side.
   * @throws {RangeError} If an amount is not an integer, or their number does
   * not fit the dims.
   */
  constructor(padding: PaddingAmounts) {
    checkCount("make a ReplicationPad3d", arguments.length, 1);
    super(3, padding, "replicate");
  }
}

/**
 * Pads sequences circularly, with the elements of the opposite end.
 *
 * @example One element on each side
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { CircularPad1d } from "@tenfold/nn";
 *
 * const y = new CircularPad1d(1).forward(ones([1, 2, 4]));
 * assertEquals(y.shape, [1, 2, 6]);
 * ```
 */
export class CircularPad1d extends Padding {
  /**
   * Creates the layer.
   *
   * @param padding Amounts of padding on each side.
   * @throws {RangeError} If an amount is not an integer, or their number does
   * not fit the dims.
   */
  constructor(padding: PaddingAmounts) {
    checkCount("make a CircularPad1d", arguments.length, 1);
    super(1, padding, "circular");
  }
}

/**
 * Pads images circularly, with the elements of the opposite end.
 *
 * @example One element on each side
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { CircularPad2d } from "@tenfold/nn";
 *
 * const y = new CircularPad2d(1).forward(ones([1, 2, 4, 5]));
 * assertEquals(y.shape, [1, 2, 6, 7]);
 * ```
 */
export class CircularPad2d extends Padding {
  /**
   * Creates the layer.
   *
   * @param padding Amounts of padding on each side.
   * @throws {RangeError} If an amount is not an integer, or their number does
   * not fit the dims.
   */
  constructor(padding: PaddingAmounts) {
    checkCount("make a CircularPad2d", arguments.length, 1);
    super(2, padding, "circular");
  }
}

/**
 * Pads volumes circularly, with the elements of the opposite end.
 *
 * @example One element on each side
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { CircularPad3d } from "@tenfold/nn";
 *
 * const y = new CircularPad3d(1).forward(ones([1, 2, 4, 5, 3]));
 * assertEquals(y.shape, [1, 2, 6, 7, 5]);
 * ```
 */
export class CircularPad3d extends Padding {
  /**
   * Creates the layer.
   *
   * @param padding Amounts of padding on each side.
   * @throws {RangeError} If an amount is not an integer, or their number does
   * not fit the dims.
   */
  constructor(padding: PaddingAmounts) {
    checkCount("make a CircularPad3d", arguments.length, 1);
    super(3, padding, "circular");
  }
}
