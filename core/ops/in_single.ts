/**
 * Primitives that compute float16 in float32: their operands are cast, and their
 * results rounded. Where that would take much memory, a primitive that can be
 * divided is computed a part at a time, so that no more than a part of anything
 * large is float32 at once.
 *
 * @module
 */
import { computeDType } from "../dtype.ts";
import { call } from "../expr/expr.ts";
import type { Launcher } from "../lower/launcher.ts";
import { castOf, copyInto, copyOf, programOf } from "../lower/parts.ts";
import type { Meta, Op } from "../op.ts";
import { sizeOf } from "../shape.ts";
import type { Value } from "../value.ts";
import type { Division, Primitive } from "./primitive.ts";

/** Into so many parts a primitive is divided at most. */
const PARTS = 16;
/** Elements of a part at the least: 256 KiB of float32, which caches hold. */
const LEAST = 65536;

/**
 * The divisions along each dim but some, where operands are equally long and the
 * results have the same dims.
 */
export function across(
  inputs: readonly Meta[],
  ...but: readonly number[]
): readonly Division[] {
  const { shape } = inputs[0]!;
  return shape.map((_, d) => d)
    .filter((d) => !but.includes(d))
    .filter((d) => inputs.every((x) => x.shape[d] === shape[d]))
    .map((d) => ({ inputs: inputs.map(() => d), results: d }));
}

const added = programOf(2, (a, b) => call("add", a!, b!));

/** A division with the number of its parts. */
interface Plan extends Division {
  /** How many parts. */
  readonly parts: number;
  /** The extent that is divided. */
  readonly extent: number;
}

/** All of it as one part. */
const WHOLE: Plan = { inputs: [], results: "sum", parts: 1, extent: 1 };

/** The division that holds the least at once; the whole where none is worth it. */
function planOf(
  divisions: readonly Division[],
  inputs: readonly Meta[],
  results: readonly Meta[],
): Plan {
  const elements = ({ shape, dtype }: Meta) =>
    dtype === "float16" ? sizeOf(shape) : 0;
  let all = 0;
  for (const meta of [...inputs, ...results]) all += elements(meta);
  let best = WHOLE;
  // Below that, a division is not worth what it takes.
  let least = 0.75 * all;
  for (const division of divisions) {
    // A sum lies beside the part that is added to it.
    let whole = division.results === "sum" ? 2 * elements(results[0]!) : 0;
    let extent = 0;
    inputs.forEach((input, i) => {
      const dim = division.inputs[i];
      if (dim == null) whole += elements(input);
      else extent = input.shape[dim] ?? 0;
    });
    const rest = Math.max(0, all - whole);
    const parts = Math.min(PARTS, extent, Math.ceil(rest / LEAST));
    const held = whole + rest / parts;
    if (parts < 2 || held >= least) continue;
    least = held;
    best = { ...division, parts, extent };
  }
  return best;
}

/** Runs a primitive on float32 in place of float16, and rounds its results. */
export function inSingle(
  primitive: Primitive<Op>,
  op: Op,
  inputs: readonly Value[],
  run: Launcher,
  results: readonly Meta[],
): readonly Value[] {
  const { inputs: dims, results: along, parts, extent } = planOf(
    primitive.divisions?.(op, inputs) ?? [],
    inputs,
    results,
  );
  const single = (x: Value) => castOf(x, computeDType(x.dtype), run);
  const whole = inputs.map((x, i) => dims[i] == null ? single(x) : null);
  const out: Value[] = along === "sum"
    ? []
    : results.map(({ shape, dtype }) => run.allocate(shape, dtype));
  for (let part = 0; part < parts; part++) {
    const start = Math.floor(part * extent / parts);
    const length = Math.floor((part + 1) * extent / parts) - start;
    const operands = whole.map((shared, i) => {
      if (shared) return shared.alias();
      const { view } = inputs[i]!;
      const slice = inputs[i]!.alias(view.slice(dims[i]!, start, length, 1));
      const value = single(slice);
      slice.release();
      return value;
    });
    if (part + 1 === parts) { for (const value of whole) value?.release(); }
    const metas = primitive.infer(op, operands);
    const found = primitive.lower(op, operands, run, metas) ??
      primitive.decompose!(op, operands, run, metas);
    for (const value of operands) value.release();
    (Array.isArray(found) ? found : [found]).forEach((value: Value, i) => {
      const sum = out[i];
      if (sum === undefined) {
        out[i] = value;
        return;
      }
      if (along === "sum") {
        out[i] = run.map(added(value.dtype), value.shape, [sum, value]);
        sum.release();
      } else copyInto(sum, sum.view.slice(along, start, length, 1), value, run);
      value.release();
    });
  }
  return out.map((value, i) => {
    const { dtype } = results[i]!;
    if (value.dtype === dtype) return value;
    const half = copyOf(value, run, dtype);
    value.release();
    return half;
  });
}
