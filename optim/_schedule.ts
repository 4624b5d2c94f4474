/**
 * What the options of schedules have in common.
 *
 * @module
 */
import * as z from "./_zod.ts";

/** How many steps were taken when training goes on; -1 at the start. */
export const lastEpoch: z.ZodMiniType<number> = z.int("must be an integer")
  .check(z.gte(-1, "must be an integer from -1 on"));

/** Whatever passes a check; anything else is of the wrong type. */
export function passing<T>(
  check: (value: unknown) => boolean,
  message: string,
): z.ZodMiniType<T> {
  return z.any().check(z.superRefine((value, context) => {
    if (check(value)) return;
    context.addIssue({ code: "invalid_type", expected: "object", message });
  }));
}
