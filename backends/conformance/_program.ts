/**
 * The third law: random programs agree. A program is a list of steps; each
 * step picks a primitive and operands among the values so far. Nothing is read
 * until all of it has run. Then each result is held against what the reference
 * makes of the very numbers that its operands turned out to have, so that a
 * difference names the operation that made it.
 *
 * @module
 */
import {
  broadcastShapes,
  type DType,
  ELEMENTWISE,
  type ElementwiseName,
  type MovementOp,
  type Op,
  type Shape,
  ShapeError,
  sizeOf,
  type UpdateOp,
  type Value,
} from "@tenfold/core";
import { fit, type Plain, reference } from "@tenfold/core/reference";
import { allowanceOf } from "./_allowance.ts";
import { differenceOf, showOp, showPlain } from "./_check.ts";
import { flushed } from "./_compare.ts";
import { randomExpr } from "./_expressions.ts";
import { ALL_LAYOUTS } from "./_layout.ts";
import { Random } from "./_random.ts";
import type { Session } from "./_session.ts";
import { common, wholes } from "./_values.ts";

/** Values larger than this take part only in what cannot overflow. */
const WILD = 1e4;
/** No value has more elements than this. */
const LARGEST = 600;

/** One value of a program. */
interface Node {
  readonly value: Value;
  /** What the reference made of it on the way; decides what may follow. */
  readonly guess: Plain;
  /** Where it came from; null for a leaf. */
  readonly from: { readonly op: Op; readonly inputs: readonly number[] } | null;
  /** Which result of the op it is. */
  readonly result: number;
}

/** A choice of the next operation, as far as the values so far allow it. */
type Step = { readonly op: Op; readonly inputs: readonly number[] };

class Program {
  readonly nodes: Node[] = [];
  readonly #session: Session;
  readonly #dtypes: readonly DType[];

  constructor(session: Session) {
    this.#session = session;
    this.#dtypes = session.backend.dtypes;
  }

  /** Adds a value with random numbers, in a random layout. */
  leaf(random: Random): void {
    const shape = random.pick<Shape>([
      [],
      [4],
      [7],
      [3, 4],
      [4, 3],
      [1, 4],
      [2, 3, 4],
      [3, 3],
      [0, 4],
      [5, 1],
    ]);
    const dtype = random.pick(this.#dtypes);
    const { value, plain } = this.#session.place({
      shape,
      dtype,
      layout: random.pick(ALL_LAYOUTS),
      values: dtype === "int32" ? wholes(-9, 9) : common,
    }, random);
    this.nodes.push({ value, guess: plain, from: null, result: 0 });
  }

  /** Runs one more operation, if the random choice of one fits. */
  step(random: Random): void {
    const chosen = random.pick(CHOICES)(this, random);
    if (!chosen) return;
    const { op, inputs } = chosen;
    const operands = inputs.map((i) => this.nodes[i]!);
    const guesses = reference(op, operands.map(({ guess }) => guess));
    if (guesses.some(({ shape }) => sizeOf(shape) > LARGEST)) return;
    if (guesses.some(({ dtype }) => !this.#dtypes.includes(dtype))) return;
    if (op.name === "update") return this.#update(op, inputs, guesses[0]!);
    const { device, backend } = this.#session;
    let values: readonly Value[] = [];
    try {
      values = device.apply(op, operands.map(({ value }) => value));
    } catch (error) {
      if (!backend.excuses(error)) throw error;
    }
    values.forEach((value, result) => {
      this.nodes.push({
        value,
        guess: guesses[result]!,
        from: { op, inputs },
        result,
      });
    });
  }

  /** Changes a copy in place, by a view of all of it. */
  #update(op: UpdateOp, inputs: readonly number[], guess: Plain): void {
    const { device } = this.#session;
    const [target, ...others] = inputs.map((i) => this.nodes[i]!.value);
    const [copy] = device.apply({ name: "copy" }, [target!]);
    device.apply(op, [copy!, ...others]);
    this.nodes.push({ value: copy!, guess, from: { op, inputs }, result: 0 });
  }

  /** A random node that fits. */
  some(
    random: Random,
    fits: (node: Node) => boolean = () => true,
  ): number | null {
    const found = this.nodes.map((_, i) => i).filter((i) =>
      fits(this.nodes[i]!)
    );
    return found.length === 0 ? null : random.pick(found);
  }

  /** Reads every value and checks those that were computed. */
  async check(): Promise<void> {
    const { device, backend } = this.#session;
    const plains: Plain[] = [];
    for (const { value } of this.nodes) {
      const data = Array.from(await device.read(value));
      plains.push({ shape: value.shape, dtype: value.dtype, data });
    }
    this.nodes.forEach(({ from, result, guess }, i) => {
      const got = plains[i]!;
      // Leaves must be what they were: nothing may write into its operands.
      const difference = from === null
        ? differenceOf(
          Float64Array.from(got.data),
          guess,
          { epsilons: 0, signedZeros: true },
          null,
        )
        : this.#differenceOf(from, result, got, plains);
      if (!difference) return;
      const operands = from?.inputs.map((j) =>
        `\n  operand ${j}: ${showPlain(plains[j]!, "")}`
      ) ?? [];
      throw new Error(
        `${
          from ? showOp(from.op) : "a leaf"
        } as value ${i} of a program on ${backend.name}: ${difference}${
          operands.join("")
        }\n  program:${this.#show()}`,
      );
    });
  }

  #differenceOf(
    { op, inputs }: NonNullable<Node["from"]>,
    result: number,
    got: Plain,
    plains: readonly Plain[],
  ): string | null {
    const operands = inputs.map((i) => plains[i]!);
    const expected = reference(op, operands);
    const wanted = expected[result]!;
    if (
      got.dtype !== wanted.dtype || got.shape.join() !== wanted.shape.join()
    ) {
      return `it is ${got.dtype} [${
        got.shape.join(", ")
      }], expected ${wanted.dtype} [${wanted.shape.join(", ")}]`;
    }
    const alternative = this.#session.backend.subnormals
      ? null
      : reference(op, operands.map(flushed))[result]!;
    return differenceOf(
      Float64Array.from(got.data),
      wanted,
      allowanceOf(op, operands, expected),
      alternative,
    );
  }

  #show(): string {
    return this.nodes.map(({ from, value }, i) =>
      `\n    ${i}: ${
        from ? `${showOp(from.op)} of ${from.inputs.join(", ")}` : "leaf"
      } → ${value.dtype} [${value.shape.join(", ")}]`
    ).join("");
  }

  release(): void {
    for (const { value } of this.nodes) value.release();
  }
}

const isTame = ({ guess }: Node): boolean =>
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

function elementwise(program: Program, random: Random): Step | null {
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

function reduction(program: Program, random: Random): Step | null {
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

function along(program: Program, random: Random): Step | null {
  const i = program.some(random, isTame);
  if (i === null) return null;
  const { shape } = program.nodes[i]!.guess;
  const dim = random.whole(0, Math.max(0, shape.length - 1));
  const name = random.pick(
    [
      "softmax",
      "logSoftmax",
      "cumsum",
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

/** A movement that fits a shape, or null. */
export function movementOf(shape: Shape, random: Random): MovementOp | null {
  const rank = shape.length;
  const size = sizeOf(shape);
  const kind = random.pick(
    ["reshape", "permute", "expand", "slice", "unfold", "diagonal"] as const,
  );
  if (kind === "reshape") {
    const divisors = [1, 2, 3, 4, 6].filter((n) => size > 0 && size % n === 0);
    if (divisors.length === 0) return { name: kind, shape: [1, ...shape] };
    const n = random.pick(divisors);
    return {
      name: kind,
      shape: random.shuffle([n, size / n, ...(random.chance(0.3) ? [1] : [])]),
    };
  }
  if (kind === "permute") {
    return { name: kind, dims: random.shuffle(shape.map((_, d) => d)) };
  }
  if (kind === "expand") {
    return {
      name: kind,
      shape: [
        ...(random.chance(0.5) ? [2] : []),
        ...shape.map((n) => n === 1 ? random.whole(1, 3) : n),
      ],
    };
  }
  if (rank === 0 || size === 0) return null;
  const dim = random.whole(0, rank - 1);
  const extent = shape[dim]!;
  if (kind === "slice") {
    const step = random.pick([1, 1, 2, -1, -2]);
    const start = random.whole(0, extent - 1);
    const room = step > 0
      ? Math.floor((extent - 1 - start) / step) + 1
      : Math.floor(start / -step) + 1;
    return { name: kind, dim, start, length: random.whole(0, room), step };
  }
  if (kind === "unfold") {
    return {
      name: kind,
      dim,
      size: random.whole(1, Math.min(3, extent)),
      step: random.whole(1, 2),
    };
  }
  if (rank < 2) return null;
  const [dim1, dim2] = random.shuffle(shape.map((_, d) => d));
  return {
    name: kind,
    shift: random.whole(-1, 1),
    dim1: dim1!,
    dim2: dim2!,
  };
}

function movement(program: Program, random: Random): Step | null {
  const i = program.some(random)!;
  const op = movementOf(program.nodes[i]!.guess.shape, random);
  return op && { op, inputs: [i] };
}

function place(program: Program, random: Random): Step | null {
  const i = program.some(random)!;
  const { shape, dtype } = program.nodes[i]!.guess;
  const kind = random.pick(
    ["copy", "cast", "embed", "cat", "triangle", "dropout"] as const,
  );
  switch (kind) {
    case "copy":
      return { op: { name: "copy" }, inputs: [i] };
    case "cast": {
      const to = random.pick(["bool", "int32", "float32", "float64"] as const);
      return { op: { name: "cast", dtype: to }, inputs: [i] };
    }
    case "embed": {
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
        op: { name: "embed", shape: outer, value, windows },
        inputs: [i],
      };
    }
    case "cat": {
      if (shape.length === 0) return null;
      const dim = random.whole(0, shape.length - 1);
      const fits = ({ guess }: Node) =>
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

function product(program: Program, random: Random): Step | null {
  const fits = (node: Node) =>
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

function index(program: Program, random: Random): Step | null {
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

function pick(program: Program, random: Random): Step | null {
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
      node.guess.shape.every((n, d) => n >= wanted[d]!),
  );
  return k === null
    ? null
    : { op: { name: "scatterAdd", dim }, inputs: [i, j, k] };
}

/** A formula over small whole numbers, as a map or as a change in place. */
function formula(program: Program, random: Random): Step | null {
  const small = ({ guess }: Node) =>
    guess.data.every((x) => Number.isInteger(x) && Math.abs(x) <= 40);
  const i = program.some(
    random,
    (node) => small(node) && node.guess.dtype !== "bool",
  );
  if (i === null) return null;
  const { shape, dtype } = program.nodes[i]!.guess;
  const fits = (node: Node) => {
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
const CHOICES: readonly ((program: Program, random: Random) => Step | null)[] =
  [
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

/** Runs the program that a list of numbers stands for. */
export async function checkProgram(
  session: Session,
  leaves: readonly number[],
  steps: readonly number[],
): Promise<void> {
  const program = new Program(session);
  try {
    for (const leaf of leaves) program.leaf(new Random(leaf, "leaf"));
    for (const step of steps) program.step(new Random(step, "step"));
    await program.check();
  } finally {
    program.release();
  }
}
