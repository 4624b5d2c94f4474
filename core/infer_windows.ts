/**
 * What convolutions and pooling give: how many windows fit, and every check of
 * channels, groups and kernels.
 *
 * @module
 */
import { ShapeError, showShape } from "./errors.ts";
import type {
  Conv2dInputOp,
  Conv2dOp,
  Conv2dWeightOp,
  MaxPool2dOp,
  Meta,
  WindowParams,
} from "./op.ts";
import type { Shape } from "./shape.ts";

/** How many windows fit along one axis. */
function windowCount(
  op: WindowParams,
  axis: 0 | 1,
  extent: number,
  kernel: number,
  ceil = false,
): number {
  const { stride, padding, dilation } = op;
  const span = extent + 2 * padding[axis] - dilation[axis] * (kernel - 1) - 1;
  if (!ceil) return Math.floor(span / stride[axis]) + 1;
  const count = Math.ceil(span / stride[axis]) + 1;
  // The last window must begin inside the input or its left padding.
  return (count - 1) * stride[axis] >= extent + padding[axis]
    ? count - 1
    : count;
}

function convolved(
  op: Conv2dOp | Conv2dInputOp | Conv2dWeightOp,
  shape: Shape,
  kernel: readonly [number, number],
): [number, number] {
  const [height, width] = [shape[2]!, shape[3]!];
  const out: [number, number] = [
    windowCount(op, 0, height, kernel[0]),
    windowCount(op, 1, width, kernel[1]),
  ];
  if (out[0] < 1 || out[1] < 1 || kernel[0] < 1 || kernel[1] < 1) {
    throw new ShapeError(
      `Cannot convolve an input of ${height}x${width}, padded by ${
        showShape(op.padding)
      }, with a kernel of ${kernel[0]}x${kernel[1]} and dilation ${
        showShape(op.dilation)
      } as the kernel does not fit`,
    );
  }
  return out;
}

/** Refuses shapes of other than 4 dims and channels that do not match. */
function checkChannels(
  op: { readonly groups: number },
  x: Shape,
  w: Shape,
  out: Shape,
): void {
  const groups = op.groups;
  for (const shape of [x, w, out]) {
    if (shape.length !== 4) {
      throw new ShapeError(
        `Cannot convolve as inputs and weights must have 4 dims ([n, channels, height, width] and [out, in / groups, height, width]): got ${
          showShape(shape)
        }`,
      );
    }
  }
  const [channels, outputs] = [x[1]!, w[0]!];
  if (channels % groups !== 0 || outputs % groups !== 0) {
    throw new ShapeError(
      `Cannot convolve in ${groups} groups as they must divide the channels: got ${channels} in and ${outputs} out`,
    );
  }
  if (w[1] !== channels / groups || out[1] !== outputs || out[0] !== x[0]) {
    throw new ShapeError(
      `Cannot convolve as the channels do not match: got input ${
        showShape(x)
      } and weight ${showShape(w)} in ${groups} groups`,
    );
  }
}

/** The result of a convolution. */
export function inferConv2d(op: Conv2dOp, [x, w, bias]: readonly Meta[]): Meta {
  const kernel = [w!.shape[2]!, w!.shape[3]!] as const;
  const out = [x!.shape[0]!, w!.shape[0]!, 1, 1];
  checkChannels(op, x!.shape, w!.shape, out);
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== w!.shape[0])) {
    throw new ShapeError(
      `Cannot add a bias of shape ${showShape(bias.shape)} to ${
        w!.shape[0]
      } output channels`,
    );
  }
  const [height, width] = convolved(op, x!.shape, kernel);
  return { shape: [out[0]!, out[1]!, height, width], dtype: x!.dtype };
}

/** The gradient of a convolution by its input. */
export function inferConv2dInput(
  op: Conv2dInputOp,
  [g, w]: readonly Meta[],
): Meta {
  const shape = [g!.shape[0]!, w!.shape[1]! * op.groups, ...op.size];
  checkChannels(op, shape, w!.shape, g!.shape);
  checkPlane(op, shape, [w!.shape[2]!, w!.shape[3]!], g!.shape);
  return { shape, dtype: g!.dtype };
}

/** The gradient of a convolution by its weight. */
export function inferConv2dWeight(
  op: Conv2dWeightOp,
  [x, g]: readonly Meta[],
): Meta {
  const shape = [g!.shape[1]!, x!.shape[1]! / op.groups, ...op.size];
  checkChannels(op, x!.shape, shape, g!.shape);
  checkPlane(op, x!.shape, op.size, g!.shape);
  return { shape, dtype: x!.dtype };
}

function checkPlane(
  op: Conv2dInputOp | Conv2dWeightOp,
  x: Shape,
  kernel: readonly [number, number],
  out: Shape,
): void {
  const [height, width] = convolved(op, x, kernel);
  if (height === out[2] && width === out[3]) return;
  throw new ShapeError(
    `Cannot take the gradient of a convolution as the output is ${height}x${width}: got a gradient of ${
      out[2]
    }x${out[3]}`,
  );
}

/** Refuses windows whose places all lie in the padding: they have no largest. */
function refuseEmptyWindows(
  op: MaxPool2dOp,
  axis: 0 | 1,
  extent: number,
  count: number,
): void {
  const stride = op.stride[axis];
  const dilation = op.dilation[axis];
  const padding = op.padding[axis];
  for (let i = 0; i < count; i++) {
    const start = i * stride - padding;
    const skipped = start < 0 ? Math.ceil(-start / dilation) : 0;
    if (skipped < op.size[axis] && start + skipped * dilation < extent) {
      continue;
    }
    throw new ShapeError(
      `Cannot pool as all places of window ${i} along the ${
        axis === 0 ? "height" : "width"
      } lie in the padding: got an extent of ${extent}, padding ${padding}, dilation ${dilation} and ${
        op.size[axis]
      } places, ${stride} from one window to the next; give less padding or dilation`,
    );
  }
}

/** The largest elements of windows, and their positions. */
export function inferMaxPool2d(op: MaxPool2dOp, [x]: readonly Meta[]): Meta[] {
  const { shape } = x!;
  const { size, padding } = op;
  if (shape.length < 3) {
    throw new ShapeError(
      `Cannot pool fewer than 3 dims ([channels, height, width]): got shape ${
        showShape(shape)
      }`,
    );
  }
  const planes = shape.slice(0, -2);
  const [height, width] = shape.slice(-2);
  const out = [
    windowCount(op, 0, height!, size[0], op.ceil),
    windowCount(op, 1, width!, size[1], op.ceil),
  ];
  if (out[0]! < 1 || out[1]! < 1) {
    throw new ShapeError(
      `Cannot pool an input of ${height}x${width}, padded by ${
        showShape(padding)
      }, in windows of ${size[0]}x${size[1]} as they do not fit`,
    );
  }
  if (padding[0] * 2 > size[0] || padding[1] * 2 > size[1]) {
    throw new ShapeError(
      `Cannot pool with a padding of ${
        showShape(padding)
      } as it may be at most half of the window of ${size[0]}x${size[1]}`,
    );
  }
  refuseEmptyWindows(op, 0, height!, out[0]!);
  refuseEmptyWindows(op, 1, width!, out[1]!);
  const pooled = [...planes, ...out];
  return [{ shape: pooled, dtype: x!.dtype }, {
    shape: pooled,
    dtype: "int32",
  }];
}
