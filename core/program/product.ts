/**
 * Products that begin with what is added to them: a residual, or the gradient of
 * another branch. The routine takes it in the place of a bias.
 *
 * @module
 */
import { stridesAlong } from "../lower/geometry.ts";
import { View } from "../view.ts";
import type {
  MapLaunch,
  Place,
  RecordedLaunch,
  RoutineLaunch,
} from "./launch.ts";

/** Whether a launch is a matrix product without a bias. */
export function isProduct(launch: RecordedLaunch): launch is RoutineLaunch {
  return launch.kind === "routine" && launch.name === "matmul" &&
    launch.inputs.length === 2;
}

/** The product with what `reader` adds to it, as the result of `reader`. */
export function withAddend(
  product: RoutineLaunch,
  reader: MapLaunch,
): RoutineLaunch | null {
  const [made] = product.outputs as [Place];
  const other = addendOf(reader, made);
  const [output] = reader.outputs as [Place];
  const { view } = output;
  if (other === null || !view.dense || view.size !== made.view.size) {
    return null;
  }
  // In place it might be written before it is read.
  if ([...product.inputs, other].some((p) => p.storage === output.storage)) {
    return null;
  }
  const kept = product.shape.slice(0, -1);
  const along = stridesAlong(other.view, view.shape);
  const begin = new View(view.shape, along, other.view.offset).reshape(kept);
  if (begin === null) return null;
  const addend: Place = { storage: other.storage, view: begin };
  return {
    ...product,
    label: product.label === "" ? reader.label : product.label,
    outputs: [output],
    inputs: [...product.inputs, addend],
    strides: [...product.strides, [...begin.strides, 0]],
  };
}

/** The other operand, where a map adds one to what was made, and no more. */
function addendOf({ outputs, inputs, program }: MapLaunch, made: Place) {
  const [expr] = program.exprs;
  if (
    outputs.length !== 1 || inputs.length !== 2 || expr!.kind !== "call" ||
    expr!.fn !== "add"
  ) return null;
  const [a, b] = expr!.args;
  if (a!.kind !== "arg" || b!.kind !== "arg" || a!.index === b!.index) {
    return null;
  }
  const own = inputs.findIndex((p) => p.storage === made.storage);
  const { view } = inputs[own]!;
  const other = inputs[1 - own]!;
  // All of it, in order.
  const inOrder = view.dense && view.offset === 0 &&
    view.size === made.view.size && outputs[0]!.view.size === view.size;
  // What it makes itself, transposed say, is not there when it begins.
  return inOrder && other.storage !== made.storage &&
      other.storage.dtype === made.storage.dtype
    ? other
    : null;
}
