/**
 * What the options of schedules have in common.
 *
 * @module
 */
import * as z from "zod/mini";

/** How many steps were taken when training goes on; -1 at the start. */
export const lastEpoch: z.ZodMiniType<number> = z.int("must be an integer")
  .check(z.gte(-1, "must be an integer from -1 on"));
