/**
 * Fourier transforms as algorithms along lines.
 *
 * @module
 */
import type { TypedArray } from "../dtype.ts";
import {
  fourierPlan,
  realPlan,
  realsOf,
  transformPairs,
  transformReals,
} from "../matrices/fourier.ts";
import {
  addLinear,
  type FourierAlgorithm,
  type LineAlgorithm,
} from "./lines.ts";

/** An algorithm on each line by itself; `prepare` sees their length. */
const each = (
  prepare: (
    length: number,
  ) => (out: TypedArray, from: TypedArray, start: number) => void,
): LineAlgorithm => ({
  inputs: 1,
  run(out, length, from) {
    const one = prepare(length);
    for (let at = 0; at < from.length; at += length) one(out, from, at);
  },
});

const pairs = (inverse: boolean) =>
  each((length) => {
    const plan = fourierPlan(length / 2);
    return (out, from, at) => transformPairs(out, from, at, plan, inverse);
  });
const reals = (
  transform: typeof transformReals,
  weight: number,
) =>
  each((length) => {
    const plan = realPlan(length - 2);
    return (out, from, at) => transform(out, from, at, plan, weight);
  });

const TRANSPOSES: { readonly [N in FourierAlgorithm]: FourierAlgorithm } = {
  dft: "idft",
  idft: "dft",
  rdft: "rdftTransposed",
  rdftTransposed: "rdft",
  irdft: "irdftTransposed",
  irdftTransposed: "irdft",
};

let added = false;

/**
 * Lets devices run Fourier transforms along lines, as the first transform does:
 * for what applies the primitive by itself.
 *
 * @example Before the primitive is applied by itself
 * ```ts
 * import { addFourier } from "@tenfold/core/program";
 *
 * addFourier();
 * ```
 */
export function addFourier(): void {
  if (added) return;
  added = true;
  addLinear({
    dft: pairs(false),
    // Its matrix is symmetric, and the transpose of complex numbers conjugates.
    idft: pairs(true),
    rdft: reals(transformReals, 1),
    // Each pair counts once, and not with its mirror image.
    rdftTransposed: reals(realsOf, 0.5),
    irdft: reals(realsOf, 1),
    irdftTransposed: reals(transformReals, 2),
  }, TRANSPOSES);
}
