/**
 * Draws of the gamma distribution with rate 1, as logarithms, so that small
 * concentrations do not underflow, and their derivative by the concentration.
 *
 * @module
 */
import { autogradFunction } from "../autograd/custom.ts";
import { arange } from "../creation.ts";
import { expr } from "../expr/language.ts";
import { constant, type Expr } from "../expr/expr.ts";
import { fused } from "../fused.ts";
import { rand, randn } from "../random.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { digammaOf, logGamma } from "../functions/special.ts";

const { add, and, div, exp, gt, log, lt, mul, select, sqrt, sub } = expr;

/** Proposals for each draw: one in 10^10 has none that is accepted. */
const TRIALS = 8;
/** From this concentration on the expansion for large ones holds. */
const LARGE = 12;
/** Terms of the series for small ones. */
const TERMS = 64;

/** The cube of the proposal, 1 where it is below 0. */
const cubeOf = (x: Expr, a: Expr): Expr => {
  const d = sub(a, 1 / 3);
  const root = add(1, div(x, sqrt(mul(9, d))));
  const cube = mul(root, mul(root, root));
  return select(gt(cube, 0), cube, 1);
};
const CUBE = /* @__PURE__ */ fused("gamma", ([x, a]) => cubeOf(x, a));

/**
 * Whether a normal proposal is accepted (Marsaglia and Tsang, "A simple method
 * for generating gamma variables", 2000).
 */
const ACCEPTED = /* @__PURE__ */ fused("gamma", ([x, u, a]) => {
  const d = sub(a, 1 / 3);
  const cube = cubeOf(x, a);
  const most = add(
    mul(0.5, mul(x, x)),
    mul(d, add(sub(1, cube), log(cube))),
  );
  const root = add(1, div(x, sqrt(mul(9, d))));
  return select(
    and(gt(root, 0), lt(log(u), most)),
    constant(1, x.dtype),
    constant(0, x.dtype),
  );
});

/**
 * A term of the derivative of the logarithm of a draw z by its concentration a:
 * that of the distribution function, by its series, over the density.
 */
const TERM = /* @__PURE__ */ fused("gamma gradient", ([a, z, n]) => {
  const at = add(a, add(n, 1));
  const weight = exp(sub(mul(n, z), sub(logGamma(at), logGamma(a))));
  return mul(weight, sub(digammaOf(at), z));
});

/**
 * The same for large concentrations, from the quantiles in terms of a normal
 * number u (Cornish and Fisher), which two steps of Newton find.
 */
const EXPANSION = /* @__PURE__ */ fused("gamma gradient", ([a, z]) => {
  const root = sqrt(a);
  const draw = exp(z);
  const horner = (u: Expr, ...powers: number[]): Expr =>
    powers.slice(1).reduce<Expr>(
      (sum, c) => add(mul(sum, u), c),
      constant(powers[0]!, u.dtype),
    );
  let u = mul(
    mul(3, root),
    add(sub(exp(div(sub(z, log(a)), 3)), 1), div(1 / 9, a)),
  );
  for (let step = 0; step < 2; step++) {
    const value = add(
      add(a, mul(root, u)),
      add(
        add(
          horner(u, 1 / 3, 0, -1 / 3),
          div(horner(u, 1 / 36, 0, -7 / 36, 0), root),
        ),
        sub(
          div(horner(u, 9, 0, 256, 0, -433, 0), mul(38880, mul(a, root))),
          div(horner(u, 3, 0, 7, 0, -16), mul(810, a)),
        ),
      ),
    );
    const slope = add(
      add(root, mul(2 / 3, u)),
      sub(
        div(horner(u, 3 / 36, 0, -7 / 36), root),
        div(horner(u, 12, 0, 14, 0), mul(810, a)),
      ),
    );
    u = sub(u, div(sub(value, draw), slope));
  }
  const change = add(
    add(1, div(u, mul(2, root))),
    add(
      sub(
        div(horner(u, 3, 0, 7, 0, -16), mul(810, mul(a, a))),
        div(horner(u, 1 / 72, 0, -7 / 72, 0), mul(a, root)),
      ),
      div(
        horner(u, -13.5, 0, -384, 0, 649.5, 0),
        mul(38880, mul(mul(a, a), root)),
      ),
    ),
  );
  return div(change, draw);
});

/** The derivative of the logarithm of a draw by its concentration from 1 on. */
export function logDrawSlope(a: Tensor, z: Tensor): Tensor {
  const { dtype, device } = a;
  const large = a.ge(LARGE);
  const n = arange(0, TERMS, { dtype, device });
  const series = TERM.sum([
    a.where(large.logicalNot(), 1).unsqueeze(-1),
    z.where(large.logicalNot(), 0).unsqueeze(-1),
    n,
  ], { dims: -1 });
  const expansion = EXPANSION.map([
    a.where(large, LARGE),
    z.where(large, Math.log(LARGE)),
  ]);
  return expansion.where(large, series);
}

/** Draws for concentrations from 1 on, as a function of them. */
const logDraw = /* @__PURE__ */ autogradFunction({
  name: "gamma",
  forward(ctx, a) {
    const { dtype, device, shape } = a!;
    const place = { dtype, device };
    const x = randn([TRIALS, ...shape], place);
    const u = rand([TRIALS, ...shape], place);
    const first = ACCEPTED.map([x, u, a!]).argmax(0, { keepDim: true });
    const cube = CUBE.map([x, a!]).gather(0, first).squeeze(0);
    const z = cube.log().add(a!.sub(1 / 3).log());
    ctx.save(a!, z);
    return z;
  },
  backward(ctx, g) {
    const [a, z] = ctx.saved;
    return g.mul(logDrawSlope(a!.detach(), z!.detach()));
  },
});

/**
 * Logarithms of gamma draws, with a gradient to the concentration. Below 1 they
 * are those of one more, times a power of a uniform number.
 */
export function logGammaDraws(concentration: Tensor, shape: Shape): Tensor {
  const a = concentration.expand(shape);
  const small = a.lt(1);
  const z = logDraw(a.add(1).where(small, a));
  const { dtype, device } = a;
  const u = rand(shape, { dtype, device }).neg().log1p();
  return z.add(u.div(a).where(small, 0));
}
