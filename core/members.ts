/**
 * Names of the members of a tensor that only the library reaches: symbols,
 * which only who imports this file can write.
 *
 * @module
 */

/**
 * The memory and the view of it, if it was not released.
 *
 * @example The extents of the memory
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { VALUE } from "@tenfold/core/internal";
 *
 * assertEquals(tensor([1, 2])[VALUE].view.shape, [2]);
 * ```
 */
export const VALUE: unique symbol = Symbol("value");
/**
 * The place on the tape.
 *
 * @example A constant has no place on the tape
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { EDGE } from "@tenfold/core/internal";
 *
 * assertEquals(tensor([1, 2])[EDGE], null);
 * ```
 */
export const EDGE: unique symbol = Symbol("edge");
/**
 * The scope that releases it, if any.
 *
 * @example A tensor outside of all scopes
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { OWNER } from "@tenfold/core/internal";
 *
 * assertEquals(tensor([1, 2])[OWNER], null);
 * ```
 */
export const OWNER: unique symbol = Symbol("owner");
/**
 * Replaces `.grad` and takes the gradient over.
 *
 * @example A gradient that is handed over
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { ADOPT_GRAD } from "@tenfold/core/internal";
 *
 * const x = tensor([1, 2], { requiresGrad: true });
 * x[ADOPT_GRAD](tensor([3, 4]));
 * assertEquals(await x.grad?.toArray(), [3, 4]);
 * ```
 */
export const ADOPT_GRAD: unique symbol = Symbol("adoptGrad");
/**
 * Moves a leaf to another device.
 *
 * @example A leaf that moves to where another one is
 * ```ts
 * import { Tensor } from "@tenfold/tenfold";
 * import { ADOPT_VALUE, VALUE } from "@tenfold/core/internal";
 *
 * function move(leaf: Tensor, to: Tensor): void {
 *   leaf[ADOPT_VALUE](to.device, to[VALUE].alias());
 * }
 * ```
 */
export const ADOPT_VALUE: unique symbol = Symbol("adoptValue");
/**
 * Makes a tensor of host data on the same device.
 *
 * @example Numbers beside a tensor
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { UPLOAD_LIKE } from "@tenfold/core/internal";
 *
 * const x = tensor([1, 2]);
 * const y = x[UPLOAD_LIKE](Float32Array.of(3, 4), [2], "float32");
 * assertEquals(await x.add(y).toArray(), [4, 6]);
 * ```
 */
export const UPLOAD_LIKE: unique symbol = Symbol("uploadLike");
/**
 * Applies a primitive with the tensor as its first input.
 *
 * @example A primitive by its name
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { APPLY } from "@tenfold/core/internal";
 *
 * const op = { name: "sum", dims: [0], keepDim: false } as const;
 * assertEquals(await tensor([1, 2])[APPLY](op).item(), 3);
 * ```
 */
export const APPLY: unique symbol = Symbol("apply");
