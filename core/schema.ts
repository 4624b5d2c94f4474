/**
 * Schemas of option objects: small functions that compose as those of
 * `zod/mini` do, under the same names, and weigh a tenth of them in a browser.
 * Wherever a schema is taken one of zod will do as well.
 *
 * @example Options of a layer of one's own
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { parseOptions } from "@tenfold/core/internal";
 * import * as z from "@tenfold/core/schema";
 *
 * const schema = z.strictObject({
 *   scale: z.number("must be a number").check(z.gt(0, "must be positive")),
 *   bias: z._default(z.boolean("must be true or false"), true),
 * });
 * assertEquals(parseOptions(schema, { scale: 2 }, "make a Scale"), {
 *   scale: 2,
 *   bias: true,
 * });
 * assertThrows(
 *   () => parseOptions(schema, { scale: -1 }, "make a Scale"),
 *   RangeError,
 *   "Cannot make a Scale as scale must be positive: got -1",
 * );
 * ```
 *
 * @module
 */
import { isPlainObject } from "./option_messages.ts";
import type { LazySchema, OptionsIssue, OptionsSchema } from "./options.ts";

export type { LazySchema, OptionsIssue, OptionsSchema };

/** What is said of a wrong value: a predicate of the field. */
export type Message = string | ((value: unknown) => string);

/** What is wrong with a value of the right type, or `undefined`. */
export type Check<T> = (value: T) => OptionsIssue | undefined;

/** What a schema gives for what it finds right. */
export type Output<S> = S extends LazySchema<infer T> ? T : never;

/** Schemas by name. */
export interface Fields {
  /** What checks the field of this name. */
  readonly [name: string]: OptionsSchema<unknown>;
}

/** The names of fields that may be left out. */
export type OptionalNames<F extends Fields> = {
  [N in keyof F]: F[N] extends Optional<unknown> ? N : never;
}[keyof F];

/** What an object of fields gives. */
export type ObjectOutput<F extends Fields> =
  & { -readonly [N in Exclude<keyof F, OptionalNames<F>>]: Output<F[N]> }
  & { -readonly [N in OptionalNames<F>]?: Output<F[N]> };

/** Gives what a value becomes, and adds what is wrong with it to the list. */
type Read = (value: unknown, issues: OptionsIssue[]) => unknown;

/** What a schema says of a value. */
export type Parsed<T> =
  | { readonly success: true; readonly data: T; readonly error?: undefined }
  | {
    readonly success: false;
    readonly data?: undefined;
    readonly error: { readonly issues: readonly OptionsIssue[] };
  };

/** Checks values of one kind. */
export class Schema<T> implements OptionsSchema<T> {
  readonly #read: Read;
  /** The fields of an object. */
  declare readonly shape?: Fields;
  /** What it wraps, if it does. */
  declare readonly def?: { readonly innerType: OptionsSchema<unknown> };

  /** Reads values; `facts` are `shape` and `def`. */
  constructor(read: Read, facts: object = {}) {
    this.#read = read;
    Object.assign(this, facts);
  }

  /** The value with its defaults, or what is wrong with it. */
  safeParse(value: unknown): Parsed<T> {
    const issues: OptionsIssue[] = [];
    const data = this.#read(value, issues) as T;
    return issues.length === 0
      ? { success: true, data }
      : { success: false, error: { issues } };
  }

  /** The same, with checks of values that are right so far. */
  check(...checks: Check<T>[]): Schema<T> {
    return new Schema((value, issues) => {
      const data = this.#read(value, issues) as T;
      if (issues.length === 0) {
        for (const check of checks) {
          const issue = check(data);
          if (issue) issues.push(issue);
        }
      }
      return data;
    }, { ...this });
  }
}

/** A field that may be left out of an object. */
export interface Optional<T> extends Schema<T> {
  /** True of these alone. */
  readonly optional: true;
}

function issueOf(
  code: string,
  message: Message | undefined,
  value: unknown,
  facts?: Partial<OptionsIssue>,
): OptionsIssue {
  const text = typeof message === "function" ? message(value) : message;
  const plain = facts?.expected
    ? `must be of type ${facts.expected}`
    : "has a wrong value";
  return { code, path: [], message: text ?? plain, ...facts };
}

/** Values that are accepted; any other is of the wrong type. */
export function type<T>(
  expected: string,
  accepts: (value: unknown) => boolean,
  message?: Message,
): Schema<T> {
  return new Schema((value, issues) => {
    if (!accepts(value)) {
      issues.push(issueOf("invalid_type", message, value, { expected }));
    }
    return value;
  });
}

/** A number, but NaN and the infinities. */
export function number(message?: Message): Schema<number> {
  return type("number", Number.isFinite, message);
}

/** An integer that a number holds exactly. */
export function int(message?: Message): Schema<number> {
  return type("int", Number.isSafeInteger, message);
}

/** Text. */
export function string(message?: Message): Schema<string> {
  return type("string", (value) => typeof value === "string", message);
}

/** True or false. */
export function boolean(message?: Message): Schema<boolean> {
  return type("boolean", (value) => typeof value === "boolean", message);
}

/** Anything. */
export function unknown(): Schema<unknown> {
  return new Schema((value) => value);
}

/** An object of a class. */
function instanceOf<T>(
  constructor: abstract new (...args: never[]) => T,
  message?: Message,
): Schema<T> {
  return type("object", (value) => value instanceof constructor, message);
}

/** Values that are accepted; any other is wrong. */
export function custom<T>(
  accepts: (value: unknown) => boolean,
  message?: Message,
): Schema<T> {
  return new Schema((value, issues) => {
    if (!accepts(value)) issues.push(issueOf("custom", message, value));
    return value;
  });
}

/** One of some words. */
function enumOf<const W extends string>(
  values: readonly W[],
  message?: Message,
): Schema<W> {
  return new Schema((value, issues) => {
    if (!values.includes(value as W)) {
      issues.push(issueOf("invalid_value", message, value, { values }));
    }
    return value;
  });
}

export { enumOf as enum, instanceOf as instanceof };

/** One value. */
export function literal<const T>(one: T, message?: Message): Schema<T> {
  return enumOf([one as string], message) as Schema<unknown> as Schema<T>;
}

/** What a field gives; what is wrong with it is told with its place. */
function inside(
  schema: OptionsSchema<unknown>,
  value: unknown,
  key: PropertyKey,
  issues: OptionsIssue[],
): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    issues.push({ ...issue, path: [key, ...issue.path] });
  }
}

/** A list of any length. */
export function array<T>(
  element: OptionsSchema<T>,
  message?: Message,
): Schema<T[]> {
  return new Schema((value, issues) => {
    if (Array.isArray(value)) {
      return value.map((item, i) => inside(element, item, i, issues));
    }
    issues.push(issueOf("invalid_type", message, value, { expected: "array" }));
  });
}

/** A list of one length. */
export function tuple<const E extends readonly OptionsSchema<unknown>[]>(
  elements: E,
  message?: Message,
): Schema<{ -readonly [I in keyof E]: Output<E[I]> }> {
  return new Schema((value, issues) => {
    if (Array.isArray(value) && value.length === elements.length) {
      return value.map((item, i) => inside(elements[i]!, item, i, issues));
    }
    issues.push(
      Array.isArray(value)
        ? issueOf("too_small", message, value)
        : issueOf("invalid_type", message, value, { expected: "array" }),
    );
  });
}

const isObject = (value: unknown): value is { [name: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An object of any names. */
export function record<T>(
  element: OptionsSchema<T>,
  message?: Message,
): Schema<{ [name: string]: T }> {
  return new Schema((value, issues) => {
    if (isPlainObject(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([name, item]) => [
          name,
          inside(element, item, name, issues),
        ]),
      );
    }
    issues.push(
      issueOf("invalid_type", message, value, { expected: "object" }),
    );
  });
}

/** An object; names beside those of the fields are left out. */
export function object<F extends Fields>(
  fields: F,
  strict = false,
): Schema<ObjectOutput<F>> {
  return new Schema((value, issues) => {
    if (!isObject(value)) {
      const facts = { expected: "object" };
      issues.push(issueOf("invalid_type", undefined, value, facts));
      return;
    }
    const out: { [name: string]: unknown } = {};
    for (const name of Object.keys(fields)) {
      const field = fields[name]!;
      const given = name in value;
      if (!given && "optional" in field) continue;
      const data = inside(field, value[name], name, issues);
      if (given || data !== undefined) out[name] = data;
    }
    const keys = strict
      ? Object.keys(value).filter((name) => !Object.hasOwn(fields, name))
      : [];
    if (keys.length > 0) {
      issues.push(issueOf("unrecognized_keys", undefined, value, { keys }));
    }
    return out;
  }, { shape: fields });
}

/** An object with no names beside those of the fields. */
export function strictObject<F extends Fields>(
  fields: F,
): Schema<ObjectOutput<F>> {
  return object(fields, true);
}

/** What the first of several schemas finds right. */
export function union<const S extends readonly OptionsSchema<unknown>[]>(
  schemas: S,
  message?: Message,
): Schema<Output<S[number]>> {
  return new Schema((value, issues) => {
    const errors: (readonly OptionsIssue[])[] = [];
    for (const schema of schemas) {
      const result = schema.safeParse(value);
      if (result.success) return result.data;
      errors.push(result.error.issues);
    }
    // Of one branch's type, and wrong by a check of it alone.
    const close = errors.filter((found) => found.every(({ late }) => late));
    issues.push(
      ...close.length === 1
        ? close[0]!
        : [issueOf("invalid_union", message, value, { errors })],
    );
  });
}

function wrapped<T>(
  innerType: OptionsSchema<unknown>,
  without: (value: unknown) => boolean,
  instead?: () => unknown,
  facts?: object,
): Schema<T> {
  return new Schema((value, issues) => {
    if (without(value)) return instead ? instead() : value;
    const result = innerType.safeParse(value);
    if (result.success) return result.data;
    issues.push(...result.error.issues);
  }, { def: { innerType }, ...facts });
}

const isUndefined = (value: unknown) => value === undefined;

/** May be left out, or `undefined`. */
export function optional<T>(
  schema: OptionsSchema<T>,
): Optional<T | undefined> {
  const facts = { optional: true };
  return wrapped(schema, isUndefined, undefined, facts) as Optional<
    T | undefined
  >;
}

/** May be left out, but not `undefined`. */
export function exactOptional<T>(schema: OptionsSchema<T>): Optional<T> {
  const facts = { optional: true };
  return wrapped(schema, () => false, undefined, facts) as Optional<T>;
}

/** May be `null`. */
export function nullable<T>(schema: OptionsSchema<T>): Schema<T | null> {
  return wrapped(schema, (value) => value === null);
}

/** Has a value where none is given. */
export function _default<T>(
  schema: OptionsSchema<T>,
  value: NoInfer<T>,
): Schema<T> {
  return wrapped(schema, isUndefined, () => value);
}

/** The same, which TypeScript lets nobody change. */
export function readonly<T>(schema: OptionsSchema<T>): Schema<Readonly<T>> {
  return schema as Schema<Readonly<T>>;
}

/** A check of a condition. */
export function refine<T>(
  holds: (value: T) => boolean,
  message?: Message,
  code = "custom",
): Check<T> {
  return (value) =>
    holds(value) ? undefined : issueOf(code, message, value, { late: true });
}

/** From a number on. */
export function gte(least: number, message?: Message): Check<number> {
  return refine((value) => value >= least, message, "range");
}

/** Above a number. */
export function gt(bound: number, message?: Message): Check<number> {
  return refine((value) => value > bound, message, "range");
}

/** Up to a number. */
export function lte(most: number, message?: Message): Check<number> {
  return refine((value) => value <= most, message, "range");
}

/** Below a number. */
export function lt(bound: number, message?: Message): Check<number> {
  return refine((value) => value < bound, message, "range");
}

/** Text or a list of at least so many items. */
export function minLength(
  least: number,
  message?: Message,
): Check<{ readonly length: number }> {
  return refine(({ length }) => length >= least, message, "range");
}

/** Text of a pattern. */
export function regex(pattern: RegExp, message?: Message): Check<string> {
  return refine((value) => pattern.test(value), message, "range");
}
