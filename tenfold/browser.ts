/**
 * The same as `@tenfold/tenfold`, without its look at environment variables,
 * for which that awaits at the top level of its module: a bundler can make a
 * classic script or worker of this entry. Bundlers that know the condition
 * `browser` of npm packages take it by themselves.
 *
 * @example Tensors in a page
 * ```ts
 * import { tensor } from "@tenfold/tenfold/browser";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await tensor([1, 2]).add(1).toArray(), [2, 3]);
 * ```
 *
 * @module
 */
import "./_register_backends.ts";

export * from "@tenfold/core";
export { compile } from "@tenfold/core/compile";
export * as distributions from "@tenfold/core/distributions";
export * as fft from "@tenfold/core/fft";
export * from "@tenfold/core/func";
export * from "@tenfold/core/functions";
export * as linalg from "@tenfold/core/linalg";
// What the functions of fused are made of.
export { call, expr } from "@tenfold/core/backend";
export * as data from "@tenfold/data";
export * as nn from "@tenfold/nn";
export * as optim from "@tenfold/optim";
export * as train from "@tenfold/train";
