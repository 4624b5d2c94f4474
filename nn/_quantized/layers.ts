/**
 * The layers that stand in the place of those that were quantised.
 *
 * @module
 */
import { cat, ShapeError, type Tensor } from "@tenfold/core";
import {
  APPLY,
  checkCount,
  checkTensor,
  noGradNow,
  showShape,
  tidyNow,
} from "@tenfold/core/internal";
import { shownConvolution } from "../_shown_convolution.ts";
import type { Conv2d } from "../conv2d.ts";
import { batched, type Pair } from "../functional/_windows.ts";
import { paddedFor, type Padding2d } from "../functional/conv2d.ts";
import type { Linear } from "../linear.ts";
import { Module } from "../module.ts";
import { Buffer, type Parameter } from "../parameter.ts";
import { bufferOf, type Packed } from "./weights.ts";

const LINEAR_INT8 = { name: "linearInt8" } as const;
/** Numbers in windows that are worked on together. */
const WINDOWS = 2 ** 22;

/** A layer with a quantised weight. */
abstract class Quantized extends Module {
  /** Four integers of the weight each, of shape `[out, words]`. */
  words: Buffer;
  /** The sum of the integers of each row, of shape `[out]`. */
  sums: Buffer;
  /** What they are multiples of, of shape `[out]`. */
  scales: Buffer;
  /** The bias, of shape `[out]`, or null. */
  bias: Buffer | null;

  constructor(
    weight: Parameter,
    bias: Parameter | null,
    { words, sums, scales }: Packed,
  ) {
    super();
    const { device } = weight;
    const rows = weight.shape[0]!;
    this.words = bufferOf(words, [rows, words.length / rows], device);
    this.sums = bufferOf(sums, [rows], device);
    this.scales = bufferOf(scales, [rows], device);
    this.bias = bias && new Buffer(bias);
  }

  /** `x` times the weight, plus the bias. */
  protected product(x: Tensor): Tensor {
    const { words, sums, scales, bias } = this;
    return bias
      ? x[APPLY](LINEAR_INT8, words, sums, scales, bias)
      : x[APPLY](LINEAR_INT8, words, sums, scales);
  }
}

/** A `Linear` with weights of 8 bits. */
export class QuantizedLinear extends Quantized {
  /** Size of the last dimension of the input. */
  readonly inFeatures: number;
  /** Size of the last dimension of the output. */
  readonly outFeatures: number;

  constructor(layer: Linear, packed: Packed) {
    super(layer.weight, layer.bias, packed);
    this.inFeatures = layer.inFeatures;
    this.outFeatures = layer.outFeatures;
    this.training = layer.training;
  }

  /** Applies the transformation to `[..., inFeatures]`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    checkTensor(x, "x", "apply a quantized Linear");
    if (x.shape.at(-1) !== this.inFeatures) {
      throw new ShapeError(
        `Cannot apply a quantized Linear as the last extent of the input must be ${this.inFeatures}: got shape ${
          showShape(x.shape)
        }`,
      );
    }
    return noGradNow(() => tidyNow(() => this.product(x.cast("float32"))));
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return `inFeatures=${this.inFeatures}, outFeatures=${this.outFeatures}, bias=${
      this.bias !== null
    }`;
  }
}

/** A `Conv2d` with weights of 8 bits. */
export class QuantizedConv2d extends Quantized {
  /** Number of channels of the input. */
  readonly inChannels: number;
  /** Number of channels of the output. */
  readonly outChannels: number;
  /** Height and width of the kernel. */
  readonly kernelSize: Pair;
  /** Stride of the window. */
  readonly stride: Pair;
  /** Zero padding added to both sides of height and width. */
  readonly padding: Padding2d;
  /** Spacing between the elements of the kernel. */
  readonly dilation: Pair;

  constructor(layer: Conv2d, packed: Packed) {
    super(layer.weight, layer.bias, packed);
    this.inChannels = layer.inChannels;
    this.outChannels = layer.outChannels;
    this.kernelSize = layer.kernelSize;
    this.stride = layer.stride;
    this.padding = layer.padding;
    this.dilation = layer.dilation;
    this.training = layer.training;
  }

  /** Applies the convolution to `[n, inChannels, height, width]`, or without `n`. */
  forward(x: Tensor): Tensor {
    checkCount("forward", arguments.length, 1);
    return noGradNow(() =>
      batched(x, "a quantized Conv2d", (batch) => {
        const windows = windowsOf.call(this, batch.cast("float32"));
        const [n, height, width, ...window] = windows.shape as [
          number,
          number,
          number,
          ...number[],
        ];
        const length = window.reduce((a, b) => a * b, 1);
        const part = (images: Tensor) => {
          const count = images.shape[0]!;
          const rows = images.reshape([count * height * width, length]);
          const shape = [count, height, width, this.outChannels];
          return this.product(rows).reshape(shape).permute([0, 3, 1, 2]);
        };
        const most = Math.floor(WINDOWS / (height * width * length)) || 1;
        if (n <= most) return part(windows).contiguous();
        const parts: Tensor[] = [];
        for (let i = 0; i < n; i += most) {
          const images = windows.narrow(0, i, Math.min(most, n - i));
          parts.push(tidyNow(() => part(images)));
        }
        return cat(parts, 0);
      })
    );
  }

  /** The options as text, for `toString`. */
  override describe(): string {
    return shownConvolution(this);
  }
}

/** A view of every window: `[n, oh, ow, channels, height, width]`. */
function windowsOf(
  this: QuantizedConv2d,
  x: Tensor,
): Tensor {
  const { kernelSize, stride, dilation } = this;
  const { input, padding: [rows, columns] } = paddedFor(
    x,
    kernelSize,
    this.padding,
    stride,
    dilation,
  );
  const padded = rows || columns
    ? input.pad([columns, columns, rows, rows])
    : input;
  const reach = [0, 1].map((d) => dilation[d]! * (kernelSize[d]! - 1) + 1);
  const [, channels, height, width] = padded.shape as number[];
  if (
    channels !== this.inChannels || height! < reach[0]! || width! < reach[1]!
  ) {
    throw new ShapeError(
      `Cannot apply a quantized Conv2d of ${this.inChannels} channels and windows of ${
        reach[0]
      }x${reach[1]} to a padded input of shape ${showShape(padded.shape)}`,
    );
  }
  return padded
    .unfold(2, reach[0]!, stride[0])
    .unfold(3, reach[1]!, stride[1])
    .slice(4, 0, null, dilation[0])
    .slice(5, 0, null, dilation[1])
    .permute([0, 2, 3, 1, 4, 5]);
}
