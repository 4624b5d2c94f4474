import { autogradFunction, ShapeError, type Tensor } from "@tenfold/core";
import { sizeOf } from "@tenfold/core/backend";
import { scatter } from "@tenfold/core/functions";
import { checkTensor, showShape, UPLOAD_LIKE } from "@tenfold/core/internal";
import * as z from "../_zod.ts";
import { checkOptions, positiveInteger } from "../_options.ts";
import {
  type AnySize,
  batchedIn,
  type Size1d,
  type Size3d,
  sizeSchema,
  sizesOf,
} from "./_sizes.ts";
import type { Size2d } from "./_windows.ts";

/**
 * Options of the inverse of max pooling, whose sizes are of type `S`.
 *
 * @example Back to where the values were
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nn, tensor } from "@tenfold/tenfold";
 *
 * const pooling = { kernelSize: 2, returnIndices: true } as const;
 * const x = tensor([[[1, 5, 2, 4]]]);
 * const [values, indices] = nn.functional.maxPool1d(x, pooling);
 * const options: nn.MaxUnpoolOptions<nn.Size1d> = { kernelSize: 2 };
 * const y = nn.functional.maxUnpool1d(values, indices, options);
 * assertEquals(await y.toArray(), [[[0, 5, 0, 4]]]);
 * ```
 */
export interface MaxUnpoolOptions<S extends AnySize> {
  /** Extents of the window of the pooling. */
  readonly kernelSize: S;
  /** Stride of the pooling. @default {kernelSize} */
  readonly stride?: S;
  /** Padding of the pooling. @default {0} */
  readonly padding?: S;
  /**
   * The extents of the output, or its whole shape.
   *
   * @default {(extent - 1) * stride - 2 * padding + kernelSize}
   */
  readonly outputSize?: readonly number[];
}

const schema = (dims: number) => () =>
  z.strictObject({
    kernelSize: sizeSchema<AnySize>(dims, "positive"),
    stride: z.optional(sizeSchema<AnySize>(dims, "positive")),
    padding: z.optional(sizeSchema<AnySize>(dims, "non-negative")),
    outputSize: z.optional(z.readonly(z.array(positiveInteger))),
  });

const SCHEMAS = [
  /* @__PURE__ */ schema(0),
  /* @__PURE__ */ schema(1),
  /* @__PURE__ */ schema(2),
  /* @__PURE__ */ schema(3),
];

/** Places elements; each has the gradient of its place. */
const placed = (dim: number, size: number) =>
  autogradFunction({
    name: "maxUnpool",
    forward(ctx, x, at) {
      ctx.save(at);
      const zero = x[UPLOAD_LIKE](Float32Array.of(0), [], "float32");
      const room = zero.cast(x.dtype).expand([...x.shape.slice(0, dim), size]);
      return scatter(room, dim, at, x);
    },
    backward: (ctx, g) => [g.gather(dim, ctx.saved[0]), null],
  });

/** {@linkcode maxUnpool2d} in any number of dims. */
function unpool(
  x: Tensor,
  indices: Tensor,
  dims: 1 | 2 | 3,
  options: MaxUnpoolOptions<AnySize>,
  extra: number,
): Tensor {
  const name = `maxUnpool${dims}d`;
  const operation = `apply ${name}`;
  const none = { kernelSize: undefined };
  checkOptions(SCHEMAS[dims]!, options ?? none, operation, extra);
  checkTensor(x, "x", operation);
  checkTensor(indices, "the indices", operation);
  const { kernelSize, stride = kernelSize, padding = 0, outputSize } = options;
  if (indices.dtype !== "int32" || indices.shape.join() !== x.shape.join()) {
    throw new ShapeError(
      `Cannot ${operation} as the indices must be int32 and have the shape of the input: got ${indices.dtype} of shape ${
        showShape(indices.shape)
      } for ${showShape(x.shape)}`,
    );
  }
  const wanted = outputSize?.length === x.ndim
    ? outputSize.slice(-dims)
    : outputSize;
  if (wanted && wanted.length !== dims) {
    throw new ShapeError(
      `Cannot ${operation} as outputSize must hold ${dims} extents: got ${
        showShape(wanted)
      }`,
    );
  }
  return batchedIn(dims, x, name, (batch) => {
    const [k, s, p] = [kernelSize, stride, padding]
      .map((size) => sizesOf(size, dims));
    const size = wanted ??
      k!.map((kernel, d) =>
        (batch.shape[2 + d]! - 1) * s![d]! - 2 * p![d]! + kernel
      );
    const [n, c] = [batch.shape[0]!, batch.shape[1]!];
    const rows = [n, c, sizeOf(batch.shape.slice(2))];
    return placed(2, sizeOf(size))(batch.reshape(rows), indices.reshape(rows))
      .reshape([n, c, ...size]);
  });
}

/**
 * Inverts {@linkcode maxPool1dWithIndices}: puts each value back at its index,
 * with zeros elsewhere.
 *
 * @param x Of shape `[n, channels, length]`, or without `n`.
 * @param indices Indices of the same shape, as the pooling returned them.
 * @param options `kernelSize`, `stride`, `padding` and `outputSize`.
 * @throws {ShapeError} If shapes do not fit.
 * @throws {IndexError} If an index is out of range.
 * @example Where it was
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const at = tensor([[1]], { dtype: "int32" });
 * const y = functional.maxUnpool1d(tensor([[3]]), at, { kernelSize: 2 });
 * assertEquals(await y.toArray(), [[0, 3]]);
 * ```
 */
export function maxUnpool1d(
  x: Tensor,
  indices: Tensor,
  options: MaxUnpoolOptions<Size1d>,
): Tensor {
  return unpool(x, indices, 1, options, arguments.length - 3);
}

/**
 * Inverts {@linkcode maxPool2dWithIndices}: puts each value back at its index,
 * with zeros elsewhere.
 *
 * @param x Of shape `[n, channels, height, width]`, or without `n`.
 * @param indices Indices of the same shape, as the pooling returned them.
 * @param options `kernelSize`, `stride`, `padding` and `outputSize`.
 * @throws {ShapeError} If shapes do not fit.
 * @throws {IndexError} If an index is out of range.
 * @example Where they were
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tensor } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = tensor([[[1, 2], [4, 3]]]);
 * const [y, at] = functional.maxPool2dWithIndices(x, { kernelSize: 2 });
 * const back = functional.maxUnpool2d(y, at, { kernelSize: 2 });
 * assertEquals(await back.toArray(), [[[0, 0], [4, 0]]]);
 * ```
 */
export function maxUnpool2d(
  x: Tensor,
  indices: Tensor,
  options: MaxUnpoolOptions<Size2d>,
): Tensor {
  return unpool(x, indices, 2, options, arguments.length - 3);
}

/**
 * Inverts {@linkcode maxPool3dWithIndices}: puts each value back at its index,
 * with zeros elsewhere.
 *
 * @param x Of shape `[n, channels, depth, height, width]`, or without `n`.
 * @param indices Indices of the same shape, as the pooling returned them.
 * @param options `kernelSize`, `stride`, `padding` and `outputSize`.
 * @throws {ShapeError} If shapes do not fit.
 * @throws {IndexError} If an index is out of range.
 * @example The shape that it had
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ones } from "@tenfold/tenfold";
 * import { functional } from "@tenfold/nn";
 *
 * const x = ones([1, 2, 4, 4, 4]);
 * const [y, at] = functional.maxPool3dWithIndices(x, { kernelSize: 2 });
 * const back = functional.maxUnpool3d(y, at, { kernelSize: 2 });
 * assertEquals(back.shape, x.shape);
 * ```
 */
export function maxUnpool3d(
  x: Tensor,
  indices: Tensor,
  options: MaxUnpoolOptions<Size3d>,
): Tensor {
  return unpool(x, indices, 3, options, arguments.length - 3);
}
