/**
 * All parameters as one vector.
 *
 * @module
 */
import { cat, ShapeError, type Tensor } from "@tenfold/core";
import {
  checkCount,
  checkTensor,
  noGradNow,
  showShape,
  tidyNow,
} from "@tenfold/core/internal";

function listOf(parameters: Iterable<Tensor>, operation: string): Tensor[] {
  const all = [...parameters];
  for (const p of all) checkTensor(p, "each parameter", operation);
  return all;
}

/**
 * Concatenates parameters into one vector; gradients flow through it.
 *
 * @param parameters The parameters, such as `model.parameters()`.
 * @returns A vector of all their elements.
 * @example Of a layer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const vector = nn.parametersToVector(new nn.Linear(3, 2).parameters());
 * assertEquals(vector.shape, [8]);
 * ```
 */
export function parametersToVector(parameters: Iterable<Tensor>): Tensor {
  checkCount("parametersToVector", arguments.length, 1);
  const all = listOf(parameters, "parametersToVector");
  return tidyNow(() => cat(all.map((p) => p.reshape([p.size]))));
}

/**
 * Copies the elements of a vector into parameters, in order.
 *
 * @param vector A vector as {@linkcode parametersToVector} returns it.
 * @param parameters The parameters, such as `model.parameters()`; they keep
 * their shapes.
 * @throws {ShapeError} If the vector does not have as many elements as the
 * parameters.
 * @example Twice the weights
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const layer = new nn.Linear(1, 1);
 * const { weight } = layer;
 * const before = await weight.item();
 * const vector = nn.parametersToVector(layer.parameters());
 * nn.vectorToParameters(vector.mul(2), layer.parameters());
 * assertEquals(await weight.item(), 2 * before);
 * ```
 */
export function vectorToParameters(
  vector: Tensor,
  parameters: Iterable<Tensor>,
): void {
  checkCount("vectorToParameters", arguments.length, 2);
  checkTensor(vector, "the vector", "vectorToParameters");
  const all = listOf(parameters, "vectorToParameters");
  const size = all.reduce((sum, p) => sum + p.size, 0);
  if (vector.ndim !== 1 || vector.size !== size) {
    throw new ShapeError(
      `Cannot vectorToParameters as the vector must have shape [${size}], an element for each of the parameters: got ${
        showShape(vector.shape)
      }`,
    );
  }
  noGradNow(() =>
    tidyNow(() => {
      let start = 0;
      for (const p of all) {
        p.copy_(vector.narrow(0, start, p.size).reshape(p.shape));
        start += p.size;
      }
    })
  );
}
