/**
 * Option objects, parsed at the boundary.
 *
 * @module
 */
import type { z } from "zod";

/** A value for a message: short, and on one line. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return value.constructor?.name === "Object"
    ? "an object"
    : `a ${value.constructor?.name ?? "object without prototype"}`;
}

/** True for a value of the wrong type, false for a wrong value of its type. */
function isTypeFault(issue: z.core.$ZodIssue, value: unknown): boolean {
  switch (issue.code) {
    case "invalid_type":
      // A fraction where an integer is due, or NaN, is a number all the same.
      return typeof value !== "number" ||
        !["int", "number"].includes(issue.expected);
    case "invalid_value":
    case "invalid_union":
      return typeof value !== "string";
    case "custom":
      return true;
    default:
      return false;
  }
}

/**
 * The options with their defaults. The schema's messages follow the name of
 * the field: "must be a positive integer".
 *
 * @throws {TypeError} If an option is unknown or of the wrong type.
 * @throws {RangeError} If an option has a wrong value.
 */
export function parseOptions<S extends z.ZodType>(
  schema: S,
  options: unknown,
  operation: string,
): z.output<S> {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  if (issue.code === "unrecognized_keys") {
    throw new TypeError(
      `Cannot ${operation} as there is no such option: got ${
        issue.keys.join(", ")
      }`,
    );
  }
  if (issue.path.length === 0) {
    throw new TypeError(
      `Cannot ${operation} as the options must be an object: got ${
        show(options)
      }`,
    );
  }
  let value = options;
  for (const key of issue.path) {
    value = (value as { [key: PropertyKey]: unknown } | undefined)?.[key];
  }
  const wrong = isTypeFault(issue, value) ? TypeError : RangeError;
  throw new wrong(
    `Cannot ${operation} as ${issue.path.join(".")} ${issue.message}: got ${
      show(value)
    }`,
  );
}
