/**
 * What the engine's WebAssembly can do, found out by compiling tiny modules.
 *
 * @module
 */

import { compile, f32, f32x4, i32, ModuleBuilder, v128 } from "./assembler.ts";

/** Features of the engine's WebAssembly. */
export interface Features {
  /** Whether there are vector instructions. Nothing works without them. */
  readonly simd: boolean;
  /**
   * Whether `relaxed_madd` exists and is one instruction with one rounding.
   * Where it is a product and a sum, plain instructions are as good.
   */
  readonly fusedMultiplyAdd: boolean;
  /** Whether memory can be shared between threads. */
  readonly sharedMemory: boolean;
}

const MEMORY = { minimum: 1, maximum: 1 };

function hasSimd(): boolean {
  const module = new ModuleBuilder();
  module.func("probe", [], "i32", (f) => {
    f.result(v128.any_true(f32x4.splat(f32.const(1))));
  });
  return WebAssembly.validate(module.encode());
}

/** `x * x - 1` for an x whose square needs more bits than a float has. */
function fuses(): boolean {
  const module = new ModuleBuilder();
  module.func("probe", ["f32", "f32"], "f32", (f, x, y) => {
    const xs = f.let(f32x4.splat(x));
    const sum = f32x4.relaxed_madd(xs, xs, f32x4.splat(y));
    f.result(f32x4.extract_lane(sum, 0));
  });
  if (!WebAssembly.validate(module.encode())) return false;
  const instance = new WebAssembly.Instance(compile(module));
  const probe = instance.exports.probe as (x: number, y: number) => number;
  return probe(1 + 2 ** -12, -1) === 2 ** -11 + 2 ** -24;
}

function canShare(): boolean {
  const module = new ModuleBuilder();
  module.importMemory({ shared: true, ...MEMORY });
  module.func("probe", [], "i32", (f) => {
    f.result(i32["atomic.load"](i32.const(0)));
  });
  if (!WebAssembly.validate(module.encode())) return false;
  try {
    const memory = new WebAssembly.Memory({
      initial: MEMORY.minimum,
      maximum: MEMORY.maximum,
      shared: true,
    });
    return memory.buffer instanceof SharedArrayBuffer;
  } catch {
    return false; // The page is not isolated, or the engine lacks the feature.
  }
}

/**
 * Returns why nothing can be compiled here.
 *
 * @returns The reason, or `null` if there are vectors to compile for.
 */
export function whyNoSimd(): string | null {
  if (typeof WebAssembly === "undefined" || !hasSimd()) {
    return "this engine has no WebAssembly vector instructions";
  }
  try {
    compile(new ModuleBuilder());
    return null;
  } catch {
    return "this page forbids to compile WebAssembly: its Content-Security-Policy needs 'wasm-unsafe-eval' in script-src";
  }
}

/**
 * Probes the features of the engine's WebAssembly.
 *
 * @returns The features; `simd` is false where {@linkcode whyNoSimd} has a
 * reason.
 */
export function probeFeatures(): Features {
  if (whyNoSimd() !== null) {
    return { simd: false, fusedMultiplyAdd: false, sharedMemory: false };
  }
  return {
    simd: true,
    fusedMultiplyAdd: fuses(),
    sharedMemory: typeof SharedArrayBuffer !== "undefined" && canShare(),
  };
}
