import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { it } from "@std/testing/bdd";
import { noGrad, randn, stack, type Tensor, tensor } from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import { autocast, checkpoint } from "@tenfold/core/func";
import {
  BatchNorm2d,
  Conv2d,
  CrossEntropyLoss,
  Dropout,
  Flatten,
  functional,
  LayerNorm,
  Linear,
  MultiheadAttention,
  ReLU,
  Sequential,
} from "@tenfold/nn";
import { SGD } from "@tenfold/optim";
import { clean, onEachBackend } from "./_testing.ts";

const leaf = (data: number[] | number[][]): Tensor =>
  tensor(data, { requiresGrad: true });

onEachBackend("autocast", (backend) => {
  if (!backend.dtypes.includes("float16")) return;

  it(
    "products and convolutions are float16, sums and softmax float32",
    clean(async () => {
      await Promise.resolve();
      const x = randn([2, 3, 4, 4]);
      const half = x.cast("float16");
      const w = randn([5, 3, 3, 3]);
      const a = randn([4, 4]);
      const h = a.cast("float16");
      const dtypes = autocast(() =>
        [
          a.matmul(a),
          a.matmul(h),
          functional.linear(a, a),
          functional.conv2d(x, w),
          functional.convTranspose2d(x, randn([3, 2, 2, 2])),
          // The widest of the inputs.
          h.add(h),
          h.add(a),
          h.relu(),
          h.mean(),
          functional.maxPool2d(half, { kernelSize: 2 }),
          // What float16 is too narrow for.
          h.sum(),
          h.exp(),
          h.softmax(0),
          h.pow(2),
          h.norm(),
          functional.mseLoss(h, h),
          functional.crossEntropy(h, tensor([0, 1, 2, 3], { dtype: "int32" })),
          functional.layerNorm(h, { normalizedShape: [4] }),
          functional.groupNorm(half, { numGroups: 3 }),
          functional.batchNorm(half, { training: true }),
        ].map(({ dtype }) => dtype)
      );
      assertEquals(dtypes, [
        ...Array(6).fill("float16"),
        "float32",
        ...Array(3).fill("float16"),
        ...Array(9).fill("float32"),
        "float16",
      ]);
      assertEquals(a.matmul(a).dtype, "float32");
    }),
  );

  it(
    "int32 and float64 stay as they are",
    clean(async () => {
      const i = tensor([[1, 2], [3, 4]], { dtype: "int32" });
      assertEquals(await autocast(() => i.matmul(i)).toArray(), [
        [7, 10],
        [15, 22],
      ]);
      assertEquals(autocast(() => i.sum()).dtype, "int32");
      if (!backend.dtypes.includes("float64")) return;
      const d = i.cast("float64");
      assertEquals(autocast(() => d.matmul(d)).dtype, "float64");
    }),
  );

  it(
    "gradients have the dtype of their parameter",
    clean(async () => {
      const w = leaf([[1, 2], [3, 4]]);
      const b = leaf([1, 1]);
      const y = autocast(() => functional.linear(tensor([[1, 2]]), w, b));
      assertEquals(y.dtype, "float16");
      y.sum().backward();
      assertEquals([w.grad!.dtype, b.grad!.dtype], ["float32", "float32"]);
      assertEquals(await w.grad!.toArray(), [[1, 2], [1, 2]]);
      assertEquals(await b.grad!.toArray(), [1, 1]);
    }),
  );

  it(
    "a parameter is cast once in a region, and anew when it has changed between",
    clean(async () => {
      const w = leaf([[1, 0], [0, 1]]);
      const x = tensor([[1, 2]]);
      const twice = autocast(() => x.matmul(w).matmul(w).sum());
      twice.backward();
      assertEquals(await w.grad!.toArray(), [[2, 2], [4, 4]]);
      noGrad(() => w.mul_(2));
      assertEquals(await autocast(() => x.matmul(w)).toArray(), [[2, 4]]);
      // What was cast where nothing is recorded has no gradient.
      const late = autocast(() => {
        noGrad(() => x.matmul(w));
        return x.matmul(w).sum();
      });
      assert(late.requiresGrad);
      const [first, second] = autocast(() => {
        const first = x.matmul(w).sum();
        noGrad(() => w.mul_(2));
        return [first, x.matmul(w).sum()];
      });
      assertEquals([await first.item(), await second.item()], [6, 12]);
      const apart = autocast(() => x.matmul(w).sum(), { cacheEnabled: false });
      assertEquals(await apart.item(), 12);
    }),
  );

  it(
    "two losses of one region go backward one after the other",
    clean(async () => {
      const w = leaf([[1, 2]]);
      const x = tensor([[1], [1]]);
      const [a, b] = autocast(() => [x.matmul(w).sum(), x.matmul(w).sum()]);
      a!.backward();
      b!.backward();
      assertEquals(await w.grad!.toArray(), [[4, 4]]);
    }),
  );

  it(
    "nests, and is left out where it is disabled",
    clean(async () => {
      const a = tensor([[1, 2], [3, 4]]);
      const dtypes = autocast(() => {
        const inner = autocast(() => a.matmul(a).dtype, { enabled: false });
        const again = autocast(
          () => autocast(() => a.matmul(a).dtype),
          { enabled: false },
        );
        return [inner, again, a.matmul(a).dtype];
      });
      assertEquals(dtypes, ["float32", "float16", "float16"]);
      assertThrows(() =>
        autocast(() => {
          throw new Error("inside");
        })
      );
      assertEquals(a.matmul(a).dtype, "float32");
      const late = autocast(async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        return a.matmul(a).dtype;
      });
      assertEquals(await late, "float16");
      assertEquals(a.matmul(a).dtype, "float32");
    }),
  );

  it(
    "backward within a region computes as behind it",
    clean(async () => {
      const w = leaf([[1, 2], [3, 4]]);
      autocast(() => w.matmul(w).softmax(1).sum().backward());
      assertEquals(w.grad!.dtype, "float32");
      const v = leaf([[1, 2], [3, 4]]);
      autocast(() => checkpoint((x) => x.matmul(x).sum(), v)).backward();
      assertEquals(await v.grad!.toArray(), [[7, 11], [9, 13]]);
    }),
  );

  it(
    "refuses other dtypes",
    () => {
      assertThrows(
        () => autocast(() => 1, { dtype: "float32" as "float16" }),
        TypeError,
        "Cannot autocast to float32",
      );
      assertThrows(
        () => autocast(() => 1, { on: true } as never),
        TypeError,
        "autocast",
      );
    },
  );

  it(
    "a net with convolutions and norms learns, compiled as it is",
    clean(async () => {
      const runs: number[][] = [];
      for (const compiled of [false, true]) {
        const { manualSeed } = await import("@tenfold/core");
        manualSeed(3);
        const model = new Sequential(
          new Conv2d(1, 4, 3, { padding: 1 }),
          new BatchNorm2d(4),
          new ReLU(),
          new Flatten(),
          new Linear(64, 8),
          new LayerNorm(8),
          new Dropout({ p: 0 }),
          new Linear(8, 3),
        );
        const loss = new CrossEntropyLoss();
        const optimizer = new SGD(model.parameters(), { lr: 0.1 });
        const step = (x: Tensor, y: Tensor): Tensor => {
          optimizer.zeroGrad();
          const cost = autocast(() => loss.forward(model.forward(x), y));
          assertEquals(cost.dtype, "float32");
          cost.backward();
          optimizer.step();
          return cost;
        };
        const run = compiled ? compile(step) : step;
        const x = randn([6, 1, 4, 4]);
        const y = tensor([0, 1, 2, 0, 1, 2], { dtype: "int32" });
        const costs = [];
        for (let i = 0; i < 6; i++) costs.push(run(x, y).detach());
        runs.push(await stack(costs).toArray() as number[]);
        if ("dispose" in run) (run as { dispose(): void }).dispose();
        optimizer.dispose();
        model.dispose();
      }
      runs[1]!.forEach((cost, i) =>
        assertAlmostEquals(cost, runs[0]![i]!, 1e-3)
      );
      assert(runs[0]!.at(-1)! < runs[0]![0]! * 0.8);
    }),
  );

  it(
    "a compiled function is recorded anew within a region",
    clean(async () => {
      const w = leaf([[1, 2], [3, 4]]);
      const product = compile((x: Tensor) => noGrad(() => x.matmul(w)));
      const x = tensor([[1, 1]]);
      assertEquals(product(x).dtype, "float32");
      for (let i = 0; i < 3; i++) {
        assertEquals(autocast(() => product(x)).dtype, "float16");
        noGrad(() => w.add_(1));
      }
      assertEquals(await autocast(() => product(x)).toArray(), [[10, 12]]);
      assertEquals(product(x).dtype, "float32");
      product.dispose();
    }),
  );

  it(
    "attention attends",
    clean(async () => {
      const layer = new MultiheadAttention(8, 2);
      const x = randn([2, 5, 8]).requiresGrad_();
      const plain = layer.forward(x, x, x);
      const mixed = autocast(() => layer.forward(x, x, x));
      const first = (y: Tensor | { output: Tensor } | readonly Tensor[]) =>
        Array.isArray(y)
          ? y[0] as Tensor
          : "output" in y
          ? y.output
          : y as Tensor;
      const [a, b] = [first(plain as never), first(mixed as never)];
      assert(
        await a.sub(b.cast("float32")).abs().max().item() as number < 5e-3,
      );
      b.cast("float32").square().mean().backward();
      assertEquals(x.grad!.dtype, "float32");
      layer.dispose();
    }),
  );
});
