/**
 * Deep copies of modules.
 *
 * @module
 */
import { GradientError, Tensor } from "@tenfold/core";
import { noGradNow, showShape, unscopedNow } from "@tenfold/core/internal";
import { ownForward } from "./_around.ts";
import { isContainer } from "./_members.ts";
import type { AnyModule } from "./module.ts";
import { Buffer, Parameter } from "./parameter.ts";

/**
 * Copies a module with all that its fields hold.
 *
 * @param root The module.
 * @param base The prototype of the class of modules, which is loaded later.
 */
export function copyModule(root: AnyModule, base: AnyModule): AnyModule {
  const Base = base.constructor as new () => AnyModule;
  const copies = new Map<object, object>();
  const made: Disposable[] = [];
  const fill = (from: object, to: object, path: string): object => {
    // Before its fields, which may lead back to it.
    copies.set(from, to);
    for (const key of Reflect.ownKeys(from)) {
      const field = Object.getOwnPropertyDescriptor(from, key)!;
      if ("value" in field) {
        field.value = copy(field.value, `${path}.${String(key)}`);
      }
      Object.defineProperty(to, key, field);
    }
    return to;
  };
  const keep = <T extends Disposable>(from: object, to: T): T => {
    copies.set(from, to);
    made.push(to);
    return to;
  };
  const copy = (value: unknown, path: string): unknown => {
    if (typeof value !== "object" || value === null) return value;
    const known = copies.get(value);
    if (known) return known;
    if (value instanceof Tensor) return keep(value, copyTensor(value, path));
    if (value instanceof Base) {
      const module: AnyModule = value;
      if (module !== root && module.copy !== base.copy) {
        return keep(module, module.copy());
      }
      checkCopied(module, base, path);
      const bare = Reflect.construct(Base, [], module.constructor) as AnyModule;
      bare.training = module.training;
      return fill(module, bare, path);
    }
    if (Array.isArray(value)) return fill(value, [], path);
    if (isContainer(value)) {
      return fill(value, Object.create(Object.getPrototypeOf(value)), path);
    }
    if (value instanceof Map) {
      const map = new Map();
      copies.set(value, map);
      for (const [k, v] of value) map.set(copy(k, path), copy(v, path));
      return map;
    }
    if (value instanceof Set) {
      const set = new Set();
      copies.set(value, set);
      for (const item of value) set.add(copy(item, path));
      return set;
    }
    if (ArrayBuffer.isView(value)) return structuredClone(value);
    return value;
  };
  try {
    return copy(root, root.constructor.name) as AnyModule;
  } catch (error) {
    for (const one of made) one[Symbol.dispose]();
    throw error;
  }
}

/** Refuses what a copy would lack, or use of the original. */
function checkCopied(module: AnyModule, base: AnyModule, path: string): void {
  if (ownForward(module)) {
    throw new TypeError(
      `Cannot copy ${path} as its forward is a function in a field, which would go on using the original: write it as a method`,
    );
  }
  for (
    let kind: AnyModule = Object.getPrototypeOf(module);
    kind !== base;
    kind = Object.getPrototypeOf(kind)
  ) {
    const { constructor } = kind;
    if (!/\bthis\.#/.test(String(constructor))) continue;
    throw new TypeError(
      `Cannot copy ${path} as its class ${constructor.name} has members with #, which cannot be seen: write them without #, or give it a method copy of its own`,
    );
  }
}

/** A tensor of the same class with the same values, which nothing else has. */
function copyTensor(tensor: Tensor, path: string): Tensor {
  const { requiresGrad } = tensor;
  if (!tensor.isLeaf) {
    throw new GradientError(
      `Cannot copy ${path}, of shape ${
        showShape(tensor.shape)
      }, as an operation that is recorded for backward made it: hold x.detach() in the field, or set it to null before`,
    );
  }
  const data = noGradNow(() => unscopedNow(() => tensor.clone()));
  const Kind = tensor.constructor as new (
    data: Tensor,
    options: object,
  ) => Tensor;
  const options = tensor instanceof Parameter
    ? { requiresGrad }
    : tensor instanceof Buffer
    ? { persistent: tensor.persistent }
    : null;
  if (options === null) return data.requiresGrad_(requiresGrad);
  const copy = new Kind(data, options);
  data.dispose();
  return copy;
}
