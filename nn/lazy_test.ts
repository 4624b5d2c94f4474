import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  CompileError,
  manualSeed,
  noGrad,
  randn,
  ShapeError,
  type Tensor,
  zeros,
} from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import { clean } from "./_testing.ts";
import * as nn from "./mod.ts";

/** A net of two lazy layers. */
const net = () =>
  new nn.Sequential(new nn.LazyLinear(4), new nn.ReLU(), new nn.LazyLinear(2));

describe("lazy layers", () => {
  it(
    "leave the random numbers of others alone when they are made",
    clean(() => {
      manualSeed(1);
      const first = randn([2]).toArraySync();
      manualSeed(1);
      using _ = net();
      assertEquals(randn([2]).toArraySync(), first);
    }),
  );

  it(
    "refuse to list parameters before the first input, wherever they are",
    clean(() => {
      using model = net();
      using far = new nn.Linear(1, 1);
      const asks: (() => unknown)[] = [
        () => model.parameters(),
        () => model.buffers(),
        () => model.stateDict(),
        () => model.loadStateDict(far.stateDict()),
        () => model.freeze(),
      ];
      for (const ask of asks) {
        assertThrows(
          ask,
          TypeError,
          "Cannot list the parameters of a LazyLinear before its first input, which tells their shape: call forward with an example before, as in noGrad(() => model.forward(example))",
        );
      }
      assertEquals(model.train(false).training, false);
      assertEquals(String(model).includes("(0): LazyLinear(4)"), true);
    }),
  );

  it(
    "keep their mode and their hooks",
    clean(() => {
      using layer = new nn.LazyBatchNorm1d();
      const seen: string[] = [];
      using _ = layer.registerForwardHook((module) => {
        seen.push(module.constructor.name);
      });
      layer.eval();
      layer.forward(zeros([3, 2]));
      layer.forward(zeros([3, 2]));
      assertEquals(layer.training, false);
      assertEquals(seen, ["BatchNorm1d", "BatchNorm1d"]);
    }),
  );

  it(
    "are copied before and after the first input",
    clean(() => {
      using model = net();
      using before = model.copy();
      noGrad(() => before.forward(zeros([1, 7])));
      noGrad(() => model.forward(zeros([1, 3])));
      using after = model.copy();
      assertEquals(before.stateDict()["0.weight"]!.shape, [4, 7]);
      assertEquals(after.stateDict()["0.weight"]!.shape, [4, 3]);
    }),
  );

  it(
    "stay lazy where an input does not fit",
    clean(() => {
      using layer = new nn.LazyConv2d(4, 3, { bias: false });
      assertEquals(String(layer), "LazyConv2d(4, 3, bias=false)");
      assertThrows(() => layer.forward(zeros([2, 3, 2, 2])), ShapeError);
      assertThrows(
        () => layer.forward(zeros([3, 2])),
        ShapeError,
        "Cannot apply LazyConv2d to shape [3, 2]: it has too few dims",
      );
      layer.forward(zeros([2, 5, 4, 4]));
      assertEquals(layer.weight.shape, [4, 5, 3, 3]);
    }),
  );

  it(
    "check their arguments when they are made",
    clean(() => {
      const cases: (readonly [() => unknown, string])[] = [
        [() => new nn.LazyLinear(0), "outFeatures must be a positive integer"],
        [
          () => Reflect.construct(nn.LazyLinear, [784, 10]),
          "options go by name: got 10",
        ],
        [
          () => Reflect.construct(nn.LazyLinear, [10, {}, 3]),
          "Cannot make a LazyLinear as it takes at most 2 arguments: got 3",
        ],
        [
          () => new nn.LazyConv2d(5, 3, { groups: 2 }),
          "in 2 groups as they must divide the channels",
        ],
      ];
      for (const [make, message] of cases) {
        assertThrows(make, Error, message);
      }
    }),
  );

  it(
    "are compiled after the first input alone",
    clean(() => {
      using model = net();
      const forward = noGradCompiled(model);
      assertThrows(
        () => forward(zeros([1, 3])),
        CompileError,
        "Cannot compile the first input of a LazyLinear, which makes its parameters",
      );
      const first = noGrad(() => model.forward(zeros([1, 3])));
      assert(!first.requiresGrad);
      assertEquals(
        forward(zeros([1, 3])).toArraySync(),
        first.toArraySync(),
      );
      forward.dispose();
    }),
  );
});

function noGradCompiled(model: nn.Module) {
  return compile((x: Tensor) => noGrad(() => model.forward(x)));
}
