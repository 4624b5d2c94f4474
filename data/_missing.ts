/**
 * The option that says what becomes of missing values.
 *
 * @module
 */
import { parseOptions } from "@tenfold/core/internal";
import * as z from "./_zod.ts";

const missingSchema = () =>
  z.strictObject({
    missing: z._default(
      z.enum(["error", "nan"], 'must be "error" or "nan"'),
      "error",
    ),
  });

/** Whether missing values are read as NaN; refuses what `missing` cannot be. */
export const readsMissing = (options: unknown): boolean =>
  parseOptions(missingSchema, options, "read columns as numbers").missing ===
    "nan";
