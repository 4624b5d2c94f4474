/**
 * Operations that take several tensors on an equal footing.
 *
 * @module
 */
import type { DType, Promote } from "./dtype.ts";
import { ShapeError, showShape } from "./errors.ts";
import { checkCount, showValue } from "./options.ts";
import { tidyNow } from "./scope.ts";
import { normalizeDim } from "./shape.ts";
import {
  apply,
  checkOperand,
  checkTensor,
  Tensor,
  type TensorLike,
} from "./tensor.ts";

/** Refuses anything but an array of tensors with something in it. */
function requireSome(
  tensors: readonly Tensor[],
  operation: string,
  args: ArrayLike<unknown>,
): void {
  if (!Array.isArray(tensors)) {
    const instead = (tensors as unknown) instanceof Tensor
      ? `, write ${operation}([${args.length > 1 ? "a, b" : "a"}])`
      : "";
    throw new TypeError(
      `Cannot ${operation} as the tensors must be one array: got ${
        showValue(tensors)
      }${instead}`,
    );
  }
  if (tensors.length === 0) {
    throw new ShapeError(
      `Cannot ${operation} no tensors: give at least one`,
    );
  }
}

/**
 * Concatenates tensors along an existing dim; the other extents must match.
 *
 * @throws {ShapeError} If the other extents differ, or no tensor is given.
 * @example Rows below rows
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cat, ones, zeros } from "@tenfold/tenfold";
 *
 * assertEquals(cat([ones([1, 2]), zeros([2, 2])]).shape, [3, 2]);
 * ```
 */
export function cat<D extends DType>(
  tensors: readonly Tensor<D>[],
  dim = 0,
): Tensor<D> {
  requireSome(tensors, "cat", arguments);
  checkCount("cat", arguments.length, 2);
  const { ndim } = tensors[0]!;
  if (ndim === 0) {
    throw new ShapeError("Cannot cat 0-d tensors: use stack");
  }
  return apply<D>(
    { name: "cat", dim: normalizeDim(dim, ndim, "cat") },
    tensors,
  )[0]!;
}

/**
 * Stacks tensors of the same shape along a new dim.
 *
 * @param tensors At least one.
 * @param dim Where the new dim is. @default {0}
 * @throws {ShapeError} If the shapes differ, or no tensor is given.
 * @example Vectors as rows, and as columns
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { stack, tensor } from "@tenfold/tenfold";
 *
 * const rows = [tensor([1, 2]), tensor([3, 4])];
 * assertEquals(await stack(rows).toArray(), [[1, 2], [3, 4]]);
 * assertEquals(await stack(rows, 1).toArray(), [[1, 3], [2, 4]]);
 * ```
 */
export function stack<D extends DType>(
  tensors: readonly Tensor<D>[],
  dim = 0,
): Tensor<D> {
  requireSome(tensors, "stack", arguments);
  checkCount("stack", arguments.length, 2);
  const [first] = tensors;
  for (const each of tensors) {
    checkTensor(each, "each of them", "stack tensors");
  }
  for (const { shape } of tensors) {
    if (showShape(shape) !== showShape(first!.shape)) {
      throw new ShapeError(
        `Cannot stack tensors of several shapes: got ${
          showShape(first!.shape)
        } and ${showShape(shape)}`,
      );
    }
  }
  const at = normalizeDim(dim, first!.ndim + 1, "stack");
  return tidyNow(() => cat(tensors.map((x) => x.unsqueeze(at)), at));
}

/**
 * Elements of `a` where the condition is not 0, else of `b`; all are broadcast,
 * and `a` and `b` may be numbers.
 *
 * @example Negative elements become 0
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, where } from "@tenfold/tenfold";
 *
 * const x = tensor([-1, 2]);
 * assertEquals(await where(x.gt(0), x, 0).toArray(), [0, 2]);
 * ```
 */
export function where<
  A extends DType = DType,
  B extends DType = DType,
>(
  condition: Tensor,
  a: TensorLike<A>,
  b: TensorLike<B>,
): Tensor<Promote<A, B>> {
  checkCount("where", arguments.length, 3);
  if (!((condition as unknown) instanceof Tensor)) {
    throw new TypeError(
      `Cannot where as the condition must be a tensor: got ${
        showValue(condition)
      }, write where(condition, a, b)`,
    );
  }
  const operands = [a, b];
  for (const operand of operands) {
    if (typeof operand !== "number") checkOperand("where", operand);
  }
  const tensors = operands.filter((x) => typeof x !== "number");
  return apply<Promote<A, B>>({
    name: "where",
    operands: [null, ...operands.map((x) => typeof x === "number" ? x : null)],
  }, [condition, ...tensors])[0]!;
}
