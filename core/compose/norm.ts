/**
 * Norms and deviations: roots of sums, whose gradient at a sum of 0 is 0.
 *
 * @module
 */
import { APPLY } from "../members.ts";
import { type DType, floatOf, isFloating } from "../dtype.ts";
import {
  arg,
  call,
  castExpr,
  constant,
  type Expr,
  scalar,
} from "../expr/expr.ts";
import { memoize } from "../lower/program.ts";
import type { Formula } from "../op.ts";
import { checkNumber } from "../options.ts";
import { normalizeDims } from "../shape.ts";
import type { Dims, KeepDim, Tensor } from "../tensor.ts";

const mul = (a: Expr, b: Expr): Expr => call("mul", a, b);
/** A number of the dtype that `like` has. */
const num = (value: number, like: Expr): Expr => constant(value, like.dtype);
const isZero = (x: Expr): Expr => call("eq", x, num(0, x));
/** `x`, or 0 where the condition holds, whatever `x` is there. */
const unless = (condition: Expr, x: Expr): Expr =>
  call("select", condition, num(0, x), x);

/** A formula of one float input with a gradient of its own. */
const formulaOf = (
  label: string,
  scalars: number,
  write: (x: Expr, g: Expr) => { readonly value: Expr; readonly slope: Expr },
): (dtype: DType) => Formula =>
  memoize((part) => {
    const dtype = part as DType;
    const { value, slope } = write(arg(0, dtype), arg(1, dtype));
    return {
      label,
      inputs: [dtype],
      scalars,
      expr: value,
      gradients: [slope],
    };
  });

const squareRoot = formulaOf("std", 0, (x, g) => {
  const value = call("sqrt", x);
  const slope = unless(isZero(x), call("div", g, call("add", value, value)));
  return { value, slope };
});

/** The number of elements that are not 0, which is level everywhere. */
const counted = formulaOf("norm", 0, (x) => ({
  value: castExpr(call("ne", x, num(0, x)), x.dtype),
  slope: num(0, x),
}));

/** Scalar: p. The power of the absolute value. */
const power = formulaOf("norm", 1, (x, g) => {
  const p = scalar(0, x.dtype);
  const size = call("abs", x);
  const steepness = mul(p, call("pow", size, call("sub", p, num(1, p))));
  return {
    value: call("pow", size, p),
    slope: mul(g, unless(isZero(x), mul(call("sign", x), steepness))),
  };
});

/** Scalar: 1 / p. The root of the sum of powers. */
const root = formulaOf("norm", 1, (x, g) => {
  const share = scalar(0, x.dtype);
  const value = call("pow", x, share);
  const rest = call("pow", x, call("sub", share, num(1, share)));
  return { value, slope: unless(isZero(value), mul(g, mul(share, rest))) };
});

/** The square root of a variance; see `Tensor.std`. */
export function deviationOf(variance: Tensor): Tensor {
  const formula = squareRoot(variance.dtype);
  return variance[APPLY]({ name: "map", formula, scalars: [] });
}

/** The p-norm for p other than 2; see `Tensor.norm`. */
export function normTensor(
  x: Tensor,
  dim: Dims | undefined,
  p: number,
  { keepDim = false }: KeepDim,
): Tensor {
  const dims = normalizeDims(dim, x.ndim, "norm");
  if (Number.isNaN(checkNumber(p, "p", "take the norm"))) {
    throw new RangeError("Cannot take the norm with p = NaN: give a number");
  }
  // Powers of integers would wrap.
  const y = isFloating(x.dtype) ? x : x.cast(floatOf(x.dtype));
  if (p === Infinity) return y.abs().max(dims, { keepDim });
  if (p === -Infinity) return y.abs().min(dims, { keepDim });
  if (p === 1) return y.abs().sum(dims, { keepDim });
  const sum = y[APPLY]({
    name: "mapSum",
    formula: (p === 0 ? counted : power)(y.dtype),
    scalars: p === 0 ? [] : [p],
    dims,
    keepDim,
    divisor: 1,
  });
  if (p === 0) return sum;
  const formula = root(y.dtype);
  return sum[APPLY]({ name: "map", formula, scalars: [1 / p] });
}
