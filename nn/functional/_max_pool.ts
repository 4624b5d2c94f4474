/**
 * The largest elements of windows in one to three dims, with their positions.
 *
 * @module
 */
import type { Tensor } from "@tenfold/core";
import { addWindows } from "@tenfold/core/backend";
import { apply, noGradNow, UPLOAD_LIKE } from "@tenfold/core/internal";
import { floorDivide } from "@tenfold/core/functions";
import { adaptiveWindows } from "./_averages.ts";
import { type AnySize, sizesOf } from "./_sizes.ts";

/**
 * Values, and their indices (int32) in the input of each channel.
 *
 * @example Where the largest elements are
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const x = tensor([[[1, 5, 2, 4]]]);
 * const [values, indices]: nn.ValuesAndPositions = nn.functional.maxPool1d(x, {
 *   kernelSize: 2,
 *   returnIndices: true,
 * });
 * assertEquals(await indices.toArray(), [[[1, 3]]]);
 * ```
 */
export type ValuesAndPositions = [values: Tensor, indices: Tensor];

/**
 * The values, with their indices if `returnIndices` is set.
 *
 * @example The result without indices is a tensor
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, randn } from "@tenfold/tenfold";
 *
 * const pooled: nn.Pooled<false> = nn.functional.maxPool1d(randn([1, 1, 4]), {
 *   kernelSize: 2,
 * });
 * assertEquals(pooled.shape, [1, 1, 2]);
 * ```
 */
export type Pooled<I extends boolean> = I extends true ? ValuesAndPositions
  : Tensor;

/** What max pooling of any number of dims takes. */
export interface AnyMaxPool {
  readonly kernelSize: AnySize;
  readonly stride?: AnySize;
  readonly padding?: AnySize;
  readonly dilation?: AnySize;
  readonly ceilMode?: boolean;
}

type Pair = readonly [number, number];

/** The primitive, over the last two dims. */
function pool2d(
  x: Tensor,
  size: Pair,
  stride: Pair,
  padding: Pair,
  dilation: Pair,
  ceil: boolean,
): ValuesAndPositions {
  addWindows();
  const [values, indices] = apply(
    { name: "maxPool2d", size, stride, padding, dilation, ceil },
    [x],
  );
  return [values!, indices!];
}

/** Pools `[n, channels, ...]` of `dims` dims. */
export function maxPool(
  x: Tensor,
  dims: 1 | 2 | 3,
  options: AnyMaxPool,
): ValuesAndPositions {
  const { kernelSize, stride = kernelSize, padding = 0, dilation = 1 } =
    options;
  const ceil = options.ceilMode ?? false;
  const [k, s, p, d] = [kernelSize, stride, padding, dilation]
    .map((size) => sizesOf(size, dims)) as [
      readonly number[],
      readonly number[],
      readonly number[],
      readonly number[],
    ];
  const row = (list: readonly number[], other: number): Pair => [
    other,
    list[0]!,
  ];
  const plane = (list: readonly number[]) => list.slice(-2) as unknown as Pair;
  if (dims === 1) {
    const [y, at] = pool2d(
      x.unsqueeze(2),
      row(k, 1),
      row(s, 1),
      row(p, 0),
      row(d, 1),
      ceil,
    );
    return [y.squeeze(2), at.squeeze(2)];
  }
  if (dims === 2) {
    return pool2d(x, plane(k), plane(s), plane(p), plane(d), ceil);
  }
  // Slices first, then what they give along the depth.
  const [n, c, depth, height, width] = x.shape as [
    number,
    number,
    number,
    number,
    number,
  ];
  const [slices, inSlice] = pool2d(
    x.reshape([n, c * depth, height, width]),
    plane(k),
    plane(s),
    plane(p),
    plane(d),
    ceil,
  );
  const [rows, columns] = [slices.shape[2]!, slices.shape[3]!];
  const cells = rows * columns;
  const [values, inDepth] = pool2d(
    slices.reshape([n, c, depth, cells]),
    [k[0]!, 1],
    [s[0]!, 1],
    [p[0]!, 0],
    [d[0]!, 1],
    ceil,
  );
  const shape = [n, c, values.shape[2]!, rows, columns];
  const at = noGradNow(() => {
    const slice = floorDivide(inDepth, cells) as Tensor<"int32">;
    const place = inSlice.reshape([n, c, depth, cells]).gather(2, slice);
    return slice.mul(height * width).add(place);
  });
  return [values.reshape(shape), at.reshape(shape)];
}

/** The largest element of each of the windows that cover the input. */
export function adaptiveMaxPool(
  x: Tensor,
  size: readonly number[],
): ValuesAndPositions {
  const extents = x.shape.slice(2);
  const windows = size.map((count, d) => adaptiveWindows(count, extents[d]!));
  const most = windows.map((spans) =>
    Math.max(...spans.map((span) => span.size))
  );
  // The positions of the elements of each window; the last one fills it up.
  let places: number[][] = [[0]];
  windows.forEach((spans, d) => {
    places = places.flatMap((before) =>
      spans.map(({ start, size }) =>
        before.flatMap((position) =>
          Array.from(
            { length: most[d]! },
            (_, k) => position * extents[d]! + start + Math.min(k, size - 1),
          )
        )
      )
    );
  });
  const [n, c] = [x.shape[0]!, x.shape[1]!];
  const flat = x.flatten(2);
  const each = places[0]!.length;
  const table = x[UPLOAD_LIKE](
    Int32Array.from(places.flat()),
    [places.length * each],
    "int32",
  );
  const indices = noGradNow(() => {
    const picked = flat.indexSelect(2, table)
      .reshape([n, c, places.length, each]);
    const first = picked.argmax(-1, { keepDim: true });
    return table.reshape([1, 1, places.length, each])
      .expand([n, c, places.length, each]).gather(3, first).squeeze(-1);
  });
  const shape = [n, c, ...size];
  return [flat.gather(2, indices).reshape(shape), indices.reshape(shape)];
}
