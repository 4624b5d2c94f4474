/**
 * How many numbers go into and out of each unit.
 *
 * @module
 */
import { ShapeError, type Tensor } from "@tenfold/core";
import { sizeOf } from "@tenfold/core/backend";
import { checkTensor, showShape } from "@tenfold/core/internal";

/** Numbers that go into one unit, and places that each number goes to. */
export interface Fan {
  /** Connections into a unit. */
  readonly in: number;
  /** Connections out of a unit. */
  readonly out: number;
}

/**
 * The fan of a weight of shape `[out, in, ...window]`.
 *
 * @throws {ShapeError} If it has fewer than 2 dims.
 */
export function fanOf(tensor: Tensor, name: string): Fan {
  checkTensor(tensor, "what is filled", `apply ${name}`);
  const { shape } = tensor;
  if (shape.length < 2) {
    throw new ShapeError(
      `Cannot apply ${name} to a tensor of fewer than 2 dims as it has no fan: got shape ${
        showShape(shape)
      }`,
    );
  }
  const window = sizeOf(shape.slice(2));
  return { in: shape[1]! * window, out: shape[0]! * window };
}
