/**
 * The options, parsed.
 *
 * @module
 */
import { parseOptions as parse } from "@tenfold/core/internal";
import * as z from "zod/mini";

const SCHEMA = z.strictObject({
  codegen: z.optional(z.boolean("must be a boolean")),
  poolBytes: z._default(
    z.int("must be a whole number of bytes").check(
      z.gte(0, "must not be negative"),
    ),
    2 ** 27,
  ),
});

/**
 * Checks the options and fills in their defaults.
 *
 * @throws {TypeError} If an option is unknown or of the wrong type.
 * @throws {RangeError} If an option has a wrong value.
 */
export function parseOptions(options: unknown): z.output<typeof SCHEMA> {
  return parse(SCHEMA, options, "open cpu-typedarray");
}
