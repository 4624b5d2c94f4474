import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  manualSeed,
  memory,
  noGrad,
  randn,
  type Tensor,
  tensor,
  tidy,
} from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import { Adam } from "@tenfold/optim";
import "./_testing.ts";
import * as nn from "./mod.ts";

/** A test that leaves the memory as it was. */
function clean(test: () => Promise<void>): () => Promise<void> {
  return async () => {
    manualSeed(3);
    const before = memory();
    await tidy(test);
    assertEquals(memory().tensors, before.tensors);
    assertEquals(memory().bytes, before.bytes);
  };
}

async function assertClose(
  actual: Tensor,
  expected: Tensor,
  most: number,
): Promise<void> {
  assertEquals(actual.shape, expected.shape);
  const off = await actual.sub(expected).abs().max().item();
  assert(off <= most, `off by ${off}`);
}

/** Numbers in place of the zeros that adapters begin with. */
function fill(model: nn.AnyModule): void {
  using _ = noGrad();
  for (const [name, adapter] of Object.entries(nn.loraStateDict(model))) {
    if (name.endsWith(".b")) adapter.copy_(randn(adapter.shape).mul(0.3));
  }
}

/** What is added to a weight, by the formula. */
function added(model: nn.AnyModule, name: string, scale: number): Tensor {
  const state = model.stateDict();
  const at = name.lastIndexOf(".") + 1;
  const lora = `${name.slice(0, at)}lora_${name.slice(at)}`;
  return state[`${lora}.b`]!.matmul(state[`${lora}.a`]!).mul(scale)
    .reshape(state[name]!.shape);
}

interface Case {
  readonly model: () => nn.AnyModule;
  readonly weight: string;
  readonly input: () => Tensor;
  /** The layer by its weight. */
  readonly by: (x: Tensor, weight: Tensor, model: nn.AnyModule) => Tensor;
}

const bias = (model: nn.AnyModule) => model.stateDict().bias!;
const CASES: { readonly [name: string]: Case } = {
  "a linear layer": {
    model: () => new nn.Linear(5, 4),
    weight: "weight",
    input: () => randn([3, 2, 5]),
    by: (x, w, model) => nn.functional.linear(x, w, bias(model)),
  },
  "a convolution": {
    model: () => new nn.Conv2d(4, 6, 3, { groups: 2, padding: 1 }),
    weight: "weight",
    input: () => randn([2, 4, 5, 5]),
    by: (x, w, model) =>
      nn.functional.conv2d(x, w, bias(model), { groups: 2, padding: 1 }),
  },
  "an embedding": {
    model: () => new nn.Embedding(7, 6),
    weight: "weight",
    input: () => tensor([[1, 6], [0, 3]], { dtype: "int32" }),
    by: (x, w) => nn.functional.embedding(x, w),
  },
};

const run = (model: nn.AnyModule, x: Tensor) =>
  (model.forward as (x: Tensor) => Tensor)(x);

describe("LoRA", () => {
  for (const [name, one] of Object.entries(CASES)) {
    it(
      `of ${name} gives what its formula gives, with its gradients`,
      clean(async () => {
        using model = one.model();
        const x = one.input();
        const before = run(model, x);
        assertEquals(
          nn.loraInject(model, { pattern: one.weight, rank: 2, alpha: 5 }),
          [one.weight],
        );
        // Nothing is added at first.
        await assertClose(run(model, x), before, 0);
        fill(model);
        const got = run(model, x);
        const parts = () =>
          ["a", "b"].map((part) =>
            model.stateDict()[`lora_${one.weight}.${part}`]!
          );
        const due = one.by(
          x,
          model.stateDict()[one.weight]!.add(added(model, one.weight, 2.5)),
          model,
        );
        await assertClose(got, due, 1e-5);
        got.square().sum().backward();
        const gradients = parts().map((part) => part.grad!.clone());
        model.zeroGrad();
        due.square().sum().backward();
        for (const [i, part] of parts().entries()) {
          const most = 1e-5 * await part.grad!.abs().max().item();
          await assertClose(gradients[i]!, part.grad!, most);
        }
      }),
    );

    it(
      `of ${name} is the same once it is merged`,
      clean(async () => {
        using model = one.model();
        const x = one.input();
        const names = Object.keys(model.stateDict());
        nn.loraInject(model, { pattern: one.weight, rank: 2 });
        fill(model);
        const before = run(model, x);
        assertEquals(nn.loraMerge(model), [one.weight]);
        await assertClose(run(model, x), before, 1e-6);
        assertEquals(Object.keys(model.stateDict()), names);
        assertEquals(Object.hasOwn(model, "forward"), false);
      }),
    );
  }

  /** Models whose weights are used by more than one way. */
  const WHOLE: { readonly [name: string]: [() => nn.AnyModule, number[]] } = {
    attention: [
      () => new nn.MultiheadAttention(8, 2, { batchFirst: true }),
      [2, 5, 8],
    ],
    "attention with other keys": [
      () => new nn.MultiheadAttention(8, 2, { kdim: 6, vdim: 6 }),
      [5, 2, 8],
    ],
    "an encoder layer": [
      () => new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 6 }),
      [5, 2, 8],
    ],
    "an LSTM": [
      () => new nn.LSTM(8, 4, { numLayers: 2, projSize: 3 }),
      [5, 2, 8],
    ],
    "a GRU": [() => new nn.GRU(8, 4, { bidirectional: true }), [5, 2, 8]],
  };
  for (const [name, [make, shape]] of Object.entries(WHOLE)) {
    it(
      `of every weight of ${name} acts, trains and is the same once merged`,
      clean(async () => {
        using model = make();
        model.eval();
        const x = randn(shape);
        const forward = () => {
          const keys = name.endsWith("other keys") ? x.narrow(-1, 0, 6) : x;
          const result = model instanceof nn.MultiheadAttention
            ? model.forward(x, keys, keys)
            : (model.forward as (x: Tensor) => Tensor | [Tensor])(x);
          return Array.isArray(result) ? result[0] : result as Tensor;
        };
        const plain = forward();
        const names = nn.loraInject(model, { pattern: /weight/, rank: 2 });
        assertEquals(
          names,
          model.namedParameters()
            .filter(([own, p]) => p.ndim > 1 && !own.includes("lora_"))
            .map(([own]) => own),
        );
        await assertClose(forward(), plain, 0);
        fill(model);
        const adapted = forward();
        adapted.square().sum().backward();
        for (const [own, part] of Object.entries(nn.loraStateDict(model))) {
          const most = await part.grad!.abs().max().item();
          assert(most > 0, `${own} has no gradient`);
        }
        model.zeroGrad();
        nn.loraMerge(model);
        await assertClose(forward(), adapted, 1e-6);
        const off = await forward().sub(plain).abs().max().item();
        assert(off > 1e-3, `nothing was added: ${off}`);
      }),
    );
  }

  it(
    "leaves every frozen parameter as it was, bit for bit",
    clean(async () => {
      using model = new nn.Sequential(
        new nn.Linear(6, 8),
        new nn.ReLU(),
        new nn.Linear(8, 3),
      );
      const before = Object.fromEntries(
        await Promise.all(
          Object.entries(model.stateDict())
            .map(async ([name, t]) => [name, await t.data()] as const),
        ),
      );
      nn.loraInject(model, { pattern: /weight$/, rank: 2 });
      const optimizer = new Adam(
        model.parameters().filter((parameter) => parameter.requiresGrad),
        { lr: 0.1, weightDecay: 0.1 },
      );
      const x = randn([16, 6]);
      const y = tensor(Array.from({ length: 16 }, (_, i) => i % 3), {
        dtype: "int32",
      });
      const losses: number[] = [];
      for (let step = 0; step < 20; step++) {
        optimizer.zeroGrad();
        const loss = nn.functional.crossEntropy(model.forward(x), y);
        loss.backward();
        optimizer.step();
        losses.push(await loss.item());
      }
      assert(losses.at(-1)! < losses[0]! - 0.1, losses.join());
      for (const [name, values] of Object.entries(before)) {
        assertEquals(await model.stateDict()[name]!.data(), values);
      }
      model.zeroGrad();
      optimizer.dispose?.();
    }),
  );

  it(
    "saves its adapters alone, and takes them back",
    clean(async () => {
      using model = new nn.Sequential(new nn.Linear(6, 6), new nn.Linear(6, 2));
      using other = new nn.Sequential(new nn.Linear(6, 6), new nn.Linear(6, 2));
      other.loadStateDict(model.stateDict());
      for (const one of [model, other]) nn.loraInject(one, { pattern: "0" });
      fill(model);
      const saved = nn.loraStateDict(model);
      assertEquals(Object.keys(saved), ["0.lora_weight.a", "0.lora_weight.b"]);
      const { loadedKeys } = other.loadStateDict(saved, { strict: false });
      assertEquals(loadedKeys, Object.keys(saved));
      const x = randn([3, 6]);
      await assertClose(other.forward(x), model.forward(x), 0);
    }),
  );

  it(
    "is traced by compiled functions, before and after it is merged",
    clean(async () => {
      using model = new nn.Sequential(
        new nn.Conv2d(2, 3, 3),
        new nn.Flatten(),
        new nn.Linear(12, 2),
      );
      const x = randn([2, 2, 4, 4]);
      const step = compile((x: Tensor) => model.forward(x));
      using _ = noGrad();
      step(x);
      nn.loraInject(model, { pattern: /weight/, rank: 2 });
      fill(model);
      const due = model.forward(x);
      await assertClose(step(x), due, 1e-6);
      await assertClose(step(x), due, 1e-6);
      nn.loraMerge(model);
      await assertClose(step(x), due, 1e-6);
      step.dispose();
    }),
  );

  it(
    "refuses what has no adapter or has one, and names that fit nothing",
    clean(() => {
      using model = new nn.Sequential(new nn.Linear(6, 6), new nn.ReLU());
      assertThrows(() => nn.loraMerge(model), RangeError, "no adapters");
      assertThrows(
        () => nn.loraInject(model, { pattern: "*.bias" }),
        RangeError,
        "the names are 0.weight, 0.bias",
      );
      assertThrows(
        () => nn.loraInject(model, {} as never),
        TypeError,
        "pattern",
      );
      nn.loraInject(model, { pattern: "0" });
      assertThrows(
        () => nn.loraInject(model, { pattern: "0" }),
        RangeError,
        "0.weight has an adapter already",
      );
      return Promise.resolve();
    }),
  );

  it(
    "refuses a weight that two modules share",
    clean(() => {
      using first = new nn.Linear(4, 4);
      using second = new nn.Linear(4, 4);
      second.weight.dispose();
      second.weight = first.weight;
      const model = new nn.Sequential(first, second);
      assertThrows(
        () => nn.loraInject(model, { pattern: /weight/ }),
        RangeError,
        "two modules share 0.weight",
      );
      return Promise.resolve();
    }),
  );
});
