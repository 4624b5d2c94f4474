/**
 * Derivatives by finite differences of the float64 reference: what gradients
 * are held against, whatever the dtypes of the backend.
 *
 * @module
 */
import { isFloating } from "@tenfold/core";
import type { Op } from "@tenfold/core/backend";
import type { Plain } from "./ops/plain.ts";
import { reference } from "./ops/table.ts";

/** A number that depends on several lists of numbers. */
export type Loss = (inputs: readonly Plain[]) => number;

/** The same plain data with every narrower float in it as float64. */
export function lifted<T>(data: T): T {
  const known = new Map<unknown, unknown>();
  const lift = (value: unknown): unknown => {
    if (value === "float16" || value === "float32") return "float64";
    if (typeof value !== "object" || value === null) return value;
    let copy = known.get(value);
    if (copy === undefined) {
      copy = Array.isArray(value) ? value.map(lift) : Object.fromEntries(
        Object.entries(value).map(([key, part]) => [key, lift(part)]),
      );
      known.set(value, copy);
    }
    return copy;
  };
  return lift(data) as T;
}

/** The sum of the first result of an op, weighted. */
export function weightedLoss(op: Op, weights: readonly number[]): Loss {
  const exact = lifted(op);
  return (inputs) =>
    reference(exact, inputs.map(lifted))[0]!.data
      .reduce((sum, y, i) => sum + y * weights[i]!, 0);
}

/** The inputs with `steps[i] * size` added to input `i`. */
function moved(
  inputs: readonly Plain[],
  steps: readonly (readonly number[] | null)[],
  size: number,
): Plain[] {
  return inputs.map((input, i) => {
    const step = steps[i];
    if (!step) return input;
    return {
      shape: input.shape,
      dtype: "float64",
      data: input.data.map((x, j) => x + size * step[j]!),
    };
  });
}

/** Removes the leading error of a difference that is even in its step. */
function extrapolated(difference: (step: number) => number, step: number) {
  return (4 * difference(step / 2) - difference(step)) / 3;
}

/** A step along one element of one input. */
function unit(
  inputs: readonly Plain[],
  input: number,
  at: number,
): (readonly number[] | null)[] {
  return inputs.map((x, i) =>
    i === input ? x.data.map((_, j) => j === at ? 1 : 0) : null
  );
}

/** The gradient of a loss by each float input; null for the others. */
export function gradientOf(
  loss: Loss,
  inputs: readonly Plain[],
): (number[] | null)[] {
  return inputs.map((x, i) => {
    if (!isFloating(x.dtype)) return null;
    return x.data.map((_, at) => {
      const along = unit(inputs, i, at);
      const difference = (h: number) =>
        (loss(moved(inputs, along, h)) - loss(moved(inputs, along, -h))) /
        (2 * h);
      return extrapolated(difference, 1e-3);
    });
  });
}

/**
 * The gradient of the derivative of a loss along `direction`: the product of
 * its second derivatives with the direction.
 */
export function secondOf(
  loss: Loss,
  inputs: readonly Plain[],
  direction: readonly (readonly number[] | null)[],
): (number[] | null)[] {
  return inputs.map((x, i) => {
    if (!isFloating(x.dtype)) return null;
    return x.data.map((_, at) => {
      const along = unit(inputs, i, at);
      const value = (s: number, t: number) =>
        loss(moved(moved(inputs, direction, t), along, s));
      const difference = (h: number) =>
        (value(h, h) - value(h, -h) - value(-h, h) + value(-h, -h)) /
        (4 * h * h);
      return extrapolated(difference, 8e-3);
    });
  });
}
