/**
 * The memory layouts of operands.
 *
 * @module
 */
import type { Shape } from "@tenfold/core";
import { sizeOf, View } from "@tenfold/core/backend";
import { positions } from "./ops/plain.ts";

/** The name of a layout. */
export type Layout =
  | "dense"
  | "offset"
  | "transposed"
  | "broadcast"
  | "splat"
  | "stepped"
  | "negative";

/** A view, and how many elements the memory behind it needs. */
export interface LaidOut {
  /** The view of the operand. */
  readonly view: View;
  /** Elements of the memory. */
  readonly size: number;
}

/** A dense layout with the dims in another order in memory. */
function ordered(shape: Shape, order: readonly number[]): View {
  const back = order.map((_, d) => order.indexOf(d));
  return View.dense(order.map((d) => shape[d]!)).permute(back);
}

/** Moves a view so that its lowest address is `start`, and sizes its memory. */
function fitted(view: View, start: number, spare: number): LaidOut {
  if (view.size === 0) return { view: view.at(start), size: start + spare };
  let [low, high] = [0, 0];
  view.shape.forEach((extent, d) => {
    const reach = (extent - 1) * view.strides[d]!;
    if (reach < 0) low += reach;
    else high += reach;
  });
  return { view: view.at(start - low), size: start + high - low + 1 + spare };
}

const scaled = (view: View, by: number): View =>
  new View(view.shape, view.strides.map((s) => s * by), 0);

/** A dense layout that is broadcast along one dim. */
function broadcastAlong(shape: Shape, dim: number): View {
  if (shape.length === 0) return View.dense(shape);
  return View.dense(shape.map((n, d) => d === dim && n > 0 ? 1 : n))
    .expand(shape);
}

/** Each layout of a shape. */
const LAYOUTS: { readonly [L in Layout]: (shape: Shape) => LaidOut } = {
  dense: (shape) => fitted(View.dense(shape), 0, 0),
  offset: (shape) => fitted(View.dense(shape), 5, 3),
  transposed: (shape) =>
    fitted(ordered(shape, shape.map((_, d) => shape.length - 1 - d)), 0, 0),
  broadcast: (shape) => fitted(broadcastAlong(shape, 0), 1, 0),
  splat: (shape) => fitted(broadcastAlong(shape, shape.length - 1), 0, 1),
  stepped: (shape) => fitted(scaled(View.dense(shape), 2), 1, 1),
  negative: (shape) => fitted(scaled(View.dense(shape), -1), 2, 0),
};

/** Every layout. */
export const ALL_LAYOUTS: readonly Layout[] = Object.keys(LAYOUTS) as Layout[];

/** An operand of a shape in a layout. */
export function layOut(shape: Shape, layout: Layout): LaidOut {
  return LAYOUTS[layout](shape);
}

/** The addresses of the elements of a view, in C order. */
export function addressesOf(view: View): number[] {
  if (view.dense) {
    return Array.from(
      { length: sizeOf(view.shape) },
      (_, i) => view.offset + i,
    );
  }
  return positions(view.shape).map((position) => {
    let at = view.offset;
    for (let d = 0; d < position.length; d++) {
      at += position[d]! * view.strides[d]!;
    }
    return at;
  });
}
