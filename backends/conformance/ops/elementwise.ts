/**
 * The elementwise primitives: what each means for one element, where the
 * operands of its cases come from, and its tolerance.
 *
 * @module
 */
import {
  type ElementwiseName,
  type ElementwiseOp,
  erf,
  erfc,
} from "@tenfold/core/backend";
import { integerPower, power, roundHalfEven } from "@tenfold/core/internal";
import { SCALAR_TOLERANCE, scalarTolerance } from "../scalar_tolerance.ts";
import {
  apart,
  common,
  type Draw,
  near,
  plain,
  sparse,
  within,
} from "../values.ts";
import { epsilons, equal, exact } from "./allow.ts";
import {
  type Domain,
  type ElementwiseRow,
  elementwiseSpec,
  overOperands,
  type ScalarFormula,
} from "./elementwise_spec.ts";
import type { SpecFamily, ToleranceRule } from "./spec.ts";

const any: Domain = { draw: common };
const aboveZero: Domain = { draw: within(0.01, 10) };
const zeroOrNot: Domain = { draw: sparse };
const slope: Domain = { draw: within(0, 1), edges: [0, 0.01, 1, 2.5] };

const row = (
  formula: ScalarFormula,
  domains: readonly Domain[],
  smooth: readonly Draw[] | null,
  tolerance: ToleranceRule<ElementwiseOp>,
  more: Pick<ElementwiseRow, "integer" | "numbers"> = {},
): ElementwiseRow => ({ formula, domains, smooth, tolerance, ...more });

/** Wraps to 32 bits. */
const wrap = (x: number): number => x | 0;
const truth = (x: boolean): number => x ? 1 : 0;
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
/** The standard normal distribution function. */
const cdf = (x: number): number => 0.5 * erfc(-x * Math.SQRT1_2);
/** Remainder with the sign of the divisor; NaN for a divisor of 0. */
function remainder(a: number, b: number): number {
  const r = a % b;
  return r * b < 0 || (r < 0 && b > 0) || (r > 0 && b < 0) ? r + b : r;
}

/** Elementwise primitives that come down to one scalar function. */
const like = (fn: keyof typeof SCALAR_TOLERANCE) => () => SCALAR_TOLERANCE[fn];

/** Below this, what becomes of a product of small factors does not count. */
const TINY = 1e-34;

const positive: Draw = within(0.4, 2.5);
const steps: Draw = near([-2, -1, 0, 1, 2], 0.3);

/** Every elementwise primitive. */
const ROWS: {
  readonly [N in ElementwiseName]: ElementwiseRow;
} = {
  add: row((a, b) => a! + b!, [any, any], [plain, plain], exact, {
    integer: (a, b) => wrap(a! + b!),
  }),
  sub: row((a, b) => a! - b!, [any, any], [plain, plain], exact, {
    integer: (a, b) => wrap(a! - b!),
  }),
  mul: row((a, b) => a! * b!, [any, any], [plain, plain], exact, {
    integer: (a, b) => Math.imul(a!, b!),
  }),
  div: row((a, b) => a! / b!, [any, any], [plain, apart(0.5, 2)], like("div")),
  remainder: row((a, b) => remainder(a!, b!), [any, any], [
    within(2.3, 2.6),
    within(0.95, 1.05),
  ], (op, inputs) => {
    const rows: number[][] = [];
    const { dtype } = overOperands(op, inputs, "float64", (...row) => {
      rows.push(row);
      return 0;
    });
    return scalarTolerance("remainder", dtype, rows);
  }, {
    integer: (a, b) => b === 0 ? 0 : wrap(remainder(a!, b!)),
    numbers: [2.5, 1],
  }),
  pow: row(
    (a, b) => power(a!, b!),
    [any, any],
    [positive, plain],
    like("pow"),
    { integer: (a, b) => integerPower(a!, b!), numbers: [1.5, 3] },
  ),
  maximum: row(
    (a, b) => Math.max(a!, b!),
    [any, any],
    [near([-1.5, 0.5], 0.3), near([-0.5, 1.5], 0.3)],
    equal,
    { numbers: [0, 0] },
  ),
  minimum: row(
    (a, b) => Math.min(a!, b!),
    [any, any],
    [near([-1.5, 0.5], 0.3), near([-0.5, 1.5], 0.3)],
    equal,
    { numbers: [0, 0] },
  ),
  hypot: row(Math.hypot, [any, any], [plain, plain], epsilons(6)),
  atan2: row((y, x) => Math.atan2(y!, x!), [any, any], [
    apart(0.5, 2),
    apart(0.5, 2),
  ], like("atan2")),

  neg: row((x) => -x!, [any], [plain], exact, { integer: (x) => wrap(-x!) }),
  abs: row((x) => Math.abs(x!), [any], [apart(0.2, 2)], exact, {
    integer: (x) => wrap(Math.abs(x!)),
  }),
  sign: row((x) => Math.sign(x!), [any], [apart(0.2, 2)], equal),
  square: row((x) => x! * x!, [any], [plain], equal, {
    integer: (x) => Math.imul(x!, x!),
  }),
  exp: row((x) => Math.exp(x!), [any], [plain], like("exp")),
  expm1: row((x) => Math.expm1(x!), [any], [plain], like("expm1")),
  log: row((x) => Math.log(x!), [aboveZero], [positive], like("log")),
  log1p: row(
    (x) => Math.log1p(x!),
    [aboveZero],
    [within(-0.5, 2)],
    like("log1p"),
  ),
  log2: row((x) => Math.log2(x!), [aboveZero], [positive], like("log2")),
  sqrt: row((x) => Math.sqrt(x!), [aboveZero], [positive], like("sqrt")),
  rsqrt: row((x) => 1 / Math.sqrt(x!), [aboveZero], [positive], like("rsqrt")),
  reciprocal: row((x) => 1 / x!, [any], [apart(0.5, 2)], like("reciprocal")),
  sin: row((x) => Math.sin(x!), [any], [plain], like("sin")),
  cos: row((x) => Math.cos(x!), [any], [plain], like("cos")),
  tan: row((x) => Math.tan(x!), [any], [within(-1, 1)], like("tan")),
  tanh: row((x) => Math.tanh(x!), [any], [plain], like("tanh")),
  sigmoid: row((x) => sigmoid(x!), [any], [plain], like("sigmoid")),
  erf: row((x) => erf(x!), [any], [plain], like("erf")),
  gelu: row(
    (x) => x === -Infinity ? -0 : x! * cdf(x!),
    [any],
    [plain],
    like("gelu"),
  ),
  softplus: row(
    (x) => Math.max(x!, 0) + Math.log1p(Math.exp(-Math.abs(x!))),
    [any],
    [plain],
    like("softplus"),
  ),
  floor: row(
    (x) => Math.floor(x!),
    [any],
    [near([-1.5, 0.5, 1.5], 0.3)],
    exact,
  ),
  ceil: row((x) => Math.ceil(x!), [any], [near([-1.5, 0.5, 1.5], 0.3)], exact),
  round: row((x) => roundHalfEven(x!), [any], [steps], exact),
  trunc: row(
    (x) => Math.trunc(x!),
    [any],
    [near([-1.5, 0.5, 1.5], 0.3)],
    exact,
  ),

  relu: row((x) => x! <= 0 ? 0 : x!, [any], [apart(0.2, 2)], equal),
  leakyRelu: row((x, slope) => x! <= 0 ? slope! * x! : x!, [any, slope], [
    apart(0.2, 2),
    within(0.1, 0.5),
  ], equal),
  elu: row((x, alpha) => x! <= 0 ? alpha! * Math.expm1(x!) : x!, [any, slope], [
    apart(0.2, 2),
    within(0.5, 1.5),
  ], epsilons(18)),
  silu: row(
    (x) => x! * sigmoid(x!),
    [any],
    [plain],
    epsilons(18, { floor: TINY }),
  ),
  clamp: row(
    (x, low, high) => Math.min(Math.max(x!, low!), high!),
    [any, any, any],
    [near([-1.5, 0, 1.5], 0.3), within(-0.9, -0.6), within(0.6, 0.9)],
    equal,
    { numbers: [0, -0.75, 0.75] },
  ),

  eq: row((a, b) => truth(a === b), [any, any], null, exact),
  ne: row((a, b) => truth(a !== b), [any, any], null, exact),
  lt: row((a, b) => truth(a! < b!), [any, any], null, exact),
  le: row((a, b) => truth(a! <= b!), [any, any], null, exact),
  gt: row((a, b) => truth(a! > b!), [any, any], null, exact),
  ge: row((a, b) => truth(a! >= b!), [any, any], null, exact),
  logicalAnd: row(
    (a, b) => truth(a !== 0 && b !== 0),
    [zeroOrNot, zeroOrNot],
    null,
    exact,
  ),
  logicalOr: row(
    (a, b) => truth(a !== 0 || b !== 0),
    [zeroOrNot, zeroOrNot],
    null,
    exact,
  ),
  logicalXor: row(
    (a, b) => truth((a !== 0) !== (b !== 0)),
    [zeroOrNot, zeroOrNot],
    null,
    exact,
  ),
  logicalNot: row((a) => truth(a === 0), [zeroOrNot], null, exact),
  isNan: row((x) => truth(Number.isNaN(x)), [any], null, exact),
  isFinite: row((x) => truth(Number.isFinite(x)), [any], null, exact),
  where: row(
    (condition, a, b) => condition !== 0 ? a! : b!,
    [zeroOrNot, any, any],
    [plain, plain, plain],
    exact,
  ),
};

/** The specs of the elementwise primitives. */
export const ELEMENTWISE_SPECS: SpecFamily<ElementwiseOp> = Object.fromEntries(
  Object.entries(ROWS).map(([name, row]) => [
    name,
    elementwiseSpec(name as ElementwiseName, row),
  ]),
) as SpecFamily<ElementwiseOp>;
