import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { assert, assertEquals } from "@std/assert";
import { grad, memory, Tensor, tidy } from "@tenfold/core";
import { HOST_DTYPES } from "@tenfold/core/backend";
import * as nn from "@tenfold/nn";
import type { WebgpuBackend } from "../backend.ts";
import { describeWithAdapter, openWith, PROFILES } from "../testing.ts";
import { type Compute, normal, onCpu } from "./testing.ts";

const half = HOST_DTYPES.includes("float16");

/** Half a step of float16, beside 1. */
const STEP = 2 ** -11;

/** Declares a test in a scope that leaves nothing behind. */
function check(name: string, test: () => Promise<void>): void {
  it(name, async () => {
    const { tensors, buffers } = memory();
    await tidy(test);
    const after = memory();
    assertEquals([after.tensors, after.buffers], [tensors, buffers]);
  });
}

const list = (x: Tensor | readonly Tensor[]): readonly Tensor[] =>
  x instanceof Tensor ? [x] : x;

/**
 * Computes on float16, and on float32 of the same numbers, elsewhere where that
 * has no room for it: results differ by one rounding, and take as many
 * dispatches and `extra` more, unless that is null.
 */
async function assertRounded(
  gpu: WebgpuBackend,
  inputs: readonly Tensor[],
  compute: Compute,
  { extra = 0, elsewhere = gpu }: {
    extra?: number | null;
    elsewhere?: WebgpuBackend;
  } = {},
): Promise<void> {
  const stored = inputs.map((x) =>
    x.dtype === "float32" ? x.cast("float16") : x
  );
  const halves = await Promise.all(stored.map((x) => x.to(gpu)));
  const singles = await Promise.all(
    stored.map((x) => (x.dtype === "float16" ? x.cast("float32") : x))
      .map((x) => x.to(elsewhere)),
  );
  const before = elsewhere.counters.dispatches;
  const wanted = list(compute(...singles));
  const expected = elsewhere.counters.dispatches - before;
  const start = gpu.counters.dispatches;
  const found = list(compute(...halves));
  const taken = gpu.counters.dispatches - start;
  if (extra !== null) assertEquals(taken - expected, extra, "dispatches");
  for (const [i, result] of found.entries()) {
    const { dtype } = wanted[i]!;
    assertEquals(result.dtype, dtype === "float32" ? "float16" : dtype);
    const [want, have] = [await wanted[i]!.data(), await result.data()];
    let top = 0;
    for (const w of want) top = Math.max(top, Math.abs(w));
    want.forEach((w, k) => {
      // Sums may be taken in another order.
      const room = STEP * Math.abs(w) + 1e-5 * top + 2 ** -25;
      assert(
        Object.is(w, have[k]) || Math.abs(w - have[k]!) <= room,
        `element ${k} of [${result.shape}] is ${have[k]}, not ${w}`,
      );
    });
  }
}

for (const nativeHalf of half ? [true, false] : []) {
  describeWithAdapter(
    `float16 in kernels, the device's own ${nativeHalf}`,
    () => {
      for (const [title, overrides] of Object.entries(PROFILES)) {
        // What is stored otherwise is read alike in every form.
        if (!nativeHalf && title !== "as the adapter is") continue;
        describe(title, () => {
          let gpu: WebgpuBackend;
          beforeAll(async () => {
            // A device without the feature stores float32, whatever it is told.
            gpu = await openWith(
              nativeHalf ? overrides : {
                ...overrides,
                nativeHalf,
              },
            );
          });
          afterAll(() => gpu.dispose());

          check("is multiplied as it is stored", async () => {
            for (
              const [m, k, n] of [
                [3, 5, 7],
                [72, 40, 132],
                [3, 2100, 164],
              ]
            ) {
              const [a, b] = [normal(m!, k!), normal(k!, n!)];
              const [at, bt] = [normal(k!, m!), normal(n!, k!)];
              const bias = normal(n!);
              await assertRounded(
                gpu,
                [a, b, at, bt, bias],
                (a, b, at, bt, c) => [
                  a!.matmul(b!),
                  at!.t().matmul(b!),
                  a!.matmul(bt!.t()),
                  nn.functional.linear(a!, bt!, c!),
                ],
              );
            }
          });

          check("is convolved as it is stored, with gradients", async () => {
            for (
              const { b, c, m, side, k, ...options } of [
                {
                  b: 3,
                  c: 4,
                  m: 9,
                  side: 13,
                  k: 3,
                  padding: 1,
                  stride: 1,
                  groups: 1,
                },
                {
                  b: 2,
                  c: 6,
                  m: 8,
                  side: 8,
                  k: 3,
                  padding: 0,
                  stride: 2,
                  groups: 2,
                },
              ]
            ) {
              const { groups, padding, stride } = options;
              const out = Math.floor((side + 2 * padding - k) / stride) + 1;
              const inputs = [
                normal(b, c, side, side),
                normal(m, c / groups, k, k),
                normal(m),
                normal(b, m, out, out),
              ];
              await assertRounded(gpu, inputs, (...given) => {
                const g = given.pop()!;
                const [x, w, bias] = given.map((t) => t.requiresGrad_());
                const y = nn.functional.conv2d(x!, w!, bias!, options);
                return [
                  y.detach(),
                  ...grad(y, [x!, w!], { gradOutputs: [g] }),
                ];
              });
            }
          });

          check("is pooled as it is stored, and back", async () => {
            // All different, so that float16 attains no maximum twice.
            const x = onCpu(Float32Array.from(
              { length: 2 * 3 * 11 * 8 },
              (_, i) => (i * 389) % 997,
            )).reshape([2, 3, 11, 8]);
            for (
              const options of [
                { kernelSize: 2 },
                { kernelSize: 3, stride: 2, padding: 1 },
              ]
            ) {
              await assertRounded(
                gpu,
                [x],
                (x) => nn.functional.maxPool2d(x!, options),
              );
            }
            await assertRounded(gpu, [x], (given) => {
              const x = given!.requiresGrad_();
              const y = nn.functional.maxPool2d(x, { kernelSize: 2 });
              return grad(y, [x], { gradOutputs: [y.detach()] });
              // One map and what pads it, beside a copy and what is added to it.
            });
          });

          check(
            "is scaled, summed up and sorted along rows as it is stored",
            async () => {
              for (
                const [rows, n] of [[3, 40], [2, 300], [70, 132], [2, 4500]]
              ) {
                // All different, so that float16 has no more equal ones.
                const different = onCpu(Float32Array.from(
                  { length: rows! * n! },
                  (_, i) => (i * 389) % n! - 100,
                )).reshape([rows!, n!]);
                const x = normal(rows!, n!);
                await assertRounded(gpu, [x, x.t().contiguous()], (x, y) => [
                  x!.softmax(1),
                  x!.logSoftmax(1),
                  x!.cumsum(1),
                  y!.softmax(0),
                  y!.cumsum(0),
                ]);
                await assertRounded(gpu, [different], (x) => {
                  const { values, indices } = x!.sort(1);
                  return [x!.argmax(1), x!.argmin(0), values, indices];
                });
              }
            },
          );

          check("is reduced as it is stored", async () => {
            const x = normal(5, 33, 64).add(4);
            await assertRounded(gpu, [x], (x) => [
              x!.sum([0, 2]),
              x!.mean(2),
              x!.max(1),
              x!.variance([0, 2]),
              x!.logsumexp(2),
            ]);
            // Squares of float16 fit into float32.
            await assertRounded(
              gpu,
              [x],
              (x) => [x!.norm(2), x!.norm()],
              { extra: null },
            );
          });
        });
      }
    },
  );
}

if (half) {
  describeWithAdapter("float16 in products of several passes", () => {
    check("is rounded once", async () => {
      const elsewhere = await openWith();
      // Room for half of the partial sums.
      const gpu = await openWith({
        maxBindingBytes: 983_040,
        nativeHalf: true,
      });
      for (
        const [inputs, compute] of [
          [
            [normal(320, 1536), normal(1536, 320)],
            (a, b) => a!.matmul(b!),
          ],
          [
            [normal(1, 128, 40, 40), normal(64, 128, 3, 3), normal(64)],
            (x, w, bias) => nn.functional.conv2d(x!, w!, bias!),
          ],
        ] as [Tensor[], Compute][]
      ) await assertRounded(gpu, inputs, compute, { elsewhere, extra: null });
      gpu.dispose();
      elsewhere.dispose();
    });
  });
}

if (!half) it("needs Float16Array", () => {});
