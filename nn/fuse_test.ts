import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  manualSeed,
  memory,
  noGrad,
  rand,
  randn,
  type Tensor,
  tidy,
} from "@tenfold/core";
import "./_testing.ts";
import * as nn from "./mod.ts";

/** A test that leaves the memory as it was. */
function clean(test: () => void | Promise<void>): () => Promise<void> {
  return async () => {
    manualSeed(3);
    const before = memory();
    await tidy(async () => await test());
    assertEquals(memory().tensors, before.tensors);
    assertEquals(memory().bytes, before.bytes);
  };
}

/** A norm whose figures are not those that it begins with. */
function normOf(channels: number, options?: nn.BatchNormLayerOptions) {
  const norm = new nn.BatchNorm2d(channels, options);
  noGrad(() => {
    norm.running_mean?.copy_(randn([channels]));
    norm.running_var?.copy_(rand([channels]).add(0.5));
    norm.weight?.copy_(randn([channels]));
    norm.bias?.copy_(randn([channels]));
  });
  return norm;
}

async function assertSame(
  model: nn.Module,
  x: Tensor,
  fuse: () => string[],
  names: string[],
): Promise<void> {
  model.eval();
  const before = model.forward(x);
  assertEquals(fuse(), names);
  const off = await model.forward(x).sub(before).abs().max().item();
  assert(off < 1e-4, `off by ${off}`);
}

class Block extends nn.Module {
  first = new nn.Conv2d(4, 4, 3, { padding: 1, bias: false });
  norm = normOf(4);
  layers = [new nn.Conv2d(4, 4, 1), normOf(4, { affine: false })] as const;
  forward(x: Tensor): Tensor {
    const y = this.norm.forward(this.first.forward(x)).relu();
    return this.layers[1].forward(this.layers[0].forward(y)).add(x);
  }
}

describe("fuseForInference", () => {
  it(
    "folds norms behind convolutions of any sequence, also nested",
    clean(async () => {
      using model = new nn.Sequential(
        new nn.Conv2d(3, 6, 3, { stride: 2 }),
        normOf(6),
        new nn.ReLU(),
        new nn.Sequential(
          new nn.Conv2d(6, 4, 3, { groups: 2, bias: false }),
          normOf(4, { eps: 0.1 }),
        ),
        normOf(4),
      );
      const x = randn([2, 3, 13, 13]);
      const fuse = () => nn.fuseForInference(model);
      await assertSame(model, x, fuse, ["0", "3.0"]);
      assert(model[1] instanceof nn.Identity);
      assert(model[4] instanceof nn.BatchNorm2d);
      assertEquals(fuse(), []);
      assertEquals(
        model.namedParameters().map(([name]) => name),
        ["0.weight", "0.bias", "3.0.weight", "3.0.bias", "4.weight", "4.bias"],
      );
    }),
  );

  it(
    "folds pairs by name where only forward knows the order",
    clean(async () => {
      using model = new Block();
      const pairs = [["first", "norm"], ["layers.0", "layers.1"]] as const;
      const fuse = () => nn.fuseForInference(model, { pairs });
      await assertSame(model, randn([2, 4, 5, 5]), fuse, ["first", "layers.0"]);
    }),
  );

  it(
    "leaves alone what is shared, or has no running figures",
    clean(() => {
      const shared = new nn.Conv2d(2, 2, 1);
      using model = new nn.Sequential(
        shared,
        normOf(2),
        shared,
        normOf(2),
        new nn.Conv2d(2, 2, 1),
        normOf(2, { trackRunningStats: false }),
        new nn.Conv2d(2, 3, 1),
      );
      model.eval();
      assertEquals(nn.fuseForInference(model), []);
    }),
  );

  it(
    "refuses what it cannot fold before anything is changed",
    clean(() => {
      using model = new nn.Sequential(new nn.Conv2d(2, 2, 1), normOf(2));
      assertThrows(
        () => nn.fuseForInference(model),
        RangeError,
        "Cannot fuse for inference as 1 is in training: call model.eval() before",
      );
      model.eval();
      const refused = [
        [["0", "2"], "has no module"],
        [["1", "0"], "Cannot fold 0 into 1 for inference as 1 is not a Conv2d"],
        [["0", "0"], "as 0 stands twice in the pairs"],
      ] as const;
      for (const [pair, message] of refused) {
        assertThrows(
          () => nn.fuseForInference(model, { pairs: [pair] }),
          RangeError,
          message,
        );
      }
      assertThrows(
        () => nn.fuseForInference({} as never),
        TypeError,
        "Cannot fuse for inference what is not a module",
      );
      assert(model[1] instanceof nn.BatchNorm2d);
    }),
  );
});
