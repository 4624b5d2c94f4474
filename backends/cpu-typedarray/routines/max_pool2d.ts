/**
 * Max pooling in two dims.
 *
 * @module
 */
import type { TypedArray } from "@tenfold/core";
import type { Launch, RoutineKernel } from "@tenfold/core/backend";

/** The part of a window that lies inside of the plane, along one dim. */
interface Reach {
  readonly first: number;
  readonly end: number;
}

/**
 * The steps `i` of a window for which `start + i * dilation` is at least 0 and
 * less than `extent`.
 */
function reach(
  start: number,
  dilation: number,
  size: number,
  extent: number,
): Reach {
  return {
    first: start < 0 ? Math.ceil(-start / dilation) : 0,
    end: Math.min(size, Math.ceil((extent - start) / dilation)),
  };
}

/** Runs `maxPool2d`: the first of equal elements, and NaN before all. */
export function prepareMaxPool2d(_: RoutineKernel): Launch {
  return ({ shape, buffers, offsets, strides, scalars }) => {
    const [values, indices, x] = buffers as [
      TypedArray,
      Int32Array,
      TypedArray,
    ];
    const [count, rows, columns, height, width] = shape as Five;
    const [planeStep, rowStep, columnStep, iStep, jStep] = strides[2] as Five;
    const [h, w, strideH, strideW, dilationH, dilationW, padH, padW] =
      scalars as Eight;
    const down = Array.from(
      { length: rows },
      (_, y) => reach(y * strideH - padH, dilationH, height, h),
    );
    const across = Array.from(
      { length: columns },
      (_, c) => reach(c * strideW - padW, dilationW, width, w),
    );
    let [toValue, toIndex] = offsets as [number, number];
    for (let plane = 0; plane < count; plane++) {
      for (let y = 0; y < rows; y++) {
        const { first: top, end: bottom } = down[y]!;
        for (let c = 0; c < columns; c++) {
          const { first: left, end: right } = across[c]!;
          const corner = offsets[2]! + plane * planeStep + y * rowStep +
            c * columnStep;
          let best = -Infinity;
          let bestI = -1;
          let bestJ = -1;
          for (let i = top; i < bottom; i++) {
            let from = corner + i * iStep + left * jStep;
            for (let j = left; j < right; j++) {
              const value = x[from]!;
              if (
                bestI < 0 || value > best || (value !== value && best === best)
              ) {
                best = value;
                bestI = i;
                bestJ = j;
              }
              from += jStep;
            }
          }
          values[toValue++] = best;
          indices[toIndex++] = bestI < 0
            ? -1
            : (y * strideH + bestI * dilationH - padH) * w +
              c * strideW + bestJ * dilationW - padW;
        }
      }
    }
  };
}

type Five = [number, number, number, number, number];
type Eight = [...Five, number, number, number];
