/**
 * What the option objects of this package have in common.
 *
 * @module
 */
import { z } from "zod";

/** Whole numbers from 1 on. */
export const positiveInt: z.ZodInt = z.int("must be a positive integer")
  .min(1, "must be a positive integer");

/** True or false. */
export const flag: z.ZodBoolean = z.boolean("must be true or false");

/** Text with at least one letter. */
export const text: z.ZodString = z.string("must be text")
  .min(1, "must not be empty");

/**
 * Whatever passes a check; anything else is of the wrong type.
 *
 * @param message A predicate that follows the name of the field.
 */
export function passing<T>(
  check: (value: unknown) => boolean,
  message: string,
): z.ZodType<T> {
  return z.any().superRefine((value, context) => {
    if (check(value)) return;
    context.addIssue({ code: "invalid_type", expected: "object", message });
  });
}

/** An object that has these methods. */
export function withMethods<T>(
  what: string,
  ...names: string[]
): z.ZodType<T> {
  return passing(
    (value) =>
      typeof value === "object" && value !== null &&
      names.every((name) =>
        typeof (value as Record<string, unknown>)[name] === "function"
      ),
    `must be ${what}`,
  );
}

/** A value for a message: short, and on one line. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const name = value.constructor?.name;
  return name === undefined || name === "Object" ? "an object" : `a ${name}`;
}
