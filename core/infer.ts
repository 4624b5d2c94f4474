/**
 * What each primitive gives, without running it: shapes and dtypes of the
 * results, and every check of the arguments. A table keyed by name; a missing
 * row is a compile error.
 *
 * @module
 */
import {
  canCast,
  type DType,
  dtypeOfNumber,
  floatOf,
  isFloating,
  numberOf,
  promote,
} from "./dtype.ts";
import {
  ELEMENTWISE,
  type Elementwise,
  forEachElementwise,
  type Resolved,
  resolveDType,
} from "./elementwise.ts";
import { DTypeError, ShapeError, showShape } from "./errors.ts";
import { usesIndex } from "./expr.ts";
import { movedShape } from "./infer_movement.ts";
import {
  inferConv2d,
  inferConv2dInput,
  inferConv2dWeight,
  inferMaxPool2d,
} from "./infer_windows.ts";
import type {
  AlongOp,
  ArgOp,
  ElementwiseOp,
  Formula,
  LogSumExpOp,
  MapSumOp,
  Meta,
  MovementOp,
  Op,
  OpName,
  OpOf,
  ReduceOp,
  TriangleOp,
  VarianceOp,
} from "./op.ts";
import { checkNumber } from "./options.ts";
import { broadcastShapes, sameShape, type Shape } from "./shape.ts";

/** The results of a primitive, or an error that says what does not fit. */
export type Infer<O> = (op: O, inputs: readonly Meta[]) => readonly Meta[];

/** Shape and dtypes of an elementwise primitive over tensors and numbers. */
export function inferElementwise(
  op: ElementwiseOp,
  inputs: readonly Meta[],
): { shape: Shape } & Resolved {
  const { name, operands } = op;
  const facts: Elementwise = ELEMENTWISE[name];
  let shape: Shape = inputs[0]!.shape;
  for (let i = 1; i < inputs.length; i++) {
    shape = broadcastShapes(shape, inputs[i]!.shape, name);
  }
  let common: DType | null = null;
  let next = 0;
  for (let i = 0; i < facts.arity; i++) {
    if (operands && operands[i] !== null) continue;
    const { dtype } = inputs[next++]!;
    if (i === 0 && facts.rule === "select") continue;
    common = common === null ? dtype : promote(common, dtype);
  }
  if (operands) {
    // Numbers take the tensors' dtype, or the smallest that holds them.
    const base = common ?? "float32";
    for (let i = 0; i < facts.arity; i++) {
      const value = operands[i];
      if (value === null || value === undefined) continue;
      if (i === 0 && facts.rule === "select") continue;
      common = promote(common ?? base, dtypeOfNumber(value, base));
    }
  }
  const resolved = resolveDType(facts, common!);
  if (resolved === null) {
    throw new DTypeError(
      `Cannot ${name} bool tensors: cast one to int32 or use logicalXor or logicalNot`,
    );
  }
  // Each by its name: to spread an object takes a sixth of a small operation.
  const { compute, result } = resolved;
  return { shape, compute, result };
}

const elementwise: Infer<ElementwiseOp> = (op, inputs) => {
  const { shape, result } = inferElementwise(op, inputs);
  return [{ shape, dtype: result }];
};

/** The shape that is left when `dims` are reduced. */
export function reducedShape(
  shape: Shape,
  dims: readonly number[],
  keepDim: boolean,
): Shape {
  const out: number[] = [];
  for (let d = 0; d < shape.length; d++) {
    if (!dims.includes(d)) out.push(shape[d]!);
    else if (keepDim) out.push(1);
  }
  return out;
}

const reduces =
  (dtypeOf: (dtype: DType) => DType, empty: boolean): Infer<ReduceOp> =>
  (op, [x]) => {
    if (!empty) refuseEmpty(op.name, x!.shape, op.dims);
    return [{
      shape: reducedShape(x!.shape, op.dims, op.keepDim),
      dtype: dtypeOf(x!.dtype),
    }];
  };

/** Refuses dims with nothing in them, of which there is no extreme. */
export function refuseEmpty(
  name: string,
  shape: Shape,
  dims: readonly number[],
): void {
  if (dims.some((d) => shape[d] === 0)) {
    throw new ShapeError(
      `Cannot take the ${name} over no elements as it has no identity: got shape ${
        showShape(shape)
      }, dims ${showShape(dims)}`,
    );
  }
}

const floatReduce: Infer<VarianceOp | LogSumExpOp> = (op, [x]) => [{
  shape: reducedShape(x!.shape, op.dims, op.keepDim),
  dtype: floatOf(x!.dtype),
}];

const triangle: Infer<TriangleOp> = (op, [x]) => {
  if (x!.shape.length < 2) {
    throw new ShapeError(
      `Cannot take ${op.name} of fewer than 2 dims: got shape ${
        showShape(x!.shape)
      }`,
    );
  }
  const { diagonal } = op;
  if (!Number.isInteger(checkNumber(diagonal, "the diagonal", op.name))) {
    throw new RangeError(
      `Cannot ${op.name} as the diagonal must be an integer: got ${diagonal}`,
    );
  }
  return [{ shape: x!.shape, dtype: x!.dtype }];
};

const movement: Infer<MovementOp> = (op, [x]) => [{
  shape: movedShape(op, x!.shape),
  dtype: x!.dtype,
}];

const created: Infer<{ shape: Shape; dtype: DType }> = (op) => [op];

function inferMatmul(inputs: readonly Meta[]): Meta {
  const [a, b, bias] = inputs;
  const [x, y] = [a!.shape, b!.shape];
  const [m, k] = x.slice(-2);
  const [k2, n] = y.slice(-2);
  if (k !== k2) {
    throw new ShapeError(
      `Cannot multiply matrices as the inner dimensions must match: got ${
        showShape(x)
      } and ${showShape(y)}`,
    );
  }
  const batch = broadcastShapes(x.slice(0, -2), y.slice(0, -2), "matmul");
  const shape = [...batch, m!, n!];
  if (
    bias &&
    broadcastShapes(shape, bias.shape, "add the bias").length !== shape.length
  ) {
    throw new ShapeError(
      `Cannot add a bias of shape ${
        showShape(bias.shape)
      } to a product of shape ${showShape(shape)}`,
    );
  }
  return { shape, dtype: a!.dtype };
}

function inferLinear([x, w, bias]: readonly Meta[]): Meta {
  const k = x!.shape[x!.shape.length - 1];
  if (w!.shape.length !== 2 || k !== w!.shape[1]) {
    throw new ShapeError(
      `Cannot apply a linear layer as the last extent of the input must be the second of the weight: got input ${
        showShape(x!.shape)
      } and weight ${showShape(w!.shape)}`,
    );
  }
  const n = w!.shape[0]!;
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== n)) {
    throw new ShapeError(
      `Cannot add a bias of shape ${
        showShape(bias.shape)
      } to the ${n} outputs of a linear layer`,
    );
  }
  return { shape: [...x!.shape.slice(0, -1), n], dtype: x!.dtype };
}

/** The shape over which a formula runs; checks the dtypes of its inputs. */
export function inferFormula(
  { label, inputs: dtypes }: Formula,
  inputs: readonly Meta[],
): Shape {
  let shape: Shape = inputs.length > 0 ? inputs[0]!.shape : [];
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i]!;
    if (input.dtype !== dtypes[i]) {
      throw new DTypeError(
        `Cannot compute ${label} as the dtype of input ${i} differs: got ${input.dtype}, expected ${
          dtypes[i]
        }`,
      );
    }
    if (i > 0) shape = broadcastShapes(shape, input.shape, label);
  }
  return shape;
}

/** Formulas that were found fit to be summed: each is looked at once. */
const summable = new WeakSet<Formula>();

function inferMapSum(op: MapSumOp, inputs: readonly Meta[]): Meta {
  const { formula, dims, keepDim } = op;
  const shape = inferFormula(formula, inputs);
  if (!summable.has(formula)) {
    if (!isFloating(formula.expr.dtype) || usesIndex([formula.expr])) {
      throw new DTypeError(
        `Cannot sum ${formula.label} as its values must be floats that do not depend on positions: got ${formula.expr.dtype}`,
      );
    }
    summable.add(formula);
  }
  return {
    shape: reducedShape(shape, dims, keepDim),
    dtype: formula.expr.dtype,
  };
}

/** Checks that a shape fits into the view that windows show of another one. */
function checkRoom(
  whole: Shape,
  windows: readonly MovementOp[],
  part: Shape,
): void {
  let room = whole;
  for (const window of windows) room = movedShape(window, room);
  if (sameShape(room, part)) return;
  throw new ShapeError(
    `Cannot embed a tensor of shape ${
      showShape(part)
    } where there is room for ${showShape(room)}`,
  );
}

/** Checks that `index` fits `x` along every dim but `dim`. */
function checkIndexShape(
  name: string,
  dim: number,
  x: Shape,
  index: Meta,
): void {
  if (index.dtype !== "int32") {
    throw new DTypeError(
      `Cannot ${name} as the index must be int32: got ${index.dtype}`,
    );
  }
  if (
    index.shape.length !== x.length ||
    index.shape.some((extent, d) => d !== dim && extent > x[d]!)
  ) {
    throw new ShapeError(
      `Cannot ${name} along dim ${dim} as the index must have as many dims as the tensor and be no larger along the others: got index ${
        showShape(index.shape)
      } for ${showShape(x)}`,
    );
  }
}

/** The same, once all inputs are numbers of one dtype, as products need them. */
const ofOneDType =
  <O extends Op>(infer: Infer<O>): Infer<O> => (op, inputs) => {
    const { dtype } = inputs[0]!;
    for (const input of inputs) {
      if (input.dtype === dtype && dtype !== "bool") continue;
      throw new DTypeError(
        `Cannot ${op.name} as all operands must be numbers of one dtype: got ${
          inputs.map((x) => x.dtype).join(", ")
        }, cast them to their common one`,
      );
    }
    return infer(op, inputs);
  };

/** The checks and results of every primitive. */
export const INFER: {
  readonly [N in Exclude<OpName, AlongOp["name"] | ArgOp["name"]>]: Infer<
    OpOf<N>
  >;
} = {
  ...forEachElementwise(elementwise),
  cast: (op, [x]) => [{ shape: x!.shape, dtype: op.dtype }],
  copy: (_, [x]) => [{ shape: x!.shape, dtype: x!.dtype }],

  sum: reduces(numberOf, true),
  mean: reduces(floatOf, true),
  prod: reduces(numberOf, true),
  max: reduces((dtype) => dtype, false),
  min: reduces((dtype) => dtype, false),
  any: reduces(() => "bool", true),
  all: reduces(() => "bool", true),
  norm: reduces(floatOf, true),
  variance: floatReduce,
  logsumexp: floatReduce,
  sort: (_, [x]) => [
    { shape: x!.shape, dtype: x!.dtype },
    { shape: x!.shape, dtype: "int32" },
  ],

  reshape: movement,
  permute: movement,
  expand: movement,
  slice: movement,
  unfold: movement,
  diagonal: movement,
  embed: (op, [x]) => {
    checkRoom(op.shape, op.windows, x!.shape);
    return [{ shape: op.shape, dtype: x!.dtype }];
  },
  embedSum: (op, inputs) => {
    const { dtype } = inputs[0]!;
    for (const [i, input] of inputs.entries()) {
      checkRoom(op.shape, op.places[i]!, input.shape);
      if (input.dtype === dtype && dtype !== "bool") continue;
      throw new DTypeError(
        `Cannot embed tensors of ${dtype} and ${input.dtype} together: cast them to one dtype of numbers`,
      );
    }
    return [{ shape: op.shape, dtype }];
  },
  cat: (op, inputs) => {
    const first = inputs[0]!;
    const shape = first.shape.slice();
    let dtype = first.dtype;
    for (const input of inputs.slice(1)) {
      const fits = input.shape.length === shape.length &&
        input.shape.every((extent, d) => d === op.dim || extent === shape[d]);
      if (!fits) {
        throw new ShapeError(
          `Cannot cat along dim ${op.dim} as the other extents must match: got ${
            inputs.map((i) => showShape(i.shape)).join(", ")
          }`,
        );
      }
      shape[op.dim]! += input.shape[op.dim]!;
      dtype = promote(dtype, input.dtype);
    }
    return [{ shape, dtype }];
  },

  full: created,
  arange: (op) => {
    if (op.dtype === "bool") {
      throw new DTypeError(
        "Cannot make a range of bools as they do not count: make it of int32 and compare it",
      );
    }
    return [{ shape: [op.length], dtype: op.dtype }];
  },
  eye: (op) => [{ shape: [op.rows, op.columns], dtype: op.dtype }],
  tril: triangle,
  triu: triangle,
  random: created,
  dropout: (_, [x]) => [{ shape: x!.shape, dtype: floatOf(x!.dtype) }],

  matmul: ofOneDType((_, inputs) => [inferMatmul(inputs)]),
  linear: ofOneDType((_, inputs) => [inferLinear(inputs)]),
  conv2d: ofOneDType((op, inputs) => [inferConv2d(op, inputs)]),
  conv2dInput: ofOneDType((op, inputs) => [inferConv2dInput(op, inputs)]),
  conv2dWeight: ofOneDType((op, inputs) => [inferConv2dWeight(op, inputs)]),
  maxPool2d: inferMaxPool2d,
  gather: (op, [x, index]) => {
    checkIndexShape("gather", op.dim, x!.shape, index!);
    return [{ shape: index!.shape, dtype: x!.dtype }];
  },
  scatterAdd: (op, [x, index, src]) => {
    if (x!.dtype === "bool") {
      throw new DTypeError(
        "Cannot scatterAdd into a bool tensor as bools are not added: cast it to int32",
      );
    }
    if (!canCast(src!.dtype, x!.dtype)) {
      throw new DTypeError(
        `Cannot scatterAdd ${src!.dtype} values into a tensor of ${
          x!.dtype
        } as it cannot hold them: cast one of them, such as the tensor to ${
          src!.dtype
        }`,
      );
    }
    checkIndexShape("scatterAdd", op.dim, x!.shape, index!);
    if (
      src!.shape.length !== index!.shape.length ||
      src!.shape.some((extent, d) => extent < index!.shape[d]!)
    ) {
      throw new ShapeError(
        `Cannot scatterAdd as the source must be at least as large as the index: got source ${
          showShape(src!.shape)
        } for index ${showShape(index!.shape)}`,
      );
    }
    return [{ shape: x!.shape, dtype: x!.dtype }];
  },

  map: (op, inputs) => [{
    shape: inferFormula(op.formula, inputs),
    dtype: op.formula.expr.dtype,
  }],
  mapSum: (op, inputs) => [inferMapSum(op, inputs)],
  update: (op, inputs) => {
    for (const [i, input] of inputs.entries()) {
      const target = inputs[0]!;
      const shape = broadcastShapes(
        target.shape,
        input.shape,
        op.program.label,
      );
      if (
        shape.length !== target.shape.length ||
        shape.some((extent, d) => extent !== target.shape[d]) ||
        (i < op.targets && input.shape.length !== target.shape.length)
      ) {
        throw new ShapeError(
          `Cannot ${op.program.label} in place as the target does not hold the result: got target ${
            showShape(target.shape)
          } and ${showShape(input.shape)}`,
        );
      }
      if (input.dtype !== op.program.inputs[i]) {
        throw new DTypeError(
          `Cannot ${op.program.label} in place as the dtypes differ: got ${input.dtype}, expected ${
            op.program.inputs[i]
          }`,
        );
      }
    }
    return [];
  },
};
