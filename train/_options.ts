/**
 * What the option objects of this package have in common.
 *
 * @module
 */
import * as z from "./_zod.ts";

/** Whole numbers from 1 on. */
export const positiveInt: z.ZodMiniNumberFormat = z.int(
  "must be a positive integer",
).check(z.gte(1, "must be a positive integer"));

/** True or false. */
export const flag: z.ZodMiniBoolean = z.boolean("must be true or false");

/** Text with at least one letter. */
export const text: z.ZodMiniString = z.string("must be text").check(
  z.minLength(1, "must not be empty"),
);

/**
 * Whatever passes a check; anything else is of the wrong type.
 *
 * @param message A predicate that follows the name of the field.
 */
export function passing<T>(
  check: (value: unknown) => boolean,
  message: string,
): z.ZodMiniType<T> {
  return z.any().check(z.superRefine((value, context) => {
    if (check(value)) return;
    context.addIssue({ code: "invalid_type", expected: "object", message });
  }));
}

/** An object that has these methods. */
export function withMethods<T>(
  what: string,
  ...names: string[]
): z.ZodMiniType<T> {
  return passing(
    (value) =>
      typeof value === "object" && value !== null &&
      names.every((name) =>
        typeof (value as Record<string, unknown>)[name] === "function"
      ),
    `must be ${what}`,
  );
}

/** Ends something that is under way. */
export const abortSignal: z.ZodMiniType<AbortSignal> = passing<AbortSignal>(
  (value) =>
    typeof (value as AbortSignal | null)?.throwIfAborted === "function",
  "must be an AbortSignal: pass the signal of a controller",
);
