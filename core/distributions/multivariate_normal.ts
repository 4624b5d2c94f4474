/**
 * The normal distribution of several numbers.
 *
 * @module
 */
import { ShapeError, showShape } from "../errors.ts";
import { cholesky } from "../linalg/decompose.ts";
import { inv, solveTriangular } from "../linalg/solve.ts";
import { checkCount, showValue } from "../options.ts";
import { randn } from "../random.ts";
import { broadcastShapes, type Shape } from "../shape.ts";
import { checkTensor, type Tensor } from "../tensor.ts";
import { checkParameter, REAL } from "./arguments.ts";
import { Distribution } from "./distribution.ts";

/**
 * The covariance of a multivariate normal distribution, in one of three forms.
 *
 * @example A triangle whose square is the covariance
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, zeros } from "@tenfold/tenfold";
 * import {
 *   MultivariateNormal,
 *   type Spread,
 * } from "@tenfold/core/distributions";
 *
 * const spread: Spread = { scaleTril: tensor([[1, 0], [0.5, 1]]) };
 * const points = new MultivariateNormal(zeros([2]), spread).sample([100]);
 * assertEquals(points.shape, [100, 2]);
 * ```
 */
export type Spread =
  | {
    readonly covarianceMatrix: Tensor;
    readonly precisionMatrix?: undefined;
    readonly scaleTril?: undefined;
  }
  | {
    readonly precisionMatrix: Tensor;
    readonly covarianceMatrix?: undefined;
    readonly scaleTril?: undefined;
  }
  | {
    readonly scaleTril: Tensor;
    readonly covarianceMatrix?: undefined;
    readonly precisionMatrix?: undefined;
  };

const WAYS = ["covarianceMatrix", "precisionMatrix", "scaleTril"] as const;
const LOG_2_PI = 1.8378770664093453;

/** Half of the logarithm of the determinant of L Lᵀ. */
export const halfLogDeterminant = (tril: Tensor): Tensor =>
  tril.diagonal(0, -2, -1).log().sum(-1);

/** The square of the length of `L⁻¹ x`. */
export function squaredDistance(tril: Tensor, x: Tensor): Tensor {
  return solveTriangular(tril, x.unsqueeze(-1), { upper: false })
    .squeeze(-1).square().sum(-1);
}

/**
 * The normal distribution of vectors. Densities, and matrices other than
 * `scaleTril`, take linear algebra, which the backends of the processor have.
 *
 * @example How likely the mean is
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { distributions, eye, zeros } from "@tenfold/tenfold";
 *
 * const { MultivariateNormal } = distributions;
 * const normal = new MultivariateNormal(zeros([2]), {
 *   covarianceMatrix: eye(2),
 * });
 * const logProb = await normal.logProb(zeros([2])).item();
 * assertAlmostEquals(logProb, -Math.log(2 * Math.PI), 1e-6);
 * ```
 */
export class MultivariateNormal extends Distribution {
  /** The name of its kind. */
  readonly name = "MultivariateNormal";
  /** The means, along the last dim. */
  readonly loc: Tensor;
  readonly #spread: Tensor;
  readonly #way: typeof WAYS[number];
  /** The shape of the batch of distributions. */
  readonly batchShape: Shape;
  /** Size of the last dimension of a sample. */
  override readonly eventShape: Shape;

  /**
   * Normal distributions of vectors; the batches of both parameters broadcast.
   *
   * @param loc The means, `[..., d]`.
   * @param spread One of `{ covarianceMatrix }`, `{ precisionMatrix }`, its
   * inverse, and `{ scaleTril }`, the lower triangle L of `L Lᵀ`, each
   * `[..., d, d]`.
   * @throws {TypeError} If there is not one of the three.
   * @throws {ShapeError} If the shapes do not fit.
   * @throws {RangeError} If a matrix is not positive definite.
   */
  constructor(loc: Tensor, spread: Spread) {
    super();
    const what = "make a MultivariateNormal";
    checkCount("MultivariateNormal", arguments.length, 2);
    checkTensor(loc, "loc", what);
    const given = typeof spread === "object" && spread !== null
      ? WAYS.filter((way) => spread[way] !== undefined)
      : [];
    if (given.length !== 1) {
      throw new TypeError(
        `Cannot ${what} as it takes one of { covarianceMatrix }, { precisionMatrix } and { scaleTril }: got ${
          showValue(spread)
        }`,
      );
    }
    const way = given[0]!;
    const matrix: Tensor = spread[way]!;
    checkTensor(matrix, way, what);
    const size = loc.shape[loc.ndim - 1];
    if (
      size === undefined || matrix.ndim < 2 ||
      matrix.shape.slice(-2).some((extent) => extent !== size)
    ) {
      throw new ShapeError(
        `Cannot ${what} as loc must be [..., d] and ${way} [..., d, d]: got ${
          showShape(loc.shape)
        } and ${showShape(matrix.shape)}`,
      );
    }
    checkParameter("MultivariateNormal", "loc", loc, REAL);
    this.loc = loc;
    this.#spread = matrix;
    this.#way = way;
    this.batchShape = broadcastShapes(
      loc.shape.slice(0, -1),
      matrix.shape.slice(0, -2),
      what,
    );
    this.eventShape = [size];
  }

  /** The means, and the lower triangle L. @internal */
  parameters(): readonly [Tensor, Tensor] {
    const matrix = this.#spread;
    if (this.#way === "scaleTril") return [this.loc, matrix];
    if (this.#way === "covarianceMatrix") return [this.loc, cholesky(matrix)];
    // The triangle of the inverse, without an inverse of the whole.
    const flipped = cholesky(matrix.flip([-2, -1])).flip([-2, -1]);
    return [this.loc, inv(flipped.transpose(-1, -2))];
  }

  /** A draw through which gradients flow. */
  protected override reparameterized(shape: Shape): Tensor {
    const [loc, tril] = this.parameters();
    const { dtype, device } = loc;
    const draws = randn(this.extended(shape), { dtype, device });
    return tril.matmul(draws.unsqueeze(-1)).squeeze(-1).add(loc);
  }

  /** The logarithm of the density at values. */
  protected density(value: Tensor): Tensor {
    const [loc, tril] = this.parameters();
    const apart = squaredDistance(tril, value.sub(loc));
    return apart.add(LOG_2_PI * this.eventShape[0]!).mul(-0.5)
      .sub(halfLogDeterminant(tril));
  }

  /** The entropy of each distribution of the batch. */
  protected information(): Tensor {
    const [, tril] = this.parameters();
    const size = this.eventShape[0]!;
    return halfLogDeterminant(tril).add(0.5 * size * (1 + LOG_2_PI))
      .expand(this.batchShape);
  }

  /** The means, and the variances. */
  protected moments(): { mean: Tensor; variance: Tensor } {
    const [loc, tril] = this.parameters();
    const shape = [...this.batchShape, ...this.eventShape];
    return {
      mean: loc.expand(shape),
      variance: tril.square().sum(-1).expand(shape),
    };
  }
}
