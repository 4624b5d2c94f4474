/**
 * Cases of single operators, with the attributes and defaults of several
 * versions. Their figures are those of onnxruntime-node.
 *
 * @module
 */
import type {
  CaseAttribute,
  CaseInput,
  CaseType,
  OperatorCase,
} from "./operator_model.ts";

const sizeOf = (dims: readonly number[]) => dims.reduce((a, b) => a * b, 1);

/** Floats between -1 and 1 without a period. */
function f(...dims: number[]): CaseInput {
  const data = Array.from(
    { length: sizeOf(dims) },
    (_, i) => Math.fround(((i * 7919 + dims.length * 31) % 2001 - 1000) / 1000),
  );
  return { type: "float32", dims, data, constant: false };
}

/** Numbers in a shape. */
function of(
  type: CaseType,
  dims: readonly number[],
  data: readonly number[],
): CaseInput {
  return { type, dims, data, constant: false };
}

/** A list of integers, as shapes and axes are. */
const ints = (...data: number[]) => of("int64", [data.length], data);
const floats = (...data: number[]) =>
  of("float32", [data.length], data.map(Math.fround));
const scalar = (value: number, type: CaseType = "float32") =>
  of(type, [], [type === "float32" ? Math.fround(value) : value]);

/** The same input as an initialiser. */
const c = (input: CaseInput): CaseInput => ({ ...input, constant: true });

/** The same numbers moved and scaled. */
const affine = (input: CaseInput, scale: number, shift: number): CaseInput => ({
  ...input,
  data: input.data.map((value) => Math.fround(value * scale + shift)),
});

const cases: OperatorCase[] = [];

function add(
  op: string,
  opset: number,
  inputs: readonly (CaseInput | null)[],
  attributes: { readonly [name: string]: CaseAttribute } = {},
  outputs: readonly CaseType[] = ["float32"],
): void {
  const same = cases.filter((one) => one.op === op).length;
  cases.push({
    name: `${op}-${opset} ${same + 1}`,
    op,
    opset,
    inputs,
    attributes,
    outputs,
  });
}

// Element by element
for (
  const op of [
    "Abs",
    "Neg",
    "Exp",
    "Floor",
    "Ceil",
    "Round",
    "Sign",
    "Sin",
    "Cos",
    "Tan",
    "Asin",
    "Acos",
    "Atan",
    "Sinh",
    "Cosh",
    "Asinh",
    "Tanh",
    "Sigmoid",
    "Erf",
    "Relu",
    "Softplus",
    "Softsign",
    "HardSigmoid",
    "HardSwish",
    "Selu",
    "Elu",
    "Celu",
    "LeakyRelu",
    "ThresholdedRelu",
    "Reciprocal",
    "Mish",
    "Shrink",
  ]
) {
  add(op, op === "Mish" ? 18 : 14, [
    op.startsWith("A") ? f(3, 4) : affine(f(3, 4), 3, 0.1),
  ]);
}
add("Round", 14, [floats(0.5, 1.5, 2.5, -0.5, -1.5, 2.4)]);
add("Sqrt", 13, [affine(f(3, 4), 1, 1.5)]);
add("Log", 13, [affine(f(3, 4), 1, 1.5)]);
add("Acosh", 9, [affine(f(3, 4), 1, 2.5)]);
add("Atanh", 9, [affine(f(3, 4), 0.9, 0)]);
add("Gelu", 20, [affine(f(3, 4), 3, 0)]);
add("Gelu", 20, [affine(f(3, 4), 3, 0)], { approximate: "tanh" });
add("LeakyRelu", 6, [f(3, 4)], { alpha: { f: 0.3 } });
add("HardSigmoid", 6, [affine(f(3, 4), 3, 0)], {
  alpha: { f: 0.4 },
  beta: { f: 0.6 },
});
add("Elu", 6, [f(3, 4)], { alpha: { f: 2 } });
add("Celu", 12, [f(3, 4)], { alpha: { f: 2 } });
add("ThresholdedRelu", 10, [f(3, 4)], { alpha: { f: 0.2 } });
add("Selu", 6, [f(3, 4)], { alpha: { f: 2 }, gamma: { f: 3 } });
add("Shrink", 9, [f(3, 4)], { lambd: { f: 0.3 }, bias: { f: 0.1 } });
add("PRelu", 9, [f(2, 3, 2, 2), c(f(3, 1, 1))]);
add("PRelu", 7, [f(2, 3), c(f(1))]);
add("Clip", 6, [f(3, 4)], { min: { f: -0.3 }, max: { f: 0.4 } });
add("Clip", 6, [f(3, 4)], { max: { f: 0.4 } });
add("Clip", 11, [f(3, 4), c(scalar(-0.2)), c(scalar(0.1))]);
add("Clip", 13, [f(3, 4), null, c(scalar(0.1))]);
add("Clip", 13, [f(3, 4), scalar(-0.2)]);
add("IsNaN", 13, [floats(1, NaN, Infinity)], {}, ["bool"]);
add("IsInf", 10, [floats(1, NaN, Infinity, -Infinity)], {}, ["bool"]);
add("IsInf", 10, [floats(1, NaN, Infinity, -Infinity)], {
  detect_negative: 0,
}, ["bool"]);
add("Not", 1, [of("bool", [3], [1, 0, 1])], {}, ["bool"]);

for (const op of ["Add", "Sub", "Mul", "Div"]) {
  add(op, 7, [f(2, 3, 4), affine(f(3, 1), 1, 2)]);
  add(
    op,
    14,
    [
      of("int32", [6], [7, -7, 8, -9, 100000007, -2147483647]),
      of("int32", [6], [2, 2, -3, 4, 3, 7]),
    ],
    {},
    ["int32"],
  );
}
add("Add", 13, [f(2, 3), c(scalar(0.5))]);
add("Pow", 7, [affine(f(2, 3), 1, 2), f(3)]);
add("Pow", 13, [f(2, 3), c(scalar(2))]);
add(
  "Pow",
  13,
  [
    of("int32", [4], [2, 3, -2, 5]),
    of("int32", [4], [3, 2, 3, 0]),
  ],
  {},
  ["int32"],
);
add("Pow", 15, [f(2, 3), c(scalar(3, "int64"))]);
add(
  "Mod",
  13,
  [
    of("int32", [6], [-4, 7, 5, 4, -7, 8]),
    of("int32", [6], [2, -3, 8, -2, 3, 5]),
  ],
  {},
  ["int32"],
);
add(
  "Mod",
  13,
  [
    of("int64", [6], [-4, 7, 5, 4, -7, 8]),
    of("int64", [6], [2, -3, 8, -2, 3, 5]),
  ],
  { fmod: 1 },
  ["int64"],
);
add("Mod", 13, [floats(-4.3, 7.2, 5), floats(2.1, -3.4, 8)], { fmod: 1 });
add("Max", 8, [f(2, 3), affine(f(3), -1, 0), c(scalar(0.1))]);
add("Min", 13, [f(2, 3), affine(f(3), -1, 0)]);
add("Sum", 8, [f(2, 3), f(3), f(1)]);
add("Mean", 8, [f(2, 3), f(3), f(1)]);
for (const op of ["Equal", "Greater", "Less"]) {
  add(op, 13, [floats(1, 2, 3), floats(2, 2, 2)], {}, ["bool"]);
}
for (const op of ["GreaterOrEqual", "LessOrEqual"]) {
  add(op, 12, [floats(1, 2, 3), floats(2, 2, 2)], {}, ["bool"]);
}
for (const op of ["And", "Or", "Xor"]) {
  add(
    op,
    7,
    [
      of("bool", [2, 2], [1, 1, 0, 0]),
      of("bool", [2], [1, 0]),
    ],
    {},
    ["bool"],
  );
}
add("Where", 9, [of("bool", [2, 1], [1, 0]), f(2, 3), f(3)]);
add("Cast", 13, [floats(-1.7, 0, 2.9)], { to: 7 }, ["int64"]);
add("Cast", 13, [floats(-1.7, 0, 2.9)], { to: 9 }, ["bool"]);
add("Cast", 13, [ints(255, 256, 300, -1)], { to: 2 }, ["uint8"]);
add("Cast", 13, [ints(127, 128, 300, -129)], { to: 3 }, ["int8"]);
add("CastLike", 15, [ints(1, 2), floats(0)]);

// Windows
add("Conv", 1, [f(1, 2, 5, 5), c(f(3, 2, 3, 3))], { kernel_shape: [3, 3] });
add("Conv", 11, [f(2, 4, 7, 6), c(f(6, 2, 3, 2)), c(f(6))], {
  group: 2,
  strides: [2, 1],
  pads: [1, 0, 2, 1],
});
add("Conv", 11, [f(1, 2, 8, 8), c(f(2, 2, 3, 3))], {
  dilations: [2, 3],
  pads: [2, 1, 2, 1],
});
add("Conv", 11, [f(1, 2, 7, 7), c(f(2, 2, 2, 2))], {
  auto_pad: "SAME_UPPER",
  strides: [2, 2],
});
add("Conv", 11, [f(1, 2, 7, 7), c(f(2, 2, 2, 2))], { auto_pad: "SAME_LOWER" });
add("Conv", 11, [f(1, 2, 7, 7), c(f(2, 2, 3, 3))], { auto_pad: "VALID" });
add("Conv", 11, [f(2, 3, 9), c(f(4, 3, 3)), c(f(4))], {
  pads: [2, 0],
  strides: [2],
});
add("Conv", 11, [f(1, 2, 4, 5, 6), c(f(2, 1, 2, 3, 2)), c(f(2))], {
  group: 2,
  pads: [1, 0, 1, 0, 1, 1],
  strides: [1, 2, 1],
});
add("ConvTranspose", 11, [f(1, 2, 3, 3), c(f(2, 3, 3, 3)), c(f(3))]);
add("ConvTranspose", 11, [f(1, 4, 3, 3), c(f(4, 3, 3, 2))], {
  group: 2,
  strides: [2, 3],
  pads: [1, 0, 0, 1],
  output_padding: [1, 0],
});
add("ConvTranspose", 11, [f(1, 2, 3, 3), c(f(2, 1, 3, 3))], {
  dilations: [2, 1],
  strides: [1, 2],
});
add("ConvTranspose", 11, [f(1, 2, 4), c(f(2, 3, 3))], {
  strides: [2],
  pads: [1, 1],
  output_padding: [1],
});
add("ConvTranspose", 11, [f(1, 2, 2, 3, 3), c(f(2, 2, 3, 2, 2))], {
  strides: [2, 1, 2],
  pads: [1, 0, 0, 1, 0, 0],
});
add("MaxPool", 8, [f(1, 2, 6, 6)], { kernel_shape: [2, 2] });
add("MaxPool", 12, [f(1, 2, 7, 7)], {
  kernel_shape: [3, 3],
  strides: [2, 2],
  ceil_mode: 1,
});
add("MaxPool", 12, [f(1, 2, 7, 7)], {
  kernel_shape: [3, 2],
  strides: [2, 1],
  pads: [1, 0, 0, 1],
});
add("MaxPool", 12, [f(1, 2, 8, 8)], {
  kernel_shape: [2, 2],
  dilations: [2, 3],
});
add("MaxPool", 12, [f(1, 2, 7, 7)], {
  kernel_shape: [3, 3],
  auto_pad: "SAME_UPPER",
  strides: [2, 2],
});
add("MaxPool", 12, [f(1, 2, 9)], { kernel_shape: [3], strides: [2] });
add("MaxPool", 12, [f(1, 2, 4, 5, 6)], {
  kernel_shape: [2, 3, 2],
  strides: [2, 1, 2],
  pads: [0, 1, 0, 0, 1, 0],
});
add("MaxPool", 12, [f(2, 2, 5, 5)], {
  kernel_shape: [2, 2],
  strides: [2, 2],
  pads: [1, 1, 0, 0],
}, ["float32", "int64"]);
add("AveragePool", 7, [f(1, 2, 6, 6)], {
  kernel_shape: [3, 3],
  pads: [1, 1, 1, 1],
});
add("AveragePool", 7, [f(1, 2, 6, 6)], {
  kernel_shape: [3, 2],
  pads: [1, 0, 1, 1],
  strides: [2, 2],
  count_include_pad: 1,
});
add("AveragePool", 19, [f(1, 2, 7, 7)], {
  kernel_shape: [3, 3],
  strides: [2, 2],
  ceil_mode: 1,
});
add("AveragePool", 11, [f(1, 2, 7, 7)], {
  kernel_shape: [3, 3],
  strides: [2, 2],
  auto_pad: "SAME_LOWER",
});
add("AveragePool", 11, [f(1, 2, 4, 5, 6)], { kernel_shape: [2, 2, 3] });
add("AveragePool", 11, [f(1, 2, 9)], { kernel_shape: [4], strides: [3] });
add("LpPool", 11, [f(1, 2, 6, 6)], { kernel_shape: [2, 2], p: 3 });
add("GlobalAveragePool", 1, [f(2, 3, 4, 5)]);
add("GlobalMaxPool", 1, [f(2, 3, 4, 5)]);

// Normalisation
add("BatchNormalization", 9, [
  f(2, 3, 4),
  c(f(3)),
  c(floats(0.3, -0.1, 0.2)),
  c(floats(0.1, 0.2, -0.3)),
  c(floats(1.1, 0.4, 2)),
], { epsilon: { f: 1e-3 } });
add("BatchNormalization", 15, [
  f(2, 3, 4, 2),
  c(f(3)),
  c(floats(0.3, -0.1, 0.2)),
  c(floats(0.1, 0.2, -0.3)),
  c(floats(1.1, 0.4, 2)),
]);
add("InstanceNormalization", 6, [f(2, 3, 4, 2), c(f(3)), c(f(3))]);
add("LayerNormalization", 17, [f(2, 3, 4), c(f(4)), c(f(4))]);
add("LayerNormalization", 17, [f(2, 3, 4), c(f(3, 4))], {
  axis: 1,
  epsilon: { f: 1e-2 },
});
add("LayerNormalization", 17, [f(2, 3, 4), c(f(4)), c(f(4))], {}, [
  "float32",
  "float32",
  "float32",
]);
add("GroupNormalization", 21, [f(2, 4, 3, 2), c(f(4)), c(f(4))], {
  num_groups: 2,
});
add("LRN", 13, [f(1, 6, 2, 2)], {
  size: 3,
  alpha: { f: 0.5 },
  beta: { f: 0.6 },
  bias: { f: 1.5 },
});
add("LpNormalization", 1, [f(2, 3, 4)], { axis: 1, p: 1 });
add("LpNormalization", 1, [f(2, 3, 4)]);
add("MeanVarianceNormalization", 13, [f(2, 3, 4, 2)]);
for (const op of ["Softmax", "LogSoftmax", "Hardmax"]) {
  add(op, 11, [f(2, 3, 4)]);
  add(op, 11, [f(2, 3, 4)], { axis: 2 });
  add(op, 13, [f(2, 3, 4)]);
  add(op, 13, [f(2, 3, 4)], { axis: 1 });
}

// Reductions
for (
  const op of [
    "ReduceSum",
    "ReduceMean",
    "ReduceMax",
    "ReduceMin",
    "ReduceProd",
    "ReduceL1",
    "ReduceL2",
    "ReduceSumSquare",
    "ReduceLogSumExp",
  ]
) {
  add(op, 11, [f(2, 3, 4)], { axes: [1, -1], keepdims: 0 });
  add(op, 11, [f(2, 3, 4)]);
  add(op, 18, [f(2, 3, 4), c(ints(1))]);
}
add("ReduceSum", 13, [f(2, 3, 4)], { noop_with_empty_axes: 1 });
add("ReduceSum", 13, [f(2, 3, 4), c(ints(0, 2))], { keepdims: 0 });
add("ReduceLogSum", 11, [affine(f(2, 3), 1, 2)], { axes: [1] });
add("ArgMax", 13, [f(2, 3, 4)], {}, ["int64"]);
add("ArgMax", 13, [f(2, 3, 4)], { axis: -1, keepdims: 0 }, ["int64"]);
add("ArgMax", 13, [floats(1, 3, 3, 2)], { select_last_index: 1 }, ["int64"]);
add("ArgMin", 13, [f(2, 3, 4)], { axis: 1 }, ["int64"]);
add("CumSum", 14, [f(2, 4), c(scalar(1, "int64"))]);
add("CumSum", 14, [f(2, 4), c(scalar(-1, "int64"))], {
  exclusive: 1,
  reverse: 1,
});
add("CumSum", 11, [f(2, 4), c(scalar(0, "int32"))], { reverse: 1 });

// Shapes
add("Reshape", 5, [f(2, 3, 4), c(ints(0, -1))]);
add("Reshape", 14, [f(2, 3, 4), c(ints(4, 3, 2))]);
add("Reshape", 14, [of("float32", [0, 3], []), c(ints(3, 0))], {
  allowzero: 1,
});
add("Flatten", 9, [f(2, 3, 4)], { axis: 2 });
add("Flatten", 13, [f(2, 3, 4)], { axis: -1 });
add("Flatten", 13, [f(2, 3, 4)], { axis: 0 });
add("Squeeze", 11, [f(1, 3, 1)], { axes: [0] });
add("Squeeze", 13, [f(1, 3, 1), c(ints(-1))]);
add("Squeeze", 13, [f(1, 3, 1)]);
add("Unsqueeze", 11, [f(3, 2)], { axes: [0, 3] });
add("Unsqueeze", 13, [f(3, 2), c(ints(1, -1))]);
add("Transpose", 13, [f(2, 3, 4)]);
add("Transpose", 13, [f(2, 3, 4)], { perm: [1, 0, 2] });
add("Expand", 13, [f(3, 1), c(ints(2, 1, 4))]);
add("Tile", 13, [f(2, 3), c(ints(2, 2))]);
add("Concat", 13, [f(2, 3), f(2, 2)], { axis: -1 });
add("Concat", 4, [f(1, 3), f(2, 3), f(1, 3)], { axis: 0 });
add("Split", 11, [f(2, 5)], { axis: 1, split: [2, 3] }, ["float32", "float32"]);
add("Split", 13, [f(4, 3)], {}, ["float32", "float32"]);
add("Split", 13, [f(2, 5), c(ints(1, 4))], { axis: 1 }, ["float32", "float32"]);
add("Split", 18, [f(7, 2)], { num_outputs: 3 }, [
  "float32",
  "float32",
  "float32",
]);
add("Slice", 9, [f(4, 5)], { starts: [1, -3], ends: [3, 100], axes: [0, 1] });
add("Slice", 13, [f(4, 5), c(ints(1)), c(ints(-1))]);
add("Slice", 13, [
  f(4, 6),
  c(ints(0, -1)),
  c(ints(4, -100)),
  c(ints(0, 1)),
  c(ints(2, -2)),
]);
add("Slice", 13, [
  f(5),
  c(ints(-100)),
  c(ints(-200)),
  c(ints(0)),
  c(ints(-1)),
]);
add("Slice", 13, [f(3, 5), c(ints(5)), c(ints(2)), c(ints(1))]);
add("Slice", 13, [
  f(3, 5),
  c(ints(3)),
  c(of("int64", [1], [2 ** 62])),
  c(ints(-1)),
]);
add("Gather", 13, [f(4, 3), of("int64", [2, 2], [0, -1, 2, 1])]);
add("Gather", 13, [f(4, 3), c(scalar(-1, "int64"))], { axis: 1 });
add("Gather", 13, [f(2, 4, 3), c(ints(1, 3))], { axis: 1 });
add("GatherElements", 13, [f(3, 3), of("int64", [2, 3], [0, 1, 2, -1, 0, 1])]);
add("GatherElements", 13, [f(3, 3), of("int64", [3, 2], [0, 1, 2, 1, 0, -1])], {
  axis: 1,
});
add("GatherND", 13, [f(2, 3, 4), of("int64", [2, 2], [0, 1, 1, -1])]);
add("GatherND", 13, [f(2, 3, 4), c(of("int64", [2, 1, 1], [2, 0]))], {
  batch_dims: 1,
});
add("ScatterElements", 16, [
  f(3, 3),
  of("int64", [2, 3], [1, 0, 2, 0, 2, -2]),
  affine(f(2, 3), 1, 5),
]);
add("ScatterElements", 16, [f(1, 5), of("int64", [1, 3], [1, 1, 3]), f(1, 3)], {
  axis: 1,
  reduction: "add",
});
add("Scatter", 9, [f(1, 5), of("int64", [1, 2], [1, 3]), f(1, 2)], { axis: 1 });
add("ScatterND", 16, [f(4, 3), of("int64", [2, 1], [3, -4]), f(2, 3)]);
add("ScatterND", 16, [f(4, 3), of("int64", [2, 2], [3, 1, 0, 0]), f(2)], {
  reduction: "add",
});
for (const reduction of ["mul", "max", "min"]) {
  // Several for one place, and places from the end.
  add("ScatterElements", 18, [
    f(3, 3),
    of("int64", [2, 3], [1, 0, 2, 1, 2, -1]),
    affine(f(2, 3), 2, -1),
  ], { reduction });
  add("ScatterND", 18, [
    f(4, 3),
    of("int64", [3, 1], [3, -4, 3]),
    affine(f(3, 3), 2, -1),
  ], { reduction });
}
add("OneHot", 11, [ints(0, 2, -1, 5), c(scalar(3, "int64")), floats(-1, 2)]);
add("OneHot", 11, [
  of("int64", [2, 2], [0, 1, 2, 0]),
  c(scalar(3, "int64")),
  floats(0, 1),
], { axis: 1 });
add("NonZero", 13, [c(of("float32", [2, 3], [1, 0, 2, 0, 0, 3]))], {}, [
  "int64",
]);
add("TopK", 11, [f(3, 6), c(ints(2))], {}, ["float32", "int64"]);
add("TopK", 11, [f(3, 6), c(ints(3))], { axis: 0, largest: 0 }, [
  "float32",
  "int64",
]);
add("TopK", 1, [f(3, 6)], { k: 2, axis: 1 }, ["float32", "int64"]);
add("Compress", 11, [f(3, 2), c(of("bool", [3], [1, 0, 1]))], { axis: 0 });
add("Trilu", 14, [f(3, 4)]);
add("Trilu", 14, [f(2, 4, 4), c(scalar(-1, "int64"))], { upper: 0 });
add("DepthToSpace", 13, [f(1, 8, 2, 3)], { blocksize: 2 });
add("DepthToSpace", 13, [f(1, 8, 2, 3)], { blocksize: 2, mode: "CRD" });
add("SpaceToDepth", 13, [f(1, 2, 4, 6)], { blocksize: 2 });
add("ReverseSequence", 10, [f(4, 3, 2), c(ints(1, 2, 4))]);
add("Shape", 15, [f(2, 3, 4)], { start: 1, end: -1 }, ["int64"]);
add("Size", 13, [f(2, 3, 4)], {}, ["int64"]);
add("EyeLike", 9, [f(3, 5)], { k: 1, dtype: 1 });
add("EyeLike", 9, [f(4, 3)], { k: -1, dtype: 1 });
add("ConstantOfShape", 9, [c(ints(2, 3))], {
  value: of("int64", [1], [7]),
}, ["int64"]);
add("ConstantOfShape", 9, [c(ints(2, 30))]);
add(
  "Range",
  11,
  [
    c(scalar(1, "int64")),
    c(scalar(10, "int64")),
    c(scalar(3, "int64")),
  ],
  {},
  ["int64"],
);
add("Pad", 2, [f(2, 3)], { pads: [0, 1, 1, 2], value: { f: 0.5 } });
add("Pad", 13, [f(2, 3), c(ints(1, 0, 0, 2)), c(scalar(2))]);
add("Pad", 13, [f(3, 4), c(ints(1, 2, 0, 1))], { mode: "reflect" });
add("Pad", 13, [f(3, 4), c(ints(1, 2, 0, 1))], { mode: "edge" });
add("Pad", 19, [f(3, 4), c(ints(1, 2, 0, 1))], { mode: "wrap" });
add("Pad", 18, [f(3, 4), c(ints(1, 2)), null, c(ints(-1))]);
add("Pad", 13, [f(3, 4), c(ints(-1, 1, 0, -2))]);

// Sizes
for (const mode of ["nearest", "linear", "cubic"]) {
  for (
    const coordinates of [
      "half_pixel",
      "asymmetric",
      "align_corners",
      "pytorch_half_pixel",
    ]
  ) {
    add("Resize", 13, [
      f(1, 2, 4, 5),
      null,
      null,
      c(ints(1, 2, 7, 3)),
    ], { mode, coordinate_transformation_mode: coordinates });
  }
}
for (
  const nearest of ["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"]
) {
  add("Resize", 13, [f(1, 1, 4, 4), null, c(floats(1, 1, 1.5, 0.6))], {
    nearest_mode: nearest,
  });
}
add("Resize", 10, [f(1, 1, 3, 3), c(floats(1, 1, 2, 2))]);
add("Resize", 10, [f(1, 1, 3, 3), c(floats(1, 1, 2, 3))], { mode: "linear" });
add("Upsample", 9, [f(1, 1, 3, 3), c(floats(1, 1, 2, 2))]);
add("Upsample", 7, [f(1, 1, 3, 3)], { scales: { f: [1, 1, 2, 3] } });
add("Resize", 18, [f(1, 1, 8, 8), null, null, c(ints(3, 5))], {
  axes: [2, 3],
  mode: "linear",
  antialias: 1,
});
add("Resize", 18, [f(1, 1, 8, 8), null, null, c(ints(1, 1, 3, 5))], {
  mode: "cubic",
  antialias: 1,
  cubic_coeff_a: { f: -0.5 },
  exclude_outside: 1,
});
add("Resize", 13, [f(1, 1, 4, 4), null, null, c(ints(1, 1, 6, 6))], {
  mode: "cubic",
  exclude_outside: 1,
});
add("Resize", 13, [
  f(1, 1, 4, 4),
  c(floats(0, 0, 0.4, 0.6, 1, 1, 0.6, 1.4)),
  null,
  c(ints(1, 1, 3, 3)),
], {
  mode: "linear",
  coordinate_transformation_mode: "tf_crop_and_resize",
  extrapolation_value: { f: 10 },
});

// Products
add("MatMul", 13, [f(2, 3), f(3, 4)]);
add("MatMul", 13, [f(2, 1, 2, 3), f(3, 3, 4)]);
add("MatMul", 13, [f(3), f(2, 3, 4)]);
add("Gemm", 7, [f(3, 2), f(4, 3), f(1, 4)], {
  transA: 1,
  transB: 1,
  alpha: { f: 0.5 },
  beta: { f: 2 },
});
add("Gemm", 13, [f(2, 3), c(f(3, 4)), c(f(4))]);
add("Gemm", 13, [f(2, 3), c(f(3, 4))]);
add("Gemm", 13, [f(2, 3), c(f(3, 4)), c(f(2, 1))]);
add("Einsum", 12, [f(2, 3, 4), f(2, 4, 5)], { equation: "bij, bjk -> bik" });
add(
  "MatMulInteger",
  10,
  [
    of("uint8", [2, 3], [1, 2, 3, 250, 251, 252]),
    of("uint8", [3, 2], [4, 5, 6, 7, 8, 9]),
    scalar(2, "uint8"),
    scalar(3, "uint8"),
  ],
  {},
  ["int32"],
);

// Quantisation
add(
  "QuantizeLinear",
  13,
  [
    floats(-1, 0, 0.25, 0.35, 3, 100),
    c(scalar(0.1)),
    c(scalar(10, "uint8")),
  ],
  {},
  ["uint8"],
);
add("QuantizeLinear", 13, [affine(f(2, 3), 9, 0), c(floats(0.1, 0.2, 0.3))], {
  axis: 1,
}, ["uint8"]);
add(
  "QuantizeLinear",
  13,
  [
    affine(f(2, 3), 9, 0),
    c(floats(0.1, 0.2)),
    c(of("int8", [2], [3, -4])),
  ],
  { axis: 0 },
  ["int8"],
);
add("DequantizeLinear", 13, [
  of("uint8", [2, 3], [0, 3, 128, 255, 7, 9]),
  c(scalar(0.1)),
  c(scalar(128, "uint8")),
]);
add("DequantizeLinear", 13, [
  of("int8", [2, 3], [0, 3, -128, 127, 7, 9]),
  c(floats(0.1, 0.2, 0.3)),
  c(of("int8", [3], [1, 2, 3])),
], { axis: 1 });
add("DynamicQuantizeLinear", 11, [affine(f(2, 3), 2, 0.5)], {}, [
  "uint8",
  "float32",
  "uint8",
]);

// Recurrent
for (
  const [op, gates, states] of [["RNN", 1, 1], ["GRU", 3, 1], [
    "LSTM",
    4,
    2,
  ]] as const
) {
  const outputs = Array<CaseType>(1 + states).fill("float32");
  const weights = (directions: number, bias = true) => [
    c(affine(f(directions, gates * 3, 2), 0.7, 0)),
    c(affine(f(directions, gates * 3, 3), 0.6, 0)),
    ...(bias ? [c(affine(f(directions, gates * 6), 0.5, 0))] : []),
  ];
  add(op, 7, [f(4, 2, 2), ...weights(1)], { hidden_size: 3 }, outputs);
  add(op, 14, [f(4, 2, 2), ...weights(1, false)], {
    hidden_size: 3,
    direction: "reverse",
  }, outputs);
  add(
    op,
    14,
    [
      f(4, 2, 2),
      ...weights(2),
      null,
      f(2, 2, 3),
      ...(states === 2 ? [affine(f(2, 2, 3), -0.8, 0.1)] : []),
    ],
    { hidden_size: 3, direction: "bidirectional" },
    outputs,
  );
  add(
    op,
    14,
    [
      f(4, 2, 2),
      ...weights(2),
      c(of("int32", [2], [2, 4])),
    ],
    { hidden_size: 3, direction: "bidirectional" },
    outputs,
  );
  add(op, 14, [f(4, 2, 2), ...weights(1)], {
    hidden_size: 3,
    clip: { f: 0.3 },
  }, outputs);
}
add(
  "GRU",
  14,
  [
    f(4, 2, 2),
    c(f(1, 9, 2)),
    c(f(1, 9, 3)),
    c(f(1, 18)),
  ],
  { hidden_size: 3, linear_before_reset: 1 },
  ["float32", "float32"],
);
add(
  "LSTM",
  14,
  [
    f(4, 2, 2),
    c(f(1, 12, 2)),
    c(f(1, 12, 3)),
    c(f(1, 24)),
    null,
    null,
    null,
    c(f(1, 9)),
  ],
  { hidden_size: 3 },
  ["float32", "float32", "float32"],
);
add("LSTM", 14, [f(4, 2, 2), c(f(1, 12, 2)), c(f(1, 12, 3))], {
  hidden_size: 3,
  activations: ["Sigmoid", "Relu", "Softsign"],
}, ["float32", "float32", "float32"]);
add("RNN", 14, [f(4, 2, 2), c(f(1, 3, 2)), c(f(1, 3, 3))], {
  hidden_size: 3,
  activations: ["LeakyRelu"],
  activation_alpha: { f: [0.3] },
}, ["float32", "float32"]);

// What sets 16 to 22 brought
const grid = affine(f(2, 3, 2, 2), 1.3, 0.05);
for (
  const [opset, linear, cubic] of [[16, "bilinear", "bicubic"], [
    20,
    "linear",
    "cubic",
  ]] as const
) {
  for (const mode of [linear, cubic, "nearest"]) {
    for (
      const padding_mode of mode === cubic
        ? ["zeros"]
        : ["zeros", "border", "reflection"]
    ) {
      for (const align_corners of [0, 1]) {
        add("GridSample", opset, [f(2, 3, 4, 5), grid], {
          mode,
          padding_mode,
          align_corners,
        });
      }
    }
  }
}
add("GridSample", 20, [f(1, 2, 3, 4, 5), affine(f(1, 2, 2, 2, 3), 1.2, 0)], {
  mode: "linear",
});
add("GridSample", 20, [f(1, 2, 3, 4, 5), affine(f(1, 2, 2, 2, 3), 1.2, 0)], {
  mode: "nearest",
  align_corners: 1,
});
for (const align_corners of [0, 1]) {
  add("AffineGrid", 20, [f(2, 2, 3), c(ints(2, 3, 4, 5))], { align_corners });
  add("AffineGrid", 20, [f(1, 3, 4), c(ints(1, 2, 3, 2, 4))], {
    align_corners,
  });
}
add("DeformConv", 19, [
  f(1, 4, 5, 6),
  c(f(4, 2, 3, 2)),
  affine(f(1, 24, 5, 4), 2, 0.1),
  c(f(4)),
  f(1, 12, 5, 4),
], {
  group: 2,
  offset_group: 2,
  pads: [1, 0, 1, 0],
  dilations: [1, 2],
});
add("DeformConv", 22, [f(2, 2, 4, 4), c(f(3, 2, 2, 2)), f(2, 8, 2, 2)], {
  strides: [2, 2],
  kernel_shape: [2, 2],
});
add("Col2Im", 18, [f(2, 12, 6), c(ints(4, 5)), c(ints(3, 2))], {
  dilations: [1, 2],
});
add("Col2Im", 18, [f(1, 4, 8), c(ints(4, 5)), c(ints(2, 2))], {
  strides: [2, 1],
  pads: [0, 0, 0, 0],
});
add("Col2Im", 18, [f(1, 4, 9), c(ints(3, 3)), c(ints(2, 2))], {
  strides: [2, 2],
  pads: [1, 1, 2, 2],
});
add("CenterCropPad", 18, [f(4, 5, 3), c(ints(2, 8, 3))]);
add("CenterCropPad", 18, [f(4, 5, 3), c(ints(7, 2))], { axes: [-3, 1] });
for (const op of ["BitwiseAnd", "BitwiseOr", "BitwiseXor"]) {
  add(
    op,
    18,
    [of("int32", [2, 2], [5, -3, 2147483647, 12]), of("int32", [2], [6, 10])],
    {},
    ["int32"],
  );
  add(
    op,
    18,
    [of("uint8", [3], [5, 255, 128]), of("uint8", [3], [6, 10, 129])],
    {},
    ["uint8"],
  );
}
add("BitwiseNot", 18, [of("int32", [3], [5, -3, 0])], {}, ["int32"]);
add("BitwiseNot", 18, [of("uint8", [3], [5, 255, 0])], {}, ["uint8"]);
for (const direction of ["LEFT", "RIGHT"]) {
  add(
    "BitShift",
    11,
    [of("uint8", [3], [5, 255, 128]), of("uint8", [3], [1, 3, 2])],
    { direction },
    ["uint8"],
  );
}
add(
  "ConvInteger",
  10,
  [
    of("uint8", [1, 1, 3, 3], [2, 3, 4, 5, 6, 7, 8, 9, 250]),
    c(of("uint8", [2, 1, 2, 2], [1, 2, 3, 4, 5, 6, 7, 255])),
    c(scalar(1, "uint8")),
  ],
  { pads: [1, 1, 0, 1] },
  ["int32"],
);
add(
  "QLinearConv",
  10,
  [
    of("uint8", [1, 2, 3, 3], [
      255,
      174,
      162,
      25,
      203,
      168,
      58,
      15,
      59,
      237,
      95,
      129,
      0,
      64,
      56,
      242,
      153,
      221,
    ]),
    c(scalar(0.00369204697)),
    c(scalar(132, "uint8")),
    c(of("uint8", [2, 2, 2, 1], [0, 5, 99, 255, 7, 8, 100, 3])),
    c(scalar(0.00172794575)),
    c(scalar(120, "uint8")),
    c(scalar(0.00262529711)),
    c(scalar(123, "uint8")),
    c(of("int32", [2], [100, -300])),
  ],
  { pads: [0, 1, 1, 0] },
  ["uint8"],
);
add(
  "QLinearConv",
  10,
  [
    of("uint8", [1, 1, 2, 3], [255, 174, 162, 25, 203, 168]),
    c(scalar(0.004)),
    c(scalar(132, "uint8")),
    c(of("int8", [2, 1, 1, 1], [-90, 77])),
    c(floats(0.002, 0.003)),
    c(of("int8", [2], [0, 0])),
    c(scalar(0.0026)),
    c(scalar(123, "uint8")),
  ],
  {},
  ["uint8"],
);
add(
  "QLinearMatMul",
  21,
  [
    of("uint8", [2, 3], [208, 236, 0, 3, 214, 255]),
    c(scalar(0.0066)),
    c(scalar(113, "uint8")),
    c(of("uint8", [3, 2], [152, 51, 60, 26, 0, 127])),
    c(scalar(0.00705)),
    c(scalar(114, "uint8")),
    c(scalar(0.0107)),
    c(scalar(118, "uint8")),
  ],
  {},
  ["uint8"],
);
add("BatchNormalization", 15, [
  f(2, 3, 4, 2),
  c(f(3)),
  c(floats(0.3, -0.1, 0.2)),
  c(floats(0.1, 0.2, -0.3)),
  c(floats(1.1, 0.4, 2)),
], {
  training_mode: 1,
  momentum: { f: 0.8 },
}, ["float32", "float32", "float32"]);
for (const op of ["NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"]) {
  const classes = of("int64", [2, 3], [0, 3, 1, 2, 2, 0]);
  for (const reduction of ["mean", "sum", "none"]) {
    add(op, 13, [f(2, 4, 3), classes, c(floats(0.2, 0.7, 1.1, 0.4))], {
      reduction,
    });
    add(op, 13, [f(2, 4, 3), classes], { reduction, ignore_index: 2 });
  }
}
add("SoftmaxCrossEntropyLoss", 13, [f(3, 4), of("int64", [3], [0, 3, 1])], {}, [
  "float32",
  "float32",
]);
add(
  "MaxUnpool",
  11,
  [f(1, 1, 2, 2), of("int64", [1, 1, 2, 2], [5, 7, 13, 15])],
  { kernel_shape: [2, 2], strides: [2, 2] },
);
add("Clip", 13, [f(3, 4), c(scalar(0.3)), c(scalar(-0.2))]);
add(
  "Clip",
  13,
  [
    of("int32", [4], [1, -5, 7, 3]),
    c(scalar(0, "int32")),
    c(scalar(4, "int32")),
  ],
  {},
  ["int32"],
);
for (const count_include_pad of [0, 1]) {
  for (const ceil_mode of [0, 1]) {
    add("AveragePool", 19, [f(1, 2, 8, 9)], {
      kernel_shape: [3, 2],
      strides: [2, 3],
      dilations: [2, 3],
      pads: [1, 0, 0, 1],
      count_include_pad,
      ceil_mode,
    });
  }
}
add("AveragePool", 19, [f(1, 1, 4, 5, 6)], {
  kernel_shape: [2, 2, 2],
  dilations: [2, 2, 2],
  strides: [1, 2, 1],
});
add("MaxPool", 12, [f(1, 1, 2, 2)], {
  kernel_shape: [1, 1],
  strides: [2, 2],
  ceil_mode: 1,
});
add("MaxPool", 22, [f(1, 1, 5, 6, 4)], {
  kernel_shape: [2, 2, 2],
  dilations: [2, 1, 2],
  ceil_mode: 1,
  strides: [2, 2, 1],
});
add("LpPool", 18, [f(1, 2, 7, 7)], {
  kernel_shape: [2, 3],
  dilations: [2, 1],
  strides: [2, 2],
  ceil_mode: 1,
});
for (const op of ["ReduceMax", "ReduceMin"]) {
  add(op, 20, [of("bool", [4, 2], [1, 1, 1, 0, 0, 1, 0, 0]), c(ints(1))], {
    keepdims: 1,
  }, ["bool"]);
}
for (
  const op of [
    "ReduceSum",
    "ReduceL1",
    "ReduceL2",
    "ReduceSumSquare",
    "ReduceLogSum",
    "ReduceLogSumExp",
    "ReduceProd",
    "ReduceMax",
    "ReduceMin",
  ]
) {
  add(op, 18, [of("float32", [2, 0, 3], []), c(ints(1))]);
}
add("ReduceSum", 13, [of("int32", [2, 2], [2147483, 5, -7, 9])], {}, ["int32"]);
add("Pad", 19, [f(3, 4), c(ints(2, -1)), null, c(ints(1))], { mode: "wrap" });
add("Pad", 19, [f(3, 4, 2), c(ints(1, 2)), c(scalar(0.5)), c(ints(-2))]);
for (const keep_aspect_ratio_policy of ["not_larger", "not_smaller"]) {
  add("Resize", 18, [f(1, 1, 4, 6), null, null, c(ints(7, 8))], {
    axes: [2, 3],
    keep_aspect_ratio_policy,
  });
}
add("Resize", 19, [f(1, 1, 4, 4), null, c(floats(1, 1, 0.6, 1.4))], {
  mode: "linear",
  coordinate_transformation_mode: "half_pixel_symmetric",
});
add("Resize", 18, [f(1, 1, 4, 4), null, c(floats(0.6, 0.6)), null], {
  axes: [2, 3],
  mode: "linear",
  antialias: 1,
});
add("Resize", 18, [f(1, 1, 4, 4), c(floats(0.1, 0.9)), null, c(ints(3))], {
  axes: [3],
  mode: "linear",
  coordinate_transformation_mode: "tf_crop_and_resize",
});
add("Reshape", 19, [f(2, 3, 4), c(ints(2, -1, 2, 2))]);
add(
  "IsInf",
  20,
  [floats(1, NaN, Infinity, -Infinity)],
  { detect_positive: 0 },
  ["bool"],
);
add("Equal", 19, [of("bool", [2], [1, 0]), of("bool", [2], [1, 1])], {}, [
  "bool",
]);
add("Cast", 19, [floats(-1.7, 0, 2.9)], { to: 6 }, ["int32"]);
add(
  "QuantizeLinear",
  21,
  [
    affine(f(4, 2), 9, 0),
    c(of("float32", [2, 2], [0.5, 0.25, 0.125, 1])),
    c(of("uint8", [2, 2], [1, 2, 3, 4])),
  ],
  { axis: 0, block_size: 2 },
  ["uint8"],
);
add("DequantizeLinear", 21, [
  of("uint8", [4, 2], [1, 2, 3, 4, 250, 6, 7, 8]),
  c(of("float32", [2, 2], [0.5, 0.25, 0.125, 1])),
  c(of("uint8", [2, 2], [1, 2, 3, 4])),
], { axis: 0, block_size: 2 });
add("GlobalLpPool", 2, [f(2, 3, 4, 5)], { p: 3 });
add("TopK", 11, [floats(1, 3, 3, 2, 3), c(ints(2))], {}, ["float32", "int64"]);
add("ScatterND", 18, [
  f(2, 3, 2),
  of("int64", [2, 2, 1], [0, 1, 1, 0]),
  f(2, 2, 3, 2),
], { reduction: "max" });
add(
  "GatherND",
  13,
  [of("int64", [2, 2], [0, 1, 2, 3]), c(of("int64", [2, 2], [0, 0, 1, 1]))],
  {},
  ["int64"],
);
add("LRN", 13, [f(1, 5, 3, 2)], { size: 5 });
add("Hardmax", 13, [f(2, 3, 4)], { axis: 0 });
add("GroupNormalization", 21, [f(2, 6, 3), c(f(6)), c(f(6))], {
  num_groups: 3,
  epsilon: { f: 0.01 },
});

/** All cases. */
export const CASES: readonly OperatorCase[] = cases;
