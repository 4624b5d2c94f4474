/**
 * What the options of this package have in common.
 *
 * @module
 */
import * as z from "./_zod.ts";

/** A number from 0 on. */
export const nonNegative: z.ZodMiniType<number> = z.number("must be a number")
  .check(z.gte(0, "must not be negative"));

/** Any number but NaN and the infinities. */
export const finite: z.ZodMiniType<number> = z.number("must be a number");

/** A number above 0. */
export const positive: z.ZodMiniType<number> = z.number("must be a number")
  .check(z.gt(0, "must be above 0"));

const counting = "must be a positive integer";

/** A count. */
export const positiveInteger: z.ZodMiniType<number> = z.int(counting).check(
  z.gte(1, counting),
);

/** True or false. */
export const flag: z.ZodMiniType<boolean> = z.boolean("must be true or false");

const belowOne = "must be a number from 0 to below 1";

/** The decay of a running mean. */
export const decayRate: z.ZodMiniType<number> = z.number(belowOne).check(
  z.gte(0, belowOne),
  z.lt(1, belowOne),
);

const toOne = "must be a number from 0 to 1";

/** A share of a whole. */
export const share = (): z.ZodMiniType<number> =>
  z.number(toOne).check(z.gte(0, toOne), z.lte(1, toOne));

/** The decays of Adam. */
export const betas: z.ZodMiniType<[number, number]> = z.tuple(
  [decayRate, decayRate],
  "must be two numbers",
);
