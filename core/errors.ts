/**
 * The errors that tensors throw. Wrong types and shapes belong to the
 * `TypeError` family, wrong values to the `RangeError` family.
 *
 * @module
 */

/**
 * Shapes that do not fit an operation.
 *
 * @example Shapes that do not broadcast
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { ones, ShapeError } from "@tenfold/tenfold";
 *
 * assertThrows(() => ones([2, 3]).add(ones([2])), ShapeError);
 * ```
 */
export class ShapeError extends TypeError {
  /** Always `"ShapeError"`. */
  override name = "ShapeError";
}

/**
 * A dtype that an operation or a device does not support.
 *
 * @example A gradient of another dtype
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { DTypeError, ones } from "@tenfold/tenfold";
 *
 * const w = ones([2], { requiresGrad: true });
 * assertThrows(() => w.grad = ones([2], { dtype: "float64" }), DTypeError);
 * ```
 */
export class DTypeError extends TypeError {
  /** Always `"DTypeError"`. */
  override name = "DTypeError";
}

/**
 * Tensors of two devices in one operation, or a device that cannot do it.
 *
 * @example A backend of a name that nobody has registered
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { DeviceError, setBackend } from "@tenfold/tenfold";
 *
 * await assertRejects(() => setBackend("abacus"), DeviceError);
 * ```
 */
export class DeviceError extends TypeError {
  /** Always `"DeviceError"`. */
  override name = "DeviceError";
}

/**
 * A tensor that was used after its memory had been released.
 *
 * @example After dispose
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { ones, ReleasedError } from "@tenfold/tenfold";
 *
 * const x = ones([2]);
 * x.dispose();
 * assertThrows(() => x.add(1), ReleasedError);
 * ```
 */
export class ReleasedError extends TypeError {
  /** Always `"ReleasedError"`. */
  override name = "ReleasedError";
}

/**
 * A gradient that cannot be computed, such as of something that was not
 * recorded.
 *
 * @example Backward without a tape
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { GradientError, ones } from "@tenfold/tenfold";
 *
 * assertThrows(() => ones([2]).sum().backward(), GradientError);
 * ```
 */
export class GradientError extends TypeError {
  /** Always `"GradientError"`. */
  override name = "GradientError";
}

/**
 * A dim or an index that lies outside its bounds.
 *
 * @example A dim that a vector does not have
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { IndexError, ones } from "@tenfold/tenfold";
 *
 * assertThrows(() => ones([2]).sum(1), IndexError);
 * ```
 */
export class IndexError extends RangeError {
  /** Always `"IndexError"`. */
  override name = "IndexError";
}

/**
 * A function that cannot be compiled, as a replay would not do the same.
 *
 * @example A decision that depends on values
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { compile, CompileError, ones, type Tensor } from "@tenfold/tenfold";
 *
 * const positive = compile((x: Tensor) =>
 *   x.sum().itemSync() > 0 ? x : x.neg()
 * );
 * assertThrows(() => positive(ones([2])), CompileError);
 * ```
 */
export class CompileError extends TypeError {
  /** Always `"CompileError"`. */
  override name = "CompileError";
}

/**
 * The device cannot allocate the requested memory.
 *
 * @example More than any memory holds
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { ones, OutOfMemoryError } from "@tenfold/tenfold";
 *
 * assertThrows(() => ones([2 ** 26, 2 ** 20]), OutOfMemoryError);
 * ```
 */
export class OutOfMemoryError extends RangeError {
  /** Always `"OutOfMemoryError"`. */
  override name = "OutOfMemoryError";
}

/**
 * Scopes or modes of two tasks that ended in the wrong order.
 *
 * @example An outer mode that ends before an inner one
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { enableGrad, noGrad, OverlapError } from "@tenfold/tenfold";
 *
 * const outer = noGrad();
 * const inner = enableGrad();
 * assertThrows(() => outer[Symbol.dispose](), OverlapError);
 * inner[Symbol.dispose]();
 * outer[Symbol.dispose]();
 * ```
 */
export class OverlapError extends Error {
  /** Always `"OverlapError"`. */
  override name = "OverlapError";
}

/**
 * Renders a shape for a message: `[2, 3]`.
 *
 * @example A matrix
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { showShape } from "@tenfold/core/internal";
 *
 * assertEquals(showShape([2, 3]), "[2, 3]");
 * ```
 */
export function showShape(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}
