import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { memory, ones, scope, type Tensor, zeros } from "@tenfold/core";
import { clean, waiting } from "./_testing.ts";
import {
  Buffer,
  Dropout,
  Linear,
  Module,
  type NamePattern,
  Parameter,
  ReLU,
  Sequential,
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
