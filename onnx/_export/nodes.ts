/**
 * Nodes that primitives of several families share.
 *
 * @module
 */
import type { DType } from "@tenfold/core";
import type { AttributeValue, GraphBuilder, Named } from "./builder.ts";

/** Shape and dtype of a result. */
export interface Meta {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** The attributes of a node. */
export type Attributes = { readonly [name: string]: AttributeValue };

/** A node that keeps everything but what its attributes say. */
export function plain(
  graph: GraphBuilder,
  opType: string,
  inputs: readonly (Named | string)[],
  { shape, dtype }: Meta,
  attributes: Attributes = {},
): Named {
  return graph.node(opType, inputs, shape, dtype, attributes);
}
