/**
 * What importing promises beside operators: names, training, compiled steps,
 * subgraphs, external data, and messages.
 *
 * @module
 */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  gradcheck,
  manualSeed,
  memory,
  noGrad,
  ones,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import * as nn from "@tenfold/nn";
import {
  exportOnnx,
  importOnnx,
  OnnxModule,
  OnnxOperatorError,
} from "@tenfold/onnx";
import { SGD } from "@tenfold/optim";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AttributeType,
  type GraphProto,
  MODEL,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from "../../onnx/_proto/messages.ts";
import { type Partly, writeMessage } from "../../onnx/_proto/write.ts";
import { assertNear } from "../../onnx/_testing.ts";

/** A test that leaves the memory as it was. */
function clean(test: () => Promise<void>): () => Promise<void> {
  return async () => {
    manualSeed(5);
    const before = memory();
    await tidy(test);
    assertEquals(memory().tensors, before.tensors);
    assertEquals(memory().bytes, before.bytes);
  };
}

const FLOAT = 1;
const INT64 = 7;

const value = (
  name: string,
  elemType: number,
  dims?: readonly (number | string)[],
) => ({
  name,
  type: {
    tensorType: {
      elemType,
      ...(dims && {
        shape: {
          dim: dims.map((dim) =>
            typeof dim === "number" ? { dimValue: dim } : { dimParam: dim }
          ),
        },
      }),
    },
  },
});

const floats = (
  name: string,
  dims: number[],
  floatData: number[],
): Partly<TensorProto> => ({ name, dims, dataType: FLOAT, floatData });

const ints = (name: string, values: number[]): Partly<TensorProto> => ({
  name,
  dims: [values.length],
  dataType: INT64,
  int64Data: values,
});

const node = (
  opType: string,
  input: string[],
  output: string[],
  attribute: Partly<NodeProto>["attribute"] = [],
): Partly<NodeProto> => ({
  opType,
  name: `the ${opType}`,
  input,
  output,
  attribute,
});

function modelOf(
  graph: Partly<GraphProto>,
  rest: Partly<ModelProto> = {},
): Uint8Array {
  return writeMessage(MODEL, {
    irVersion: 8,
    opsetImport: [{ domain: "", version: 17 }],
    graph: { name: "graph", ...graph },
    ...rest,
  });
}

/** `y = relu(x w) v`, with a free batch. */
const mlp = modelOf({
  node: [
    node("MatMul", ["x", "layer.0/w"], ["a"]),
    node("Relu", ["a"], ["b"]),
    node("MatMul", ["b", "forward"], ["y"]),
  ],
  initializer: [
    floats("layer.0/w", [2, 3], [0.1, -0.2, 0.3, 0.4, 0.5, -0.6]),
    floats("forward", [3, 1], [1, 2, 3]),
  ],
  input: [value("x", FLOAT, ["batch", 2])],
  output: [value("y", FLOAT, ["batch", 1])],
});

describe("an imported model", () => {
  it(
    "has its initialisers as parameters, under their names",
    clean(async () => {
      using model = await importOnnx(mlp);
      assert(model instanceof OnnxModule && model instanceof nn.Module);
      assertEquals(model.namedParameters().map(([name]) => name), [
        "layer.0/w",
        // A module has a method of this name.
        "forward_",
      ]);
      assertEquals(model.inputs, [
        { name: "x", type: "float", shape: ["batch", 2] },
      ]);
      assertEquals(model.outputs[0]!.name, "y");
      assertEquals(model.opset, 17);
      assert(String(model).includes("x: float[batch, 2]"), String(model));
    }),
  );

  it(
    "runs any batch where the batch is symbolic",
    clean(async () => {
      using model = await importOnnx(mlp);
      for (const n of [1, 3, 0]) {
        assertEquals(model.forward(ones([n, 2])).shape, [n, 1]);
      }
      const { y } = model.run({ x: ones([2, 2]) });
      assertNear(await y!.data(), [1.1, 1.1]);
    }),
  );

  it(
    "is differentiable to its inputs and parameters",
    clean(async () => {
      using model = await importOnnx(mlp);
      const x = randn([4, 2]).requiresGrad_();
      model.forward(x).sum().backward();
      const [w, v] = model.parameters() as [nn.Parameter, nn.Parameter];
      const hidden = x.detach().matmul(w.detach());
      const passed = hidden.gt(0).cast("float32").mul(v.detach().t());
      assertNear(
        await x.grad!.data(),
        await passed.matmul(w.detach().t()).data(),
      );
      assertNear(
        await w.grad!.data(),
        await x.detach().t().matmul(passed).data(),
      );
      assertNear(
        await v.grad!.data(),
        await hidden.relu().sum(0).data(),
      );
      model.zeroGrad();
    }),
  );

  it(
    "is copied with weights of its own",
    clean(async () => {
      using model = await importOnnx(mlp);
      model.freeze("layer.0/w").eval();
      using copy = model.copy();
      assert(copy instanceof OnnxModule && !copy.training);
      const expected = await model.forward(ones([3, 2])).data();
      noGrad(() => model.parameters().forEach((p) => void p.zero_()));
      assertEquals(await copy.forward(ones([3, 2])).data(), expected);
      assertEquals(
        copy.namedParameters().map(([name, p]) => [name, p.requiresGrad]),
        [["layer.0/w", false], ["forward_", true]],
      );
    }),
  );

  it(
    "trains, freezes, and takes state dicts like any module",
    clean(async () => {
      using model = await importOnnx(mlp);
      using other = await importOnnx(mlp);
      model.freeze("forward_");
      const optimizer = new SGD(
        model.parameters().filter((p) => p.requiresGrad),
        { lr: 0.01 },
      );
      const frozen = await model.stateDict().forward_!.data();
      const x = ones([1, 2]);
      const losses: number[] = [];
      for (let step = 0; step < 20; step++) {
        optimizer.zeroGrad();
        const loss = model.forward(x).sub(3).square().mean();
        loss.backward();
        optimizer.step();
        losses.push(await loss.item());
      }
      assert(losses[19]! < losses[0]! / 2, losses.join());
      assertEquals(await model.stateDict().forward_!.data(), frozen);
      other.loadStateDict(model.stateDict());
      assertEquals(
        await other.forward(x).data(),
        await model.forward(x).data(),
      );
      model.zeroGrad();
    }),
  );

  it(
    "is traced by compiled steps, with what it makes of shapes",
    clean(async () => {
      using model = await importOnnx(modelOf({
        node: [
          node("Shape", ["x"], ["s"]),
          node("Gather", ["s", "zero"], ["n"], [{
            name: "axis",
            type: AttributeType.INT,
            i: 0,
          }]),
          node("Concat", ["n", "rest"], ["to"], [{
            name: "axis",
            type: AttributeType.INT,
            i: 0,
          }]),
          node("Reshape", ["x", "to"], ["a"]),
          node("Mul", ["a", "w"], ["y"]),
        ],
        initializer: [
          ints("zero", [0]),
          ints("rest", [-1]),
          floats("w", [4], [1, 2, 3, 4]),
        ],
        input: [value("x", FLOAT, ["n", 2, 2])],
        output: [value("y", FLOAT)],
      }));
      const run = compile((x: Tensor) => model.forward(x));
      using _ = noGrad();
      for (const n of [2, 2, 3, 2]) {
        const x = randn([n, 2, 2]);
        const due = await model.forward(x).data();
        assertEquals(await run(x).data(), due);
        assertEquals(run(x).shape, [n, 4]);
      }
      run.dispose();
    }),
  );

  it(
    "adapts with LoRA, merges, and is exported again",
    clean(async () => {
      using model = await importOnnx(mlp);
      const x = randn([3, 2]);
      const before = await model.forward(x).data();
      assertEquals(nn.loraInject(model, { pattern: "layer*", rank: 1 }), [
        "layer.0/w",
      ]);
      assertEquals(await model.forward(x).data(), before);
      {
        using _ = noGrad();
        model.stateDict()["lora_layer.0/w.b"]!.fill_(0.5);
      }
      const adapted = await model.forward(x).data();
      assert(adapted.some((y, i) => y !== before[i]));
      nn.loraMerge(model);
      assertNear(await model.forward(x).data(), adapted, {
        atol: 1e-6,
        rtol: 1e-6,
      });
      using again = await importOnnx(await exportOnnx(model, x));
      assertEquals(
        Object.keys(again.stateDict()),
        Object.keys(
          model.stateDict(),
        ),
      );
      assertNear(await again.forward(x).data(), adapted);
    }),
  );

  it(
    "keeps running figures as buffers, and constants that move with it",
    clean(async () => {
      using model = await importOnnx(modelOf({
        node: [
          node("BatchNormalization", ["x", "g", "b", "m", "v"], ["a"]),
          node("ConstantOfShape", ["long"], ["ones"], [{
            name: "value",
            type: AttributeType.TENSOR,
            t: floats("", [1], [1]),
          }]),
          node("Add", ["a", "ones"], ["y"]),
        ],
        initializer: [
          floats("g", [2], [1, 1]),
          floats("b", [2], [0, 0]),
          floats("m", [2], [1, 2]),
          floats("v", [2], [4, 9]),
          ints("long", [20, 1, 1]),
        ],
        input: [value("x", FLOAT, [1, 2, 1])],
        output: [value("y", FLOAT)],
      }));
      assertEquals(model.namedParameters().map(([name]) => name), ["g", "b"]);
      assertEquals(Object.keys(model.stateDict()), ["g", "b", "m", "v"]);
      assertEquals(model.namedBuffers().map(([name]) => name), [
        "m",
        "v",
        "ones",
      ]);
      assertEquals(model.forward(ones([1, 2, 1])).shape, [20, 2, 1]);
    }),
  );

  it("passes gradcheck in float64", async () => {
    await tidy(async () => {
      using model = await importOnnx(modelOf({
        node: [
          node("Sigmoid", ["x"], ["a"]),
          node("Softmax", ["a"], ["b"]),
          node("ReduceL2", ["b"], ["y"]),
        ],
        input: [value("x", 11, [2, 3])],
        output: [value("y", 11)],
      }));
      const x = randn([2, 3], { dtype: "float64" }).requiresGrad_();
      assert(await gradcheck((x: Tensor) => model.forward(x), [x]));
    });
  });
});

describe("constants", () => {
  it(
    "of Constant nodes in subgraphs are parameters, whichever branch runs",
    clean(async () => {
      const branch = (name: string, numbers: number[]): Partly<GraphProto> => ({
        name,
        node: [
          node("Constant", [], ["weight"], [{
            name: "value",
            type: AttributeType.TENSOR,
            t: floats("", [2], numbers),
          }]),
          node("Mul", ["x", "weight"], [`${name}_y`]),
        ],
        output: [value(`${name}_y`, FLOAT)],
      });
      const graph = (g: Partly<GraphProto>, name: string) => ({
        name,
        type: AttributeType.GRAPH,
        g,
      });
      using model = await importOnnx(modelOf({
        node: [
          node("Equal", ["rate", "due"], ["same"]),
          node("If", ["same"], ["y"], [
            graph(branch("then", [1, 2]), "then_branch"),
            graph(branch("else", [3, 4]), "else_branch"),
          ]),
        ],
        initializer: [{
          name: "due",
          dims: [],
          dataType: INT64,
          int64Data: [16000],
        }],
        input: [value("x", FLOAT, [2]), value("rate", INT64, [])],
        output: [value("y", FLOAT)],
      }));
      assertEquals(model.namedParameters().map(([name]) => name), [
        "weight",
        "the If.1.weight",
      ]);
      const x = ones([2]);
      for (const rate of [16000, 16000n, tensor(16000, { dtype: "int32" })]) {
        assertEquals(await model.forward(x, rate).toArray(), [1, 2]);
      }
      assertEquals(await model.forward(x, 8000).toArray(), [3, 4]);
      model.forward(x, 8000).sum().backward();
      assertEquals(
        model.parameters().map(({ grad }) => grad === null),
        [true, false],
      );
      model.zeroGrad();
    }),
  );

  it(
    "in raw data are read wherever they lie in the file",
    clean(async () => {
      for (let shift = 0; shift < 4; shift++) {
        const raw = new Uint8Array(Float32Array.of(1.5, -2, 3.25).buffer);
        const bytes = modelOf({
          name: "x".repeat(shift),
          node: [node("Add", ["x", "w"], ["y"])],
          initializer: [{ name: "w", dims: [3], dataType: 1, rawData: raw }],
          input: [value("x", FLOAT, [3])],
          output: [value("y", FLOAT)],
        });
        using model = await importOnnx(bytes);
        // The parameter holds a copy: the file may go.
        bytes.fill(255);
        assertEquals(await model.forward(zeros([3])).toArray(), [
          1.5,
          -2,
          3.25,
        ]);
      }
    }),
  );

  it(
    "in files beside the model are read, and not from elsewhere",
    clean(async () => {
      const folder = await mkdtemp(join(tmpdir(), "tenfold-"));
      try {
        const external = (location: string) =>
          modelOf({
            node: [node("Add", ["x", "w"], ["y"])],
            initializer: [{
              name: "w",
              dims: [2],
              dataType: FLOAT,
              dataLocation: 1,
              externalData: [
                { key: "location", value: location },
                { key: "offset", value: "4" },
                { key: "length", value: "8" },
              ],
            }],
            input: [value("x", FLOAT, [2])],
            output: [value("y", FLOAT)],
          });
        const numbers = new Uint8Array(Float32Array.of(9, 1, 2, 9).buffer);
        await writeFile(join(folder, "w.bin"), numbers);
        await writeFile(join(folder, "model.onnx"), external("w.bin"));
        await writeFile(join(folder, "evil.onnx"), external("../w.bin"));
        using beside = await importOnnx(join(folder, "model.onnx"));
        using given = await importOnnx(external("w.bin"), {
          external: () => numbers,
        });
        for (const model of [beside, given]) {
          assertEquals(await model.forward(zeros([2])).toArray(), [1, 2]);
        }
        await assertRejects(
          () => importOnnx(join(folder, "evil.onnx")),
          RangeError,
          '"../w.bin"',
        );
        await assertRejects(
          () => importOnnx(external("w.bin")),
          RangeError,
          "pass { external",
        );
        await assertRejects(
          () =>
            importOnnx(external("w.bin"), {
              external: () => new Uint8Array(5),
            }),
          RangeError,
          "outside of the file",
        );
      } finally {
        await rm(folder, { recursive: true });
      }
    }),
  );
});

describe("integers at the edges", () => {
  it(
    "int64 and uint8 inputs take int32 tensors or numbers, and come out as int32",
    clean(async () => {
      using model = await importOnnx<Tensor[]>(modelOf({
        node: [
          node("Cast", ["pixels"], ["p"], [
            { name: "to", type: AttributeType.INT, i: FLOAT },
          ]),
          node("Gather", ["p", "index"], ["picked"]),
          node("Shape", ["p"], ["shape"]),
        ],
        input: [value("pixels", 2, ["n"]), value("index", INT64, ["m"])],
        output: [value("picked", FLOAT), value("shape", INT64)],
      }));
      const pixels = tensor([0, 128, 255], { dtype: "int32" });
      for (
        const index of [
          tensor([2, -1, 1], { dtype: "int32" }),
          [2, -1, 1],
          BigInt64Array.of(2n, -1n, 1n),
        ]
      ) {
        const [picked, shape] = model.forward(pixels, index);
        assertEquals(await picked!.toArray(), [255, 255, 128]);
        assertEquals(shape!.dtype, "int32");
        assertEquals(await shape!.toArray(), [3]);
      }
    }),
  );
});

describe("functions of a model", () => {
  it(
    "run as operators, with the attributes they are called with",
    clean(async () => {
      const bytes = modelOf({
        node: [{
          ...node("Leaky", ["x"], ["y"], [
            { name: "slope", type: AttributeType.FLOAT, f: 0.5 },
          ]),
          domain: "own",
        }],
        input: [value("x", FLOAT, [2])],
        output: [value("y", FLOAT)],
      }, {
        opsetImport: [
          { domain: "", version: 17 },
          { domain: "own", version: 1 },
        ],
        functions: [{
          name: "Leaky",
          domain: "own",
          input: ["a"],
          output: ["b"],
          attribute: ["slope"],
          node: [node("LeakyRelu", ["a"], ["b"], [{
            name: "alpha",
            type: AttributeType.FLOAT,
            refAttrName: "slope",
          }])],
          opsetImport: [{ domain: "", version: 17 }],
        }],
      });
      using model = await importOnnx(bytes);
      assertEquals(await model.forward(tensor([-2, 2])).toArray(), [-1, 2]);
    }),
  );
});

describe("loops", () => {
  it(
    "of a known length run, and stack what they give",
    clean(async () => {
      const body: Partly<GraphProto> = {
        name: "body",
        node: [
          node("Identity", ["on"], ["still"]),
          node("Add", ["sum", "step"], ["next"]),
          node("Identity", ["next"], ["seen"]),
        ],
        input: [
          value("i", INT64, []),
          value("on", 9, []),
          value("sum", FLOAT, [2]),
        ],
        output: [
          value("still", 9),
          value("next", FLOAT),
          value("seen", FLOAT),
        ],
      };
      using model = await importOnnx<Tensor[]>(modelOf({
        node: [
          node("Loop", ["times", "", "x"], ["y", "all"], [
            { name: "body", type: AttributeType.GRAPH, g: body },
          ]),
        ],
        initializer: [
          { name: "times", dims: [], dataType: INT64, int64Data: [3] },
          floats("step", [2], [1, 10]),
        ],
        input: [value("x", FLOAT, [2])],
        output: [value("y", FLOAT), value("all", FLOAT)],
      }));
      const [y, all] = model.forward(zeros([2]));
      assertEquals(await y!.toArray(), [3, 30]);
      assertEquals(await all!.toArray(), [[1, 10], [2, 20], [3, 30]]);
      y!.sum().backward();
      assertEquals(await model.parameters()[0]!.grad!.toArray(), [3, 3]);
      model.zeroGrad();
    }),
  );
});

describe("Fourier transforms", () => {
  it(
    "are of any length",
    clean(async () => {
      using model = await importOnnx(modelOf({
        node: [node("DFT", ["x"], ["y"])],
        input: [value("x", FLOAT, [1, "n", 1])],
        output: [value("y", FLOAT, [1, "n", 2])],
      }));
      // Above 8192 none were done; the last one is a prime.
      for (const n of [4, 10_000, 8209]) {
        const impulse = tensor([1, ...new Array(n - 1).fill(0)]);
        const y = model.forward(impulse.reshape([1, n, 1]));
        assertEquals(y.shape, [1, n, 2]);
        const error = y.sub(tensor([1, 0])).abs().max();
        assertNear(await error.data(), [0]);
      }
    }),
  );
});

describe("rotary positions", () => {
  const size = 6;
  const [cos, sin] = [[1, 1, 0.8, 0.6, 0, -1], [0, 0, 0.6, 0.8, 1, 0]];
  const positions = [2, 1];

  /** Element by element, as the text of ONNX says. */
  function turned(x: number[], at: number, interleaved: boolean): number[] {
    const out = x.slice();
    for (let pair = 0; pair < 2; pair++) {
      const [i, j] = interleaved ? [2 * pair, 2 * pair + 1] : [pair, pair + 2];
      const [c, s] = [cos![2 * at + pair]!, sin![2 * at + pair]!];
      out[i] = c * x[i]! - s * x[j]!;
      out[j] = s * x[i]! + c * x[j]!;
    }
    return out;
  }

  for (const interleaved of [0, 1]) {
    it(
      `turn ${interleaved ? "neighbours" : "halves"}, with or without heads`,
      clean(async () => {
        const int = (name: string, i: number) => ({
          name,
          type: AttributeType.INT,
          i,
        });
        const apply = async (x: Tensor) => {
          using model = await importOnnx(modelOf({
            node: [node("RotaryEmbedding", ["x", "c", "s", "at"], ["y"], [
              int("interleaved", interleaved),
              int("num_heads", 2),
              int("rotary_embedding_dim", 4),
            ])],
            initializer: [
              floats("c", [3, 2], cos!),
              floats("s", [3, 2], sin!),
              { ...ints("at", positions), dims: [1, 2] },
            ],
            input: [value("x", FLOAT)],
            output: [value("y", FLOAT)],
          }, { opsetImport: [{ domain: "", version: 23 }] }));
          return noGrad(() => model.forward(x) as Tensor);
        };
        const heads = randn([1, 2, 2, size]);
        const flat = heads.transpose(1, 2).reshape([1, 2, 2 * size]);
        const rows = heads.reshape([4, size]).toArraySync() as number[][];
        const expected = rows.flatMap((row, i) =>
          turned(row, positions[i % 2]!, interleaved === 1)
        );
        const byHeads = await apply(heads);
        assertNear(await byHeads.data(), expected, { atol: 1e-6, rtol: 1e-6 });
        const together = (await apply(flat)).reshape([1, 2, 2, size]);
        assertEquals(
          await together.transpose(1, 2).toArray(),
          await byHeads.toArray(),
        );
      }),
    );
  }
});

describe("what is refused", () => {
  it("operators that are missing, all of them before anything runs", async () => {
    const inner: Partly<GraphProto> = {
      name: "inner",
      node: [node("NonMaxSuppression", ["x"], ["u"])],
      output: [value("u", FLOAT)],
    };
    const bytes = modelOf({
      node: [
        { ...node("FusedConv", ["x"], ["a"]), domain: "com.microsoft" },
        node("If", ["c"], ["b"], [
          { name: "then_branch", type: AttributeType.GRAPH, g: inner },
          { name: "else_branch", type: AttributeType.GRAPH, g: inner },
        ]),
        // Not yet there in this set.
        node("Gelu", ["x"], ["g"]),
        node("Sum", ["a", "b", "g"], ["y"]),
      ],
      input: [value("x", FLOAT), value("c", 9), value("i", INT64)],
      output: [value("y", FLOAT)],
    }, {
      opsetImport: [
        { domain: "", version: 17 },
        { domain: "com.microsoft", version: 1 },
      ],
    });
    const error = await assertRejects(
      () => importOnnx(bytes),
      OnnxOperatorError,
    );
    assertEquals(
      error.missing.map(({ domain, opType, version, reason }) =>
        [domain, opType, version, reason].join()
      ),
      [
        "com.microsoft,FusedConv,1,",
        "ai.onnx,NonMaxSuppression,17,",
        "ai.onnx,NonMaxSuppression,17,",
        "ai.onnx,Gelu,17,",
      ],
    );
    assert(error.message.includes('at node "the Gelu"'), error.message);
  });

  it(
    "inputs that are missing, of another shape or dtype, with their names",
    clean(async () => {
      using model = await importOnnx(mlp);
      assertThrows(() => model.forward(), TypeError, "it takes 1: x");
      assertThrows(() => model.run({ z: ones([1, 2]) }), TypeError, "got z");
      assertThrows(
        () => model.forward(ones([1, 3])),
        ShapeError,
        "input x has shape [batch, 2]: got [1, 3]",
      );
      assertThrows(
        () => model.forward(ones([1, 2], { dtype: "int32" })),
        TypeError,
        "input x is float and takes float32 tensors: got int32",
      );
      assertThrows(() => new OnnxModule(), TypeError, "importOnnx");
    }),
  );

  it("faults of a node, with its name", async () => {
    await tidy(async () => {
      using model = await importOnnx(modelOf({
        node: [node("MatMul", ["x", "w"], ["y"])],
        initializer: [floats("w", [2, 1], [1, 2])],
        input: [value("x", FLOAT)],
        output: [value("y", FLOAT)],
      }));
      assertThrows(
        () => model.forward(ones([1, 3])),
        TypeError,
        'Cannot run the ONNX node "the MatMul" (MatMul): ',
      );
    });
  });

  it(
    "faults among constants, where the model gets there and not before",
    clean(async () => {
      using model = await importOnnx(modelOf({
        node: [
          node("Reshape", ["w", "to"], ["v"]),
          node("Add", ["x", "n"], ["sum"]),
          node("Add", ["sum", "v"], ["y"]),
        ],
        initializer: [
          { ...ints("w", [1, 2, 3]), name: "w" },
          ints("to", [2, 2]),
          { ...ints("n", [1]), name: "n" },
        ],
        input: [value("x", INT64)],
        output: [value("y", INT64)],
      }));
      assertThrows(
        () => model.forward([1, 2, 3]),
        RangeError,
        '"the Reshape" (Reshape): the shape [3] does not fit into [2, 2]',
      );
    }),
  );

  it("files that do not hold together", async () => {
    const graph = (more: Partly<GraphProto>) =>
      modelOf({
        node: [node("Relu", ["x"], ["y"])],
        input: [value("x", FLOAT)],
        output: [value("y", FLOAT)],
        ...more,
      });
    for (
      const [bytes, why] of [
        [new Uint8Array(0), "has no graph"],
        [new Uint8Array([255, 255, 255]), "damaged"],
        [new TextEncoder().encode("<!DOCTYPE html>"), "damaged"],
        [graph({ node: [node("Relu", ["z"], ["y"])] }), '"z"'],
        [graph({ output: [value("q", FLOAT)] }), '"q"'],
        [graph({ initializer: [floats("w", [3], [1])] }), "3 values: got 1"],
        [
          graph({
            initializer: [{
              name: "w",
              dims: [2],
              dataType: 1,
              rawData: new Uint8Array(7),
            }],
          }),
          "takes 8 bytes: got 7",
        ],
      ] as const
    ) {
      await assertRejects(() => importOnnx(bytes), RangeError, why);
    }
  });

  it("mutated files, without a crash or much memory", async () => {
    let random = 1;
    const next = (below: number) => {
      random = (random * 1103515245 + 12345) % 2 ** 31;
      return random % below;
    };
    let refused = 0;
    for (let i = 0; i < 800; i++) {
      const bytes = mlp.slice(0, i % 7 === 0 ? next(mlp.length) : undefined);
      for (let j = 0; j <= next(3); j++) {
        if (bytes.length > 0) bytes[next(bytes.length)] = next(256);
      }
      try {
        using model = await importOnnx(bytes);
        assert(model.parameters().length <= 2);
      } catch (error) {
        assert(error instanceof RangeError, String(error));
        refused++;
      }
    }
    assert(refused > 80, String(refused));
  });
});
