import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  manualSeed,
  ones,
  randn,
  ShapeError,
  tensor,
  zeros,
} from "@tenfold/core";
import { describeLayer } from "./_layer_testing.ts";
import { clean } from "./_testing.ts";
import { BatchNorm1d, BatchNorm2d, BatchNorm3d } from "./batch_norm.ts";

describe("batch norm", () => {
  it(
    "uses running figures in evaluation",
    clean(async () => {
      manualSeed(2);
      using layer = new BatchNorm1d(2, { momentum: 1 });
      const x = randn([50, 2]).mul(3).add(1);
      layer.forward(x);
      layer.eval();
      const y = layer.forward(x);
      assertAlmostEquals(await y.mean().item(), 0, 1e-5);
      assertAlmostEquals(await y.std().item(), 1, 0.02);
      assertEquals(await layer.num_batches_tracked!.item(), 1);
    }),
  );

  it(
    "refuses a training batch of one and wrong channels",
    clean(() => {
      using vectors = new BatchNorm1d(3);
      assertThrows(
        () => vectors.forward(ones([1, 3])),
        ShapeError,
        "BatchNorm1d in training to one value a channel",
      );
      assertEquals(vectors.eval().forward(ones([1, 3])).shape, [1, 3]);
      using images = new BatchNorm2d(3);
      assertThrows(
        () => images.forward(ones([2, 4, 5, 5])),
        ShapeError,
        "BatchNorm2d of 3 features to shape [2, 4, 5, 5]",
      );
    }),
  );
});

describe("an empty batch", () => {
  it(
    "leaves the running figures of batch norm alone, as in PyTorch",
    clean(() => {
      const x = tensor([[1, 2], [3, 4]]);
      for (const momentum of [0.1, 1, null]) {
        const [layer, other] = [0, 0].map(() =>
          new BatchNorm1d(2, { momentum })
        );
        for (const l of [layer!, other!]) l.forward(x);
        for (const shape of [[0, 2], [0, 2, 5], [3, 2, 0]]) {
          const none = zeros(shape, { requiresGrad: true });
          const y = layer!.forward(none);
          assertEquals(y.shape, shape);
          y.sum().backward();
          assertEquals(none.grad!.shape, shape);
        }
        assertEquals(layer!.weight!.grad!.toArraySync(), [0, 0]);
        assertEquals(layer!.bias!.grad!.toArraySync(), [0, 0]);
        for (const name of ["running_mean", "running_var"] as const) {
          assertEquals(
            layer![name]!.toArraySync(),
            other![name]!.toArraySync(),
          );
        }
        assertEquals(layer!.num_batches_tracked!.itemSync(), 4);
        assert(layer!.eval().forward(x).isFinite().all().itemSync());
        layer!.dispose();
        other!.dispose();
      }
      const images = new BatchNorm2d(3);
      images.forward(zeros([0, 3, 4, 4]));
      assertEquals(images.running_var!.toArraySync(), [1, 1, 1]);
      images.dispose();
    }),
  );
});

describeLayer("BatchNorm1d", {
  make: () => new BatchNorm1d(4),
  inputs: [[3, 4]],
  outputs: [[3, 4]],
  state: {
    weight: [4],
    bias: [4],
    running_mean: [4],
    running_var: [4],
    num_batches_tracked: [],
  },
  shown:
    "BatchNorm1d(4, eps=0.00001, momentum=0.1, affine=true, trackRunningStats=true)",
});

describeLayer("BatchNorm2d", {
  make: () => new BatchNorm2d(4),
  inputs: [[2, 4, 6, 6]],
  outputs: [[2, 4, 6, 6]],
  state: {
    weight: [4],
    bias: [4],
    running_mean: [4],
    running_var: [4],
    num_batches_tracked: [],
  },
  shown:
    "BatchNorm2d(4, eps=0.00001, momentum=0.1, affine=true, trackRunningStats=true)",
});

describeLayer("BatchNorm2d by plain means", {
  make: () => new BatchNorm2d(4, { momentum: null }),
  inputs: [[2, 4, 6, 6]],
  outputs: [[2, 4, 6, 6]],
  state: {
    weight: [4],
    bias: [4],
    running_mean: [4],
    running_var: [4],
    num_batches_tracked: [],
  },
  shown:
    "BatchNorm2d(4, eps=0.00001, momentum=null, affine=true, trackRunningStats=true)",
});

describeLayer("BatchNorm3d", {
  make: () => new BatchNorm3d(4, { affine: false }),
  inputs: [[2, 4, 2, 3, 2]],
  outputs: [[2, 4, 2, 3, 2]],
  state: { running_mean: [4], running_var: [4], num_batches_tracked: [] },
  shown:
    "BatchNorm3d(4, eps=0.00001, momentum=0.1, affine=false, trackRunningStats=true)",
});
