/**
 * The errors that tensors throw. Wrong types and shapes belong to the
 * `TypeError` family, wrong values to the `RangeError` family.
 *
 * @module
 */

/** Shapes that do not fit an operation. */
export class ShapeError extends TypeError {
  /** Always `"ShapeError"`. */
  override name = "ShapeError";
}

/** A dtype that an operation or a device does not support. */
export class DTypeError extends TypeError {
  /** Always `"DTypeError"`. */
  override name = "DTypeError";
}

/** Tensors of two devices in one operation, or a device that cannot do it. */
export class DeviceError extends TypeError {
  /** Always `"DeviceError"`. */
  override name = "DeviceError";
}

/** A tensor that was used after its memory had been released. */
export class ReleasedError extends TypeError {
  /** Always `"ReleasedError"`. */
  override name = "ReleasedError";
}

/**
 * A gradient that cannot be computed, such as of something that was not
 * recorded.
 */
export class GradientError extends TypeError {
  /** Always `"GradientError"`. */
  override name = "GradientError";
}

/** A dim or an index that lies outside its bounds. */
export class IndexError extends RangeError {
  /** Always `"IndexError"`. */
  override name = "IndexError";
}

/** A function that cannot be compiled, as a replay would not do the same. */
export class CompileError extends TypeError {
  /** Always `"CompileError"`. */
  override name = "CompileError";
}

/** The device cannot allocate the requested memory. */
export class OutOfMemoryError extends RangeError {
  /** Always `"OutOfMemoryError"`. */
  override name = "OutOfMemoryError";
}

/** Scopes or modes of two tasks that ended in the wrong order. */
export class OverlapError extends Error {
  /** Always `"OverlapError"`. */
  override name = "OverlapError";
}

/** Renders a shape for a message: `[2, 3]`. */
export function showShape(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}
