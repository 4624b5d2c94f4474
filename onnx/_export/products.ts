/**
 * Products and convolutions as nodes.
 *
 * @module
 */
import type { OpOf } from "@tenfold/core/backend";
import type { GraphBuilder, Named } from "./builder.ts";
import { type Attributes, type Meta, plain } from "./nodes.ts";

/** The attributes of windows. */
export function windowAttributes(
  op: OpOf<"conv2d" | "maxPool2d" | "conv2dInput">,
): Attributes {
  const [top, left] = op.padding;
  return {
    strides: op.stride,
    pads: [top, left, top, left],
    dilations: op.dilation,
  };
}

/** A transposed convolution. */
export function transposedConv(
  op: OpOf<"conv2dInput">,
  [x, weight]: readonly Named[],
  result: Meta,
  graph: GraphBuilder,
): Named {
  const kernel = weight!.shape.slice(2);
  const more = [0, 1].map((d) =>
    op.size[d]! -
    (op.stride[d]! * (x!.shape[2 + d]! - 1) +
      (kernel[d]! - 1) * op.dilation[d]! + 1 - 2 * op.padding[d]!)
  );
  return plain(graph, "ConvTranspose", [x!, weight!], result, {
    ...windowAttributes(op),
    group: op.groups,
    output_padding: more,
  });
}

/** A product of matrices, and a bias. */
export function product(
  inputs: readonly Named[],
  result: Meta,
  graph: GraphBuilder,
): Named {
  const [a, b, bias] = inputs;
  const simple = a!.shape.length === 2 && b!.shape.length === 2;
  if (bias === undefined) return plain(graph, "MatMul", [a!, b!], result);
  if (simple) return plain(graph, "Gemm", [a!, b!, bias], result);
  const matmul = plain(graph, "MatMul", [a!, b!], result);
  return plain(graph, "Add", [matmul, bias], result);
}

/** `x wᵀ`, and a bias. */
export function linear(
  [x, weight, bias]: readonly Named[],
  result: Meta,
  graph: GraphBuilder,
): Named {
  if (x!.shape.length === 2) {
    const inputs = bias ? [x!, weight!, bias] : [x!, weight!];
    return plain(graph, "Gemm", inputs, result, { transB: 1 });
  }
  const [n, k] = weight!.shape as [number, number];
  const turned = graph.node("Transpose", [weight!], [k, n], weight!.dtype, {
    perm: [1, 0],
  });
  return product(bias ? [x!, turned, bias] : [x!, turned], result, graph);
}
