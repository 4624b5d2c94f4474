import { it } from "@std/testing/bdd";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { manualSeed, randn, setBackend, type Tensor } from "@tenfold/core";
import { compile } from "@tenfold/core/compile";
import { cpuTypedArray } from "@tenfold/backends/cpu-typedarray";
import * as nn from "@tenfold/nn";
import { SGD } from "@tenfold/optim";
import type { WebgpuBackend } from "./backend.ts";
import type { ProfileOverrides } from "./device/profile.ts";
import { clean, describeWithAdapter, openWith, PROFILES } from "./testing.ts";

const CARD = PROFILES["as on a graphics card"]!;

/** A test on a device of its own that joins maps with products, as cards do. */
function onCard(
  test: (gpu: WebgpuBackend) => Promise<void>,
  overrides: ProfileOverrides = {},
): () => Promise<void> {
  return async () => {
    const gpu = await openWith({ ...CARD, ...overrides });
    await setBackend(gpu);
    manualSeed(4);
    try {
      await clean(() => test(gpu))();
    } finally {
      gpu.dispose();
      await setBackend(cpuTypedArray());
    }
  };
}

/** Compares a compiled function with the function; gives its launches. */
async function launchesOf(
  fn: (...tensors: Tensor[]) => Tensor,
  ...tensors: Tensor[]
): Promise<number> {
  using compiled = compile(fn);
  compiled(...tensors);
  // Memory that is used again may hold what came out before.
  tensors[0]!.mul_(0.75);
  const [expected, got] = [fn(...tensors), compiled(...tensors)];
  assertEquals([got.dtype, got.shape], [expected.dtype, expected.shape]);
  const b = await expected.data();
  (await got.data()).forEach((x, i) =>
    assertAlmostEquals(x, b[i]!, 1e-4, `element ${i}`)
  );
  return compiled.stats.launches;
}

const conv = nn.functional.conv2d;

describeWithAdapter("products with an epilogue on webgpu", () => {
  it(
    "are one kernel with an activation and a residual",
    onCard(async () => {
      const fns: [string, (...tensors: Tensor[]) => Tensor][] = [
        ["relu", (a, b, c) => a.matmul(b).add(c).relu()],
        ["residual", (a, b, _, r) => a.matmul(b).mul(0.5).add(r!)],
        ["turned", (a, b, _, r, t) => a.matmul(b).mul(t!).sub(r!)],
        ["row", (a, b, c) => a.matmul(b).mul(c).relu()],
        ["bool", (a, b) => a.matmul(b).gt(0)],
      ];
      const shapes: [number[], number[], number[]][] = [
        // Tiles of a workgroup, whole and not, and of a batch.
        [[64, 40], [40, 80], [0, 1, 2, 3, 4]],
        [[37, 91], [91, 33], [2]],
        [[2, 40, 50], [2, 50, 60], [2]],
        // Few rows, few columns, and both operands small.
        [[3, 400], [400, 128], [1, 4]],
        [[2, 800], [800, 130], [2]],
        [[200, 400], [400, 4], [2]],
        [[10, 99], [99, 76], [1, 2]],
        [[10, 99], [99, 77], [0]],
        // Sums of parts.
        [[20, 6000], [6000, 20], [0, 2]],
      ];
      for (const [of, by, some] of shapes) {
        const [a, b, bias] = [randn(of), randn(by), randn(by.slice(-1))];
        const shape = [...of.slice(0, -1), by.at(-1)!];
        const turned = randn(shape.with(-1, of.at(-2)!).with(-2, by.at(-1)!))
          .transpose(-1, -2);
        const all = [a, b, bias, randn(shape), turned];
        for (const [name, fn] of some.map((i) => fns[i]!)) {
          const launches = await launchesOf(fn, ...all);
          assertEquals(launches, 1, `${name} of ${of} by ${by}`);
        }
      }
    }),
  );

  it(
    "keep the product where it is read again",
    onCard(async () => {
      const fn = (a: Tensor, b: Tensor) => {
        const h = a.matmul(b);
        return h.relu().matmul(h.t());
      };
      assertEquals(await launchesOf(fn, randn([64, 100]), randn([100, 80])), 2);
    }),
  );

  it(
    "stay apart where a map reads them otherwise, or costs much",
    onCard(async () => {
      const [a, b] = [randn([64, 100]), randn([100, 64])];
      const fns: ((...t: Tensor[]) => Tensor)[] = [
        (a, b) => a.matmul(b).t().relu(),
        (a, b) => {
          const p = a.matmul(b);
          return p.mul(p.t());
        },
        (a, b) => a.matmul(b).mul(a.matmul(b).narrow(0, 1, 1)),
        // What is multiplied is also read.
        (a, b) => a.matmul(b.narrow(1, 0, 64)).mul(b.narrow(0, 0, 64)),
      ];
      for (const fn of fns) assert(await launchesOf(fn, a, b) > 1, String(fn));
      const small = (a: Tensor, b: Tensor) => a.matmul(b).relu();
      assertEquals(await launchesOf(small, randn([4, 5]), randn([5, 4])), 2);
    }),
  );

  it(
    "have it as a kernel of its own where it is long for each result of a tile",
    onCard(async (gpu) => {
      using f = compile((a: Tensor, b: Tensor) => a.matmul(b).sin());
      const [a, b] = [randn([20, 200]), randn([200, 20])];
      const expected = await f(a, b).data();
      const before = gpu.counters.dispatches;
      const got = await f(a, b).data();
      assertEquals(f.stats.launches, 1);
      assertEquals(gpu.counters.dispatches - before, 2);
      got.forEach((x, i) => assertAlmostEquals(x, expected[i]!, 1e-5));
    }),
  );

  it(
    "and where a buffer is larger than one binding",
    onCard(async () => {
      const fn = (a: Tensor, b: Tensor) => a.matmul(b).mul(2).relu();
      assertEquals(await launchesOf(fn, randn([300, 64]), randn([64, 90])), 1);
    }, { maxBindingBytes: 2 ** 16 }),
  );

  it(
    "are convolutions as well",
    onCard(async () => {
      const shapes = [
        // In tiles of a workgroup, of few channels, and in parts.
        [[4, 8, 14, 14], [32, 8, 3, 3]],
        [[4, 8, 14, 14], [3, 8, 3, 3]],
        [[1, 200, 6, 6], [8, 200, 3, 3]],
      ];
      for (const [of, by] of shapes as number[][][]) {
        const [x, w, b] = [randn(of!), randn(by!), randn([by![0]!])];
        const [height, width] = [of![2]! - 2, of![3]! - 2];
        const r = randn([of![0]!, by![0]!, height, width]);
        const turned = r.transpose(2, 3).contiguous().transpose(2, 3);
        const fn = (x: Tensor, w: Tensor, b: Tensor, r: Tensor) =>
          conv(x, w, b).mul(r).relu();
        assertEquals(await launchesOf(fn, x, w, b, turned), 1, `${of}`);
      }
    }),
  );

  for (const keeps of [true, false]) {
    it(
      `update the parameter whose gradient they are, ${
        keeps ? "which stays" : "which goes"
      }`,
      onCard(async () => {
        const run = async (compiles: boolean) => {
          manualSeed(1);
          using model = new nn.Sequential(
            new nn.Linear(100, 60),
            new nn.GELU(),
            new nn.Linear(60, 60),
          );
          using optimizer = new SGD(model.parameters(), { lr: 0.1 });
          const [x, y] = [randn([64, 100]), randn([64, 60])];
          const fn = (x: Tensor, y: Tensor) => {
            optimizer.zeroGrad();
            const loss = nn.functional.mseLoss(model.forward(x), y);
            loss.backward();
            optimizer.step();
            return loss.detach();
          };
          using step = compile(fn, keeps ? {} : { keepGradients: false });
          const losses: number[] = [];
          for (let i = 0; i < 10; i++) {
            const loss = compiles ? step(x, y) : fn(x, y);
            losses.push(await loss.item());
          }
          const gradient = compiles && !keeps
            ? null
            : await model.parameters()[0]!.grad!.data();
          optimizer.zeroGrad();
          return { losses, gradient, listing: compiles ? step.inspect() : "" };
        };
        const [eager, compiled] = [await run(false), await run(true)];
        compiled.losses.forEach((loss, i) =>
          assertAlmostEquals(loss, eager.losses[i]!, 1e-5)
        );
        compiled.gradient?.forEach((x, i) =>
          assertAlmostEquals(x, eager.gradient![i]!, 1e-5)
        );
        // Both weights, each behind its product.
        const updates = compiled.listing.match(
          /then sub\(x2, mul\(s0, acc\)\)/g,
        );
        assertEquals(updates?.length, 2, compiled.listing);
      }),
    );
  }
});
