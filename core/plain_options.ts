/**
 * The options of core's own operations: a few fields, checked without a
 * schema's cost as they come in with every call.
 *
 * @module
 */
import { ShapeError } from "./errors.ts";
import {
  byPosition,
  isPlainObject,
  showValue,
  unknownOption,
} from "./option_messages.ts";

/** What checks one option, and what it must be. */
export interface PlainField {
  /** A predicate that follows the name: `"must be a number"`. */
  readonly must: string;
  /** Whether a value will do. */
  safeParse(value: unknown): { readonly success: boolean };
}

/** Options by name, in the order in which PyTorch takes them by position. */
export interface PlainFields {
  readonly [name: string]: PlainField;
}

const field = (
  must: string,
  accepts: (value: unknown) => boolean,
): PlainField => ({
  must,
  safeParse: (value) => ({ success: accepts(value) }),
});

/** True or false. */
export const flag: PlainField = field(
  "must be true or false",
  (value) => typeof value === "boolean",
);

/** A number. */
export const number: PlainField = field(
  "must be a number",
  (value) => typeof value === "number",
);

/** Text. */
export const text: PlainField = field(
  "must be text",
  (value) => typeof value === "string",
);

/** A list. */
export const list: PlainField = field("must be an array", Array.isArray);

/** Text, or an object such as a device or a tensor. */
export const named: PlainField = field(
  "must be a name or an object",
  (value) =>
    typeof value === "string" ||
    (typeof value === "object" && value !== null && !Array.isArray(value)),
);

/** An object that is not a list, such as a tensor. */
export const object: PlainField = field(
  "must be a tensor",
  (value) =>
    typeof value === "object" && value !== null && !isPlainObject(value) &&
    !Array.isArray(value),
);

/** A number or a tensor. */
export const operand: PlainField = field(
  "must be a number or a tensor",
  (value) => number.safeParse(value).success || object.safeParse(value).success,
);

/**
 * Checks options: an object with known names and values of the right type.
 *
 * @throws {TypeError} If they are not.
 */
export function checkPlain(
  fields: PlainFields,
  options: unknown,
  operation: string,
): void {
  if (options === undefined) return;
  if (!isPlainObject(options)) {
    throw byPosition(operation, Object.keys(fields), fields, {
      given: [options],
      most: 1,
    });
  }
  for (const name in options) {
    const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (known === undefined) {
      throw unknownOption(operation, [name], Object.keys(fields));
    }
    const value = (options as { [name: string]: unknown })[name];
    if (value !== undefined && !known.safeParse(value).success) {
      throw new TypeError(
        `Cannot ${operation} as ${name} ${known.must}: got ${showValue(value)}`,
      );
    }
  }
}

/**
 * Refuses numbers side by side where one array of them belongs, as PyTorch
 * takes them: `reshape(2, -1)`.
 */
export function oneArray(
  operation: string,
  what: string,
  args: ArrayLike<unknown>,
): ShapeError {
  const given = Array.prototype.slice.call(args);
  const got = given.map(showValue).join(", ");
  const instead = given.length > 0 &&
      given.every((value) => typeof value === "number")
    ? `, write ${operation}([${got}])`
    : "";
  return new ShapeError(
    `Cannot ${operation} as ${what} must be one array of integers: got ${
      given.length === 0 ? "nothing" : got
    }${instead}`,
  );
}
