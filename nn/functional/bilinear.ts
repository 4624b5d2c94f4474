import { ShapeError, type Tensor } from "@tenfold/core";
import {
  checkCount,
  checkTensor,
  showShape,
  tidyNow,
} from "@tenfold/core/internal";

/**
 * `x1ᵀ A x2 + b` for each of several matrices `A`.
 *
 * @param x1 Of shape `[..., in1]`.
 * @param x2 Of shape `[..., in2]`, with the same dims before.
 * @param weight Of shape `[out, in1, in2]`.
 * @param bias Of shape `[out]`, or none.
 * @returns Of shape `[..., out]`.
 * @throws {ShapeError} If shapes do not fit.
 * @example The product of two vectors by a matrix
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const weight = tensor([[[1, 2], [3, 4]]]);
 * const y = functional.bilinear(tensor([1, 1]), tensor([1, 0]), weight);
 * assertEquals(await y.toArray(), [4]);
 * ```
 */
export function bilinear(
  x1: Tensor,
  x2: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
): Tensor {
  checkCount("bilinear", arguments.length, 4);
  const operation = "apply bilinear";
  checkTensor(x1, "x1", operation);
  checkTensor(x2, "x2", operation);
  checkTensor(weight, "the weight", operation);
  if (bias) checkTensor(bias, "the bias", operation);
  const [out, in1, in2] = weight.shape as [number, number, number];
  const before = x1.shape.slice(0, -1);
  const fits = weight.ndim === 3 && x1.ndim > 0 && x2.ndim === x1.ndim &&
    x1.shape.at(-1) === in1 && x2.shape.at(-1) === in2 &&
    before.every((extent, d) => x2.shape[d] === extent) &&
    (!bias || (bias.ndim === 1 && bias.size === out));
  if (!fits) {
    throw new ShapeError(
      `Cannot ${operation} to shapes ${showShape(x1.shape)} and ${
        showShape(x2.shape)
      } with a weight of shape ${showShape(weight.shape)}${
        bias ? ` and a bias of shape ${showShape(bias.shape)}` : ""
      }: they must be [..., in1], [..., in2], [out, in1, in2] and [out]`,
    );
  }
  return tidyNow(() => {
    // [n, in1] times [in1, out * in2], each row of which meets its x2.
    const rows = x1.reshape([-1, in1]);
    const table = weight.transpose(0, 1).reshape([in1, out * in2]);
    const products = rows.matmul(table).reshape([-1, out, in2]);
    const y = products.matmul(x2.reshape([-1, in2, 1]))
      .reshape([...before, out]);
    return bias ? y.add(bias) : y;
  });
}
