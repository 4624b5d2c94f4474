import { OWNER } from "@tenfold/core/internal";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { clean, waiting } from "./_testing.ts";
import {
  DTypeError,
  memory,
  noGrad,
  ones,
  randn,
  scope,
  type Tensor,
  tensor,
  zeros,
} from "@tenfold/core";
import {
  Buffer,
  Dropout,
  Linear,
  Module,
  ModuleList,
  type NamePattern,
  Parameter,
  ReLU,
  Sequential,
  StateDictError,
} from "./mod.ts";

const named = (module: Module<never[], unknown>) =>
  module.namedParameters().map(([name]) => name);

/** A parameter in every place where one is found, and in one where not. */
class Everywhere extends Module {
  direct = new Parameter(ones([1]));
  child = new Linear(1, 1);
  list = [new Linear(1, 1, { bias: false }), new Parameter(ones([2]))];
  record = { a: new Parameter(ones([3])), b: [[new Parameter(ones([4]))]] };
  nothing = null;
  number = 7;
  numbers = new Float32Array(4);
  plain = ones([5]);
  map = new Map([["hidden", new Parameter(ones([6]))]]);
  readonly #hidden = new Parameter(ones([7]));
  statistic = new Buffer(zeros([2]));
  passing = new Buffer(zeros([2]), { persistent: false });

  forward(x: Tensor): Tensor {
    return x.add(this.#hidden);
  }

  override dispose(): void {
    super.dispose();
    this.#hidden.dispose();
    this.map.get("hidden")!.dispose();
  }
}

describe("a module", () => {
  it(
    "finds parameters in public fields, arrays and plain objects",
    clean(() => {
      using module = new Everywhere();
      assertEquals(named(module), [
        "direct",
        "list.1",
        "record.a",
        "record.b.0.0",
        "child.weight",
        "child.bias",
        "list.0.weight",
      ]);
      assertEquals(module.parameters().length, 7);
      assert(module.parameters().every((p) => p instanceof Parameter));
      assertEquals(module.namedBuffers().map(([name]) => name), [
        "statistic",
        "passing",
      ]);
      assertEquals(Object.keys(module.stateDict()), [
        "direct",
        "list.1",
        "record.a",
        "record.b.0.0",
        "statistic",
        "child.weight",
        "child.bias",
        "list.0.weight",
      ]);
    }),
  );

  it(
    "lists a shared parameter once, and saves it under all of its names",
    clean(() => {
      class Tied extends Module {
        one = new Linear(2, 2, { bias: false });
        other = new Linear(2, 2, { bias: false });
        constructor() {
          super();
          this.other.weight.dispose();
          this.other.weight = this.one.weight;
        }
        forward(x: Tensor): Tensor {
          return this.other.forward(this.one.forward(x));
        }
      }
      using tied = new Tied();
      assertEquals(named(tied), ["one.weight"]);
      assertEquals(Object.keys(tied.stateDict()), [
        "one.weight",
        "other.weight",
      ]);
    }),
  );

  it(
    "may hold itself, directly or below",
    clean(() => {
      class Knot extends Module {
        weight = new Parameter(ones([1]));
        self: Knot;
        loop: { back?: unknown } = {};
        constructor() {
          super();
          this.self = this;
          this.loop.back = this.loop;
        }
        forward(x: Tensor): Tensor {
          return x;
        }
      }
      using knot = new Knot();
      assertEquals(named(knot), ["weight"]);
      assertEquals(Object.keys(knot.stateDict()), ["weight"]);
      assert(String(knot).includes("Knot(...)"));
    }),
  );

  it(
    "switches between training and evaluation, all the way down",
    clean(() => {
      const model = new Sequential(new Sequential(new Dropout()), new ReLU());
      assertEquals(model.modules().map(({ training }) => training), [
        true,
        true,
        true,
        true,
      ]);
      model.eval();
      assert(model.modules().every(({ training }) => !training));
      model.train();
      assert(model.modules().every(({ training }) => training));
    }),
  );

  it(
    "clears gradients, and stops or starts asking for them",
    clean(() => {
      using layer = new Linear(2, 1);
      layer.forward(ones([1, 2])).sum().backward();
      assert(layer.parameters().every(({ grad }) => grad !== null));
      layer.zeroGrad();
      assert(layer.parameters().every(({ grad }) => grad === null));
      layer.requiresGrad_(false);
      assertEquals(layer.forward(ones([1, 2])).requiresGrad, false);
      layer.requiresGrad_();
      assertEquals(layer.forward(ones([1, 2])).requiresGrad, true);
    }),
  );

  it(
    "calls a function with every module, itself last",
    clean(() => {
      using model = new Sequential(new Linear(1, 1), new ReLU());
      const seen: string[] = [];
      model.apply(({ constructor }) => seen.push(constructor.name));
      assertEquals(seen, ["ReLU", "Linear", "Sequential"]);
    }),
  );

  it(
    "prints as a tree of its parts",
    clean(() => {
      using model = new Sequential(
        new Linear(4, 3),
        new Sequential(new Dropout({ p: 0.25 })),
      );
      assertEquals(
        String(model),
        [
          "Sequential(",
          "  (0): Linear(inFeatures=4, outFeatures=3, bias=true)",
          "  (1): Sequential(",
          "    (0): Dropout(p=0.25)",
          "  )",
          ")",
        ].join("\n"),
      );
    }),
  );

  it(
    "keeps its parameters when the scope of its making ends",
    clean(() => {
      let layer: Linear;
      {
        using _ = scope();
        layer = new Linear(2, 2);
      }
      assertEquals(layer.forward(ones([2])).shape, [2]);
      layer.dispose();
    }),
  );

  it(
    "moves to another device in place, with gradients",
    clean(async () => {
      using model = new Sequential(new Linear(2, 2), new Linear(2, 1));
      const [first] = model.parameters();
      const before = await first!.toArray();
      model.forward(ones([1, 2])).sum().backward();
      const gradient = await first!.grad!.toArray();
      const { tensors, bytes } = memory();

      assertEquals(await model.to(waiting("elsewhere")), model);
      assertEquals(model.parameters()[0], first);
      assertEquals(first!.device.name, "elsewhere");
      assertEquals(await first!.toArray(), before);
      assertEquals(await first!.grad!.toArray(), gradient);
      assertEquals([memory().tensors, memory().bytes], [tensors, bytes]);

      const x = await ones([1, 2]).to(first!.device);
      model.zeroGrad();
      model.forward(x).sum().backward();
      assertEquals(await first!.grad!.toArray(), gradient);
      await assertRejects(() => model.to("nowhere"), TypeError, "nowhere");
      assertEquals(first!.device.name, "elsewhere");
    }),
  );
});

describe("freeze", () => {
  const trained = (module: Module<never[], unknown>) =>
    module.namedParameters().filter(([, { requiresGrad }]) => requiresGrad)
      .map(([name]) => name);

  it(
    "takes names, modules, wildcards, expressions and functions",
    clean(() => {
      using model = new Sequential(
        new Sequential(new Linear(1, 1), new Linear(1, 1)),
        new Linear(1, 1),
      );
      const all = trained(model);
      assertEquals(trained(model.freeze()), []);
      assertEquals(trained(model.unfreeze()), all);
      const cases: [NamePattern, string[]][] = [
        ["0", ["0.0.weight", "0.0.bias", "0.1.weight", "0.1.bias"]],
        ["0.1", ["0.1.weight", "0.1.bias"]],
        ["1.weight", ["1.weight"]],
        ["*.bias", ["0.0.bias", "0.1.bias", "1.bias"]],
        [/^1\./g, ["1.weight", "1.bias"]],
        [(name) => name.length === 6, ["1.bias"]],
      ];
      for (const [pattern, names] of cases) {
        assertEquals(trained(model.freeze().unfreeze(pattern)), names);
        const rest = all.filter((name) => !names.includes(name));
        assertEquals(trained(model.unfreeze().freeze(pattern)), rest);
      }
      for (const pattern of ["heads", "0.", "weight", /x/]) {
        assertThrows(
          () => model.freeze(pattern),
          RangeError,
          "Cannot freeze parameters of Sequential as no name fits ",
        );
      }
      assertThrows(
        () => model.unfreeze(3 as never),
        TypeError,
        "Cannot unfreeze parameters as the pattern must be a string, a regular expression or a function: got 3",
      );
    }),
  );

  it(
    "leaves frozen parameters as they are, bit for bit",
    clean(() => {
      using model = new Sequential(new Linear(2, 2), new Linear(2, 1));
      model.freeze("0");
      const before = model.stateDict()["0.weight"]!.dataSync();
      using loss = model.forward(ones([3, 2])).sum();
      loss.backward();
      assertEquals(model.parameters().map(({ grad }) => grad === null), [
        true,
        true,
        false,
        false,
      ]);
      assertEquals(model.stateDict()["0.weight"]!.dataSync(), before);
    }),
  );
});

describe("loadStateDict", () => {
  it(
    "copies values, also of another dtype",
    clean(() => {
      using layer = new Linear(2, 1);
      const report = layer.loadStateDict({
        weight: tensor([[1, 2]], { dtype: "int32" }),
        bias: tensor([3], { dtype: "float64" }),
      });
      assertEquals(report, {
        missingKeys: [],
        unexpectedKeys: [],
        mismatchedKeys: [],
        loadedKeys: ["weight", "bias"],
      });
      assertEquals(layer.forward(tensor([10, 1])).toArraySync(), [15]);
      assertEquals(layer.weight.dtype, "float32");
      assert(layer.weight.requiresGrad);
    }),
  );

  it(
    "reads the module's own tensors before it writes any",
    clean(() => {
      using pair = new Sequential(new Linear(2, 2), new Linear(2, 2));
      pair.loadStateDict({
        "0.weight": tensor([[1, 2], [3, 4]]),
        "0.bias": tensor([5, 6]),
        "1.weight": tensor([[7, 8], [9, 10]]),
        "1.bias": tensor([11, 12]),
      });
      const before = memory().tensors;
      const state = pair.stateDict();
      pair.loadStateDict({
        "0.weight": state["1.weight"]!,
        "0.bias": state["1.bias"]!,
        "1.weight": state["0.weight"]!,
        "1.bias": state["0.bias"]!,
      });
      assertEquals(state["0.weight"]!.toArraySync(), [[7, 8], [9, 10]]);
      assertEquals(state["1.weight"]!.toArraySync(), [[1, 2], [3, 4]]);
      assertEquals(state["0.bias"]!.toArraySync(), [11, 12]);
      assertEquals(state["1.bias"]!.toArraySync(), [5, 6]);
      pair.loadStateDict(state);
      assertEquals(memory().tensors, before);
      // Views of what is written: a transpose, and a row of the other weight.
      const { weight, bias } = pair[0] as Linear;
      using transposed = noGrad(() => weight.t());
      using row = noGrad(() => weight.select(0, 1));
      pair.loadStateDict(
        { "0.bias": row, "0.weight": transposed },
        { strict: false },
      );
      assertEquals(weight.toArraySync(), [[7, 9], [8, 10]]);
      assertEquals(bias!.toArraySync(), [9, 10]);
      assert(weight.requiresGrad);
    }),
  );

  it(
    "lists everything that does not fit, and changes nothing",
    clean(() => {
      using layer = new Linear(2, 1);
      const before = layer.weight.toArraySync();
      const error = assertThrows(
        () => layer.loadStateDict({ weight: ones([1, 3]), wait: ones([1]) }),
        StateDictError,
        "Cannot load the state dict into Linear as it does not fit: missing bias; unexpected wait; weight: got shape [1, 3], expected [1, 2]",
      );
      assertEquals(error.missingKeys, ["bias"]);
      assertEquals(error.unexpectedKeys, ["wait"]);
      const late = { weight: ones([1, 2]), bias: ones([2]) };
      assertThrows(() => layer.loadStateDict(late), StateDictError, "bias");
      const gone = ones([1]);
      gone.dispose();
      for (const bias of [gone, 5 as unknown as Tensor]) {
        assertThrows(
          () => layer.loadStateDict({ weight: ones([1, 2]), bias }),
          StateDictError,
          "bias: got",
        );
      }
      assertEquals(layer.weight.toArraySync(), before);
    }),
  );

  it(
    "takes what there is of both if it is not strict, but no other shape",
    clean(() => {
      using layer = new Linear(2, 1);
      const report = layer.loadStateDict(
        { weight: ones([1, 2]), wait: ones([1]) },
        { strict: false },
      );
      assertEquals(report, {
        missingKeys: ["bias"],
        unexpectedKeys: ["wait"],
        mismatchedKeys: [],
        loadedKeys: ["weight"],
      });
      assertEquals(layer.weight.toArraySync(), [[1, 1]]);
      assertThrows(
        () => layer.loadStateDict({ weight: ones([2]) }, { strict: false }),
        StateDictError,
      );
    }),
  );

  it(
    "leaves tensors of another shape as they are where asked, and reports them",
    clean(() => {
      using model = new Sequential(new Linear(2, 2), new Linear(2, 3));
      const head = model.stateDict()["1.weight"]!.toArraySync();
      using weight = ones([2, 2]);
      using other = ones([5, 2]);
      const state = { "0.weight": weight, "1.weight": other, extra: weight };
      const report = model.loadStateDict(state, {
        strict: false,
        mismatched: "skip",
      });
      assertEquals(report, {
        missingKeys: ["0.bias", "1.bias"],
        unexpectedKeys: ["extra"],
        mismatchedKeys: ["1.weight"],
        loadedKeys: ["0.weight"],
      });
      assertEquals(model.stateDict()["0.weight"]!.toArraySync(), [
        [1, 1],
        [1, 1],
      ]);
      assertEquals(model.stateDict()["1.weight"]!.toArraySync(), head);
      const error = assertThrows(
        () => model.loadStateDict(state, { strict: false }),
        StateDictError,
        "1.weight: got shape [5, 2], expected [3, 2]",
      );
      assertEquals(error.mismatchedKeys, ["1.weight"]);
      assertThrows(
        () => model.loadStateDict(state, { mismatched: "drop" as "skip" }),
        RangeError,
        'mismatched must be "error" or "skip": got ',
      );
    }),
  );

  it(
    "gives tensors new names, by parts of names or by a function",
    clean(() => {
      using model = new Sequential(new Linear(1, 1), new Linear(1, 1));
      using one = tensor([[1]]);
      using two = tensor([2]);
      const rename = { "module.backbone": "0", module: "", "module.fc": "1" };
      const names = model.loadStateDict({
        "module.backbone.weight": one,
        "module.backbone.bias": two,
        "module.fc.weight": one,
        "module.1.bias": two,
      }, { rename }).loadedKeys;
      assertEquals(names, ["0.weight", "0.bias", "1.weight", "1.bias"]);
      model.loadStateDict({ weight: one, bias: two, step: two }, {
        strict: false,
        rename: (name) => name === "step" ? null : `1.${name}`,
      });
      const inner = new Sequential(model);
      inner.loadStateDict(model.stateDict(), { rename: { "": "0" } });
      assertThrows(
        () =>
          model.loadStateDict({ a: one, b: one }, {
            rename: { a: "0.weight", b: "0.weight" },
          }),
        RangeError,
        "Cannot load the state dict into Sequential as two names become 0.weight: a and b",
      );
      assertThrows(
        () => model.loadStateDict({}, { rename: 3 as never }),
        TypeError,
        "rename must be an object of names or a function: got 3",
      );
    }),
  );

  it(
    "copies from another device where it can be read without waiting",
    clean(async () => {
      using here = new Linear(2, 1);
      using there = new Linear(2, 1, { device: waiting("there") });
      there.loadStateDict(here.stateDict());
      assertEquals(await there.weight.toArray(), await here.weight.toArray());
      assertThrows(
        () => here.loadStateDict(there.stateDict()),
        StateDictError,
        'weight: got a tensor on there: move it with await tensor.to("cpu-typedarray") first',
      );
    }),
  );

  it(
    "gives the same outputs in another module, and counts as a change",
    clean(() => {
      using one = new Sequential(
        new Linear(3, 4),
        new ReLU(),
        new Linear(4, 2),
      );
      using other = new Sequential(
        new Linear(3, 4),
        new ReLU(),
        new Linear(4, 2),
      );
      const x = randn([5, 3]);
      const stale = other.forward(x).square().sum();
      other.loadStateDict(one.stateDict());
      assertEquals(
        other.forward(x).toArraySync(),
        one.forward(x).toArraySync(),
      );
      assertThrows(() => stale.backward(), TypeError, "changed in place");
    }),
  );
});

describe("containers", () => {
  it(
    "Sequential can be indexed, measured, iterated and extended",
    clean(() => {
      const relu = new ReLU();
      using model = new Sequential(new Linear(2, 3), relu);
      assertEquals(model.length, 2);
      assertEquals(model[1], relu);
      assertEquals([...model], [model[0], relu]);
      model.append(new Linear(3, 1));
      assertEquals(model.forward(ones([4, 2])).shape, [4, 1]);
      model[2]!.dispose();
      model[2] = new Linear(3, 5);
      assertEquals(model.forward(ones([4, 2])).shape, [4, 5]);
      assertEquals(named(model), ["0.weight", "0.bias", "2.weight", "2.bias"]);
      assertEquals(new Sequential().forward(ones([1])).toArraySync(), [1]);
      assertThrows(
        () => new Sequential(ones([1]) as unknown as Module),
        TypeError,
        "no Module",
      );
    }),
  );

  it(
    "ModuleList is found like an array, and has no forward",
    clean(() => {
      using list = new ModuleList([new Linear(1, 2), new Linear(2, 1)]);
      assertEquals(list.length, 2);
      assertEquals(list[1]!.outFeatures, 1);
      assertEquals([...list].map(({ inFeatures }) => inFeatures), [1, 2]);
      assertEquals(named(list), ["0.weight", "0.bias", "1.weight", "1.bias"]);
      assertThrows(() => list.forward(), TypeError, "Cannot call forward");
    }),
  );
});

describe("a parameter", () => {
  it(
    "is a leaf that shares memory and belongs to no scope",
    clean(() => {
      const data = ones([2]);
      const { bytes } = memory();
      const p = new Parameter(data);
      assertEquals(memory().bytes, bytes);
      assert(p.isLeaf && p.requiresGrad && p[OWNER] === null);
      noGrad(() => p.fill_(3));
      assertEquals(data.toArraySync(), [3, 3]);
      data.dispose();
      assertEquals(p.toArraySync(), [3, 3]);
      p.dispose();
    }),
  );

  it(
    "is outside the tape of what it is made of, and dense",
    clean(() => {
      const x = tensor([[1, 2], [3, 4]], { requiresGrad: true });
      using p = new Parameter(x.mul(2).t());
      assertEquals([p.isLeaf, p.strides], [true, [2, 1]]);
      assertEquals(p.toArraySync(), [[2, 6], [4, 8]]);
    }),
  );

  it(
    "holds floats, unless it needs no gradient",
    clean(() => {
      const whole = tensor([1], { dtype: "int32" });
      const { tensors } = memory();
      assertThrows(() => new Parameter(whole), DTypeError, "int32");
      assertEquals(memory().tensors, tensors);
      using p = new Parameter(whole, { requiresGrad: false });
      assertEquals([p.dtype, p.requiresGrad], ["int32", false]);
    }),
  );
});
