/**
 * Seeds as options.
 *
 * @module
 */
import { getRandomState, setRandomState } from "@tenfold/core";
import { threefry } from "@tenfold/core/backend";
import * as z from "./_zod.ts";

/** The schema of a `seed` option that may be left out. */
export const seedOption: z.ZodMiniOptional<z.ZodMiniNumberFormat> = z.optional(z
  .int("must be an integer"));

/** A seed drawn from the global generator, as `manualSeed` set it. */
export function drawSeed(): number {
  const { seed, draws } = getRandomState();
  setRandomState({ seed, draws: draws + 1 });
  return threefry(seed, draws, 0, 0) >>> 0;
}
