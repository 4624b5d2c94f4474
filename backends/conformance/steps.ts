/**
 * The steps of random programs: each chooses operands among the values so far
 * and returns the next operation, if one fits.
 *
 * @module
 */
import { isFloating, type Shape, ShapeError } from "@tenfold/core";
import {
  broadcastShapes,
  ELEMENTWISE,
  type ElementwiseName,
  type Op,
  sizeOf,
} from "@tenfold/core/backend";
import { LINE_NAMES } from "./ops/along.ts";
import { fit, type Plain } from "./ops/plain.ts";
import { randomExpr } from "./expressions.ts";
import { movementOf } from "./movements.ts";
import type { Random } from "./random.ts";

/** Values larger than this take part only in what cannot overflow. */
const WILD = 1e4;

/** One value of a program, as far as a step looks at it. */
export interface Known {
  /** The value in the reference. */
  readonly guess: Plain;
}

/** The values so far. */
export interface Values {
  /** All of them, oldest first. */
  readonly nodes: readonly Known[];
  /** The position of a random one that fits, or null. */
  some(random: Random, fits?: (node: Known) => boolean): number | null;
}

/** A choice of the next operation, as far as the values so far allow it. */
export interface Step {
  /** The operation. */
  readonly op: Op;
  /** Which values it takes. */
  readonly inputs: readonly number[];
}

const isTame = ({ guess }: Known): boolean =>
  guess.data.every((x) => Math.abs(x) <= WILD);

/** Elementwise functions of any numbers whatever. */
const ROBUST: readonly ElementwiseName[] = [
  "maximum",
  "minimum",
  "neg",
  "abs",
  "sign",
  "tanh",
  "sigmoid",
  "clamp",
  "eq",
  "ne",
  "lt",
  "le",
  "gt",
  "ge",
  "logicalAnd",
  "logicalNot",
  "isNan",
  "isFinite",
  "where",
];

/** The others, except the pieces of gradients, which expect certain numbers. */
const ORDINARY = (Object.keys(ELEMENTWISE) as ElementwiseName[])
  .filter((name) => !name.endsWith("Grad"));

function fitsWith(a: Shape, b: Shape): boolean {
  try {
    broadcastShapes(a, b, "");
    return true;
  } catch (error) {
    if (error instanceof ShapeError) return false;
    throw error;
  }
}

function elementwise(program: Values, random: Random): Step | null {
  const first = program.some(random)!;
  let shape = program.nodes[first]!.guess.shape;
  const inputs = [first];
  let tame = isTame(program.nodes[first]!);
  let name = random.pick(ORDINARY);
  const { arity } = ELEMENTWISE[name];
  const numbers = Array.from({ length: arity }, () => random.chance(0.2));
  for (let p = 1; p < arity; p++) {
    if (numbers[p]) continue;
    const next = program.some(
      random,
      ({ guess }) => fitsWith(shape, guess.shape),
    )!;
    shape = broadcastShapes(shape, program.nodes[next]!.guess.shape, name);
    tame &&= isTame(program.nodes[next]!);
    inputs.push(next);
  }
  if (!tame) {
    const robust = ROBUST.filter((other) => ELEMENTWISE[other].arity === arity);
    name = random.pick(robust);
  }
  const allBool = inputs.every((i) => program.nodes[i]!.guess.dtype === "bool");
  if (allBool && ELEMENTWISE[name].bools === "refuse") return null;
  if (inputs.length === arity) return { op: { name }, inputs };
  const operands = numbers.map((is, p) =>
    is && p > 0 ? random.pick([2, -1, 0.5, 3]) : null
  );
  return { op: { name, operands }, inputs };
}

/** Some dims of a shape, in order. */
const someDims = (shape: Shape, random: Random): number[] =>
  shape.map((_, d) => d).filter(() => random.chance(0.6));

function reduction(program: Values, random: Random): Step | null {
  const i = program.some(random, isTame);
  if (i === null) return null;
  const { shape } = program.nodes[i]!.guess;
  const dims = someDims(shape, random);
  const keepDim = random.chance(0.5);
  const hollow = dims.some((d) => shape[d] === 0);
  const name = random.pick(
    [
      "sum",
      "mean",
      "any",
      "all",
      "norm",
      "variance",
      "logsumexp",
      ...(hollow ? [] : ["max", "min"] as const),
    ] as const,
  );
  const op: Op = name === "variance"
    ? { name, dims, keepDim, correction: 1 }
    : { name, dims, keepDim };
  return { op, inputs: [i] };
}

function along(program: Values, random: Random): Step | null {
  const i = program.some(random, isTame);
  if (i === null) return null;
  const { shape } = program.nodes[i]!.guess;
  const dim = random.whole(0, Math.max(0, shape.length - 1));
  const name = random.pick(
    [
      ...LINE_NAMES,
      "sort",
      ...(shape[dim] === 0 ? [] : ["argmax", "argmin"] as const),
    ] as const,
  );
  if (name === "sort") {
    return { op: { name, dim, descending: random.chance(0.5) }, inputs: [i] };
  }
  const op: Op = name === "argmax" || name === "argmin"
    ? { name, dim, keepDim: random.chance(0.5) }
    : { name, dim };
  return { op, inputs: [i] };
}

function movement(program: Values, random: Random): Step | null {
  const i = program.some(random)!;
  const op = movementOf(program.nodes[i]!.guess.shape, random);
  return op && { op, inputs: [i] };
}

function place(program: Values, random: Random): Step | null {
  const i = program.some(random)!;
  const { shape, dtype } = program.nodes[i]!.guess;
  const kind = random.pick(
    ["copy", "cast", "place", "cat", "triangle", "dropout"] as const,
  );
  switch (kind) {
    case "copy":
      return { op: { name: "copy" }, inputs: [i] };
    case "cast": {
      const to = random.pick(["bool", "int32", "float32", "float64"] as const);
      return { op: { name: "cast", dtype: to }, inputs: [i] };
    }
    case "place": {
      // Padding: room in front of and behind each dim.
      const front = shape.map(() => random.whole(0, 2));
      const outer = shape.map((n, d) => n + front[d]! + random.whole(0, 2));
      const windows = shape.map((length, dim) => ({
        name: "slice" as const,
        dim,
        start: front[dim]!,
        length,
        step: 1,
      }));
      const value = fit(dtype, random.pick([0, 1, -2.5]));
      return {
        op: { name: "place", shape: outer, value, windows },
        inputs: [i],
      };
    }
    case "cat": {
      if (shape.length === 0) return null;
      const dim = random.whole(0, shape.length - 1);
      const fits = ({ guess }: Known) =>
        guess.shape.length === shape.length &&
        guess.shape.every((n, d) => d === dim || n === shape[d]);
      const others = [0, 1].map(() => program.some(random, fits)!);
      return { op: { name: "cat", dim }, inputs: [i, ...others] };
    }
    case "triangle": {
      if (shape.length < 2) return null;
      const name = random.pick(["tril", "triu"] as const);
      return { op: { name, diagonal: random.whole(-1, 2) }, inputs: [i] };
    }
    case "dropout":
      if (!isTame(program.nodes[i]!)) return null;
      return {
        op: { name: "dropout", p: 0.25, key: [random.whole(0, 99), 7] },
        inputs: [i],
      };
  }
}

function product(program: Values, random: Random): Step | null {
  const fits = (node: Known) =>
    node.guess.shape.length >= 2 && node.guess.dtype !== "bool" && isTame(node);
  const i = program.some(random, fits);
  if (i === null) return null;
  const a = program.nodes[i]!.guess;
  const k = a.shape[a.shape.length - 1];
  const j = program.some(random, (node) => {
    const { shape, dtype } = node.guess;
    return fits(node) && dtype === a.dtype && shape[shape.length - 2] === k &&
      fitsWith(a.shape.slice(0, -2), shape.slice(0, -2));
  });
  return j === null ? null : { op: { name: "matmul" }, inputs: [i, j] };
}

function index(program: Values, random: Random): Step | null {
  const i = program.some(random);
  if (i === null) return null;
  const { shape } = program.nodes[i]!.guess;
  if (shape.length === 0 || sizeOf(shape) === 0) return null;
  // An index for a later gather: whole numbers below every extent.
  const high = Math.min(...shape);
  return {
    op: {
      name: "random",
      distribution: "integer",
      key: [random.whole(0, 999), random.whole(0, 999)],
      low: 0,
      high,
      shape,
      dtype: "int32",
    },
    inputs: [],
  };
}

function pick(program: Values, random: Random): Step | null {
  const i = program.some(
    random,
    ({ guess }) => guess.shape.length > 0 && sizeOf(guess.shape) > 0,
  );
  if (i === null) return null;
  const { shape, dtype } = program.nodes[i]!.guess;
  const dim = random.whole(0, shape.length - 1);
  const j = program.some(
    random,
    ({ guess }) =>
      guess.dtype === "int32" && guess.shape.length === shape.length &&
      guess.shape.every((n, d) => d === dim || n <= shape[d]!) &&
      guess.data.every((at) => at >= 0 && at < shape[dim]!),
  );
  if (j === null) return null;
  if (random.chance(0.6) || dtype === "bool" || !isTame(program.nodes[i]!)) {
    return { op: { name: "gather", dim }, inputs: [i, j] };
  }
  const wanted = program.nodes[j]!.guess.shape;
  const k = program.some(
    random,
    (node) =>
      node.guess.shape.length === wanted.length && isTame(node) &&
      (isFloating(dtype) || !isFloating(node.guess.dtype)) &&
      node.guess.shape.every((n, d) => n >= wanted[d]!),
  );
  if (k === null) return null;
  const name = random.pick(["scatterAdd", "scatterMax", "scatterMin"] as const);
  return { op: { name, dim }, inputs: [i, j, k] };
}

/** A formula over small whole numbers, as a map or as a change in place. */
function formula(program: Values, random: Random): Step | null {
  const small = ({ guess }: Known) =>
    guess.data.every((x) => Number.isInteger(x) && Math.abs(x) <= 40);
  const i = program.some(
    random,
    (node) => small(node) && node.guess.dtype !== "bool",
  );
  if (i === null) return null;
  const { shape, dtype } = program.nodes[i]!.guess;
  const fits = (node: Known) => {
    const own = node.guess.shape;
    return small(node) && fitsWith(shape, own) &&
      broadcastShapes(shape, own, "").join() === shape.join();
  };
  const inputs = [i, program.some(random, fits)!];
  const dtypes = inputs.map((j) => program.nodes[j]!.guess.dtype);
  const expr = randomExpr(
    { inputs: dtypes, dtype, scalars: 1, dims: shape.length, limit: 2 ** 20 },
    3,
    random,
  );
  if (random.chance(0.5)) {
    return {
      op: {
        name: "map",
        formula: { label: "formula", inputs: dtypes, scalars: 1, expr },
        scalars: [3],
      },
      inputs,
    };
  }
  return {
    op: {
      name: "update",
      targets: 1,
      program: { label: "update", inputs: dtypes, exprs: [expr] },
      scalars: [3],
    },
    inputs,
  };
}

/** What a step may do; what stands here twice happens more often. */
export const CHOICES:
  readonly ((program: Values, random: Random) => Step | null)[] = [
    elementwise,
    elementwise,
    elementwise,
    reduction,
    along,
    movement,
    movement,
    movement,
    place,
    place,
    product,
    index,
    pick,
    formula,
  ];
