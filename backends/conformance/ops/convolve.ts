/**
 * Convolutions, window by window.
 *
 * @module
 */
import type { Shape } from "@tenfold/core";
import type {
  Conv2dInputOp,
  Conv2dOp,
  Conv2dWeightOp,
  WindowParams,
} from "@tenfold/core/backend";
import { infer } from "@tenfold/core/internal";
import { ALL_LAYOUTS } from "../layout.ts";
import { common, plain } from "../values.ts";
import { ofSizes } from "./allow.ts";
import { operand, rotated } from "./cases.ts";
import type { Case, Meaning, SpecFamily } from "./spec.ts";
import { flatIndex, generate, type Plain, positions } from "./plain.ts";
import { inside, type Pair, tap, WINDOW } from "./window.ts";

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

const conv2d: Meaning<Conv2dOp> = (op, inputs) => {
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
};

const conv2dInput: Meaning<Conv2dInputOp> = (op, inputs) => {
  const [g, w] = inputs as [Plain, Plain];
  const { shape } = infer(op, inputs)[0]!;
  return sums(shape, g, (into) => {
    everyProduct(op, shape, w.shape, g.shape, (i, k, o) => {
      into[i]! += g.data[o]! * w.data[k]!;
    });
  });
};

const conv2dWeight: Meaning<Conv2dWeightOp> = (op, inputs) => {
  const [x, g] = inputs as [Plain, Plain];
  const { shape } = infer(op, inputs)[0]!;
  return sums(shape, x, (into) => {
    everyProduct(op, x.shape, shape, g.shape, (i, k, o) => {
      into[k]! += x.data[i]! * g.data[o]!;
    });
  });
};

/** One convolution: its numbers, and the shapes that go with them. */
interface Setting extends WindowParams {
  readonly groups: number;
  readonly x: Shape;
  readonly w: Shape;
  readonly out: Shape;
}

const windowCount = (
  extent: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation: number,
): number =>
  Math.floor((extent + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;

function setting(
  [n, c, h, w]: readonly [number, number, number, number],
  outputs: number,
  kernel: Pair,
  stride: Pair = [1, 1],
  padding: Pair = [0, 0],
  dilation: Pair = [1, 1],
  groups = 1,
): Setting {
  const along = (axis: 0 | 1) =>
    windowCount(
      axis === 0 ? h : w,
      kernel[axis],
      stride[axis],
      padding[axis],
      dilation[axis],
    );
  return {
    stride,
    padding,
    dilation,
    groups,
    x: [n, c, h, w],
    w: [outputs, c / groups, ...kernel],
    out: [n, outputs, along(0), along(1)],
  };
}

const SETTINGS: readonly Setting[] = [
  setting([1, 1, 1, 1], 1, [1, 1]),
  setting([2, 3, 7, 5], 4, [3, 3]),
  setting([2, 1, 7, 7], 3, [3, 3], [1, 1], [1, 1]),
  setting([1, 2, 9, 8], 5, [3, 2], [2, 3]),
  setting([1, 2, 9, 8], 5, [3, 2], [2, 3], [1, 2]),
  setting([2, 2, 9, 9], 3, [3, 3], [1, 1], [2, 2], [2, 2]),
  setting([1, 4, 6, 7], 6, [3, 3], [1, 1], [1, 1], [1, 1], 2),
  setting([2, 3, 5, 5], 6, [2, 2], [2, 1], [0, 1], [1, 2], 3),
  setting([1, 2, 4, 4], 2, [1, 1], [2, 2], [3, 3]),
  setting([1, 1, 3, 17], 1, [3, 17]),
  setting([3, 4, 4, 3], 6, [4, 3], [1, 1], [0, 0], [1, 1], 2),
  setting([3, 5, 6, 6], 17, [3, 3], [1, 1], [1, 1]),
  setting([0, 2, 5, 5], 3, [3, 3]),
  setting([2, 0, 5, 5], 3, [3, 3]),
  setting([2, 2, 5, 5], 0, [3, 3]),
  setting([1, 17, 6, 5], 9, [3, 3], [1, 1], [1, 1]),
];

const FLOATS = ["float16", "float32", "float64"] as const;

const paramsOf = ({ stride, padding, dilation, groups }: Setting) => ({
  stride,
  padding,
  dilation,
  groups,
});

const planeOf = (shape: Shape): Pair => [shape[2]!, shape[3]!];

/** The specs of convolutions. */
export const CONVOLVE_SPECS: SpecFamily<
  Conv2dOp | Conv2dInputOp | Conv2dWeightOp
> = {
  conv2d: {
    meaning: conv2d,
    dtypes: FLOATS,
    *cases(dtype) {
      for (const each of SETTINGS) {
        for (let l = 0; l < ALL_LAYOUTS.length; l++) {
          const inputs = [
            operand(each.x, dtype, rotated(l), common),
            operand(each.w, dtype, rotated(l + 2), common),
          ];
          if (l % 2 === 0) {
            inputs.push(operand([each.w[0]!], dtype, rotated(l + 4), common));
          }
          yield { op: { name: "conv2d", ...paramsOf(each) }, inputs };
        }
      }
    },
    tolerance(op, inputs) {
      const [, channels, kh, kw] = inputs[1]!.shape;
      return ofSizes(conv2d, op, inputs, channels! * kh! * kw!);
    },
    *smooth(dtype) {
      for (const groups of [1, 2]) {
        const x = operand([2, 2, 3, 4], dtype, "dense", plain);
        const w = operand([2, 2 / groups, 2, 2], dtype, "dense", plain);
        const bias = operand([2], dtype, "dense", plain);
        yield {
          op: { name: "conv2d", groups, ...WINDOW },
          inputs: [x, w, bias],
        };
      }
    },
  },
  conv2dInput: {
    meaning: conv2dInput,
    dtypes: FLOATS,
    *cases(dtype) {
      for (const each of SETTINGS) {
        for (let l = 0; l < ALL_LAYOUTS.length; l++) {
          yield {
            op: {
              name: "conv2dInput",
              ...paramsOf(each),
              size: planeOf(each.x),
            },
            inputs: [
              operand(each.out, dtype, rotated(l), common),
              operand(each.w, dtype, rotated(l + 3), common),
            ],
          };
        }
      }
    },
    tolerance(op, inputs) {
      const [outputs, , kh, kw] = inputs[1]!.shape;
      return ofSizes(conv2dInput, op, inputs, outputs! / op.groups * kh! * kw!);
    },
    *smooth(dtype) {
      yield {
        op: { name: "conv2dInput", groups: 1, size: [3, 4], ...WINDOW },
        inputs: [
          operand([1, 2, 4, 2], dtype, "dense", plain),
          operand([2, 1, 2, 2], dtype, "dense", plain),
        ],
      };
    },
  },
  conv2dWeight: {
    meaning: conv2dWeight,
    dtypes: FLOATS,
    *cases(dtype) {
      for (const each of SETTINGS) {
        for (let l = 0; l < ALL_LAYOUTS.length; l++) {
          yield {
            op: {
              name: "conv2dWeight",
              ...paramsOf(each),
              size: planeOf(each.w),
            },
            inputs: [
              operand(each.x, dtype, rotated(l), common),
              operand(each.out, dtype, rotated(l + 3), common),
            ],
          };
        }
      }
    },
    tolerance(op, inputs) {
      const [n, , oh, ow] = inputs[1]!.shape;
      return ofSizes(conv2dWeight, op, inputs, n! * oh! * ow!);
    },
    *smooth(dtype) {
      yield {
        op: { name: "conv2dWeight", groups: 1, size: [2, 2], ...WINDOW },
        inputs: [
          operand([1, 1, 3, 4], dtype, "dense", plain),
          operand([1, 2, 4, 2], dtype, "dense", plain),
        ],
      };
    },
  },
};

/** Large enough for algorithms that err more. */
const LOOSER_SETTINGS: readonly Setting[] = [
  setting([1, 9, 11, 13], 8, [3, 3], [1, 1], [1, 1]),
  setting([3, 16, 6, 9], 18, [3, 3], [1, 1], [0, 0], [1, 1], 2),
];

/** Epsilons of the terms' sizes that convolutions may err more then. */
const LOOSER = 64;

type Operation = Conv2dOp | Conv2dInputOp | Conv2dWeightOp;

function* looserCases(
  opOf: (each: Setting) => Operation,
  shapesOf: (each: Setting) => readonly Shape[],
): Iterable<Case<Operation>> {
  for (const each of LOOSER_SETTINGS) {
    for (const l of [0, 1]) {
      const inputs = shapesOf(each).map((shape, i) =>
        operand(shape, "float32", rotated(l + 2 * i), plain)
      );
      yield { op: opOf(each), inputs, slack: LOOSER };
    }
  }
}

/** Cases under `setFloat32Precision("high")`, with what they may err. */
export const LOOSER_CASES = {
  conv2d: (): Iterable<Case<Operation>> =>
    looserCases(
      (each) => ({ name: "conv2d", ...paramsOf(each) }),
      ({ x, w }) => [x, w, [w[0]!]],
    ),
  conv2dInput: (): Iterable<Case<Operation>> =>
    looserCases(
      (each) => ({
        name: "conv2dInput",
        ...paramsOf(each),
        size: planeOf(each.x),
      }),
      ({ out, w }) => [out, w],
    ),
  conv2dWeight: (): Iterable<Case<Operation>> =>
    looserCases(
      (each) => ({
        name: "conv2dWeight",
        ...paramsOf(each),
        size: planeOf(each.w),
      }),
      ({ x, out }) => [x, out],
    ),
};
