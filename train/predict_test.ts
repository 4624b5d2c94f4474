import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { manualSeed, randn, scope, type Tensor, tensor } from "@tenfold/core";
import { DataLoader, TensorDataset } from "@tenfold/data";
import { Dropout, Identity, Linear, Module, Sequential } from "@tenfold/nn";
import { clean } from "../core/_testing.ts";
import "./_testing.ts";
import { predict } from "./predict.ts";

describe("predict", () => {
  it(
    "gives the outputs in order, of tensors, datasets and batches",
    clean(async () => {
      using _ = scope();
      manualSeed(0);
      using model = new Sequential(new Linear(3, 2), new Dropout({ p: 0.5 }));
      const x = randn([7, 3]);
      const y = randn([7]);
      model.eval();
      const expected = model.forward(x).dataSync();
      model.train();
      const dataset = new TensorDataset(x, y);
      const sources = [
        x,
        dataset,
        new TensorDataset(x),
        new DataLoader(dataset, { batchSize: 3 }),
        [[x.narrow(0, 0, 4), y], [x.narrow(0, 4, 3), y]],
        { length: 7, get: (i: number) => dataset.get(i) },
      ];
      for (const source of sources) {
        for (const compile of [false, true]) {
          const options = { batchSize: 2, compile };
          const found = await predict(model, source as Tensor, options);
          assertEquals(found.shape, [7, 2]);
          assertEquals(found.requiresGrad, false);
          found.dataSync().forEach((value, i) =>
            assertEquals(Math.abs(value - expected[i]!) < 1e-6, true)
          );
        }
      }
      assertEquals(model.training, true);
    }),
  );

  it(
    "takes models of several inputs, with targets or without",
    clean(async () => {
      using _ = scope();
      class Sum extends Module<[Tensor, Tensor], Tensor> {
        override forward(a: Tensor, b: Tensor): Tensor {
          return a.add(b);
        }
      }
      const [a, b] = [tensor([[1], [2]]), tensor([[10], [20]])];
      const pairs = new TensorDataset(a, b);
      const found = await predict(new Sum(), pairs, { hasTargets: false });
      assertEquals(await found.toArray(), [[11], [22]]);
      const triples = new TensorDataset(a, b, a);
      const same = await predict(new Sum(), triples);
      assertEquals(await same.toArray(), [[11], [22]]);
      const own = await predict(new Identity(), a);
      assertEquals(await own.toArray(), [[1], [2]]);
      assertEquals(await a.toArray(), [[1], [2]]);
    }),
  );

  it(
    "refuses what holds no samples",
    clean(async () => {
      await assertRejects(
        () => predict(new Identity(), []),
        RangeError,
        "Cannot predict as there is no sample",
      );
      await assertRejects(
        () => predict(new Identity(), 5 as never),
        TypeError,
        "the source must be a tensor, a dataset or batches",
      );
      await assertRejects(
        () => predict(new Identity(), [[1]] as never),
        TypeError,
        "it must be a list of tensors",
      );
    }),
  );
});
