/**
 * Hooks on the gradients of tensors.
 *
 * @module
 */
import { EDGE, VALUE } from "../members.ts";
import { GradientError, ShapeError, showShape } from "../errors.ts";
import { showValue } from "../options.ts";
import { structureChanged } from "../program/structure.ts";
import { sameShape } from "../shape.ts";
import { currentTask } from "../task.ts";
import type { Tensor } from "../tensor.ts";
import { outside } from "./gradient_sum.ts";
import type { Signature, TapeNode } from "./node.ts";

/**
 * Ends a hook.
 *
 * @example A hook that ends with its block
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type HookHandle, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([1, 2], { requiresGrad: true });
 * {
 *   using _hook: HookHandle = x.registerHook((gradient) => gradient.mul(2));
 *   x.sum().backward();
 * }
 * assertEquals(await x.grad?.toArray(), [2, 2]);
 * ```
 */
export interface HookHandle extends Disposable {
  /** Removes the hook. Removing it twice does nothing. */
  remove(): void;
}

/**
 * Called with the gradient of a tensor; a tensor that it returns replaces the
 * gradient.
 *
 * @example Twice the gradient
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, type TensorHook } from "@tenfold/tenfold";
 *
 * const double: TensorHook = (gradient) => gradient.mul(2);
 * const x = tensor([1, 2], { requiresGrad: true });
 * x.registerHook(double);
 * x.sum().backward();
 * assertEquals(await x.grad?.toArray(), [2, 2]);
 * ```
 */
export type TensorHook = (gradient: Tensor) => Tensor | null | undefined | void;

/** By node, or by tensor for leaves, as these may get another node. */
const hooks = new WeakMap<object, Map<number, TensorHook[]>>();
/** Whether there ever was one: backward looks for them only then. */
let any = false;

const keyOf = (node: TapeNode): object =>
  (node as { readonly tensor?: object }).tensor ?? node;

/** Whether a node has hooks. */
export function hasTensorHooks(node: TapeNode): boolean {
  return any && hooks.has(keyOf(node));
}

/**
 * A handle that takes a hook out of a list, once.
 *
 * @example A hook that is taken out of its list
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { handleOf } from "@tenfold/core/internal";
 *
 * const hooks = [console.log];
 * handleOf(hooks, console.log).remove();
 * assertEquals(hooks.length, 0);
 * ```
 */
export function handleOf<T>(list: T[], hook: T): HookHandle {
  const remove = () => {
    const at = list.indexOf(hook);
    if (at < 0) return;
    list.splice(at, 1);
    structureChanged();
  };
  return { remove, [Symbol.dispose]: remove };
}

/**
 * Refuses a hook that is not a function.
 *
 * @example What is refused
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { checkHook } from "@tenfold/core/internal";
 *
 * assertThrows(() => checkHook("hook"), TypeError);
 * ```
 */
export function checkHook(hook: unknown): void {
  if (typeof hook === "function") return;
  throw new TypeError(
    `Cannot register a hook as it must be a function: got ${showValue(hook)}`,
  );
}

/** {@linkcode Tensor.registerHook}. */
export function registerTensorHook(
  tensor: Tensor,
  hook: TensorHook,
): HookHandle {
  checkHook(hook);
  const { [EDGE]: edge } = tensor;
  if (edge === null) {
    throw new GradientError(
      `Cannot register a hook on a tensor of shape ${
        showShape(tensor.shape)
      } that requires no gradient: make it with { requiresGrad: true }, or of tensors that require one`,
    );
  }
  const key = keyOf(edge.node);
  let outputs = hooks.get(key);
  if (outputs === undefined) hooks.set(key, outputs = new Map());
  let list = outputs.get(edge.output);
  if (list === undefined) outputs.set(edge.output, list = []);
  // One function registered twice is called twice.
  const own: TensorHook = (gradient) => hook(gradient);
  list.push(own);
  any = true;
  // What was compiled before does not have it.
  if (tensor.isLeaf) structureChanged();
  return handleOf(list, own);
}

/**
 * Runs a hook in the scope around the walk that calls it: what it keeps lives as
 * long as what is made beside `backward`.
 */
export function besideWalk<T>(fn: () => T): T {
  const task = currentTask();
  const { scope } = task;
  task.scope = scope?.outer ?? null;
  try {
    return fn();
  } finally {
    task.scope = scope;
  }
}

/** A gradient that a hook returned, as a handle of the walk's own. */
export function taken(given: Tensor, { shape, dtype }: Signature): Tensor {
  const found = given instanceof Object && VALUE in given ? given.shape : null;
  if (found === null || !sameShape(found, shape)) {
    throw new ShapeError(
      `Cannot use what a hook returned as the gradient must be a tensor of shape ${
        showShape(shape)
      }: got ${found ? `shape ${showShape(found)}` : showValue(given)}`,
    );
  }
  return given.dtype === dtype ? given.alias() : given.cast(dtype);
}

/** Calls the hooks of a node, and puts what they return in place. */
export function callTensorHooks(
  node: TapeNode,
  gradients: (Tensor | null)[],
): void {
  if (!any) return;
  hooks.get(keyOf(node))?.forEach((list, output) => {
    for (const hook of [...list]) {
      const gradient = gradients[output];
      if (!gradient || !list.includes(hook)) continue;
      const given = besideWalk(() => hook(gradient.alias()));
      if (given === undefined || given === null) continue;
      gradients[output] = outside(taken(given, gradient));
      gradient.dispose();
    }
  });
}
