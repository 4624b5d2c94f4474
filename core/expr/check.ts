/**
 * The check of whole expressions before a kernel is made of them: the one door
 * to backends, which write them out as code.
 *
 * @module
 */
import { checkDType, type DType } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import { constant, type Expr, indexAlong, topological } from "./expr.ts";
import { checkExpr, checkPosition, typeOfCall } from "./types.ts";

/** Checks one node, whose operands have been checked. */
function checkNode(
  node: Expr,
  inputs: readonly DType[],
  scalars: number,
): void {
  const within = (index: number, count: number, what: string): void => {
    if (checkPosition(index, what) < count) return;
    throw new RangeError(
      `Cannot write ${what} as its position is out of range: got ${index} of ${count}`,
    );
  };
  let due: DType = node.dtype;
  switch (node.kind) {
    case "arg":
      within(node.index, inputs.length, "an input of an expression");
      due = inputs[node.index]!;
      break;
    case "scalar":
      within(node.index, scalars, "a run-time scalar of an expression");
      break;
    case "const":
      constant(node.value, node.dtype);
      break;
    case "index":
      due = indexAlong(node.dim).dtype;
      break;
    case "accumulator":
      break;
    case "cast":
      checkExpr(node.value, "cast");
      break;
    case "call":
      due = typeOfCall(node.fn, node.args);
      break;
    default:
      checkExpr(undefined, "compute");
  }
  if (node.dtype !== checkDType(due, "write an expression")) {
    throw new DTypeError(
      `Cannot compute an expression as the dtype of a node (${node.kind}) does not follow from its operands: got ${node.dtype}, expected ${due}`,
    );
  }
}

/**
 * Checks whole expressions, also such as were written by hand, against the
 * inputs and the number of run-time scalars that their kernel will have.
 *
 * @throws {TypeError} If a node is not typed by its operands.
 * @throws {RangeError} If it reads an input or a scalar that is not there.
 */
export function checkExprs(
  roots: readonly Expr[],
  inputs: readonly DType[],
  scalars: number,
): void {
  for (const node of topological(roots)) checkNode(node, inputs, scalars);
}
