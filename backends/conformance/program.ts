/**
 * The third law: random programs agree. A program is a list of steps; each step
 * picks a primitive and operands among the values so far. Nothing is read until
 * all steps have run. Then each result is compared with what the reference
 * computes from the actual values of its operands, so that a difference names
 * the operation that caused it.
 *
 * @module
 */
import type { DType, Shape } from "@tenfold/core";
import { sizeOf, type UpdateOp, type Value } from "@tenfold/core/backend";
import {
  describe,
  launcherOf,
  Plan,
  Recording,
  recordInto,
} from "@tenfold/core/program";
import type { Plain } from "./ops/plain.ts";
import { reference, toleranceOf } from "./ops/table.ts";
import { type Difference, differenceOf, showOp, showPlain } from "./check.ts";
import { showElementOperands } from "./element_operands.ts";
import { flushingOf } from "./compare.ts";
import { ALL_LAYOUTS } from "./layout.ts";
import { Random } from "./random.ts";
import type { Session } from "./session.ts";
import { CHOICES, type Known, type Step, type Values } from "./steps.ts";
import { common, wholes } from "./values.ts";

/** No value has more elements than this. */
const MAX_ELEMENTS = 600;

/** One value of a program. */
interface Node extends Known {
  readonly value: Value;
  /** The value in the reference; decides which steps may follow. */
  readonly guess: Plain;
  /** The step that computed it; null for a leaf. */
  readonly from: Step | null;
  /** The index of the result of the op. */
  readonly result: number;
}

class Program implements Values {
  readonly nodes: Node[] = [];
  readonly #leaves: Value[] = [];
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
    if (guesses.some(({ shape }) => sizeOf(shape) > MAX_ELEMENTS)) return;
    if (guesses.some(({ dtype }) => !this.#dtypes.includes(dtype))) return;
    if (op.name === "update") return this.#update(op, inputs, guesses[0]!);
    const { device } = this.#session;
    const values = device.apply(op, operands.map(({ value }) => value));
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
    fits: (node: Known) => boolean = () => true,
  ): number | null {
    const found = this.nodes.map((_, i) => i).filter((i) =>
      fits(this.nodes[i]!)
    );
    return found.length === 0 ? null : random.pick(found);
  }

  /** Reads every value and checks those that were computed. */
  async check(): Promise<void> {
    const { device } = this.#session;
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
      const { text, at } = difference;
      const inputs = from?.inputs.map((j) => plains[j]!) ?? [];
      const operands = inputs.map((plain, k) =>
        `\n  input ${k}: value ${from!.inputs[k]}, ${showPlain(plain, "")}`
      );
      const computedFrom = from && at >= 0
        ? showElementOperands(from.op, inputs, result, at)
        : "";
      throw new Error(
        `${
          from ? showOp(from.op) : "a leaf"
        } as value ${i} of a program on ${device.name}: ${text}${computedFrom}${
          operands.join("")
        }\n  program:${this.#show()}`,
      );
    });
  }

  #differenceOf(
    { op, inputs }: Step,
    result: number,
    got: Plain,
    plains: readonly Plain[],
  ): Difference | null {
    const operands = inputs.map((i) => plains[i]!);
    const expected = reference(op, operands);
    const wanted = expected[result]!;
    if (
      got.dtype !== wanted.dtype || got.shape.join() !== wanted.shape.join()
    ) {
      const text = `it is ${got.dtype} [${
        got.shape.join(", ")
      }], expected ${wanted.dtype} [${wanted.shape.join(", ")}]`;
      return { text, at: -1 };
    }
    return differenceOf(
      Float64Array.from(got.data),
      wanted,
      toleranceOf(op, operands, expected),
      this.#session.backend.subnormals
        ? null
        : flushingOf(op, operands, result),
    );
  }

  #show(): string {
    return this.nodes.map(({ from, value }, i) =>
      `\n    ${i}: ${
        from ? `${showOp(from.op)} of ${from.inputs.join(", ")}` : "leaf"
      } → ${value.dtype} [${value.shape.join(", ")}]`
    ).join("");
  }

  /** Removes the last values that were computed, and reads them. */
  async keep(
    count: number,
  ): Promise<{ value: Value; data: readonly number[]; program: string }[]> {
    const program = this.#show();
    const kept = this.nodes.filter(({ from }) => from !== null).slice(-count);
    const { device } = this.#session;
    const out = [];
    for (const { value } of kept) {
      const data = Array.from(await device.read(value));
      out.push({ value: value.alias(), data, program });
    }
    for (const node of this.nodes.splice(0)) {
      if (node.from === null) this.#leaves.push(node.value);
      else node.value.release();
    }
    return out;
  }

  release(): void {
    for (const { value } of this.nodes) value.release();
    for (const value of this.#leaves) value.release();
  }
}

/**
 * Runs a program while it is recorded, then replays it fused, with a few of its
 * values as results, which must be equal to the bit. Maps are not fused into
 * reductions here, as these then sum in another order.
 */
export async function checkReplay(
  session: Session,
  leaves: readonly number[],
  steps: readonly number[],
): Promise<void> {
  const program = new Program(session);
  let results: Value[] = [];
  let plan: Plan | null = null;
  try {
    for (const leaf of leaves) program.leaf(new Random(leaf, "leaf"));
    const recording = new Recording();
    recordInto(recording, () => {
      for (const step of steps) program.step(new Random(step, "step"));
    });
    const wanted = await program.keep(3);
    results = wanted.map(({ value }) => value);
    const { device } = session;
    plan = new Plan(
      { recording, parameters: [], results },
      device,
      launcherOf(device),
      undefined,
      { reorders: false },
    );
    // Compilers of shaders compute fused expressions in other ways.
    const exact = session.backend.subnormals !== false;
    const same = (x: number, y: number) =>
      Object.is(x, y) || (!exact &&
        Math.abs(x - y) <= 2 ** -18 * Math.max(1, Math.abs(x)));
    for (let run = 0; run < 2; run++) {
      const { results: values, refused } = plan.run([]);
      for (const value of refused) value.release();
      results.push(...values);
      for (const [i, value] of values.entries()) {
        const data = await device.read(value);
        const expected = wanted[i]!.data;
        const at = expected.findIndex((x, k) => !same(x, data[k]!));
        if (at < 0) continue;
        throw new Error(
          `element ${at} of result ${i} of a replay on ${session.backend.name} is ${
            data[at]
          }, where the program gave ${expected[at]}\n  program:${
            wanted[i]!.program
          }\n${describe(plan)}`,
        );
      }
    }
  } finally {
    for (const value of results) value.release();
    plan?.dispose();
    program.release();
  }
}

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
