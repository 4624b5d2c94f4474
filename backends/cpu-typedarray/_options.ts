/**
 * The options, parsed.
 *
 * @module
 */
import { z } from "zod";

const SCHEMA = z.strictObject({
  codegen: z.boolean().optional(),
  poolBytes: z.int().nonnegative().default(2 ** 27),
});

/**
 * Checks the options and fills in their defaults.
 *
 * @throws {TypeError} If an option is unknown or of the wrong type.
 * @throws {RangeError} If an option has a wrong value.
 */
export function parseOptions(options: unknown): z.output<typeof SCHEMA> {
  const result = SCHEMA.safeParse(options);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue!.path.join(".");
  const error = field === "" || issue!.code === "invalid_type"
    ? TypeError
    : RangeError;
  throw new error(
    `Cannot open cpu-typedarray: ${field ? `${field}: ` : ""}${issue!.message}`,
  );
}
