/**
 * Operators where onnxruntime is not what they can be compared with: figures by
 * hand, from the text of ONNX.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { setBackend, type Tensor, tensor, tidy } from "@tenfold/core";
import { importOnnx } from "@tenfold/onnx";
import { assertNear } from "../../onnx/_testing.ts";
import { backendsUnderTest } from "../goldens/backends.ts";
import {
  type CaseAttribute,
  type CaseInput,
  type CaseType,
  modelOf,
} from "./operator_model.ts";

const input = (
  dims: readonly number[],
  data: readonly number[],
  type: CaseType = "float32",
  constant = false,
): CaseInput => ({ type, dims, data, constant });

const fixed = (
  dims: readonly number[],
  data: readonly number[],
  type: CaseType = "float32",
) => input(dims, data, type, true);

interface TextCase {
  readonly what: string;
  readonly op: string;
  readonly opset: number;
  readonly inputs: readonly (CaseInput | null)[];
  readonly attributes?: { readonly [name: string]: CaseAttribute };
  readonly outputs?: readonly CaseType[];
  readonly dims: readonly (readonly number[])[];
  readonly values: readonly (readonly number[])[];
}

const lrn = (x: number, squares: number) =>
  x / (1 + 1e-4 / 4 * squares) ** 0.75;

const CASES: readonly TextCase[] = [
  {
    what: "LRN of an even size reaches further behind than before",
    op: "LRN",
    opset: 13,
    inputs: [input([1, 4, 1], [1, 2, 3, 4])],
    attributes: { size: 4 },
    dims: [[1, 4, 1]],
    values: [[lrn(1, 14), lrn(2, 30), lrn(3, 29), lrn(4, 25)]],
  },
  {
    what: "Range does not add its step up",
    op: "Range",
    opset: 11,
    inputs: [fixed([], [0]), fixed([], [1]), fixed([], [Math.fround(0.1)])],
    dims: [[10]],
    values: [
      Array.from({ length: 10 }, (_, i) => Math.fround(i * Math.fround(0.1))),
    ],
  },
  {
    what: "GroupNormalization of large values keeps their differences",
    op: "GroupNormalization",
    opset: 21,
    inputs: [
      input([1, 2, 2], [10000, 10001, 10002, 10003]),
      fixed([2], [1, 1]),
      fixed([2], [0, 0]),
    ],
    attributes: { num_groups: 1 },
    dims: [[1, 2, 2]],
    values: [[-1.5, -0.5, 0.5, 1.5].map((x) => x / Math.sqrt(1.25 + 1e-5))],
  },
  {
    what: "GroupNormalization of version 18 has one scale a group",
    op: "GroupNormalization",
    opset: 18,
    inputs: [
      input([1, 4, 1], [0, 2, 5, 9]),
      fixed([2], [1, 10]),
      fixed([2], [0, 1]),
    ],
    attributes: { num_groups: 2 },
    dims: [[1, 4, 1]],
    values: [[-1, 1, 1 - 10, 1 + 10]],
  },
  {
    what: "MeanVarianceNormalization of one value gives 0",
    op: "MeanVarianceNormalization",
    opset: 13,
    inputs: [input([1, 1, 2, 2], [7, 7, 7, 7])],
    dims: [[1, 1, 2, 2]],
    values: [[0, 0, 0, 0]],
  },
  {
    what: "ConvTranspose cuts to output_shape",
    op: "ConvTranspose",
    opset: 11,
    inputs: [input([1, 1, 2], [1, 2]), fixed([1, 1, 3], [1, 10, 100])],
    attributes: { strides: [2], output_shape: [4] },
    dims: [[1, 1, 4]],
    // The odd element goes in front, as auto_pad is not SAME_UPPER.
    values: [[10, 102, 20, 200]],
  },
  {
    what:
      "ConvTranspose of a kernel below its stride fills up with zeros at the end",
    op: "ConvTranspose",
    opset: 11,
    inputs: [input([1, 1, 2], [1, 2]), fixed([1, 1, 1], [5])],
    attributes: { strides: [2], auto_pad: "SAME_UPPER" },
    dims: [[1, 1, 4]],
    values: [[5, 0, 10, 0]],
  },
  {
    what: "LSTM of no steps gives the state it began with",
    op: "LSTM",
    opset: 14,
    inputs: [
      input([0, 1, 1], []),
      fixed([1, 4, 1], [1, 1, 1, 1]),
      fixed([1, 4, 1], [1, 1, 1, 1]),
      null,
      null,
      input([1, 1, 1], [3]),
      input([1, 1, 1], [4]),
    ],
    attributes: { hidden_size: 1 },
    outputs: ["float32", "float32", "float32"],
    dims: [[0, 1, 1, 1], [1, 1, 1], [1, 1, 1]],
    values: [[], [3], [4]],
  },
  {
    what: "ReduceMax lets NaN through",
    op: "ReduceMax",
    opset: 13,
    inputs: [input([2, 2], [1, NaN, 2, 3])],
    attributes: { axes: [1], keepdims: 0 },
    dims: [[2]],
    values: [[NaN, 3]],
  },
  {
    what: "Elu keeps its digits near 0",
    op: "Elu",
    opset: 6,
    inputs: [input([2], [-1e-5, -1e-3].map(Math.fround))],
    attributes: { alpha: { f: 100000 } },
    dims: [[2]],
    values: [[-0.999995, -99.950017]],
  },
  {
    what: "nothing is reduced where that is asked for without axes",
    op: "ReduceL2",
    opset: 18,
    inputs: [input([3], [-1, 2, -3])],
    attributes: { noop_with_empty_axes: 1 },
    dims: [[3]],
    values: [[1, 2, 3]],
  },
  {
    what: "pooling with SAME counts dilations in its padding",
    op: "MaxPool",
    opset: 22,
    inputs: [input([1, 1, 5], [5, 1, 2, 1, 4])],
    attributes: {
      kernel_shape: [3],
      dilations: [2],
      auto_pad: "SAME_UPPER",
    },
    dims: [[1, 1, 5]],
    values: [[5, 1, 5, 1, 4]],
  },
  {
    what: "pooling with SAME and a kernel below its stride takes the first",
    op: "AveragePool",
    opset: 22,
    inputs: [input([1, 1, 5], [1, 2, 3, 4, 5])],
    attributes: { kernel_shape: [1], strides: [3], auto_pad: "SAME_UPPER" },
    dims: [[1, 1, 2]],
    values: [[1, 4]],
  },
  {
    what: "Resize cuts its region out also where scales say how much",
    op: "Resize",
    opset: 19,
    inputs: [
      input([1, 1, 1, 8], [1, 2, 3, 4, 5, 6, 7, 8]),
      fixed([8], [0, 0, 0, 0, 1, 1, 1, 0.5]),
      fixed([4], [1, 1, 1, 1]),
    ],
    attributes: {
      mode: "linear",
      coordinate_transformation_mode: "tf_crop_and_resize",
    },
    dims: [[1, 1, 1, 4]],
    values: [[1, 1 + 3.5 / 3, 1 + 7 / 3, 4.5]],
  },
  {
    what: "recurrent activations have the defaults of their operators",
    op: "RNN",
    opset: 14,
    inputs: [
      input([1, 3, 1], [0.5, 1.5, -1]),
      fixed([1, 1, 1], [1]),
      fixed([1, 1, 1], [1]),
    ],
    attributes: { hidden_size: 1, activations: ["ThresholdedRelu"] },
    dims: [[1, 1, 3, 1]],
    values: [[0, 1.5, 0]],
  },
  {
    what: "OneHot cuts fractions off, of places and of their number",
    op: "OneHot",
    opset: 11,
    inputs: [
      input([5], [1.5, -0.5, 2.9, -1.5, -4]),
      fixed([], [3.9]),
      fixed([2], [0, 1]),
    ],
    dims: [[5, 3]],
    values: [[0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0]],
  },
  {
    what: "Attention of a query that sees no key gives 0",
    op: "Attention",
    opset: 23,
    inputs: [
      input([1, 1, 3, 1], [1, 2, 3]),
      fixed([1, 1, 2, 1], [0, 0]),
      fixed([1, 1, 2, 1], [5, 7]),
      fixed([3, 2], [1, 1, 0, 0, 0, 1], "bool"),
    ],
    dims: [[1, 1, 3, 1]],
    values: [[6, 0, 7]],
  },
  {
    what: "Attention of a query that sees no key gives 0, of an added mask",
    op: "Attention",
    opset: 23,
    inputs: [
      input([1, 1, 2, 1], [1, 2]),
      fixed([1, 1, 2, 1], [0, 0]),
      fixed([1, 1, 2, 1], [5, 7]),
      fixed([2, 2], [-Infinity, -Infinity, 0, -Infinity]),
    ],
    dims: [[1, 1, 2, 1]],
    values: [[0, 5]],
  },
  {
    what: "Attention of a query that sees no key gives 0, by mask and order",
    op: "Attention",
    opset: 23,
    inputs: [
      input([1, 1, 2, 1], [1, 2]),
      fixed([1, 1, 2, 1], [0, 0]),
      fixed([1, 1, 2, 1], [5, 7]),
      fixed([1, 2], [0, 1], "bool"),
    ],
    attributes: { is_causal: 1 },
    dims: [[1, 1, 2, 1]],
    values: [[0, 7]],
  },
  {
    what: "Sigmoid keeps its digits far from 0",
    op: "Sigmoid",
    opset: 13,
    inputs: [input([1], [-20])],
    dims: [[1]],
    values: [[2.0611537e-9]],
  },
];

for (const backend of await backendsUnderTest()) {
  describe(`what the text of ONNX says, on ${backend.name}`, () => {
    for (const { what, dims, values, ...one } of CASES) {
      it(what, async () => {
        await setBackend(backend);
        using model = await importOnnx<Tensor | Tensor[]>(modelOf({
          name: what,
          attributes: {},
          outputs: ["float32"],
          ...one,
        }));
        await tidy(async () => {
          const result = model.forward(
            ...one.inputs.flatMap((input) =>
              input === null || input.constant
                ? []
                : [tensor(Float32Array.from(input.data), {
                  shape: [...input.dims],
                })]
            ),
          );
          const results = Array.isArray(result) ? result : [result];
          assertEquals(results.map(({ shape }) => shape), dims);
          for (const [i, due] of values.entries()) {
            const scale = Math.max(
              0,
              ...due.filter(Number.isFinite).map(Math.abs),
            );
            assertNear(await results[i]!.data(), due, {
              atol: 3e-6 * scale,
              rtol: 3e-6,
            });
          }
        });
      });
    }
  });
}
