/**
 * Sums of the parts in which long sums of products were computed: each by one
 * invocation, or by eight where few sums have many parts.
 *
 * @module
 */
import type { Gpu } from "../device/gpu.ts";
import type { Block } from "../device/memory.ts";
import type { Program, ProgramSource } from "../device/program.ts";
import {
  eachInvocation,
  gridFor,
  mainOf,
  spread,
  workgroupNumber,
  WORKGROUPS,
} from "./loop.ts";
import { sumPartials } from "./split_k.ts";

/** Invocations that share a sum. */
const WAYS = 8;
/** Parts from which on they do. */
const MIN_PARTS = 4 * WAYS;

/** How sums are distributed. */
export interface SumForm {
  /** Invocations that share a sum. */
  readonly ways: number;
  /** Invocations of a workgroup. */
  readonly size: number;
}

/** The shader of both forms, made when it is needed. */
export class SumOfParts {
  readonly #gpu: Gpu;
  readonly #render: (form: SumForm) => ProgramSource;
  readonly #programs = new Map<number, Program>();

  /** Compiles nothing yet. */
  constructor(gpu: Gpu, render: (form: SumForm) => ProgramSource) {
    this.#gpu = gpu;
    this.#render = render;
  }

  /** Records the sums of a pass; `fill` writes its parameters. */
  run(
    blocks: readonly Block[],
    outputs: number,
    parts: number,
    fill: (first: number) => void,
  ): void {
    const { profile } = this.#gpu;
    const size = profile.workgroup;
    const share = !profile.software && parts >= MIN_PARTS &&
      outputs * 2 <= profile.invocations && size % WAYS === 0;
    const ways = share ? WAYS : 1;
    let program = this.#programs.get(ways);
    if (!program) {
      program = this.#gpu.newProgram(this.#render({ ways, size }));
      this.#programs.set(ways, program);
    }
    const first = program.reserve();
    fill(first);
    program.dispatch(
      blocks,
      first,
      ...(share
        ? spread(profile, Math.ceil(outputs / (size / ways)))
        : gridFor(profile, outputs, size)),
    );
  }
}

/**
 * A shader that sums parts up: for each `t` below `outputs`, both `u32`, it has
 * `sum` when it comes to `store`. Neighbouring invocations sum up neighbours.
 */
export function renderSum(
  { size, ways }: SumForm,
  { type, outputs, count, part, store }: {
    readonly type: string;
    readonly outputs: string;
    readonly count: string;
    readonly part: (number: string) => string;
    readonly store: readonly string[];
  },
): string {
  if (ways === 1) {
    return [
      ...eachInvocation(size),
      `let outputs = ${outputs};`,
      "if (t < outputs) {",
      ...sumPartials(type, count, part),
      ...store,
      "}",
      "}",
    ].join("\n");
  }
  const across = size / ways;
  return [
    `var<workgroup> shared_sums: array<${type}, ${size}>;`,
    mainOf(size, WORKGROUPS),
    `let outputs = ${outputs};`,
    `let way = lane / ${across}u;`,
    `let t = (${workgroupNumber()}) * ${across}u + lane % ${across}u;`,
    `var own = ${type}();`,
    "if (t < outputs) {",
    `for (var part = way; part < ${count}; part += ${ways}u) {`,
    `own += ${part("part")};`,
    "}",
    "}",
    "shared_sums[lane] = own;",
    "workgroupBarrier();",
    `for (var half = ${ways / 2}u; half > 0u; half >>= 1u) {`,
    "if (way < half) {",
    `shared_sums[lane] = shared_sums[lane] + shared_sums[lane + half * ${across}u];`,
    "}",
    "workgroupBarrier();",
    "}",
    "if ((way == 0u) & (t < outputs)) {",
    "var sum = shared_sums[lane];",
    ...store,
    "}",
    "}",
  ].join("\n");
}
