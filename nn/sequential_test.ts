import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  memory,
  noGrad,
  ones,
  ReleasedError,
  scope,
  type Tensor,
  tensor,
} from "@tenfold/core";
import { describeLayer } from "./_layer_testing.ts";
import { clean } from "./_testing.ts";
import {
  Dropout,
  Flatten,
  Identity,
  Linear,
  Module,
  ReLU,
  Sequential,
} from "./mod.ts";

const named = (module: Module<never[], unknown>) =>
  module.namedParameters().map(([name]) => name);

/** Adds 1, and says how many buffers are live when it is called. */
class Plus extends Module {
  live = 0;

  forward(x: Tensor): Tensor {
    this.live = memory().buffers;
    return x.add(1);
  }
}

describe("a Sequential", () => {
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
      const cases: [unknown, string][] = [
        [ones([1]), "Sequential as a Tensor is not a Module"],
        [[relu], "Sequential as an array of 1 is not a Module"],
        [ReLU, "Sequential as a function is not a Module"],
      ];
      for (const [given, message] of cases) {
        assertThrows(
          () => new Sequential(given as Module),
          TypeError,
          message,
        );
      }
    }),
  );
});

describe("a Sequential under noGrad", () => {
  it(
    "releases what one module passes to the next",
    clean(() => {
      using _ = scope();
      const layers = Array.from({ length: 6 }, () => new Plus());
      const model = new Sequential(...layers);
      const x = ones([4]);
      const before = memory().buffers;
      const y = noGrad(() => model.forward(x));
      assertEquals(y.toArraySync(), [7, 7, 7, 7]);
      // The input, and beside it the one activation that is read.
      assertEquals(layers.map(({ live }) => live - before), [0, 1, 1, 1, 1, 1]);
      assertEquals(memory().buffers, before + 1);
      model.forward(x);
      assertEquals(layers.at(-1)!.live, before + 6);
    }),
  );

  it(
    "releases it within others, and keeps views alive",
    clean(() => {
      const model = new Sequential(
        new Sequential(new Plus(), new ReLU()),
        new Flatten(),
        new Identity(),
        new Dropout({ p: 0.5 }).eval(),
        new Sequential(new Plus(), new Flatten()),
      );
      const x = ones([1, 2, 2]);
      const before = memory();
      const y = noGrad(() => model.forward(x));
      assertEquals(y.toArraySync(), [[3, 3, 3, 3]]);
      assertEquals(x.released, false);
      assertEquals(memory().tensors, before.tensors + 1);
      assertEquals(memory().buffers, before.buffers + 1);
    }),
  );

  it(
    "leaves alone what it was given, and what was there before",
    clean(() => {
      const table = ones([2]);
      class Table extends Module {
        forward(_: Tensor): Tensor {
          return table;
        }
      }
      const x = ones([2]);
      const model = new Sequential(
        new Identity(),
        new Table(),
        new Identity(),
        new Plus(),
      );
      assertEquals(noGrad(() => model.forward(x)).toArraySync(), [2, 2]);
      assertEquals([x.released, table.released], [false, false]);
    }),
  );

  it(
    "saves what a module holds in its fields",
    clean(() => {
      class Remembering extends Module {
        input: Tensor | null = null;
        readonly outputs = { all: new Map<string, Tensor[]>() };

        forward(x: Tensor): Tensor {
          const y = x.mul(2);
          this.input = x;
          this.outputs.all.set("last", [y]);
          return y;
        }
      }
      const inner = new Remembering();
      const model = new Sequential(
        new Plus(),
        new Sequential(inner),
        new Plus(),
      );
      noGrad(() => model.forward(ones([1])));
      assertEquals(inner.input!.toArraySync(), [2]);
      assertEquals(inner.outputs.all.get("last")![0]!.toArraySync(), [4]);
    }),
  );

  it(
    "says why, where somebody else holds it",
    clean(() => {
      const seen: Tensor[] = [];
      class Told extends Module {
        forward(x: Tensor): Tensor {
          seen.push(x);
          return x.add(1);
        }
      }
      const model = new Sequential(new Plus(), new Told());
      noGrad(() => model.forward(tensor([1])));
      const error = assertThrows(() => seen[0]!.add(1), ReleasedError);
      assert(error.message.includes("Sequential under noGrad"), error.message);
      assert(error.message.includes("tensor.clone()"), error.message);
    }),
  );

  it(
    "leaves what its modules make beside the result to the scope around",
    clean(() => {
      class Masking extends Module {
        mask: Tensor | null = null;
        forward(x: Tensor): Tensor {
          this.mask ??= x.gt(0);
          return x.mul(this.mask);
        }
      }
      const masking = new Masking();
      const model = new Sequential(masking, new ReLU());
      {
        using _ = scope();
        noGrad(() => model.forward(ones([2])));
        noGrad(() => model.forward(ones([2])));
      }
      const error = assertThrows(
        () => model.forward(ones([2])),
        ReleasedError,
      );
      for (const wayOut of ["keep", "Buffer", "unscoped"]) {
        assert(error.message.includes(wayOut), error.message);
      }
      assert(/sequential_test\.ts:\d+:\d+/.test(error.message), error.message);
    }),
  );

  it(
    "leaves nothing behind when a module throws",
    clean(() => {
      class Failing extends Module {
        forward(x: Tensor): Tensor {
          x.add(1);
          throw new RangeError("inside");
        }
      }
      const model = new Sequential(new Plus(), new Failing());
      assertThrows(
        () => noGrad(() => model.forward(ones([1]))),
        RangeError,
        "inside",
      );
    }),
  );
});

describeLayer("Sequential", {
  make: () => new Sequential(new Linear(4, 2)),
  inputs: [[3, 4]],
  outputs: [[3, 2]],
  state: { "0.weight": [2, 4], "0.bias": [2] },
  shown: "Sequential(",
});
