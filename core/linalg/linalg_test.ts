import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean, on, waiting } from "../_testing.ts";
import { grad } from "../autograd/grad.ts";
import { gradcheck } from "../autograd/gradcheck.ts";
import { arange, eye, ones, tensor, zeros } from "../creation.ts";
import {
  DeviceError,
  DTypeError,
  GradientError,
  ShapeError,
} from "../errors.ts";
import { allClose } from "../functions/mod.ts";
import { compile } from "../program/compile.ts";
import { randn } from "../random.ts";
import { manualSeed } from "../random_state.ts";
import type { Tensor } from "../tensor.ts";
import * as linalg from "./mod.ts";

const double = (values: number[][]): Tensor =>
  tensor(values, { dtype: "float64" });

const close = async (a: Tensor, b: Tensor, tolerance = 1e-10) =>
  assert(await allClose(a, b, { rtol: 0, atol: tolerance }));

/** A symmetric matrix with these eigenvalues. */
function withEigenvalues(values: number[]): Tensor {
  const n = values.length;
  const { q } = linalg.qr(randn([n, n], { dtype: "float64" }));
  return q.mul(tensor(values, { dtype: "float64" })).matmul(q.t());
}

/** Of a square matrix and two others, what has a gradient by each. */
const SMOOTH: {
  readonly [name: string]: (a: Tensor, b: Tensor, c: Tensor) => Tensor[];
} = {
  cholesky: (a) => [linalg.cholesky(a.matmul(a.t()).add(eye(3)))],
  det: (a) => [linalg.det(a)],
  eigh: (a) => {
    const { eigenvalues, eigenvectors } = linalg.eigh(a.add(a.t()));
    return [eigenvalues, eigenvectors.square()];
  },
  eigvalsh: (a) => [linalg.eigvalsh(a.add(a.t()))],
  inv: (a) => [linalg.inv(a)],
  lstsq: (_, b, c) => [linalg.lstsq(b, c).solution],
  matrixNorm: (a, b) => [
    linalg.matrixNorm(a),
    linalg.matrixNorm(b, { ord: "nuc" }),
    linalg.matrixNorm(a, { ord: 2 }),
    linalg.matrixNorm(b, { ord: 1 }),
    linalg.matrixNorm(a, { ord: -Infinity }),
  ],
  pinv: (a, b) => [linalg.pinv(a), linalg.pinv(b)],
  qr: (a, b) => [a, b].flatMap((x) => Object.values(linalg.qr(x))),
  slogdet: (a) => [linalg.slogdet(a).logabsdet],
  solve: (a, b) => [linalg.solve(a, b)],
  solveTriangular: (a, b) => [
    linalg.solveTriangular(a.add(eye(3).mul(2)), b, { upper: true }),
  ],
  svd: (_, b) => {
    const { u, s, vh } = linalg.svd(b, { fullMatrices: false });
    return [u.mul(s).matmul(vh), u.square(), s, vh.square()];
  },
  svdvals: (a, b) => [linalg.svdvals(a), linalg.svdvals(b)],
};

describe("gradients of linear algebra", () => {
  for (const [name, fn] of Object.entries(SMOOTH)) {
    it(
      `of ${name} are those of differences, twice`,
      clean(async () => {
        manualSeed(11);
        const inputs = [[3, 3], [3, 2], [3, 1]].map((shape) =>
          randn(shape, { dtype: "float64" }).requiresGrad_()
        );
        const call = (a?: Tensor, b?: Tensor, c?: Tensor) => fn(a!, b!, c!);
        await gradcheck(call, inputs, { secondOrder: true });
      }),
    );
  }

  it("are those of every function but the rank", () => {
    const missing = Object.keys(linalg).filter((name) => !(name in SMOOTH));
    assertEquals(missing, ["matrixRank"]);
  });
});

describe("matrices of any size", () => {
  for (const [m, n] of [[1, 1], [2, 2], [60, 60], [80, 30], [30, 80]]) {
    it(
      `are the product of what they are taken apart into: ${m} by ${n}`,
      clean(async () => {
        manualSeed(3);
        const a = randn([m!, n!], { dtype: "float64" });
        const { q, r } = linalg.qr(a, { mode: "complete" });
        await close(q.matmul(r), a);
        await close(q.t().matmul(q), eye(m!, { dtype: "float64" }));
        const { u, s, vh } = linalg.svd(a);
        const k = Math.min(m!, n!);
        const product = u.narrow(1, 0, k).mul(s).matmul(vh.narrow(0, 0, k));
        await close(product, a);
        await close(u.t().matmul(u), eye(m!, { dtype: "float64" }));
        await close(vh.matmul(vh.t()), eye(n!, { dtype: "float64" }));
        const both = a.t().matmul(a);
        const { eigenvalues, eigenvectors } = linalg.eigh(both);
        await close(
          eigenvectors.mul(eigenvalues).matmul(eigenvectors.t()),
          both,
          1e-9,
        );
        await close(
          linalg.pinv(a).matmul(a).matmul(linalg.pinv(a)),
          linalg.pinv(a),
        );
      }),
    );
  }

  it(
    "keep the digits of small singular values",
    clean(async () => {
      // The columns of a graded matrix: 1, 1e-8 and 1e-16.
      const a = double([[1, 1e-8, 0], [0, 1e-8, 1e-16], [0, 0, 1e-16]]);
      const values = await linalg.svdvals(a).data();
      const found = values[0]! * values[1]! * values[2]!;
      assert(Math.abs(found / 1e-24 - 1) < 1e-12, `${found}`);
    }),
  );
});

describe("gradients where vectors are not determined", () => {
  it(
    "of eigh are finite, and right for functions of values and spaces",
    clean(async () => {
      manualSeed(5);
      const start = withEigenvalues([1, 1, 3, 3, 7]).detach();
      const x = start.requiresGrad_();
      await gradcheck((x) => {
        const symmetric = x!.add(x!.t()).mul(0.5);
        const { eigenvalues, eigenvectors } = linalg.eigh(symmetric);
        // exp of a matrix, which no basis of a space changes, and a sum.
        const exp = eigenvectors.mul(eigenvalues.square()).matmul(
          eigenvectors.t(),
        );
        return [exp.diagonal().sum(), eigenvalues.sum()];
      }, [x]);
    }),
  );

  it(
    "of svd are finite, and right for singular values that are equal or 0",
    clean(async () => {
      const x = double([[2, 0, 0], [0, 2, 0], [0, 0, 1], [0, 0, 0]])
        .requiresGrad_();
      await gradcheck((x) => linalg.svdvals(x!).square().sum(), [x]);
      const zero = double([[3, 0], [0, 0]]).requiresGrad_();
      const { u, s, vh } = linalg.svd(zero, { fullMatrices: false });
      u.sum().add(s.sum()).add(vh.sum()).backward();
      for (const g of await zero.grad!.data()) assert(Number.isFinite(g));
    }),
  );

  it(
    "of pinv and lstsq are those of matrices of one rank",
    clean(async () => {
      // Equal singular values, and fewer than there are columns.
      const a = double([[1, 0], [0, 1], [0, 0]]).requiresGrad_();
      const b = double([[1, 2], [3, 4], [5, 6]]).requiresGrad_();
      await gradcheck(
        (a, b) => [linalg.pinv(a!), linalg.lstsq(a!, b!).solution],
        [a, b],
        { secondOrder: true },
      );
      const low = ones([3, 2], { dtype: "float64", requiresGrad: true });
      const { solution, rank } = linalg.lstsq(low, b.detach());
      assertEquals(await rank.item(), 1);
      await close(
        low.detach().matmul(solution.detach()),
        ones([3, 2], { dtype: "float64" }).mul(tensor([3, 4])),
        1e-9,
      );
      solution.sum().backward();
      for (const g of await low.grad!.data()) assert(Number.isFinite(g));
    }),
  );

  it(
    "of det are the cofactors, for singular matrices as well",
    clean(async () => {
      const slope = async (values: number[][]) => {
        const x = double(values).requiresGrad_();
        linalg.det(x).backward();
        return (await x.grad!.toArray() as number[][])
          .map((row) => row.map((y) => Math.round(y * 1e9) / 1e9 + 0));
      };
      assertEquals(await slope([[1, 1], [1, 1]]), [[1, -1], [-1, 1]]);
      assertEquals(await slope([[1, 0, 0], [0, 1, 0], [0, 0, 0]]), [
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 1],
      ]);
      assertEquals(await slope([[0, 0], [0, 0]]), [[0, 0], [0, 0]]);
    }),
  );

  it(
    "leave out those of vectors that svd adds to make full matrices",
    clean(async () => {
      manualSeed(4);
      for (const shape of [[3, 2], [2, 4], [2, 3, 1]]) {
        const k = Math.min(...shape.slice(-2));
        const slope = (fullMatrices: boolean) => {
          const x = a.detach().requiresGrad_();
          const { u, s, vh } = linalg.svd(x, { fullMatrices });
          const y = u.square().narrow(-1, 0, k).mul(s.unsqueeze(-2)).sum()
            .add(vh.square().narrow(-2, 0, k).mul(s.unsqueeze(-1).exp()).sum());
          return grad([y], [x])[0]!;
        };
        const a = randn(shape, { dtype: "float64" });
        assert(await allClose(slope(true), slope(false), { rtol: 1e-12 }));
      }
      const x = randn([3, 2], { requiresGrad: true });
      const added = linalg.svd(x).u.select(1, 2).sum();
      assertEquals(await grad([added], [x])[0]!.toArray(), [[0, 0], [0, 0], [
        0,
        0,
      ]]);
    }),
  );

  it(
    "are refused where no choice of vectors has one",
    clean(() => {
      const x = randn([3, 2], { requiresGrad: true });
      assertThrows(
        () => linalg.qr(x, { mode: "complete" }).q.sum().backward(),
        GradientError,
        'mode "reduced"',
      );
    }),
  );
});

describe("linear algebra", () => {
  it(
    "refuses what it cannot take, with the way out",
    clean(() => {
      const singular = double([[1, 2], [2, 4]]);
      assertThrows(() => linalg.inv(singular), RangeError, "is singular");
      assertThrows(
        () => linalg.solve(singular, ones([2], { dtype: "float64" })),
        RangeError,
        "use lstsq or pinv",
      );
      assertThrows(
        () => linalg.cholesky(double([[1, 2], [2, 1]])),
        RangeError,
        "positive definite",
      );
      assertThrows(() => linalg.det(ones([2, 3])), ShapeError, "square");
      assertThrows(() => linalg.inv(ones([3])), ShapeError, "2 dims");
      assertThrows(
        () => linalg.inv(eye(2, { dtype: "int32" })),
        DTypeError,
        "cast",
      );
      assertThrows(
        () => linalg.solve(eye(2) as Tensor, double([[1, 2], [3, 4]])),
        DTypeError,
        "one dtype",
      );
      assertThrows(
        () => linalg.solve(eye(2), ones([3])),
        ShapeError,
        "2 rows",
      );
      assertThrows(
        () => linalg.solveTriangular(eye(2), eye(2), {} as never),
        TypeError,
        "upper",
      );
      assertThrows(
        () => linalg.matrixNorm(eye(2), { ord: 3 }),
        RangeError,
        "nuc",
      );
      assertThrows(
        () => linalg.pinv(eye(2), { rtol: -1 }),
        RangeError,
        "negative",
      );
    }),
  );

  it(
    "passes NaN on instead of calling it singular",
    clean(async () => {
      const x = linalg.inv(double([[NaN, 0], [0, 1]]));
      assert(Number.isNaN((await x.data())[0]));
      const { eigenvalues } = linalg.eigh(double([[NaN, 0], [0, 1]]));
      assert(Number.isNaN((await eigenvalues.data())[0]));
      assert(
        Number.isNaN((await linalg.svdvals(double([[NaN, 1]])).data())[0]),
      );
    }),
  );

  it(
    "is refused where memory cannot be read without waiting",
    () =>
      on(
        waiting("far"),
        clean(() => {
          assertThrows(
            () => linalg.det(eye(2)),
            DeviceError,
            'await t.to("cpu-typedarray")',
          );
          assertThrows(
            () => linalg.solveTriangular(eye(2), eye(2), { upper: true }),
            DeviceError,
            "Cannot solveTriangular on far",
          );
        }),
      ),
  );

  it(
    "is part of compiled steps",
    clean(async () => {
      const step = compile((a: Tensor, b: Tensor) => linalg.solve(a, b));
      try {
        for (let i = 1; i < 4; i++) {
          const a = eye(2, { dtype: "float64" }).mul(i);
          const x = step(a, ones([2, 1], { dtype: "float64" }));
          assertEquals(await x.toArray(), [[1 / i], [1 / i]]);
        }
        assert(step.stats.replayed >= 2);
      } finally {
        step.dispose();
      }
    }),
  );

  it(
    "takes views and empty batches",
    clean(async () => {
      const a = arange(8, { dtype: "float64" }).reshape([2, 2, 2])
        .add(eye(2, { dtype: "float64" }));
      await close(linalg.inv(a.transpose(1, 2)), linalg.inv(a).transpose(1, 2));
      assertEquals(linalg.svd(zeros([0, 3, 2])).u.shape, [0, 3, 3]);
      assertEquals(linalg.matrixRank(zeros([2, 0, 3])).toArraySync(), [0, 0]);
    }),
  );
});
