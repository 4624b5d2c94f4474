import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  full,
  manualSeed,
  memory,
  noGrad,
  randn,
  ShapeError,
  type Tensor,
  tidy,
} from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import { wasmSimd } from "@tenfold/backends/wasm-simd";
import { on } from "./_testing.ts";
import * as nn from "./mod.ts";

/** A test that leaves the memory as it was. */
function clean(test: () => void | Promise<void>): () => Promise<void> {
  return async () => {
    manualSeed(5);
    const before = memory();
    await tidy(async () => await test());
    assertEquals(memory().tensors, before.tensors);
    assertEquals(memory().bytes, before.bytes);
  };
}

/** The size of the error beside that of the values. */
async function errorOf(actual: Tensor, expected: Tensor): Promise<number> {
  assertEquals(actual.shape, expected.shape);
  const [a, b] = [await actual.data(), await expected.data()];
  let [error, size] = [0, 0];
  b.forEach((value, i) => {
    error += (a[i]! - value) ** 2;
    size += value ** 2;
  });
  return Math.sqrt(error / size);
}

/** Quantises a model and compares it with itself. */
async function assertClose(
  model: nn.Module,
  x: Tensor,
  names: string[],
): Promise<void> {
  const before = model.forward(x);
  assertEquals(await nn.quantize(model), names);
  assert(await errorOf(model.forward(x), before) < 0.025);
  model.dispose();
}

describe("quantize", () => {
  it(
    "keeps what linear layers compute, within the steps of 8 bits",
    clean(async () => {
      for (const [k, n] of [[5, 1], [64, 33], [100, 16], [1030, 7]] as const) {
        for (const bias of [true, false]) {
          const model = new nn.Sequential(new nn.Linear(k, n, { bias }));
          await assertClose(model, randn([6, k]), ["0"]);
        }
      }
      const model = new nn.Sequential(new nn.Linear(8, 4));
      await assertClose(model, randn([2, 3, 8]), ["0"]);
    }),
  );

  it(
    "keeps what convolutions compute, with every option",
    clean(async () => {
      const kinds: [nn.Conv2dLayerOptions, number | [number, number]][] = [
        [{}, 3],
        [{ padding: 1, bias: false }, 3],
        [{ padding: "same" }, [2, 4]],
        [{ padding: "same", dilation: 2 }, 3],
        [{ padding: "valid", stride: 2 }, 3],
        [{ padding: [2, 0], stride: [1, 3], dilation: [3, 1] }, [3, 2]],
        [{}, 1],
      ];
      for (const [options, size] of kinds) {
        const model = () =>
          new nn.Sequential(new nn.Conv2d(3, 6, size, options));
        await assertClose(model(), randn([2, 3, 11, 9]), ["0"]);
        await assertClose(model(), randn([3, 11, 9]), ["0"]);
        const none = model();
        const before = none.forward(randn([0, 3, 11, 9])).shape;
        await nn.quantize(none);
        assertEquals(none.forward(randn([0, 3, 11, 9])).shape, before);
        none.dispose();
      }
    }),
  );

  it(
    "keeps what the layers within a transformer compute",
    clean(async () => {
      const model = new nn.TransformerEncoderLayer(64, 4, {
        dimFeedforward: 256,
        dropout: 0,
      });
      await assertClose(model, randn([10, 4, 64]), [
        "self_attn.out_proj",
        "linear1",
        "linear2",
      ]);
    }),
  );

  it(
    "computes the windows of many images a part at a time",
    clean(async () => {
      const model = new nn.Sequential(new nn.Conv2d(8, 4, 3, { padding: 1 }));
      await assertClose(model, randn([150, 8, 20, 20]), ["0"]);
    }),
  );

  it(
    "replaces the layers that fit, wherever they are",
    clean(async () => {
      class Own extends nn.Linear {}
      const shared = new nn.Linear(4, 4);
      const replaced = new nn.Linear(4, 4);
      replaced.forward = (x) => x;
      const inner = new nn.Sequential(shared, new nn.Tanh(), shared);
      const model = new nn.Sequential(
        inner,
        new Own(4, 4),
        replaced,
        new nn.Linear(4, 4, { dtype: "float64" }),
        new nn.Conv2d(4, 4, 1, { groups: 2 }),
        new nn.Linear(4, 2),
      );
      assertEquals(await nn.quantize(model, { pattern: "5" }), ["5"]);
      assertEquals(await nn.quantize(model), ["0.0"]);
      assert(inner[0] === inner[2]);
      assertEquals(
        String(inner[0]),
        "QuantizedLinear(inFeatures=4, outFeatures=4, bias=true)",
      );
      assertEquals(
        Object.keys(inner.stateDict()).filter((name) => name.startsWith("0.")),
        ["0.words", "0.sums", "0.scales", "0.bias"],
      );
      await assertRejects(
        () => nn.quantize(model),
        RangeError,
        "Cannot quantize the model as it has no Linear and no Conv2d of float32 that fits",
      );
      model.dispose();
    }),
  );

  it(
    "takes a quarter of the memory, and keeps weights that others have",
    clean(async () => {
      const model = new nn.Sequential(
        new nn.Embedding(64, 256),
        new nn.Linear(256, 64, { bias: false }),
        new nn.Linear(64, 1024),
      );
      const [table, tied] = [model[0] as nn.Embedding, model[1] as nn.Linear];
      tied.weight.dispose();
      tied.weight = table.weight;
      const { bytes } = memory();
      await nn.quantize(model, { pattern: "2" });
      assert(memory().bytes < bytes - 0.7 * 4 * 64 * 1024);
      await nn.quantize(model);
      assertEquals((await table.weight.data()).length, 64 * 256);
      assertEquals(model.parameters(), [table.weight]);
      model.dispose();
    }),
  );

  it(
    "has a state dict that models quantised alike take",
    clean(async () => {
      const make = () =>
        new nn.Sequential(
          new nn.Conv2d(2, 3, 2),
          new nn.Flatten(),
          new nn.Linear(12, 5),
        );
      const [one, other] = [make(), make()];
      await nn.quantize(one);
      await nn.quantize(other);
      other.loadStateDict(one.stateDict());
      const x = randn([4, 2, 3, 3]);
      assertEquals(
        await other.forward(x).toArray(),
        await one.forward(x).toArray(),
      );
      one.dispose();
      other.dispose();
    }),
  );

  it(
    "gives no gradient, and works compiled and in a net that records",
    clean(async () => {
      const model = new nn.Sequential(
        new nn.Linear(6, 5),
        new nn.ReLU(),
        new nn.Linear(5, 2),
      );
      await nn.quantize(model);
      const x = randn([3, 6], { requiresGrad: true });
      const y = model.forward(x);
      assertEquals(y.requiresGrad, false);
      const step = compile((x: Tensor) => model.forward(x));
      for (let i = 0; i < 3; i++) {
        const other = randn([3, 6]);
        assertEquals(
          await step(other).toArray(),
          await model.forward(other).toArray(),
        );
      }
      step.dispose();
      model.dispose();
    }),
  );

  it(
    "refuses what it cannot replace, and changes nothing",
    clean(async () => {
      const layer = new nn.Linear(3, 3);
      await assertRejects(
        () => nn.quantize(layer),
        RangeError,
        "Cannot quantize the model itself",
      );
      const model = new nn.Sequential(new nn.Linear(3, 3), layer);
      noGrad(() => layer.weight.copy_(full([3, 3], NaN)));
      await assertRejects(
        () => nn.quantize(model),
        RangeError,
        "Cannot quantize 1 as its weight holds NaN or an infinity",
      );
      assert(model[0] instanceof nn.Linear);
      await assertRejects(
        () => nn.quantize({} as nn.Module),
        TypeError,
        "Cannot quantize what is not a module",
      );
      assertEquals(await nn.quantize(model, { pattern: "0" }), ["0"]);
      assertThrows(() => model.forward(randn([2, 4])), ShapeError, "must be 3");
      const conv = new nn.Sequential(new nn.Conv2d(2, 2, 3));
      await nn.quantize(conv);
      for (const shape of [[1, 3, 5, 5], [1, 2, 2, 5]]) {
        assertThrows(
          () => conv.forward(randn(shape)),
          ShapeError,
          "of 2 channels",
        );
      }
      conv.dispose();
      model.dispose();
    }),
  );

  for (
    const [name, open] of [
      ["cpu-typedarray", cpuTypedArray],
      ["wasm-simd", wasmSimd],
      ["wasm-simd on one thread", () => wasmSimd({ threads: 1 })],
    ] as const
  ) {
    it(`computes in integers on ${name}`, () =>
      on(
        open(),
        clean(async () => {
          const model = new nn.Sequential(
            new nn.Linear(40, 300, { bias: false }),
          );
          const { weight } = model[0] as nn.Linear;
          noGrad(() => weight.copy_(full([300, 40], 127)));
          await nn.quantize(model);
          for (const rows of [1, 2, 31, 300]) {
            const x = full([rows, 40], 127);
            const y = await model.forward(x).data();
            assert(y.every((value) => value === 127 * 127 * 40));
            x.dispose();
          }
          model.dispose();
        }),
      ));
  }
});
