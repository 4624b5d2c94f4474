/**
 * Renders map kernels to JavaScript.
 *
 * @module
 */
import type { Launch, MapKernel } from "@tenfold/core/backend";
import { generate } from "./codegen.ts";
import { HELPERS } from "./javascript.ts";
import {
  type Loop,
  Nest,
  type Operand,
  type Step,
  stepsOf,
} from "./loop_nest.ts";
import { Values } from "./values.ts";

/** Rows at least this long are copied as blocks. */
const BLOCK = 64;

/** Elements across a stripe of a transpose. */
const STRIPE = 32;

/** The source of the function that runs a map kernel. */
export function renderMap(kernel: MapKernel): string {
  const { rank, outputs, inputs, exprs } = kernel;
  const operands: Operand[] = [...outputs, ...inputs].map((slot, k) => ({
    name: k < outputs.length ? `y${k}` : `x${k - outputs.length}`,
    buffer: k,
    steps: stepsOf(slot.access, rank),
  }));
  const nest = new Nest(operands, rank);
  const line = (text: string) => nest.line(text);
  const loops = loopsOf(operands, rank);
  const depth = (varies: (dim: number) => boolean) =>
    loops.findLastIndex(({ dim }) => varies(dim)) + 1;
  const values = new Values(exprs, {
    arg: (i) => `x${i}[${nest.address(outputs.length + i)}]`,
    argDepth: (i) =>
      depth((dim) => operands[outputs.length + i]!.steps[dim] !== "none"),
    position: (dim) => nest.position(dim),
    positionDepth: (dim) => depth((d) => d === dim),
  }, "v");

  const inner = loops.length - 1;
  for (let d = 0; d < inner; d++) {
    values.write(d, line);
    nest.open(loops[d]!);
  }
  values.write(inner, line);
  const block = loops.length === rank ? blockOf(kernel, operands) : null;
  if (block === "fill" && values.depth(exprs[0]!) <= inner) {
    const at = nest.address(0);
    line(`y0.fill(${values.text(exprs[0]!)}, ${at}, ${at} + n${rank - 1});`);
    return nest.finish();
  }
  if (block === "copy") {
    const from = nest.address(1);
    const extent = `n${rank - 1}`;
    line(
      `if (${extent} >= ${BLOCK}) y0.set(x0.subarray(${from}, ${from} + ${extent}), ${
        nest.address(0)
      });`,
    );
    line("else");
  }
  nest.open(loops[inner]!);
  values.write(loops.length, line);
  exprs.forEach((expr, k) =>
    line(`y${k}[${nest.address(k)}] = ${values.text(expr)};`)
  );
  return nest.finish();
}

/**
 * The loops over the dims in order. Where some operands are contiguous along the last
 * dim and others are not, as in a transpose, they iterate over narrow stripes,
 * so that cache lines are used up while they are in the cache.
 */
function loopsOf(operands: readonly Operand[], rank: number): Loop[] {
  const loops = Array.from(
    { length: rank },
    (_, dim): Loop => ({ dim, over: "whole" }),
  );
  const last = rank - 1;
  const isAny = (step: Step) =>
    operands.some(({ steps }) => steps[last] === step);
  if (rank === 1 || !isAny("unit") || !isAny("stride")) return loops;
  return [
    ...loops.slice(0, -2),
    { dim: last, over: "chunks", chunk: STRIPE },
    { dim: last - 1, over: "whole" },
    { dim: last, over: "part" },
  ];
}

/** The way in which a row of the only output can be written as a block. */
function blockOf(
  { exprs, outputs }: MapKernel,
  operands: readonly Operand[],
): "fill" | "copy" | null {
  const along = (k: number) => operands[k]!.steps.at(-1) === "unit";
  const expr = exprs[0]!;
  if (exprs.length > 1 || !along(0)) return null;
  if (expr.kind === "arg" && expr.dtype === outputs[0]!.dtype) {
    return expr.index === 0 && along(1) ? "copy" : "fill";
  }
  return "fill";
}

/** Compiles a map kernel. */
export function compileMap(kernel: MapKernel): Launch {
  // Equal texts would share what the engine learns of their types.
  const types = [...kernel.outputs, ...kernel.inputs].map((s) => s.dtype);
  return generate(
    `// map ${types.join(" ")}\nreturn (call) => {\n${renderMap(kernel)}\n};`,
    HELPERS,
  ) as Launch;
}
