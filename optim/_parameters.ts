/**
 * Parameters as optimizers take them.
 *
 * @module
 */
import { DTypeError, isFloating, Tensor } from "@tenfold/core";
import type { OptimizerParameters, ParameterGroupInput } from "./optimizer.ts";

/** Parameters as groups. */
export function groupsOf<O extends object>(
  name: string,
  params: OptimizerParameters<O>,
): ParameterGroupInput<O>[] {
  if (params instanceof Tensor || !isIterable(params)) {
    throw new TypeError(
      `Cannot make an optimizer ${name} as its parameters must be an array, such as model.parameters(): got ${
        params instanceof Tensor ? "one tensor" : String(params)
      }`,
    );
  }
  const list = [...params as Iterable<unknown>];
  if (list.length === 0) {
    throw new RangeError(
      `Cannot make an optimizer ${name} without parameters: got an empty list`,
    );
  }
  const isGroup = (item: unknown): item is ParameterGroupInput<O> =>
    typeof item === "object" && item !== null && !(item instanceof Tensor) &&
    "params" in item && isIterable(item.params);
  if (list.every(isGroup)) return list;
  // Whatever else is among them is refused as no parameter.
  const group: { params: Iterable<unknown> } = { params: list };
  return [group as ParameterGroupInput<O>];
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null &&
    Symbol.iterator in value;
}

/** Checks that something can be optimized. */
export function checkParameter(action: string, param: unknown): void {
  if (!(param instanceof Tensor)) {
    throw new TypeError(
      `Cannot ${action} as a parameter is not a tensor: got ${
        param === null ? "null" : typeof param
      }`,
    );
  }
  if (!param.isLeaf) {
    throw new TypeError(
      `Cannot ${action} as a parameter of shape [${
        param.shape.join(", ")
      }] is the result of an operation: give leaves`,
    );
  }
  if (!isFloating(param.dtype)) {
    throw new DTypeError(
      `Cannot ${action} as a parameter holds ${param.dtype}: only floats can be optimized`,
    );
  }
}
