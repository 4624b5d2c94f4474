import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { manualSeed, memory, randn, scope, type Tensor } from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import { clean } from "./_testing.ts";
import { Adafactor, AdamW, Muon, type Optimizer } from "./mod.ts";

type Make = (params: Tensor[]) => Optimizer;

/** Those whose step is several kernels over matrices. */
const MATRIX: readonly { name: string; make: Make; state: string[][] }[] = [
  {
    name: "Muon",
    make: ([w, b]) =>
      new Muon([{ params: [w!] }, { params: [b!], useMuon: false }], {
        lr: 0.05,
      }),
    state: [["momentumBuffer"], ["expAvg", "expAvgSq"]],
  },
  {
    name: "Muon without Nesterov momentum",
    make: ([w, b]) =>
      new Muon([{ params: [w!] }, { params: [b!], useMuon: false }], {
        lr: 0.05,
        nesterov: false,
        adjustLr: "matchRmsAdamW",
      }),
    state: [["momentumBuffer"], ["expAvg", "expAvgSq"]],
  },
  {
    name: "Adafactor",
    make: (params) => new Adafactor(params, { lr: 0.1 }),
    state: [["rowVar", "colVar"], ["variance"]],
  },
  {
    name: "Adafactor with an average",
    make: (params) =>
      new Adafactor(params, { lr: 0.1, beta1: 0.5, weightDecay: 0.1 }),
    state: [["rowVar", "colVar", "expAvg"], ["variance", "expAvg"]],
  },
];

/** A net of a matrix and a vector, and steps of its training. */
function setUp(make: Make, dtype: "float32" | "float64" = "float32") {
  manualSeed(1);
  const params = [
    randn([4, 3], { dtype, requiresGrad: true }),
    randn([4], { dtype, requiresGrad: true }),
  ];
  const x = randn([8, 3], { dtype });
  const optimizer = make(params);
  const step = (x: Tensor): Tensor => {
    optimizer.zeroGrad();
    const loss = x.matmul(params[0]!.t()).add(params[1]!).tanh().sub(1)
      .square().mean();
    loss.backward();
    optimizer.step();
    return loss.detach();
  };
  const train = (steps: number, how: (x: Tensor) => Tensor = step) => {
    for (let i = 0; i < steps; i++) {
      using _ = scope();
      how(x);
    }
  };
  const figures = () => params.flatMap((p) => [...p.dataSync()]);
  return { params, x, optimizer, step, train, figures };
}

for (const { name, make, state } of MATRIX) {
  describe(name, () => {
    it(
      "goes on from its state bit for bit",
      clean(() => {
        using _ = scope();
        const straight = setUp(make);
        straight.train(9);
        const first = setUp(make);
        first.train(4);
        const second = setUp(make);
        for (const [i, p] of second.params.entries()) {
          p.detach().copy_(first.params[i]!.detach());
        }
        second.optimizer.loadStateDict(first.optimizer.stateDict());
        second.train(5);
        assertEquals(second.figures(), straight.figures());
        for (const { optimizer } of [straight, first, second]) {
          optimizer.dispose();
        }
      }),
    );

    it(
      "remembers tensors of its own shapes, and refuses others",
      clean(() => {
        using _ = scope();
        const { optimizer, train } = setUp(make);
        assertEquals(optimizer.stateDict().state, {});
        train(1);
        const dict = optimizer.stateDict();
        for (const [i, names] of state.entries()) {
          assertEquals(Object.keys(dict.state[i]!), ["step", ...names]);
        }
        const [first] = state[0]!;
        const wrong = { ...dict.state[0]!, [first!]: randn([7]) };
        assertThrows(
          () =>
            optimizer.loadStateDict({
              ...dict,
              state: { ...dict.state, 0: wrong },
            }),
          TypeError,
          `${first} of parameter 0 has another shape: got [7]`,
        );
        optimizer.dispose();
      }),
    );

    it(
      "compiled, takes the steps of eager, also where the rate changes or a choice",
      clean(() => {
        using _ = scope();
        const eager = setUp(make);
        const compiled = setUp(make);
        using fast = compile(compiled.step);
        for (const { optimizer, train, step } of [eager, compiled]) {
          const how = optimizer === compiled.optimizer ? fast : step;
          train(3, how);
          optimizer.paramGroups[0]!.lr = 0.01;
          train(3, how);
          (optimizer.paramGroups[0]! as { maximize?: boolean }).maximize = true;
          train(3, how);
        }
        const expected = eager.figures();
        compiled.figures().forEach((value, i) =>
          assert(Math.abs(value - expected[i]!) < 1e-5, `${i}: ${value}`)
        );
        assertEquals(fast.stats.recorded, 2);
        eager.optimizer.dispose();
        compiled.optimizer.dispose();
      }),
    );

    it(
      "holds the same memory after 30 steps as after 3, and float64 stays",
      clean(() => {
        using _ = scope();
        const { optimizer, params, train } = setUp(make, "float64");
        train(3);
        const { tensors, bytes } = memory();
        train(27);
        const after = memory();
        assertEquals([after.tensors, after.bytes], [tensors, bytes]);
        for (const p of params) assertEquals(p.dtype, "float64");
        const { state } = optimizer.stateDict();
        for (const value of Object.values(state[0]!)) {
          if (typeof value !== "number") assertEquals(value.dtype, "float64");
        }
        optimizer.dispose();
      }),
    );

    it(
      "changes nothing at a rate of 0",
      clean(() => {
        using _ = scope();
        const { optimizer, train, figures } = setUp(make);
        for (const group of optimizer.paramGroups) group.lr = 0;
        const before = figures();
        train(3);
        assertEquals(figures(), before);
        optimizer.dispose();
      }),
    );
  });
}

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
