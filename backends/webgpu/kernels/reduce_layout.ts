/**
 * The parameters of a reduction, and what all its shaders begin and end with.
 *
 * @module
 */
import type { ReduceKernel } from "@tenfold/core/backend";
import { gpuOf } from "../wgsl/dtype.ts";
import {
  type Rendered,
  renderExpressions,
  usedInputs,
} from "../wgsl/expression.ts";
import { int, Params, uint } from "../wgsl/params.ts";
import {
  elementIndex,
  type Extents,
  indexTerms,
  type OperandLayout,
  splitPositions,
  takeExtents,
  takeOperandLayout,
} from "./loop.ts";
import { ScalarWords } from "./scalars.ts";

/** The parameters of a reduction. */
export interface ReduceLayout {
  /** Word of the number of outputs. */
  readonly outputs: number;
  /** Word of the number of elements that are reduced to one. */
  readonly count: number;
  /** Word of the number of parts in which they are. */
  readonly splits: number;
  /** Word of the number of values of each part. */
  readonly chunk: number;
  /** Word of the output's offset. */
  readonly offset: number;
  /** Extents of the kept dims. */
  readonly kept: Extents;
  /** Extents of the reduced dims. */
  readonly reduced: Extents;
  /** The inputs that are used. */
  readonly used: readonly number[];
  /** Their layouts along the kept and along the reduced dims. */
  readonly operandLayouts: readonly {
    kept: OperandLayout;
    reduced: OperandLayout;
  }[];
  /** The run-time scalars. */
  readonly scalars: ScalarWords;
  /** The number of words. */
  readonly words: number;
}

/** Lays out the parameters of a reduction. */
export function reduceLayout(kernel: ReduceKernel): ReduceLayout {
  const params = new Params();
  const exprs = [kernel.element, kernel.epilogue];
  const used = usedInputs(exprs);
  const layout = {
    outputs: params.take(),
    count: params.take(),
    splits: params.take(),
    chunk: params.take(),
    offset: params.take(),
    kept: takeExtents(params, kernel.rank),
    reduced: takeExtents(params, kernel.reducedRank),
    used,
    operandLayouts: used.map(() => ({
      kept: takeOperandLayout(params, kernel.rank),
      reduced: takeOperandLayout(params, kernel.reducedRank),
    })),
    scalars: new ScalarWords(params, exprs),
  };
  return { ...layout, words: params.words };
}

/** Whether a pass reads or writes elements or partial accumulators. */
export type Stage = "whole" | "part";

/** One pass, and the number of invocations of a workgroup. */
export interface ReduceForm {
  /** True where a workgroup reduces to one output, else one invocation does. */
  readonly group: boolean;
  /** What the pass reads. */
  readonly from: Stage;
  /** What the pass writes. */
  readonly to: Stage;
  /**
   * What is read four elements at a time: those that are reduced, or those of
   * four neighbouring outputs, which one invocation then computes.
   */
  readonly four: "reduced" | "kept" | null;
  /** Reads of four neighbouring outputs that one invocation computes. */
  readonly quads: number;
  /** Reads that are begun together, a power of two up to {@linkcode RUN}. */
  readonly ahead: number;
  /** Invocations of a workgroup. */
  readonly size: number;
  /** Whether those of a subgroup combine theirs at once. */
  readonly subgroups: boolean;
}

/** Whether an input is read four elements at a time, where that is done. */
export function isReadByFour(kernel: ReduceKernel, input: number): boolean {
  return kernel.inputs[input]!.access !== "uniform" &&
    usedInputs([kernel.element]).includes(input);
}

/** The output of invocation or workgroup `t`, and what it reduces. */
export function rangeOf(layout: ReduceLayout, t: string): string[] {
  return [
    `let o = ${t} % ${uint(layout.outputs)};`,
    `let s = ${t} / ${uint(layout.outputs)};`,
    `let begin = s * ${uint(layout.chunk)};`,
    `let end = min(begin + ${uint(layout.chunk)}, ${uint(layout.count)});`,
  ];
}

/** Statements that find output `o` in what is read. */
export function renderKept(layout: ReduceLayout): string[] {
  return [
    ...splitPositions(layout.kept, "o", "k"),
    ...layout.used.map((input, i) =>
      `let base${input} = ${elementIndex(layout.operandLayouts[i]!.kept, "k")};`
    ),
  ];
}

/** A value, and what is read for it. */
export interface Value extends Rendered {
  /** The statements that read. */
  readonly loads: readonly string[];
}

/**
 * Loads the inputs of an expression, and computes it: over all loop dims where
 * there is a name of positions along the reduced ones, else over the kept dims.
 */
export function renderValue(
  kernel: ReduceKernel,
  layout: ReduceLayout,
  names: readonly string[],
  expr: ReduceKernel["element"],
  prefix: string,
  reduced: string | null,
): Value {
  const loads = usedInputs([expr]).map((input) => {
    const { access, dtype } = kernel.inputs[input]!;
    const k = layout.used.indexOf(input);
    const terms = reduced !== null && access !== "uniform"
      ? indexTerms(layout.operandLayouts[k]!.reduced, reduced)
      : [];
    const at = [`base${input}`, ...terms].join(" + ");
    const element = gpuOf(dtype).load(`${names[k]}[${at}]`);
    return `let ${prefix}${input} = ${element};`;
  });
  const rendered = renderExpressions([expr], {
    arg: (index) => `${prefix}${index}`,
    scalar: (index, dtype) => layout.scalars.name(index, dtype),
    position: (dim) =>
      dim < kernel.rank ? `k${dim}` : `${reduced}${dim - kernel.rank}`,
    accumulator: "total",
  }, `${prefix}v`);
  return { loads, ...rendered };
}

/** Stores `total` of output `o`: the part, or what the epilogue makes of it. */
export function renderStore(
  kernel: ReduceKernel,
  layout: ReduceLayout,
  to: Stage,
  inputs: readonly string[],
  out: string,
  o = "o",
): string[] {
  if (to === "part") {
    return [`${out}[s * ${uint(layout.outputs)} + ${o}] = total;`];
  }
  const { loads, statements, values } = renderValue(
    kernel,
    layout,
    inputs,
    kernel.epilogue,
    "y",
    null,
  );
  const stored = gpuOf(kernel.output).store(values[0]!);
  return [
    ...loads,
    ...statements,
    `${out}[${int(layout.offset)} + i32(${o})] = ${stored};`,
  ];
}
