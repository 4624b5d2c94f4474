/**
 * Identities: what a map would compute again at some cost may follow from what an
 * earlier launch holds already. GELU is `x Φ(x)`, so that its gradient has Φ as
 * a quotient and takes one exponential instead of two functions.
 *
 * @module
 */
import { distribution } from "../expr/differentiate.ts";
import {
  arg,
  call,
  constant,
  type Expr,
  operandsOf,
  topological,
} from "../expr/expr.ts";
import { MapProgram } from "../lower/program.ts";
import { sameShape } from "../shape.ts";
import type { Storage } from "../storage.ts";
import type { View } from "../view.ts";
import { writesTo } from "./combine.ts";
import { Interner, replacing, rewriter } from "./expression.ts";
import type { MapLaunch, Place, RecordedLaunch } from "./launch.ts";

/** Below this |x|, Φ(x) is a half, and the quotient could lose it. */
const SMALL = 1e-30;

/** Φ(x) from x and `y = x Φ(x)`. */
const fromProduct = (x: Expr, y: Expr): Expr =>
  call(
    "select",
    call("lt", call("abs", x), constant(SMALL, x.dtype)),
    constant(0.5, x.dtype),
    call("div", y, x),
  );

/**
 * The launches, with values of Φ taken from those of GELU.
 *
 * @param operands How many outputs and inputs a kernel may have.
 */
export function useIdentities(
  launches: readonly RecordedLaunch[],
  operands: number,
): RecordedLaunch[] {
  const out: RecordedLaunch[] = [];
  launches.forEach((launch, i) => {
    const found = launch.kind === "map" &&
      launch.outputs.length + launch.inputs.length < operands &&
      hasErf(launch.program) &&
      rewritten(launch, (place) => geluOf(place, launches, i));
    out.push(found || launch);
  });
  return out;
}

/** Whether Φ may occur in a program. */
function hasErf({ exprs }: MapProgram): boolean {
  return topological(exprs).some((node) =>
    node.kind === "call" && node.fn === "erf"
  );
}

/**
 * Where the GELU of a place was written before launch `end`, if both are still
 * as they were.
 */
function geluOf(
  { storage, view }: Place,
  launches: readonly RecordedLaunch[],
  end: number,
): Place | null {
  const written = new Set<Storage>();
  for (let i = end - 1; i >= 0; i--) {
    const launch = launches[i]!;
    if (isGelu(launch) && isAt(launch.inputs[0]!, storage, view)) {
      const [made] = launch.outputs as [Place];
      const stays = !written.has(made.storage) &&
        sameShape(made.view.shape, view.shape);
      return stays ? made : null;
    }
    for (const output of launch.outputs) written.add(output.storage);
    if (written.has(storage)) return null;
  }
  return null;
}

function isGelu(launch: RecordedLaunch): launch is MapLaunch {
  if (launch.kind !== "map" || launch.inputs.length !== 1) return false;
  const [expr, ...others] = launch.program.exprs;
  return others.length === 0 && expr!.kind === "call" && expr!.fn === "gelu" &&
    expr!.args[0]!.kind === "arg";
}

function isAt(place: Place, storage: Place["storage"], view: View): boolean {
  return place.storage === storage && place.view.offset === view.offset &&
    sameShape(place.view.shape, view.shape) &&
    place.view.strides.every((stride, d) => stride === view.strides[d]);
}

/** A map that reads the GELU of an input instead of computing Φ of it. */
function rewritten(
  launch: MapLaunch,
  geluAt: (place: Place) => Place | null,
): MapLaunch | null {
  const { inputs, program } = launch;
  for (const [k, place] of inputs.entries()) {
    const { dtype } = place.storage;
    if (dtype !== "float32" && dtype !== "float64") continue;
    const interner = new Interner();
    const leaves = {
      arg: (index: number) =>
        interner.intern(arg(index, inputs[index]!.storage.dtype)),
      scalar: (index: number) => index,
    };
    const rewrite = rewriter(interner, leaves);
    const phi = rewrite(distribution(arg(k, dtype)));
    const exprs = program.exprs.map(rewrite);
    if (!exprs.some((expr) => holds(expr, phi))) continue;
    const gelu = geluAt(place);
    if (gelu === null || writesTo(launch, [gelu])) continue;
    const y = arg(inputs.length, dtype);
    const other = fromProduct(arg(k, dtype), y);
    return {
      ...launch,
      inputs: [...inputs, gelu],
      program: new MapProgram(
        [...program.inputs, dtype],
        exprs.map(replacing(phi, other)),
        program.scalars,
      ),
    };
  }
  return null;
}

/** Whether a node is a part of an expression of the same interner. */
function holds(expr: Expr, node: Expr): boolean {
  return expr === node || operandsOf(expr).some((part) => holds(part, node));
}
