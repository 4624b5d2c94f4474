/**
 * The gradient rules: one table keyed by primitive, written in tensor methods
 * so that gradients differentiate again. Each rule says what it needs saved;
 * the tape holds nothing else.
 *
 * @module
 */
import { call, castExpr, constant, type Expr } from "../expr.ts";
import type { INFER } from "../infer.ts";
import type { OpOf } from "../op.ts";
import {
  formulaOf,
  free,
  type Gradient,
  none,
  pass,
  type Rule,
  type RuleContext,
  saving,
  zeros,
} from "../ops/gradient.ts";
import { type Shape, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { ELEMENTWISE_GRADIENTS } from "./elementwise.ts";
import { formulaRule } from "./formula.ts";

/** A reduced gradient under the shape that broadcasts to the input. */
const kept = (
  g: Tensor,
  c: RuleContext<{ dims: readonly number[] }>,
): Tensor => {
  const { shape } = c.input(0);
  return g.reshape(
    shape.map((extent, d) => c.op.dims.includes(d) ? 1 : extent),
  );
};

const countOf = (c: RuleContext<{ dims: readonly number[] }>): number =>
  sizeOf(c.op.dims.map((d) => c.input(0).shape[d]!));

/**
 * The product of all other elements along the last dim, for each element:
 * products of the prefix before it and the suffix behind it, each by doubling.
 * Exact with zeros and differentiable to any order.
 */
function exclusiveProducts(x: Tensor): Tensor {
  const length = x.shape[x.ndim - 1]!;
  const shifted = (t: Tensor, by: number): Tensor =>
    by > 0
      ? t.narrow(-1, 0, length - by).pad([by, 0], { value: 1 })
      : t.narrow(-1, -by, length + by).pad([0, -by], { value: 1 });
  let before = shifted(x, 1);
  let behind = shifted(x, -1);
  for (let by = 1; by < length; by *= 2) {
    before = before.mul(shifted(before, by));
    behind = behind.mul(shifted(behind, -by));
  }
  return before.mul(behind);
}

const prodRule: Rule<OpOf<"prod">> = saving([0], (g, c) => {
  const x = c.t(0);
  const { dims } = c.op;
  if (dims.length === 0 || x.size === 0) return kept(g, c).expand(x.shape);
  const rest = x.shape.map((_, d) => d).filter((d) => !dims.includes(d));
  const order = [...rest, ...dims];
  const moved = x.permute(order);
  const others = exclusiveProducts(
    moved.reshape([...rest.map((d) => x.shape[d]!), countOf(c)]),
  );
  const back = order.map((_, d) => order.indexOf(d));
  return others.reshape(moved.shape).permute(back).mul(kept(g, c));
});

/** The transpose of a window: zeros around the gradient. */
const viewRule: Rule<OpOf<"slice"> | OpOf<"diagonal"> | OpOf<"unfold">> = {
  saves: [],
  grad: (g, c) =>
    c.apply(
      { name: "embed", shape: c.input(0).shape, value: 0, windows: [c.op] },
      [g],
    ),
  windows: (op) => [op],
};

/** The transpose of overlapping windows: each place sums its windows. */
const foldRule: Rule<OpOf<"unfold">> = free((g, c) => {
  const { dim, size, step } = c.op;
  const taps = Array.from({ length: size }, (_, k) => k);
  const length = g.shape[dim]!;
  return c.apply({
    name: "embedSum",
    shape: c.input(0).shape,
    places: taps.map((start) => [{ name: "slice", dim, start, length, step }]),
  }, taps.map((k) => g.select(-1, k)));
});

/** The same primitive, applied to the gradient. */
const itself: Gradient<OpOf<"tril"> | OpOf<"dropout">> = [
  free((g, c) => c.apply(c.op, [g])),
];

/** Whether x is the extreme y; NaN is, where there is one. */
const attains = (x: Expr, y: Expr): Expr =>
  call("or", call("eq", x, y), call("isNan", x));
/** Operands x, y: 1 where x attains the extreme y. */
const attained = formulaOf(
  "max",
  2,
  (x, y) => castExpr(attains(x!, y!), x!.dtype),
);
/** Operands x, y, g and how many attain y. */
const extremeGrad = formulaOf("max", 4, (x, y, g, count) =>
  call(
    "select",
    attains(x!, y!),
    call("div", g!, count!),
    constant(0, g!.dtype),
  ));

/** Spreads the gradient evenly over the elements that attain the extreme. */
const extremeOver: Gradient<OpOf<"max" | "min">> = [
  saving([0, "y"], (g, c) => {
    const [x, y] = [c.t(0), kept(c.y(), c)];
    const count = c.apply({
      name: "mapSum",
      formula: attained(g.dtype),
      scalars: [],
      dims: c.op.dims,
      keepDim: true,
      divisor: 1,
    }, [x, y]);
    const formula = extremeGrad(g.dtype);
    const inputs = [x, y, kept(g, c), count];
    return c.apply({ name: "map", formula, scalars: [] }, inputs);
  }),
];

/** All leading dims as one. */
const rowsOf = (x: Tensor): Tensor =>
  x.ndim === 2 ? x : x.ndim === 1 ? x.unsqueeze(0) : x.flatten(0, -2);

/** Height and width. */
const planeOf = (shape: Shape): [number, number] => [
  shape[shape.length - 2]!,
  shape[shape.length - 1]!,
];

/** Every gradient rule. Empty rows have no gradient. */
export const VJP: {
  readonly [N in keyof typeof INFER]: Gradient<OpOf<N>>;
} = {
  ...ELEMENTWISE_GRADIENTS,
  cast: [pass],
  copy: [pass],
  sum: [free((g, c) => kept(g, c).expand(c.input(0).shape))],
  mean: [
    free((g, c) => kept(g, c).div(countOf(c)).expand(c.input(0).shape)),
  ],
  prod: [prodRule],
  max: extremeOver,
  min: extremeOver,
  any: none,
  all: none,
  norm: [
    saving([0, "y"], (g, c) => {
      const y = kept(c.y(), c);
      return c.t(0).mul(kept(g, c).div(y).where(y.ne(0), 0));
    }),
  ],
  variance: [
    saving([0], (g, c) => {
      const x = c.t(0);
      const mean = x.mean(c.op.dims, { keepDim: true });
      const divisor = Math.max(0, countOf(c) - c.op.correction);
      return x.sub(mean).mul(kept(g, c).mul(2 / divisor));
    }),
  ],
  logsumexp: [
    saving([0, "y"], (g, c) => {
      const y = kept(c.y(), c);
      return c.t(0).sub(y).exp().mul(kept(g, c));
    }),
  ],
  sort: [
    {
      saves: ["y"],
      grad: (g, c) => zeros(c, g.shape).scatterAdd(c.op.dim, c.y(1), g),
    },
  ],

  reshape: [free((g, c) => g.reshape(c.input(0).shape))],
  permute: [
    free((g, c) => g.permute(c.op.dims.map((_, d) => c.op.dims.indexOf(d)))),
  ],
  expand: [pass],
  slice: [viewRule],
  unfold: ({ size, step }) => step >= size ? viewRule : foldRule,
  diagonal: [viewRule],
  embed: [
    free((g, c) =>
      c.op.windows.reduce((view, window) => c.apply(window, [view]), g)
    ),
  ],
  embedSum: [
    free((g, c, p) =>
      c.op.places[p]!.reduce((view, window) => c.apply(window, [view]), g)
    ),
  ],
  cat: [
    free((g, c, p) => {
      let start = 0;
      for (let i = 0; i < p; i++) start += c.input(i).shape[c.op.dim]!;
      return g.narrow(c.op.dim, start, c.input(p).shape[c.op.dim]!);
    }),
  ],

  full: none,
  arange: none,
  eye: none,
  tril: itself,
  triu: itself,
  random: none,
  dropout: itself,

  matmul: [
    saving([1], (g, c) => g.matmul(c.t(1).transpose(-1, -2))),
    saving([0], (g, c) => {
      const a = c.t(0);
      if (c.input(1).shape.length > 2 || a.ndim === 2) {
        return a.transpose(-1, -2).matmul(g);
      }
      // One matrix for the whole batch: one tall product, no sum behind it.
      return a.flatten(0, -2).t().matmul(g.flatten(0, -2));
    }),
    pass,
  ],
  linear: [
    saving([1], (g, c) => g.matmul(c.t(1))),
    saving([0], (g, c) => rowsOf(g).t().matmul(rowsOf(c.t(0)))),
    pass,
  ],
  conv2d: [
    saving([1], (g, c) =>
      c.apply({
        ...c.op,
        name: "conv2dInput",
        size: planeOf(c.input(0).shape),
      }, [g, c.t(1)])),
    saving([0], (g, c) =>
      c.apply({
        ...c.op,
        name: "conv2dWeight",
        size: planeOf(c.input(1).shape),
      }, [c.t(0), g])),
    free((g) => g.sum([0, 2, 3])),
  ],
  conv2dInput: [
    saving([1], (g, c) => c.apply({ ...c.op, name: "conv2d" }, [g, c.t(1)])),
    saving([0], (g, c) =>
      c.apply({
        ...c.op,
        name: "conv2dWeight",
        size: planeOf(c.input(1).shape),
      }, [g, c.t(0)])),
  ],
  conv2dWeight: [
    saving([1], (g, c) =>
      c.apply({
        ...c.op,
        name: "conv2dInput",
        size: planeOf(c.input(0).shape),
      }, [c.t(1), g])),
    saving([0], (g, c) => c.apply({ ...c.op, name: "conv2d" }, [c.t(0), g])),
  ],
  maxPool2d: [
    saving(["y"], (g, c) => {
      const { shape } = c.input(0);
      const planes = shape.slice(0, -2);
      const flat = (x: Tensor) =>
        x.reshape([...planes, sizeOf(planeOf(x.shape))]);
      return zeros(c, [...planes, sizeOf(planeOf(shape))])
        .scatterAdd(-1, flat(c.y(1)), flat(g))
        .reshape(shape);
    }),
  ],
  gather: [
    saving(
      [1],
      (g, c) => zeros(c, c.input(0).shape).scatterAdd(c.op.dim, c.t(1), g),
    ),
  ],
  scatterAdd: [
    pass,
    null,
    saving([1], (g, c) => {
      const picked = g.gather(c.op.dim, c.t(1));
      const { shape } = c.input(2);
      const windows = shape.map((_, dim) => ({
        name: "slice" as const,
        dim,
        start: 0,
        length: picked.shape[dim]!,
        step: 1,
      }));
      return shape.every((extent, d) => extent === picked.shape[d])
        ? picked
        : c.apply({ name: "embed", shape, value: 0, windows }, [picked]);
    }),
  ],
  map: formulaRule,
  mapSum: formulaRule,
  update: none,
};
