/**
 * Calls of modules with other parameters than their own.
 *
 * @module
 */
import { Tensor } from "@tenfold/core";
import { showShape, showValue } from "@tenfold/core/internal";
import { placesOf } from "./_members.ts";
import { type AnyModule, Module } from "./module.ts";

function isModule(value: object): value is AnyModule {
  return value instanceof Module;
}

/** A field that holds something else during the call. */
interface Place {
  readonly container: Record<string, unknown>;
  readonly key: string;
  readonly member: unknown;
}

/**
 * Calls the `forward` of a module with some of its parameters and buffers
 * replaced by other tensors. Gradients flow to these tensors; the module is
 * unchanged afterwards. A shared parameter is replaced wherever it is used.
 *
 * @param module A module.
 * @param parameters Tensors by the names of `namedParameters` and `namedBuffers`.
 * @param inputs What `forward` takes.
 * @returns The output of `forward`; not a promise.
 * @throws {RangeError} If a name is unknown.
 * @throws {TypeError} If a value is not a tensor, has another shape, or `forward`
 * gives a promise.
 * @example A step of gradient descent that can be differentiated
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functionalCall, Linear } from "@tenfold/nn";
 *
 * const model = new Linear(1, 1, { bias: false });
 * const weight = tensor([[3]], { requiresGrad: true });
 * const y = functionalCall(model, { weight }, tensor([[2]]));
 * y.sum().backward();
 * assertEquals(await y.item(), 6);
 * assertEquals(await weight.grad?.item(), 2);
 * ```
 */
export function functionalCall<I extends readonly unknown[], O>(
  module: Module<I, O>,
  parameters: Readonly<Record<string, Tensor>>,
  ...inputs: I
): O {
  checkModule(module);
  if (typeof parameters !== "object" || parameters === null) {
    throw new TypeError(
      `Cannot make a functionalCall as the parameters must be an object of tensors: got ${
        showValue(parameters)
      }`,
    );
  }
  const replaced = placesWithin(module, parameters);
  try {
    for (const [{ container, key }, tensor] of replaced) {
      container[key] = tensor;
    }
    const output = module.forward(...inputs);
    if (output instanceof Promise) {
      throw new TypeError(
        `Cannot make a functionalCall of ${module.constructor.name} as its forward gives a promise: the parameters are back when it goes on`,
      );
    }
    return output;
  } finally {
    for (const [{ container, key, member }] of replaced) {
      container[key] = member;
    }
  }
}

function checkModule(module: unknown): void {
  if (module instanceof Module) return;
  throw new TypeError(
    `Cannot make a functionalCall as the first argument must be a module: got ${
      showValue(module)
    }`,
  );
}

/** Every place of the members that are replaced, with what comes there. */
function placesWithin(
  module: AnyModule,
  parameters: Readonly<Record<string, Tensor>>,
): (readonly [Place, Tensor])[] {
  const members = new Map<string, Tensor>([
    ...module.namedParameters(),
    ...module.namedBuffers(),
  ]);
  const wanted = new Map<unknown, Tensor>();
  for (const [name, tensor] of Object.entries(parameters)) {
    const member = members.get(name);
    if (member === undefined) {
      throw new RangeError(
        `Cannot make a functionalCall as ${module.constructor.name} has no parameter and no buffer ${
          showValue(name)
        }: the names are ${[...members.keys()].join(", ")}`,
      );
    }
    if (
      !(tensor instanceof Tensor) ||
      tensor.shape.join() !== member.shape.join()
    ) {
      throw new TypeError(
        `Cannot make a functionalCall as ${name} must be a tensor of shape ${
          showShape(member.shape)
        }: got ${
          tensor instanceof Tensor
            ? `shape ${showShape(tensor.shape)}`
            : showValue(tensor)
        }`,
      );
    }
    wanted.set(member, tensor);
  }
  const found: (readonly [Place, Tensor])[] = [];
  for (const part of module.modules()) {
    for (const { container, key, member } of placesOf(part, isModule)) {
      const tensor = wanted.get(member);
      if (tensor === undefined) continue;
      const fields = container as Record<string, unknown>;
      found.push([{ container: fields, key, member }, tensor]);
    }
  }
  return found;
}
