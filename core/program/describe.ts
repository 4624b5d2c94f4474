/**
 * Listings of plans for people.
 *
 * @module
 */
import { DTYPES } from "../dtype.ts";
import type { Expr } from "../expr.ts";
import { showShape } from "../errors.ts";
import type { Plan } from "./plan.ts";
import type { Place, RecordedLaunch } from "./recording.ts";

/** The kernels of a plan, a line each with their expressions below. */
export function describe(plan: Plan): string {
  const { recorded, launches, bytes } = plan.facts;
  const head =
    `${launches} launches (${recorded} recorded), ${bytes} bytes of temporaries`;
  return [head, ...plan.launches.map(line)].join("\n");
}

function line(launch: RecordedLaunch, i: number): string {
  const what = launch.kind === "routine"
    ? launch.name
    : `${launch.kind} ${launch.label}`;
  const shape = launch.kind === "map"
    ? launch.outputs[0]!.view.shape
    : launch.shape;
  const places = [...launch.outputs, ...launch.inputs];
  const bytes = places.reduce((sum, p) => sum + bytesOf(p), 0);
  const head = `${i + 1}. ${what} over ${showShape(shape)}, ${bytes} bytes`;
  switch (launch.kind) {
    case "map":
      return [head, ...launch.program.exprs.map((e) => `   ${show(e)}`)].join(
        "\n",
      );
    case "reduce": {
      const { element, combine, epilogue } = launch.program;
      return [
        head,
        `   ${combine} of ${show(element)}`,
        `   then ${show(epilogue)}`,
      ].join("\n");
    }
    case "routine":
      return head;
  }
}

/** Bytes that are moved at the least. */
function bytesOf({ storage, view }: Place): number {
  return Math.min(view.size, storage.size) * DTYPES[storage.dtype].bytes;
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
