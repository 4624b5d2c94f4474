/**
 * Hooks on leaves: what is to be done as soon as the gradient of a leaf is
 * complete, while backward still goes on for others.
 *
 * @module
 */
import { GradientError } from "../errors.ts";
import { checkCount, showValue } from "../options.ts";
import { structureChanged } from "../program/structure.ts";
import type { Tensor } from "../tensor.ts";
import type { HookHandle } from "./tensor_hooks.ts";

/**
 * Called with a leaf when its `.grad` is complete for this backward.
 *
 * @example The gradients of a backward, counted
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type LeafHook, registerLeafHook, tensor } from "@tenfold/tenfold";
 *
 * let complete = 0;
 * const count: LeafHook = () => complete++;
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const handle = registerLeafHook(weight, count);
 * weight.sum().backward();
 * handle.remove();
 * assertEquals(complete, 1);
 * ```
 */
export type LeafHook = (leaf: Tensor) => void;

/**
 * Removes a hook of {@linkcode registerLeafHook}.
 *
 * @example A hook for one backward
 * ```ts
 * import {
 *   type LeafHookHandle,
 *   registerLeafHook,
 *   tensor,
 * } from "@tenfold/tenfold";
 *
 * const weight = tensor([1, 2], { requiresGrad: true });
 * const handle: LeafHookHandle = registerLeafHook(weight, () => {});
 * handle.remove();
 * ```
 */
export type LeafHookHandle = HookHandle;

const hooks = new WeakMap<object, Set<LeafHook>>();
/** How many hooks there are: backward looks for them only where there are any. */
let count = 0;
/** What is to be done at the end of each backward that is under way. */
const walks: (() => void)[][] = [];

/**
 * Registers a hook that is called in each `backward` as soon as the gradient of
 * a leaf is complete, before backward continues with earlier operations.
 * Gradients of layers near the output are complete before those of layers near
 * the input, so they can be sent or applied meanwhile.
 *
 * The hook may change `leaf.grad` in place or replace it. Its operations are
 * not recorded (except with `createGraph`), and tensors that it creates are
 * released when it returns. If gradients accumulate over several backward
 * passes, it is called in each. In a compiled function its kernels are recorded
 * with all others, and anything else it does is done once. `grad` calls no
 * hooks.
 *
 * @param leaf A leaf that requires a gradient, such as a parameter.
 * @param hook The function to call.
 * @returns A handle that removes the hook, by `remove` or at the end of a
 * `using` block.
 * @throws {TypeError} If `leaf` is not a tensor, or `hook` is not a function.
 * @throws {GradientError} If the tensor is not a leaf that requires a gradient.
 *
 * @example Halve a gradient as soon as it is there
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { registerLeafHook, tensor } from "@tenfold/tenfold";
 *
 * const w = tensor([1, 2], { requiresGrad: true });
 * const handle = registerLeafHook(w, (leaf) => leaf.grad?.mul_(0.5));
 * w.square().sum().backward();
 * assertEquals(await w.grad?.toArray(), [1, 2]);
 * handle.remove();
 * ```
 */
export function registerLeafHook(leaf: Tensor, hook: LeafHook): LeafHookHandle {
  checkCount("registerLeafHook", arguments.length, 2);
  const { isLeaf, requiresGrad } = Object(leaf) as Partial<Tensor>;
  if (isLeaf === undefined) {
    throw new TypeError(
      `Cannot register a hook as the leaf must be a tensor: got ${
        showValue(leaf)
      }`,
    );
  }
  if (!isLeaf || !requiresGrad) {
    throw new GradientError(
      "Cannot register a hook on a tensor that is not a leaf with a gradient: make it with { requiresGrad: true }, or call retainGrad()",
    );
  }
  if (typeof hook !== "function") {
    throw new TypeError("Cannot register a hook that is not a function");
  }
  let known = hooks.get(leaf);
  if (known === undefined) hooks.set(leaf, known = new Set());
  // One function registered twice is called twice.
  const own: LeafHook = (tensor) => hook(tensor);
  known.add(own);
  count++;
  // What was compiled before does not have it.
  structureChanged();
  const remove = () => {
    if (!known.delete(own)) return;
    count--;
    structureChanged();
  };
  return { remove, [Symbol.dispose]: remove };
}

/**
 * Calls a function when the `backward` that is running has finished, for work
 * that a hook defers until all gradients are complete. It is not called if
 * backward fails.
 *
 * @param callback The function to call.
 * @throws {GradientError} If no backward is running.
 *
 * @example Count the gradients of a backward
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { afterBackward, registerLeafHook, tensor } from "@tenfold/tenfold";
 *
 * const order: string[] = [];
 * const w = tensor(1, { requiresGrad: true });
 * registerLeafHook(w, () => {
 *   order.push("gradient");
 *   afterBackward(() => order.push("over"));
 * });
 * w.square().backward();
 * assertEquals(order, ["gradient", "over"]);
 * ```
 */
export function afterBackward(callback: () => void): void {
  checkCount("afterBackward", arguments.length, 1);
  const walk = walks.at(-1);
  if (walk === undefined) {
    throw new GradientError(
      "Cannot call a function after backward as none is under way: call afterBackward within a hook of registerLeafHook",
    );
  }
  walk.push(callback);
}

/** Whether there are hooks at all. */
export function anyLeafHooks(): boolean {
  return count > 0;
}

/** Whether a leaf has hooks. */
export function hasLeafHooks(leaf: object): boolean {
  return (hooks.get(leaf)?.size ?? 0) > 0;
}

/** Calls the hooks of a leaf. */
export function callLeafHooks(leaf: Tensor): void {
  for (const hook of [...hooks.get(leaf) ?? []]) hook(leaf);
}

/** Runs a backward, and what is to be done after it. */
export function withAfterBackward<T>(run: () => T): T {
  const callbacks: (() => void)[] = [];
  walks.push(callbacks);
  let result: T;
  try {
    result = run();
  } finally {
    walks.pop();
  }
  for (const callback of callbacks) callback();
  return result;
}
