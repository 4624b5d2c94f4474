/**
 * Compiled functions: recorded once for each signature, then replayed.
 *
 * @module
 */
import { checkCount } from "../options.ts";
import {
  checkPlain,
  flag,
  number,
  type PlainFields,
} from "../plain_options.ts";
import { type CompileStats, PlanCache } from "./cache.ts";

export type { CompileStats } from "./cache.ts";

/**
 * Options of {@linkcode compile}.
 *
 * @example The time of each kernel
 * ```ts
 * import {
 *   compile,
 *   type CompileOptions,
 *   tensor,
 *   Tensor,
 * } from "@tenfold/tenfold";
 *
 * const options: CompileOptions = { profile: true, maxSignatures: 2 };
 * using double = compile((x: Tensor) => x.mul(2), options);
 * double(tensor([1, 2]));
 * ```
 */
export interface CompileOptions {
  /**
   * Whether functions that cannot be compiled run eagerly, with one warning.
   *
   * @default {false}
   */
  readonly fallback?: boolean;
  /**
   * Whether leaves keep the gradients that a call computes. If false, `grad` of
   * a parameter is null once the function has returned, as after `zeroGrad`: an
   * optimizer then takes each gradient as it is computed, so that not all of
   * them are in memory at once. Arguments keep theirs.
   *
   * If left out, `grad` of every parameter can be read. A gradient that the
   * function uses up itself and that is larger than what it is the product of,
   * such as that of a wide `Linear`, is not kept: `grad` computes it when it is
   * read. That is refused if an argument of the function was changed in place
   * since the call. With `true` all of them are kept.
   */
  readonly keepGradients?: boolean;
  /**
   * Maximum number of signatures that are kept. Calls with further ones run
   * eagerly, with one warning; a signature that was not used for four times as
   * many calls is replaced by one that occurs again.
   *
   * @default {8}
   */
  readonly maxSignatures?: number;
  /**
   * Measures the time of every kernel, for `inspect` and `trace`. On
   * asynchronous devices, such as webgpu, that is the time that the processor
   * takes to submit the kernel.
   *
   * @default {false}
   */
  readonly profile?: boolean;
}

/**
 * A function made by {@linkcode compile}.
 *
 * @example A compiled function that is disposed of
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { compile, type Compiled, tensor, Tensor } from "@tenfold/tenfold";
 *
 * const double: Compiled<[Tensor], Tensor> = compile((x: Tensor) => x.mul(2));
 * assertEquals(await double(tensor([1, 2])).toArray(), [2, 4]);
 * double.dispose();
 * ```
 */
export interface Compiled<A extends unknown[], R> {
  /** Runs the function, eagerly the first time for a signature. */
  (...args: A): R;
  /** Counts of what it has done so far. */
  readonly stats: CompileStats;
  /**
   * A listing of the kernels of every plan: expressions, shapes, bytes, and with
   * `profile: true` the mean time of each and its share of the whole.
   */
  inspect(): string;
  /**
   * With `profile: true`, the replays so far as a file for trace viewers
   * (ui.perfetto.dev, chrome://tracing): a row for each signature with its
   * kernels over time, the last 65,536 of them.
   *
   * @throws {CompileError} If nothing was profiled.
   */
  trace(): string;
  /** Frees the memory of its plans; a later call records again. */
  dispose(): void;
  /** {@linkcode Compiled.dispose} at the end of a `using` block. */
  [Symbol.dispose](): void;
}

const OPTIONS: PlainFields = {
  fallback: flag,
  keepGradients: flag,
  maxSignatures: number,
  profile: flag,
};

/**
 * Makes a function that is recorded when it is first called with arguments of
 * some shapes, and replayed from then on: its kernels are fused, its memory is
 * planned, and no JavaScript of the function runs again.
 *
 * @param fn The function. It must be synchronous and must not read values.
 * @param options How to go about it.
 * @returns A function with the same arguments and results.
 * @throws {CompileError} When it is called, if it cannot be compiled.
 * @example A training step
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import {
 *   compile,
 *   grad,
 *   noGrad,
 *   type Tensor,
 *   tensor,
 * } from "@tenfold/tenfold";
 *
 * const w = tensor([1, 2], { requiresGrad: true });
 * const step = compile((x: Tensor) => {
 *   const loss = w.mul(x).square().sum();
 *   const [slope] = grad(loss, [w]);
 *   noGrad(() => w.add_(slope, { alpha: -0.1 }));
 *   return loss;
 * });
 * const x = tensor([1, 1]);
 * assertAlmostEquals(step(x).itemSync(), 5);
 * assertAlmostEquals(step(x).itemSync(), 3.2, 1e-6);
 * ```
 */
export function compile<A extends unknown[], R>(
  fn: (...args: A) => R,
  options: CompileOptions = {},
): Compiled<A, R> {
  checkCount("compile", arguments.length, 2);
  checkPlain(OPTIONS, options, "compile");
  const {
    fallback = false,
    keepGradients,
    maxSignatures = 8,
    profile = false,
  } = options;
  if (!Number.isSafeInteger(maxSignatures) || maxSignatures < 1) {
    throw new RangeError(
      `Cannot compile with maxSignatures ${maxSignatures}: give an integer from 1 on`,
    );
  }
  const state = new PlanCache(fn as (...args: unknown[]) => unknown, {
    fallback,
    keepGradients,
    maxSignatures,
    profile,
  });
  const compiled = (...args: A): R => state.call(args) as R;
  Object.defineProperty(compiled, "stats", { get: () => state.stats });
  return Object.assign(compiled, {
    inspect: () => state.inspect(),
    trace: () => state.trace(),
    dispose: () => state.dispose(),
    [Symbol.dispose]: () => state.dispose(),
  }) as Compiled<A, R>;
}
