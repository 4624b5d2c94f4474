/**
 * Renders reduce kernels to JavaScript.
 *
 * Memory is read in order. Where adjacent elements are reduced to one output,
 * its accumulator is a variable; where they belong to different outputs (a sum
 * over rows), the rows are read in order into a row of accumulators.
 *
 * @module
 */
import { isFloating } from "@tenfold/core";
import type { Launch, ReduceKernel } from "@tenfold/core/backend";
import { generate } from "./codegen.ts";
import { accumulatorOf } from "./accumulator.ts";
import { HELPERS, literal } from "./javascript.ts";
import { type Loop, Nest, type Operand, stepsOf } from "./loop_nest.ts";
import { Values } from "./values.ts";

/** Accumulators of a row that are in use at a time, so that they stay in cache. */
const CHUNK = 2048;

/** True where iterating along the kept dims reads memory in order. */
function reducesRows({ inputs }: ReduceKernel): boolean {
  const inOrder = (access: string) => access === "dense" || access === "row";
  return !inputs.some(({ access }) => inOrder(access)) &&
    inputs.some(({ access, kept }) => inOrder(kept) && access !== "uniform");
}

/** The source of the function that runs a reduce kernel. */
export function renderReduce(kernel: ReduceKernel): string {
  const { rank, reducedRank, inputs, element, combine, epilogue } = kernel;
  const operands: Operand[] = [
    {
      name: "y",
      buffer: 0,
      steps: [
        ...stepsOf("dense", rank),
        ...stepsOf("uniform", reducedRank),
      ],
    },
    ...inputs.map((slot, i): Operand => ({
      name: `x${i}`,
      buffer: i + 1,
      steps: [
        ...stepsOf(slot.kept, rank),
        ...stepsOf(slot.access, reducedRank),
      ],
    })),
  ];
  const rows = reducesRows(kernel);
  const whole = (dim: number): Loop => ({ dim, over: "whole" });
  const outer = Array.from({ length: rank - 1 }, (_, d) => whole(d));
  const reduced = Array.from(
    { length: reducedRank },
    (_, d) => whole(rank + d),
  );
  const last = rank - 1;
  const part: Loop = { dim: last, over: "part" };
  const before = rows
    ? [...outer, { dim: last, over: "chunks", chunk: CHUNK } as const]
    : [...outer, whole(last)];
  const loops = rows ? [...before, ...reduced, part] : [...before, ...reduced];

  const nest = new Nest(operands, rank + reducedRank);
  const line = (text: string) => nest.line(text);
  const depth = (varies: (dim: number) => boolean) =>
    loops.findLastIndex(({ dim }) => varies(dim)) + 1;
  const accumulator = rows ? `sums[j${last}]` : "sum";
  const leaves = {
    arg: (i: number) => `x${i}[${nest.address(i + 1)}]`,
    argDepth: (i: number) =>
      depth((dim) => operands[i + 1]!.steps[dim] !== "none"),
    position: (dim: number) => nest.position(dim),
    positionDepth: (dim: number) => depth((d) => d === dim),
    accumulator,
  };
  const values = new Values([element], leaves, "v");
  const { identity, text: accumulate } = accumulatorOf(combine, element.dtype);
  const integers = !isFloating(element.dtype);

  before.forEach((loop, d) => {
    values.write(d, line);
    nest.open(loop);
  });
  values.write(before.length, line);
  if (rows) {
    line(`const sums = ${integers ? "integers" : "floats"};`);
    line(`sums.fill(${literal(identity)}, 0, m${last});`);
  } else {
    line(`let sum = ${literal(identity)};`);
  }
  loops.slice(before.length).forEach((loop, d) => {
    nest.open(loop);
    values.write(before.length + d + 1, line);
  });
  line(`${accumulator} = ${accumulate(accumulator, values.text(element))};`);
  for (let d = before.length; d < loops.length; d++) nest.close();

  if (rows) nest.open(part);
  const result = new Values([epilogue], leaves, "w");
  result.write(loops.length, line);
  line(`y[${nest.address(0)}] = ${result.text(epilogue)};`);
  return nest.finish();
}

/** Accumulators of one chunk of a row; no kernel is run inside another. */
const SCRATCH = {
  floats: new Float64Array(CHUNK),
  integers: new Int32Array(CHUNK),
};

/** Compiles a reduce kernel. */
export function compileReduce(kernel: ReduceKernel): Launch {
  // Equal texts would share what the engine learns of their types.
  const types = [kernel.output, ...kernel.inputs.map((s) => s.dtype)];
  return generate(
    `// reduce ${types.join(" ")}\nreturn (call) => {\n${
      renderReduce(kernel)
    }\n};`,
    { ...HELPERS, ...SCRATCH },
  ) as Launch;
}
