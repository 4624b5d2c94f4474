/**
 * The WGSL of reductions that read four elements at a time.
 *
 * @module
 */
import type { ReduceKernel } from "@tenfold/core/backend";
import { gpuOf } from "../wgsl/dtype.ts";
import { renderExpressions, usedInputs } from "../wgsl/expression.ts";
import { int, uint } from "../wgsl/params.ts";
import {
  accumulate,
  accumulateInto,
  type AccumulatorDType,
  identity,
  reduceShared,
  sharedMemory,
  sharedTotal,
} from "./accumulator.ts";
import {
  eachInvocation,
  mainTogether,
  range,
  workgroupNumber,
} from "./loop.ts";
import {
  isReadByFour,
  rangeOf,
  type ReduceForm,
  type ReduceLayout,
  renderKept,
  renderStore,
} from "./reduce_layout.ts";
import { positionInIteration, renderReduceLoop } from "./reduce_loop.ts";

/** The pass where elements are read by four: each lane has its accumulator. */
export function renderReduceFour(
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
  const quads = four === "kept" ? form.quads : 1;
  const lanes = range(4 * quads);
  /** Reads what position `r` needs, as number `ahead` of an iteration. */
  const loads = (r: string, ahead: number) =>
    usedInputs([kernel.element]).flatMap((input) => {
      const k = layout.used.indexOf(input);
      const name = `quad${input}_${ahead}`;
      if (!isReadByFour(kernel, input)) return [];
      const { strides } = layout.operandLayouts[k]!.reduced;
      if (four === "reduced") {
        return [
          `let ${name}_0 = ${inputs[k]}[(base${input} >> 2u) + i32(${r})];`,
        ];
      }
      return [
        `let ${name} = (base${input} + i32(${r}) * ${int(strides[0]!)}) >> 2u;`,
        ...range(quads).map((q) =>
          `let ${name}_${q} = ${inputs[k]}[${name} + ${q}];`
        ),
      ];
    });
  /** What is the same for all elements of an output. */
  const fixed = usedInputs([kernel.element])
    .filter((input) => !isReadByFour(kernel, input))
    .flatMap((input) => {
      const k = layout.used.indexOf(input);
      const { strides } = layout.operandLayouts[k]!.kept;
      return (four === "kept" ? lanes : [0]).map((lane) => {
        const along = lane === 0 ? "" : ` + ${lane} * ${int(strides.at(-1)!)}`;
        return `let fixed${input}_${lane} = ${
          inputs[k]
        }[base${input}${along}];`;
      });
    });
  const lanesOf = (ahead: number) =>
    lanes.map((lane) =>
      renderExpressions([kernel.element], {
        arg: (index) => {
          const element = isReadByFour(kernel, index)
            ? `quad${index}_${ahead}_${lane >> 2}[${lane & 3}]`
            : `fixed${index}_${four === "kept" ? lane : 0}`;
          return gpuOf(kernel.inputs[index]!.dtype).load(element);
        },
        scalar: (index, dtype) => layout.scalars.name(index, dtype),
        position: () => "0",
        accumulator: "total",
      }, `x${ahead}_${lane}v`)
    );
  const inRuns = combine === "sum" && dtype === "float32";
  const each = <T>(of: (lane: number) => T): T[] => lanes.map(of);
  const target = (lane: number) => `${inRuns ? "run" : "own"}${lane}`;
  const [start, last, step] = four === "reduced"
    ? [group ? "begin / 4u + lane" : "begin / 4u", "end / 4u", group ? size : 1]
    : ["begin", "end", 1];
  /** What is read together is waited for together. */
  const iteration = (ahead: number) => {
    const elements = range(ahead).map(lanesOf);
    return [
      ...range(ahead).flatMap((i) => loads(positionInIteration(i, step), i)),
      ...elements.flatMap((all) => all.flatMap(({ statements }) => statements)),
      ...lanes.map((lane) => {
        const values = elements.map((all) => all[lane]!.values[0]!);
        return accumulateInto(combine, dtype, target(lane), values);
      }),
    ];
  };
  const loop = [
    ...fixed,
    ...each((lane) => `var own${lane} = ${identity(combine, dtype)};`),
    `var r = ${start};`,
    ...renderReduceLoop({
      last,
      step,
      ahead: form.ahead,
      iteration,
      sums: inRuns ? each((lane) => [`own${lane}`, `run${lane}`]) : [],
    }),
  ];
  const pair = (a: string, b: string) => accumulate(combine, dtype, a, b);
  const kept = renderKept(layout);
  const store = (o: string) =>
    renderStore(kernel, layout, form.to, inputs, names[0]!, o);
  if (four === "kept") {
    return [
      ...eachInvocation(size),
      `if (t * ${lanes.length}u < ${uint(layout.outputs)} * ${
        uint(layout.splits)
      }) {`,
      ...rangeOf(layout, `(t * ${lanes.length}u)`),
      ...kept,
      ...loop,
      ...lanes.flatMap((lane) => [
        "{",
        `let total = own${lane};`,
        ...store(`(o + ${lane}u)`),
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
      ...store("o"),
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
    ...rangeOf(layout, "t"),
    ...kept,
    ...loop,
    ...own,
    ...reduceShared("shared_values", "own", combine, dtype, form),
    "if (lane == 0u) {",
    ...sharedTotal("shared_values", "total", combine, dtype, form),
    ...store("o"),
    "}",
    "}",
  ].join("\n");
}
