/**
 * What the functions of this folder share: the primitive applied, checks of
 * their arguments, and options that depend on the matrix.
 *
 * @module
 */
import {
  type DType,
  type FloatDType,
  type FloatOf,
  isFloating,
} from "../dtype.ts";
import { DTypeError, ShapeError, showShape } from "../errors.ts";
import { APPLY } from "../members.ts";
import { addLinalg, type LinalgOp } from "../ops/linalg.ts";
import { checkCount } from "../options.ts";
import { refuseValues } from "../refuse.ts";
import { broadcastShapes } from "../shape.ts";
import { checkTensor, type Tensor } from "../tensor.ts";

/** A tensor of the floats that matrices of a dtype give. */
export type Floats<D extends DType> = Tensor<FloatOf<D>>;

/** Applies an algorithm to matrices of one batch. */
export function applyLinalg(
  algorithm: LinalgOp["algorithm"],
  inputs: readonly Tensor[],
  first = 0,
  second = 0,
): Tensor {
  addLinalg();
  const [x, ...others] = inputs;
  return x![APPLY]({ name: "linalg", algorithm, first, second }, ...others);
}

/** Refuses further arguments, and anything but matrices of floats. */
export function checkMatrices(
  name: string,
  args: ArrayLike<unknown>,
  most: number,
  ...matrices: unknown[]
): void {
  checkCount(name, args.length, most);
  for (const x of matrices) {
    checkTensor(x, "each operand", name);
    if (x.ndim < 2) {
      throw new ShapeError(
        `Cannot ${name} as matrices have at least 2 dims: got shape ${
          showShape(x.shape)
        }`,
      );
    }
    checkFloats(name, x);
  }
}

/** Refuses other than floats. */
export function checkFloats(name: string, x: Tensor): void {
  if (isFloating(x.dtype)) return;
  throw new DTypeError(
    `Cannot ${name} of ${x.dtype} as it needs floats: cast it with cast("float32") or cast("float64")`,
  );
}

/** Refuses matrices that are not square. */
export function checkSquare(name: string, x: Tensor): void {
  if (x.shape[x.ndim - 1] === x.shape[x.ndim - 2]) return;
  throw new ShapeError(
    `Cannot ${name} as the matrices must be square: got shape ${
      showShape(x.shape)
    }`,
  );
}

/** Both with the batch that their leading dims broadcast to. */
export function sameBatch(
  name: string,
  a: Tensor,
  b: Tensor,
): [Tensor, Tensor] {
  const batch = broadcastShapes(
    a.shape.slice(0, -2),
    b.shape.slice(0, -2),
    name,
  );
  return [
    a.expand([...batch, ...a.shape.slice(-2)]),
    b.expand([...batch, ...b.shape.slice(-2)]),
  ];
}

/** The transposed matrices. */
export const flip = (x: Tensor): Tensor => x.transpose(-1, -2);

/** Some results of several that lie behind one another in the last dim. */
export const partOf = (
  x: Tensor,
  start: number,
  ...shape: number[]
): Tensor =>
  x.narrow(-1, start, shape.reduce((a, b) => a * b, 1))
    .reshape([...x.shape.slice(0, -1), ...shape]);

/** The distance of 1 from the next number. */
const EPSILON: { readonly [D in FloatDType]: number } = {
  float16: 2 ** -10,
  float32: 2 ** -23,
  float64: 2 ** -52,
};

/** `max(m, n)` times the distance of 1 from the next number. */
export function defaultTolerance(x: Tensor): number {
  const epsilon = EPSILON[x.dtype as FloatDType];
  return epsilon * Math.max(...x.shape.slice(-2));
}

/**
 * Refuses matrices for which an algorithm found no numbers, though their own
 * elements are.
 */
export function refuseFailures(
  name: string,
  found: Tensor,
  inputs: readonly Tensor[],
  because: string,
): void {
  if (found.size === 0) return;
  const all = (x: Tensor) => x.isFinite().all([-2, -1]);
  refuseValues(
    name,
    () =>
      inputs.map(all).reduce((a, b) => a.logicalAnd(b))
        .logicalAnd(found.isNan().any([-2, -1])).cast("int32").sum(),
    (count) =>
      new RangeError(
        `Cannot ${name} as ${
          count === 1 ? "a matrix" : `${count} matrices`
        } ${because}`,
      ),
  );
}
