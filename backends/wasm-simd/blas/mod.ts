/**
 * Finds the BLAS of this machine, and uses it where it is right and faster.
 *
 * @module
 */
import type { Engine } from "../engine.ts";
import type { Multiplier } from "../matmul/matmul.ts";
import { DoubleMultiplier } from "./double.ts";
import { foreign } from "@tenfold/core/foreign";
import { candidates, openBlas } from "./library.ts";
import { whyWrong } from "./probe.ts";
import { BlasProducts } from "./products.ts";
import { compareSpeed } from "./speed.ts";

/** The products of a BLAS. */
export interface Found {
  /** Those of float32. */
  readonly products: BlasProducts;
  /** Those of float64. */
  readonly double: DoubleMultiplier;
}

/**
 * Finds a BLAS.
 *
 * @param engine Whose memory it works on.
 * @param multiplier Our own kernels, beside which it must be faster.
 * @param wanted `"auto"`, or the path of a library.
 * @param threads The number of threads that it may use.
 * @throws {Error} If there is none that is right and faster; the message says
 * why.
 */
export function findBlas(
  engine: Engine,
  multiplier: Multiplier,
  wanted: string,
  threads: number,
): Found {
  const api = foreign();
  if (api === null) throw new Error("this runtime calls no libraries");
  const paths = wanted === "auto" ? candidates() : [wanted];
  let first: unknown;
  for (const path of paths) {
    try {
      const blas = openBlas(api, path, threads);
      const products = new BlasProducts(api, blas, engine);
      const wrong = whyWrong(blas, engine, products.base);
      if (wrong !== null) throw new Error(`${blas.name}: ${wrong}`);
      products.smallest = compareSpeed(engine, multiplier, products);
      if (products.smallest === Infinity) {
        throw new Error(`${blas.name} is slower than our own kernels`);
      }
      return { products, double: new DoubleMultiplier(products, engine) };
    } catch (error) {
      first ??= error;
    }
  }
  throw first;
}
