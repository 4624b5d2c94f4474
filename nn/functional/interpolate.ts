import { ShapeError, type Tensor } from "@tenfold/core";
import { checkTensor, showShape, tidyNow } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import {
  checkOptions,
  flag,
  oneOf,
  positiveInteger,
  positiveNumber,
} from "../_options.ts";
import { adaptiveAverages } from "./_averages.ts";
import {
  cubicTaps,
  linearTaps,
  nearestTaps,
  resample,
  type Scaling,
  smoothTaps,
} from "./_resample.ts";

/**
 * How a tensor is resized.
 *
 * @example The mean of the elements that are covered
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const mode: nn.InterpolateMode = "area";
 * const x = randn([2, 3, 8, 8]);
 * const y = nn.functional.interpolate(x, { size: 4, mode });
 * assertEquals(y.shape, [2, 3, 4, 4]);
 * ```
 */
export type InterpolateMode =
  | "nearest"
  | "nearest-exact"
  | "linear"
  | "bilinear"
  | "trilinear"
  | "bicubic"
  | "area";

/**
 * Options of {@linkcode interpolate}.
 *
 * @example Half the extents, antialiased
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const options: nn.InterpolateOptions = {
 *   scaleFactor: 0.5,
 *   mode: "bilinear",
 *   antialias: true,
 * };
 * const x = randn([2, 3, 8, 8]);
 * assertEquals(nn.functional.interpolate(x, options).shape, [2, 3, 4, 4]);
 * ```
 */
export interface InterpolateOptions {
  /** The extents of the output; one number for all. */
  readonly size?: number | readonly number[];
  /**
   * Factor of the extents of the input, whose product is rounded down; one
   * number for all.
   */
  readonly scaleFactor?: number | readonly number[];
  /**
   * `"nearest"` repeats elements; `"linear"` (for `[n, c, l]`), `"bilinear"`
   * (`[n, c, h, w]`) and `"trilinear"` (`[n, c, d, h, w]`) take the mean of
   * neighbours by their distance; `"bicubic"` takes four along each dim of
   * images; `"area"` averages. `"nearest-exact"` measures from the centres of
   * elements, as image libraries do.
   *
   * @default {"nearest"}
   */
  readonly mode?: InterpolateMode;
  /**
   * Whether the centres of the corner elements of input and output are aligned,
   * rather than their outer edges. For the linear and cubic modes.
   *
   * @default {false}
   */
  readonly alignCorners?: boolean;
  /**
   * Whether positions are computed from the extents of the output rather than
   * from `scaleFactor`; they differ where rounding reduced an extent.
   *
   * @default {false}
   */
  readonly recomputeScaleFactor?: boolean;
  /**
   * Whether to antialias when downsampling: each output averages all of the
   * input that it covers. For `"bilinear"` and `"bicubic"`.
   *
   * @default {false}
   */
  readonly antialias?: boolean;
}

const several = <T>(one: z.ZodMiniType<T>, words: string) =>
  z.union([one, z.readonly(z.array(one))], words);

/** The schema of {@linkcode InterpolateOptions}. */
export const interpolateSchema = () =>
  z.strictObject({
    size: z.optional(
      several(
        positiveInteger,
        "must be a positive integer or an array of them",
      ),
    ),
    scaleFactor: z.optional(
      several(positiveNumber, "must be a positive number or an array of them"),
    ),
    mode: z.optional(oneOf(
      "nearest",
      "nearest-exact",
      "linear",
      "bilinear",
      "trilinear",
      "bicubic",
      "area",
    )),
    alignCorners: z.optional(flag),
    recomputeScaleFactor: z.optional(flag),
    antialias: z.optional(flag),
  });

/** The numbers of dims that a mode takes. */
const DIMS: { readonly [M in InterpolateMode]: readonly number[] } = {
  nearest: [1, 2, 3],
  "nearest-exact": [1, 2, 3],
  linear: [1],
  bilinear: [2],
  trilinear: [3],
  bicubic: [2],
  area: [1, 2, 3],
};

/**
 * Resizes sequences, images or volumes.
 *
 * @param x Of shape `[n, channels, length]`, `[n, channels, height, width]` or
 * `[n, channels, depth, height, width]`.
 * @param options `size` or `scaleFactor`, `mode`, `alignCorners`,
 * `recomputeScaleFactor` and `antialias`.
 * @throws {ShapeError} If the mode takes another number of dims.
 * @throws {TypeError} If neither or both of `size` and `scaleFactor` are given,
 * or the mode takes no `alignCorners` or no `antialias`.
 * @example Twice the size
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[[1, 2]]]);
 * const y = functional.interpolate(x, { scaleFactor: 2 });
 * assertEquals(await y.toArray(), [[[1, 1, 2, 2]]]);
 * ```
 */
export function interpolate(x: Tensor, options: InterpolateOptions): Tensor {
  const operation = "apply interpolate";
  checkOptions(
    interpolateSchema,
    options ?? {},
    operation,
    arguments.length - 2,
  );
  checkTensor(x, "x", operation);
  const { mode = "nearest", antialias = false, alignCorners } = options ?? {};
  const dims = x.ndim - 2;
  if (!DIMS[mode].includes(dims)) {
    throw new ShapeError(
      `Cannot ${operation} in mode "${mode}" to shape ${
        showShape(x.shape)
      }: it takes inputs of ${
        DIMS[mode].map((d) => d + 2).join(" or ")
      } dims, [n, channels, ...extents]`,
    );
  }
  if (x.shape.slice(2).includes(0)) {
    throw new ShapeError(
      `Cannot ${operation} to an input without elements: got shape ${
        showShape(x.shape)
      }`,
    );
  }
  const linear = /linear|cubic/.test(mode);
  if (alignCorners !== undefined && !linear) {
    throw new TypeError(
      `Cannot ${operation} with alignCorners in mode "${mode}": only linear and cubic modes take it`,
    );
  }
  if (antialias && !/^bi/.test(mode)) {
    throw new TypeError(
      `Cannot ${operation} with antialias in mode "${mode}": only "bilinear" and "bicubic" take it`,
    );
  }
  const scalings = scalingsOf(x, dims, options);
  if (mode === "area") {
    const sizes = scalings.map(({ size }) => size);
    return tidyNow(() => adaptiveAverages(x, sizes, "interpolate"));
  }
  // By lines, a dim that keeps its extent is left as it is, whatever the factor.
  const byLines = mode.endsWith("linear") && !antialias;
  return tidyNow(() =>
    scalings.reduce((y, scaling, d) => {
      const same = scaling.extent === scaling.size &&
        (byLines || scaling.factor === null || scaling.factor === 1);
      return same ? y : resample(y, 2 + d, tapsOf(mode, antialias, scaling));
    }, x)
  );
}

function tapsOf(mode: InterpolateMode, antialias: boolean, scaling: Scaling) {
  if (antialias) return smoothTaps(scaling, mode === "bicubic");
  if (mode === "bicubic") return cubicTaps(scaling);
  return mode.startsWith("nearest")
    ? nearestTaps(scaling, mode === "nearest-exact")
    : linearTaps(scaling);
}

/** The extents of the output, and how its positions lie. */
function scalingsOf(
  x: Tensor,
  dims: number,
  options: InterpolateOptions,
): Scaling[] {
  const { size, scaleFactor, alignCorners = false } = options ?? {};
  if ((size === undefined) === (scaleFactor === undefined)) {
    throw new TypeError(
      `Cannot apply interpolate with ${
        size === undefined ? "neither" : "both"
      } of size and scaleFactor: give one of them`,
    );
  }
  const given = size ?? scaleFactor!;
  const list = typeof given === "number"
    ? new Array<number>(dims).fill(given)
    : given;
  if (list.length !== dims) {
    throw new ShapeError(
      `Cannot apply interpolate to shape ${
        showShape(x.shape)
      } as there must be one number, or ${dims}: got ${showShape(list)}`,
    );
  }
  return list.map((number, d) => {
    const extent = x.shape[2 + d]!;
    const own = size === undefined ? Math.floor(extent * number) : number;
    if (own < 1) {
      throw new ShapeError(
        `Cannot apply interpolate to an extent of ${extent} with a scale factor of ${number} as nothing would be left`,
      );
    }
    const uses = size === undefined && !options.recomputeScaleFactor;
    return { extent, size: own, factor: uses ? number : null, alignCorners };
  });
}
