import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  grad,
  manualSeed,
  noGrad,
  ones,
  randn,
  type Tensor,
  tensor,
} from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import { clean } from "./_testing.ts";
import { functionalCall } from "./functional_call.ts";
import { fuseForInference } from "./fuse.ts";
import { BatchNorm2d } from "./batch_norm.ts";
import { Conv2d } from "./conv2d.ts";
import { Identity } from "./identity.ts";
import { Linear } from "./linear.ts";
import { loraInject, loraMerge } from "./lora.ts";
import { LSTM } from "./lstm.ts";
import { Module } from "./module.ts";
import { Sequential } from "./sequential.ts";

const list = (x: Tensor | null | undefined) => x && [...x.dataSync()];

/** Several inputs, several outputs. */
class Pair extends Module<[x: Tensor, y: Tensor], [Tensor, Tensor, Tensor]> {
  forward(x: Tensor, y: Tensor): [Tensor, Tensor, Tensor] {
    return [x.mul(2), y.mul(3), x.mul(y)];
  }
}

describe("hooks of forward", () => {
  it(
    "see inputs and outputs, and replace them, in order",
    clean(() => {
      const layer = new Identity();
      const seen: unknown[] = [];
      layer.registerForwardPreHook((_m, [x]) => [x.add(1)]);
      layer.registerForwardPreHook((_m, [x]) => x.mul(10));
      layer.registerForwardHook((m, [x], y) => {
        seen.push(m === layer, list(x), list(y));
      });
      layer.registerForwardHook((_m, _inputs, y) => y.neg());
      assertEquals(list(layer.forward(tensor([1, 2]))), [-20, -30]);
      assertEquals(seen, [true, [20, 30], [20, 30]]);
    }),
  );

  it(
    "are called where other modules call forward, and by no other instance",
    clean(() => {
      using one = new Linear(2, 2);
      using model = new Sequential(one, new Linear(2, 2), one);
      let calls = 0;
      one.registerForwardHook(() => void calls++);
      model.forward(ones([1, 2]));
      noGrad(() => model.forward(ones([1, 2])));
      functionalCall(model, { "1.bias": ones([2]) }, ones([1, 2]));
      assertEquals(calls, 6);
    }),
  );

  it(
    "take several inputs and outputs",
    clean(() => {
      const pair = new Pair();
      pair.registerForwardPreHook((_m, [x, y]) => [y, x]);
      pair.registerForwardHook((_m, _i, [a, b]) => [a, b, a]);
      const [a, b, c] = pair.forward(tensor([1]), tensor([5]));
      assertEquals([list(a), list(b), list(c)], [[10], [3], [10]]);
      using lstm = new LSTM(2, 3);
      const shapes: unknown[] = [];
      lstm.registerForwardHook((_m, [x], [y, [h]]) => {
        shapes.push((x as Tensor).shape, (y as Tensor).shape, h.shape);
      });
      lstm.forward(randn([4, 1, 2]));
      assertEquals(shapes, [[4, 1, 2], [4, 1, 3], [1, 1, 3]]);
    }),
  );

  it(
    "end with their handles, and leave no trace",
    clean(() => {
      const layer = new Identity();
      const calls: string[] = [];
      const hook = () => void calls.push("hook");
      const handles = [1, 2].map(() => layer.registerForwardHook(hook));
      {
        using _ = layer.registerForwardPreHook(() => void calls.push("pre"));
        layer.forward(ones([1]));
      }
      handles[0]!.remove();
      handles[0]!.remove();
      layer.forward(ones([1]));
      assertEquals(calls, ["pre", "hook", "hook", "hook"]);
      handles[1]!.remove();
      assertEquals(Object.getOwnPropertyNames(layer), []);
      assertEquals(layer.forward, Identity.prototype.forward);
    }),
  );

  it(
    "may remove each other and register more within a call",
    clean(() => {
      const layer = new Identity();
      const calls: string[] = [];
      layer.registerForwardHook(() => {
        calls.push("first");
        second.remove();
        layer.registerForwardHook(() => void calls.push("third"));
      });
      const second = layer.registerForwardHook(() => void calls.push("second"));
      layer.forward(ones([1]));
      assertEquals(calls, ["first"]);
      layer.forward(ones([1]));
      assertEquals(calls, ["first", "first", "third"]);
      const alone = new Identity();
      const itself = alone.registerForwardPreHook((): void => itself.remove());
      assertEquals(list(alone.forward(ones([1]))), [1]);
    }),
  );

  it(
    "throw through forward, and stay",
    clean(() => {
      const layer = new Identity();
      let fails = true;
      layer.registerForwardPreHook(() => {
        if (fails) throw new Error("not now");
      });
      assertThrows(() => layer.forward(ones([1])), Error, "not now");
      fails = false;
      assertEquals(list(layer.forward(ones([1]))), [1]);
    }),
  );

  it(
    "stand around a forward that was put into a field, and around LoRA",
    clean(() => {
      const layer = new Identity();
      const own = (x: Tensor) => x.mul(3);
      layer.forward = own;
      const handle = layer.registerForwardHook((_m, _i, y) => y.add(1));
      assertEquals(list(layer.forward(ones([1]))), [4]);
      handle.remove();
      assertEquals(layer.forward, own);
      using linear = new Linear(2, 1, { bias: false });
      const model = new Sequential(linear);
      const kept = linear.registerForwardHook((_m, _i, y) => y.mul(0));
      loraInject(model, { pattern: "*" });
      assertEquals(list(model.forward(ones([1, 2]))), [0]);
      loraMerge(model);
      assertEquals(list(model.forward(ones([1, 2]))), [0]);
      kept.remove();
      assertEquals(linear.forward, Linear.prototype.forward);
    }),
  );

  it(
    "keep a module from being fused away",
    clean(() => {
      using model = new Sequential(new Conv2d(1, 2, 1), new BatchNorm2d(2));
      model.eval();
      const handle = model[1]!.registerForwardHook(() => {});
      assertEquals(fuseForInference(model), []);
      handle.remove();
      assertEquals(fuseForInference(model), ["0"]);
    }),
  );

  it(
    "belong to what a compiled function replays, and to no plan before",
    clean(() => {
      using layer = new Linear(2, 2);
      const run = compile((x: Tensor) => layer.forward(x).detach());
      const x = ones([1, 2]);
      const plain = list(run(x))!;
      const handle = layer.registerForwardHook((_m, _i, y) => y.mul(2));
      for (let i = 0; i < 3; i++) {
        assertEquals(list(run(x)), plain.map((y) => 2 * y));
      }
      handle.remove();
      assertEquals(list(run(x)), plain);
      run.dispose();
    }),
  );

  it(
    "refuse what is not a function",
    clean(() => {
      const layer = new Identity();
      for (
        const name of [
          "registerForwardHook",
          "registerForwardPreHook",
          "registerFullBackwardHook",
          "registerFullBackwardPreHook",
        ] as const
      ) {
        assertThrows(
          () => (layer[name] as (hook: unknown) => void).call(layer, null),
          TypeError,
          "it must be a function: got null",
        );
      }
      assertEquals(layer.forward, Identity.prototype.forward);
    }),
  );
});

describe("hooks of backward", () => {
  it(
    "see the gradients of all inputs and outputs",
    clean(() => {
      const pair = new Pair();
      const seen: unknown[] = [];
      pair.registerFullBackwardHook((m, gradInput, gradOutput) => {
        seen.push(m === pair, gradInput.map(list), gradOutput.map(list));
      });
      const x = tensor([1, 2], { requiresGrad: true });
      const y = tensor([5, 7], { requiresGrad: true });
      const [a, , c] = pair.forward(x, y);
      a.sum().add(c.mul(10).sum()).backward();
      // As PyTorch 1.13 has them.
      assertEquals(seen, [
        true,
        [[52, 72], [10, 20]],
        [[1, 1], null, [10, 10]],
      ]);
      assertEquals([list(x.grad), list(y.grad)], [[52, 72], [10, 20]]);
      seen.length = 0;
      pair.forward(x, tensor([5, 7]))[0].sum().backward();
      assertEquals(seen.slice(1), [[[2, 2], null], [[1, 1], null, null]]);
      x.grad = y.grad = null;
    }),
  );

  it(
    "see only what comes through the module",
    clean(() => {
      const layer = new Identity();
      const seen: unknown[] = [];
      layer.registerFullBackwardHook((_m, [g]) => void seen.push(list(g)));
      const x = tensor([1], { requiresGrad: true });
      layer.forward(x).add(x.mul(5)).sum().backward();
      assertEquals(seen, [[1]]);
      assertEquals(list(x.grad), [6]);
      x.grad = null;
    }),
  );

  it(
    "replace gradients before and behind a module",
    clean(() => {
      using layer = new Linear(2, 1, { bias: false });
      layer.registerFullBackwardPreHook((_m, [g]) => g!.mul(10));
      layer.registerFullBackwardHook((_m, [gx], [gy]) => [gx!.mul(gy!)]);
      layer.registerFullBackwardHook((_m, [gx]) => gx!.neg());
      const x = tensor([[1, 2]], { requiresGrad: true });
      layer.forward(x).sum().backward();
      const weight = list(layer.weight)!;
      assertEquals(list(layer.weight.grad), [10, 20]);
      for (const [i, g] of list(x.grad)!.entries()) {
        assertAlmostEquals(g, -100 * weight[i]!, 1e-4);
      }
      x.grad = null;
    }),
  );

  it(
    "are called without gradients of inputs where none requires one",
    clean(() => {
      using layer = new Linear(2, 1);
      const seen: unknown[] = [];
      const handle = layer.registerFullBackwardHook((_m, gradInput, [g]) => {
        seen.push(gradInput, list(g));
      });
      layer.forward(ones([2, 2])).sum().backward();
      assertEquals(seen, [[null], [1, 1]]);
      handle.remove();
      layer.registerFullBackwardHook(() => [ones([2, 2])]);
      assertThrows(
        () => layer.forward(ones([2, 2])).sum().backward(),
        Error,
        "none of its inputs requires a gradient",
      );
    }),
  );

  it(
    "are called again in a second backward, once for each call, not under noGrad",
    clean(() => {
      using layer = new Linear(2, 2);
      let calls = 0;
      layer.registerFullBackwardHook(() => void calls++);
      const x = ones([1, 2]).requiresGrad_();
      const y = layer.forward(x).sum();
      y.backward(undefined, { retainGraph: true });
      y.backward();
      assertEquals(calls, 2);
      layer.forward(layer.forward(x)).sum().backward();
      assertEquals(calls, 4);
      assertEquals(noGrad(() => layer.forward(x)).requiresGrad, false);
      layer.requiresGrad_(false);
      layer.forward(ones([1, 2]));
      assertEquals(calls, 4);
      x.grad = null;
    }),
  );

  it(
    "keep gradients as long as the scope around backward, as Grad-CAM does",
    clean(() => {
      manualSeed(0);
      using model = new Sequential(new Linear(3, 4), new Linear(4, 2));
      let [activation, slope]: (Tensor | null)[] = [null, null];
      model[0]!.registerForwardHook((_m, _i, y) => {
        activation = y;
      });
      model[0]!.registerFullBackwardHook((_m, _gx, [gy]) => {
        slope = gy!;
      });
      model.forward(ones([1, 3])).select(1, 1).sum().backward();
      assertEquals(list(slope), list(model[1]!.parameters()[0]!.select(0, 1)));
      assertEquals(activation!.mul(slope!).shape, [1, 4]);
    }),
  );

  it(
    "are recorded where gradients are",
    clean(() => {
      const layer = new Identity();
      layer.registerFullBackwardHook((_m, [g]) => g!.mul(3));
      const x = tensor([2], { requiresGrad: true });
      const [first] = grad(layer.forward(x.pow(3)).sum(), x, {
        createGraph: true,
      });
      const [second] = grad(first.sum(), x);
      assertEquals([list(first), list(second)], [[36], [36]]);
    }),
  );

  it(
    "stop a gradient that they give as null, and refuse other counts and shapes",
    clean(() => {
      const x = tensor([1], { requiresGrad: true });
      const y = tensor([2], { requiresGrad: true });
      const run = (hook: () => unknown) => {
        const pair = new Pair();
        pair.registerFullBackwardHook(hook as never);
        pair.forward(x, y)[2].backward();
      };
      run(() => [null, tensor([9])]);
      assertEquals([x.grad, list(y.grad)], [null, [9]]);
      assertThrows(
        () => run(() => [null]),
        Error,
        "of its inputs: got 1 for 2",
      );
      assertThrows(
        () => run(() => [tensor([1, 2]), null]),
        Error,
        "a tensor of shape [1]: got shape [2]",
      );
      y.grad = null;
    }),
  );

  it(
    "throw through backward, and leave no memory",
    clean(() => {
      using layer = new Linear(2, 2);
      layer.registerFullBackwardHook(() => {
        throw new Error("no more");
      });
      const x = ones([1, 2]).requiresGrad_();
      const y = layer.forward(x).exp().sum();
      assertThrows(() => y.backward(), Error, "no more");
    }),
  );

  it(
    "belong to what a compiled function replays",
    clean(() => {
      using layer = new Linear(2, 1, { bias: false });
      layer.registerFullBackwardHook((_m, [g]) => g!.mul(0));
      const step = compile((x: Tensor) => {
        layer.zeroGrad();
        layer.forward(x.mul(layer.weight)).sum().backward();
      });
      for (let i = 0; i < 3; i++) step(tensor([[1, 2]]));
      // Without the way through the input: d(w·(x w)) / dw = x w.
      const weight = list(layer.weight)!;
      assertEquals(
        list(layer.weight.grad),
        weight.map((w, i) => Math.fround(w * (i + 1))),
      );
      step.dispose();
    }),
  );
});
