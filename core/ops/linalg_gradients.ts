/**
 * The gradients of linear algebra, in tensor methods. Where PyTorch divides by
 * the difference of two equal eigenvalues or singular values, 0 stands here, as
 * it does where rounding alone tells them apart: the gradient is then right for
 * sums over the values, and for the projection onto what their vectors span.
 *
 * @module
 */
import type { Tensor } from "../tensor.ts";
import { GradientError } from "../errors.ts";
import { type Rule, type RuleContext, saving } from "./gradient.ts";
import type { LinalgOp } from "./linalg.ts";

type Context = RuleContext<LinalgOp>;

const flip = (x: Tensor): Tensor => x.transpose(-1, -2);

/** An algorithm applied to tensors. */
const apply = (
  c: Context,
  algorithm: LinalgOp["algorithm"],
  inputs: readonly Tensor[],
  first = 0,
  second = 0,
): Tensor => c.apply({ name: "linalg", algorithm, first, second }, inputs);

/** Ones on the diagonal, beside `x`. */
const eyeLike = (x: Tensor, n: number, c: Context): Tensor =>
  c.apply({ name: "eye", rows: n, columns: n, dtype: x.dtype }, []);

/** Vectors as diagonals. */
const diagonals = (x: Tensor, c: Context): Tensor =>
  x.unsqueeze(-1).mul(eyeLike(x, x.shape[x.ndim - 1]!, c));

/** The lower triangle with half of the diagonal. */
const lowerHalf = (x: Tensor, c: Context): Tensor =>
  x.tril().sub(diagonals(x.diagonal(0, -2, -1), c).mul(0.5));

/** `1 / x`, and 0 in some places. */
const inverse = (x: Tensor, none: Tensor): Tensor =>
  x.maskedFill(none, 1).reciprocal().maskedFill(none, 0);

/** What rounding leaves of values beside the largest of `n`. */
function roundingOf(x: Tensor): Tensor {
  const n = x.shape[x.ndim - 1]!;
  const epsilon = x.dtype === "float64" ? 2 ** -52 : 2 ** -23;
  const sizes = x.detach().abs();
  const most = n === 0 ? sizes : sizes.max(-1, { keepDim: true });
  return most.mul(4 * n * epsilon);
}

/** Part of a vector of several results. */
const part = (x: Tensor, start: number, ...shape: number[]): Tensor =>
  x.narrow(-1, start, shape.reduce((a, b) => a * b, 1))
    .reshape([...x.shape.slice(0, -1), ...shape]);

/** The extents of the matrix. */
const extentsOf = (c: Context): [m: number, n: number] => {
  const { shape } = c.input(0);
  return [shape[shape.length - 2]!, shape[shape.length - 1]!];
};

const transposedInverse = (a: Tensor, c: Context): Tensor =>
  apply(c, "solve", [flip(a), eyeLike(a, extentsOf(c)[1], c).expand(a.shape)]);

const cholesky = /* @__PURE__ */ saving<LinalgOp>(["output"], (g, c) => {
  const l = c.output();
  const inner = lowerHalf(flip(l).matmul(g), c);
  // L⁻ᵀ inner L⁻¹, made symmetric.
  const left = apply(c, "solveTriangular", [flip(l), inner], 1);
  const both = flip(apply(c, "solveTriangular", [flip(l), flip(left)], 1));
  return both.add(flip(both)).mul(0.5);
});

const solveByA = /* @__PURE__ */ saving<LinalgOp>([0, "output"], (g, c) => {
  const b = apply(c, "solve", [flip(c.operand(0)), g]);
  return b.matmul(flip(c.output())).neg();
});
const solveByB = /* @__PURE__ */ saving<LinalgOp>(
  [0],
  (g, c) => apply(c, "solve", [flip(c.operand(0)), g]),
);

const triangularByB = /* @__PURE__ */ saving<LinalgOp>([0], (g, c) => {
  const { first, second } = c.op;
  return apply(
    c,
    "solveTriangular",
    [flip(c.operand(0)), g],
    first === 1 ? 0 : 1,
    second,
  );
});
const triangularByA = /* @__PURE__ */ saving<LinalgOp>(
  [0, "output"],
  (g, c) => {
    const found = triangularByB.grad(g, c, 1)!.matmul(flip(c.output())).neg();
    const inside = c.op.second === 1 ? 1 : 0;
    return c.op.first === 1 ? found.triu(inside) : found.tril(-inside);
  },
);

const det = /* @__PURE__ */ saving<LinalgOp>(
  [0],
  (g, c) =>
    apply(c, "cofactor", [c.operand(0)]).mul(g.unsqueeze(-1).unsqueeze(-1)),
);

const slogdet = /* @__PURE__ */ saving<LinalgOp>(
  [0],
  (g, c) =>
    transposedInverse(c.operand(0), c).mul(g.narrow(-1, 1, 1).unsqueeze(-1)),
);

/** Holds where there is an inverse. */
const cofactor = /* @__PURE__ */ saving<LinalgOp>([0, "output"], (g, c) => {
  const a = c.operand(0);
  const y = c.output();
  const inverted = transposedInverse(a, c);
  const along = inverted.mul(g).sum([-2, -1], { keepDim: true });
  return y.mul(along).sub(y.matmul(flip(g)).matmul(inverted));
});

const pinv = /* @__PURE__ */ saving<LinalgOp>([0, "output"], (g, c) => {
  const [a, p] = [c.operand(0), c.output()];
  const [m, n] = extentsOf(c);
  const [pt, gt] = [flip(p), flip(g)];
  const rows = eyeLike(a, m, c).sub(a.matmul(p));
  const columns = eyeLike(a, n, c).sub(p.matmul(a));
  return rows.matmul(gt).matmul(p).matmul(pt)
    .add(pt.matmul(p).matmul(gt).matmul(columns))
    .sub(pt.matmul(g).matmul(pt));
});

/** `x + xᵀ` with the diagonal of x. */
const mirrored = (x: Tensor, c: Context): Tensor =>
  x.add(flip(x)).sub(diagonals(x.diagonal(0, -2, -1), c));

const qr = /* @__PURE__ */ saving<LinalgOp>(["output"], (g, c) => {
  const [m, n] = extentsOf(c);
  const k = Math.min(m, n);
  const y = c.output();
  if (y.shape[y.ndim - 1] !== k * (m + n)) {
    throw new GradientError(
      `Cannot run backward through qr with mode "complete" of ${m} rows and ${n} columns as the columns of q beyond the first ${k} are not determined: use mode "reduced"`,
    );
  }
  const [q, r] = [part(y, 0, m, k), part(y, m * k, k, n)];
  const [gq, gr] = [part(g, 0, m, k), part(g, m * k, k, n)];
  /** Of a q that has no fewer rows than r columns. */
  const tall = (r: Tensor, gq: Tensor, gr: Tensor): Tensor => {
    const inner = gr.matmul(flip(r)).sub(flip(q).matmul(gq)).triu();
    const whole = gq.add(q.matmul(mirrored(inner, c)));
    // whole r⁻ᵀ
    return flip(apply(c, "solveTriangular", [r, flip(whole)], 1));
  };
  if (m >= n) return tall(r, gq, gr);
  const [square, rest] = [r.narrow(-1, 0, m), r.narrow(-1, m, n - m)];
  const [gSquare, gRest] = [gr.narrow(-1, 0, m), gr.narrow(-1, m, n - m)];
  const further = q.matmul(rest).matmul(flip(gRest));
  const left = tall(square, gq.add(further), gSquare);
  const right = q.matmul(gRest);
  return left.pad([0, n - m]).add(right.pad([m, 0]));
});

/** `x_j - x_i` for each i and j. */
const apart = (x: Tensor): Tensor => x.unsqueeze(-2).sub(x.unsqueeze(-1));

const eigh = /* @__PURE__ */ saving<LinalgOp>(["output"], (g, c) => {
  const [, n] = extentsOf(c);
  const y = c.output();
  const [w, v] = [part(y, 0, n), part(y, n, n, n)];
  const [gw, gv] = [part(g, 0, n), part(g, n, n, n)];
  const distances = apart(w);
  const equal = distances.detach().abs().le(roundingOf(w).unsqueeze(-1));
  const inner = flip(v).matmul(gv).mul(inverse(distances, equal))
    .add(diagonals(gw, c));
  const found = v.matmul(inner).matmul(flip(v));
  // That of symmetric matrices: one triangle is read, both are meant.
  return found.add(flip(found)).mul(0.5);
});

const skew = (x: Tensor): Tensor => x.sub(flip(x));

const svd = /* @__PURE__ */ saving<LinalgOp>(["output"], (g, c) => {
  const [m, n] = extentsOf(c);
  const k = Math.min(m, n);
  // Vectors beyond the first k are not determined: their gradients are left out.
  const [rows, columns] = c.op.first === 1 ? [n, m] : [k, k];
  const parts = (x: Tensor) =>
    [
      part(x, 0, m, columns).narrow(-1, 0, k),
      part(x, m * columns, k),
      part(x, m * columns + k, rows, n).narrow(-2, 0, k),
    ] as const;
  const y = c.output();
  const [u, s, vt] = parts(y);
  const [gu, gs, gvt] = parts(g);
  const [v, gv] = [flip(vt), flip(gvt)];
  const none = s.detach().le(roundingOf(s));
  // Small values are known to as many digits as large ones.
  const sums = s.detach().unsqueeze(-2).add(s.detach().unsqueeze(-1));
  const epsilon = s.dtype === "float64" ? 2 ** -52 : 2 ** -23;
  const equal = apart(s.detach()).abs().le(sums.mul(4 * k * epsilon))
    .logicalOr(none.unsqueeze(-2).logicalAnd(none.unsqueeze(-1)));
  const squares = inverse(apart(s.square()), equal);
  const left = skew(flip(u).matmul(gu)).mul(squares).mul(s.unsqueeze(-2));
  const right = skew(flip(v).matmul(gv)).mul(squares).mul(s.unsqueeze(-1));
  let found = u.matmul(left.add(right).add(diagonals(gs, c))).matmul(vt);
  const inverted = inverse(s, none);
  if (m > k) {
    const outside = gu.sub(u.matmul(flip(u).matmul(gu)));
    found = found.add(outside.mul(inverted.unsqueeze(-2)).matmul(vt));
  }
  if (n > k) {
    const outside = gvt.sub(gvt.matmul(v).matmul(vt));
    found = found.add(u.mul(inverted.unsqueeze(-2)).matmul(outside));
  }
  return found;
});

/** The gradient by each input, for each algorithm. */
export const LINALG_GRADIENTS: {
  readonly [N in LinalgOp["algorithm"]]: readonly Rule<LinalgOp>[];
} = {
  cholesky: [cholesky],
  solve: [solveByA, solveByB],
  solveTriangular: [triangularByA, triangularByB],
  det: [det],
  slogdet: [slogdet],
  cofactor: [cofactor],
  pinv: [pinv],
  qr: [qr],
  eigh: [eigh],
  svd: [svd],
};
