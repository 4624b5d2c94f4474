/**
 * Option objects, checked where they come in.
 *
 * @module
 */

/** What a schema finds wrong, as zod says it. */
export interface OptionsIssue {
  /** What kind of fault it is. */
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

/** What checks an option object: any zod schema will do. */
export interface OptionsSchema<T> {
  /** The options with their defaults, or what is wrong with them. */
  safeParse(options: unknown):
    | { readonly success: true; readonly data: T }
    | {
      readonly success: false;
      readonly error: { readonly issues: readonly OptionsIssue[] };
    };
}

/** A value for a message: short, and on one line. */
export function showValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) {
    const short = value.length <= 8 &&
      value.every((item) => typeof item !== "object");
    return short
      ? `[${value.map((item) => showValue(item)).join(", ")}]`
      : `an array of ${value.length}`;
  }
  return value.constructor?.name === "Object"
    ? "an object"
    : `a ${value.constructor?.name ?? "object without prototype"}`;
}

/**
 * Checks that a value is a number; text would be glued or end up in code.
 *
 * @param value What was passed.
 * @param what What it is, for messages: `"the value"`.
 * @param operation What is being done, for messages: `"make a tensor"`.
 * @throws {TypeError} If it is not a number.
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
function isTypeFault(
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
        isTypeFault(first, value)
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
 * @example Options of a layer of one's own
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { parseOptions } from "@tenfold/core";
 * import * as z from "zod";
 *
 * const schema = z.strictObject({
 *   scale: z.number("must be a number").positive("must be positive").default(1),
 * });
 * assertThrows(
 *   () => parseOptions(schema, { scale: -1 }, "make a Scale"),
 *   RangeError,
 *   "Cannot make a Scale as scale must be positive: got -1",
 * );
 * ```
 */
export function parseOptions<T>(
  schema: OptionsSchema<T>,
  options: unknown,
  operation: string,
): T {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const { issues } = result.error;
  // A name that nobody knows explains what else is missing.
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ??
    issues[0]!;
  if (issue.code === "unrecognized_keys") {
    throw new TypeError(
      `Cannot ${operation} as there is no such option: got ${
        issue.keys?.join(", ")
      }`,
    );
  }
  if (issue.path.length === 0 && typeof options !== "object") {
    throw new TypeError(
      `Cannot ${operation} as the options must be an object: got ${
        showValue(options)
      }`,
    );
  }
  let value = options;
  for (const key of issue.path) {
    value = (value as { [key: PropertyKey]: unknown } | undefined)?.[key];
  }
  const Fault = isTypeFault(issue, value) ? TypeError : RangeError;
  const field = issue.path.join(".");
  throw new Fault(
    field === ""
      ? `Cannot ${operation} as ${issue.message}`
      : `Cannot ${operation} as ${field} ${issue.message}: got ${
        showValue(value)
      }`,
  );
}
