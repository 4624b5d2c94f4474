/**
 * The WGSL of reductions.
 *
 * @module
 */
import type { ReduceKernel } from "@tenfold/core/backend";
import type { ProgramSource } from "../device/program.ts";
import { gpuOf } from "../wgsl/dtype.ts";
import { int, uint } from "../wgsl/params.ts";
import {
  accumulateInto,
  type AccumulatorDType,
  identity,
  reduceShared,
  sharedMemory,
  sharedTotal,
} from "./accumulator.ts";
import {
  eachInvocation,
  type Extents,
  mainTogether,
  range,
  splitPositions,
  workgroupNumber,
} from "./loop.ts";
import { renderReduceFour } from "./reduce_four.ts";
import {
  isReadByFour,
  rangeOf,
  type ReduceForm,
  type ReduceLayout,
  renderKept,
  renderStore,
  renderValue,
  type Value,
} from "./reduce_layout.ts";
import { positionInIteration, renderReduceLoop } from "./reduce_loop.ts";

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

function codeOf(
  kernel: ReduceKernel,
  layout: ReduceLayout,
  form: ReduceForm,
  names: readonly string[],
): string {
  if (form.four !== null) {
    return renderReduceFour(kernel, layout, form, form.four, names);
  }
  const dtype = kernel.element.dtype as AccumulatorDType;
  const inputs = names.slice(form.from === "part" ? 2 : 1);
  const positions = form.from === "whole";
  const value: Body["value"] = (r, q, x) =>
    positions ? renderValue(kernel, layout, inputs, kernel.element, x, q) : {
      loads: [
        `let ${x}part = ${names[1]}[${r} * ${uint(layout.outputs)} + o];`,
      ],
      statements: [],
      values: [`${x}part`],
    };
  const body = {
    ahead: form.ahead,
    positions,
    value,
    combine: kernel.combine,
    dtype,
    extents: layout.reduced,
  };
  const kept = renderKept(layout);
  const store = renderStore(kernel, layout, form.to, inputs, names[0]!);
  const begin = rangeOf(layout, "t");
  const threads = `${uint(layout.outputs)} * ${uint(layout.splits)}`;
  if (!form.group) {
    return [
      ...eachInvocation(form.size),
      `if (t < ${threads}) {`,
      ...begin,
      ...kept,
      ...reduceSerially(body, "begin", 1),
      "let total = accumulated;",
      ...store,
      "}",
      "}",
    ].join("\n");
  }
  return [
    sharedMemory("shared_values", dtype, form),
    mainTogether(form),
    `let t = ${workgroupNumber()};`,
    `if (t >= ${threads}) {`,
    "return;",
    "}",
    ...begin,
    ...kept,
    ...reduceSerially(body, "begin + lane", form.size),
    ...reduceShared(
      "shared_values",
      "accumulated",
      kernel.combine,
      dtype,
      form,
    ),
    "if (lane == 0u) {",
    ...sharedTotal("shared_values", "total", kernel.combine, dtype, form),
    ...store,
    "}",
    "}",
  ].join("\n");
}

interface Body {
  /** The element at `r`, whose positions are named `q`, under names from `x`. */
  readonly value: (r: string, q: string, x: string) => Value;
  readonly ahead: number;
  readonly positions: boolean;
  readonly extents: Extents;
  readonly combine: ReduceKernel["combine"];
  readonly dtype: AccumulatorDType;
}

/** One invocation reduces the elements from `start` to `end`, `step` apart. */
function reduceSerially(body: Body, start: string, step: number): string[] {
  const { ahead, combine, dtype, extents, positions, value } = body;
  const inRuns = combine === "sum" && dtype === "float32";
  const single = step === 1 && positions && extents.words.length > 1;
  const target = inRuns ? "run" : "accumulated";
  /** What is read together is waited for together. */
  const iteration = (ahead: number) => {
    const elements = range(ahead).map((i) => ({
      position: positions && !single
        ? splitPositions(extents, positionInIteration(i, step), `q${i}_`)
        : [],
      ...value(positionInIteration(i, step), single ? "q" : `q${i}_`, `x${i}_`),
    }));
    return [
      ...elements.flatMap(({ loads, position }) => [...position, ...loads]),
      ...elements.flatMap(({ statements }) => statements),
      accumulateInto(
        combine,
        dtype,
        target,
        elements.map(({ values }) => values[0]!),
      ),
      ...(single ? count(extents) : []),
    ];
  };
  return [
    `var accumulated = ${identity(combine, dtype)};`,
    ...(single ? startCounting(extents, start) : []),
    `var r = ${start};`,
    ...renderReduceLoop({
      last: "end",
      step,
      ahead: single ? 1 : ahead,
      iteration,
      sums: inRuns ? [["accumulated", "run"]] : [],
    }),
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
