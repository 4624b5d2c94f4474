/**
 * Primitives as nodes.
 *
 * @module
 */
import { type DType, isFloating, promote } from "@tenfold/core";
import {
  arg,
  castExpr,
  constant,
  ELEMENTWISE,
  type Expr,
  type Op,
  type OpOf,
} from "@tenfold/core/backend";
import { sizeOf } from "../_value.ts";
import type { GraphBuilder, Named } from "./builder.ts";
import { ExpressionWriter, NoCounterpart } from "./expression.ts";
import { place, slice, unfold } from "./movements.ts";
import { type Attributes, type Meta, plain } from "./nodes.ts";
import type { Origins } from "./origins.ts";
import {
  linear,
  product,
  transposedConv,
  windowAttributes,
} from "./products.ts";
import { reduce, reduceBy, sumOf, variance } from "./reductions.ts";

/** What one primitive is written with. */
export interface Context {
  readonly graph: GraphBuilder;
  readonly origins: Origins;
}

/** Elementwise primitives that are one operator with an attribute. */
function activation(
  op: OpOf<"leakyRelu"> | Op,
  x: Named,
  graph: GraphBuilder,
): Named | null {
  const { name, operands } = op as {
    name: string;
    operands?: readonly (number | null)[];
  };
  if (name === "relu") return graph.node("Relu", [x], x.shape, x.dtype);
  const alpha = operands?.[1];
  if (typeof alpha !== "number") return null;
  if (name === "leakyRelu" || name === "elu") {
    return graph.node(
      name === "elu" ? "Elu" : "LeakyRelu",
      [x],
      x.shape,
      x.dtype,
      { alpha: { float: alpha } },
    );
  }
  return null;
}

/** The dtype that operands are brought to, given that of the result. */
function computedIn(
  rule: "promote" | "float" | "compare" | "logic" | "select",
  inputs: readonly Named[],
  numbers: readonly (number | null)[],
  result: DType,
): DType {
  if (rule === "logic") return "bool";
  if (rule !== "compare") {
    return rule === "promote" && result === "bool" ? "int32" : result;
  }
  const common = inputs.map(({ dtype }) => dtype).reduce(promote);
  const fraction = numbers.some((value) =>
    value !== null && !Number.isInteger(value)
  );
  if (fraction && !isFloating(common)) return "float32";
  return common === "bool" ? "int32" : common;
}

function elementwise(
  op: Op & { name: keyof typeof ELEMENTWISE },
  inputs: readonly Named[],
  { shape, dtype: result }: Meta,
  graph: GraphBuilder,
): Named {
  const { name, operands } = op as {
    name: keyof typeof ELEMENTWISE;
    operands?: readonly (number | null)[];
  };
  const { arity, rule, expr } = ELEMENTWISE[name];
  const compute = computedIn(rule, inputs, operands ?? [], result);
  if (compute === result && inputs[0]!.dtype === compute) {
    const direct = activation(op, inputs[0]!, graph);
    if (direct !== null) return direct;
  }
  const args: Named[] = [];
  let next = 0;
  const exprs = Array.from({ length: arity }, (_, i): Expr => {
    const dtype = rule === "select" && i === 0 ? "bool" : compute;
    const value = operands?.[i];
    if (typeof value === "number") return constant(value, dtype);
    args.push(graph.cast(inputs[next++]!, dtype));
    return arg(args.length - 1, dtype);
  });
  const writer = new ExpressionWriter(graph, args, [], shape);
  return writer.write(castExpr(expr(...exprs), result));
}

/** Before what has one result expanded to a shape that it does not fill. */
function filled(graph: GraphBuilder, value: Named, { shape }: Meta): Named {
  return sizeOf(value.shape) === sizeOf(shape) &&
      value.shape.length === shape.length
    ? value
    : graph.node("Expand", [value, graph.list(shape)], shape, value.dtype);
}

/** Indices of slices are written as Gather, others as GatherElements. */
function gather(
  { dim }: OpOf<"gather">,
  [x, index]: readonly Named[],
  result: Meta,
  { graph, origins }: Context,
): Named {
  const rows = origins.rowsOf(index!, dim);
  if (rows === null) {
    return plain(graph, "GatherElements", [x!, index!], result, { axis: dim });
  }
  const flat = rows.shape.length === 1
    ? rows
    : graph.node("Reshape", [rows, graph.list([-1])], [
      sizeOf(rows.shape),
    ], rows.dtype);
  return plain(graph, "Gather", [x!, flat], result, { axis: dim });
}

/** Writes what gives int64 positions, as int32. */
function positions(
  graph: GraphBuilder,
  opType: string,
  x: Named,
  result: Meta,
  attributes: Attributes,
): Named {
  const found = graph.node(opType, [x], result.shape, "int32", attributes);
  return graph.node("Cast", [found], result.shape, "int32", { to: 6 });
}

function sort(
  { dim, descending }: OpOf<"sort">,
  x: Named,
  results: readonly Meta[],
  graph: GraphBuilder,
): Named[] {
  const [values, indices] = graph.secondOf(
    "TopK",
    [x, graph.list([x.shape[dim]!])],
    { axis: dim, largest: descending ? 1 : 0 },
    x.shape,
  );
  const places = graph.node("Cast", [indices], x.shape, "int32", { to: 6 });
  return [{ name: values, ...results[0]! }, places];
}

function formula(
  op: OpOf<"map" | "mapSum">,
  inputs: readonly Named[],
  result: Meta,
  { graph, origins }: Context,
): Named {
  if (op.name === "map") {
    const known = origins.normalization(op, inputs, graph);
    if (known !== null) return known;
  }
  const shape = inputs.reduce<readonly number[]>(
    (all, { shape }) => sizeOf(shape) >= sizeOf(all) ? shape : all,
    [],
  );
  const over = op.name === "map" ? result.shape : shape;
  const writer = new ExpressionWriter(graph, inputs, op.scalars, over);
  const value = writer.write(op.formula.expr);
  if (op.name === "map") return filled(graph, value, result);
  const { dims, keepDim, divisor } = op;
  const sum = sumOf(graph, value, dims, keepDim, result);
  return divisor === 1
    ? sum
    : plain(graph, "Div", [sum, graph.number(divisor, result.dtype)], result);
}

/**
 * Writes a primitive.
 *
 * @throws {NoCounterpart} If ONNX has nothing for it.
 */
export function writePrimitive(
  op: Op,
  inputs: readonly Named[],
  results: readonly Meta[],
  context: Context,
): readonly Named[] {
  return listOf(write(op, inputs, results, context));
}

function listOf(value: Named | readonly Named[]): readonly Named[] {
  return Array.isArray(value) ? value : [value as Named];
}

function write(
  op: Op,
  inputs: readonly Named[],
  results: readonly Meta[],
  context: Context,
): Named | readonly Named[] {
  const { graph } = context;
  const x = inputs[0]!;
  const result = results[0]!;
  if (Object.hasOwn(ELEMENTWISE, op.name)) {
    return filled(
      graph,
      elementwise(op as never, inputs, result, graph),
      result,
    );
  }
  switch (op.name) {
    case "cast":
      return graph.cast(x, op.dtype);
    case "copy":
      return x;
    case "sum":
    case "mean":
    case "prod":
    case "max":
    case "min":
    case "any":
    case "all":
    case "norm":
      return reduce(op as never, x, result, graph);
    case "variance":
      return variance(op, x, result, graph);
    case "softmax":
      return plain(graph, "Softmax", [x], result, { axis: op.dim });
    case "logSoftmax":
      return plain(graph, "LogSoftmax", [x], result, { axis: op.dim });
    case "cumsum":
      return plain(graph, "CumSum", [x, graph.list([op.dim], [])], result);
    case "logsumexp":
      return reduceBy(
        graph,
        "ReduceLogSumExp",
        x,
        op.dims,
        op.keepDim,
        result,
      );
    case "argmax":
    case "argmin":
      return positions(
        graph,
        op.name === "argmax" ? "ArgMax" : "ArgMin",
        x,
        result,
        { axis: op.dim, keepdims: op.keepDim ? 1 : 0 },
      );
    case "sort":
      return sort(op, x, results, graph);
    case "reshape":
      return plain(graph, "Reshape", [x, graph.list(op.shape)], result, {
        allowzero: op.shape.includes(0) ? 1 : 0,
      });
    case "permute":
      return plain(graph, "Transpose", [x], result, { perm: op.dims });
    case "expand":
      return plain(graph, "Expand", [x, graph.list(op.shape)], result);
    case "slice":
      return slice(op, x, result, graph);
    case "unfold":
      return unfold(op, x, result, graph);
    case "place":
      return place(op, x, result, graph);
    case "cat":
      return plain(
        graph,
        "Concat",
        inputs.map((input) => graph.cast(input, result.dtype)),
        result,
        { axis: op.dim },
      );
    case "tril":
    case "triu":
      return plain(graph, "Trilu", [x, graph.list([op.diagonal], [])], result, {
        upper: op.name === "triu" ? 1 : 0,
      });
    case "matmul":
      return product(inputs, result, graph);
    case "linear":
      return linear(inputs, result, graph);
    case "conv2d":
      return plain(graph, "Conv", inputs, result, {
        ...windowAttributes(op),
        kernel_shape: inputs[1]!.shape.slice(2),
        group: op.groups,
      });
    case "conv2dInput":
      return transposedConv(op, inputs, result, graph);
    case "maxPool2d":
      // Positions are not written: only gradients use them.
      return plain(graph, "MaxPool", [x], result, {
        ...windowAttributes(op),
        kernel_shape: op.size,
        ceil_mode: op.ceil ? 1 : 0,
      });
    case "gather":
      return gather(op, inputs, result, context);
    case "scatterAdd":
      return plain(graph, "ScatterElements", inputs, result, {
        axis: op.dim,
        reduction: "add",
      });
    case "map":
    case "mapSum":
      return formula(op, inputs, result, context);
    case "full":
      return filled(graph, graph.number(op.value, op.dtype), result);
    default:
      throw new NoCounterpart(`primitive ${op.name}`);
  }
}
