import { it } from "@std/testing/bdd";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
} from "@std/assert";
import {
  arange,
  IndexError,
  manualSeed,
  ones,
  randn,
  setBackend,
  type Tensor,
  tensor,
  tidy,
} from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import * as nn from "@tenfold/nn";
import { Adam, CosineAnnealingLR, SGD } from "@tenfold/optim";
import type { WebgpuBackend } from "./backend.ts";
import type { ProfileOverrides } from "./device/profile.ts";
import { describeWithAdapter, openWith, requestAdapter } from "./testing.ts";

/** Trains a small net compiled; gives its losses, and dispatches of a step. */
async function train(compiled: boolean) {
  manualSeed(3);
  using model = new nn.Sequential(
    new nn.Linear(4, 16),
    new nn.GELU(),
    new nn.LayerNorm(16),
    new nn.Dropout({ p: 0.25 }),
    new nn.Linear(16, 3),
  );
  using optimizer = new Adam(model.parameters(), { lr: 0.05 });
  const scheduler = new CosineAnnealingLR(optimizer, { tMax: 20 });
  const fn = (x: Tensor, y: Tensor) => {
    optimizer.zeroGrad();
    const loss = nn.functional.crossEntropy(model.forward(x), y);
    loss.backward();
    optimizer.step();
    scheduler.step();
    return loss.detach();
  };
  const x = randn([12, 4]);
  const y = arange(12, { dtype: "int32" }).remainder(3);
  using step = compile(fn);
  const run = compiled ? step : fn;
  const losses: number[] = [];
  for (let i = 0; i < 20; i++) losses.push(await run(x, y).item());
  optimizer.zeroGrad();
  return losses;
}

/** Runs a test on a device of its own; what it makes is released. */
async function onGpu(
  overrides: ProfileOverrides,
  body: (gpu: WebgpuBackend) => Promise<void>,
): Promise<void> {
  const gpu = await openWith({ software: true, ...overrides });
  await setBackend(gpu);
  try {
    await tidy(() => body(gpu));
  } finally {
    gpu.dispose();
    await setBackend(cpuTypedArray());
  }
}

describeWithAdapter("small kernels of a compiled step on webgpu", () => {
  it("are one dispatch, and give what they give one by one", async () => {
    await setBackend(cpuTypedArray());
    const expected = await tidy(() => train(false));
    for (const workgroup of [64, 8]) {
      await onGpu({ workgroup }, async () => {
        const got = await train(true);
        got.forEach((loss, i) => assertAlmostEquals(loss, expected[i]!, 1e-4));
      });
    }
  });

  it("take few dispatches", async () => {
    await onGpu({}, async (gpu) => {
      using f = compile((x: Tensor) =>
        x.matmul(x).softmax(1).add(1).sum(0).mul(2).logSoftmax(0).cumsum(0)
      );
      const x = randn([8, 8]);
      f(x);
      const before = gpu.counters.dispatches;
      await f(x).data();
      // All but the running sum, which has a kernel of its own.
      assertEquals(gpu.counters.dispatches - before, 2);
    });
  });

  it("multiply matrices of any extents, layouts and batches", async () => {
    const f = (a: Tensor, b: Tensor, c: Tensor) => a.matmul(b).add(c).mul(2);
    const shapes = [
      [[64, 50], [50, 10], [10]],
      [[60, 1], [1, 60], [60, 1]],
      [[2, 3, 20, 7], [2, 3, 7, 15], [20, 15]],
      [[5, 13, 11], [11, 17], [5, 1, 17]],
    ];
    await onGpu({}, async (gpu) => {
      manualSeed(1);
      for (const [i, [a, b, c]] of (shapes as number[][][]).entries()) {
        const turn = (x: Tensor) =>
          i % 2 === 0 ? x.transpose(-1, -2).contiguous().transpose(-1, -2) : x;
        const parts = [turn(randn(a!)), turn(randn(b!)), randn(c!)] as const;
        using compiled = compile(f);
        const expected = await compiled(...parts).data();
        const before = gpu.counters.dispatches;
        const got = await compiled(...parts).data();
        assertEquals(gpu.counters.dispatches - before, 1);
        got.forEach((x, i) => assertAlmostEquals(x, expected[i]!, 1e-4));
      }
    });
  });

  it("are joined as far as their code is short, and listed so", async () => {
    await onGpu({}, async (gpu) => {
      manualSeed(2);
      const w = randn([8, 8]);
      using f = compile((x: Tensor) => {
        let y = x;
        for (let i = 0; i < 60; i++) y = y.matmul(w).mul(0.3).tanh();
        return y;
      });
      const x = randn([8, 8]);
      const expected = await f(x).data();
      const before = gpu.counters.dispatches;
      const got = await f(x).data();
      got.forEach((x, i) => assertAlmostEquals(x, expected[i]!, 1e-4));
      const joined = [
        ...f.inspect().matchAll(/^(\d+) to (\d+) are one call/gm),
      ].map(([, begin, end]) => Number(end) - Number(begin) + 1);
      assertEquals(f.stats.launches, 120);
      assert(joined.length > 1 && joined.length < 8, `${joined}`);
      const single = 120 - joined.reduce((sum, count) => sum + count, 0);
      assertEquals(gpu.counters.dispatches - before, joined.length + single);
      assert(single > 40, `${joined}`);
    });
  });

  it("stand side by side where large ones came between", async () => {
    // Two products of 32×40×300, and all the rest between them: how many
    // dispatches that is depends on how many buffers one of them can bind.
    const expected = [[8, 7], [12, 5], [16, 4]] as const;
    const { limits } = await requestAdapter();
    for (const [maxBindings, dispatches] of expected) {
      if (maxBindings > limits.maxStorageBuffersPerShaderStage) continue;
      await onGpu({ maxBindings }, async (gpu) => {
        const made = async (compiled: boolean) => {
          manualSeed(5);
          using model = new nn.Sequential(
            new nn.Linear(300, 40),
            new nn.ReLU(),
            new nn.Linear(40, 6),
          );
          using optimizer = new SGD(model.parameters(), { lr: 0.1 });
          const fn = (x: Tensor, y: Tensor) => {
            optimizer.zeroGrad();
            const loss = nn.functional.crossEntropy(model.forward(x), y);
            loss.backward();
            optimizer.step();
            return loss.detach();
          };
          using step = compile(fn);
          const run = compiled ? step : fn;
          const x = randn([32, 300]);
          const y = arange(32, { dtype: "int32" }).remainder(6);
          const losses: number[] = [];
          for (let i = 0; i < 6; i++) losses.push(await run(x, y).item());
          const before = gpu.counters.dispatches;
          await run(x, y).item();
          const text = step.inspect();
          optimizer.zeroGrad();
          return { losses, dispatches: gpu.counters.dispatches - before, text };
        };
        const eager = await made(false);
        const compiled = await made(true);
        compiled.losses.forEach((loss, i) =>
          assertAlmostEquals(loss, eager.losses[i]!, 1e-4)
        );
        assertEquals(compiled.dispatches, dispatches);
        assert(eager.dispatches > 20, `${eager.dispatches}`);
        assert(/^\d+ to \d+ are one call/m.test(compiled.text));
      });
    }
  });

  it("keep their order where one writes what another reads", async () => {
    await onGpu({}, async () => {
      manualSeed(6);
      const big = randn([256, 300]);
      const start = randn([8]);
      const run = async (compiled: boolean) => {
        const state = start.clone();
        const fn = (x: Tensor) => {
          const first = state.mul(2);
          const wide = x.matmul(x.t());
          state.add_(wide.narrow(0, 0, 1).flatten().narrow(0, 0, 8).mul(1e-3));
          const after = state.add(first);
          const again = wide.matmul(x);
          state.mul_(0.5);
          return after.add(again.sum().mul(1e-6)).add(state);
        };
        using step = compile(fn);
        const f = compiled ? step : fn;
        const all: number[] = [];
        for (let i = 0; i < 4; i++) all.push(...await f(big).data());
        return [...all, ...await state.data()];
      };
      const expected = await run(false);
      (await run(true)).forEach((x, i) =>
        assertAlmostEquals(x, expected[i]!, 1e-3)
      );
    });
  });

  it("read arguments that begin elsewhere", async () => {
    await onGpu({}, async () => {
      using f = compile((x: Tensor) =>
        x.sum(0).add(x.softmax(0)).matmul(x.t())
      );
      const all = randn([7, 4]);
      for (const start of [0, 3, 2, 0]) {
        const x = all.narrow(0, start, 3);
        const [a, b] = [await f(x).data(), await f(x.clone()).data()];
        a.forEach((value, i) => assertAlmostEquals(value, b[i]!, 1e-5));
      }
      assert(f.stats.replayed >= 6);
    });
  });

  it("name the operation whose index is out of range", async () => {
    await onGpu({}, async () => {
      using f = compile((x: Tensor, i: Tensor) => x.mul(2).gather(0, i).add(1));
      const index = (at: number) => tensor([at], { dtype: "int32" });
      const x = ones([3]);
      for (let i = 0; i < 2; i++) assertEquals(await f(x, index(1)).item(), 3);
      const bad = f(x, index(5));
      const error = await assertRejects(() => bad.item(), IndexError);
      assertEquals(
        error.message,
        "Cannot gather as an index is out of range: got 5, expected 0 to 2",
      );
      assertEquals(await f(x, index(2)).item(), 3);
    });
  });
});
