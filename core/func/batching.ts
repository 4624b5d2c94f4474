/**
 * How each primitive runs over a batch: one rule a primitive, beside the tables
 * of what they mean. A rule gets the inputs with the batch as their first dim,
 * where they vary over it, and gives results that have it so. A primitive
 * without a rule does not compile; `each` runs any of them example by example.
 *
 * @module
 */
import { substitute } from "../autograd/gradient_formula.ts";
import { type Expr, indexAlong, usesIndex } from "../expr/expr.ts";
import { GradientError } from "../errors.ts";
import type {
  Formula,
  MovementOp,
  Op,
  OpName,
  OpOf,
  UpdateProgram,
} from "../op.ts";
import type { Shape } from "../shape.ts";
import { apply, type Tensor } from "../tensor.ts";
import { tidyNow } from "../scope.ts";

/** An input of a rule. */
export interface Batched {
  /** `[size, ...shape]` where it varies over the batch, else `shape`. */
  readonly inner: Tensor;
  /** Whether it varies over the batch. */
  readonly batched: boolean;
  /** The extents of one example. */
  readonly shape: Shape;
}

/** Runs an op for all examples, at least one input of which is batched. */
type Rule<O extends Op> = (
  op: O,
  inputs: readonly Batched[],
  size: number,
) => readonly Tensor[];

const run = (op: Op, inputs: readonly Tensor[]): Tensor[] =>
  apply(op, inputs, inputs[0]!.device);

/** The batch first, then as many dims as a rank asks for. */
function led({ inner, batched, shape }: Batched, rank: number): Tensor {
  const missing = rank - shape.length;
  if (!batched || missing <= 0) return inner;
  const ones = new Array<number>(missing).fill(1);
  return inner.reshape([inner.shape[0]!, ...ones, ...shape]);
}

/** All examples, one behind the other. */
const whole = ({ inner, batched, shape }: Batched, size: number): Tensor =>
  batched ? inner : inner.expand([size, ...shape]);

const rankOf = (inputs: readonly Batched[]): number =>
  Math.max(...inputs.map(({ shape }) => shape.length));

/** One dim as part of another: `[a, b, ...]` to `[a * b, ...]`. */
const joined = (x: Tensor): Tensor => x.flatten(0, 1);
/** The reverse. */
const parted = (x: Tensor, size: number): Tensor =>
  x.reshape([size, x.shape[0]! / size, ...x.shape.slice(1)]);

/** Example by example: right for every primitive, and as slow as a loop. */
export const each: Rule<Op> = (op, inputs, size) => {
  const results: Tensor[][] = [];
  for (let i = 0; i < size; i++) {
    results.push(
      run(op, inputs.map((x) => x.batched ? x.inner.select(0, i) : x.inner)),
    );
  }
  return results[0]!.map((_, o) =>
    run(
      { name: "cat", dim: 0 },
      results.map((outputs) => outputs[o]!.unsqueeze(0)),
    )[0]!
  );
};

/** The batch is one more dim to broadcast over. */
const broadcast: Rule<Op> = (op, inputs) => {
  const rank = rankOf(inputs);
  return run(op, inputs.map((x) => led(x, rank)));
};

/** The op as it is, over the whole batch. */
const direct: Rule<Op> = (op, inputs, size) =>
  run(op, inputs.map((x) => whole(x, size)));

/** Over dims, which move by one. */
const dims: Rule<Op & { readonly dims: readonly number[] }> = (op, [x]) =>
  run({ ...op, dims: op.dims.map((d) => d + 1) } as Op, [x!.inner]);

/** Along one dim of all inputs; numbers have it for the time being. */
const along: Rule<Op & { readonly dim: number }> = (op, inputs, size) => {
  const all = inputs.map((x) => whole(x, size));
  if (rankOf(inputs) > 0) return run({ ...op, dim: op.dim + 1 } as Op, all);
  return run({ ...op, dim: 1 } as Op, all.map((x) => x.unsqueeze(1)))
    .map((y) => y.reshape([size]));
};

/** Positions count one dim more. */
const moved = (expr: Expr): Expr =>
  substitute(
    expr,
    (node) => node.kind === "index" ? indexAlong(node.dim + 1) : null,
  );

const formulas = new WeakMap<Formula, Formula>();

function movedFormula(formula: Formula): Formula {
  const { expr, gradients = [] } = formula;
  const exprs = gradients.filter((g) => g !== null);
  if (!usesIndex([expr, ...exprs])) return formula;
  let known = formulas.get(formula);
  if (known === undefined) {
    known = {
      ...formula,
      expr: moved(expr),
      ...formula.gradients &&
        { gradients: formula.gradients.map((g) => g && moved(g)) },
    };
    formulas.set(formula, known);
  }
  return known;
}

const programs = new WeakMap<UpdateProgram, UpdateProgram>();

function movedProgram(program: UpdateProgram): UpdateProgram {
  if (!usesIndex(program.exprs)) return program;
  let known = programs.get(program);
  if (known === undefined) {
    known = { ...program, exprs: program.exprs.map(moved) };
    programs.set(program, known);
  }
  return known;
}

/** A movement of one example as that of the batch. */
export function movedBy(op: MovementOp, size: number): MovementOp {
  switch (op.name) {
    case "reshape":
    case "expand":
      return { ...op, shape: [size, ...op.shape] };
    case "permute":
      return { ...op, dims: [0, ...op.dims.map((d) => d + 1)] };
    case "diagonal":
      return { ...op, dim1: op.dim1 + 1, dim2: op.dim2 + 1 };
    case "slice":
    case "unfold":
      return { ...op, dim: op.dim + 1 };
  }
}

const movement: Rule<MovementOp> = (op, [x], size) => {
  const rank = op.name === "expand" ? op.shape.length : 0;
  return run(movedBy(op, size), [led(x!, rank)]);
};

const linear: Rule<OpOf<"linear">> = (op, inputs, size) => {
  const [x, w, bias] = inputs as [Batched, Batched, Batched?];
  if (!w.batched && !bias?.batched) {
    return run(op, inputs.map(({ inner }) => inner));
  }
  const rank = Math.max(x.shape.length, 2);
  const vector = x.shape.length === 1;
  const weight = w.batched
    ? { ...w, inner: w.inner.transpose(1, 2) }
    : { ...w, inner: w.inner.transpose(0, 1) };
  const shape = [...w.shape].reverse();
  const rows = vector
    ? { ...x, inner: x.inner.unsqueeze(-2), shape: [1, ...x.shape] }
    : x;
  const [product] = run({ name: "matmul" }, [
    led(rows, rank),
    led({ ...weight, shape }, rank),
  ]);
  const sum = bias ? product!.add(led(bias, rank)) : product!;
  const out = sum.ndim === rank ? sum.expand([size, ...sum.shape]) : sum;
  return [vector ? out.squeeze(-2) : out];
};

/** Channels of all examples beside each other: `[n, size * c, ...]`. */
function channels(x: Batched, size: number): Tensor {
  const all = whole(x, size).transpose(0, 1);
  return all.reshape([
    all.shape[0]!,
    size * all.shape[2]!,
    ...all.shape.slice(3),
  ]);
}

/** The reverse. */
const examples = (x: Tensor, size: number): Tensor =>
  x.reshape([x.shape[0]!, size, x.shape[1]! / size, ...x.shape.slice(2)])
    .transpose(0, 1);

/** Examples join the batch of images, or are groups where weights differ. */
const convolution: Rule<OpOf<"conv2d"> | OpOf<"conv2dInput">> = (
  op,
  inputs,
  size,
) => {
  const [x, w, bias] = inputs as [Batched, Batched, Batched?];
  if (!w.batched && !bias?.batched) {
    const rest = inputs.slice(1).map(({ inner }) => inner);
    return [parted(run(op, [joined(x.inner), ...rest])[0]!, size)];
  }
  const grouped = { ...op, groups: op.groups * size };
  const operands = [channels(x, size), joined(whole(w, size))];
  if (bias) operands.push(whole(bias, size).flatten());
  return [examples(run(grouped, operands)[0]!, size)];
};

const conv2dWeight: Rule<OpOf<"conv2dWeight">> = (op, [x, g], size) => {
  const grouped = { ...op, groups: op.groups * size };
  const operands = [channels(x!, size), channels(g!, size)];
  return [parted(run(grouped, operands)[0]!, size)];
};

const maxPool2d: Rule<OpOf<"maxPool2d">> = (op, [x], size) =>
  run(op, [joined(x!.inner)]).map((y) => parted(y, size));

const update: Rule<OpOf<"update">> = (op, inputs) => {
  for (const target of inputs.slice(0, op.targets)) {
    if (target.batched) continue;
    throw new GradientError(
      `Cannot ${op.program.label} in place within vmap as the target is one for all examples, which would each write to it: use an operation that returns a new tensor`,
    );
  }
  const rank = rankOf(inputs);
  return run(
    { ...op, program: movedProgram(op.program) },
    inputs.map((x) => led(x, rank)),
  );
};

/** Never asked: what has no inputs varies over no batch. */
const constant: Rule<Op> = () => [];

/** The names of primitives that broadcast. */
type ElementwiseName = OpOf<"add">["name"];

/** The rule of each primitive that is not elementwise. */
export const BATCHING: {
  readonly [N in Exclude<OpName, ElementwiseName>]: Rule<OpOf<N>>;
} = {
  map: (op, inputs, size) =>
    broadcast({ ...op, formula: movedFormula(op.formula) }, inputs, size),
  mapSum: (op, inputs, size) =>
    broadcast({ ...op, dims: op.dims.map((d) => d + 1) }, inputs, size),
  sum: dims,
  mean: dims,
  prod: dims,
  max: dims,
  min: dims,
  any: dims,
  all: dims,
  logsumexp: dims,
  norm: dims,
  variance: dims,
  softmax: along,
  logSoftmax: along,
  cumsum: along,
  cumprod: along,
  argmax: (op, inputs, size) => position(op, inputs, size),
  argmin: (op, inputs, size) => position(op, inputs, size),
  sort: along,
  gather: along,
  scatterAdd: along,
  scatterProd: along,
  scatterMax: along,
  scatterMin: along,
  cat: along,
  reshape: movement,
  permute: movement,
  expand: movement,
  slice: movement,
  unfold: movement,
  diagonal: movement,
  cast: direct,
  copy: direct,
  place: (op, [x], size) => {
    const windows = op.windows.map((window) => movedBy(window, size));
    return run({ ...op, shape: [size, ...op.shape], windows }, [x!.inner]);
  },
  placeSum: (op, inputs, size) =>
    direct(
      {
        ...op,
        shape: [size, ...op.shape],
        places: op.places.map((windows) =>
          windows.map((window) => movedBy(window, size))
        ),
      },
      inputs,
      size,
    ),
  update,
  full: constant,
  arange: constant,
  eye: constant,
  random: constant,
  tril: direct,
  triu: direct,
  // The layer draws before it comes here.
  dropout: each,
  matmul: (op, inputs, size) => {
    const [a, b, bias] = inputs as [Batched, Batched, Batched?];
    if (!bias?.batched) return broadcast(op, inputs, size);
    // A bias alone makes no batch of a product.
    const rank = rankOf(inputs);
    const [product] = run(op, [led(a, rank), led(b, rank)]);
    return [product!.add(led(bias, rank))];
  },
  linear,
  conv2d: convolution,
  conv2dInput: convolution,
  conv2dWeight,
  maxPool2d,
  linalg: direct,
  lines: direct,
  linearInt8: each,
};

const position = (
  op: OpOf<"argmax">,
  inputs: readonly Batched[],
  size: number,
): readonly Tensor[] => along(op as Op & { dim: number }, inputs, size);

/** Runs an op for all examples. */
export function batched(
  op: Op,
  inputs: readonly Batched[],
  size: number,
): readonly Tensor[] {
  const rule = (BATCHING as { readonly [name: string]: Rule<Op> })[op.name] ??
    broadcast;
  return tidyNow(() => rule(op, inputs, size));
}
