import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { assertEquals, assertRejects } from "@std/assert";
import {
  arange,
  cat,
  einsum,
  grad,
  IndexError,
  type Tensor,
} from "@tenfold/core";
import { constant } from "@tenfold/core/backend";
import { scatterReduce } from "@tenfold/core/functions";
import * as nn from "@tenfold/nn";
import type { WebgpuBackend } from "../backend.ts";
import { describeWithAdapter, openWith, PROFILES } from "../testing.ts";
import { assertSame, normal, onCpu } from "./testing.ts";

/** Integers from 0 to `bound - 1`, neither sorted nor distinct. */
function integers(count: number, bound: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => (i * 7919 + 13) % bound);
}

describeWithAdapter("webgpu kernels", () => {
  for (const [title, overrides] of Object.entries(PROFILES)) {
    describe(title, () => {
      let gpu: WebgpuBackend;
      beforeAll(async () => {
        gpu = await openWith(overrides);
      });
      afterAll(() => gpu.dispose());

      describe("map", () => {
        it("reads dense, broadcast, transposed and reversed operands", async () => {
          const x = normal(70, 132);
          await assertSame(gpu, [x, normal(132)], (x, y) => x.add(y));
          await assertSame(gpu, [x, normal(132, 70)], (x, y) => x.mul(y.t()));
          await assertSame(gpu, [x, normal(70, 1)], (x, y) => x.sub(y));
          await assertSame(gpu, [x], (x) => x.flip(1).slice(0, 1, 6, 2));
        });

        it("transposes what lies along another dim by tiles", async () => {
          const [x, y] = [normal(130, 140), normal(140, 130)];
          await assertSame(gpu, [x, y], (x, y) => [
            x.t().add(1),
            x.t().mul(y),
            y.t().exp().add(x),
            x.t().slice(1, 3, 99).neg(),
            cat([x.t(), y], 1),
          ]);
          await assertSame(gpu, [normal(5, 64, 67)], (x) => [
            x.permute([0, 2, 1]).add(1),
            x.permute([2, 0, 1]).mul(2),
            x.permute([2, 1, 0]).abs(),
            x.permute([1, 2, 0]).gt(0),
          ]);
          const whole = onCpu(integers(130 * 140, 97), { shape: [130, 140] });
          await assertSame(gpu, [whole, normal(130)], (x, y) => [
            x.t().add(1),
            x.t().add(y).add(x.reshape([140, 130])),
          ]);
        });

        it("writes into windows of its output", async () => {
          await assertSame(gpu, [normal(3, 4), normal(2, 4)], (x, y) => [
            cat([x, y], 0),
            x.pad([1, 2, 0, 3]),
          ]);
        });

        it("covers more elements than one grid of invocations", async () => {
          await assertSame(gpu, [normal(70001)], (x) => x.abs().sqrt());
        });

        it("updates in place, the target among the operands", async () => {
          const x = await normal(100).to(gpu);
          const before = await x.data();
          x.add_(x);
          assertEquals(await x.data(), before.map((value) => value * 2));
        });
      });

      it("writes parts of one buffer that lie differently", async () => {
        const size = 4096;
        const buffer = gpu.alloc("float32", 3 * size);
        gpu.prepare({
          kind: "map",
          rank: 1,
          outputs: [
            { dtype: "float32", access: "dense" },
            { dtype: "float32", access: "strided" },
          ],
          inputs: [],
          exprs: [1, 2].map((value) => constant(value, "float32")),
          scalars: 0,
        })!({
          shape: [size],
          buffers: [buffer, buffer],
          offsets: [0, size],
          strides: [[1], [2]],
          scalars: [],
        });
        const data = await gpu.read(buffer, 0, 3 * size);
        assertEquals([...data.slice(size - 2, size + 1)], [1, 1, 2]);
        assertEquals(data[3 * size - 2], 2);
        gpu.free(buffer);
      });

      describe("reduce", () => {
        // Positive, so that sums do not cancel.
        const x = normal(5, 17, 33).abs();
        for (const dims of [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]]) {
          it(`reduces dims ${dims}`, async () => {
            await assertSame(gpu, [x], (x) => [
              x.sum(dims),
              x.mean(dims),
              x.max(dims),
              x.min(dims),
              x.variance(dims),
              x.logsumexp(dims),
            ]);
          });
        }

        it("reduces many elements to one, and columns of a tall matrix", async () => {
          await assertSame(gpu, [normal(100003)], (x) => [x.sum(), x.max()]);
          await assertSame(gpu, [normal(3001, 5)], (x) => [x.sum(0), x.min(0)]);
          await assertSame(
            gpu,
            [normal(3, 5003)],
            (x) => [x.sum(1), x.norm(1)],
          );
        });

        it("reads long rows and columns several times ahead", async () => {
          const x = normal(3, 20_000).abs();
          for (const y of [x, x.mul(100).cast("int32")]) {
            await assertSame(gpu, [y, y.t().contiguous()], (y, z) => [
              y.sum(1),
              y.max(1),
              y.slice(1, 0, 9996).sum(1),
              z.sum(0),
              z.slice(1, 0, 1).max(0),
            ]);
          }
          await assertSame(gpu, [normal(300, 132)], (x) => [
            x.sum(0),
            x.max(0),
            x.variance(0),
            nn.functional.layerNorm(x, { normalizedShape: [132] }),
          ]);
        });

        it("reads rows, and neighbouring outputs, four elements at a time", async () => {
          const x = normal(70, 132);
          for (const y of [x, x.abs().mul(100).cast("int32")]) {
            await assertSame(gpu, [y], (y) => [
              y.sum(1),
              y.sum(0),
              y.max(1),
              y.min(0),
              y.sum(),
            ]);
          }
          await assertSame(gpu, [x], (x) => [
            x.mean(1),
            x.variance(0),
            x.slice(1, 4, 128).sum(1),
            x.slice(1, 3, 127).sum(1),
            x.t().sum(0),
            x.div(4).add(1).prod(1),
            x.gt(0).any(1),
          ]);
          await assertSame(
            gpu,
            [normal(3, 40004)],
            (x) => [x.sum(1), x.sum(0)],
          );
        });

        it("keeps the digits of a long sum", async () => {
          const ones = onCpu(new Float32Array(1 << 20).fill(0.1));
          await assertSame(gpu, [ones], (x) => x.sum(), 1e-6);
        });

        it("gives NaN when there is one", async () => {
          const data = new Float32Array(5000).fill(1);
          data[4321] = NaN;
          await assertSame(gpu, [onCpu(data)], (x) => [x.max(), x.min()]);
        });

        it("gives the identity for no values", async () => {
          await assertSame(gpu, [normal(3, 0)], (x) => [x.sum(1), x.prod(1)]);
        });
      });

      describe("matmul", () => {
        const shapes = [
          [1, 1, 1],
          [1, 300, 1],
          [3, 5, 7],
          [1, 64, 33],
          [33, 64, 1],
          [17, 33, 19],
          [64, 784, 50],
          [20, 4096, 12],
          [72, 40, 132],
        ] as const;
        for (const [m, k, n] of shapes) {
          it(`multiplies [${m}, ${k}] and [${k}, ${n}], as they are and transposed`, async () => {
            const [a, b] = [normal(m, k), normal(k, n)];
            const [at, bt] = [normal(k, m), normal(n, k)];
            await assertSame(gpu, [a, b], (a, b) => a.matmul(b));
            await assertSame(gpu, [at, b], (a, b) => a.t().matmul(b));
            await assertSame(gpu, [a, bt], (a, b) => a.matmul(b.t()));
            await assertSame(gpu, [at, bt], (a, b) => a.t().matmul(b.t()));
          });
        }

        it("multiplies few vectors by wide matrices that lie either way", async () => {
          for (
            const [m, k, n] of [[1, 512, 260], [3, 300, 164], [4, 2100, 64]]
          ) {
            const inputs = [normal(m!, k!), normal(k!, n!), normal(n!)];
            const [rows, bias] = [normal(k!, m!), normal(m!)];
            await assertSame(gpu, [...inputs, rows, bias], (x, w, b, y, c) => [
              x!.matmul(w!),
              nn.functional.linear(x!, w!.t().contiguous(), b!),
              nn.functional.linear(y!.t(), w!.t().contiguous()),
              w!.t().matmul(x!.t()),
              w!.t().contiguous().matmul(y!).add(c!),
            ], 4e-6);
          }
          await assertSame(
            gpu,
            [normal(3, 1, 256), normal(3, 256, 132)],
            (x, w) => x.matmul(w),
            4e-6,
          );
        });

        it("multiplies large matrices in large tiles", async () => {
          await assertSame(
            gpu,
            [normal(1024, 36), normal(36, 1028)],
            (a, b) => a.matmul(b),
          );
        });

        it("takes batches, broadcast ones and slices", async () => {
          const a = normal(3, 2, 5, 8);
          await assertSame(gpu, [a, normal(2, 8, 4)], (a, b) => a.matmul(b));
          await assertSame(gpu, [a, normal(8, 40)], (a, b) => a.matmul(b));
          await assertSame(
            gpu,
            [normal(40, 41), normal(50, 41)],
            (a, b) => a.slice(1, 1, 41).matmul(b.slice(1, 1, 41).t()),
          );
          await assertSame(
            gpu,
            [normal(4, 20, 24), normal(4, 24, 28)],
            (a, b) => a.matmul(b),
          );
        });

        it("multiplies integers, which wrap", async () => {
          const a = onCpu(integers(6 * 5, 100000), { shape: [6, 5] });
          const b = onCpu(integers(5 * 4, 100000), { shape: [5, 4] });
          await assertSame(gpu, [a, b], (a, b) => a.matmul(b));
        });

        it("serves einsum", async () => {
          await assertSame(
            gpu,
            [normal(4, 6), normal(6, 3, 4)],
            (a, b) => einsum("ik,kji->ij", a, b),
          );
        });
      });

      describe("conv2d", () => {
        const layers = [
          { b: 2, c: 3, m: 5, side: 9, k: 3, padding: 1 },
          { b: 3, c: 4, m: 16, side: 13, k: 3, padding: 1 },
          { b: 5, c: 16, m: 30, side: 9, k: 3, stride: 2 },
          { b: 2, c: 8, m: 70, side: 11, k: 5, padding: 2, dilation: 2 },
          { b: 4, c: 12, m: 24, side: 8, k: 3, padding: 1, groups: 2 },
          { b: 70, c: 2, m: 9, side: 10, k: 1 },
          { b: 2, c: 6, m: 6, side: 37, k: 3, padding: 1, groups: 6 },
          { b: 1, c: 1, m: 3, side: 33, k: 5, padding: 2 },
          { b: 2, c: 4, m: 8, side: 23, k: 7, groups: 4 },
        ];
        for (const { b, c, m, side, k, ...options } of layers) {
          const title = `[${b}, ${c}, ${side}, ${side}] by ${m} of ${k}`;
          it(`convolves ${title}, with its gradients`, async () => {
            const { groups = 1 } = options;
            const x = normal(b, c, side, side);
            const filter = normal(m, c / groups, k, k);
            const bias = normal(m);
            await assertSame(gpu, [x, filter, bias], (x, filter, bias) => {
              const inputs = [x, filter, bias].map((t) => t.requiresGrad_());
              const y = nn.functional.conv2d(
                inputs[0]!,
                inputs[1]!,
                inputs[2]!,
                options,
              );
              const loss = y.mul(y.detach().add(1)).sum();
              return [y.detach(), ...grad(loss, inputs)];
            }, 4e-6);
          });
        }
      });

      describe("gather and scatterAdd", () => {
        it("gathers along each dim", async () => {
          const x = normal(5, 7);
          const index = onCpu(integers(12, 5), { shape: [3, 4] });
          await assertSame(gpu, [x, index], (x, index) => [
            x.gather(0, index),
            x.gather(1, index),
            x.t().gather(1, index),
          ]);
        });

        it("adds short rows, many rows and long rows", async () => {
          for (
            const [rows, n, bound] of [[2, 9, 4], [300, 5, 3], [2, 700, 50]]
          ) {
            const x = normal(rows!, bound!);
            const source = normal(rows!, n!);
            const index = onCpu(integers(rows! * n!, bound!), {
              shape: [rows!, n!],
            });
            await assertSame(
              gpu,
              [x, index, source],
              (x, index, source) => x.scatterAdd(1, index, source),
            );
          }
        });

        it("combines equal indices in their order, in rows of any length", async () => {
          const index = onCpu(integers(3 * 600, 23), { shape: [3, 600] });
          const source = normal(3, 600);
          await assertSame(gpu, [normal(3, 23), index, source], (x, i, s) => [
            x.scatterAdd(1, i, s),
            x.scatterAdd(1, i.slice(1, 1, 41), s.slice(1, 1, 41)),
            scatterReduce(
              x,
              1,
              i.slice(1, 0, 64),
              s.slice(1, 0, 64),
              "prod",
            ),
            scatterReduce(x, 1, i, s, "amax"),
            scatterReduce(x, 1, i, s, "amin"),
          ]);
          await assertSame(
            gpu,
            [onCpu(integers(69, 50), { shape: [3, 23] }), index],
            (
              x,
              i,
            ) => [x.scatterAdd(1, i, i), scatterReduce(x, 1, i, i, "amax")],
          );
        });

        it("adds long rows that share their indices", async () => {
          const index = onCpu(integers(900, 11), { shape: [900, 1] });
          await assertSame(
            gpu,
            [normal(11, 6), index, normal(900, 6)],
            (x, index, source) =>
              x.scatterAdd(0, index.expand([900, 6]), source),
          );
        });

        it("adds integers", async () => {
          const index = onCpu(integers(1000, 9));
          await assertSame(gpu, [
            onCpu(integers(9, 50)),
            index,
            onCpu(integers(1000, 70)),
          ], (x, index, source) => x.scatterAdd(0, index, source));
        });

        it("reports an index out of range at the next read, once", async () => {
          const x = await normal(5).to(gpu);
          for (
            const make of [
              (index: Tensor) => x.gather(0, index),
              (index: Tensor) => x.scatterAdd(0, index, index.cast("float32")),
            ]
          ) {
            for (const wrong of [5, -6]) {
              make(await onCpu([1, wrong, 2], { dtype: "int32" }).to(gpu));
              await assertRejects(
                () => x.data(),
                IndexError,
                `index is out of range: got ${wrong}, expected 0 to 4`,
              );
              await x.data();
            }
          }
        });
      });

      describe("along rows", () => {
        const shapes = [[1, 5], [3, 63], [100, 10], [2, 3000], [70, 300]];
        for (const [rows, n] of shapes) {
          it(`computes softmax and logSoftmax of [${rows}, ${n}]`, async () => {
            await assertSame(gpu, [normal(rows!, n!)], (x) => [
              x.softmax(1),
              x.logSoftmax(1),
              x.softmax(0),
            ]);
          });

          it(`computes cumsum of [${rows}, ${n}]`, async () => {
            await assertSame(gpu, [normal(rows!, n!)], (x) => [
              x.cumsum(1),
              x.cumsum(0),
            ], 1e-5);
          });

          it(`finds the first extreme of [${rows}, ${n}]`, async () => {
            const x = onCpu(integers(rows! * n!, 17), { shape: [rows!, n!] });
            await assertSame(gpu, [x], (x) => [x.argmax(1), x.argmin(1)]);
            await assertSame(gpu, [x.cast("float32")], (x) => [
              x.argmax(1),
              x.argmin(0),
            ]);
          });

          it(`sorts [${rows}, ${n}] stably`, async () => {
            const x = onCpu(integers(rows! * n!, 29), { shape: [rows!, n!] });
            const both = (x: Tensor) => {
              const up = x.sort(1);
              const down = x.sort(0, { descending: true });
              return [up.values, up.indices, down.values, down.indices];
            };
            await assertSame(gpu, [x], both);
            await assertSame(gpu, [x.cast("float32")], both);
          });
        }

        it("sums up rows that are cut into parts", async () => {
          for (const shape of [[1, 20_001], [3, 9000], [1030, 33]]) {
            await assertSame(gpu, [normal(...shape)], (x) => [
              x.cumsum(1),
              x.cumsum(0),
              x.slice(1, 1, shape[1]! - 1).cumsum(1),
              x.t().cumsum(1),
              x.flip(1).cumsum(1),
            ], 1e-5);
          }
          const whole = onCpu(integers(27_000, 97), { shape: [3, 9000] });
          await assertSame(gpu, [whole], (x) => [x.cumsum(1), x.cumsum(0)]);
        });

        it("computes softmax and variances of rows side by side", async () => {
          for (const shape of [[200, 96], [2, 130, 80], [3, 90, 67]]) {
            await assertSame(gpu, [normal(...shape)], (x) => [
              x.softmax(-2),
              x.logSoftmax(-2),
              x.slice(-2, 1, 100).softmax(-2),
              x.slice(-1, 4, 68).softmax(-2),
              x.variance(-2),
              x.mul(x).sum(-2),
            ], 1e-5);
          }
        });

        it("computes softmax of rows that begin with what is hidden", async () => {
          for (const n of [5, 23, 68]) {
            const x = normal(64, n);
            await assertSame(gpu, [x], (x) => {
              const places = arange(0, n, { device: x.device });
              const rows = arange(0, 64, { device: x.device }).unsqueeze(1);
              const shown = (count: Tensor) =>
                x.where(places.ge(count), -Infinity);
              return [
                // All of the last rows are hidden, where n is small.
                shown(rows).softmax(1),
                shown(rows).logSoftmax(1),
                shown(rows).t().contiguous().softmax(0),
                // Each number is greater than those before.
                places.cast("float32").add(x.sigmoid()).softmax(1),
              ];
            });
          }
        });

        it("computes softmax of rows with infinities, read by four or not", async () => {
          for (const n of [63, 64, 1200, 8192]) {
            const data = new Float32Array(4 * n).map((_, i) => (i * 37) % 11);
            data[5] = -Infinity;
            data.fill(-Infinity, n, 2 * n);
            data[2 * n + 7] = Infinity;
            data[3 * n + 9] = NaN;
            await assertSame(gpu, [onCpu(data, { shape: [4, n] })], (x) => [
              x.softmax(1),
              x.logSoftmax(1),
              x.t().contiguous().softmax(0),
            ]);
          }
        });

        it("sorts a row that is larger than the memory of a workgroup", async () => {
          await assertSame(gpu, [normal(2, 9001)], (x) => {
            const { values, indices } = x.sort(1, { descending: true });
            return [values, indices];
          });
        });

        it("orders NaN, infinities and zeros", async () => {
          const x = onCpu([0, NaN, 1, -Infinity, -0, Infinity, NaN, -1]);
          await assertSame(gpu, [x], (x) => {
            const up = x.sort(0);
            const down = x.sort(0, { descending: true });
            return [
              up.values,
              up.indices,
              down.values,
              down.indices,
              x.argmax(0),
              x.argmin(0),
            ];
          });
        });
      });
    });
  }
});
