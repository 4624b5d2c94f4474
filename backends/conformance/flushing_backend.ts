/**
 * A backend that flushes subnormal numbers to 0, as GPUs may, for the tests of
 * what must bear it.
 *
 * @module
 */
import type { Backend } from "@tenfold/core";
import { call, constant, type Expr } from "@tenfold/core/backend";
import { altered, rewritten } from "./faulty_backends.ts";

/** The smallest normal number of float32. */
const SMALLEST = 2 ** -126;

/** What chooses or turns a number flushes nothing, as webgpu does it in bits. */
const BITWISE = ["select", "neg", "abs", "max", "min"];

/** A float32 where subnormal numbers are 0, with their sign. */
function flush(x: Expr): Expr {
  if (x.dtype !== "float32") return x;
  const isTiny = call("lt", call("abs", x), constant(SMALLEST, x.dtype));
  return call("select", isTiny, call("mul", x, constant(0, x.dtype)), x);
}

/**
 * The same backend, but every scalar function that computes takes subnormal
 * operands of float32 for 0 and gives 0 for subnormal results. Routines stay as they are.
 *
 * @param backend The backend that does the work.
 * @param subnormals What it says about itself: false is the truth.
 */
export function flushingBackend(backend: Backend, subnormals = false): Backend {
  const flushed = (expr: Expr): Expr =>
    expr.kind !== "call" || BITWISE.includes(expr.fn)
      ? expr
      : flush({ ...expr, args: expr.args.map(flush) });
  return altered(
    backend,
    (kernel) => backend.prepare(rewritten(kernel, flushed)),
    {
      name: `${backend.name} that flushes`,
      subnormals,
      ...(backend.readSync
        ? { readSync: (...range) => backend.readSync!(...range) }
        : {}),
    },
  );
}
