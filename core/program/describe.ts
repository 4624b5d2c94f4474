/**
 * Listings of plans for people.
 *
 * @module
 */
import { DTYPES } from "../dtype.ts";
import type { Expr } from "../expr/expr.ts";
import { showShape } from "../errors.ts";
import { nodesOf } from "./expression.ts";
import type { Plan } from "./plan.ts";
import type { Shape } from "../shape.ts";
import type { RecordedLaunch } from "./launch.ts";

/**
 * The kernels of a plan, a line each with their expressions below.
 *
 * @example The listing of a plan
 * ```ts
 * import { describe, Plan } from "@tenfold/core/program";
 *
 * function list(plan: Plan): string {
 *   return describe(plan);
 * }
 * ```
 */
export function describe(
  { facts, joined, launches, profile, title }: Plan,
): string {
  const total = profile?.kernels.reduce((sum, k) => sum + k.milliseconds, 0);
  const head = `${title}: ${launches.length} launches (${facts.recorded} ` +
    `recorded), ${facts.bytes} bytes of temporaries`;
  const lines = launches.map((launch, i) => {
    const time = profile?.kernels[i];
    const took = time && time.runs > 0
      ? `, ${(1000 * time.milliseconds / time.runs).toFixed(1)} µs (${
        (100 * time.milliseconds / total!).toFixed(1)
      } %)`
      : "";
    const group = joined.find(({ begin }) => begin === i);
    return [
      ...group
        ? [`${i + 1} to ${i + group.count} are one call of the backend:`]
        : [],
      `${i + 1}. ${nameOf(launch)} over ${showShape(shapeOf(launch))}, ${
        bytesOf(launch)
      } bytes${sizeOfCode(launch)}${took}`,
      ...showExprs(launch).map((text) => `   ${text}`),
    ].join("\n");
  });
  return [head, ...lines].join("\n");
}

/** How large the code is that backends make of it. */
function sizeOfCode(launch: RecordedLaunch): string {
  const nodes = nodesOf(launch);
  return nodes === 0 ? "" : `, ${nodes} nodes`;
}

/** What a launch is called. */
export function nameOf(launch: RecordedLaunch): string {
  return launch.kind === "routine"
    ? launch.name
    : `${launch.kind} ${launch.label}`;
}

/** The extents of its loop. */
export function shapeOf(launch: RecordedLaunch): Shape {
  return launch.kind === "map" ? launch.outputs[0]!.view.shape : launch.shape;
}

/** Bytes that it moves at the least. */
export function bytesOf({ outputs, inputs }: RecordedLaunch): number {
  return [...outputs, ...inputs].reduce(
    (sum, { storage, view }) =>
      sum + Math.min(view.size, storage.size) * DTYPES[storage.dtype].bytes,
    0,
  );
}

/** What it computes, as text. */
export function showExprs(launch: RecordedLaunch): string[] {
  switch (launch.kind) {
    case "map":
      return launch.program.exprs.map(show);
    case "reduce": {
      const { element, combine, epilogue } = launch.program;
      return [`${combine} of ${show(element)}`, `then ${show(epilogue)}`];
    }
    case "routine":
      return launch.epilogue?.exprs.map((e) => `then ${show(e)}`) ?? [];
  }
}

/** An expression as text. */
function show(expr: Expr): string {
  switch (expr.kind) {
    case "arg":
      return `x${expr.index}`;
    case "scalar":
      return `s${expr.index}`;
    case "const":
      return String(expr.value);
    case "index":
      return `i${expr.dim}`;
    case "accumulator":
      return "acc";
    case "cast":
      return `${expr.dtype}(${show(expr.value)})`;
    case "call":
      return `${expr.fn}(${expr.args.map(show).join(", ")})`;
  }
}
