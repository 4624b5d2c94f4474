/**
 * Views through a kernel: which element of a kernel's input stands behind an
 * element of its output, so that a reader of the output can read the input.
 *
 * @module
 */
import { collapse, stridesAlong } from "../lower/geometry.ts";
import type { Shape } from "../shape.ts";
import { denseStrides, View } from "../view.ts";
import type { MapLaunch } from "./launch.ts";

/**
 * For each input of `producer` the view, over a loop of `shape`, of the
 * elements from which the elements in `read` were made; null where these do
 * not lie evenly. `read` is a view of the producer's dense output.
 */
export function viewsThrough(
  producer: MapLaunch,
  shape: Shape,
  read: View,
): View[] | null {
  const own = producer.outputs[0]!.view.shape;
  const strides = stridesAlong(read, shape);
  if (!producer.program.collapses && !identical(own, shape, strides, read)) {
    return null;
  }
  const inputs = producer.inputs.map(({ view }) => stridesAlong(view, own));
  const loop = collapse(own, [denseStrides(own), ...inputs]);
  const [dense, ...from] = loop.strides as [number[], ...number[][]];
  const rank = loop.shape.length;
  // Where the view begins, along each dim of the producer's loop.
  const low: number[] = new Array(rank);
  let rest = read.offset;
  for (let e = 0; e < rank; e++) {
    const stride = dense[e]!;
    low[e] = stride === 0 ? 0 : Math.floor(rest / stride);
    rest -= low[e]! * stride;
  }
  if (rest !== 0) return null;
  const high = low.slice();
  const offsets = producer.inputs.map(({ view }, k) =>
    view.offset + low.reduce((sum, at, e) => sum + at * from[k]![e]!, 0)
  );
  const out: number[][] = from.map(() => new Array(shape.length).fill(0));
  for (let d = 0; d < shape.length; d++) {
    const stride = strides[d]!;
    if (stride === 0 || shape[d] === 1) continue;
    let e = 0;
    while (e < rank && (dense[e] === 0 || stride % dense[e]! !== 0)) e++;
    if (e === rank) return null;
    const step = stride / dense[e]!;
    const reach = step * (shape[d]! - 1);
    if (reach > 0) high[e]! += reach;
    else low[e]! += reach;
    from.forEach((of, k) => out[k]![d] = step * of[e]!);
  }
  for (let e = 0; e < rank; e++) {
    if (low[e]! < 0 || high[e]! >= loop.shape[e]!) return null;
  }
  return out.map((of, k) => new View(shape, of, offsets[k]!));
}

/** Whether the loop walks over the output just as its maker does. */
function identical(
  own: Shape,
  shape: Shape,
  strides: readonly number[],
  read: View,
): boolean {
  const dense = denseStrides(own);
  return read.offset === 0 && own.length === shape.length &&
    own.every((extent, d) =>
      extent === shape[d] && (extent === 1 || strides[d] === dense[d])
    );
}
