/**
 * What the option objects of this package have in common.
 *
 * @module
 */
import {
  type Backend,
  type Device,
  type DType,
  isFloating,
  Tensor,
  type TensorOptions,
} from "@tenfold/core";
import { DTYPE_NAMES } from "@tenfold/core/backend";
import {
  type LazySchema,
  parseOptions,
  showValue,
  tensorClass,
} from "@tenfold/core/internal";
import * as z from "./_zod.ts";

/**
 * Device and dtype of the parameters of a layer.
 *
 * @example Parameters in double precision
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn } from "@tenfold/tenfold";
 *
 * const place: nn.PlaceOptions = { dtype: "float64" };
 * const layer = new nn.Linear(2, 1, place);
 * assertEquals(layer.weight.dtype, "float64");
 * ```
 */
export interface PlaceOptions {
  /**
   * The name of a backend, a backend or a device.
   *
   * @default {the current backend}
   */
  readonly device?: string | Backend | Device;
  /** The dtype of the parameters. @default {"float32"} */
  readonly dtype?: DType;
}

/**
 * How the losses of the elements are reduced.
 *
 * @example The loss of each element
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, ones, zeros } from "@tenfold/tenfold";
 *
 * const reduction: nn.Reduction = "none";
 * const loss = new nn.MSELoss({ reduction });
 * assertEquals(loss.forward(ones([3]), zeros([3])).shape, [3]);
 * ```
 */
export type Reduction = "mean" | "sum" | "none";

const positive = "must be a positive integer";

/** Extents and counts. */
export const positiveInteger: z.ZodMiniType<number> = z.int(positive).check(
  z.gte(1, positive),
);

/** Any number but NaN and the infinities. */
export const finite: z.ZodMiniType<number> = z.number("must be a number");

/** A number, an infinity or NaN. */
export const anyNumber: z.ZodMiniType<number> = z.custom<number>(
  (value) => typeof value === "number",
  "must be a number",
);

/** A number from 0 on. */
export const nonNegative: z.ZodMiniType<number> = z.number("must be a number")
  .check(z.gte(0, "must not be negative"));

/** A number above 0. */
export const positiveNumber: z.ZodMiniType<number> = z.number(
  "must be a number",
).check(z.gt(0, "must be positive"));

const fraction = "must be a number from 0 to 1";

/** A number from 0 to 1. */
export const probability: z.ZodMiniType<number> = z.number(fraction).check(
  z.gte(0, fraction),
  z.lte(1, fraction),
);

/** A dim, which may count from the end. */
export const dim: z.ZodMiniType<number> = z.int("must be an integer");

/** True or false. */
export const flag: z.ZodMiniType<boolean> = z.boolean("must be true or false");

/** A tensor. */
export const tensorOption: z.ZodMiniType<Tensor> = z.instanceof(
  tensorClass,
  { error: "must be a tensor" },
);

/** One of some words. */
export function oneOf<const W extends string>(
  ...words: W[]
): z.ZodMiniType<W> {
  return z.enum(words, `must be one of ${words.join(", ")}`) as z.ZodMiniType<
    W
  >;
}

/** {@linkcode Reduction}. */
export const reduction: z.ZodMiniType<Reduction> = oneOf("mean", "sum", "none");

/** The fields of {@linkcode PlaceOptions}. */
export const placeFields = {
  device: z.optional(z.custom<string | Backend | Device>(
    (value) =>
      typeof value === "string" ||
      (typeof value === "object" && value !== null),
    "must be a backend's name, a backend or a device",
  )),
  dtype: z.optional(oneOf(...DTYPE_NAMES.filter(isFloating))),
} as const;

/** The place options as creation functions take them. */
export function placeOf(
  { device, dtype }: {
    readonly device?: string | Backend | Device | undefined;
    readonly dtype?: DType | undefined;
  },
): TensorOptions {
  return {
    ...device === undefined ? {} : { device },
    ...dtype === undefined ? {} : { dtype },
  };
}

function tooManyArguments(operation: string, extra: number): TypeError {
  return new TypeError(
    `Cannot ${operation} as nothing goes behind the options: got ${extra} more ${
      extra === 1 ? "argument" : "arguments"
    }`,
  );
}

/**
 * The tensors that a function takes behind its inputs, null where they are left
 * out, and its options, which may then stand in their place.
 *
 * @param operation For messages.
 * @param names The names of the tensors.
 * @param args What was given for them, and for the options behind them.
 * @throws {TypeError} If something else stands there.
 */
export function splitOptions<O extends object>(
  operation: string,
  names: readonly string[],
  args: readonly (Tensor | O | null | undefined)[],
): [readonly (Tensor | null)[], O | undefined] {
  const tensors: (Tensor | null)[] = [];
  for (const [i, name] of names.entries()) {
    const value = args[i] ?? null;
    if (value === null || value instanceof Tensor) {
      tensors.push(value);
      continue;
    }
    const last = args.slice(i + 1).every((rest) => rest === undefined);
    const options = typeof value === "object" && !Array.isArray(value) &&
      !ArrayBuffer.isView(value);
    if (!options || !last) {
      throw new TypeError(
        `Cannot ${operation} as ${name} must be a tensor, or the options must stand last: got ${
          showValue(value)
        }`,
      );
    }
    return [names.map((_, k) => tensors[k] ?? null), value];
  }
  return [tensors, args[names.length] as O | undefined];
}

/** Options that were found right before: they are looked at once each. */
const known = new WeakMap<object, WeakSet<object>>();

/** True for `{}`, which is what functions take without options. */
function isEmpty(options: object): boolean {
  if (typeof options !== "object" || options === null) return false;
  for (const _ in options) return false;
  return Object.getPrototypeOf(options) === Object.prototype;
}

/**
 * Checks the options of a function that may be called in every step: an
 * object that was checked before is not looked at again.
 *
 * @param extra How many arguments follow the options: none may.
 */
export function checkOptions(
  schema: LazySchema<unknown>,
  options: object | undefined,
  operation: string,
  extra: number,
): void {
  if (extra > 0 && (options === undefined || typeof options === "object")) {
    throw tooManyArguments(operation, extra);
  }
  if (options === undefined || isEmpty(options)) return;
  let seen = known.get(schema);
  if (seen === undefined) known.set(schema, seen = new WeakSet());
  if (seen.has(options)) return;
  parseOptions(schema, options, operation);
  seen.add(options);
}
