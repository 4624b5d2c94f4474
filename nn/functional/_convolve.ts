/**
 * Convolutions in one to three dims, made of those in two.
 *
 * @module
 */
import { ShapeError, type Tensor } from "@tenfold/core";
import {
  applyWindows,
  checkTensor,
  showShape,
  tidyNow,
} from "@tenfold/core/internal";
import { commonDType } from "./_common_dtype.ts";
import { overlapAdd, windowOf, windowsAlong } from "./_overlap.ts";
import { type AnySize, batchedIn, sizesOf, spatialNames } from "./_sizes.ts";

/** What convolutions of any number of dims take. */
export interface AnyConvolution {
  readonly stride?: AnySize;
  readonly padding?: AnySize | "same" | "valid";
  readonly outputPadding?: AnySize;
  readonly outputSize?: AnySize;
  readonly dilation?: AnySize;
  readonly groups?: number;
}

/** Two numbers, of height and width. */
type Pair = readonly [number, number];

/** A call with one number for each dim. */
interface Call {
  readonly name: string;
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
}

/** Refuses weights and biases that do not fit the input. */
function checkWeight(
  name: string,
  dims: number,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  groups: number,
  transposed: boolean,
): void {
  checkTensor(x, "x", `apply ${name}`);
  checkTensor(weight, "the weight", `apply ${name}`);
  if (weight.ndim !== dims + 2 || weight.shape.slice(2).includes(0)) {
    throw new ShapeError(
      `Cannot apply ${name} as the weight must be [${
        transposed ? "in, out / groups" : "out, in / groups"
      }, ${spatialNames(dims)}]: got shape ${showShape(weight.shape)}`,
    );
  }
  const [first, second] = [weight.shape[0]!, weight.shape[1]!];
  const channels = x.shape[x.ndim - dims - 1];
  const out = transposed ? second * groups : first;
  const fits = transposed
    ? channels === first && first % groups === 0
    : channels === second * groups && first % groups === 0;
  if (channels !== undefined && !fits) {
    throw new ShapeError(
      `Cannot apply ${name} as the channels do not match: got input ${
        showShape(x.shape)
      } and weight ${showShape(weight.shape)} in ${groups} groups`,
    );
  }
  if (bias && (bias.ndim !== 1 || bias.shape[0] !== out)) {
    throw new ShapeError(
      `Cannot apply ${name} as the bias must be [${out}]: got shape ${
        showShape(bias.shape)
      }`,
    );
  }
}

function callOf(
  name: string,
  dims: number,
  weight: Tensor,
  options: AnyConvolution,
): Call {
  const { stride = 1, dilation = 1, groups = 1 } = options;
  return {
    name,
    kernel: weight.shape.slice(2),
    stride: sizesOf(stride, dims),
    dilation: sizesOf(dilation, dims),
    groups,
  };
}

/** A convolution of `dims` dims. */
export function convolve(
  name: string,
  dims: 1 | 3,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: AnyConvolution = {},
): Tensor {
  checkWeight(name, dims, x, weight, bias, options.groups ?? 1, false);
  const dtype = commonDType(x, weight, bias);
  if (dtype !== null) {
    return tidyNow(() =>
      convolve(
        name,
        dims,
        x.cast(dtype),
        weight.cast(dtype),
        bias?.cast(dtype) ?? null,
        options,
      )
    );
  }
  const call = callOf(name, dims, weight, options);
  return batchedIn(dims, x, name, (batch) => {
    const { input, padding } = padded(batch, call, options.padding ?? 0);
    checkFit(input, call, padding);
    return dims === 1
      ? inOneDim(input, weight, bias, call, padding)
      : inThreeDims(input, weight, bias, call, padding);
  });
}

/** The padding in numbers; an odd amount of "same" is added beforehand. */
function padded(
  x: Tensor,
  { name, kernel, stride, dilation }: Call,
  padding: AnySize | "same" | "valid",
): { input: Tensor; padding: readonly number[] } {
  if (padding === "valid") padding = 0;
  if (padding !== "same") {
    return { input: x, padding: sizesOf(padding, kernel.length) };
  }
  if (stride.some((step) => step !== 1)) {
    throw new RangeError(
      `Cannot apply ${name} with padding "same" and stride ${
        showShape(stride)
      }: only a stride of 1 keeps the extents`,
    );
  }
  const total = kernel.map((size, d) => dilation[d]! * (size - 1));
  const odd = total.map((amount) => amount % 2);
  const input = odd.includes(1)
    ? x.pad(odd.toReversed().flatMap((amount) => [0, amount]))
    : x;
  return { input, padding: total.map((amount) => Math.floor(amount / 2)) };
}

/** Refuses kernels that are larger than the padded input. */
function checkFit(
  x: Tensor,
  { name, kernel, dilation }: Call,
  padding: readonly number[],
): void {
  const fits = kernel.every((size, d) =>
    x.shape[d + 2]! + 2 * padding[d]! >= dilation[d]! * (size - 1) + 1
  );
  if (fits) return;
  throw new ShapeError(
    `Cannot apply ${name} to shape ${showShape(x.shape)}, padded by ${
      showShape(padding)
    }, with a kernel of ${showShape(kernel)} and dilation ${
      showShape(dilation)
    } as the kernel does not fit`,
  );
}

const conv2dOf = (
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  op: {
    readonly stride: Pair;
    readonly padding: Pair;
    readonly dilation: Pair;
    readonly groups: number;
  },
): Tensor =>
  applyWindows(
    { name: "conv2d", ...op },
    x,
    ...bias ? [weight, bias] : [weight],
  );

/** Rows of height 1. */
function inOneDim(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  { stride, dilation, groups }: Call,
  padding: readonly number[],
): Tensor {
  return conv2dOf(x.unsqueeze(2), weight.unsqueeze(2), bias, {
    stride: [1, stride[0]!],
    padding: [0, padding[0]!],
    dilation: [1, dilation[0]!],
    groups,
  }).squeeze(2);
}

/** The taps along the depth are channels of convolutions in two dims. */
function inThreeDims(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  { kernel, stride, dilation, groups }: Call,
  padding: readonly number[],
): Tensor {
  const [n, c] = [x.shape[0]!, x.shape[1]!];
  const [o, part] = [weight.shape[0]!, weight.shape[1]!];
  const [taps, height, width] = kernel as [number, number, number];
  const deep = padding[0]!;
  const around = deep > 0 ? x.pad([0, 0, 0, 0, deep, deep]) : x;
  // [n, out depth, c, taps, h, w]
  const slices = windowsAlong(around, 2, taps, stride[0]!, dilation[0]!)
    .permute([0, 2, 1, 5, 3, 4]);
  const depth = slices.shape[1]!;
  const y = conv2dOf(
    slices.reshape([n * depth, c * taps, x.shape[3]!, x.shape[4]!]),
    weight.reshape([o, part * taps, height, width]),
    bias,
    {
      stride: [stride[1]!, stride[2]!],
      padding: [padding[1]!, padding[2]!],
      dilation: [dilation[1]!, dilation[2]!],
      groups,
    },
  );
  return y.reshape([n, depth, ...y.shape.slice(1)]).permute([0, 2, 1, 3, 4]);
}

/** A transposed convolution of `dims` dims. */
export function convolveTransposed(
  name: string,
  dims: 1 | 2 | 3,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: AnyConvolution = {},
): Tensor {
  checkWeight(name, dims, x, weight, bias, options.groups ?? 1, true);
  const dtype = commonDType(x, weight, bias);
  if (dtype !== null) {
    return tidyNow(() =>
      convolveTransposed(
        name,
        dims,
        x.cast(dtype),
        weight.cast(dtype),
        bias?.cast(dtype) ?? null,
        options,
      )
    );
  }
  const call = callOf(name, dims, weight, options);
  const padding = sizesOf(options.padding as AnySize ?? 0, dims);
  return batchedIn(dims, x, name, (batch) => {
    const extra = extraOf(batch, call, padding, options);
    const y = transposed(batch, weight, call, padding, extra);
    return bias ? y.add(bias.reshape([-1, ...extra.map(() => 1)])) : y;
  });
}

/** What a transposed convolution gives without extra elements at the end. */
const plainSize = (
  { kernel, stride, dilation }: Call,
  padding: readonly number[],
  extent: number,
  d: number,
): number =>
  (extent - 1) * stride[d]! - 2 * padding[d]! +
  dilation[d]! * (kernel[d]! - 1) +
  1;

/** Elements added at the end of each dim of the output. */
function extraOf(
  x: Tensor,
  call: Call,
  padding: readonly number[],
  { outputPadding = 0, outputSize }: AnyConvolution,
): readonly number[] {
  const { name, kernel, stride, dilation } = call;
  const plain = kernel.map((_, d) =>
    plainSize(call, padding, x.shape[d + 2]!, d)
  );
  const wanted = outputSize === undefined
    ? null
    : sizesOf(outputSize, kernel.length);
  const extra = wanted
    ? wanted.map((size, d) => size - plain[d]!)
    : sizesOf(outputPadding, kernel.length);
  const fits = extra.every((amount, d) =>
    amount >= 0 &&
    amount < (wanted ? stride[d]! : Math.max(stride[d]!, dilation[d]!))
  );
  if (!fits) {
    throw new RangeError(
      wanted
        ? `Cannot apply ${name} with an output of ${
          showShape(wanted)
        } as it must be at least ${showShape(plain)}, and less than ${
          showShape(plain.map((size, d) => size + stride[d]!))
        }`
        : `Cannot apply ${name} with an output padding of ${
          showShape(extra)
        } as it must be less than the stride ${showShape(stride)} or dilation ${
          showShape(dilation)
        }`,
    );
  }
  const size = plain.map((extent, d) => extent + extra[d]!);
  if (size.every((extent) => extent > 0)) return extra;
  throw new ShapeError(
    `Cannot apply ${name} to shape ${
      showShape(x.shape)
    } as the output would have the extents ${
      showShape(size)
    }: give less padding or a larger kernel`,
  );
}

function transposed(
  x: Tensor,
  weight: Tensor,
  call: Call,
  padding: readonly number[],
  extra: readonly number[],
): Tensor {
  const { kernel, stride, dilation, groups } = call;
  switch (kernel.length) {
    case 1: {
      const inner: Call = {
        ...call,
        kernel: [1, ...kernel],
        stride: [1, ...stride],
        dilation: [1, ...dilation],
      };
      const row = [x.unsqueeze(2), weight.unsqueeze(2)] as const;
      return transposed(...row, inner, [0, ...padding], [0, ...extra])
        .squeeze(2);
    }
    case 2: {
      const size = kernel.map((_, d) =>
        plainSize(call, padding, x.shape[d + 2]!, d) + extra[d]!
      );
      const op = {
        name: "conv2dInput" as const,
        stride: stride as Pair,
        dilation: dilation as Pair,
        groups,
      };
      const plain = extra.every((amount, d) => amount < stride[d]!);
      if (plain) {
        return applyWindows(
          { ...op, padding: padding as Pair, size: size as unknown as Pair },
          x,
          weight,
        );
      }
      // More than a stride of extra elements is cut out of all that there are.
      const whole = size.map((extent, d) =>
        extent + 2 * padding[d]! - extra[d]!
      );
      const y = applyWindows(
        { ...op, padding: [0, 0], size: whole as unknown as Pair },
        x,
        weight,
      );
      return size.reduce(
        (part, extent, d) => windowOf(part, d + 2, padding[d]!, extent),
        y,
      );
    }
    default: {
      const [n, c, d, h, w] = x.shape as [
        number,
        number,
        number,
        number,
        number,
      ];
      const [taps, ...plane] = kernel as [number, number, number];
      const part = weight.shape[1]!;
      const inner: Call = {
        ...call,
        kernel: plane,
        stride: stride.slice(1),
        dilation: dilation.slice(1),
      };
      const slices = x.permute([0, 2, 1, 3, 4]).reshape([n * d, c, h, w]);
      const y = transposed(
        slices,
        weight.reshape([c, part * taps, ...plane]),
        inner,
        padding.slice(1),
        extra.slice(1),
      );
      const deep = overlapAdd(
        y.reshape([n, d, part * groups, taps, ...y.shape.slice(2)]),
        1,
        3,
        stride[0]!,
        dilation[0]!,
      );
      const depth = plainSize(call, padding, d, 0) + extra[0]!;
      return windowOf(deep, 1, padding[0]!, depth).permute([0, 2, 1, 3, 4]);
    }
  }
}
