/**
 * Operators that read between the elements: values of an input at places that
 * are computed.
 *
 * @module
 */
import { cat, full, type Tensor } from "@tenfold/core";
import { scatter } from "@tenfold/core/functions";
import type { Call, NodeFacts, Operators } from "../_call.ts";
import { Type } from "../_element.ts";
import { known, sizeOf } from "../_value.ts";
import { axesOf, reach } from "./windows.ts";

/** A place along a dim that is read, and how much it counts. */
interface Tap {
  readonly index: Tensor;
  readonly weight: Tensor;
}

/** What stands for elements outside of the input. */
type Outside = (place: Tensor, extent: number) => Tensor;

/** How places become taps along a dim. */
type Taps = (place: Tensor, extent: number, outside: Outside) => Tap[];

/** Places brought into the input, which count nothing where they were outside. */
function tap(
  place: Tensor,
  weight: Tensor | null,
  extent: number,
  outside: Outside,
): Tap {
  const at = outside(place, extent);
  const inside = at.ge(0).logicalAnd(at.le(extent - 1));
  return {
    index: at.clamp({ min: 0, max: extent - 1 }).cast("int32"),
    weight: weight === null
      ? inside.cast(place.dtype)
      : weight.where(inside, 0),
  };
}

const nearest: Taps = (place, extent, outside) => [
  tap(outside(place, extent).round(), null, extent, zeros),
];

const linear: Taps = (place, extent, outside) => {
  const at = outside(place, extent);
  const first = at.floor();
  const rest = at.sub(first);
  return [
    tap(first, rest.neg().add(1), extent, zeros),
    tap(first.add(1), rest, extent, zeros),
  ];
};

/** Cubic interpolation (Keys, 1981) with the coefficient -0.75. */
const cubic: Taps = (place, extent, outside) => {
  const first = place.floor();
  const rest = place.sub(first);
  const A = -0.75;
  const near = (d: Tensor) => d.mul(A + 2).sub(A + 3).mul(d).mul(d).add(1);
  const far = (d: Tensor) =>
    d.mul(A).sub(5 * A).mul(d).add(8 * A).mul(d).sub(4 * A);
  return [
    tap(first.sub(1), far(rest.add(1)), extent, outside),
    tap(first, near(rest), extent, outside),
    tap(first.add(1), near(rest.neg().add(1)), extent, outside),
    tap(first.add(2), far(rest.neg().add(2)), extent, outside),
  ];
};

const zeros: Outside = (place) => place;
const border: Outside = (place, extent) =>
  place.clamp({ min: 0, max: extent - 1 });

/** Mirrors places at the centres of the outer elements, or at their edges. */
function reflection(atCentres: boolean): Outside {
  return (place, extent) => {
    const [low, span] = atCentres ? [0, extent - 1] : [-0.5, extent];
    if (span === 0) return place.mul(0);
    const turn = place.sub(low).abs().remainder(2 * span);
    const mirrored = turn.minimum(turn.neg().add(2 * span)).add(low);
    return mirrored.clamp({ min: 0, max: extent - 1 });
  };
}

/**
 * Values of `x` (`[n, c, ...]`) at places, which are `[n, p]` for each spatial
 * dim; the result is `[n, c, p]`.
 */
function sample(
  x: Tensor,
  places: readonly Tensor[],
  taps: Taps,
  outside: Outside,
): Tensor {
  const [n, c, ...spatial] = x.shape as [number, number, ...number[]];
  const flat = x.reshape([n, c, sizeOf(spatial)]);
  let all: Tap[] | null = null;
  places.forEach((place, d) => {
    const own = taps(place, spatial[d]!, outside);
    all = all === null ? own : all.flatMap((before) =>
      own.map((one) => ({
        index: before.index.mul(spatial[d]!).add(one.index),
        weight: before.weight.mul(one.weight),
      }))
    );
  });
  const count = places[0]!.shape[1]!;
  return all!.map(({ index, weight }: Tap) =>
    flat.gather(2, index.unsqueeze(1).expand([n, c, count]))
      .mul(weight.unsqueeze(1))
  ).reduce((sum, part) => sum.add(part));
}

const MODES: { readonly [mode: string]: Taps } = {
  nearest,
  linear,
  bilinear: linear,
  cubic,
  bicubic: cubic,
};

/** Values at the places of a grid, whose coordinates lie between -1 and 1. */
function gridSample(call: Call): Tensor {
  const [x, grid] = [call.floats(0), call.floats(1)];
  const [n, c, ...spatial] = x.shape as [number, number, ...number[]];
  const out = grid.shape.slice(1, -1);
  const centres = call.attribute("align_corners", 0) === 1;
  const places = spatial.map((extent, d) => {
    // The last coordinate is that of the first dim.
    const along = grid.select(-1, spatial.length - 1 - d)
      .reshape([n, sizeOf(out)]).add(1);
    return centres
      ? along.mul((extent - 1) / 2)
      : along.mul(extent / 2).sub(0.5);
  });
  const padding = call.text("padding_mode", "zeros");
  const outside = padding === "border"
    ? border
    : padding === "reflection"
    ? reflection(centres)
    : zeros;
  const taps = MODES[call.text("mode", "linear")]!;
  return sample(x, places, taps, outside).reshape([n, c, ...out]);
}

/** The grid of an affine map for each sample. */
function affineGrid(call: Call): Tensor {
  const theta = call.floats(0);
  const [n, , ...spatial] = call.numbers(1)!;
  const centres = call.attribute("align_corners", 0) === 1;
  const rank = spatial.length;
  const size = sizeOf(spatial);
  const points = new Float64Array(size * (rank + 1)).fill(1);
  for (let i = 0; i < size; i++) {
    let rest = i;
    for (let d = rank - 1; d >= 0; d--) {
      const extent = spatial[d]!;
      const at = rest % extent;
      rest = Math.floor(rest / extent);
      points[i * (rank + 1) + rank - 1 - d] = centres
        ? extent === 1 ? -1 : 2 * at / (extent - 1) - 1
        : (2 * at + 1) / extent - 1;
    }
  }
  const all = call.toTensor(
    known(call.value(0).type, [size, rank + 1], points),
  );
  return all.matmul(theta.transpose(1, 2)).reshape([n!, ...spatial, rank]);
}

/** A convolution whose taps are moved by an offset of their own. */
function deformConv(call: Call): Tensor {
  const [x, weight, offset] = [call.floats(0), call.floats(1), call.floats(2)];
  const [bias, mask] = [call.optional(3), call.optional(4)];
  const kernel = call.list("kernel_shape") ?? weight.shape.slice(2);
  const [rows, columns] = axesOf(call, x.shape.slice(2), kernel);
  const [n, c] = x.shape as [number, number];
  const [height, width] = [rows!.count, columns!.count];
  const groups = call.attribute("group", 1);
  const offsetGroups = call.attribute("offset_group", 1);
  const taps = kernel[0]! * kernel[1]!;
  const place =
    (axis: typeof rows, extent: number, other: number) => (at: number) =>
      call.toTensor(known(
        Type.FLOAT,
        axis === rows ? [extent, 1] : [1, extent],
        Array.from(
          { length: extent },
          (_, i) => i * axis!.stride - axis!.before + at * axis!.dilation,
        ),
      )).expand(axis === rows ? [extent, other] : [other, extent]);
  const [row, column] = [
    place(rows, height, width),
    place(columns, width, height),
  ];
  const moves = offset.reshape([n, offsetGroups, taps, 2, height, width]);
  const each = c / offsetGroups;
  const patches = Array.from({ length: offsetGroups }, (_, g) => {
    const part = x.narrow(1, g * each, each);
    const all = Array.from({ length: taps }, (_, t) => {
      const move = moves.select(1, g).select(1, t);
      const places = [
        row(Math.floor(t / kernel[1]!)),
        column(t % kernel[1]!),
      ].map((base, d) =>
        move.select(1, d).add(base).reshape([n, height * width])
      );
      const values = sample(part, places, linear, zeros);
      return mask === null ? values : values.mul(
        mask.reshape([n, offsetGroups, taps, height * width])
          .select(1, g).narrow(1, t, 1),
      );
    });
    return cat(all.map((values) => values.unsqueeze(2)), 2);
  });
  // [n, groups, c / groups * taps, places]
  const columnsOf = cat(patches, 1)
    .reshape([n, groups, c / groups * taps, height * width]);
  const m = weight.shape[0]!;
  const out = weight.reshape([groups, m / groups, c / groups * taps])
    .matmul(columnsOf).reshape([n, m, height, width]);
  return bias === null ? out : out.add(bias.reshape([m, 1, 1]));
}

/** Zeros beside a tensor. */
function nothing({ dtype, device }: Tensor, shape: number[]): Tensor {
  return full(shape, 0, { dtype, device });
}

/** Values put back to where MaxPool found them. */
function maxUnpool(call: Call): Tensor {
  const x = call.tensor(0);
  const [n, c, ...spatial] = x.shape as [number, number, ...number[]];
  const kernel = call.list("kernel_shape")!;
  const strides = call.list("strides") ?? kernel.map(() => 1);
  const pads = call.list("pads") ?? kernel.flatMap(() => [0, 0]);
  const rank = spatial.length;
  const own = spatial.map((extent, d) =>
    (extent - 1) * strides[d]! + kernel[d]! - pads[d]! - pads[rank + d]!
  );
  const plane = n * c * sizeOf(own);
  const spread = scatter(
    nothing(x, [plane]),
    0,
    call.tensor(1).reshape([x.size]),
    x.reshape([x.size]),
  ).reshape([n, c, ...own]);
  const asked = call.numbers(2)?.slice(2) ?? own;
  const amounts = asked.map((extent, d) => [0, extent - own[d]!]).reverse();
  return amounts.every(([, more]) => more === 0)
    ? spread
    : spread.pad(amounts.flat());
}

/** Blocks added up where they lie over one another. */
function columnsToImage(call: Call): Tensor {
  const x = call.tensor(0);
  const [image, block] = [call.numbers(1)!, call.numbers(2)!];
  const [n, wide, count] = x.shape as [number, number, number];
  const axes = axesOf(call, image, block);
  const taps = sizeOf(block);
  const channels = wide / taps;
  const spots = axes.map(({ count }) => count);
  const due = sizeOf(spots);
  if (due !== count) {
    throw new RangeError(`it takes ${due} blocks: got ${count}`);
  }
  // Where each tap of each block lies in the padded image.
  const padded = axes.map((axis, d) =>
    Math.max(
      image[d]! + axis.before + axis.behind,
      (axis.count - 1) * axis.stride + reach(axis.kernel, axis.dilation),
    )
  );
  const index = new Int32Array(taps * count);
  for (let t = 0; t < taps; t++) {
    for (let s = 0; s < count; s++) {
      let [restT, restS, unit, at] = [t, s, 1, 0];
      for (let d = axes.length - 1; d >= 0; d--) {
        const { kernel, stride, dilation } = axes[d]!;
        at += unit * (restT % kernel * dilation + restS % spots[d]! * stride);
        restT = Math.floor(restT / kernel);
        restS = Math.floor(restS / spots[d]!);
        unit *= padded[d]!;
      }
      index[t * count + s] = at;
    }
  }
  const where = call.toTensor(known(Type.INT64, [1, index.length], index))
    .expand([n * channels, index.length]);
  const sums = nothing(x, [n * channels, sizeOf(padded)])
    .scatterAdd(1, where, x.reshape([n * channels, taps * count]))
    .reshape([n, channels, ...padded]);
  return axes.reduce(
    (all, { before }, d) => all.narrow(2 + d, before, image[d]!),
    sums,
  );
}

const refusesMode = ({ attributes }: NodeFacts): string | undefined => {
  const mode = String(attributes.get("mode") ?? "linear");
  return mode in MODES ? undefined : `its mode is ${mode}`;
};

/** The operators of this file. */
export const SAMPLING: Operators = {
  GridSample: {
    since: 16,
    run: (call) => call.like(0, gridSample(call)),
    refuses: refusesMode,
  },
  AffineGrid: {
    since: 20,
    numbers: [1],
    run: (call) => call.like(0, affineGrid(call)),
  },
  DeformConv: {
    since: 19,
    run: (call) => call.like(0, deformConv(call)),
    refuses: ({ attributes }) => {
      const kernel = attributes.get("kernel_shape");
      return Array.isArray(kernel) && kernel.length !== 2
        ? `its windows have ${kernel.length} dims, and 2 are supported`
        : undefined;
    },
  },
  MaxUnpool: {
    since: 9,
    numbers: [2],
    run: (call) => call.like(0, maxUnpool(call)),
  },
  Col2Im: {
    since: 18,
    numbers: [1, 2],
    run: (call) => call.like(0, columnsToImage(call)),
  },
};
