import { fused, ShapeError, type Tensor } from "@tenfold/core";
import { type Expr, expr, sizeOf } from "@tenfold/core/backend";
import {
  checkTensor,
  noGradNow,
  showShape,
  tidyNow,
} from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { checkOptions, flag, oneOf } from "../_options.ts";
import { constantsLike } from "./_constants.ts";

/**
 * Options of {@linkcode gridSample}.
 *
 * @example The nearest element
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.functional.GridSampleOptions = { mode: "nearest" };
 * const x = tensor([[[[1, 2], [3, 4]]]]);
 * const grid = tensor([[[[-0.5, 0.5]]]]); // x and y of one point
 * const y = nn.functional.gridSample(x, grid, options);
 * assertEquals(await y.item(), 3);
 * ```
 */
export interface GridSampleOptions {
  /** Interpolation between elements; `"bicubic"` only for images. @default {"bilinear"} */
  readonly mode?: "bilinear" | "nearest" | "bicubic";
  /**
   * Values outside of the input: zeros, the nearest element of the border, or
   * the reflected input.
   *
   * @default {"zeros"}
   */
  readonly paddingMode?: "zeros" | "border" | "reflection";
  /**
   * Whether -1 and 1 are the centres of the outermost elements, rather than
   * their outer edges.
   *
   * @default {false}
   */
  readonly alignCorners?: boolean;
}

const schema = () =>
  z.strictObject({
    mode: z.optional(oneOf("bilinear", "nearest", "bicubic")),
    paddingMode: z.optional(oneOf("zeros", "border", "reflection")),
    alignCorners: z.optional(flag),
  });

/** Scalars: factor and shift from -1 to 1 to positions. */
const positions = /* @__PURE__ */ fused(
  "gridSample",
  ([x], [factor, shift]) => expr.add(expr.mul(x, factor), shift),
  { scalars: 2 },
);

/** Scalar: the last position. At a border itself the slope is 0. */
const clipped = (x: Expr, last: Expr): Expr =>
  expr.select(
    expr.le(x, 0),
    0,
    expr.select(expr.ge(x, last), last, x),
  );

const bordered = /* @__PURE__ */ fused(
  "gridSample",
  ([x], [last]) => clipped(x, last),
  { scalars: 1 },
);

/** Scalars: the lower mirror, the span between both, and the last position. */
const reflected = /* @__PURE__ */ fused(
  "gridSample",
  ([x], [low, span, last]) => {
    const away = expr.abs(expr.sub(x, low));
    const flips = expr.floor(expr.div(away, span));
    const rest = expr.sub(away, expr.mul(flips, span));
    const odd = expr.ne(
      expr.sub(flips, expr.mul(expr.floor(expr.div(flips, 2)), 2)),
      0,
    );
    const back = expr.select(odd, expr.sub(span, rest), rest);
    return clipped(expr.add(back, low), last);
  },
  { scalars: 3 },
);

/** One of the neighbours along a dim: which element, and its weight. */
interface Tap {
  readonly at: Tensor;
  readonly weight: Tensor | null;
}

/** The weight of the neighbour in some distance (Keys, a = -0.75). */
const keys = (near: boolean) =>
  fused("gridSample", ([x]) =>
    near
      ? expr.add(
        expr.mul(
          expr.sub(expr.mul(x!, 1.25), 2.25),
          expr.mul(x!, x!),
        ),
        1,
      )
      : expr.add(
        expr.mul(
          expr.add(
            expr.mul(expr.add(expr.mul(x!, -0.75), 3.75), x!),
            -6,
          ),
          x!,
        ),
        3,
      ));

const nearKeys = /* @__PURE__ */ keys(true);
const farKeys = /* @__PURE__ */ keys(false);

type Checked = Required<GridSampleOptions>;

/** Moves positions into the input, as the padding mode says. */
function inside(x: Tensor, extent: number, options: Checked): Tensor {
  const { paddingMode, alignCorners } = options;
  if (paddingMode === "zeros") return x;
  if (paddingMode === "border") return bordered.map([x], [extent - 1]);
  const span = alignCorners ? extent - 1 : extent;
  return span === 0
    ? x.mul(0)
    : reflected.map([x], [alignCorners ? 0 : -0.5, span, extent - 1]);
}

/** The neighbours of every position along a dim. */
function tapsOf(grid: Tensor, extent: number, options: Checked): Tap[] {
  const { mode, alignCorners } = options;
  const raw = positions.map(
    [grid],
    alignCorners
      ? [(extent - 1) / 2, (extent - 1) / 2]
      : [extent / 2, (extent - 1) / 2],
  );
  const place = mode === "bicubic" ? raw : inside(raw, extent, options);
  /** An element, with weight 0 where it lies outside. */
  const tap = (at: Tensor, weight: Tensor | null): Tap => {
    const index = noGradNow(() =>
      at.clamp({ min: 0, max: extent - 1 }).cast("int32")
    );
    if (options.paddingMode !== "zeros" && mode !== "bilinear") {
      return { at: index, weight };
    }
    const within = noGradNow(() =>
      at.ge(0).logicalAnd(at.le(extent - 1)).cast(at.dtype)
    );
    return { at: index, weight: weight ? weight.mul(within) : within };
  };
  if (mode === "nearest") return [tap(place.detach().round(), null)];
  const first = place.detach().floor();
  const share = place.sub(first);
  if (mode === "bilinear") {
    return [
      tap(first, share.neg().add(1)),
      tap(first.add(1), share),
    ];
  }
  const rest = share.neg().add(1);
  const weights = [
    farKeys.map([share.add(1)]),
    nearKeys.map([share]),
    nearKeys.map([rest]),
    farKeys.map([rest.add(1)]),
  ];
  return weights.map((weight, k) =>
    tap(
      noGradNow(() => inside(first.add(k - 1), extent, options)),
      weight,
    )
  );
}

/**
 * Samples images or volumes at the positions of a grid, as spatial transformers
 * do (Jaderberg and others, 2015).
 *
 * @param x Of shape `[n, channels, height, width]` or `[n, channels, depth,
 * height, width]`.
 * @param grid Of shape `[n, ...output extents, 2]` or `[..., 3]`: the position
 * along the width, then along the height (and the depth), from -1 to 1.
 * @param options `mode`, `paddingMode` and `alignCorners`.
 * @returns Of shape `[n, channels, ...output extents]`.
 * @throws {ShapeError} If the shapes do not fit.
 * @example The middle of an image
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor, zeros } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[[[1, 2], [3, 4]]]]);
 * const y = functional.gridSample(x, zeros([1, 1, 1, 2]));
 * assertEquals(await y.item(), 2.5);
 * ```
 */
export function gridSample(
  x: Tensor,
  grid: Tensor,
  options?: GridSampleOptions,
): Tensor {
  const operation = "apply gridSample";
  checkOptions(schema, options, operation, arguments.length - 3);
  checkTensor(x, "x", operation);
  checkTensor(grid, "the grid", operation);
  const all: Checked = {
    mode: "bilinear",
    paddingMode: "zeros",
    alignCorners: false,
    ...options,
  };
  const dims = x.ndim - 2;
  const cubic = all.mode === "bicubic";
  if (
    (dims !== 2 && (dims !== 3 || cubic)) || grid.ndim !== x.ndim ||
    grid.shape.at(-1) !== dims || grid.shape[0] !== x.shape[0] ||
    x.shape.slice(2).includes(0)
  ) {
    throw new ShapeError(
      `Cannot ${operation} as the input must be [n, channels, height, width]${
        cubic ? "" : ", or [n, channels, depth, height, width]"
      }, and the grid [n, ...extents, 2 or 3]: got ${showShape(x.shape)} and ${
        showShape(grid.shape)
      }`,
    );
  }
  const [n, c, ...extents] = x.shape as [number, number, ...number[]];
  const out = grid.shape.slice(1, -1);
  const points = sizeOf(out);
  return tidyNow(() => {
    const flat = x.reshape([n, c, sizeOf(extents)]);
    const at = grid.reshape([n, points, dims]);
    let corners: Tap[] = [];
    for (let d = 0; d < dims; d++) {
      // The grid begins with the last dim.
      const along = at.select(2, dims - 1 - d);
      const taps = tapsOf(along, extents[d]!, all);
      if (d === 0) corners = taps;
      else {
        corners = corners.flatMap((before) =>
          taps.map((tap) => ({
            at: before.at.mul(extents[d]!).add(tap.at),
            weight: before.weight && tap.weight
              ? before.weight.mul(tap.weight)
              : before.weight ?? tap.weight,
          }))
        );
      }
    }
    const parts = corners.map(({ at, weight }) => {
      const index = at.unsqueeze(1).expand([n, c, points]);
      const values = flat.gather(2, index);
      return weight ? values.mul(weight.unsqueeze(1)) : values;
    });
    return parts.reduce((a, b) => a.add(b)).reshape([n, c, ...out]);
  });
}

/**
 * Options of {@linkcode affineGrid}.
 *
 * @example Corners at the centres of the corner elements
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const options: nn.functional.AffineGridOptions = { alignCorners: true };
 * const same = tensor([[[1, 0, 0], [0, 1, 0]]]);
 * const grid = nn.functional.affineGrid(same, [1, 1, 2, 2], options);
 * assertEquals(await grid.index(0, 0, 0).toArray(), [-1, -1]);
 * ```
 */
export interface AffineGridOptions {
  /** Whether -1 and 1 are the centres of the outermost elements. @default {false} */
  readonly alignCorners?: boolean;
}

const affineSchema = () => z.strictObject({ alignCorners: z.optional(flag) });

/**
 * The grid of an affine map, for {@linkcode gridSample}.
 *
 * @param theta Maps of shape `[n, 2, 3]`, or `[n, 3, 4]` for volumes.
 * @param size The shape of the output: `[n, channels, height, width]`, or
 * `[n, channels, depth, height, width]`.
 * @param options `alignCorners`.
 * @returns Of shape `[n, ...extents, 2]`, or `[n, ...extents, 3]`.
 * @throws {ShapeError} If the shapes do not fit.
 * @example Mirrored from left to right
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const mirror = tensor([[[-1, 0, 0], [0, 1, 0]]]);
 * const grid = functional.affineGrid(mirror, [1, 1, 1, 2]);
 * const image = tensor([[[[1, 2]]]]);
 * const y = functional.gridSample(image, grid);
 * assertEquals(await y.toArray(), [[[[2, 1]]]]);
 * ```
 */
export function affineGrid(
  theta: Tensor,
  size: readonly number[],
  options?: AffineGridOptions,
): Tensor {
  const operation = "apply affineGrid";
  checkOptions(affineSchema, options, operation, arguments.length - 3);
  checkTensor(theta, "theta", operation);
  const dims = Array.isArray(size) ? size.length - 2 : 0;
  if (
    (dims !== 2 && dims !== 3) ||
    theta.shape.join() !== [size[0], dims, dims + 1].join()
  ) {
    throw new ShapeError(
      `Cannot ${operation} as theta must be [n, 2, 3] for a size [n, channels, height, width], or [n, 3, 4] with a depth: got ${
        showShape(theta.shape)
      } and [${size}]`,
    );
  }
  const extents = size.slice(2);
  const points = sizeOf(extents);
  const data = new Float64Array(points * (dims + 1));
  for (let i = 0; i < points; i++) {
    let rest = i;
    for (let d = dims - 1; d >= 0; d--) {
      const extent = extents[d]!;
      const k = rest % extent;
      rest = Math.floor(rest / extent);
      const value = options?.alignCorners
        ? extent > 1 ? 2 * k / (extent - 1) - 1 : 0
        : (2 * k + 1) / extent - 1;
      data[i * (dims + 1) + dims - 1 - d] = value;
    }
    data[i * (dims + 1) + dims] = 1;
  }
  return tidyNow(() => {
    const base = constantsLike(theta, data, [points, dims + 1]);
    return base.matmul(theta.transpose(1, 2))
      .reshape([size[0]!, ...extents, dims]);
  });
}
