import {
  assert,
  assertEquals,
  assertNotStrictEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  noGrad,
  ones,
  scope,
  setBackend,
  type Tensor,
  tensor,
  zeros,
} from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import { clean, renamed } from "./_testing.ts";
import * as nn from "./mod.ts";
import { Buffer, Module, Parameter } from "./mod.ts";

const list = (x: Tensor) => [...x.dataSync()];

describe("copy", () => {
  it(
    "keeps the mode of each module, what is frozen, and no gradient",
    clean(() => {
      using model = new nn.Sequential(
        new nn.Linear(2, 2),
        new nn.Dropout({ p: 0.5 }),
        new nn.Linear(2, 1),
      );
      model.freeze("0");
      model[1]!.eval();
      model.forward(ones([1, 2])).sum().backward();
      using copy = model.copy();
      assertEquals(copy.modules().map((m) => m.training), [
        true,
        true,
        false,
        true,
      ]);
      assertEquals(
        copy.parameters().map((p) => [p.requiresGrad, p.isLeaf, p.grad]),
        [
          [false, true, null],
          [false, true, null],
          [true, true, null],
          [true, true, null],
        ],
      );
    }),
  );

  it(
    "keeps tied parameters and shared modules tied, among themselves alone",
    clean(() => {
      class Tied extends Module {
        table = new nn.Embedding(5, 3);
        out = new nn.Linear(3, 5, { bias: false });
        shared = [this.table, { again: this.out }];
        self = { model: this as unknown };
        constructor() {
          super();
          this.out.weight.dispose();
          this.out.weight = this.table.weight;
        }
        forward(x: Tensor): Tensor {
          return this.out.forward(this.table.forward(x));
        }
      }
      using model = new Tied();
      using copy = model.copy();
      assertStrictEquals(copy.out.weight, copy.table.weight);
      assertNotStrictEquals(copy.out.weight, model.out.weight);
      assertStrictEquals(copy.shared[0], copy.table);
      assertStrictEquals(
        (copy.shared[1] as { again: unknown }).again,
        copy.out,
      );
      assertStrictEquals(copy.self.model, copy);
      assertEquals(copy.parameters().length, 1);
      assertEquals(
        Object.keys(copy.stateDict()),
        Object.keys(model.stateDict()),
      );
    }),
  );

  it(
    "copies what fields hold, and shares what it does not know",
    clean(() => {
      class Clock {
        ticks = 0;
      }
      class Odd extends Module {
        scale = new Parameter(ones([2]));
        count = new Buffer(zeros([], { dtype: "int32" }), {
          persistent: false,
        });
        by = new Map<string, unknown>([["scale", this.scale]]);
        set = new Set([this.count]);
        numbers = Float32Array.of(1, 2);
        deep = { list: [1, { x: 2 }], nothing: null };
        clock = new Clock();
        fn = () => 3;
        get twice(): Tensor {
          return this.scale.mul(2);
        }
        forward(x: Tensor): Tensor {
          this.count.add_(1);
          return x.mul(this.twice);
        }
      }
      using model = new Odd();
      model.forward(ones([2]));
      using copy = model.copy();
      assertStrictEquals(copy.by.get("scale"), copy.scale);
      assert(copy.set.has(copy.count));
      assertEquals(copy.count.persistent, false);
      assertEquals(copy.count.itemSync(), 1);
      copy.numbers[0] = 9;
      (copy.deep.list[1] as { x: number }).x = 9;
      assertEquals([...model.numbers], [1, 2]);
      assertEquals(model.deep, { list: [1, { x: 2 }], nothing: null });
      assertStrictEquals(copy.clock, model.clock);
      assertStrictEquals(copy.fn, model.fn);
      noGrad(() => copy.scale.fill_(5));
      assertEquals(list(copy.forward(ones([2]))), [10, 10]);
      assertEquals(list(model.forward(ones([2]))), [2, 2]);
    }),
  );

  it(
    "copies plain tensors in fields, and refuses those that are recorded",
    clean(() => {
      class Memory extends Module {
        weight = new Parameter(ones([2]));
        state: Tensor | null = null;
        forward(x: Tensor): Tensor {
          return this.state = x.mul(this.weight);
        }
      }
      using model = new Memory();
      model.state = tensor([1, 2]);
      using copy = model.copy();
      assertEquals(list(copy.state!), [1, 2]);
      assertNotStrictEquals(copy.state, model.state);
      copy.state!.dispose();
      model.forward(ones([2]));
      assertThrows(
        () => model.copy(),
        Error,
        "Cannot copy Memory.state, of shape [2], as an operation that is recorded",
      );
    }),
  );

  it(
    "keeps hooks, of which each module ends its own",
    clean(() => {
      using layer = new nn.Linear(2, 1, { bias: false });
      const handle = layer.registerForwardHook((_m, _i, y) => y.mul(0));
      using copy = layer.copy();
      handle.remove();
      assertEquals(list(copy.forward(ones([1, 2]))), [0]);
      assert(list(layer.forward(ones([1, 2])))[0] !== 0);
      copy.registerForwardHook((m, _i, y) => y.add(m === copy ? 1 : 2));
      assertEquals(list(copy.forward(ones([1, 2]))), [1]);
    }),
  );

  it(
    "keeps adapters, which adapt the copy",
    clean(() => {
      using model = new nn.Sequential(new nn.Linear(2, 2, { bias: false }));
      nn.loraInject(model, { pattern: "*", rank: 1 });
      using copy = model.copy();
      noGrad(() => {
        for (const [name, p] of copy.namedParameters()) {
          p.fill_(name.includes("lora") ? 1 : 0);
        }
      });
      const y = list(copy.forward(ones([1, 2])));
      assertEquals(y, [2, 2]);
      nn.loraMerge(copy);
      assertEquals(list(copy.forward(ones([1, 2]))), y);
      assert(list(model.forward(ones([1, 2])))[0] !== 2);
    }),
  );

  it(
    "lets classes copy themselves, within others too",
    clean(() => {
      class Hidden extends Module {
        readonly #scale: number;
        weight = new Parameter(ones([1]));
        constructor(scale: number) {
          super();
          this.#scale = scale;
        }
        forward(x: Tensor): Tensor {
          return x.mul(this.weight).mul(this.#scale);
        }
        override copy(): this {
          const copy = new Hidden(this.#scale);
          copy.loadStateDict(this.stateDict());
          return copy as this;
        }
      }
      using model = new nn.Sequential(new Hidden(3), new Hidden(2));
      using copy = model.copy();
      assertEquals(list(copy.forward(ones([1]))), [6]);
      class Refused extends Module {
        #calls = 0;
        forward(x: Tensor): Tensor {
          this.#calls++;
          return x;
        }
      }
      class Below extends Refused {}
      assertThrows(
        () => new nn.Sequential(new Below()).copy(),
        TypeError,
        "Cannot copy Sequential.0 as its class Refused has members with #",
      );
      class Counted extends nn.Linear {
        copies = 0;
        override copy(): this {
          this.copies++;
          return super.copy();
        }
      }
      using counted = new Counted(1, 1);
      using other = new nn.ModuleList([counted]).copy();
      assertEquals([counted.copies, other[0]!.copies], [1, 1]);
    }),
  );

  it(
    "refuses a forward in a field, and leaves no memory",
    clean(() => {
      using model = new nn.Sequential(new nn.Linear(2, 2), new nn.Identity());
      model[1]!.forward = (x) => x;
      for (const hooked of [false, true]) {
        if (hooked) model[1]!.registerForwardHook(() => {});
        assertThrows(
          () => model.copy(),
          TypeError,
          "Cannot copy Sequential.1 as its forward is a function in a field",
        );
      }
    }),
  );

  it(
    "stays on the devices and dtypes of the original",
    clean(async () => {
      const other = renamed("elsewhere");
      using model = new nn.Sequential(new nn.Linear(2, 2), new nn.Linear(2, 2));
      await model[0]!.to(other);
      await model[1]!.to({ dtype: "float64" });
      using copy = model.copy();
      assertEquals(
        copy.parameters().map((p) => [p.device.name, p.dtype]),
        model.parameters().map((p) => [p.device.name, p.dtype]),
      );
      await setBackend("cpu-typedarray");
    }),
  );

  it(
    "is compiled anew, beside its original",
    clean(() => {
      using model = new nn.Linear(2, 1);
      const run = (m: Module) => compile((x: Tensor) => m.forward(x).detach());
      const first = run(model);
      const expected = list(first(ones([1, 2])));
      first(ones([1, 2]));
      using copy = model.copy();
      const second = run(copy);
      for (let i = 0; i < 2; i++) {
        assertEquals(list(second(ones([1, 2]))), expected);
      }
      noGrad(() => model.weight.zero_());
      assertEquals(list(second(ones([1, 2]))), expected);
      first.dispose();
      second.dispose();
    }),
  );

  it(
    "makes parameters that no scope releases, within one or not",
    clean(() => {
      using model = new nn.Linear(2, 1);
      const make = () => {
        using _ = scope();
        return model.copy();
      };
      using copy = make();
      assertEquals(copy.weight.released, false);
    }),
  );
});
