/**
 * Option objects, checked where they come in.
 *
 * @module
 */
import {
  byPosition,
  isPlainObject,
  optionNames,
  showValue,
  tooMany,
  unknownOption,
} from "./option_messages.ts";

export { showValue };

/**
 * What a schema finds wrong, as zod says it.
 *
 * @example The field that is wrong
 * ```ts
 * import type { OptionsIssue } from "@tenfold/core/internal";
 *
 * function field({ path }: OptionsIssue): string {
 *   return path.join(".");
 * }
 * ```
 */
export interface OptionsIssue {
  /** What kind of issue it is. */
  readonly code?: string | undefined;
  /** Where it is. */
  readonly path: readonly PropertyKey[];
  /** What is wrong, as a predicate of the field. */
  readonly message: string;
  /** The type that was due. */
  readonly expected?: string;
  /** The names that are unknown. */
  readonly keys?: readonly string[];
  /** The values that would do. */
  readonly values?: readonly unknown[];
  /** What each branch of a union finds wrong. */
  readonly errors?: readonly (readonly OptionsIssue[])[];
}

/**
 * What checks an option object: any zod schema will do.
 *
 * @example A schema by hand
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type OptionsSchema, parseOptions } from "@tenfold/core/internal";
 *
 * const anything: OptionsSchema<object> = {
 *   safeParse: (options) => ({ success: true, data: Object(options) }),
 * };
 * assertEquals(parseOptions(anything, { a: 1 }, "make a layer"), { a: 1 });
 * ```
 */
export interface OptionsSchema<T> {
  /** The options with their defaults, or what is wrong with them. */
  safeParse(options: unknown):
    | { readonly success: true; readonly data: T }
    | {
      readonly success: false;
      readonly error: { readonly issues: readonly OptionsIssue[] };
    };
  /**
   * What checks each option, by name, in the order in which PyTorch takes them
   * by position; messages name them.
   */
  readonly shape?: OptionFields;
}

/**
 * A schema, or what makes it when it is first needed, and no earlier.
 *
 * @example A schema that is made when it is needed
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type LazySchema, parseOptions } from "@tenfold/core/internal";
 * import * as z from "zod/mini";
 *
 * const schema: LazySchema<{ p: number }> = () =>
 *   z.strictObject({ p: z._default(z.number(), 0.5) });
 * assertEquals(parseOptions(schema, {}, "make a Dropout"), { p: 0.5 });
 * ```
 */
export type LazySchema<T> = OptionsSchema<T> | (() => OptionsSchema<T>);

const MADE = new WeakMap<object, OptionsSchema<unknown>>();

function schemaOf<T>(schema: LazySchema<T>): OptionsSchema<T> {
  if (typeof schema !== "function") return schema;
  let known = MADE.get(schema);
  if (known === undefined) MADE.set(schema, known = schema());
  return known as OptionsSchema<T>;
}

/**
 * What checks single options, by name.
 *
 * @example What checks single options
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import type { OptionFields } from "@tenfold/core/internal";
 * import * as z from "zod/mini";
 *
 * const fields: OptionFields = { p: z.number() };
 * assertEquals(fields.p?.safeParse("0.5").success, false);
 * ```
 */
export interface OptionFields {
  /** What checks the option of this name. */
  readonly [name: string]: {
    /** Whether a value would do. */
    safeParse(value: unknown): { readonly success: boolean };
  };
}

/**
 * Checks that a value is a number; text would be glued or end up in code.
 *
 * @param value What was passed.
 * @param what What it is, for messages: `"the value"`.
 * @param operation What is being done, for messages: `"make a tensor"`.
 * @throws {TypeError} If it is not a number.
 *
 * @example Text is refused
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { checkNumber } from "@tenfold/core/internal";
 *
 * assertThrows(() => checkNumber("1", "the value", "fill"), TypeError);
 * ```
 */
export function checkNumber(
  value: unknown,
  what: string,
  operation: string,
): number {
  if (typeof value === "number") return value;
  throw new TypeError(
    `Cannot ${operation} as ${what} must be a number: got ${showValue(value)}`,
  );
}

/** True for a value of the wrong type, false for a wrong value of its type. */
function isTypeIssue(
  { code, expected, values, errors }: OptionsIssue,
  value: unknown,
): boolean {
  switch (code) {
    case "invalid_type":
      // A fraction where an integer is due, or NaN, is a number all the same.
      return typeof value !== "number" ||
        !["int", "number"].includes(expected ?? "");
    case "invalid_value":
      return !(values ?? []).some((other) => typeof other === typeof value);
    case "invalid_union":
      // Of no branch's type. An element that is wrong is a wrong value.
      return (errors ?? []).every(([first]) =>
        first !== undefined && first.path.length === 0 &&
        isTypeIssue(first, value)
      );
    case "custom":
      return typeof value !== "number" && typeof value !== "object";
    default:
      return false;
  }
}

/**
 * The options with their defaults, once a schema has found them right. The
 * messages of the schema are predicates that follow the name of the field:
 * `"must be a positive integer"`.
 *
 * @param schema A zod schema of an object.
 * @param options What was passed.
 * @param operation What is being done, for messages: `"make a Linear"`.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 * @throws {RangeError} If an option has a wrong value.
 * @example Options of a custom layer
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { parseOptions } from "@tenfold/core/internal";
 * import * as z from "zod/mini";
 *
 * const schema = z.strictObject({
 *   scale: z.number("must be a number").check(z.gt(0, "must be positive")),
 * });
 * assertThrows(
 *   () => parseOptions(schema, { scale: -1 }, "make a Scale"),
 *   RangeError,
 *   "Cannot make a Scale as scale must be positive: got -1",
 * );
 * ```
 */
export function parseOptions<T>(
  schema: LazySchema<T>,
  options: unknown,
  operation: string,
): T {
  return parseWithout(schemaOf(schema), options, operation, NONE);
}

const NONE: readonly string[] = [];

/**
 * {@linkcode parseOptions} for a function or constructor of which the options
 * are the last argument: nothing may follow them, and no option may be given
 * by its position, as in `new Linear(3, 2, false)`.
 *
 * @param schema A zod schema of an object: the options, and those of the
 * arguments before them that it shall check.
 * @param before What comes before the options, in order.
 * @param options The options.
 * @param args All that was passed: `arguments`.
 * @param operation What is being done, for messages: `"make a Linear"`.
 * @returns The options with their defaults, and what the schema checks of the
 * arguments before them.
 * @throws {TypeError} If there are too many arguments, or an option is unknown
 * or of the wrong type.
 * @throws {RangeError} If an option has a wrong value.
 * @example A function that takes a size and options
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { parseArguments } from "@tenfold/core/internal";
 * import * as z from "zod/mini";
 *
 * const schema = z.strictObject({
 *   size: z.int("must be an integer"),
 *   bias: z._default(z.boolean("must be true or false"), true),
 * });
 * function scale(size: number, options: { bias?: boolean } = {}) {
 *   return parseArguments(
 *     schema,
 *     { size },
 *     options,
 *     arguments,
 *     "make a Scale",
 *   );
 * }
 * assertEquals(scale(3), { size: 3, bias: true });
 * assertThrows(
 *   () => Reflect.apply(scale, null, [3, false]),
 *   TypeError,
 *   "options go by name: got false, write { bias: false }",
 * );
 * ```
 */
export function parseArguments<T>(
  schema: LazySchema<T>,
  before: { readonly [name: string]: unknown },
  options: unknown,
  args: ArrayLike<unknown>,
  operation: string,
): T {
  const made = schemaOf(schema);
  const fields = made.shape ?? {};
  const names = Object.keys(before);
  const all: { [name: string]: unknown } = {
    ...optionsArgument(made, names, options, args, operation),
  };
  for (const name of names) {
    if (!Object.hasOwn(fields, name)) continue;
    if (Object.hasOwn(all, name)) {
      throw unknownOption(operation, [name], optionNames(fields, names));
    }
    all[name] = before[name];
  }
  return parseWithout(made, all, operation, names);
}

/**
 * The options among arguments, as they were passed: {@linkcode parseArguments}
 * without looking into them.
 *
 * @param schema The schema of the options, for messages.
 * @param before The names of what comes before the options.
 * @param options The options.
 * @param args All that was passed: `arguments`.
 * @param operation What is being done, for messages.
 * @throws {TypeError} If there are too many arguments, or an option is given by
 * its position.
 *
 * @example Options that come third
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { optionsArgument } from "@tenfold/core/internal";
 * import * as z from "zod/mini";
 *
 * function scale(x: number, y: number, options = {}) {
 *   const schema = z.strictObject({});
 *   return optionsArgument(schema, ["x", "y"], options, arguments, "scale");
 * }
 * assertEquals(scale(1, 2), {});
 * ```
 */
export function optionsArgument<O extends object>(
  schema: LazySchema<unknown>,
  before: readonly string[],
  options: unknown,
  args: ArrayLike<unknown>,
  operation: string,
): O {
  if (args.length > before.length + 1 || !isOptions(options)) {
    const fields = schemaOf(schema).shape ?? {};
    throw byPosition(operation, optionNames(fields, before), fields, {
      given: Array.prototype.slice.call(args, before.length),
      most: before.length + 1,
    });
  }
  return (options ?? {}) as O;
}

function isOptions(value: unknown): value is object | undefined {
  return value === undefined || isPlainObject(value);
}

/**
 * Refuses arguments beyond the last one that an operation takes.
 *
 * @param operation What is being done, for messages: `"add"`.
 * @param given How many arguments were passed: `arguments.length`.
 * @param most How many it takes.
 * @throws {TypeError} If there are more.
 *
 * @example One argument too many
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { checkCount } from "@tenfold/core/internal";
 *
 * function half(x: number): number {
 *   checkCount("half", arguments.length, 1);
 *   return x / 2;
 * }
 * assertEquals(half(4), 2);
 * ```
 */
export function checkCount(
  operation: string,
  given: number,
  most: number,
): void {
  if (given > most) throw tooMany(operation, given, most);
}

function parseWithout<T>(
  schema: OptionsSchema<T>,
  options: unknown,
  operation: string,
  names: readonly string[],
): T {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const fields = schema.shape ?? {};
  const { issues } = result.error;
  if (!isPlainObject(options)) {
    throw byPosition(operation, optionNames(fields, names), fields, {
      given: [options],
      most: 1,
    });
  }
  // A name that nobody knows explains what else is missing.
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ??
    issues[0]!;
  if (issue.code === "unrecognized_keys") {
    const known = issue.path.length === 0
      ? optionNames(fields, names)
      : optionNames(fieldsAt(schema, issue.path), NONE);
    throw unknownOption(operation, issue.keys ?? NONE, known);
  }
  let value: unknown = options;
  for (const key of issue.path) {
    value = (value as { [key: PropertyKey]: unknown } | undefined)?.[key];
  }
  const ErrorType = isTypeIssue(issue, value) ? TypeError : RangeError;
  const field = issue.path.join(".");
  const message = predicateOf(issue);
  throw new ErrorType(
    field === ""
      ? `Cannot ${operation} as ${message}`
      : `Cannot ${operation} as ${field} ${message}: got ${showValue(value)}`,
  );
}

/** The message of a schema, or our own where a schema has none. */
function predicateOf({ message, expected }: OptionsIssue): string {
  return message.startsWith("Invalid input")
    ? expected === undefined
      ? "has a wrong value"
      : `must be of type ${expected}`
    : message;
}

/** The fields of an object within the options, where they can be told. */
function fieldsAt(
  schema: { readonly shape?: OptionFields },
  path: readonly PropertyKey[],
): OptionFields {
  // What is optional or has a default wraps what it is otherwise.
  let at: { shape?: OptionFields; def?: { innerType?: unknown } } | undefined =
    schema;
  for (const key of path) {
    at = at?.shape?.[String(key)] as typeof at;
    while (at?.def?.innerType) at = at.def.innerType as typeof at;
  }
  return at?.shape ?? {};
}
