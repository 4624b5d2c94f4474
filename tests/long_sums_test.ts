import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  cat,
  full,
  listBackends,
  manualSeed,
  memory,
  nn,
  probeBackends,
  rand,
  randn,
  scope,
  setBackend,
  stack,
  type Tensor,
  tensor,
  zeros,
} from "@tenfold/tenfold";

await probeBackends();
const BACKENDS = listBackends().filter((b) => b.available).map((b) => b.name);

/** A test in a scope of its own that leaves nothing behind. */
function clean(name: string, test: () => Promise<void>): () => Promise<void> {
  return async () => {
    await setBackend(name);
    const { tensors, bytes } = memory();
    {
      using _ = scope();
      await test();
    }
    assertEquals([memory().tensors, memory().bytes], [tensors, bytes]);
  };
}

async function assertNear(got: Tensor, want: number, relative: number) {
  for (const value of await got.data()) {
    const off = Math.abs(value - want) / Math.abs(want);
    assert(off <= relative, `got ${value}, want ${want}: off by ${off}`);
  }
}

/** 0.1 as float32 has it. */
const TENTH = Math.fround(0.1);

for (const name of BACKENDS) {
  describe(`long sums on ${name}`, () => {
    for (
      const [shape, dim] of [
        [[10_000_000], 0],
        [[2, 5_000_000], 1],
        [[2_000_000, 5], 0],
        [[1000, 40, 50], 0],
      ] as const
    ) {
      it(
        `over dim ${dim} of [${shape}] are exact to 1e-6`,
        clean(name, async () => {
          const x = full([...shape], 0.1);
          const n = shape[dim]!;
          await assertNear(x.sum(dim), n * TENTH, 1e-6);
          await assertNear(x.mean(dim), TENTH, 1e-6);
          await assertNear(x.norm(dim), Math.sqrt(n) * TENTH, 1e-6);
          await assertNear(x.logsumexp(dim), Math.log(n) + TENTH, 1e-6);
        }),
      );
    }

    it(
      "of transposed and strided tensors are as exact",
      clean(name, async () => {
        const x = full([5, 2_000_000], 0.1);
        await assertNear(x.t().sum(0), 2e6 * TENTH, 1e-6);
        const every = full([2_000_000, 2], 0.1).select(1, 0);
        await assertNear(every.sum(), 2e6 * TENTH, 1e-6);
      }),
    );

    it(
      "make variances far from 0 right",
      clean(name, async () => {
        const data = Float32Array.from(
          { length: 1e6 },
          (_, i) => 1010000 + Math.sin(i * 1.7),
        );
        const mean = data.reduce((a, b) => a + b, 0) / 1e6;
        const squares = data.reduce((a, b) => a + (b - mean) ** 2, 0);
        await assertNear(
          tensor(data).std(),
          Math.sqrt(squares / 999_999),
          3e-3,
        );
      }),
    );

    it(
      "of a running kind do not drift",
      clean(name, async () => {
        const sums = await full([2_000_000], 0.1).cumsum(0).data();
        for (let i = 99_999; i < 2e6; i += 100_000) {
          const want = (i + 1) * TENTH;
          assert(Math.abs(sums[i]! - want) <= 1e-5 * want, `${i}: ${sums[i]}`);
        }
      }),
    );
  });

  describe(`softmax over long rows on ${name}`, () => {
    // Powers that float32 does not hold exactly; one sum of them all drifts.
    const low = Math.fround(-0.35);
    const rows:
      readonly (readonly [string, (row: Tensor) => Tensor, number])[] = [
        ["a row", (row) => row.reshape([1, -1]), 1],
        ["rows", (row) => stack([row, row, row]), 1],
        ["columns", (row) => stack([row, row, row, row, row], 1), 0],
        ["a strided row", (row) => stack([row, row], 1).select(1, 0), 0],
      ];
    for (const n of [1000, 4096, 100_000, 262_144, 1_000_000]) {
      it(
        `is exact to 2e-6 over ${n} values`,
        clean(name, async () => {
          const data = new Float32Array(n).fill(low);
          data[n >> 1] = 0;
          const sum = 1 + (n - 1) * Math.exp(low);
          for (const [label, laid, dim] of rows) {
            using _ = scope();
            const x = laid(tensor(data));
            const soft = (await x.softmax(dim).data())[0]!;
            const log = (await x.logSoftmax(dim).data())[0]!;
            const off = Math.abs(soft / (Math.exp(low) / sum) - 1);
            assert(off <= 2e-6, `${label}: ${soft}, off by ${off}`);
            assertAlmostEquals(log, low - Math.log(sum), 2e-6, label);
            const lse = x.logsumexp(dim);
            await assertNear(lse, Math.log(sum), 1e-6);
          }
        }),
      );
    }

    it(
      "of constant values is their share",
      clean(name, async () => {
        for (const value of [0.1, -3.7, 80]) {
          using _ = scope();
          const x = full([2, 1_000_000], value);
          await assertNear(x.softmax(1), 1e-6, 2e-6);
          await assertNear(x.t().contiguous().softmax(0), 1e-6, 2e-6);
          await assertNear(x.logSoftmax(1), -Math.log(1e6), 2e-6);
        }
      }),
    );
  });

  describe(`norm on ${name}`, () => {
    const cases: readonly (readonly [number[], number])[] = [
      [[1e30, 1e30], Math.SQRT2 * 1e30],
      [[3e38, 1], 3e38],
      [[1e-30, -1e-30], Math.SQRT2 * 1e-30],
      [[3e-25, 4e-25], 5e-25],
      [[3, 4], 5],
      [[3e15, 4e15], 5e15],
      [[1e30, 1e-30], 1e30],
    ];
    for (const [values, want] of cases) {
      it(
        `of [${values}] neither overflows nor underflows`,
        clean(name, async () => {
          await assertNear(tensor(values).norm(), want, 3e-7);
          await assertNear(tensor([values, values]).norm(1), want, 3e-7);
          await assertNear(tensor([values, values]).t().norm(0), want, 3e-7);
        }),
      );
    }

    it(
      "is right for long rows and columns of every size, side by side",
      clean(name, async () => {
        // Rows whose squares are usual, overflow, underflow, do some of it.
        const kinds: readonly (readonly [number, number])[] = [
          ...[[0.3, 0.3], [1e30, 1e30], [1e-30, 1e-30], [1e30, 1e-30]] as const,
          ...[[0, 0], [1e-30, 0], [0, 2], [1e18, 1e-18], [1e-9, 1e-9]] as const,
        ];
        for (const n of [7, 100, 2000]) {
          using _ = scope();
          const rows = kinds.map(([a, b]) =>
            Array.from({ length: n }, (_, i) => i % 2 === 0 ? a : b)
          );
          const x = tensor(rows);
          const exact = rows.map((row) =>
            Math.sqrt(row.reduce((sum, v) => sum + Math.fround(v) ** 2, 0))
          );
          const columns = x.t().contiguous();
          for (const got of [x.norm(1), columns.norm(0), columns.t().norm(1)]) {
            (await got.data()).forEach((value, i) => {
              const off = Math.abs(value - exact[i]!);
              assert(off <= 1e-6 * exact[i]!, `${n}, ${kinds[i]}: ${value}`);
            });
          }
        }
      }),
    );

    it(
      "is 0 of zeros and of nothing, and tells infinities and NaN",
      clean(name, async () => {
        assertEquals(await tensor([[0, 0], [3, 4]]).norm(1).toArray(), [0, 5]);
        assertEquals(await zeros([2, 0]).norm(1).toArray(), [0, 0]);
        assertEquals(
          await tensor([[Infinity, 1], [-Infinity, NaN], [2, NaN]])
            .norm(1).toArray(),
          [Infinity, NaN, NaN],
        );
        const long = tensor(new Float32Array(1000).fill(0.5)).reshape([
          10,
          100,
        ]);
        const spoilt = cat([
          long,
          full([1, 100], NaN),
          full([1, 100], Infinity),
        ]);
        for (const dim of [0, 1]) {
          const norms = await (dim === 1 ? spoilt : spoilt.t().contiguous())
            .norm(dim).toArray();
          assertEquals(norms, [...new Array(10).fill(5), NaN, Infinity]);
        }
        assertEquals(
          await tensor([3, -4], { dtype: "int32" }).norm().item(),
          5,
        );
        if (name === "webgpu") return;
        const wide = tensor([3e300, 4e300], { dtype: "float64" });
        await assertNear(wide.norm(), 5e300, 1e-15);
        await assertNear(wide.mul(1e-300).mul(1e-300).norm(), 5e-300, 1e-15);
      }),
    );
  });
}

/** How far PyTorch 1.13 is off, by the depth and the kind of the data. */
const PYTORCH = {
  60000: { constant: 1.8e-6, uniform: 3.0e-7, normal: 3.7e-7 },
  1000000: { constant: 2.0e-5, uniform: 1.5e-6, normal: 2.4e-6 },
};

type Kind = "constant" | "uniform" | "normal";

const MAKE: { readonly [K in Kind]: (shape: number[]) => Tensor } = {
  constant: (shape) => full(shape, 0.1),
  uniform: (shape) => rand(shape),
  normal: (shape) => randn(shape),
};

for (const name of BACKENDS.filter((name) => name !== "webgpu")) {
  describe(`products with a long inner dim on ${name}`, () => {
    for (const [depth, kinds] of Object.entries(PYTORCH)) {
      for (const [kind, error] of Object.entries(kinds)) {
        it(
          `of ${depth} ${kind} numbers are at most 4 times PyTorch's error off`,
          clean(name, async () => {
            manualSeed(1);
            const k = Number(depth);
            const make = MAKE[kind as Kind];
            const a = make([k, 4]);
            const b = make([k, 3]);
            const [x, y] = [await a.data(), await b.data()];
            const want = new Float64Array(12);
            for (let i = 0; i < k; i++) {
              for (let m = 0; m < 4; m++) {
                for (let n = 0; n < 3; n++) {
                  want[m * 3 + n]! += x[i * 4 + m]! * y[i * 3 + n]!;
                }
              }
            }
            const most = want.reduce((top, v) => Math.max(top, Math.abs(v)));
            const check = async (
              label: string,
              got: Tensor,
              place: (i: number) => number,
            ) => {
              const values = await got.data();
              values.forEach((v, i) => {
                const off = Math.abs(v - want[place(i)]!) / most;
                assert(off <= 4 * error, `${label}: off by ${off}`);
              });
            };
            const row = a.select(1, 0).contiguous();
            const column = b.select(1, 0).contiguous();
            const rows = a.t().contiguous();
            await check("tall", a.t().matmul(b), (i) => i);
            await check("wide", rows.matmul(b), (i) => i);
            await check("row", row.matmul(b), (i) => i);
            await check("column", rows.matmul(column), (i) => 3 * i);
            await check("strided column", a.t().matmul(column), (i) => 3 * i);
            await check("dot", row.matmul(column), () => 0);
          }),
        );
      }
    }

    for (const [channels, size] of [[1, 28], [3, 40], [16, 12]] as const) {
      it(
        `the weight gradient of ${channels} channels of ${size} x ${size}`,
        clean(name, async () => {
          const batch = Math.floor(400_000 / size ** 2);
          const x = full([batch, channels, size, size], 0.1);
          const weight = zeros([4, channels, 3, 3], { requiresGrad: true });
          const out = nn.functional.conv2d(x, weight);
          out.backward(full(out.shape, 0.1));
          const n = batch * (size - 2) ** 2;
          const bound = 4 * PYTORCH[1000000].constant;
          await assertNear(weight.grad!, n * TENTH * TENTH, bound);
        }),
      );
    }
  });
}
