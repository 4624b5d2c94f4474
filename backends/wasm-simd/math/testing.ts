/**
 * Runs vector functions on arrays, and measures how far they are off.
 *
 * @module
 */

import { compile, type Local, ModuleBuilder, v128 } from "../assembler.ts";
import type { Lanes } from "./lanes.ts";

/** A vector function of one or two operands. */
export type VectorFunction = (
  lanes: Lanes,
  ...operands: Local<"v128">[]
) => Local<"v128">;

/** A function over equally long arrays of floats; the length is a multiple of
 * four. */
export type ArrayFunction = (...operands: Float32Array[]) => Float32Array;

const JS_REMAINDER = (a: number, b: number): number => a % b;

/** Makes a vector function callable. */
export function onArrays(
  fn: VectorFunction,
  arity: number,
  fused: boolean,
): ArrayFunction {
  const module = new ModuleBuilder();
  module.importMemory({ shared: false, minimum: 1, maximum: 65536 });
  const imports = {
    sin: module.importFunction("sin", ["f64"], "f64"),
    cos: module.importFunction("cos", ["f64"], "f64"),
    tan: module.importFunction("tan", ["f64"], "f64"),
  };
  const remainder = module.importFunction("remainder", ["f64", "f64"], "f64");
  module.func("run", ["i32", "i32"], "none", (f, bytes, count) => {
    const i = f.local("i32");
    const lanes: Lanes = {
      f,
      fused,
      fallback: (name) => imports[name],
      remainder: () => remainder,
    };
    f.for(i, count, 16, () => {
      const operands: Local<"v128">[] = [];
      const at = f.let(i);
      for (let k = 0; k < arity; k++) {
        operands.push(f.let(v128.load(at)));
        f.increase(at, bytes);
      }
      f.do(v128.store(at, fn(lanes, ...operands)));
    });
  });
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
  const { sin, cos, tan } = Math;
  const instance = new WebAssembly.Instance(compile(module), {
    env: { memory, sin, cos, tan, remainder: JS_REMAINDER },
  });
  const run = instance.exports.run as (bytes: number, end: number) => void;
  return (...operands) => {
    const length = operands[0]!.length;
    const needed = Math.ceil((arity + 1) * length * 4 / 65536);
    const pages = memory.buffer.byteLength / 65536;
    if (needed > pages) memory.grow(needed - pages);
    const view = new Float32Array(memory.buffer);
    operands.forEach((operand, k) => view.set(operand, k * length));
    run(length * 4, length * 4);
    return view.slice(arity * length, (arity + 1) * length);
  };
}

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The distance of two neighbouring floats at x. */
export function ulpOf(x: number): number {
  float[0] = x;
  const exponent = (bits[0]! >> 23) & 0xff;
  return 2 ** (Math.max(exponent, 1) - 150);
}

/**
 * How far `got` is from the exact value, in units in the last place of that, or
 * of `least` where it is smaller.
 */
export function ulpError(got: number, exact: number, least = 0): number {
  if (got === exact) return 0;
  if (!Number.isFinite(got) && got === Math.fround(exact)) return 0;
  if (Number.isNaN(got) && Number.isNaN(exact)) return 0;
  // The largest float, where infinity would be right, is one unit off.
  const bounded = Math.abs(got) === Infinity ? Math.sign(got) * 2 ** 128 : got;
  return Math.abs(bounded - exact) /
    ulpOf(Math.max(Math.abs(exact), least));
}
