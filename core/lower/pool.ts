/**
 * Max pooling: how its windows are laid along the routine's loop.
 *
 * @module
 */
import type { MaxPool2dOp, Meta } from "../op.ts";
import type { Value } from "../value.ts";
import { poolByWindows } from "./decompose.ts";
import { castProgram } from "./elementwise.ts";
import { collapse } from "./geometry.ts";
import type { Launcher } from "./launcher.ts";

/** Lowers max pooling to its routine. */
export function lowerMaxPool2d(
  op: MaxPool2dOp,
  [x]: readonly Value[],
  results: readonly Meta[],
  run: Launcher,
): [Value, Value] {
  const { shape } = results[0]!;
  const values = run.allocate(shape, x!.dtype);
  const indices = run.allocate(shape, "int32");
  if (values.view.size === 0) return [values, indices];
  const rank = shape.length;
  const { size, stride, padding, dilation } = op;
  const [height, width] = [x!.shape[rank - 2]!, x!.shape[rank - 1]!];
  const [sh, sw] = x!.view.strides.slice(-2);
  const planes = shape.slice(0, -2);
  const rows = collapse(planes, [x!.view.strides.slice(0, -2)]);
  // Planes that do not lie evenly are copied: a rare case.
  const even = rows.shape.length === 1;
  const source = even
    ? x!.alias()
    : run.map(castProgram(x!.dtype, x!.dtype), x!.shape, [x!]);
  const rowStride = even ? rows.strides[0]![0]! : height * width;
  const [h, w] = even ? [sh!, sw!] : [width, 1];
  const [oh, ow] = [shape[rank - 2]!, shape[rank - 1]!];
  const count = planes.reduce((product, extent) => product * extent, 1);
  const outStrides = [oh * ow, ow, 1, 0, 0];
  const start = source.alias(
    source.view.at(source.view.offset - padding[0] * h - padding[1] * w),
  );
  let done = false;
  try {
    done = run.routine(
      "maxPool2d",
      [count, oh, ow, size[0], size[1]],
      2,
      [values, indices, start],
      [outStrides, outStrides, [
        rowStride,
        stride[0] * h,
        stride[1] * w,
        dilation[0] * h,
        dilation[1] * w,
      ]],
      {
        height,
        width,
        strideHeight: stride[0],
        strideWidth: stride[1],
        dilationHeight: dilation[0],
        dilationWidth: dilation[1],
        paddingHeight: padding[0],
        paddingWidth: padding[1],
      },
    );
  } finally {
    source.release();
    start.release();
  }
  if (done) return [values, indices];
  values.release();
  indices.release();
  return poolByWindows(op, x!, shape, run);
}
