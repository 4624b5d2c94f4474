/**
 * Parameters of distributions: numbers or tensors, checked, and as tensors.
 *
 * @module
 */
import { full } from "../creation.ts";
import { type DType, floatOf, isFloating } from "../dtype.ts";
import { refuseValues } from "../refuse.ts";
import { showValue } from "../options.ts";
import { broadcastShapes, checkShape, type Shape } from "../shape.ts";
import { Tensor, type TensorLike } from "../tensor.ts";

/** What the values of a parameter must be. */
export interface Constraint {
  /** A predicate that follows the name of the parameter. */
  readonly must: string;
  /** Whether a number will do. */
  readonly accepts: (value: number) => boolean;
  /** Where elements will do. */
  readonly where: (x: Tensor) => Tensor;
}

/** Above 0. */
export const POSITIVE: Constraint = {
  must: "must be positive",
  accepts: (value) => value > 0,
  where: (x) => x.gt(0),
};
/** Not NaN. */
export const REAL: Constraint = {
  must: "must not be NaN",
  accepts: (value) => !Number.isNaN(value),
  where: (x) => x.isNan().logicalNot(),
};
/** From 0 to 1. */
export const UNIT: Constraint = {
  must: "must be from 0 to 1",
  accepts: (value) => value >= 0 && value <= 1,
  where: (x) => x.ge(0).logicalAnd(x.le(1)),
};

/**
 * Checks a parameter.
 *
 * @throws {TypeError} If it is neither a number nor a tensor.
 * @throws {RangeError} If a value will not do.
 */
export function checkParameter(
  distribution: string,
  name: string,
  value: unknown,
  { must, accepts, where }: Constraint,
): void {
  const wrong = (got: string) =>
    new RangeError(
      `Cannot make a ${distribution} as ${name} ${must}: got ${got}`,
    );
  if (typeof value === "number") {
    if (!accepts(value)) throw wrong(String(value));
  } else if (value instanceof Tensor) {
    const x: Tensor = value;
    refuseValues(
      distribution,
      () => where(x).logicalNot().sum(),
      (count) => wrong(`${count} elements that are not`),
    );
  } else {
    throw new TypeError(
      `Cannot make a ${distribution} as ${name} must be a number or a tensor: got ${
        showValue(value)
      }`,
    );
  }
}

/** Parameters as tensors of one float dtype and shape, on one device. */
export function asTensors(
  parameters: readonly TensorLike[],
  name: string,
): { readonly tensors: readonly Tensor[]; readonly shape: Shape } {
  const first = parameters.find((x) => x instanceof Tensor);
  const place = first === undefined ? {} : {
    device: first.device,
    dtype: floatOf(first.dtype as DType),
  };
  const tensors = parameters.map((x): Tensor =>
    typeof x === "number"
      ? full([], x, place)
      : isFloating(x.dtype)
      ? x
      : x.cast(floatOf(x.dtype as DType))
  );
  return { tensors, shape: shapeOf(parameters, name) };
}

/** The common shape of parameters. */
export function shapeOf(
  parameters: readonly TensorLike[],
  name: string,
): Shape {
  return parameters.reduce<Shape>(
    (shape, x) =>
      typeof x === "number" ? shape : broadcastShapes(shape, x.shape, name),
    [],
  );
}

/** The shape of samples. */
export function sampleShape(shape: unknown, name: string): Shape {
  return shape === undefined ? [] : checkShape(shape, `sample a ${name}`);
}
