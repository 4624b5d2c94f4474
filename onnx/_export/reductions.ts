/**
 * Reductions as nodes.
 *
 * @module
 */
import type { OpOf } from "@tenfold/core/backend";
import { sizeOf } from "../_value.ts";
import type { GraphBuilder, Named } from "./builder.ts";
import type { Meta } from "./nodes.ts";

/** A reduction whose dims are an attribute. */
export function reduceBy(
  graph: GraphBuilder,
  opType: string,
  x: Named,
  dims: readonly number[],
  keepDim: boolean,
  { shape, dtype }: Meta,
): Named {
  if (dims.length === 0) return x;
  return graph.node(opType, [x], shape, dtype, {
    axes: dims,
    keepdims: keepDim ? 1 : 0,
  });
}

/** A sum, whose dims are an input. */
export function sumOf(
  graph: GraphBuilder,
  x: Named,
  dims: readonly number[],
  keepDim: boolean,
  { shape, dtype }: Meta,
): Named {
  if (dims.length === 0) return x;
  return graph.node("ReduceSum", [x, graph.list(dims)], shape, dtype, {
    keepdims: keepDim ? 1 : 0,
  });
}

/** A reduction over dims. */
export function reduce(
  { name, dims, keepDim }: OpOf<"sum" | "any" | "all" | "norm">,
  x: Named,
  result: Meta,
  graph: GraphBuilder,
): Named {
  switch (name as string) {
    case "sum":
      return sumOf(graph, graph.cast(x, result.dtype), dims, keepDim, result);
    case "mean":
      return reduceBy(
        graph,
        "ReduceMean",
        graph.cast(x, result.dtype),
        dims,
        keepDim,
        result,
      );
    case "norm":
      return reduceBy(graph, "ReduceL2", x, dims, keepDim, result);
    case "any":
    case "all": {
      const numbers = graph.cast(graph.cast(x, "bool"), "int32");
      const opType = name === "any" ? "ReduceMax" : "ReduceMin";
      const meta: Meta = { shape: result.shape, dtype: "int32" };
      return graph.cast(
        reduceBy(graph, opType, numbers, dims, keepDim, meta),
        "bool",
      );
    }
  }
  const opType = {
    prod: "ReduceProd",
    max: "ReduceMax",
    min: "ReduceMin",
  }[name as "prod"];
  return reduceBy(
    graph,
    opType,
    graph.cast(x, result.dtype),
    dims,
    keepDim,
    result,
  );
}

/** The variance, out of the mean. */
export function variance(
  { dims, keepDim, correction }: OpOf<"variance">,
  x: Named,
  result: Meta,
  graph: GraphBuilder,
): Named {
  const { dtype } = result;
  const kept = x.shape.map((extent, d) => dims.includes(d) ? 1 : extent);
  const mean = reduceBy(graph, "ReduceMean", x, dims, true, {
    shape: kept,
    dtype,
  });
  const centred = graph.node("Sub", [x, mean], x.shape, dtype);
  const squares = graph.node("Mul", [centred, centred], x.shape, dtype);
  const sum = sumOf(graph, squares, dims, keepDim, result);
  const count = sizeOf(dims.map((d) => x.shape[d]!)) - correction;
  return graph.node(
    "Div",
    [sum, graph.number(count, dtype)],
    result.shape,
    dtype,
  );
}
