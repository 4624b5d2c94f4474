import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean } from "./_testing.ts";
import { noGrad } from "./autograd/mode.ts";
import { ones, tensor, zeros } from "./creation.ts";
import { randn } from "./random.ts";
import { scope, tidy, unscoped } from "./scope.ts";
import { memory } from "./storage.ts";
import type { Tensor } from "./tensor.ts";

describe("scope", () => {
  it(
    "releases what was made in it, except what is kept",
    clean(() => {
      const before = memory();
      let kept: Tensor;
      {
        using s = scope();
        const x = ones([10]);
        kept = s.keep(x.add(1));
        x.mul(3).exp();
      }
      assertEquals(memory().tensors, before.tensors + 1);
      assertEquals(kept.sum().itemSync(), 20);
    }),
  );

  it(
    "hands what is kept to the scope around it",
    clean(() => {
      const { tensors } = memory();
      {
        using _ = scope();
        const inner = (() => {
          using s = scope();
          const parts = [ones([1]), ones([2])];
          return s.keep({ parts, other: 3 });
        })();
        assert(!inner.parts[1]!.released);
      }
      assertEquals(memory().tensors, tensors);
    }),
  );

  it("releases after an error", () => {
    const { tensors } = memory();
    assertThrows(() => {
      using _ = scope();
      ones([3]);
      throw new Error("inside");
    });
    assertThrows(() =>
      tidy(() => {
        ones([3]);
        throw new Error("inside");
      })
    );
    assertEquals(memory().tensors, tensors);
  });

  it("does not own the gradients of leaves", () => {
    const { bytes } = memory();
    const w = tensor([1, 2], { requiresGrad: true });
    {
      using _ = scope();
      w.square().sum().backward();
    }
    assertEquals(w.grad!.toArraySync(), [2, 4]);
    w.dispose();
    assertEquals(memory().bytes, bytes);
  });

  it("stays small however much passes through it", () => {
    using _ = scope();
    const { tensors } = memory();
    for (let i = 0; i < 20_000; i++) ones([1]).dispose();
    assertEquals(memory().tensors, tensors);
  });

  it("leaves memory exactly where it stood over 10,000 steps", () => {
    const { bytes, tensors } = memory();
    const x = randn([16, 4]);
    const w = randn([4, 3], { requiresGrad: true });
    const b = zeros([3], { requiresGrad: true });
    let settled = 0;
    for (let step = 0; step < 10_000; step++) {
      using _ = scope();
      x.matmul(w, { bias: b }).relu().square().mean().backward();
      noGrad(() => {
        for (const p of [w, b]) {
          p.add_(p.grad!.mul(-0.01));
          p.grad = null;
        }
      });
      if (step === 9) settled = memory().bytes;
      if (step > 9) assertEquals(memory().bytes, settled);
    }
    for (const t of [x, w, b]) t.dispose();
    assertEquals([memory().bytes, memory().tensors], [bytes, tensors]);
  });
});

describe("tidy", () => {
  it("keeps what an async function returns", async () => {
    const { tensors } = memory();
    const total = await tidy(async () => {
      const x = ones([4]);
      await x.data();
      return x.sum();
    });
    assertEquals(memory().tensors, tensors + 1);
    assertEquals(total.itemSync(), 4);
    total.dispose();
    await assertRejects(() =>
      tidy(async () => {
        ones([4]);
        await Promise.resolve();
        throw new Error("later");
      })
    );
    assertEquals(memory().tensors, tensors);
  });
});

describe("unscoped", () => {
  it("makes tensors that no scope owns", () => {
    let free: Tensor;
    {
      using _ = scope();
      free = unscoped(() => ones([2]));
    }
    assertEquals(free.toArraySync(), [1, 1]);
    free.dispose();
  });
});
