/**
 * What the options of this package have in common.
 *
 * @module
 */
import * as z from "zod";

/** A number from 0 on. */
export const nonNegative: z.ZodType<number> = z.number("must be a number")
  .min(0, "must not be negative");

/** Any number but NaN and the infinities. */
export const finite: z.ZodType<number> = z.number("must be a number");

/** A number above 0. */
export const positive: z.ZodType<number> = z.number("must be a number")
  .gt(0, "must be above 0");

const counting = "must be a positive integer";

/** A count. */
export const positiveInteger: z.ZodType<number> = z.int(counting)
  .min(1, counting);

/** True or false. */
export const flag: z.ZodType<boolean> = z.boolean("must be true or false");

const share = "must be a number from 0 to below 1";

/** The decay of a running mean. */
const decay: z.ZodType<number> = z.number(share).min(0, share).lt(1, share);

/** The decays of Adam. */
export const betas: z.ZodType<[number, number]> = z.tuple(
  [decay, decay],
  "must be two numbers",
);
