/**
 * The WGSL of reductions.
 *
 * @module
 */
import type { ReduceKernel } from "@tenfold/core/backend";
import type { ProgramSource } from "../device/program.ts";
import { gpuOf } from "../wgsl/dtype.ts";
import {
  type Rendered,
  renderExpressions,
  usedInputs,
} from "../wgsl/expression.ts";
import { int, Params, uint } from "../wgsl/params.ts";
import {
  accumulate,
  type AccumulatorDType,
  identity,
  reduceShared,
  sharedMemory,
} from "./accumulator.ts";
import {
  eachInvocation,
  elementIndex,
  type Extents,
  indexTerms,
  mainOf,
  type OperandLayout,
  splitPositions,
  takeExtents,
  takeOperandLayout,
  workgroupNumber,
  WORKGROUPS,
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
  /** Reads by four that are begun together, a power of two up to {@linkcode RUN}. */
  readonly ahead: number;
  /** Invocations of a workgroup. */
  readonly size: number;
}

/**
 * A float sum has three levels: a run of this many elements is added to a
 * middle sum, and as many runs to the total, so that no digits are lost to its
 * size.
 */
const RUN = 32;

/** Renders one pass. */
export function renderReduce(
  kernel: ReduceKernel,
  layout: ReduceLayout,
  form: ReduceForm,
): ProgramSource {
  const dtype = kernel.element.dtype as AccumulatorDType;
  const part = { type: gpuOf(dtype).value };
  return {
    label: `reduce ${kernel.combine}`,
    operands: [
      form.to === "part"
        ? { ...part, writes: true }
        : { type: gpuOf(kernel.output).memory, writes: true },
      ...(form.from === "part" ? [part] : []),
      ...layout.used.map((i) => {
        const { memory } = gpuOf(kernel.inputs[i]!.dtype);
        const four = form.four !== null && isReadByFour(kernel, i);
        return { type: four ? `vec4<${memory}>` : memory };
      }),
    ],
    words: layout.words,
    code: (names) => codeOf(kernel, layout, form, names),
  };
}

/** Whether an input is read four elements at a time, where that is done. */
export function isReadByFour(kernel: ReduceKernel, input: number): boolean {
  return kernel.inputs[input]!.access !== "uniform" &&
    usedInputs([kernel.element]).includes(input);
}

function codeOf(
  kernel: ReduceKernel,
  layout: ReduceLayout,
  form: ReduceForm,
  names: readonly string[],
): string {
  if (form.four !== null) {
    return codeOfFour(kernel, layout, form, form.four, names);
  }
  const dtype = kernel.element.dtype as AccumulatorDType;
  const inputs = names.slice(form.from === "part" ? 2 : 1);
  const value = form.from === "part"
    ? {
      statements: [],
      values: [`${names[1]}[r * ${uint(layout.outputs)} + o]`],
    }
    : renderValue(kernel, layout, inputs, kernel.element, "x");
  const positions = form.from === "whole";
  const body = {
    positions,
    value,
    combine: kernel.combine,
    dtype,
    extents: layout.reduced,
  };
  const kept = [
    ...splitPositions(layout.kept, "o", "k"),
    ...layout.used.map((input, i) =>
      `let base${input} = ${elementIndex(layout.operandLayouts[i]!.kept, "k")};`
    ),
  ];
  const store = form.to === "part"
    ? [`${names[0]}[s * ${uint(layout.outputs)} + o] = total;`]
    : storeWhole(kernel, layout, inputs, names[0]!);
  const range = rangeOf(layout, "t");
  const threads = `${uint(layout.outputs)} * ${uint(layout.splits)}`;
  if (!form.group) {
    return [
      ...eachInvocation(form.size),
      `if (t < ${threads}) {`,
      ...range,
      ...kept,
      ...reduceSerially(body, "begin", "1u"),
      "let total = accumulated;",
      ...store,
      "}",
      "}",
    ].join("\n");
  }
  return [
    sharedMemory("shared_values", dtype, form.size),
    mainOf(form.size, WORKGROUPS),
    `let t = ${workgroupNumber()};`,
    `if (t >= ${threads}) {`,
    "return;",
    "}",
    ...range,
    ...kept,
    ...reduceSerially(body, "begin + lane", `${form.size}u`),
    ...reduceShared(
      "shared_values",
      "accumulated",
      kernel.combine,
      dtype,
      form.size,
    ),
    "if (lane == 0u) {",
    "let total = shared_values[0];",
    ...store,
    "}",
    "}",
  ].join("\n");
}

/** The output of invocation or workgroup `t`, and what it reduces. */
function rangeOf(layout: ReduceLayout, t: string): string[] {
  return [
    `let o = ${t} % ${uint(layout.outputs)};`,
    `let s = ${t} / ${uint(layout.outputs)};`,
    `let begin = s * ${uint(layout.chunk)};`,
    `let end = min(begin + ${uint(layout.chunk)}, ${uint(layout.count)});`,
  ];
}

const LANES = [0, 1, 2, 3];

/** The pass where elements are read by four: each lane has its accumulator. */
function codeOfFour(
  kernel: ReduceKernel,
  layout: ReduceLayout,
  form: ReduceForm,
  four: "reduced" | "kept",
  names: readonly string[],
): string {
  const { combine } = kernel;
  const { group, size } = form;
  const dtype = kernel.element.dtype as AccumulatorDType;
  const inputs = names.slice(1);
  /** Reads what position `r` needs, as number `ahead` of the loop's turn. */
  const loads = (r: string, ahead: number) =>
    usedInputs([kernel.element]).map((input) => {
      const k = layout.used.indexOf(input);
      const name = `quad${input}_${ahead}`;
      if (!isReadByFour(kernel, input)) {
        return `let ${name} = ${inputs[k]}[base${input}];`;
      }
      const { strides } = layout.operandLayouts[k]!.reduced;
      const at = four === "reduced"
        ? `(base${input} >> 2u) + i32(${r})`
        : `(base${input} + i32(${r}) * ${int(strides[0]!)}) >> 2u`;
      return `let ${name} = ${inputs[k]}[${at}];`;
    });
  const lanesOf = (ahead: number) =>
    LANES.map((lane) =>
      renderExpressions([kernel.element], {
        arg: (index) => {
          const part = isReadByFour(kernel, index) ? `[${lane}]` : "";
          return gpuOf(kernel.inputs[index]!.dtype)
            .load(`quad${index}_${ahead}${part}`);
        },
        scalar: (index, dtype) => layout.scalars.name(index, dtype),
        position: () => "0",
        accumulator: "total",
      }, `x${lane}v`)
    );
  const inRuns = combine === "sum" && dtype === "float32";
  const zero = identity(combine, dtype);
  const each = (line: (lane: number) => string) => LANES.map(line);
  const target = (lane: number) => `${inRuns ? "run" : "own"}${lane}`;
  const [start, last, step] = four === "reduced"
    ? [group ? "begin / 4u + lane" : "begin / 4u", "end / 4u", group ? size : 1]
    : ["begin", "end", 1];
  /** What is read together is waited for together. */
  const turn = (ahead: number) => [
    ...Array.from(
      { length: ahead },
      (_, i) => loads(i === 0 ? "r" : `(r + ${i * step}u)`, i),
    ).flat(),
    ...Array.from({ length: ahead }, (_, i) => [
      "{",
      ...lanesOf(i).flatMap(({ statements, values }, lane) => [
        ...statements,
        `${target(lane)} = ${
          accumulate(combine, dtype, target(lane), values[0]!)
        };`,
      ]),
      "}",
    ]).flat(),
    ...(inRuns
      ? [
        `filled += ${ahead}u;`,
        `if (filled % ${RUN}u == 0u) {`,
        ...each((lane) => `runs${lane} += run${lane};`),
        ...each((lane) => `run${lane} = 0.0f;`),
        `if (filled == ${RUN * RUN}u) {`,
        ...each((lane) => `own${lane} += runs${lane};`),
        ...each((lane) => `runs${lane} = 0.0f;`),
        "filled = 0u;",
        "}",
        "}",
      ]
      : []),
  ];
  const { ahead } = form;
  const loop = [
    ...each((lane) => `var own${lane} = ${zero};`),
    ...(inRuns
      ? [
        ...each((lane) => `var run${lane} = 0.0f;`),
        ...each((lane) => `var runs${lane} = 0.0f;`),
        "var filled = 0u;",
      ]
      : []),
    `var r = ${start};`,
    ...(ahead > 1
      ? [
        `for (; r + ${(ahead - 1) * step}u < ${last}; r += ${ahead * step}u) {`,
        ...turn(ahead),
        "}",
      ]
      : []),
    `for (; r < ${last}; r += ${step}u) {`,
    ...turn(1),
    "}",
    ...(inRuns
      ? each((lane) => `own${lane} += runs${lane} + run${lane};`)
      : []),
  ];
  const pair = (a: string, b: string) => accumulate(combine, dtype, a, b);
  const kept = [
    ...splitPositions(layout.kept, "o", "k"),
    ...layout.used.map((input, i) =>
      `let base${input} = ${elementIndex(layout.operandLayouts[i]!.kept, "k")};`
    ),
  ];
  const store = form.to === "part"
    ? [`${names[0]}[s * ${uint(layout.outputs)} + o] = total;`]
    : storeWhole(kernel, layout, inputs, names[0]!);
  if (four === "kept") {
    return [
      ...eachInvocation(size),
      `if (t * 4u < ${uint(layout.outputs)} * ${uint(layout.splits)}) {`,
      ...rangeOf(layout, "(t * 4u)"),
      ...kept,
      ...loop,
      ...LANES.flatMap((lane) => [
        "{",
        `let total = own${lane};`,
        ...store.map((line) =>
          line.replace(/\bo\b\)?\] =/, (end) => `o + ${lane}u${end.slice(1)}`)
        ),
        "}",
      ]),
      "}",
      "}",
    ].join("\n");
  }
  const own = [
    `let upper = ${pair("own0", "own1")};`,
    `let lower = ${pair("own2", "own3")};`,
    `let own = ${pair("upper", "lower")};`,
  ];
  const threads = `${uint(layout.outputs)} * ${uint(layout.splits)}`;
  if (!group) {
    return [
      ...eachInvocation(size),
      `if (t < ${threads}) {`,
      ...rangeOf(layout, "t"),
      ...kept,
      ...loop,
      ...own,
      "let total = own;",
      ...store,
      "}",
      "}",
    ].join("\n");
  }
  return [
    sharedMemory("shared_values", dtype, size),
    mainOf(size, WORKGROUPS),
    `let t = ${workgroupNumber()};`,
    `if (t >= ${threads}) {`,
    "return;",
    "}",
    ...rangeOf(layout, "t"),
    ...kept,
    ...loop,
    ...own,
    ...reduceShared("shared_values", "own", combine, dtype, size),
    "if (lane == 0u) {",
    "let total = shared_values[0];",
    ...store,
    "}",
    "}",
  ].join("\n");
}

interface Body {
  readonly value: Rendered;
  readonly positions: boolean;
  readonly extents: Extents;
  readonly combine: ReduceKernel["combine"];
  readonly dtype: AccumulatorDType;
}

/** One invocation reduces the elements from `start` to `end`, `step` apart. */
function reduceSerially(body: Body, start: string, step: string): string[] {
  const { combine, dtype, extents, positions, value } = body;
  const zero = identity(combine, dtype);
  const inRuns = combine === "sum" && dtype === "float32";
  const single = step === "1u" && positions && extents.words.length > 1;
  const target = inRuns ? "run" : "accumulated";
  return [
    `var accumulated = ${zero};`,
    ...(inRuns
      ? ["var run = 0.0f;", "var runs = 0.0f;", "var filled = 0u;"]
      : []),
    ...(single ? startCounting(extents, start) : []),
    `for (var r = ${start}; r < end; r += ${step}) {`,
    ...(positions && !single ? splitPositions(extents, "r", "q") : []),
    ...value.statements,
    `${target} = ${accumulate(combine, dtype, target, value.values[0]!)};`,
    ...(inRuns
      ? [
        "filled++;",
        `if (filled % ${RUN}u == 0u) {`,
        "runs += run;",
        "run = 0.0f;",
        `if (filled == ${RUN * RUN}u) {`,
        "accumulated += runs;",
        "runs = 0.0f;",
        "filled = 0u;",
        "}",
        "}",
      ]
      : []),
    ...(single ? count(extents) : []),
    "}",
    ...(inRuns ? ["accumulated += runs + run;"] : []),
  ];
}

/** Positions along the reduced dims that are counted up, not divided out. */
function startCounting(extents: Extents, start: string): string[] {
  return [
    ...splitPositions(extents, start, "first"),
    ...extents.words.map((_, d) => `var q${d} = first${d};`),
  ];
}

function count(extents: Extents): string[] {
  const lines: string[] = [];
  const last = extents.words.length - 1;
  for (let d = last; d > 0; d--) {
    lines.push(
      `q${d}++;`,
      `if (q${d} == ${int(extents.words[d]!)}) {`,
      `q${d} = 0;`,
    );
  }
  lines.push("q0++;", ..."}".repeat(last));
  return lines;
}

/** Loads the inputs of an expression over all loop dims, and computes it. */
function renderValue(
  kernel: ReduceKernel,
  layout: ReduceLayout,
  names: readonly string[],
  expr: ReduceKernel["element"],
  prefix: string,
): Rendered {
  const whole = prefix === "x";
  const loads = usedInputs([expr]).map((input) => {
    const { access, dtype } = kernel.inputs[input]!;
    const k = layout.used.indexOf(input);
    const terms = whole && access !== "uniform"
      ? indexTerms(layout.operandLayouts[k]!.reduced, "q")
      : [];
    const at = [`base${input}`, ...terms].join(" + ");
    const element = gpuOf(dtype).load(`${names[k]}[${at}]`);
    return `let ${prefix}${input} = ${element};`;
  });
  const { statements, values } = renderExpressions([expr], {
    arg: (index) => `${prefix}${index}`,
    scalar: (index, dtype) => layout.scalars.name(index, dtype),
    position: (dim) => dim < kernel.rank ? `k${dim}` : `q${dim - kernel.rank}`,
    accumulator: "total",
  }, `${prefix}v`);
  return { statements: [...loads, ...statements], values };
}

/** Computes the epilogue and stores the output. */
function storeWhole(
  kernel: ReduceKernel,
  layout: ReduceLayout,
  inputs: readonly string[],
  out: string,
): string[] {
  const { statements, values } = renderValue(
    kernel,
    layout,
    inputs,
    kernel.epilogue,
    "y",
  );
  const stored = gpuOf(kernel.output).store(values[0]!);
  return [...statements, `${out}[${int(layout.offset)} + i32(o)] = ${stored};`];
}
