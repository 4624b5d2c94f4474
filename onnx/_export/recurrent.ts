/**
 * Recurrent layers as one node for each direction.
 *
 * @module
 */
import type { GraphBuilder, Named } from "./builder.ts";
import { type Meta, plain } from "./nodes.ts";
import type { RecurrenceOp } from "./record.ts";

/** Where the gates of ONNX stand in PyTorch's weights. */
const GATES: { readonly [O in RecurrenceOp["operator"]]: readonly number[] } = {
  LSTM: [0, 3, 1, 2],
  GRU: [1, 0, 2],
  RNN: [0],
};

/** Rows in the order of ONNX's gates. */
function reordered(
  { operator }: RecurrenceOp,
  weight: Named,
  graph: GraphBuilder,
): Named {
  const gates = GATES[operator];
  if (gates.length === 1) return weight;
  const width = weight.shape[0]! / gates.length;
  const rows = gates.flatMap((gate) =>
    Array.from({ length: width }, (_, i) => gate * width + i)
  );
  return plain(graph, "Gather", [weight, graph.list(rows)], weight, {
    axis: 0,
  });
}

/** A direction in front of all dims. */
function directed(x: Named, graph: GraphBuilder): Named {
  return graph.node(
    "Unsqueeze",
    [x, graph.list([0])],
    [1, ...x.shape],
    x.dtype,
  );
}

/** Writes one direction of a layer: its outputs, packed, and its last cells. */
export function recurrence(
  op: RecurrenceOp,
  inputs: readonly Named[],
  results: readonly Meta[],
  graph: GraphBuilder,
): readonly Named[] {
  let next = 0;
  const [x, state, cell, input, hidden, inputBias, hiddenBias] = op.given.map(
    (given) => given ? inputs[next++]! : null,
  );
  const [batch, width] = state!.shape as [number, number];
  const steps = graph.node(
    "Reshape",
    [x!, graph.list([op.time, batch, x!.shape[1]!])],
    [op.time, batch, x!.shape[1]!],
    x!.dtype,
  );
  const weight = (one: Named) => directed(reordered(op, one, graph), graph);
  const biases = [inputBias, hiddenBias].filter((bias) => bias != null)
    .map((bias) => reordered(op, bias, graph));
  const length = biases.reduce((sum, { shape }) => sum + shape[0]!, 0);
  const bias = biases.length === 0 ? "" : directed(
    graph.node("Concat", biases, [length], x!.dtype, { axis: 0 }),
    graph,
  );
  const all = graph.node(
    op.operator,
    [
      steps,
      weight(input!),
      weight(hidden!),
      bias,
      "",
      directed(state!, graph),
      ...cell ? [directed(cell, graph)] : [],
    ],
    [op.time, 1, batch, width],
    x!.dtype,
    {
      hidden_size: width,
      direction: op.reverse ? "reverse" : "forward",
      ...op.operator === "GRU" ? { linear_before_reset: 1 } : {},
      ...op.nonlinearity === "relu" ? { activations: ["Relu"] } : {},
    },
  );
  const output = plain(
    graph,
    "Reshape",
    [all, graph.list(results[0]!.shape)],
    results[0]!,
  );
  if (!cell) return [output];
  const last = graph.unique(`${all.name}/cell`);
  // The node stands in front of the shape that its output is given.
  graph.nodes.at(-2)!.output = [all.name, "", last];
  return [
    output,
    plain(graph, "Reshape", [last, graph.list(results[1]!.shape)], results[1]!),
  ];
}
