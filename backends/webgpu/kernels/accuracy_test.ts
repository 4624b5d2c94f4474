import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { assert } from "@std/assert";
import { tensor, zeros } from "@tenfold/core";
import { functional } from "@tenfold/nn";
import type { WebgpuBackend } from "../backend.ts";
import { describeWithAdapter, openWith, PROFILES } from "../testing.ts";

/** Random numbers from [0, 1), the same ones each time. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return state / 2 ** 32;
  };
}

const KINDS: Readonly<Record<string, (random: () => number) => number>> = {
  constant: () => 0.1,
  uniform: (random) => random(),
  normal: (random) =>
    Math.sqrt(-2 * Math.log(random() + 1e-12)) *
    Math.cos(2 * Math.PI * random()),
};

function numbers(kind: string, size: number, seed: number): Float32Array {
  const random = generator(seed);
  return Float32Array.from({ length: size }, () => KINDS[kind]!(random));
}

/**
 * Four times the error of PyTorch 1.13 (MKL, two threads) for [4, k] by [k, 8],
 * relative to the sum of the terms' sizes.
 */
const BOUNDS: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  1000: { constant: 2.8e-6, uniform: 6e-7, normal: 9.6e-8 },
  60_000: { constant: 7.2e-6, uniform: 1.6e-6, normal: 2.2e-8 },
};

describeWithAdapter("long sums on webgpu", () => {
  const profiles = {
    ...PROFILES,
    "in several passes": { maxBufferBytes: 4096 * 1024, software: false },
  };
  for (const [title, overrides] of Object.entries(profiles)) {
    describe(title, () => {
      let gpu: WebgpuBackend;
      beforeAll(async () => {
        gpu = await openWith(overrides);
      });
      afterAll(() => gpu.dispose());

      for (const [k, bounds] of Object.entries(BOUNDS)) {
        for (const [kind, bound] of Object.entries(bounds)) {
          it(`of ${k} ${kind} products keep their digits`, async () => {
            const [m, n, depth] = [4, 8, Number(k)];
            const a = numbers(kind, m * depth, 1);
            const b = numbers(kind, n * depth, 2);
            const x = tensor(a, { shape: [m, depth], device: gpu });
            const y = tensor(b, { shape: [n, depth], device: gpu });
            const ways = [
              x.matmul(y.t()),
              x.t().contiguous().t().matmul(y.t().contiguous()),
              functional.linear(x, y, zeros([n], { device: gpu })),
            ];
            for (const way of ways) {
              const got = await way.data();
              for (let i = 0; i < m * n; i++) {
                const [row, column] = [Math.floor(i / n), i % n];
                let sum = 0;
                let sizes = 0;
                for (let j = 0; j < depth; j++) {
                  const term = a[row * depth + j]! * b[column * depth + j]!;
                  sum += term;
                  sizes += Math.abs(term);
                }
                const error = Math.abs(got[i]! - sum) / sizes;
                assert(error <= bound, `${i} is off by ${error}`);
              }
            }
          });
        }
      }

      it("of a filter's gradient keep their digits", async () => {
        const [n, side] = [30, 48];
        const x = tensor(new Float32Array(n * side * side).fill(0.1), {
          shape: [n, 1, side, side],
          device: gpu,
        });
        const filter = tensor([0.5, 0.25], {
          shape: [2, 1, 1, 1],
          device: gpu,
        }).detach().requiresGrad_();
        const y = functional.conv2d(x, filter);
        y.backward(y.detach().mul(0).add(0.1));
        const right = n * side * side * Math.fround(0.1) ** 2;
        for (const value of await filter.grad!.data()) {
          const error = Math.abs(value - right) / right;
          assert(error < 7.2e-6, `the gradient is off by ${error}`);
        }
      });

      it("of running sums keep their digits", async () => {
        for (const [rows, n] of [[1, 300_000], [128, 2000], [3, 100]]) {
          const x = tensor(new Float32Array(rows! * n!).fill(0.1), {
            shape: [rows!, n!],
            device: gpu,
          });
          const sums = await x.cumsum(1).data();
          for (let j = 0; j < n!; j++) {
            const right = (j + 1) * Math.fround(0.1);
            const error = Math.abs(sums[j]! - right) / right;
            assert(error < 8e-6, `the sum of ${j + 1} is off by ${error}`);
          }
        }
      });
    });
  }

  describe("over ten million values", () => {
    for (const [title, overrides] of Object.entries(PROFILES)) {
      it(`is right within a millionth ${title}`, async () => {
        const gpu = await openWith(overrides);
        for (const value of [0.1, 0.3, 0.7]) {
          const x = tensor(new Float32Array(1e7).fill(value), { device: gpu });
          const [sum, mean] = await Promise.all([
            x.sum().item(),
            x.mean().item(),
          ]);
          const right = Math.fround(value);
          for (const got of [sum / 1e7, mean]) {
            const error = Math.abs(got - right) / right;
            assert(error <= 1e-6, `${value} is off by ${error}`);
          }
          x.dispose();
        }
        gpu.dispose();
      });
    }
  });

  it("keeps a spread that is small beside the numbers", async () => {
    const gpu = await openWith();
    const x = Float32Array.from(
      { length: 1e6 },
      (_, i) => 1010000 + Math.sin(i * 1.7),
    );
    const std = await tensor(x, { device: gpu }).std().item();
    assert(Math.abs(std - 0.7086) < 0.01, `it is ${std}`);
    gpu.dispose();
  });

  it("takes norms of numbers whose squares are not there", async () => {
    const gpu = await openWith();
    for (
      const [data, right] of [
        [[1e30, 1e30], Math.SQRT2 * 1e30],
        [[3e-30, 4e-30], 5e-30],
        [[3e38, 1, 0], 3e38],
        [[Infinity, 1], Infinity],
        [[NaN, 1], NaN],
        [[0, 0], 0],
        [[], 0],
      ] as const
    ) {
      const got = await tensor(data, { dtype: "float32", device: gpu }).norm()
        .item();
      const close = Object.is(got, right) ||
        Math.abs(got - right) <= 1e-6 * right;
      assert(close, `the norm of ${data} is ${got}`);
    }
    gpu.dispose();
  });
});
