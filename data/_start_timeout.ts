/**
 * How long the module of a worker may take, as an option.
 *
 * @module
 */
import * as z from "./_zod.ts";

const message = "must be a positive number of milliseconds";

/**
 * Milliseconds that a worker may take to start; `Infinity` waits forever.
 *
 * @example A field of an option schema
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { startTimeout } from "@tenfold/data/internal";
 * import * as z from "zod/mini";
 *
 * const schema = z.strictObject({ startTimeout });
 * assertEquals(z.parse(schema, {}), { startTimeout: 60_000 });
 * ```
 */
export const startTimeout: z.ZodMiniDefault<z.ZodMiniType<number>> = z._default(
  z.custom<number>((value) => typeof value === "number" && value > 0, message),
  60_000,
);
