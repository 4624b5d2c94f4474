import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import {
  type Backend,
  DTypeError,
  memory,
  ones,
  scope,
  type Tensor,
  tensor,
  zeros,
} from "@tenfold/core";
import { clean, waiting } from "./_testing.ts";
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  ASGD,
  Lion,
  NAdam,
  type Optimizer,
  type OptimizerState,
  RAdam,
  RMSprop,
  Rprop,
  SGD,
  StateError,
} from "./mod.ts";

const leaf = (values: number[], device?: Backend) =>
  tensor(values, { requiresGrad: true, ...device ? { device } : {} });

/** Every algorithm, with the options that make it remember most. */
const ALGORITHMS: readonly {
  name: string;
  make: (params: Tensor[]) => Optimizer;
  state: string[];
}[] = [
  { name: "SGD", make: (p) => new SGD(p, { lr: 0.1 }), state: [] },
  {
    name: "SGD with momentum",
    make: (p) =>
      new SGD(p, { lr: 0.1, momentum: 0.9, dampening: 0.5, weightDecay: 0.1 }),
    state: ["momentumBuffer"],
  },
  { name: "Adam", make: (p) => new Adam(p), state: ["expAvg", "expAvgSq"] },
  {
    name: "AdamW with amsgrad",
    make: (p) => new AdamW(p, { amsgrad: true }),
    state: ["expAvg", "expAvgSq", "maxExpAvgSq"],
  },
  {
    name: "RMSprop, centered, with momentum",
    make: (p) => new RMSprop(p, { centered: true, momentum: 0.5, eps: 0.01 }),
    state: ["squareAvg", "momentumBuffer", "gradAvg"],
  },
  {
    name: "Adagrad",
    make: (p) => new Adagrad(p, { initialAccumulatorValue: 0.1 }),
    state: ["sum"],
  },
  { name: "NAdam", make: (p) => new NAdam(p), state: ["expAvg", "expAvgSq"] },
  {
    name: "RAdam, decoupled",
    make: (p) => new RAdam(p, { weightDecay: 0.1, decoupledWeightDecay: true }),
    state: ["expAvg", "expAvgSq"],
  },
  {
    name: "Adadelta",
    make: (p) => new Adadelta(p),
    state: ["squareAvg", "accDelta"],
  },
  { name: "ASGD", make: (p) => new ASGD(p), state: ["ax"] },
  { name: "Rprop", make: (p) => new Rprop(p), state: ["prev", "stepSize"] },
  { name: "Adamax", make: (p) => new Adamax(p), state: ["expAvg", "expInf"] },
  {
    name: "Lion",
    make: (p) => new Lion(p, { weightDecay: 0.1 }),
    state: ["expAvg"],
  },
];

/** Takes some steps down a bowl. */
function descend(optimizer: Optimizer, steps: number): void {
  for (let i = 0; i < steps; i++) {
    using _ = scope();
    optimizer.zeroGrad();
    for (const { params } of optimizer.paramGroups) {
      for (const p of params) p.sub(3).square().sum().backward();
    }
    optimizer.step();
  }
}

/** The typed-array backend, counting the kernels that it runs. */
function counting(): Backend & { kernels: string[] } {
  const backend = cpuTypedArray();
  const kernels: string[] = [];
  return Object.assign(waiting("counting"), {
    kernels,
    prepare: (kernel: Parameters<Backend["prepare"]>[0]) => {
      const launch = backend.prepare(kernel);
      return launch && ((call: Parameters<typeof launch>[0]) => {
        kernels.push(kernel.kind);
        launch(call);
      });
    },
  });
}

for (const { name, make, state } of ALGORITHMS) {
  describe(name, () => {
    it(
      "takes a step with one kernel for each parameter",
      clean(() => {
        const device = counting();
        const params = [leaf([1, 2], device), leaf([3], device)];
        using optimizer = make(params);
        descend(optimizer, 2);
        for (const p of params) p.square().sum().backward();
        device.kernels.length = 0;
        optimizer.step();
        assertEquals(device.kernels, ["map", "map"]);
      }),
    );

    it(
      "goes on from its state bit for bit",
      clean(() => {
        const one = leaf([1, -2, 0.3]);
        using straight = make([one]);
        descend(straight, 10);

        const other = leaf([1, -2, 0.3]);
        using before = make([other]);
        descend(before, 4);
        const saved = before.stateDict();
        using after = make([other]);
        after.loadStateDict(saved);
        descend(after, 6);
        assertEquals(other.dataSync(), one.dataSync());
      }),
    );

    it(
      "has a state of plain values and tensors, made when it is needed",
      clean(() => {
        const p = leaf([1]);
        using optimizer = make([p, leaf([2])]);
        assertEquals(optimizer.stateDict().state, {});
        p.square().sum().backward();
        optimizer.step();
        const dict = optimizer.stateDict();
        assertEquals(Object.keys(dict.state), ["0"]);
        assertEquals(Object.keys(dict.state["0"]!), ["step", ...state]);
        assertEquals(dict.state["0"]!.step, 1);
        assertEquals(dict.paramGroups[0]!.params, [0, 1]);
        const { params: _, ...options } = dict.paramGroups[0]!;
        assertEquals(JSON.parse(JSON.stringify(options)), options);
      }),
    );

    it(
      "leaves parameters without a gradient alone",
      clean(() => {
        const [used, unused] = [leaf([1]), leaf([5])];
        using optimizer = make([used, unused]);
        descend(optimizer, 0);
        used.square().sum().backward();
        optimizer.step();
        assert(used.itemSync() !== 1);
        assertEquals(unused.itemSync(), 5);
      }),
    );

    it(
      "keeps float64 parameters in float64",
      clean(() => {
        const p = tensor([1], { dtype: "float64", requiresGrad: true });
        using optimizer = make([p]);
        descend(optimizer, 3);
        assertEquals(p.dtype, "float64");
        assert(Math.fround(p.itemSync()) !== p.itemSync());
      }),
    );
  });
}

describe("a rate of 0", () => {
  it(
    "changes nothing, whatever the algorithm and the gradients",
    clean(() => {
      for (const { name, make } of ALGORITHMS) {
        // To Rprop it is the size of the first step, which has a least one.
        if (name === "Rprop") continue;
        const p = leaf([1, -2, 3]);
        using optimizer = make([p]);
        optimizer.paramGroups[0]!.lr = 0;
        for (const values of [[1, 0, -1], [0, 0, 0], [1e10, 1e-10, 5]]) {
          p.grad = tensor(values);
          optimizer.step();
        }
        assertEquals(p.toArraySync(), [1, -2, 3], name);
      }
    }),
  );
});

describe("a gradient that is NaN", () => {
  it(
    "stays with its element, as in PyTorch",
    clean(() => {
      for (const { name, make } of ALGORITHMS) {
        const p = leaf([1, -2, 3]);
        using optimizer = make([p]);
        p.grad = tensor([0, NaN, 1]);
        optimizer.step();
        const [first, bad, last] = p.dataSync();
        assert(Number.isFinite(first!) && Number.isFinite(last!), name);
        assert(Number.isNaN(bad!), name);
      }
    }),
  );
});

describe("an optimizer", () => {
  it(
    "holds its state outside of every scope, and gives it back",
    clean(() => {
      const p = leaf([1, 2, 3]);
      const { bytes } = memory();
      const optimizer = new Adam([p]);
      {
        using _ = scope();
        p.sum().backward();
        optimizer.step();
        optimizer.zeroGrad();
      }
      assertEquals(memory().bytes, bytes + 2 * 12);
      optimizer.dispose();
      assertEquals(memory().bytes, bytes);
    }),
  );

  it(
    "takes groups with options of their own, which may change between steps",
    clean(() => {
      const [a, b] = [leaf([0]), leaf([0])];
      using optimizer = new SGD([{ params: [a] }, { params: [b], lr: 1 }], {
        lr: 0.1,
      });
      const run = () => {
        a.sum().add(b.sum()).backward();
        optimizer.step();
        optimizer.zeroGrad();
      };
      run();
      assertEquals([a.itemSync(), b.itemSync()], [Math.fround(-0.1), -1]);
      optimizer.paramGroups[0]!.lr = 0;
      run();
      assertEquals([a.itemSync(), b.itemSync()], [Math.fround(-0.1), -2]);
      const c = leaf([0]);
      optimizer.addParamGroup({ params: [c], momentum: 0.5 });
      assertEquals(optimizer.paramGroups.length, 3);
      assertEquals(optimizer.paramGroups[2]!.lr, 0.1);
    }),
  );

  it(
    "sets gradients to null, and adds up what is not cleared",
    clean(() => {
      const p = leaf([0]);
      using optimizer = new SGD([p], { lr: 1 });
      p.sum().backward();
      p.sum().backward();
      optimizer.step();
      assertEquals(p.itemSync(), -2);
      optimizer.zeroGrad();
      assertEquals(p.grad, null);
      optimizer.step();
      assertEquals(p.itemSync(), -2);
    }),
  );

  it(
    "refuses what it cannot optimize",
    clean(() => {
      const p = leaf([1]);
      const cases: [unknown, ErrorConstructor | typeof DTypeError, string][] = [
        [[], RangeError, "without parameters: got an empty list"],
        [p, TypeError, "must be an array, such as model.parameters()"],
        [undefined, TypeError, "must be an array"],
        [[p, 5], TypeError, "a parameter is not a tensor: got number"],
        [[p, p], TypeError, "a parameter of shape [1] appears twice"],
        [[{ params: [p] }, { params: [p] }], TypeError, "appears twice"],
        [[p.mul(2)], TypeError, "is the result of an operation: give leaves"],
        [
          [tensor([1], { dtype: "int32" })],
          DTypeError,
          "a parameter holds int32",
        ],
      ];
      for (const [params, kind, why] of cases) {
        assertThrows(
          () => new Adam(params as Tensor[]),
          kind as ErrorConstructor,
          why,
        );
      }
    }),
  );

  it(
    "names the option that is wrong",
    clean(() => {
      const p = [leaf([1])];
      const cases: [() => unknown, ErrorConstructor, string][] = [
        [() => new SGD(p), TypeError, "SGD as lr must be a number"],
        [
          () => new SGD(p, { lr: -1 }),
          RangeError,
          "SGD as lr must not be negative: got -1",
        ],
        [
          () => new SGD(p, { lr: 1, nesterov: true }),
          RangeError,
          "nesterov needs a momentum above 0 and a dampening of 0",
        ],
        [
          () => new Adam(p, { betas: [0.9, 1] }),
          RangeError,
          "betas.1 must be a number from 0 to below 1: got 1",
        ],
        [
          () => new Adam(p, { eps: "x" as never }),
          TypeError,
          'eps must be a number: got "x"',
        ],
        [
          () => new AdamW(p, { learningRate: 1 } as never),
          TypeError,
          "there is no such option: got learningRate",
        ],
        [
          () => new RMSprop([{ params: p, alpha: -1 }]),
          RangeError,
          "alpha must not be negative: got -1",
        ],
      ];
      for (const [make, kind, why] of cases) assertThrows(make, kind, why);
    }),
  );

  it(
    "refuses a state that does not fit, and changes nothing",
    clean(() => {
      const [p, q] = [leaf([1, 2]), leaf([1])];
      using optimizer = new Adam([p, q], { lr: 0.5 });
      descend(optimizer, 2);
      const good = optimizer.stateDict();
      const before = good.state["0"]!.expAvg as Tensor;
      const values = before.toArraySync();
      const entry = { step: 1, expAvg: zeros([2]), expAvgSq: zeros([2]) };
      const [group] = good.paramGroups;
      const cases: [unknown, string][] = [
        [{}, "it must be an object of state and paramGroups"],
        [null, "it must be an object"],
        [
          { ...good, paramGroups: [] },
          "the number of groups differs: got 0, expected 1",
        ],
        [
          { ...good, paramGroups: [{ ...group, params: [0] }] },
          "group 0 has another number of parameters: got 1, expected 2",
        ],
        [
          { ...good, state: { 0: { ...entry, expAvg: zeros([3]) } } },
          "expAvg of parameter 0 has another shape: got [3], expected [2]",
        ],
        [
          { ...good, state: { 0: { step: 1, expAvg: zeros([2]) } } },
          "expAvgSq of parameter 0 is missing",
        ],
        [
          { ...good, state: { 0: { ...entry, step: -1 } } },
          "the step of parameter 0 must be an integer from 0 on",
        ],
      ];
      for (const [state, why] of cases) {
        assertThrows(
          () => optimizer.loadStateDict(state as OptimizerState),
          StateError,
          `Cannot load the state of Adam as ${why}`,
        );
      }
      assertThrows(
        () =>
          optimizer.loadStateDict({
            ...good,
            paramGroups: [{ ...group!, lr: -1 }],
          }),
        RangeError,
        "lr must not be negative",
      );
      assertEquals(optimizer.stateDict().state["0"]!.expAvg, before);
      assertEquals(before.toArraySync(), values);
      assertEquals(optimizer.paramGroups[0]!.lr, 0.5);
    }),
  );

  it(
    "loads its own state, and one of another device",
    clean(() => {
      const p = leaf([1, 2]);
      using optimizer = new Adam([p]);
      descend(optimizer, 2);
      const values = (optimizer.stateDict().state["0"]!.expAvg as Tensor)
        .toArraySync();
      optimizer.loadStateDict(optimizer.stateDict());
      const own = optimizer.stateDict().state["0"]!.expAvg as Tensor;
      assertEquals(own.toArraySync(), values);

      using far = new Adam([leaf([1, 2], waiting("far"))]);
      far.loadStateDict(optimizer.stateDict());
      assertEquals(
        (far.stateDict().state["0"]!.expAvg as Tensor).device.name,
        "far",
      );
      assertThrows(
        () => optimizer.loadStateDict(far.stateDict()),
        StateError,
        "expAvg of parameter 0 is on far: move it",
      );
      // Options are copies: a change here is none there.
      const dict = optimizer.stateDict();
      (dict.paramGroups[0]!.betas as number[])[0] = 0;
      assertEquals(optimizer.paramGroups[0]!.betas, [0.9, 0.999]);
    }),
  );

  it(
    "does not record its steps",
    clean(() => {
      const p = leaf([1]);
      using optimizer = new SGD([p], { lr: 1, momentum: 0.9 });
      p.mul(ones([1])).sum().backward();
      optimizer.step();
      assert(p.isLeaf && p.requiresGrad);
      const y = p.square().sum();
      optimizer.step();
      assertThrows(() => y.backward(), TypeError, "changed in place");
    }),
  );
});
