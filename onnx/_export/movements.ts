/**
 * Parts, windows and padding as nodes.
 *
 * @module
 */
import type { OpOf } from "@tenfold/core/backend";
import type { GraphBuilder, Named } from "./builder.ts";
import { NoCounterpart } from "./expression.ts";
import { type Meta, plain } from "./nodes.ts";

/** Every so many-th element of a stretch of a dim. */
export function slice(
  { dim, start, length, step }: OpOf<"slice">,
  x: Named,
  result: Meta,
  graph: GraphBuilder,
): Named {
  const end = start + length * step;
  // Below the first element, ONNX takes any number that is small enough.
  const stop = end < 0 ? -(2 ** 31) : end;
  return plain(graph, "Slice", [
    x,
    graph.list([start]),
    graph.list([stop]),
    graph.list([dim]),
    graph.list([step]),
  ], result);
}

/** Windows, gathered: they are new dims, of which the last moves to the end. */
export function unfold(
  { dim, size, step }: OpOf<"unfold">,
  x: Named,
  result: Meta,
  graph: GraphBuilder,
): Named {
  const count = result.shape[dim]!;
  const indices = Array.from(
    { length: count * size },
    (_, i) => Math.floor(i / size) * step + i % size,
  );
  const shape = [
    ...x.shape.slice(0, dim),
    count,
    size,
    ...x.shape.slice(dim + 1),
  ];
  const gathered = graph.node(
    "Gather",
    [x, graph.list(indices, [count, size])],
    shape,
    x.dtype,
    { axis: dim },
  );
  if (dim === x.shape.length - 1) return gathered;
  const perm = shape.map((_, d) => d).filter((d) => d !== dim + 1);
  return plain(graph, "Transpose", [gathered], result, {
    perm: [...perm, dim + 1],
  });
}

/** Padding; other places within a larger tensor come of gradients alone. */
export function place(
  { shape, value, windows }: OpOf<"place">,
  x: Named,
  result: Meta,
  graph: GraphBuilder,
): Named {
  const before = shape.map(() => 0);
  const behind = shape.map((extent, d) => extent - x.shape[d]!);
  for (const window of windows) {
    if (window.name !== "slice" || window.step !== 1) {
      throw new NoCounterpart("primitive place but for padding");
    }
    before[window.dim] = window.start;
    behind[window.dim]! -= window.start;
  }
  const dtype = x.dtype === "bool" ? "int32" : x.dtype;
  const padded = graph.node(
    "Pad",
    [
      graph.cast(x, dtype),
      graph.list([...before, ...behind]),
      graph.number(value, dtype),
    ],
    result.shape,
    dtype,
  );
  return graph.cast(padded, x.dtype);
}
