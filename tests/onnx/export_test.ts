/**
 * Exported models, read again and run on every backend.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  memory,
  noGrad,
  ones,
  rand,
  setBackend,
  type Tensor,
  tidy,
  zeros,
} from "@tenfold/core";
import * as nn from "@tenfold/nn";
import { exportOnnx, importOnnx } from "@tenfold/onnx";
import { readModel } from "../../onnx/_proto/read.ts";
import { assertNear } from "../../onnx/_testing.ts";
import { backendsUnderTest } from "../goldens/backends.ts";
import { EXPORTED, exported } from "./exported_models.ts";

const listed = (result: unknown) =>
  (Array.isArray(result) ? result : [result]) as Tensor[];

for (const backend of await backendsUnderTest()) {
  describe(`exported models on ${backend.name}`, () => {
    for (const name of EXPORTED) {
      it(`${name} gives the same when it is read again`, async () => {
        await setBackend(backend);
        await tidy(async () => {
          const { model, inputs } = exported(name);
          const before = memory();
          const bytes = await exportOnnx(model, inputs);
          assertEquals(memory().tensors, before.tensors);
          assertEquals(memory().bytes, before.bytes);
          using again = await importOnnx<Tensor | Tensor[]>(bytes);
          using _ = noGrad();
          const due = listed(
            (model.forward as (...x: Tensor[]) => unknown)(...inputs),
          );
          const got = listed(again.forward(...inputs));
          assertEquals(got.length, due.length);
          for (const [i, one] of due.entries()) {
            assertEquals(got[i]!.shape, one.shape);
            assertNear(await got[i]!.data(), await one.data(), {
              atol: 1e-5,
              rtol: 1e-5,
            });
          }
          model.dispose();
        });
      });
    }
  });
}

describe("an exported file", () => {
  it("keeps the names of parameters, and names nodes after modules", async () => {
    await tidy(async () => {
      const { model, inputs } = exported("cnn");
      const { graph, opsetImport } = readModel(await exportOnnx(model, inputs));
      assertEquals(opsetImport, [{ domain: "", version: 17 }]);
      assertEquals(
        graph!.node.map(({ name, opType }) => [name, opType]).slice(0, 4),
        [
          ["0/Conv", "Conv"],
          ["1/BatchNormalization", "BatchNormalization"],
          ["2/Relu", "Relu"],
          ["3/MaxPool", "MaxPool"],
        ],
      );
      const names = graph!.initializer.map(({ name }) => name);
      const state = Object.keys(model.stateDict())
        .filter((name) => !name.endsWith("num_batches_tracked"));
      assertEquals(state.filter((name) => !names.includes(name)), []);
      assertEquals(graph!.input.map(({ name }) => name), ["input"]);
      assertEquals(graph!.output.map(({ name }) => name), ["output"]);
      model.dispose();
    });
  });

  it("writes layer norm, attention and embeddings as ONNX has them", async () => {
    await tidy(async () => {
      const { model, inputs } = exported("transformer");
      const { graph } = readModel(await exportOnnx(model, inputs));
      const ops = graph!.node.map(({ opType }) => opType);
      assertEquals(ops.filter((op) => op === "LayerNormalization").length, 2);
      assert(ops.includes("Gather") && ops.includes("Softmax"));
      assert(!ops.includes("GatherElements"));
      model.dispose();
    });
  });

  it("has one node for each direction of a recurrent layer, and its weights by name", async () => {
    await tidy(async () => {
      for (
        const [name, op, count] of [
          ["lstmLayers", "LSTM", 4],
          ["gruLayer", "GRU", 1],
          ["rnnLayer", "RNN", 1],
          // ONNX has no projection: it is written step by step.
          ["lstmProjected", "LSTM", 0],
        ] as const
      ) {
        const { model, inputs } = exported(name);
        const { graph } = readModel(await exportOnnx(model, inputs));
        const nodes = graph!.node.filter(({ opType }) => opType === op);
        assertEquals(nodes.length, count);
        if (count > 0) assertEquals(nodes[0]!.name, `layer/${op}`);
        const names = graph!.initializer.map(({ name }) => name);
        const state = Object.keys(model.stateDict());
        assertEquals(state.filter((name) => !names.includes(name)), []);
        model.dispose();
      }
    });
  });

  it("takes names for inputs and outputs", async () => {
    await tidy(async () => {
      const { model, inputs } = exported("mixture");
      const { graph } = readModel(
        await exportOnnx(model, inputs, {
          inputNames: ["a", "b"],
          outputNames: ["first"],
        }),
      );
      assertEquals(graph!.input.map(({ name }) => name), ["a", "b"]);
      assertEquals(
        graph!.output.map(({ name }) => name).slice(0, 2),
        ["first", "output_1"],
      );
    });
  });

  it("holds what the model takes from outside as constants", async () => {
    await tidy(async () => {
      const shift = ones([3]).mul(2);
      class Shifted extends nn.Module {
        forward(x: Tensor): Tensor {
          return x.add(shift).mul(zeros([3]).add(4));
        }
      }
      const bytes = await exportOnnx(new Shifted(), ones([2, 3]));
      using again = await importOnnx(bytes);
      assertEquals(
        await again.forward(ones([2, 3])).toArray(),
        [[12, 12, 12], [12, 12, 12]],
      );
    });
  });
});

describe("what cannot be exported", () => {
  it("is named, all at once, with the module it is in", async () => {
    await tidy(async () => {
      class Noisy extends nn.Module {
        forward(x: Tensor): Tensor {
          return x.add(rand([3])).atan2(2);
        }
      }
      const model = new nn.Sequential(
        new Noisy(),
        new nn.Dropout({ p: 0.5 }),
      );
      const error = await assertRejects(
        () => exportOnnx(model, ones([3])),
        RangeError,
      );
      for (
        const part of [
          "primitive random in 0",
          "scalar function atan2 in 0",
          "primitive dropout in 1",
          "model.eval()",
        ]
      ) assert(error.message.includes(part), error.message);
    });
  });

  it("leaves the model and its device as they were", async () => {
    await tidy(async () => {
      const model = new nn.Sequential(new nn.Dropout({ p: 0.5 }));
      const x = ones([3]);
      await assertRejects(() => exportOnnx(model, x), RangeError);
      assertEquals(Object.hasOwn(model, "forward"), false);
      assertEquals(Object.hasOwn(x.device, "apply"), false);
      assertEquals(model.eval().forward(x).shape, [3]);
    });
  });

  it("refuses anything but tensors", async () => {
    const model = new nn.Sequential(new nn.ReLU());
    await assertRejects(() => exportOnnx(model, []), TypeError, "example");
    await assertRejects(
      () => exportOnnx(model, [1 as never]),
      TypeError,
      "tensor",
    );
  });
});
