import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { manualSeed, randn, scope, type Tensor } from "@tenfold/core";
import { describeMatrixOptimizer } from "./_matrix_testing.ts";
import { clean } from "./_testing.ts";
import { AdamW } from "./adam.ts";
import { Muon } from "./muon.ts";

describeMatrixOptimizer("Muon", {
  make: ([w, b]) =>
    new Muon([{ params: [w!] }, { params: [b!], useMuon: false }], {
      lr: 0.05,
    }),
  state: [["momentumBuffer"], ["expAvg", "expAvgSq"]],
});

describeMatrixOptimizer("Muon without Nesterov momentum", {
  make: ([w, b]) =>
    new Muon([{ params: [w!] }, { params: [b!], useMuon: false }], {
      lr: 0.05,
      nesterov: false,
      adjustLr: "matchRmsAdamW",
    }),
  state: [["momentumBuffer"], ["expAvg", "expAvgSq"]],
});

describe("Muon", () => {
  it(
    "refuses what is not a matrix, by its group",
    clean(() => {
      using _ = scope();
      const [w, b] = [randn([2, 2]), randn([3])];
      assertThrows(
        () => new Muon([w, b]),
        RangeError,
        "a parameter of shape [3] is not a matrix: put it into a group with { useMuon: false }",
      );
      const optimizer = new Muon([w]);
      assertThrows(() => optimizer.addParamGroup({ params: [b] }), RangeError);
      assertEquals(optimizer.paramGroups.length, 1);
      optimizer.addParamGroup({ params: [b], useMuon: false });
      new Muon([b], { useMuon: false });
      assertThrows(() => new Muon([w], { nsSteps: 1.5 }), RangeError);
    }),
  );

  it(
    "makes every singular value of a step nearly 1",
    clean(() => {
      using _ = scope();
      manualSeed(2);
      for (const shape of [[6, 3], [3, 6], [4, 4]]) {
        const start = randn(shape);
        const p = start.clone().requiresGrad_();
        using optimizer = new Muon([p], {
          lr: 1,
          weightDecay: 0,
          adjustLr: "original",
        });
        p.grad = randn(shape);
        optimizer.step();
        const scale = Math.sqrt(Math.max(1, shape[0]! / shape[1]!));
        const u = start.sub(p.detach()).div(scale);
        const small = shape[0]! > shape[1]! ? u.t().matmul(u) : u.matmul(u.t());
        // The trace is the sum of their squares.
        const mean = small.diagonal().mean().itemSync();
        assert(mean > 0.5 && mean < 1.4, `${shape}: ${mean}`);
        p.grad = null;
      }
    }),
  );

  it(
    "leaves the rest to AdamW, bit for bit",
    clean(() => {
      using _ = scope();
      const options = { lr: 0.1, weightDecay: 0.2 };
      const [a, b] = [0, 1].map(() => {
        manualSeed(3);
        return randn([5], { requiresGrad: true });
      }) as [Tensor, Tensor];
      using muon = new Muon([a], { ...options, useMuon: false });
      using adamW = new AdamW([b], options);
      for (const [p, optimizer] of [[a, muon], [b, adamW]] as const) {
        for (let step = 0; step < 5; step++) {
          optimizer.zeroGrad();
          p.square().sum().backward();
          optimizer.step();
        }
        p.grad = null;
      }
      assertEquals(a.dataSync(), b.dataSync());
    }),
  );
});
