/**
 * What convolutions and pooling mean, window by window.
 *
 * @module
 */
import type { Shape } from "@tenfold/core";
import type {
  Conv2dInputOp,
  Conv2dOp,
  Conv2dWeightOp,
  MaxPool2dOp,
  WindowParams,
} from "@tenfold/core/backend";
import { infer } from "@tenfold/core/internal";
import {
  element,
  flatIndex,
  generate,
  type Plain,
  positions,
} from "./plain.ts";

/** The input row under tap `k` of window `i`, which may lie outside. */
const tap = (op: WindowParams, axis: 0 | 1, i: number, k: number): number =>
  i * op.stride[axis] + k * op.dilation[axis] - op.padding[axis];

const inside = (h: number, w: number, shape: Shape): boolean =>
  h >= 0 && w >= 0 && h < shape[shape.length - 2]! &&
  w < shape[shape.length - 1]!;

/**
 * Calls `visit` with the positions in input, weight and output of every product
 * that a convolution sums.
 */
function everyProduct(
  op: WindowParams & { readonly groups: number },
  x: Shape,
  w: Shape,
  out: Shape,
  visit: (x: number, w: number, out: number) => void,
): void {
  const perGroup = out[1]! / op.groups;
  for (const place of positions(out)) {
    const [n, o, i, j] = place as [number, number, number, number];
    const firstChannel = Math.floor(o / perGroup) * w[1]!;
    for (const [c, k, l] of positions(w.slice(1))) {
      const [h, v] = [tap(op, 0, i, k!), tap(op, 1, j, l!)];
      if (!inside(h, v, x)) continue;
      visit(
        flatIndex(x, [n, firstChannel + c!, h, v]),
        flatIndex(w, [o, c!, k!, l!]),
        flatIndex(out, place),
      );
    }
  }
}

/** Sums of products, gathered into a result of `shape`. */
function sums(
  shape: Shape,
  like: Plain,
  add: (into: number[]) => void,
): Plain[] {
  const data: number[] = new Array(shape.reduce((n, d) => n * d, 1)).fill(0);
  add(data);
  return [
    generate(shape, like.dtype, (place) => data[flatIndex(shape, place)]!),
  ];
}

/** The meaning of a convolution. */
export function conv2d(op: Conv2dOp, inputs: readonly Plain[]): Plain[] {
  const [x, w, bias] = inputs as [Plain, Plain, Plain?];
  const { shape } = infer(op, inputs)[0]!;
  return sums(shape, x, (into) => {
    everyProduct(op, x.shape, w.shape, shape, (i, k, o) => {
      into[o]! += x.data[i]! * w.data[k]!;
    });
    if (!bias) return;
    for (const place of positions(shape)) {
      into[flatIndex(shape, place)]! += bias.data[place[1]!]!;
    }
  });
}

/** The meaning of its gradient by the input. */
export function conv2dInput(
  op: Conv2dInputOp,
  inputs: readonly Plain[],
): Plain[] {
  const [g, w] = inputs as [Plain, Plain];
  const { shape } = infer(op, inputs)[0]!;
  return sums(shape, g, (into) => {
    everyProduct(op, shape, w.shape, g.shape, (i, k, o) => {
      into[i]! += g.data[o]! * w.data[k]!;
    });
  });
}

/** The meaning of its gradient by the weight. */
export function conv2dWeight(
  op: Conv2dWeightOp,
  inputs: readonly Plain[],
): Plain[] {
  const [x, g] = inputs as [Plain, Plain];
  const { shape } = infer(op, inputs)[0]!;
  return sums(shape, x, (into) => {
    everyProduct(op, x.shape, shape, g.shape, (i, k, o) => {
      into[k]! += x.data[i]! * g.data[o]!;
    });
  });
}

/** The meaning of max pooling: the largest elements, and where they are. */
export function maxPool2d(op: MaxPool2dOp, inputs: readonly Plain[]): Plain[] {
  const [x] = inputs as [Plain];
  const { shape } = infer(op, inputs)[0]!;
  const rank = shape.length;
  const best = (place: readonly number[]): [number, number] => {
    let found: [number, number] = [-Infinity, -1];
    for (const [k, l] of positions(op.size)) {
      const h = tap(op, 0, place[rank - 2]!, k!);
      const w = tap(op, 1, place[rank - 1]!, l!);
      if (!inside(h, w, x.shape)) continue;
      const value = element(x, [...place.slice(0, -2), h, w]);
      const wins = found[1] < 0 || value > found[0] ||
        (Number.isNaN(value) && !Number.isNaN(found[0]));
      if (wins) found = [value, h * x.shape[rank - 1]! + w];
    }
    return found;
  };
  return [
    generate(shape, x.dtype, (place) => best(place)[0]),
    generate(shape, "int32", (place) => best(place)[1]),
  ];
}
