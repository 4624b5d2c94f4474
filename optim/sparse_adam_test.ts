import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  CompileError,
  grad,
  registerLeafHook,
  scope,
  type Tensor,
  tensor,
  zeros,
} from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import { Embedding, functional } from "@tenfold/nn";
import { clean } from "./_testing.ts";
import { Adagrad } from "./adagrad.ts";
import { Adam, AdamW } from "./adam.ts";
import { clipGradNorm_ } from "./clip.ts";
import { Muon } from "./muon.ts";
import type { Optimizer } from "./optimizer.ts";
import { RMSprop } from "./rmsprop.ts";
import { SGD } from "./sgd.ts";
import { SparseAdam } from "./sparse_adam.ts";

const indices = (...rows: number[]) => tensor(rows, { dtype: "int32" });

/** A table of 5 rows of 2, all ones. */
function tableOf(sparse: boolean): Embedding {
  using start = zeros([5, 2]).add(1);
  return Embedding.fromPretrained(start, { sparse, freeze: false });
}

/** Rows 1, 3 and 1 again, times 1, 2 and 3. */
function lossOf(table: Embedding): Tensor {
  const factors = tensor([[1], [2], [3]]);
  return table.forward(indices(1, 3, 1)).square().mul(factors).sum();
}

/** Two steps, the second on what two backward passes add up to. */
function trained(sparse: boolean, make: (params: Tensor[]) => Optimizer) {
  using table = tableOf(sparse);
  using optimizer = make(table.parameters());
  for (const passes of [1, 2]) {
    optimizer.zeroGrad();
    for (let i = 0; i < passes; i++) {
      using _ = scope();
      lossOf(table).backward();
    }
    optimizer.step();
  }
  return table.weight.dataSync();
}

function assertClose(found: ArrayLike<number>, expected: ArrayLike<number>) {
  assertEquals(found.length, expected.length);
  for (let i = 0; i < found.length; i++) {
    assertAlmostEquals(found[i]!, expected[i]!, 1e-6);
  }
}

describe("sparse gradients", () => {
  for (
    const [name, make] of Object.entries({
      "SGD": (p: Tensor[]) => new SGD(p, { lr: 0.1 }),
      "SGD with momentum": (p: Tensor[]) =>
        new SGD(p, { lr: 0.1, momentum: 0.5 }),
      "Adagrad": (p: Tensor[]) => new Adagrad(p, { lr: 0.1 }),
    })
  ) {
    it(
      `move ${name} as dense ones do`,
      clean(() => assertClose(trained(true, make), trained(false, make))),
    );
  }

  it(
    "become dense where somebody reads them",
    clean(async () => {
      for (const sparse of [true, false]) {
        using table = tableOf(sparse);
        lossOf(table).backward();
        const expected = [[0, 0], [8, 8], [0, 0], [4, 4], [0, 0]];
        assertEquals(await table.weight.grad!.toArray(), expected);
        lossOf(table).backward();
        assertEquals((await table.weight.grad!.toArray() as number[][])[1], [
          16,
          16,
        ]);
        // A gradient that was read is as good as another one.
        using adam = new Adam(table.parameters());
        adam.step();
        table.zeroGrad();
        assertEquals(table.weight.grad, null);
      }
    }),
  );

  it(
    "add up with dense ones of the same table",
    clean(async () => {
      using table = tableOf(true);
      const both = lossOf(table).add(table.weight.sum());
      both.backward();
      assertEquals(
        await table.weight.grad!.toArray(),
        [[1, 1], [9, 9], [1, 1], [5, 5], [1, 1]],
      );
    }),
  );

  it(
    "are dense as values and to hooks",
    clean(async () => {
      using table = tableOf(true);
      const [found] = grad(lossOf(table), [table.weight]);
      assertEquals((await found!.toArray() as number[][])[3], [4, 4]);
      let seen: readonly number[] = [];
      using _ = registerLeafHook(table.weight, ({ grad }) => {
        seen = grad!.shape;
      });
      lossOf(table).backward();
      assertEquals(seen, [5, 2]);
    }),
  );

  it(
    "have gradients of their own",
    clean(async () => {
      using table = tableOf(true);
      const [first] = grad(lossOf(table), [table.weight], {
        createGraph: true,
      });
      const [second] = grad(first!.sum(), [table.weight]);
      assertEquals((await second!.toArray() as number[][])[1], [8, 8]);
    }),
  );

  it(
    "are clipped as what they stand for",
    clean(() => {
      const weights = [true, false].map((sparse) => {
        using table = tableOf(sparse);
        using sgd = new SGD(table.parameters(), { lr: 0.1 });
        lossOf(table).backward();
        const norm = clipGradNorm_(table.parameters(), 1);
        assertAlmostEquals(norm.itemSync(), Math.sqrt(160), 1e-4);
        sgd.step();
        return table.weight.dataSync();
      });
      assertClose(weights[0]!, weights[1]!);
    }),
  );

  it(
    "stay sparse for SparseAdam after clipping, and after a look at them",
    clean(() => {
      using table = tableOf(true);
      using optimizer = new SparseAdam(table.parameters(), { lr: 0.1 });
      lossOf(table).backward();
      clipGradNorm_(table.parameters(), 1);
      assertEquals(table.weight.grad!.shape, [5, 2]);
      optimizer.step();
      assertAlmostEquals(table.weight.dataSync()[2]!, 0.9, 1e-5);
      assertEquals(table.weight.dataSync()[0], 1);
    }),
  );

  it(
    "leave the averages of other rows as they were",
    clean(() => {
      using table = tableOf(true);
      using optimizer = new SparseAdam(table.parameters(), { lr: 0.1 });
      lossOf(table).backward();
      optimizer.step();
      const after = table.weight.dataSync();
      optimizer.zeroGrad();
      table.forward(indices(0)).sum().backward();
      optimizer.step();
      assertEquals(table.weight.dataSync().slice(2), after.slice(2));
      assert(table.weight.dataSync()[0]! < 1);
      const { state } = optimizer.stateDict();
      assertEquals(Object.keys(state[0]!).sort(), [
        "expAvg",
        "expAvgSq",
        "step",
      ]);
      using other = tableOf(true);
      using again = new SparseAdam(other.parameters(), { lr: 0.1 });
      again.loadStateDict(optimizer.stateDict());
      assertEquals(again.stateDict().state[0]!.step, 2);
    }),
  );

  it(
    "are refused by name, before anything changes",
    clean(() => {
      for (
        const [name, make] of Object.entries({
          Adam: (p: Tensor[]) => new Adam(p),
          AdamW: (p: Tensor[]) => new AdamW(p),
          RMSprop: (p: Tensor[]) => new RMSprop(p),
          Muon: (p: Tensor[]) => new Muon(p),
        })
      ) {
        using table = tableOf(true);
        using optimizer = make(table.parameters());
        lossOf(table).backward();
        assertThrows(
          () => optimizer.step(),
          TypeError,
          `Cannot step with ${name} as the gradient of a parameter of shape [5, 2] is sparse: use SGD, Adagrad or SparseAdam, or make the embedding with { sparse: false }`,
        );
        assertEquals(table.weight.dataSync()[2], 1);
      }
      for (const Class of [SGD, Adagrad]) {
        using table = tableOf(true);
        using optimizer = new Class(table.parameters(), {
          lr: 0.1,
          weightDecay: 0.1,
        });
        lossOf(table).backward();
        assertThrows(() => optimizer.step(), TypeError, "set weightDecay to 0");
      }
      using table = tableOf(false);
      using optimizer = new SparseAdam(table.parameters());
      lossOf(table).backward();
      assertThrows(
        () => optimizer.step(),
        TypeError,
        "Cannot step with SparseAdam as the gradient of a parameter of shape [5, 2] is dense: use Adam",
      );
    }),
  );

  it(
    "are refused where a function is compiled",
    clean(() => {
      using table = tableOf(true);
      const step = compile((index: Tensor) => table.forward(index).sum());
      assertThrows(
        () => step(indices(0)),
        CompileError,
        "Cannot compile an embedding with { sparse: true }",
      );
      step.dispose();
    }),
  );

  it(
    "take any index, none at all, and float16",
    clean(() => {
      for (const dtype of ["float32", "float16", "float64"] as const) {
        using table = new Embedding(4, 3, { sparse: true, dtype });
        using sgd = new SGD(table.parameters(), { lr: 1 });
        const before = table.weight.dataSync();
        table.forward(zeros([0], { dtype: "int32" })).sum().backward();
        sgd.step();
        assertEquals(table.weight.dataSync(), before);
        sgd.zeroGrad();
        table.forward(indices(3, 3, 0).reshape([3, 1])).sum().backward();
        sgd.step();
        const moved = [...table.weight.dataSync()].map((value, i) =>
          Math.round((before[i]! - value) * 100) / 100
        );
        assertEquals(moved, [1, 1, 1, 0, 0, 0, 0, 0, 0, 2, 2, 2]);
      }
    }),
  );

  it(
    "come of any tensor that is looked up in",
    clean(async () => {
      const table = tensor([[1, 2], [3, 4]], { requiresGrad: true });
      functional.embedding(indices(1), table.mul(2), { sparse: true }).sum()
        .backward();
      assertEquals(await table.grad!.toArray(), [[0, 0], [2, 2]]);
    }),
  );
});
